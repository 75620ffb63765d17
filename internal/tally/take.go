package tally

import "maps"

// Without returns a copy of t from which cohorts can be taken: see [Tally.Take]. Counters are shared with t.
func (t *Tally) Without() *Tally {
	rest := *t
	rest.plans = plans{}
	rest.Parts = make(map[string]*Part, len(t.Parts))
	for shape, p := range t.Parts {
		rest.Parts[shape] = &Part{Version: p.Version, Cohorts: maps.Clone(p.Cohorts), Out: maps.Clone(p.Out), Decided: maps.Clone(p.Decided)}
	}
	rest.Held = t.Held.Clone()
	rest.Days, rest.Legacy, rest.Skipped = maps.Clone(t.Days), maps.Clone(t.Legacy), t.Skipped.clone()
	return &rest
}

// Take takes out all who wait of a cohort, because they are in a block of a release. t comes from [Tally.Without].
func (t *Tally) Take(shape, cohort string) {
	p := t.Parts[shape]
	delete(p.Cohorts, cohort)
	if p.Out == nil {
		p.Out = map[string]string{}
	}
	p.Out[cohort] = t.Cursor
	if t.Decided > 0 {
		if p.Decided == nil {
			p.Decided = map[string]int{}
		}
		p.Decided[cohort] = t.Decided
	}
}
