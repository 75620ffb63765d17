package release

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"

	"glasspoll/internal/tally"
)

// Addition is what a release adds to the one before it in its period: itself for the first. Releases are kept for ever as
// what they add.
type Addition struct {
	Survey  string `json:"survey"`
	Period  string `json:"period"`
	Number  int    `json:"number"` // of the release
	Date    string `json:"date"`
	Shape   string `json:"shape"`
	Version string `json:"version"`

	Form   json.RawMessage `json:"form,omitempty"`   // if it differs from that of the release before
	Frozen *Frozen         `json:"frozen,omitempty"` // likewise

	// Counters are the differences to those of the release before, without those that have not changed. If Whole is set, they
	// are the release's own, and everything else is too.
	Whole    bool                       `json:"complete,omitempty"`
	Cohorts  map[string]*tally.Counters `json:"cohorts,omitempty"`
	PoolOnly bool                       `json:"whole,omitempty"`
	Pooled   map[string]*tally.Counters `json:"pooled,omitempty"`
	Pairs    map[string]*tally.Moments  `json:"pairs,omitempty"`
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
	// The first one, or one whose difference does not lead to it, as if a cohort had gone.
	return &Addition{
		Survey: r.Survey, Period: r.Period, Number: r.Number, Date: r.Date, Shape: r.Shape, Version: r.Version, Form: r.Form,
		Frozen: r.frozen(), Whole: true, Cohorts: r.Cohorts, PoolOnly: r.PoolOnly, Pooled: r.Pooled, Pairs: r.Pairs,
	}
}

// since returns the difference between r and the release before it.
func (r *Release) since(before *Release) *Addition {
	a := &Addition{
		Survey: r.Survey, Period: r.Period, Number: r.Number, Date: r.Date, Shape: r.Shape, Version: r.Version,
		Cohorts: difference(before.Cohorts, r.Cohorts), PoolOnly: r.PoolOnly, Pooled: difference(before.Pooled, r.Pooled),
		Pairs: map[string]*tally.Moments{},
	}
	if !bytes.Equal(before.Form, r.Form) {
		a.Form = r.Form
	}
	if !reflect.DeepEqual(before.frozen(), r.frozen()) {
		a.Frozen = r.frozen()
	}
	for name, m := range r.Pairs {
		if more := m.Minus(before.Pairs[name]); more != (tally.Moments{}) || before.Pairs[name] == nil {
			a.Pairs[name] = &more
		}
	}
	return a
}

// difference returns after minus before: the cohorts that are new or differ, with their items that are new or differ. It is
// nil if after is.
func difference(before, after map[string]*tally.Counters) map[string]*tally.Counters {
	if after == nil {
		return nil
	}
	all := map[string]*tally.Counters{}
	for key, c := range after {
		old := before[key]
		if old == nil {
			all[key] = c
			continue
		}
		more := c.Clone()
		more.Sub(old)
		maps.DeleteFunc(more.Items, func(name string, item *tally.Item) bool {
			return old.Items[name] != nil && item.IsZero()
		})
		if more.Respondents != 0 || more.Withdrawn != 0 || len(more.Items) > 0 {
			all[key] = more
		}
	}
	return all
}

// Plus returns the release that adds a to r (nil: a is the first one). It leaves r alone, and shares memory with a.
func (r *Release) Plus(a *Addition) (*Release, error) {
	next := &Release{
		Survey: a.Survey, Period: a.Period, Number: a.Number, Date: a.Date, Shape: a.Shape, Version: a.Version, Form: a.Form,
		PoolOnly: a.PoolOnly,
	}
	last := 0
	if r != nil {
		last = r.Number
	}
	switch {
	case a.Number != last+1:
		return nil, fmt.Errorf("release %d of %s %s does not follow release %d: one between them is missing", a.Number, a.Survey, a.Period, last)
	case a.Whole && a.Frozen != nil:
		next.freeze(a.Frozen)
		next.Cohorts, next.Pooled, next.Pairs = a.Cohorts, a.Pooled, a.Pairs
		return next, nil
	case a.Whole || r == nil:
		return nil, errors.New("the addition of a release is damaged")
	}
	if a.Form == nil {
		next.Form = r.Form
	}
	next.freeze(r.frozen())
	if a.Frozen != nil {
		next.freeze(a.Frozen)
	}
	next.Cohorts, next.Pooled = sum(r.Cohorts, a.Cohorts), sum(r.Pooled, a.Pooled)
	next.Pairs = maps.Clone(r.Pairs)
	if next.Pairs == nil {
		next.Pairs = map[string]*tally.Moments{}
	}
	for name, m := range a.Pairs {
		more := m.Plus(next.Pairs[name])
		next.Pairs[name] = &more
	}
	return next, nil
}

// sum returns the counters of before with those that are added. It is nil if added is.
func sum(before, added map[string]*tally.Counters) map[string]*tally.Counters {
	if added == nil {
		return nil
	}
	all := make(map[string]*tally.Counters, len(before))
	for key, c := range before {
		all[key] = c.Clone()
	}
	for key, c := range added {
		if all[key] == nil {
			all[key] = c
		} else {
			all[key].Add(c)
		}
	}
	return all
}

// Encode returns the stored form of an addition. Equal additions give equal bytes.
func (a *Addition) Encode() []byte {
	names, adds := tally.NamesIn(a.Cohorts, a.Pooled), byte(addsDifference)
	if a.Whole {
		adds = addsAll
	}
	return additionKind.Encode(record{
		Survey: a.Survey, Period: a.Period, Number: a.Number, Date: a.Date, Shape: a.Shape, Version: a.Version, Form: a.Form,
		Frozen: a.Frozen.record(), Names: names, Cohorts: names.Number(a.Cohorts), PoolOnly: a.PoolOnly,
		Pooled: names.Number(a.Pooled), Pairs: sums(a.Pairs), Adds: adds,
	})
}

// DecodeAddition reads what [Addition.Encode] wrote.
func DecodeAddition(data []byte) (*Addition, error) {
	var from record
	if err := additionKind.Decode(data, &from); err != nil {
		return nil, err
	}
	if from.Adds != addsDifference && from.Adds != addsAll {
		return nil, errors.New("addition of a release: the record is damaged: it is a whole release")
	}
	c, err := from.counters()
	if err != nil {
		return nil, fmt.Errorf("addition of a release: the record is damaged: %w", err)
	}
	return &Addition{
		Survey: from.Survey, Period: from.Period, Number: from.Number, Date: from.Date, Shape: from.Shape, Version: from.Version,
		Form: from.Form, Frozen: from.Frozen.frozen(), Whole: from.Adds == addsAll, Cohorts: c.cohorts, PoolOnly: from.PoolOnly,
		Pooled: c.pooled, Pairs: c.pairs,
	}, nil
}
