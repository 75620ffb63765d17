package release

import (
	"fmt"
	"maps"
	"slices"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Annul returns the release after last that takes out the blocks of one release of the period, because their answers have
// turned out to be false: those of a cohort, as [Annulment] names it, or all if of is nil. added are what all releases of
// the period have added, in order; forms are as for [Next]. What cannot be divided goes as a whole: a question for which
// facts decide who is asked leaves the cohort, a sensitive question that was coded leaves the release for good, and rows
// leave with the whole step that they went into, or with all that wait for one. The members are not released again.
func Annul(last *Release, added []*Addition, forms map[string]*survey.Survey, number int, of *Annulment, reason, today string) (*Release, error) {
	if number < 1 || number > len(added) || last == nil || last.Number != len(added) {
		return nil, fmt.Errorf("there is no release %d: the last one is %d", number, len(added))
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
	for _, shape := range slices.Sorted(maps.Keys(added[number-1].Parts)) {
		form := forms[shape]
		if form == nil {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(added[number-1].Parts[shape].Cohorts)) {
			c := added[number-1].Parts[shape].Cohorts[key]
			if c.Respondents <= 0 || of != nil && (of.Shape != shape || of.Cohort != key) {
				continue
			}
			n.takeOut(shape, form, key, added[number-1])
			n.takeRows(tally.RowSignature(form), unitOf(block{form: form, key: key}), number, added)
			n.Annulled = append(slices.Clone(n.Annulled), Annulment{Release: number, Shape: shape, Cohort: key, Respondents: c.Respondents, Reason: reason, Date: today})
			taken++
		}
	}
	if taken == 0 {
		return nil, fmt.Errorf("release %d has made no such block", number)
	}
	return &r, nil
}

// takeOut takes one block out of the counters.
func (n *next) takeOut(shape string, form *survey.Survey, key string, a *Addition) {
	c := n.Parts[shape].Cohorts[key].Clone()
	more := a.Parts[shape].Cohorts[key].Clone()
	for _, f := range form.Fields() {
		if form.FactCondition(f) != nil {
			delete(more.Items, f.Name)
			delete(c.Items, f.Name)
			delete(c.Bases, f.Name)
		}
		if coded := CodedKey(form, f); n.Coded[coded] != nil {
			n.Coded[coded] = &Coded{Shape: n.Coded[coded].Shape, K: n.Coded[coded].K}
		}
	}
	more.Bases = nil
	c.Sub(more)
	n.Parts[shape].Cohorts[key] = c
	held := n.Held.Items[shape][key]
	if held == nil {
		return
	}
	held = held.Clone()
	for _, f := range form.Fields() {
		if form.FactCondition(f) != nil {
			delete(held.Items, f.Name)
			delete(held.Bases, f.Name)
		}
	}
	if a.Held != nil && a.Held.Items[shape][key] != nil {
		more := a.Held.Items[shape][key].Clone()
		more.Bases = nil
		maps.DeleteFunc(more.Items, func(name string, _ *tally.Item) bool { return held.Items[name] == nil })
		held.Sub(more)
	}
	n.Held.Items[shape][key] = held
}

// takeRows takes out the rows that went into a step with those of the release of a number, or all that wait for a step.
func (n *next) takeRows(signature, unit string, number int, added []*Addition) {
	signatures := []string{signature}
	if unit != "" {
		signatures = append(signatures, signature+"|"+unit)
	}
	for _, signature := range signatures {
		at := slices.IndexFunc(n.Steps, func(s Step) bool { return s.Signature == signature && s.First <= number && number <= s.Last })
		if at < 0 {
			delete(n.Held.Rows, signature)
			continue
		}
		step := n.Steps[at]
		rows := n.Rows[signature].Clone()
		for _, a := range added[step.First-1 : step.Last] {
			rows.Sub(a.Rows[signature])
		}
		n.Rows[signature] = rows
		n.Steps = slices.Delete(slices.Clone(n.Steps), at, at+1)
	}
}
