package release

import (
	"cmp"
	"maps"
	"slices"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// A sensitive question is published once, when the period has ended, over all blocks together: if these have at least 4k
// members and minCoded, and where facts decide who is asked, if each class of members is empty or has k. Its counts are coded:
// multiples of k. So a block whose members agree names nobody, and the last one to answer cannot be told from the others.
const (
	minCoded   = 20
	codedTimes = 4
)

// publishCoded publishes the sensitive questions that are due, and reports whether there were any. Under strict protection
// they are published by segment, too, where a segment has as many members.
func (n *next) publishCoded() (published bool) {
	if !n.ended() && !n.exact {
		return false
	}
	for _, item := range n.sensitiveItems() {
		if n.Coded[item.key] != nil {
			continue
		}
		coded := n.codeItem(item, func(string, *survey.Survey) bool { return true })
		if coded == nil {
			continue
		}
		if n.survey.Results.Protection == survey.Strict || n.exact {
			n.codeSegments(item, coded)
		}
		n.Coded[item.key] = coded
		published = true
	}
	return published
}

// sensitiveItem is a sensitive item and the parts that ask it.
type sensitiveItem struct {
	key   string // in Release.Coded
	field survey.Field
	parts []string // shapes, oldest first
}

// CodedKey returns the key under which a release has the coded figures of a field of a questionnaire.
func CodedKey(form *survey.Survey, f survey.Field) string { return f.Name + "@" + form.ItemKey(f) }

// sensitiveItems lists the items of all parts that are sensitive.
func (n *next) sensitiveItems() []sensitiveItem {
	shapes := slices.SortedFunc(maps.Keys(n.Parts), func(a, b string) int {
		return cmp.Or(cmp.Compare(n.Parts[a].Number, n.Parts[b].Number), cmp.Compare(a, b))
	})
	index := map[string]int{} // in items, by key
	var items []sensitiveItem
	for _, shape := range shapes {
		form := n.formOf(shape)
		for _, f := range form.Fields() {
			if !f.Counted() || !n.isSensitive(form, f.Name) {
				continue
			}
			key := CodedKey(form, f)
			at, known := index[key]
			if !known {
				at = len(items)
				items = append(items, sensitiveItem{key: key})
				index[key] = at
			}
			items[at].field, items[at].parts = f, append(items[at].parts, shape)
		}
	}
	return items
}

// codeItem codes an item over the cohorts that are in; nil if they have too few members.
func (n *next) codeItem(item sensitiveItem, in func(key string, form *survey.Survey) bool) *Coded {
	sum, members := &tally.Item{}, int64(0)
	coded := &Coded{K: n.K}
	for _, shape := range item.parts {
		coded.Shape, coded.K = shape, max(coded.K, n.Parts[shape].K)
		form := n.formOf(shape)
		asked := &tally.Counters{}
		for key, c := range n.Parts[shape].Cohorts {
			if !in(key, form) || !(block{form: form, key: key}).mayPublish(item.field.Name) {
				continue
			}
			members += c.Respondents
			asked.Add(&tally.Counters{Bases: basesOf(c, item.field.Name)})
			if held := n.Held.Items[shape][key]; held != nil {
				sum.Add(held.Items[item.field.Name])
				asked.Add(&tally.Counters{Bases: basesOf(held, item.field.Name)})
			}
		}
		if !n.exact && !eachHas(asked.Bases[item.field.Name], max(int64(n.K), int64(n.Parts[shape].K))) {
			return nil // of three who are asked, two would know what the third has said
		}
	}
	if n.exact {
		coded.K = 1
	} else if members < int64(max(codedTimes*coded.K, minCoded)) {
		return nil
	}
	code(coded, item.field, sum, members)
	return coded
}

// basesOf returns the classes of one field among those of counters.
func basesOf(c *tally.Counters, name string) map[string]map[string]int64 {
	if classes := c.Bases[name]; classes != nil {
		return map[string]map[string]int64{name: classes}
	}
	return nil
}

// codeSegments codes an item by segment.
func (n *next) codeSegments(item sensitiveItem, coded *Coded) {
	for _, segment := range n.formOf(coded.Shape).Segments() {
		for _, o := range segment.Options() {
			part := n.codeItem(item, func(key string, form *survey.Survey) bool {
				i := segmentIndex(form, segment.Name)
				return i >= 0 && key != Pool && keyPart(key, i) == o.ID
			})
			if part == nil {
				continue
			}
			if coded.By == nil {
				coded.By = map[string]*Coded{}
			}
			coded.By[segment.Name+"="+o.ID] = part
		}
	}
}

// code sets the counts of an item that was counted among so many members. With "left out", they become multiples of k that
// add to N, the number of members rounded down. Each option of a multi_choice is chosen or not, by itself.
func code(coded *Coded, f survey.Field, counted *tally.Item, members int64) {
	k := int64(coded.K)
	coded.N = members / k * k
	var names []string
	for _, o := range f.Options() {
		names = append(names, o.ID)
	}
	for _, band := range f.ValueBands() {
		names = append(names, band.ID)
	}
	if f.Question.Type == survey.MultiChoice {
		for _, name := range names {
			chosen := counted.Counts.Of(name)
			coded.Counts.Add(name, largestRemainder([]int64{chosen, members - chosen}, k)[0])
		}
		coded.Counts.Add(LeftOut, largestRemainder([]int64{members - counted.N, counted.N}, k)[0])
		return
	}
	counts := make([]int64, 0, len(names)+1)
	for _, name := range names {
		counts = append(counts, counted.Counts.Of(name))
	}
	counts = append(counts, members-counted.N)
	for i, n := range largestRemainder(counts, k) {
		if i < len(names) {
			coded.Counts.Add(names[i], n)
		} else {
			coded.Counts.Add(LeftOut, n)
		}
	}
}

// LeftOut is the option under which [Coded] counts those who gave no answer. No option has this id.
const LeftOut = "-"

// largestRemainder returns multiples of k in proportion to counts, which add to their sum rounded down to one. What is left
// after each is rounded down goes to the largest remainders, k each; of equal ones to the first (Hamilton's method).
func largestRemainder(counts []int64, k int64) []int64 {
	sum := int64(0)
	for _, n := range counts {
		sum += n
	}
	// The quota of a count in units of k is count·units/sum: exactly, as a fraction.
	units := sum / k
	coded, remainders, left := make([]int64, len(counts)), make([]int64, len(counts)), units
	if units == 0 {
		return coded
	}
	for i, n := range counts {
		whole, remainder := n*units/sum, n*units%sum
		coded[i], remainders[i] = whole*k, remainder
		left -= whole
	}
	order := make([]int, len(counts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(remainders[b], remainders[a]) })
	for _, i := range order[:left] {
		coded[i] += k
	}
	return coded
}
