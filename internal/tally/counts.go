package tally

import (
	"encoding/json"
	"slices"
	"strings"
)

// Counts is how often each option was chosen. Options stand in any order, each once; one that is missing was never chosen.
// In JSON it is an object, sorted, without zeros.
type Counts []Chosen

// Chosen is how often one option was chosen.
type Chosen struct {
	Option string
	N      int64
}

// Of is how often an option was chosen.
func (c Counts) Of(option string) int64 {
	for i := range c {
		if c[i].Option == option {
			return c[i].N
		}
	}
	return 0
}

// Add counts an option n times more.
func (c *Counts) Add(option string, n int64) {
	c.addAt(len(*c), option, n)
}

// addAt is Add for an option that probably stands at a place.
func (c *Counts) addAt(place int, option string, n int64) {
	if place >= len(*c) || (*c)[place].Option != option {
		place = slices.IndexFunc(*c, func(x Chosen) bool { return x.Option == option })
	}
	if place >= 0 {
		(*c)[place].N += n
	} else {
		*c = append(*c, Chosen{option, n})
	}
}

// addAll adds counts, times a sign.
func (c *Counts) addAll(d Counts, sign int64) {
	if *c == nil && d != nil {
		*c = make(Counts, 0, len(d))
	}
	for i, x := range d {
		c.addAt(i, x.Option, sign*x.N)
	}
}

// arranged puts options first that are given, in their order, so that each stands at its place.
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

// MarshalJSON writes {"option": n, …}, sorted and without zeros, so that equal counts give equal bytes.
func (c Counts) MarshalJSON() ([]byte, error) {
	chosen := make(map[string]int64, len(c))
	for _, x := range c {
		if x.N != 0 {
			chosen[x.Option] = x.N
		}
	}
	return json.Marshal(chosen)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Counts) UnmarshalJSON(data []byte) error {
	var chosen map[string]int64
	if err := json.Unmarshal(data, &chosen); err != nil {
		return err
	}
	*c = nil
	for option, n := range chosen {
		*c = append(*c, Chosen{option, n})
	}
	slices.SortFunc(*c, func(a, b Chosen) int { return strings.Compare(a.Option, b.Option) })
	return nil
}
