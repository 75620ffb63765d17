package release

import (
	"fmt"
	"maps"
	"slices"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Annul returns the release after the last one that takes out the blocks of release number, because their answers have turned
// out to be false: the block of a cohort, as of names it by shape and cohort, or all if of is nil. history has all releases of
// the period, in order; forms are as for [Next]. What cannot be divided goes as a whole: a question for which facts decide who
// is asked leaves the cohort, a sensitive question that was coded leaves the release for good, and rows leave with the whole
// step that they went into, or with all that wait for one. The members are not released again.
func Annul(history []*Release, forms map[string]*survey.Survey, number int, of *Annulment, reason, today string) (*Release, error) {
	if number < 1 || number > len(history) {
		return nil, fmt.Errorf("there is no release %d: the last one is %d", number, len(history))
	}
	last, at := history[len(history)-1], history[number-1]
	before := &Release{}
	if number > 1 {
		before = history[number-2]
	}
	for _, a := range last.Annulled {
		if a.Release == number && (of == nil || a.Shape == of.Shape && a.Cohort == of.Cohort) {
			return nil, fmt.Errorf("blocks of release %d have been annulled on %s", number, a.Date)
		}
	}
	r := *last
	n := &next{Release: &r, last: last, today: today, forms: forms, stored: map[string]*survey.Survey{}}
	n.Number, n.Date = last.Number+1, today
	n.copyMaps(last)
	taken := 0
	for _, shape := range slices.Sorted(maps.Keys(at.Parts)) {
		form := forms[shape]
		if form == nil {
			continue
		}
		was, is := before.counted(shape), at.counted(shape)
		for _, key := range slices.Sorted(maps.Keys(at.Parts[shape].Cohorts)) {
			more := is[key].Clone()
			more.Sub(was[key])
			if more.Respondents <= 0 || of != nil && (of.Shape != shape || of.Cohort != key) {
				continue
			}
			n.takeOut(shape, form, key, more, history[number-1:])
			n.takeRows(block{form: form, key: key}.signatures(), number, history)
			n.Annulled = append(slices.Clone(n.Annulled), Annulment{Release: number, Shape: shape, Cohort: key, Respondents: more.Respondents, Reason: reason, Date: today})
			taken++
		}
	}
	if taken == 0 {
		return nil, fmt.Errorf("release %d has made no such block", number)
	}
	return &r, nil
}

// cohort returns the public counters of a cohort; nil if there are none.
func (r *Release) cohort(shape, key string) *tally.Counters {
	if r.Parts[shape] == nil {
		return nil
	}
	return r.Parts[shape].Cohorts[key]
}

// held returns what is held of a cohort; nil if there is nothing.
func (r *Release) held(shape, key string) *tally.Counters {
	if r.Held == nil {
		return nil
	}
	return r.Held.Items[shape][key]
}

// takeOut takes one block out of the counters: more is what it counted, public or held. since are the releases from that of the
// block on.
func (n *next) takeOut(shape string, form *survey.Survey, key string, more *tally.Counters, since []*Release) {
	public, rest := n.Parts[shape].Cohorts[key].Clone(), n.held(shape, key).Clone()
	for _, f := range form.Fields() {
		if form.FactCondition(f) != nil {
			for _, c := range []*tally.Counters{public, rest, more} {
				delete(c.Items, f.Name)
				delete(c.Bases, f.Name)
			}
		}
		if coded := CodedKey(form, f); n.Coded[coded] != nil {
			n.Coded[coded] = &Coded{Shape: n.Coded[coded].Shape, K: n.Coded[coded].K}
		}
	}
	held := tally.NewCounters()
	for name, item := range more.Items {
		if isHeld(shape, key, name, since) {
			delete(more.Items, name)
			held.Items[name] = item
		}
	}
	public.Sub(more)
	rest.Sub(held)
	n.Parts[shape].Cohorts[key] = public
	if n.Held.Items[shape] != nil {
		n.Held.Items[shape][key] = rest
	}
}

// isHeld reports whether what the block of the first of some releases counted of a field, which no fact decides, is held since: from
// the beginning, or because a later release has taken all that was public back. What an annulment leaves out is not held.
func isHeld(shape, key, name string, since []*Release) bool {
	public := func(r *Release) bool {
		c := r.cohort(shape, key)
		return c != nil && !c.Items[name].IsZero()
	}
	if !public(since[0]) {
		return true
	}
	for i, r := range since[1:] {
		if before := since[i]; public(before) && !public(r) && len(r.Annulled) == len(before.Annulled) {
			return true
		}
	}
	return false
}

// takeRows takes out the rows that went into a step with those of the release of a number, or all that wait for a step.
func (n *next) takeRows(signatures []string, number int, history []*Release) {
	for _, signature := range signatures {
		at := slices.IndexFunc(n.Steps, func(s Step) bool { return s.Signature == signature && s.First <= number && number <= s.Last })
		if at < 0 {
			delete(n.Held.Rows, signature)
			continue
		}
		step := n.Steps[at]
		if step.Rows == 0 {
			continue // it has been taken out with another block
		}
		rows := n.Rows[signature].Clone()
		for i := step.First - 1; i < step.Last; i++ {
			more := history[i].Rows[signature]
			if i > 0 {
				more = more.Minus(history[i-1].Rows[signature])
			}
			if more != nil && more.N > 0 { // else nothing moved, or something was taken out
				rows.Sub(more)
			}
		}
		n.Rows[signature] = rows
		n.Steps = slices.Clone(n.Steps)
		n.Steps[at].Rows, n.Steps[at].Index, n.Steps[at].Squares = 0, 0, 0 // the next step begins behind it
	}
}
