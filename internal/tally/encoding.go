package tally

import (
	"encoding/json"
	"errors"
	"fmt"

	"glasspoll/internal/codec"
)

// record is a tally as it is stored. Its keys are part of the format; docs/formats.md lists them. Free for what may come:
// 8 counters by block, 9 chains of an item's versions, 10 moments by set of items, 11 tombstones, 12 annulled blocks,
// 13 corrections, 14 sealed fields, 15 tokens.
type record struct {
	Shape   string              `cbor:"1,keyasint"`
	Cursor  string              `cbor:"2,keyasint,omitempty"`
	Alerted string              `cbor:"3,keyasint,omitempty"`
	Names   Names               `cbor:"4,keyasint"`
	Cohorts map[string]Numbered `cbor:"5,keyasint,omitempty"`
}

var kind = codec.Kind{Name: "tally", Version: 1}

// Encode returns the stored form of a tally. Equal tallies give equal bytes.
func (t *Tally) Encode() []byte {
	names := NamesIn(t.Cohorts)
	return kind.Encode(record{t.Shape, t.Cursor, t.Alerted, names, names.Number(t.Cohorts)})
}

// Decode reads what Encode wrote, and the JSON of earlier versions.
func Decode(data []byte) (*Tally, error) {
	t := &Tally{}
	if codec.IsJSON(data) {
		if err := json.Unmarshal(data, t); err != nil {
			return nil, fmt.Errorf("tally: %w%s", err, offset(err))
		}
	} else {
		var r record
		if err := kind.Decode(data, &r); err != nil {
			return nil, err
		}
		cohorts, err := r.Names.Counters(r.Cohorts)
		if err != nil {
			return nil, fmt.Errorf("tally: the record is damaged: %w", err)
		}
		t.Shape, t.Cursor, t.Alerted, t.Cohorts = r.Shape, r.Cursor, r.Alerted, cohorts
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
