package tally

import (
	"maps"
	"slices"
)

func newPart(version string) *Part {
	return &Part{Version: version, Cohorts: map[string]*Counters{}, Out: map[string]string{}}
}

// Clone copies a tally; nil is empty.
func (t *Tally) Clone() *Tally {
	if t == nil {
		return New()
	}
	clone := t.Without()
	for _, p := range clone.Parts {
		for key, c := range p.Cohorts {
			p.Cohorts[key] = c.Clone()
		}
	}
	return clone
}

// Total sums cohorts.
func Total(cohorts map[string]*Counters) *Counters {
	total := NewCounters()
	for _, c := range cohorts {
		total.Add(c)
	}
	return total
}

// NewCounters returns empty counters.
func NewCounters() *Counters { return &Counters{Items: map[string]*Item{}} }

// Clone copies counters; a copy of nil is empty.
func (c *Counters) Clone() *Counters {
	clone := NewCounters()
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
	if c.Items == nil {
		c.Items = make(map[string]*Item, len(d.Items))
	}
	for name, item := range d.Items {
		into := c.Items[name]
		if into == nil {
			into = &Item{}
			c.Items[name] = into
		}
		into.add(item, sign)
	}
	for name, classes := range d.Bases {
		if c.Bases == nil {
			c.Bases = make(map[string]map[string]int64, len(d.Bases))
		}
		if c.Bases[name] == nil {
			c.Bases[name] = make(map[string]int64, len(classes))
		}
		addCounts(c.Bases[name], classes, sign)
	}
	if d.Rows != nil {
		if c.Rows == nil {
			c.Rows = &Rows{}
		}
		c.Rows.add(d.Rows, sign)
	}
}

// IsZero reports whether all counters are 0.
func (c *Counters) IsZero() bool {
	if c == nil {
		return true
	}
	if c.Respondents != 0 || !c.Rows.IsZero() {
		return false
	}
	for _, item := range c.Items {
		if !item.IsZero() {
			return false
		}
	}
	for _, classes := range c.Bases {
		if !areZero(classes) {
			return false
		}
	}
	return true
}

// Prune removes what is 0.
func (c *Counters) Prune() {
	maps.DeleteFunc(c.Items, func(_ string, i *Item) bool { return i.IsZero() })
	for _, classes := range c.Bases {
		maps.DeleteFunc(classes, func(_ string, n int64) bool { return n == 0 })
	}
	maps.DeleteFunc(c.Bases, func(_ string, classes map[string]int64) bool { return len(classes) == 0 })
	if len(c.Bases) == 0 {
		c.Bases = nil
	}
	if c.Rows.IsZero() {
		c.Rows = nil
	} else {
		maps.DeleteFunc(c.Rows.Pairs, func(_ string, m *Moments) bool { return m.IsZero() })
		maps.DeleteFunc(c.Rows.Scales, func(_ string, s *Scale) bool { return s.IsZero() })
	}
	c.folded = nil
}

func addCounts(c, d map[string]int64, sign int64) {
	for name, n := range d {
		c[name] += sign * n
	}
}

func areZero(counts map[string]int64) bool {
	for _, n := range counts {
		if n != 0 {
			return false
		}
	}
	return true
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
func (i *Item) IsZero() bool { return i == nil || i.N == 0 && i.Counts.IsZero() }

func (i *Item) add(d *Item, sign int64) {
	if d == nil {
		return
	}
	i.N += sign * d.N
	i.Counts.addAll(d.Counts, sign)
}

// Clone copies rows; nil stays nil.
func (r *Rows) Clone() *Rows {
	if r == nil {
		return nil
	}
	return r.Plus(nil)
}

// Plus returns the sum of two rows, which shares no memory with them; nil is 0.
func (r *Rows) Plus(d *Rows) *Rows { return r.sum(d, 1) }

// Minus returns r minus d; nil is 0.
func (r *Rows) Minus(d *Rows) *Rows { return r.sum(d, -1) }

func (r *Rows) sum(d *Rows, sign int64) *Rows {
	sum := &Rows{}
	sum.add(r, 1)
	sum.add(d, sign)
	return sum
}

// Add adds d to r. Adding nil adds nothing.
func (r *Rows) Add(d *Rows) { r.add(d, 1) }

// Sub subtracts d from r.
func (r *Rows) Sub(d *Rows) { r.add(d, -1) }

func (r *Rows) add(d *Rows, sign int64) {
	if d == nil {
		return
	}
	r.N += sign * d.N
	r.Index += sign * d.Index
	r.Squares += sign * d.Squares
	for name, m := range d.Pairs {
		if r.Pairs == nil {
			r.Pairs = make(map[string]*Moments, len(d.Pairs))
		}
		if r.Pairs[name] == nil {
			r.Pairs[name] = &Moments{}
		}
		if m != nil {
			r.Pairs[name].add(m, sign)
		}
	}
	for name, s := range d.Scales {
		if r.Scales == nil {
			r.Scales = make(map[string]*Scale, len(d.Scales))
		}
		if r.Scales[name] == nil {
			r.Scales[name] = &Scale{}
		}
		r.Scales[name].add(s, sign)
	}
}

// IsZero reports whether all sums are 0.
func (r *Rows) IsZero() bool {
	if r == nil {
		return true
	}
	if r.N != 0 || r.Index != 0 || r.Squares != 0 {
		return false
	}
	for _, m := range r.Pairs {
		if !m.IsZero() {
			return false
		}
	}
	for _, s := range r.Scales {
		if !s.IsZero() {
			return false
		}
	}
	return true
}

func (m *Moments) add(d *Moments, sign int64) {
	m.N += sign * d.N
	m.X += sign * d.X
	m.Y += sign * d.Y
	m.XX += sign * d.XX
	m.YY += sign * d.YY
	m.XY += sign * d.XY
}

// IsZero reports whether all sums are 0.
func (m *Moments) IsZero() bool { return m == nil || *m == Moments{} }

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

func (s *Scale) add(d *Scale, sign int64) {
	if d == nil {
		return
	}
	s.N += sign * d.N
	s.Total += sign * d.Total
	s.TotalSquares += sign * d.TotalSquares
	s.Sums = addEach(s.Sums, d.Sums, sign)
	s.Squares = addEach(s.Squares, d.Squares, sign)
}

// addEach adds sign times d to all, index by index. The longer one decides how many there are.
func addEach(all, d []int64, sign int64) []int64 {
	if missing := len(d) - len(all); missing > 0 {
		all = append(all, make([]int64, missing)...)
	}
	for i, n := range d {
		all[i] += sign * n
	}
	return all
}

// IsZero reports whether all sums are 0.
func (s *Scale) IsZero() bool {
	isSome := func(n int64) bool { return n != 0 }
	return s == nil || s.N == 0 && s.Total == 0 && s.TotalSquares == 0 && !slices.ContainsFunc(s.Sums, isSome) && !slices.ContainsFunc(s.Squares, isSome)
}
