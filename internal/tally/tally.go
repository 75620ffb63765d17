// Package tally folds responses into counters. A Tally is a pure function of the responses in it: integer counters only,
// mergeable, and no answer of any one respondent. It is pure.
package tally

import "math/big"

// Tally holds the counters of a period of a survey's responses.
type Tally struct {
	Shape   string               `json:"shape"`   // of the questionnaire it was folded with; with another shape it must be folded again
	Cursor  string               `json:"cursor"`  // of the last response folded; "" before the first
	Cohorts map[string]*Counters `json:"cohorts"` // by cohort key; one cohort, "", when the survey declares no segments

	// Alerted is the cursor up to which alerts have been evaluated, while that is ahead of Cursor because the responses are
	// being folded again; else "".
	Alerted string `json:"alerted,omitempty"`

	plan *plan // of the survey last folded with
}

// Counters is a sum over respondents.
type Counters struct {
	Respondents int64            `json:"respondents"`         // without those who have withdrawn
	Withdrawn   int64            `json:"withdrawn,omitempty"` // respondents whose answers have been erased
	Items       map[string]*Item `json:"items"`               // by field name; a field that nobody answered may be absent

	plan    *plan   // that byIndex belongs to
	byIndex []*Item // the items by their field's index; nil until folded into
}

// Channel is the name of the item that counts responses by channel. No field has it.
const Channel = "_channel"

// Item holds the counters of one field. N counts respondents who answered it; Counts says how often each option was
// chosen, or for a number how many answers fall into each band of its histogram, by the band's lower limit.
type Item struct {
	N       int64    `json:"n"`
	Counts  Counts   `json:"counts,omitzero"`
	Sum     *big.Int `json:"sum,omitempty"`     // of a number's answers, in thousandths
	Squares *big.Int `json:"squares,omitempty"` // of their squares, in millionths
	Moments *Moments `json:"moments,omitempty"` // of a paired field
}

// Moments are sums over the N respondents who gave both a field and the overall item an answer with a score: X of the
// field's scores, Y of the overall's, in thousandths, and of their products, in millionths. Scores are at most 100, so 64
// bits hold those of 900 million respondents.
type Moments struct {
	N  int64 `json:"n"`
	X  int64 `json:"x"`
	Y  int64 `json:"y"`
	XX int64 `json:"xx"`
	YY int64 `json:"yy"`
	XY int64 `json:"xy"`
}

func (m *Moments) add(d *Moments, sign int64) {
	m.N += sign * d.N
	m.X += sign * d.X
	m.Y += sign * d.Y
	m.XX += sign * d.XX
	m.YY += sign * d.YY
	m.XY += sign * d.XY
}

// Plus returns the sum of two moments; nil is 0.
func (m *Moments) Plus(d *Moments) Moments { return m.sum(d, 1) }

// Minus returns m minus d; nil is 0.
func (m *Moments) Minus(d *Moments) Moments { return m.sum(d, -1) }

func (m *Moments) sum(d *Moments, sign int64) (sum Moments) {
	if m != nil {
		sum = *m
	}
	if d != nil {
		sum.add(d, sign)
	}
	return sum
}

// Merge sums tallies of one shape; nil ones count as empty. The result shares no memory with them, and has no cursor
// because it belongs to no single log.
func Merge(tallies ...*Tally) *Tally {
	merged := &Tally{Cohorts: map[string]*Counters{}}
	for _, t := range tallies {
		if t == nil {
			continue
		}
		merged.Shape = t.Shape
		for key, c := range t.Cohorts {
			if into := merged.Cohorts[key]; into != nil {
				into.Add(c)
			} else {
				merged.Cohorts[key] = c.Clone()
			}
		}
	}
	return merged
}

// Total sums all cohorts.
func (t *Tally) Total() *Counters { return Total(t.Cohorts) }

// Total sums cohorts.
func Total(cohorts map[string]*Counters) *Counters {
	total := &Counters{Items: map[string]*Item{}}
	for _, c := range cohorts {
		total.Add(c)
	}
	return total
}

// Clone copies counters; a copy of nil is empty.
func (c *Counters) Clone() *Counters {
	clone := &Counters{Items: map[string]*Item{}}
	clone.Add(c)
	return clone
}

// Add adds d to c. Adding nil adds nothing.
func (c *Counters) Add(d *Counters) { c.add(d, 1) }

// Sub subtracts d from c. Counters may become negative, and are not removed when they become 0.
func (c *Counters) Sub(d *Counters) { c.add(d, -1) }

func (c *Counters) add(d *Counters, sign int64) {
	if d == nil {
		return
	}
	c.Respondents += sign * d.Respondents
	c.Withdrawn += sign * d.Withdrawn
	for name, item := range d.Items {
		into := c.Items[name]
		if into == nil {
			into = &Item{}
			c.Items[name] = into
		}
		into.add(item, sign)
	}
}

// Clone copies an item; a copy of nil is empty.
func (i *Item) Clone() *Item {
	clone := &Item{}
	clone.Add(i)
	return clone
}

// Add adds d to i. Adding nil adds nothing.
func (i *Item) Add(d *Item) { i.add(d, 1) }

// Sub subtracts d from i.
func (i *Item) Sub(d *Item) { i.add(d, -1) }

// IsZero reports whether all counters are 0.
func (i *Item) IsZero() bool {
	return i.N == 0 && i.Counts.IsZero() && (i.Sum == nil || i.Sum.Sign() == 0) && (i.Squares == nil || i.Squares.Sign() == 0) &&
		(i.Moments == nil || *i.Moments == Moments{})
}

func (i *Item) add(d *Item, sign int64) {
	if d == nil {
		return
	}
	i.N += sign * d.N
	i.Counts.addAll(d.Counts, sign)
	i.Sum = addInt(i.Sum, d.Sum, sign)
	i.Squares = addInt(i.Squares, d.Squares, sign)
	if d.Moments != nil {
		if i.Moments == nil {
			i.Moments = &Moments{}
		}
		i.Moments.add(d.Moments, sign)
	}
}

// Gather sets i to the sum of item name over all, reusing i's memory.
func (i *Item) Gather(all []*Counters, name string) {
	*i = Item{Counts: i.Counts[:0]}
	for _, c := range all {
		i.Add(c.Items[name])
	}
}

// addInt returns a + sign·b; nil is 0. It may change a, but not b.
func addInt(a, b *big.Int, sign int64) *big.Int {
	if b == nil {
		return a
	}
	if a == nil {
		a = new(big.Int)
	}
	if sign < 0 {
		return a.Sub(a, b)
	}
	return a.Add(a, b)
}
