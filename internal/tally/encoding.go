package tally

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"glasspoll/internal/codec"
	"glasspoll/internal/survey"
)

// record is a tally as it is stored. Its keys are part of the format; docs/formats.md lists them. Those of version 1 with
// another meaning, 1 and 5, are not used again. Free for what may come: 12 annulled blocks, 13 corrections, 14 sealed
// fields, 15 tokens. 18 and 19 are of responses that rules hold back.
type record struct {
	Cursor    string                `cbor:"2,keyasint,omitempty"`
	Alerted   string                `cbor:"3,keyasint,omitempty"`
	Names     Names                 `cbor:"4,keyasint"`
	Release   int                   `cbor:"6,keyasint,omitempty"`
	Days      map[string]int64      `cbor:"7,keyasint,omitempty"`
	Parts     map[string]partRecord `cbor:"8,keyasint,omitempty"`
	Withdrawn int64                 `cbor:"11,keyasint,omitempty"`
	Legacy    map[string]int64      `cbor:"16,keyasint,omitempty"`
	Skipped   *skippedRecord        `cbor:"17,keyasint,omitempty"`
	Held      *heldRecord           `cbor:"18,keyasint,omitempty"`
	Decided   int                   `cbor:"19,keyasint,omitempty"`
}

type partRecord struct {
	Version string              `cbor:"1,keyasint,omitempty"`
	Cohorts map[string]Numbered `cbor:"2,keyasint,omitempty"`
	Out     map[string]string   `cbor:"3,keyasint,omitempty"`
	Decided map[string]int      `cbor:"4,keyasint,omitempty"`
}

type heldRecord struct {
	Rules    map[survey.HoldRule]int64 `cbor:"1,keyasint,omitempty"`
	Waiting  int64                     `cbor:"2,keyasint,omitempty"`
	Rejected int64                     `cbor:"3,keyasint,omitempty"`
	Erased   int64                     `cbor:"7,keyasint,omitempty"`
	Bursts   []Span                    `cbor:"4,keyasint,omitempty"`
	Steps    map[int64]int64           `cbor:"5,keyasint,omitempty"`
	Last     int64                     `cbor:"6,keyasint,omitempty"`
	Least    int64                     `cbor:"8,keyasint,omitempty"`
}

type skippedRecord struct {
	Segments []Segment         `cbor:"1,keyasint,omitempty"`
	Last     map[string]string `cbor:"2,keyasint,omitempty"`
}

// firstRecord is what is read of a record of version 1, whose counters are folded again.
type firstRecord struct {
	Shape   string    `cbor:"1,keyasint"`
	Cursor  string    `cbor:"2,keyasint,omitempty"`
	Alerted string    `cbor:"3,keyasint,omitempty"`
	Names   codec.Raw `cbor:"4,keyasint"`
	Cohorts codec.Raw `cbor:"5,keyasint,omitempty"`
}

var (
	kind  = codec.Kind{Name: "tally", Version: 2}
	first = codec.Kind{Name: "tally", Version: 1}
)

// Encode returns the stored form of a tally. Equal tallies give equal bytes; a part or cohort without anybody is as none.
func (t *Tally) Encode() []byte {
	var groups []map[string]*Counters
	for _, p := range t.Parts {
		groups = append(groups, p.Cohorts)
	}
	r := record{
		Cursor: t.Cursor, Alerted: t.Alerted, Names: NamesIn(groups...), Release: t.Release, Days: t.Days, Withdrawn: t.Withdrawn, Legacy: t.Legacy,
		Parts: make(map[string]partRecord, len(t.Parts)), Held: (*heldRecord)(t.Held), Decided: t.Decided,
	}
	for shape, p := range t.Parts {
		cohorts := r.Names.Number(p.Cohorts)
		maps.DeleteFunc(cohorts, func(_ string, numbers Numbered) bool { return len(numbers) == 0 })
		if len(cohorts) > 0 || len(p.Out) > 0 || len(p.Decided) > 0 {
			r.Parts[shape] = partRecord{p.Version, cohorts, p.Out, p.Decided}
		}
	}
	if t.Skipped != nil {
		r.Skipped = &skippedRecord{t.Skipped.Segments, t.Skipped.Last}
	}
	return kind.Encode(r)
}

// Decode reads what Encode wrote. What earlier versions wrote is read as an empty tally, into which everything is to be
// folded: see [Restart].
func Decode(data []byte) (*Tally, error) {
	switch {
	case codec.IsJSON(data):
		var before struct{ Cursor, Alerted string }
		if err := json.Unmarshal(data, &before); err != nil {
			return nil, fmt.Errorf("tally: %w%s", err, offset(err))
		}
		return Restart(&Tally{Cursor: before.Cursor, Alerted: before.Alerted}), nil
	case len(data) > 0 && data[0] == first.Version:
		var before firstRecord
		if err := first.Decode(data, &before); err != nil {
			return nil, err
		}
		return Restart(&Tally{Cursor: before.Cursor, Alerted: before.Alerted}), nil
	}
	var r record
	if err := kind.Decode(data, &r); err != nil {
		return nil, err
	}
	t, err := r.tally()
	if err != nil {
		return nil, fmt.Errorf("tally: the record is damaged: %w", err)
	}
	return t, nil
}

func (r *record) tally() (*Tally, error) {
	if r.Release < 0 || r.Withdrawn < 0 {
		return nil, fmt.Errorf("release %d, %d withdrawn", r.Release, r.Withdrawn)
	}
	for day, n := range r.Days {
		if n < 0 {
			return nil, fmt.Errorf("%d received on %s", n, day)
		}
	}
	for key, n := range r.Legacy {
		if n <= 0 {
			return nil, fmt.Errorf("old cohort %q: %d left", key, n)
		}
	}
	if err := (*Held)(r.Held).check(); err != nil {
		return nil, fmt.Errorf("held responses: %w", err)
	}
	if r.Decided < 0 {
		return nil, fmt.Errorf("decided up to %d", r.Decided)
	}
	t := New()
	t.Held, t.Decided = (*Held)(r.Held), r.Decided
	t.Cursor, t.Alerted, t.Release, t.Withdrawn = r.Cursor, r.Alerted, r.Release, r.Withdrawn
	if r.Days != nil {
		t.Days = r.Days
	}
	if len(r.Legacy) > 0 {
		t.Legacy = r.Legacy
	}
	if s := r.Skipped; s != nil {
		t.Skipped = &Skipped{s.Segments, s.Last}
		if t.Skipped.Last == nil {
			t.Skipped.Last = map[string]string{}
		}
	}
	if t.Legacy != nil && t.Skipped == nil {
		return nil, errors.New("old cohorts without segments")
	}
	for shape, stored := range r.Parts {
		cohorts, err := r.Names.Counters(stored.Cohorts)
		if err != nil {
			return nil, fmt.Errorf("part %q: %w", shape, err)
		}
		p := newPart(stored.Version)
		for key, c := range cohorts {
			if err := c.check(); err != nil {
				return nil, fmt.Errorf("part %q, cohort %q: %w", shape, key, err)
			}
			p.Cohorts[key] = c
		}
		if stored.Out != nil {
			p.Out = stored.Out
		}
		p.Decided = stored.Decided
		t.Parts[shape] = p
	}
	return t, nil
}

// check rejects what no fold can produce.
func (h *Held) check() error {
	if h == nil {
		return nil
	}
	if h.Waiting < 0 || h.Rejected < 0 || h.Erased < 0 || h.Last < 0 || h.Least < 0 || h.Waiting > h.Total() {
		return fmt.Errorf("of %d held %d wait, %d rejected", h.Total(), h.Waiting, h.Rejected)
	}
	for rule, n := range h.Rules {
		if n < 0 {
			return fmt.Errorf("%d held by %q", n, rule)
		}
	}
	for number, n := range h.Steps {
		if n < 0 {
			return fmt.Errorf("%d arrivals in step %d", n, number)
		}
	}
	for _, b := range h.Bursts {
		if b.From >= b.Until {
			return fmt.Errorf("a burst from %d to %d", b.From, b.Until)
		}
	}
	return nil
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

// check rejects counters that no fold can produce.
func (c *Counters) check() error {
	if c.Respondents < 0 {
		return fmt.Errorf("%d respondents", c.Respondents)
	}
	for name, i := range c.Items {
		if err := i.check(c.Respondents); err != nil {
			return fmt.Errorf("item %q: %w", name, err)
		}
	}
	for name, classes := range c.Bases {
		for class, n := range classes {
			if n < 0 || n > c.Respondents {
				return fmt.Errorf("item %q: %d of %d respondents in class %q", name, n, c.Respondents, class)
			}
		}
	}
	return c.Rows.check(c.Respondents)
}

func (i *Item) check(respondents int64) error {
	if i.N < 0 || i.N > respondents {
		return fmt.Errorf("answered by %d of %d respondents", i.N, respondents)
	}
	for _, x := range i.Counts {
		if x.N < 0 || x.N > i.N {
			return fmt.Errorf("option %q chosen by %d of %d", x.Option, x.N, i.N)
		}
	}
	return nil
}

func (r *Rows) check(respondents int64) error {
	if r == nil {
		return nil
	}
	if r.N < 0 || r.N > respondents || r.Index < 0 || r.Squares < 0 {
		return fmt.Errorf("impossible indexes of %d of %d respondents: %d, %d", r.N, respondents, r.Index, r.Squares)
	}
	for name, m := range r.Pairs {
		if m.N < 0 || m.N > respondents || min(m.X, m.Y, m.XX, m.YY, m.XY) < 0 {
			return fmt.Errorf("item %q: impossible moments %+v", name, *m)
		}
	}
	for name, s := range r.Scales {
		ok := s.N >= 0 && s.N <= respondents && s.Total >= 0 && s.TotalSquares >= 0 && len(s.Sums) == len(s.Squares)
		for i := 0; ok && i < len(s.Sums); i++ {
			ok = s.Sums[i] >= 0 && s.Squares[i] >= 0
		}
		if !ok {
			return fmt.Errorf("scale %q: impossible sums %+v", name, *s)
		}
	}
	return nil
}
