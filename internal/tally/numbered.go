package tally

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// Names lists the items and options that the counters of one record mention, so that each is written once a record and
// named by its number elsewhere. Items are sorted, and so are the options of each.
type Names []Name

// Name is an item and its options.
type Name struct {
	_       struct{} `cbor:",toarray"`
	Item    string
	Options []string
}

// Numbered is counters as records hold them, with numbers for names. Keys free for what may come: see [record].
type Numbered struct {
	Respondents int64          `cbor:"1,keyasint,omitempty"`
	Withdrawn   int64          `cbor:"2,keyasint,omitempty"`
	Items       []NumberedItem `cbor:"3,keyasint,omitempty"` // by number, ascending
}

// NumberedItem is an item as records hold it.
type NumberedItem struct {
	Number  int         `cbor:"1,keyasint"`
	N       int64       `cbor:"2,keyasint,omitempty"`
	Counts  []int64     `cbor:"3,keyasint,omitempty"` // by the option's number, without zeros at the end
	Sum     []byte      `cbor:"4,keyasint,omitempty"` // a sign, 0 or 1 for negative, and the magnitude, big-endian
	Squares []byte      `cbor:"5,keyasint,omitempty"`
	Moments *MomentSums `cbor:"6,keyasint,omitempty"`
}

// MomentSums is [Moments] as records hold them.
type MomentSums struct {
	_                   struct{} `cbor:",toarray"`
	N, X, Y, XX, YY, XY int64
}

// NamesIn returns the names in counters by cohort.
func NamesIn(groups ...map[string]*Counters) Names {
	options := map[string]map[string]bool{}
	for _, group := range groups {
		for _, c := range group {
			if c == nil {
				continue
			}
			for name, item := range c.Items {
				known := options[name]
				if known == nil {
					known = map[string]bool{}
					options[name] = known
				}
				for _, x := range item.counts() {
					if x.N != 0 {
						known[x.Option] = true
					}
				}
			}
		}
	}
	names := make(Names, 0, len(options))
	for _, name := range slices.Sorted(maps.Keys(options)) {
		names = append(names, Name{Item: name, Options: slices.Sorted(maps.Keys(options[name]))})
	}
	return names
}

// counts returns the counts of an item, none of nil.
func (i *Item) counts() Counts {
	if i == nil {
		return nil
	}
	return i.Counts
}

// index returns the number of an item.
func (n Names) index(item string) int {
	i, _ := slices.BinarySearchFunc(n, item, func(n Name, item string) int { return strings.Compare(n.Item, item) })
	return i
}

// Number returns counters with the numbers of n, which has all their names.
func (n Names) Number(cohorts map[string]*Counters) map[string]Numbered {
	if cohorts == nil {
		return nil
	}
	numbered := make(map[string]Numbered, len(cohorts))
	for key, c := range cohorts {
		if c == nil {
			numbered[key] = Numbered{}
			continue
		}
		to := Numbered{Respondents: c.Respondents, Withdrawn: c.Withdrawn, Items: make([]NumberedItem, 0, len(c.Items))}
		for name, item := range c.Items {
			if item != nil {
				i := n.index(name)
				to.Items = append(to.Items, item.numbered(i, n[i].Options))
			}
		}
		slices.SortFunc(to.Items, func(a, b NumberedItem) int { return a.Number - b.Number })
		numbered[key] = to
	}
	return numbered
}

func (i *Item) numbered(number int, options []string) NumberedItem {
	to := NumberedItem{Number: number, N: i.N, Sum: signed(i.Sum), Squares: signed(i.Squares), Moments: SumsOf(i.Moments)}
	counts := make([]int64, len(options))
	used := 0
	for _, x := range i.Counts {
		if x.N != 0 {
			at, _ := slices.BinarySearch(options, x.Option)
			counts[at] = x.N
			used = max(used, at+1)
		}
	}
	to.Counts = counts[:used]
	return to
}

// signed returns an integer as records hold it; nil for nil.
func signed(n *big.Int) []byte {
	if n == nil {
		return nil
	}
	sign := byte(0)
	if n.Sign() < 0 {
		sign = 1
	}
	return append([]byte{sign}, n.Bytes()...)
}

func unsigned(data []byte) (*big.Int, error) {
	if len(data) == 0 {
		return nil, nil
	}
	n := new(big.Int).SetBytes(data[1:])
	switch {
	case data[0] > 1 || len(data) > 1 && data[1] == 0 || data[0] == 1 && n.Sign() == 0:
		return nil, errors.New("an integer in no form of ours")
	case data[0] == 1:
		n.Neg(n)
	}
	return n, nil
}

// SumsOf returns moments as records hold them; nil for nil.
func SumsOf(m *Moments) *MomentSums {
	if m == nil {
		return nil
	}
	return &MomentSums{N: m.N, X: m.X, Y: m.Y, XX: m.XX, YY: m.YY, XY: m.XY}
}

// Moments returns what SumsOf was given.
func (m *MomentSums) Moments() *Moments {
	if m == nil {
		return nil
	}
	return &Moments{N: m.N, X: m.X, Y: m.Y, XX: m.XX, YY: m.YY, XY: m.XY}
}

// Counters returns the counters that Number was given. They share no memory with each other. It is an error if a number has
// no name.
func (n Names) Counters(numbered map[string]Numbered) (map[string]*Counters, error) {
	if numbered == nil {
		return nil, nil
	}
	if err := n.check(); err != nil {
		return nil, err
	}
	cohorts := make(map[string]*Counters, len(numbered))
	for key, from := range numbered {
		c := &Counters{Respondents: from.Respondents, Withdrawn: from.Withdrawn, Items: make(map[string]*Item, len(from.Items))}
		for _, one := range from.Items {
			if one.Number < 0 || one.Number >= len(n) {
				return nil, fmt.Errorf("cohort %q: item %d of %d", key, one.Number, len(n))
			}
			name := n[one.Number]
			item, err := one.item(name.Options)
			if err == nil && c.Items[name.Item] != nil {
				err = errors.New("twice")
			}
			if err != nil {
				return nil, fmt.Errorf("cohort %q: item %q: %w", key, name.Item, err)
			}
			c.Items[name.Item] = item
		}
		cohorts[key] = c
	}
	return cohorts, nil
}

// check reports names that are not in their order.
func (n Names) check() error {
	for i, name := range n {
		if i > 0 && n[i-1].Item >= name.Item {
			return fmt.Errorf("item %q is not in its order", name.Item)
		}
		for j, option := range name.Options {
			if j > 0 && name.Options[j-1] >= option {
				return fmt.Errorf("item %q: option %q is not in its order", name.Item, option)
			}
		}
	}
	return nil
}

func (i *NumberedItem) item(options []string) (*Item, error) {
	if len(i.Counts) > len(options) {
		return nil, fmt.Errorf("%d counts of %d options", len(i.Counts), len(options))
	}
	item := &Item{N: i.N, Moments: i.Moments.Moments()}
	chosen := 0
	for _, n := range i.Counts {
		if n != 0 {
			chosen++
		}
	}
	if chosen > 0 {
		item.Counts = make(Counts, 0, chosen)
	}
	for at, n := range i.Counts {
		if n != 0 {
			item.Counts = append(item.Counts, Chosen{options[at], n})
		}
	}
	var err error
	if item.Sum, err = unsigned(i.Sum); err == nil {
		item.Squares, err = unsigned(i.Squares)
	}
	return item, err
}
