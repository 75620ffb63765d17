package tally

import (
	"encoding/json"
	"slices"
	"strings"
)

// Counts says how often each option was chosen. Options are in any order, each once; a missing one was never chosen. In
// JSON it is an object, sorted, without zeros.
type Counts []Chosen

// Chosen says how often one option was chosen.
type Chosen struct {
	Option string
	N      int64
}

// Of returns how often an option was chosen.
func (c Counts) Of(option string) int64 {
	for i := range c {
		if c[i].Option == option {
			return c[i].N
		}
	}
	return 0
}

// Add adds n to an option's count.
func (c *Counts) Add(option string, n int64) {
	c.addAt(len(*c), option, n)
}

// addAt is Add for an option that is probably at index i.
func (c *Counts) addAt(i int, option string, n int64) {
	if i >= len(*c) || (*c)[i].Option != option {
		i = slices.IndexFunc(*c, func(x Chosen) bool { return x.Option == option })
	}
	if i >= 0 {
		(*c)[i].N += n
	} else {
		*c = append(*c, Chosen{option, n})
	}
}

// addAll adds sign times d.
func (c *Counts) addAll(d Counts, sign int64) {
	if *c == nil && d != nil {
		*c = make(Counts, 0, len(d))
	}
	for i, x := range d {
		c.addAt(i, x.Option, sign*x.N)
	}
}

// arranged returns the counts with the given options first, in their order, so that each is at its own index.
func (c Counts) arranged(options []string) Counts {
	all := make(Counts, 0, max(len(options), len(c)))
	for _, option := range options {
		all = append(all, Chosen{option, 0})
	}
	all.addAll(c, 1)
	return all
}

// IsZero reports whether nothing was ever chosen.
func (c Counts) IsZero() bool {
	return !slices.ContainsFunc(c, func(x Chosen) bool { return x.N != 0 })
}

// ByOption returns the counts that are not 0.
func (c Counts) ByOption() map[string]int64 {
	chosen := make(map[string]int64, len(c))
	for _, x := range c {
		if x.N != 0 {
			chosen[x.Option] = x.N
		}
	}
	return chosen
}

// CountsOf returns the counts that are not 0, sorted by option.
func CountsOf(chosen map[string]int64) Counts {
	var c Counts
	for option, n := range chosen {
		if n != 0 {
			c = append(c, Chosen{option, n})
		}
	}
	slices.SortFunc(c, func(a, b Chosen) int { return strings.Compare(a.Option, b.Option) })
	return c
}

// MarshalJSON writes {"option": n, …}, sorted and without zeros, so that equal counts give equal bytes.
func (c Counts) MarshalJSON() ([]byte, error) { return json.Marshal(c.ByOption()) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Counts) UnmarshalJSON(data []byte) error {
	var chosen map[string]int64
	if err := json.Unmarshal(data, &chosen); err != nil {
		return err
	}
	*c = CountsOf(chosen)
	return nil
}
