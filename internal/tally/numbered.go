package tally

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Names lists the items, options, classes and scales that the counters of one record mention, so that each is written once a
// record. Elsewhere the order in which they are listed says what a number belongs to.
type Names struct {
	Options []string     `cbor:"1,keyasint,omitempty"` // sorted
	Items   []NamedItem  `cbor:"2,keyasint,omitempty"` // sorted by name
	Classes []string     `cbor:"3,keyasint,omitempty"` // sorted
	Scales  []NamedScale `cbor:"4,keyasint,omitempty"` // sorted by name
}

// NamedItem is an item, and those of its options and classes that have a count anywhere in the record.
type NamedItem struct {
	_       struct{} `cbor:",toarray"`
	Name    string
	Options []int // indexes, ascending
	Classes []int // indexes, ascending
	Paired  int   // 0 if it has no moments anywhere; else 1 and the zeros, at most 3, that their sums lack at their end
}

// NamedScale is a scale, and the most items that it has anywhere in the record.
type NamedScale struct {
	_     struct{} `cbor:",toarray"`
	Name  string
	Items int
}

// Numbered is counters as records hold them: numbers without names, see [Names.layout].
type Numbered []byte

// RowsRecord is [Rows] as records hold them, with their own names.
type RowsRecord struct {
	Names   Names    `cbor:"1,keyasint"`
	Numbers Numbered `cbor:"2,keyasint,omitempty"`
}

const (
	// mostZeros is that of a thousandth: most scores are whole numbers.
	mostZeros = 3

	// A record stands for at most so many numbers, zeros included, and so many more for each byte of it.
	mostNumbers        = 1 << 22
	mostNumbersPerByte = 1 << 12

	// mostItems bounds the items of a scale.
	mostItems = 1 << 14
)

// NamesIn returns the names in counters by cohort.
func NamesIn(groups ...map[string]*Counters) Names {
	found := foundNames{items: map[string]*foundItem{}, scales: map[string]int{}}
	for _, group := range groups {
		for _, c := range group {
			found.add(c)
		}
	}
	return found.names()
}

// foundNames collects names.
type foundNames struct {
	items  map[string]*foundItem
	scales map[string]int
}

type foundItem struct {
	options, classes map[string]bool
	paired           int
}

func (f *foundNames) item(name string) *foundItem {
	if f.items[name] == nil {
		f.items[name] = &foundItem{options: map[string]bool{}, classes: map[string]bool{}}
	}
	return f.items[name]
}

func (f *foundNames) add(c *Counters) {
	if c == nil {
		return
	}
	for name, item := range c.Items {
		if item.IsZero() {
			continue
		}
		found := f.item(name)
		for _, x := range item.Counts {
			if x.N != 0 {
				found.options[x.Option] = true
			}
		}
	}
	for name, classes := range c.Bases {
		for class, n := range classes {
			if n != 0 {
				f.item(name).classes[class] = true
			}
		}
	}
	if c.Rows == nil {
		return
	}
	for name, m := range c.Rows.Pairs {
		if m.IsZero() {
			continue
		}
		found := f.item(name)
		if found.paired == 0 {
			found.paired = 1 + mostZeros
		}
		found.paired = min(found.paired, 1+m.zeros())
	}
	for name, s := range c.Rows.Scales {
		if !s.IsZero() {
			f.scales[name] = max(f.scales[name], len(s.Sums), len(s.Squares))
		}
	}
}

func (f *foundNames) names() Names {
	options, classes := map[string]bool{}, map[string]bool{}
	for _, item := range f.items {
		maps.Copy(options, item.options)
		maps.Copy(classes, item.classes)
	}
	n := Names{Options: slices.Sorted(maps.Keys(options)), Classes: slices.Sorted(maps.Keys(classes))}
	for _, name := range slices.Sorted(maps.Keys(f.items)) {
		item := f.items[name]
		n.Items = append(n.Items, NamedItem{Name: name, Options: indexes(n.Options, item.options), Classes: indexes(n.Classes, item.classes), Paired: item.paired})
	}
	for _, name := range slices.Sorted(maps.Keys(f.scales)) {
		n.Scales = append(n.Scales, NamedScale{Name: name, Items: f.scales[name]})
	}
	return n
}

// indexes returns the indexes of some names in a sorted list of all, ascending.
func indexes(all []string, some map[string]bool) []int {
	var found []int
	for name := range some {
		at, _ := slices.BinarySearch(all, name)
		found = append(found, at)
	}
	slices.Sort(found)
	return found
}

// zeros counts the decimal zeros that all sums end in: of scores in thousandths, and twice as many of products.
func (m *Moments) zeros() int {
	zeros := 0
	for r := *m; zeros < mostZeros && r.X%10 == 0 && r.Y%10 == 0 && r.XX%100 == 0 && r.YY%100 == 0 && r.XY%100 == 0; zeros++ {
		r = Moments{r.N, r.X / 10, r.Y / 10, r.XX / 100, r.YY / 100, r.XY / 100}
	}
	return zeros
}

// check reports names that are not in their order, indexes without a name, and too many of them for the numbers there are.
func (n *Names) check(numbered map[string]Numbered) error {
	if !ascending(n.Options) || !ascending(n.Classes) {
		return errors.New("the options or classes are not in order")
	}
	most := mostNumbers
	for _, packed := range numbered {
		most += mostNumbersPerByte * len(packed)
	}
	numbers := 4
	for i, item := range n.Items {
		if i > 0 && n.Items[i-1].Name >= item.Name || !areIndexes(item.Options, n.Options) || !areIndexes(item.Classes, n.Classes) {
			return fmt.Errorf("item %q or its options are not in order", item.Name)
		}
		if item.Paired < 0 || item.Paired > 1+mostZeros {
			return fmt.Errorf("item %q: moments without %d zeros", item.Name, item.Paired-1)
		}
		numbers += len(item.Options) + len(item.Classes) + 7
	}
	for i, scale := range n.Scales {
		if i > 0 && n.Scales[i-1].Name >= scale.Name || scale.Items < 0 || scale.Items > mostItems {
			return fmt.Errorf("scale %q is not in order, or has %d items", scale.Name, scale.Items)
		}
		numbers = min(numbers+2*scale.Items+3, math.MaxInt32)
	}
	if numbers > most/max(len(numbered), 1) {
		return fmt.Errorf("%d numbers in each of %d cohorts", numbers, len(numbered))
	}
	return nil
}

// areIndexes reports whether all are indexes of names, and ascend.
func areIndexes(all []int, names []string) bool {
	last := len(all) - 1
	return last < 0 || all[0] >= 0 && all[last] < len(names) && ascending(all)
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

// Number returns counters as records with these names hold them. n has all their names.
func (n *Names) Number(cohorts map[string]*Counters) map[string]Numbered {
	if cohorts == nil {
		return nil
	}
	numbered := make(map[string]Numbered, len(cohorts))
	for key, c := range cohorts {
		numbered[key] = n.number(c)
	}
	return numbered
}

func (n *Names) number(c *Counters) Numbered {
	if c == nil {
		return nil
	}
	p := &packing{}
	n.layout(p, c)
	return p.pack()
}

// Counters returns the counters that Number was given, without those that are 0. They share no memory with each other.
func (n *Names) Counters(numbered map[string]Numbered) (map[string]*Counters, error) {
	if numbered == nil {
		return nil, nil
	}
	if err := n.check(numbered); err != nil {
		return nil, err
	}
	cohorts := make(map[string]*Counters, len(numbered))
	for key, from := range numbered {
		c, err := n.counters(from)
		if err != nil {
			return nil, fmt.Errorf("cohort %q: %w", key, err)
		}
		cohorts[key] = c
	}
	return cohorts, nil
}

func (n *Names) counters(from Numbered) (*Counters, error) {
	p, err := unpacking(from)
	if err != nil {
		return nil, err
	}
	c := NewCounters()
	n.layout(p, c)
	if err := p.finish(); err != nil {
		return nil, err
	}
	c.Prune()
	return c, nil
}

// Record returns rows as records hold them; nil for nil.
func (r *Rows) Record() *RowsRecord {
	if r == nil {
		return nil
	}
	c := &Counters{Rows: r}
	names := NamesIn(map[string]*Counters{"": c})
	return &RowsRecord{names, names.number(c)}
}

// Rows returns what Record was called of, without what is 0.
func (r *RowsRecord) Rows() (*Rows, error) {
	if r == nil {
		return nil, nil
	}
	if err := r.Names.check(map[string]Numbered{"": r.Numbers}); err != nil {
		return nil, err
	}
	c, err := r.Names.counters(r.Numbers)
	if err != nil {
		return nil, err
	}
	if c.Rows == nil {
		c.Rows = &Rows{}
	}
	return c.Rows, nil
}

// layout packs c, or unpacks into c, which is empty then. The numbers are, each group for all items before the next:
//
//	respondents
//	counts of each item's options; by how much their sum exceeds N
//	counts of each item's classes
//	rows: N, Index, Squares
//	scales: N, by how much the sums exceed Total, TotalSquares, Sums, Squares
//	moments: N and its difference to the item's before; X; Y and YY, and their difference to the mean before times N; XX; XY
func (n *Names) layout(p *packing, c *Counters) {
	p.number(&c.Respondents)
	n.layoutItems(p, c)
	n.layoutBases(p, c)
	rows := c.Rows
	if rows == nil {
		rows = &Rows{}
	}
	p.number(&rows.N)
	p.number(&rows.Index)
	p.number(&rows.Squares)
	n.layoutScales(p, rows)
	n.layoutPairs(p, rows)
	if p.reading && !rows.IsZero() {
		c.Rows = rows
	}
}

func (n *Names) layoutItems(p *packing, c *Counters) {
	totals := make([]int64, len(n.Items))
	for i := range n.Items {
		named := &n.Items[i]
		item := c.Items[named.Name]
		if item == nil {
			item = &Item{}
		}
		for _, option := range named.Options {
			name := n.Options[option]
			count := int64(0)
			if !p.reading {
				count = item.Counts.Of(name)
			}
			p.number(&count)
			totals[i] += count
			if p.reading && count != 0 {
				item.Counts = append(item.Counts, Chosen{name, count})
				c.Items[named.Name] = item
			}
		}
	}
	for i := range n.Items {
		name := n.Items[i].Name
		item := c.Items[name]
		answered := int64(0)
		if item != nil {
			answered = item.N
		}
		surplus := totals[i] - answered
		p.number(&surplus)
		if answered = totals[i] - surplus; p.reading && answered != 0 {
			if item == nil {
				item = &Item{}
				c.Items[name] = item
			}
			item.N = answered
		}
	}
}

func (n *Names) layoutBases(p *packing, c *Counters) {
	for i := range n.Items {
		name := n.Items[i].Name
		for _, at := range n.Items[i].Classes {
			class := n.Classes[at]
			count := c.Bases[name][class]
			p.number(&count)
			if !p.reading || count == 0 {
				continue
			}
			if c.Bases == nil {
				c.Bases = map[string]map[string]int64{}
			}
			if c.Bases[name] == nil {
				c.Bases[name] = map[string]int64{}
			}
			c.Bases[name][class] = count
		}
	}
}

func (n *Names) layoutScales(p *packing, rows *Rows) {
	var s Scale // reused
	for _, named := range n.Scales {
		s = Scale{Sums: zeros(s.Sums, named.Items), Squares: zeros(s.Squares, named.Items)}
		s.add(rows.Scales[named.Name], 1)
		surplus := -s.Total
		for _, sum := range s.Sums {
			surplus += sum
		}
		p.number(&s.N)
		p.number(&surplus)
		p.number(&s.TotalSquares)
		for i := range s.Sums {
			p.number(&s.Sums[i])
		}
		for i := range s.Squares {
			p.number(&s.Squares[i])
		}
		if !p.reading {
			continue
		}
		s.Total = -surplus
		for _, sum := range s.Sums {
			s.Total += sum
		}
		if !s.IsZero() {
			if rows.Scales == nil {
				rows.Scales = map[string]*Scale{}
			}
			rows.Scales[named.Name] = &Scale{s.N, s.Total, s.TotalSquares, slices.Clone(s.Sums), slices.Clone(s.Squares)}
		}
	}
}

// zeros returns n zeros, in the memory of all if that suffices.
func zeros(all []int64, n int) []int64 {
	all = slices.Grow(all[:0], n)[:n]
	clear(all)
	return all
}

func (n *Names) layoutPairs(p *packing, rows *Rows) {
	var named []*NamedItem
	var all []Moments
	for i := range n.Items {
		if item := &n.Items[i]; item.Paired > 0 {
			m := Moments{}
			if known := rows.Pairs[item.Name]; known != nil {
				m = known.without(item.Paired - 1)
			}
			named, all = append(named, item), append(all, m)
		}
	}
	p.columns(all)
	if !p.reading {
		return
	}
	for i, m := range all {
		if m.IsZero() {
			continue
		}
		if rows.Pairs == nil {
			rows.Pairs = map[string]*Moments{}
		}
		whole := m.with(named[i].Paired - 1)
		rows.Pairs[named[i].Name] = &whole
	}
}

// without leaves out zeros at the end of sums: see [Moments.zeros].
func (m *Moments) without(zeros int) Moments {
	r := *m
	for range zeros {
		r = Moments{r.N, r.X / 10, r.Y / 10, r.XX / 100, r.YY / 100, r.XY / 100}
	}
	return r
}

// with undoes without.
func (m *Moments) with(zeros int) Moments {
	r := *m
	for range zeros {
		r = Moments{r.N, r.X * 10, r.Y * 10, r.XX * 100, r.YY * 100, r.XY * 100}
	}
	return r
}
