package tally

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// Names lists the items and options that the counters of one record mention, so that each is written once a record and has
// a number elsewhere: its index.
type Names struct {
	Options []string    `cbor:"1,keyasint,omitempty"` // sorted
	Items   []NamedItem `cbor:"2,keyasint,omitempty"` // sorted by name
}

// NamedItem is an item and those of its options that are chosen anywhere in the record.
type NamedItem struct {
	_       struct{} `cbor:",toarray"`
	Name    string
	Options []int // numbers, ascending
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
	Counts  []int64     `cbor:"3,keyasint,omitempty"` // of the options that Names lists for it, without zeros at the end
	Sum     []byte      `cbor:"4,keyasint,omitempty"` // a sign, 0 or 1 for negative, and the magnitude, big-endian
	Squares []byte      `cbor:"5,keyasint,omitempty"`
	Moments *MomentSums `cbor:"6,keyasint,omitempty"`
}

// MomentSums is [Moments] as records hold them: without the zeros that sums of scores end in, because most scores are whole
// numbers, and sums are in thousandths and millionths.
type MomentSums struct {
	_                   struct{} `cbor:",toarray"`
	Zeros               int      // that X and Y lack at their end, at most 3; the others lack twice as many
	N, X, Y, XX, YY, XY int64
}

// mostZeros is that of a thousandth.
const mostZeros = 3

// NamesIn returns the names in counters by cohort.
func NamesIn(groups ...map[string]*Counters) Names {
	chosen := map[string]map[string]bool{} // options by item
	for _, group := range groups {
		for _, c := range group {
			c.collectNames(chosen)
		}
	}
	all := map[string]bool{}
	for _, options := range chosen {
		maps.Copy(all, options)
	}
	names := Names{Options: slices.Sorted(maps.Keys(all))}
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		item := NamedItem{Name: name}
		for option := range chosen[name] {
			number, _ := slices.BinarySearch(names.Options, option)
			item.Options = append(item.Options, number)
		}
		slices.Sort(item.Options)
		names.Items = append(names.Items, item)
	}
	return names
}

// collectNames adds the names of items, and of their options that have counts.
func (c *Counters) collectNames(chosen map[string]map[string]bool) {
	if c == nil {
		return
	}
	for name, item := range c.Items {
		if item == nil {
			continue
		}
		options := chosen[name]
		if options == nil {
			options = map[string]bool{}
			chosen[name] = options
		}
		for _, x := range item.Counts {
			if x.N != 0 {
				options[x.Option] = true
			}
		}
	}
}

// Number returns counters with the numbers of n, which has all their names.
func (n *Names) Number(cohorts map[string]*Counters) map[string]Numbered {
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
				to.Items = append(to.Items, n.numberItem(name, item))
			}
		}
		slices.SortFunc(to.Items, func(a, b NumberedItem) int { return a.Number - b.Number })
		numbered[key] = to
	}
	return numbered
}

func (n *Names) numberItem(name string, item *Item) NumberedItem {
	number, _ := slices.BinarySearchFunc(n.Items, name, func(i NamedItem, name string) int { return strings.Compare(i.Name, name) })
	to := NumberedItem{Number: number, N: item.N, Sum: magnitude(item.Sum), Squares: magnitude(item.Squares), Moments: SumsOf(item.Moments)}
	options := n.Items[number].Options
	counts, used := make([]int64, len(options)), 0
	for _, x := range item.Counts {
		if x.N != 0 {
			at, _ := slices.BinarySearchFunc(options, x.Option, func(option int, name string) int { return strings.Compare(n.Options[option], name) })
			counts[at] = x.N
			used = max(used, at+1)
		}
	}
	to.Counts = counts[:used]
	return to
}

// magnitude returns an integer as records hold it; nil for nil.
func magnitude(n *big.Int) []byte {
	if n == nil {
		return nil
	}
	sign := byte(0)
	if n.Sign() < 0 {
		sign = 1
	}
	return append([]byte{sign}, n.Bytes()...)
}

// integer undoes magnitude.
func integer(data []byte) (*big.Int, error) {
	if len(data) == 0 {
		return nil, nil
	}
	n := new(big.Int).SetBytes(data[1:])
	if data[0] > 1 || len(data) > 1 && data[1] == 0 || data[0] == 1 && n.Sign() == 0 {
		return nil, fmt.Errorf("%x is no integer", data)
	}
	if data[0] == 1 {
		n.Neg(n)
	}
	return n, nil
}

// SumsOf returns moments as records hold them; nil for nil.
func SumsOf(m *Moments) *MomentSums {
	if m == nil {
		return nil
	}
	s := &MomentSums{N: m.N, X: m.X, Y: m.Y, XX: m.XX, YY: m.YY, XY: m.XY}
	for s.Zeros < mostZeros && s.X%10 == 0 && s.Y%10 == 0 && s.XX%100 == 0 && s.YY%100 == 0 && s.XY%100 == 0 {
		s.Zeros++
		s.X, s.Y, s.XX, s.YY, s.XY = s.X/10, s.Y/10, s.XX/100, s.YY/100, s.XY/100
	}
	return s
}

// Moments returns what SumsOf was given.
func (s *MomentSums) Moments() (*Moments, error) {
	if s == nil {
		return nil, nil
	}
	if s.Zeros < 0 || s.Zeros > mostZeros {
		return nil, fmt.Errorf("moments without %d zeros", s.Zeros)
	}
	m := &Moments{N: s.N, X: s.X, Y: s.Y, XX: s.XX, YY: s.YY, XY: s.XY}
	for range s.Zeros {
		m.X, m.Y, m.XX, m.YY, m.XY = m.X*10, m.Y*10, m.XX*100, m.YY*100, m.XY*100
	}
	return m, nil
}

// Counters returns the counters that Number was given. They share no memory with each other. It is an error if a number has
// no name.
func (n *Names) Counters(numbered map[string]Numbered) (map[string]*Counters, error) {
	if numbered == nil {
		return nil, nil
	}
	if err := n.check(); err != nil {
		return nil, err
	}
	cohorts := make(map[string]*Counters, len(numbered))
	for key, from := range numbered {
		c := &Counters{Respondents: from.Respondents, Withdrawn: from.Withdrawn, Items: make(map[string]*Item, len(from.Items))}
		for i := range from.Items {
			name, item, err := n.item(&from.Items[i])
			if err == nil && c.Items[name] != nil {
				err = fmt.Errorf("item %q is there twice", name)
			}
			if err != nil {
				return nil, fmt.Errorf("cohort %q: %w", key, err)
			}
			c.Items[name] = item
		}
		cohorts[key] = c
	}
	return cohorts, nil
}

// check reports names that are not in their order, and numbers without a name.
func (n *Names) check() error {
	if !ascending(n.Options) {
		return errors.New("the options are not in order")
	}
	for i, item := range n.Items {
		last := len(item.Options) - 1
		if i > 0 && n.Items[i-1].Name >= item.Name || !ascending(item.Options) || last >= 0 && (item.Options[0] < 0 || item.Options[last] >= len(n.Options)) {
			return fmt.Errorf("item %q or its options are not in order", item.Name)
		}
	}
	return nil
}

// ascending reports whether values ascend, each once.
func ascending[T string | int](values []T) bool {
	for i := 1; i < len(values); i++ {
		if values[i-1] >= values[i] {
			return false
		}
	}
	return true
}

// item returns an item and its name.
func (n *Names) item(from *NumberedItem) (name string, item *Item, err error) {
	if from.Number < 0 || from.Number >= len(n.Items) {
		return "", nil, fmt.Errorf("item %d of %d", from.Number, len(n.Items))
	}
	named := &n.Items[from.Number]
	if len(from.Counts) > len(named.Options) {
		return "", nil, fmt.Errorf("item %q: %d counts of %d options", named.Name, len(from.Counts), len(named.Options))
	}
	item = &Item{N: from.N}
	if len(from.Counts) > 0 {
		item.Counts = make(Counts, 0, len(from.Counts))
	}
	for i, count := range from.Counts {
		if count != 0 {
			item.Counts = append(item.Counts, Chosen{n.Options[named.Options[i]], count})
		}
	}
	if item.Sum, err = integer(from.Sum); err == nil {
		item.Squares, err = integer(from.Squares)
	}
	if err == nil {
		item.Moments, err = from.Moments.Moments()
	}
	if err != nil {
		return "", nil, fmt.Errorf("item %q: %w", named.Name, err)
	}
	return named.Name, item, nil
}
