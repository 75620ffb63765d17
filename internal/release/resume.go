package release

import (
	"maps"

	"glasspoll/internal/tally"
)

// Resume returns an empty tally to fold a period's whole log into, which knows who is in blocks of r (nil: nobody is). It
// replaces before (nil: none), of which it keeps how far alerts have been evaluated.
func (r *Release) Resume(before *tally.Tally) *tally.Tally {
	t := tally.Restart(before)
	if r == nil {
		return t
	}
	t.Release = r.Number
	if r.Held == nil {
		return t
	}
	for shape, marks := range r.Held.Out {
		part := &tally.Part{Cohorts: map[string]*tally.Counters{}, Out: map[string]string{}}
		if p := r.Parts[shape]; p != nil {
			part.Version = p.Version
		}
		for key, m := range marks {
			part.Out[key] = m.Cursor
			if m.Decided > 0 {
				if part.Decided == nil {
					part.Decided = map[string]int{}
				}
				part.Decided[key] = m.Decided
			}
		}
		t.Parts[shape] = part
	}
	if len(r.Held.Legacy) > 0 {
		t.SetLegacy(r.LegacyForm(), maps.Clone(r.Held.Legacy))
	}
	return t
}
