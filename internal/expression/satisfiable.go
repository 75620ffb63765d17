package expression

import (
	"slices"
	"strings"

	"glasspoll/internal/decimal"
)

// Budget bounds the cost of all conditions of one survey in [Satisfiable], in parts evaluated: a fraction of a second.
const Budget = 5_000_000

const (
	maxSearch = 500_000 // parts of a condition evaluated in one search
	maxSets   = 5_000   // values of one set
)

// Satisfiable reports whether any answers meet a condition. For every name it tries one value of each class that the
// condition can tell apart: each option, numbers at, below and above every constant, the texts it mentions and others, and
// no answer. If that takes too long, or the budget is used up, it reports true. The search draws on the budget.
func Satisfiable(t Tree, scope Scope, budget *int) bool {
	if *budget <= 0 {
		return true
	}
	t, names := withAsked(t, scope)
	c := constantsOf(t)
	if c.searchesTexts { // samples has no texts that contain a given one
		return true
	}
	samples := c.samples(names, scope)
	s := search{tree: t, size: c.size, names: names, answers: map[string][]string{}, left: min(maxSearch, *budget)}
	for _, name := range names {
		values := samples.valuesOf(scope[name])
		if values == nil {
			return true
		}
		s.values = append(s.values, values)
	}
	*budget -= s.left
	met := s.try(0)
	*budget += max(0, s.left)
	return met
}

// withAsked joins to a condition, for each question it depends on, that the question is answered only if it is asked. It
// also returns all names that the result depends on.
func withAsked(t Tree, scope Scope) (Tree, []string) {
	names := t.Uses()
	for i := 0; i < len(names); i++ { // names grows
		asked := scope[names[i]].Asked
		if asked == nil {
			continue
		}
		unanswered := not(Tree{Op: "answered", Names: names[i : i+1 : i+1]})
		t = Tree{Op: "and", Args: []Tree{t, {Op: "or", Args: []Tree{unanswered, *asked}}}}
		for _, name := range asked.Uses() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return t, names
}

// A search tries every combination of values.
type search struct {
	tree    Tree
	size    int // of the tree, in parts
	names   []string
	values  [][][]string // by name
	answers map[string][]string
	left    int // parts that may still be evaluated
}

// try reports whether the condition is met by the answers chosen before name i together with any values of the others.
func (s *search) try(i int) bool {
	if i == len(s.names) {
		s.left -= s.size
		return s.left < 0 || s.tree.Holds(func(name string) []string { return s.answers[name] })
	}
	for _, values := range s.values[i] {
		s.answers[s.names[i]] = values
		if s.try(i + 1) {
			return true
		}
	}
	return false
}

// constants lists what a condition compares answers with, and how.
type constants struct {
	size            int // of the condition, in parts
	numbers         []decimal.Decimal
	texts           []string
	searchesTexts   bool // a text contains another
	comparesNumbers bool // answers that are numbers with each other
	comparesTexts   bool
}

func constantsOf(t Tree) constants {
	c := constants{numbers: []decimal.Decimal{0}}
	t.walk(func(part Tree) {
		c.size += 1 + len(part.Names)
		if part.Op == "contains" && part.Args[0].Op == string(Text) {
			c.searchesTexts = true
		}
		if len(part.Args) == 2 && part.Args[0].Op != "literal" && part.Args[1].Op != "literal" {
			c.comparesNumbers = c.comparesNumbers || part.Args[0].isNumber() && part.Args[1].isNumber()
			c.comparesTexts = c.comparesTexts || part.Args[0].Op == string(Text)
		}
		if part.Text != nil && *part.Text != "" {
			c.texts = append(c.texts, *part.Text)
		}
		if part.Number != nil {
			c.numbers = append(c.numbers, *part.Number)
		}
		for _, score := range part.Scores {
			c.numbers = append(c.numbers, score)
		}
	})
	return c
}

// samples lists the values to try: one of each class that a condition can tell apart.
type samples struct {
	numbers []decimal.Decimal // sorted
	texts   []string
	named   []string // the texts in the condition
}

// samples lists the constants and the values around them. Between two constants there are enough for as many answers to
// differ as are compared with each other.
func (c constants) samples(names []string, scope Scope) samples {
	spread := 1
	if c.comparesNumbers || c.comparesTexts {
		spread = len(names)
	}
	s := samples{named: c.texts}
	numbers := c.numbers
	if c.comparesNumbers {
		for _, name := range names {
			numbers = append(numbers, scope[name].numbers()...)
		}
	}
	for _, n := range numbers {
		for by := -spread; by <= spread; by++ {
			s.numbers = append(s.numbers, n+decimal.Decimal(by))
		}
	}
	slices.Sort(s.numbers)
	s.numbers = slices.Compact(s.numbers)
	for _, text := range append([]string{""}, c.texts...) {
		for more := range spread + 1 {
			if longer := text + strings.Repeat("\u0001", more); longer != "" {
				s.texts = append(s.texts, longer)
			}
		}
	}
	s.texts = append(s.texts, "\U0010FFFF")
	return s
}

// numbers lists the bounds and values of a number, and the counts of a set.
func (v Variable) numbers() []decimal.Decimal {
	if v.Kind != Number && v.Kind != Set {
		return nil
	}
	numbers := v.bounds()
	for i, id := range v.Options {
		if n, err := decimal.Parse(id); err == nil && v.Kind == Number {
			numbers = append(numbers, n)
		} else {
			numbers = append(numbers, decimal.Decimal(i+1)*decimal.One)
		}
	}
	return numbers
}

func (v Variable) bounds() []decimal.Decimal {
	var bounds []decimal.Decimal
	for _, bound := range []*decimal.Decimal{v.Min, v.Max} {
		if bound != nil {
			bounds = append(bounds, *bound)
		}
	}
	return bounds
}

func (v Variable) inBounds(n decimal.Decimal) bool {
	return (v.Min == nil || n >= *v.Min) && (v.Max == nil || n <= *v.Max)
}

// valuesOf lists the values to try for a name, including no answer; nil if they are too many.
func (s samples) valuesOf(v Variable) [][]string {
	values := [][]string{nil}
	add := func(value string) { values = append(values, []string{value}) }
	switch v.Kind {
	case Bool:
		add("yes")
		add("no")
	case Choice:
		for _, id := range v.Options {
			add(id)
		}
	case Number:
		for _, n := range v.Options {
			add(n)
		}
		if len(v.Options) > 0 {
			break
		}
		for _, n := range slices.Concat(s.numbers, v.bounds()) {
			if v.inBounds(n) {
				add(n.String())
			}
		}
	case Text:
		for _, text := range s.texts {
			add(text)
		}
	case Set:
		return s.sets(v.Options)
	}
	return values
}

// sets lists the subsets of the options mentioned, each with from none to all of the others, so that all counts are tried;
// nil if they are too many.
func (s samples) sets(options []string) [][]string {
	var named, others []string
	for _, id := range options {
		if slices.Contains(s.named, id) {
			named = append(named, id)
		} else {
			others = append(others, id)
		}
	}
	if len(named) > 10 || (len(others)+1)<<len(named) > maxSets {
		return nil
	}
	var sets [][]string
	for mask := range 1 << len(named) {
		var chosen []string
		for i, id := range named {
			if mask&(1<<i) != 0 {
				chosen = append(chosen, id)
			}
		}
		for n := range len(others) + 1 {
			sets = append(sets, slices.Concat(chosen, others[:n]))
		}
	}
	return sets
}
