package tally

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Encode writes a tally as JSON. Equal tallies give equal bytes.
func (t *Tally) Encode() []byte {
	data, err := json.Marshal(t) // sorts keys
	if err != nil {
		panic(err) // maps of integers always marshal
	}
	return data
}

// Decode reads what Encode wrote.
func Decode(data []byte) (*Tally, error) {
	t := &Tally{}
	if err := json.Unmarshal(data, t); err != nil {
		return nil, fmt.Errorf("tally: %w%s", err, offset(err))
	}
	if t.Cohorts == nil {
		t.Cohorts = map[string]*Counters{}
	}
	for key, c := range t.Cohorts {
		if err := c.check(); err != nil {
			return nil, fmt.Errorf("tally: cohort %q: %w", key, err)
		}
	}
	return t, nil
}

// offset says where in a document err is, as far as that is known.
func offset(err error) string {
	var syntax *json.SyntaxError
	var typed *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf(" (byte %d)", syntax.Offset)
	case errors.As(err, &typed):
		return fmt.Sprintf(" (byte %d)", typed.Offset)
	default:
		return ""
	}
}

// check rejects counters that no fold can produce, and fills in what the document leaves out.
func (c *Counters) check() error {
	if c == nil {
		return errors.New("no counters")
	}
	if c.Respondents < 0 {
		return fmt.Errorf("%d respondents", c.Respondents)
	}
	if c.Withdrawn < 0 {
		return fmt.Errorf("%d withdrawn", c.Withdrawn)
	}
	if c.Items == nil {
		c.Items = map[string]*Item{}
	}
	for name, i := range c.Items {
		if err := i.check(c.Respondents); err != nil {
			return fmt.Errorf("item %q: %w", name, err)
		}
	}
	return nil
}

func (i *Item) check(respondents int64) error {
	if i == nil {
		return errors.New("no counters")
	}
	if i.N < 0 || i.N > respondents {
		return fmt.Errorf("answered by %d of %d respondents", i.N, respondents)
	}
	for _, x := range i.Counts {
		if x.N < 0 || x.N > i.N {
			return fmt.Errorf("option %q chosen by %d of %d", x.Option, x.N, i.N)
		}
	}
	if i.Squares != nil && i.Squares.Sign() < 0 {
		return fmt.Errorf("sum of squares %v", i.Squares)
	}
	if m := i.Moments; m != nil && (m.N < 0 || m.N > i.N || m.XX < 0 || m.YY < 0) {
		return fmt.Errorf("impossible moments %+v", *m)
	}
	return nil
}
