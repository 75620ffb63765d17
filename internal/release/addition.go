package release

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"glasspoll/internal/tally"
)

// Addition is what a release adds to the one before it in its period: the blocks that came with it. Releases are kept for
// ever as what they add.
type Addition struct {
	// Release holds the differences of counters and rows, without those that have not changed, and what is new or has another
	// value. A part that was there before has no form; Hidden and Invited are nil, and Form empty, if they are the same as before. If Whole
	// is set, it is the release itself, as the first one is.
	*Release

	Whole        bool `json:"complete,omitempty"`
	KeptSteps    int  `json:"kept_steps,omitempty"`    // of the release before; Steps follow them
	KeptAnnulled int  `json:"kept_annulled,omitempty"` // likewise

	old *old // of a difference that an earlier program has stored: all there is of it
}

// Added returns what r adds to the release before it (nil: none), so that before.Plus of it is r. It shares memory with r,
// which is not changed.
func Added(before, r *Release) *Addition {
	if before != nil {
		a := r.since(before)
		if again, err := before.Plus(a); err == nil && bytes.Equal(again.Encode(), r.Encode()) {
			return a
		}
	}
	return &Addition{Release: r, Whole: true} // the first one, or one that no difference leads to
}

// since returns the difference between r and the release before it.
func (r *Release) since(before *Release) *Addition {
	more := *r
	a := &Addition{Release: &more, KeptSteps: common(before.Steps, r.Steps), KeptAnnulled: common(before.Annulled, r.Annulled)}
	more.old = nil
	more.Steps, more.Annulled = r.Steps[a.KeptSteps:], r.Annulled[a.KeptAnnulled:]
	if bytes.Equal(before.Form, r.Form) {
		more.Form = nil
	}
	if b := before.Invited; b.Equal(r.Invited) && (b == nil || b.Through == r.Invited.Through) {
		more.Invited = nil
	}
	switch {
	case slices.Equal(before.Hidden, r.Hidden):
		more.Hidden = nil
	case r.Hidden == nil:
		more.Hidden = []string{}
	}
	more.Parts = map[string]*Part{}
	for shape, p := range r.Parts {
		if d := p.since(before.Parts[shape], r.Form); d != nil {
			more.Parts[shape] = d
		}
	}
	more.Coded = map[string]*Coded{}
	for key, c := range r.Coded {
		if !c.equal(before.Coded[key]) {
			more.Coded[key] = c
		}
	}
	more.Rows = rowsDifference(before.Rows, r.Rows)
	more.Held = r.Held.since(before.Held)
	return a
}

// common counts the first elements that two lists share.
func common[T comparable](a, b []T) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// since returns what a part has more than before, nil if that is nothing.
func (p *Part) since(before *Part, form json.RawMessage) *Part {
	more := *p
	if before == nil {
		if bytes.Equal(p.Form, form) {
			more.Form = nil
		}
		return &more
	}
	more.Cohorts = difference(before.Cohorts, p.Cohorts)
	if len(more.Cohorts) == 0 && before.Number == p.Number && before.Version == p.Version && bytes.Equal(before.Form, p.Form) &&
		before.Since == p.Since && before.PooledOn == p.PooledOn && before.K == p.K {
		return nil
	}
	if bytes.Equal(before.Form, p.Form) {
		more.Form = nil
	}
	return &more
}

func (c *Coded) equal(d *Coded) bool {
	if c == nil || d == nil {
		return c == d
	}
	return c.Shape == d.Shape && c.K == d.K && c.N == d.N && maps.Equal(c.Counts.ByOption(), d.Counts.ByOption()) &&
		maps.EqualFunc(c.By, d.By, (*Coded).equal)
}

func (h *Held) since(before *Held) *Held {
	if h == nil || before == nil {
		return h
	}
	more := newHeld()
	more.Rows = rowsDifference(before.Rows, h.Rows)
	for shape, marks := range h.Out {
		out := maps.Clone(marks)
		maps.DeleteFunc(out, func(key string, m Mark) bool { return before.Out[shape][key] == m })
		if len(out) > 0 {
			more.Out[shape] = out
		}
	}
	for _, shape := range union(before.Items, h.Items) {
		if d := difference(before.Items[shape], h.Items[shape]); len(d) > 0 {
			more.Items[shape] = d
		}
	}
	if !maps.Equal(before.Legacy, h.Legacy) {
		more.Legacy = h.Legacy
	}
	return more
}

// union returns the keys of two maps, sorted.
func union[V any](a, b map[string]V) []string {
	all := copied(a)
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// difference returns after minus before: the cohorts that are new, gone or differ, with their items and bases that do.
func difference(before, after map[string]*tally.Counters) map[string]*tally.Counters {
	all := map[string]*tally.Counters{}
	for _, key := range union(before, after) {
		if before[key] == nil {
			all[key] = after[key]
			continue
		}
		more := after[key].Clone()
		more.Sub(before[key])
		if more.Prune(); !isEmpty(more) {
			all[key] = more
		}
	}
	return all
}

// sum returns the counters of before with those that are added, without what becomes 0.
func sum(before, added map[string]*tally.Counters) map[string]*tally.Counters {
	all := copied(before)
	for key, more := range added {
		if all[key] == nil {
			all[key] = more
			continue
		}
		total := plus(all[key], more)
		if total.Prune(); isEmpty(total) {
			delete(all, key)
		} else {
			all[key] = total
		}
	}
	return all
}

// isEmpty reports whether counters that are pruned have nothing.
func isEmpty(c *tally.Counters) bool {
	return c.Respondents == 0 && len(c.Items) == 0 && len(c.Bases) == 0 && c.Rows == nil
}

func rowsDifference(before, after map[string]*tally.Rows) map[string]*tally.Rows {
	all := map[string]*tally.Rows{}
	for _, key := range union(before, after) {
		if more := after[key].Minus(before[key]); !more.IsZero() {
			all[key] = more
		}
	}
	return all
}

func rowsSum(before, added map[string]*tally.Rows) map[string]*tally.Rows {
	all := copied(before)
	for key, more := range added {
		if total := all[key].Plus(more); total.IsZero() {
			delete(all, key)
		} else {
			all[key] = total
		}
	}
	return all
}

// Plus returns the release that adds a to r (nil: a is the first one). It leaves r alone, and shares memory with both.
func (r *Release) Plus(a *Addition) (*Release, error) {
	last := 0
	if r != nil {
		last = r.Number
	}
	if a.Number != last+1 {
		return nil, fmt.Errorf("release %d of %s %s does not follow release %d: one between them is missing", a.Number, a.Survey, a.Period, last)
	}
	switch {
	case a.old != nil:
		return r.plusOld(a.old)
	case a.Whole:
		return a.Release, nil
	case r == nil || a.KeptSteps > len(r.Steps) || a.KeptAnnulled > len(r.Annulled):
		return nil, errors.New("the addition of a release is damaged")
	}
	next := *a.Release
	if len(next.Form) == 0 {
		next.Form = r.Form
	}
	if next.Hidden == nil {
		next.Hidden = r.Hidden
	}
	if next.Invited == nil {
		next.Invited = r.Invited
	}
	next.Steps = slices.Concat(r.Steps[:a.KeptSteps], a.Steps)
	next.Annulled = slices.Concat(r.Annulled[:a.KeptAnnulled], a.Annulled)
	next.Parts = copied(r.Parts)
	for shape, more := range a.Parts {
		next.Parts[shape] = next.Parts[shape].plus(more, next.Form)
	}
	next.Coded = copied(r.Coded)
	maps.Copy(next.Coded, a.Coded)
	next.Rows = rowsSum(r.Rows, a.Rows)
	next.Held = r.Held.plus(a.Held)
	return &next, nil
}

// plusOld is [Release.Plus] for a difference that an earlier program has stored.
func (r *Release) plusOld(a *old) (*Release, error) {
	if r == nil || r.old == nil || r.old.Number != r.Number {
		return nil, errors.New("the addition of a release is damaged: an earlier program has stored it, and not the release before")
	}
	return r.old.plus(a).release().checked()
}

func (p *Part) plus(more *Part, form json.RawMessage) *Part {
	next := *more
	switch {
	case len(more.Form) > 0:
	case more.Form != nil:
		next.Form = nil // it has none
	case p == nil:
		next.Form = form
	default:
		next.Form = p.Form
	}
	if p != nil {
		next.Cohorts = sum(p.Cohorts, more.Cohorts)
	}
	return &next
}

func (h *Held) plus(more *Held) *Held {
	if h == nil || more == nil {
		return more
	}
	next := &Held{Out: copied(h.Out), Items: copied(h.Items), Rows: rowsSum(h.Rows, more.Rows), Legacy: h.Legacy}
	for shape, marks := range more.Out {
		out := copied(next.Out[shape])
		maps.Copy(out, marks)
		next.Out[shape] = out
	}
	for shape, cohorts := range more.Items {
		if next.Items[shape] = sum(h.Items[shape], cohorts); len(next.Items[shape]) == 0 {
			delete(next.Items, shape)
		}
	}
	if more.Legacy != nil {
		next.Legacy = more.Legacy
	}
	return next
}

// Encode returns the stored form of an addition that [Added] has made, or that was stored in it. Equal additions give equal
// bytes.
func (a *Addition) Encode() []byte {
	to := a.record()
	to.Adds = addsAll
	if !a.Whole {
		to.Adds, to.Hidden = addsDifference, a.Hidden
		if a.KeptSteps > 0 || a.KeptAnnulled > 0 {
			to.Kept = &keptRecord{Steps: a.KeptSteps, Annulled: a.KeptAnnulled}
		}
		for shape, p := range a.Parts {
			part := to.Parts[shape]
			part.Form = p.Form
			to.Parts[shape] = part
		}
	}
	return additionKind.Encode(to)
}

// DecodeAddition reads what [Addition.Encode] wrote, and what earlier programs have: records of version 1.
func DecodeAddition(data []byte) (*Addition, error) {
	if len(data) > 0 && data[0] == oldVersion {
		o, err := decodeOld(additionKind, data)
		if err == nil && o.adds != addsDifference && (o.adds != addsAll || !o.frozen) {
			err = errors.New("addition of a release: the record is damaged: it is a whole release")
		}
		if err != nil {
			return nil, err
		}
		if o.adds == addsAll {
			r, err := o.release().checked()
			if err != nil {
				return nil, err
			}
			return &Addition{Release: r, Whole: true}, nil
		}
		ids := &Release{Survey: o.Survey, Period: o.Period, Number: o.Number, Date: o.Date, Version: o.Version}
		return &Addition{Release: ids, old: o}, nil
	}
	var from record
	if err := additionKind.Decode(data, &from); err != nil {
		return nil, err
	}
	if from.Adds != addsDifference && from.Adds != addsAll {
		return nil, errors.New("addition of a release: the record is damaged: it is a whole release")
	}
	r, err := from.release()
	if err != nil {
		return nil, fmt.Errorf("addition of a release: the record is damaged: %w", err)
	}
	a := &Addition{Release: r, Whole: from.Adds == addsAll}
	switch {
	case a.Whole && from.Kept != nil, from.Kept != nil && (from.Kept.Steps < 0 || from.Kept.Annulled < 0):
		return nil, errors.New("addition of a release: the record is damaged: it keeps what there is not")
	case a.Whole:
		r.fillForms()
		if _, err := r.checked(); err != nil {
			return nil, err
		}
		return a, nil
	case from.Kept != nil:
		a.KeptSteps, a.KeptAnnulled = from.Kept.Steps, from.Kept.Annulled
	}
	return a, nil
}
