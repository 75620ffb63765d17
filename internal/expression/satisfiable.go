package expression

import (
	"slices"
	"strings"

	"glasspoll/internal/decimal"
)

// Budget is what the conditions of one survey may cost together in [Satisfiable]: a fraction of a second.
const Budget = 5_000_000

// maxSearch bounds one search, in parts of the condition looked at; maxSets the sets of options that one name gives.
const (
	maxSearch = 500_000
	maxSets   = 5_000
)

// Satisfiable reports whether any answers at all meet a condition. It tries, for every name, one value of each class
// that the condition can tell apart: each option, numbers at, below and above every constant, the texts it mentions and
// others, and no answer. A search that is too long, or past the budget, which it draws on, gives the condition the
// benefit of the doubt.
func Satisfiable(t Tree, scope Scope, budget *int) bool {
	if *budget <= 0 {
		return true
	}
	names := t.Uses()
	for i := 0; i < len(names); i++ { // an answer implies that its question was asked
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
	d, size := constants(t, names, scope)
	if d == nil {
		return true
	}
	domains := make([][][]string, len(names))
	for i, name := range names {
		if domains[i] = d.of(scope[name]); domains[i] == nil {
			return true
		}
	}
	chosen := map[string][]string{}
	answers := func(name string) []string { return chosen[name] }
	left := min(maxSearch, *budget)
	*budget -= left
	defer func() { *budget += max(0, left) }()
	var try func(i int) bool
	try = func(i int) bool {
		if i == len(names) {
			left -= size
			return left < 0 || t.Holds(answers)
		}
		for _, values := range domains[i] {
			chosen[names[i]] = values
			if try(i + 1) {
				return true
			}
		}
		return false
	}
	return try(0)
}

// domains are the values that a condition can tell apart.
type domains struct {
	numbers []decimal.Decimal // sorted
	texts   []string
	named   []string // texts that stand in the condition
}

// constants collects them, and counts the condition's parts. It is nil for a condition that searches texts: what they
// may contain is not listed.
func constants(t Tree, names []string, scope Scope) (*domains, int) {
	d := &domains{}
	numbers := []decimal.Decimal{0}
	searches, related, alike := false, false, false // numbers, and texts, are compared with one another
	size := 0
	t.walk(func(part Tree) {
		size += 1 + len(part.Names)
		searches = searches || part.Op == "contains" && part.Args[0].Op == string(Text)
		if len(part.Args) == 2 && part.Args[0].Op != "literal" && part.Args[1].Op != "literal" {
			related = related || part.Args[0].numeric() && part.Args[1].numeric()
			alike = alike || part.Args[0].Op == string(Text)
		}
		if part.Text != nil && *part.Text != "" {
			d.named = append(d.named, *part.Text)
		}
		if part.Number != nil {
			numbers = append(numbers, *part.Number)
		}
		for _, score := range part.Scores {
			numbers = append(numbers, score)
		}
	})
	if searches {
		return nil, 0
	}
	spread := 1 // values between two constants: enough for as many answers to differ
	if related || alike {
		spread = len(names)
	}
	for _, name := range names {
		v := scope[name]
		if !related || v.Kind != Number && v.Kind != Set {
			continue
		}
		for _, bound := range []*decimal.Decimal{v.Least, v.Most} {
			if bound != nil {
				numbers = append(numbers, *bound)
			}
		}
		for i, id := range v.Options {
			if n, err := decimal.Parse(id); err == nil && v.Kind == Number {
				numbers = append(numbers, n)
			} else {
				numbers = append(numbers, decimal.Decimal(i+1)*decimal.One) // counts
			}
		}
	}
	slices.Sort(numbers)
	for _, n := range slices.Compact(numbers) {
		for by := -spread; by <= spread; by++ {
			d.numbers = append(d.numbers, n+decimal.Decimal(by))
		}
	}
	slices.Sort(d.numbers)
	d.numbers = slices.Compact(d.numbers)
	for _, text := range append([]string{""}, d.named...) {
		for more := range spread + 1 {
			if text+strings.Repeat("\u0001", more) != "" {
				d.texts = append(d.texts, text+strings.Repeat("\u0001", more))
			}
		}
	}
	d.texts = append(d.texts, "\U0010FFFF")
	return d, size
}

// of lists a name's values, no answer among them; nil if they are too many.
func (d *domains) of(v Variable) [][]string {
	values := [][]string{nil}
	switch v.Kind {
	case Bool:
		values = append(values, []string{"yes"}, []string{"no"})
	case Choice:
		for _, id := range v.Options {
			values = append(values, []string{id})
		}
	case Number:
		for _, n := range v.Options {
			values = append(values, []string{n})
		}
		if len(v.Options) > 0 {
			break
		}
		bounds := make([]decimal.Decimal, 0, 2)
		for _, bound := range []*decimal.Decimal{v.Least, v.Most} {
			if bound != nil {
				bounds = append(bounds, *bound)
			}
		}
		for _, n := range slices.Concat(d.numbers, bounds) {
			if (v.Least == nil || n >= *v.Least) && (v.Most == nil || n <= *v.Most) {
				values = append(values, []string{n.String()})
			}
		}
	case Text:
		for _, text := range d.texts {
			values = append(values, []string{text})
		}
	case Set:
		return d.sets(v.Options)
	}
	return values
}

// sets lists the subsets of the options mentioned, each with from none to all of the others, so that counts are tried too.
func (d *domains) sets(options []string) [][]string {
	var named, others []string
	for _, id := range options {
		if slices.Contains(d.named, id) {
			named = append(named, id)
		} else {
			others = append(others, id)
		}
	}
	if len(named) > 10 || (len(others)+1)<<len(named) > maxSets {
		return nil
	}
	var all [][]string
	for mask := range 1 << len(named) {
		var chosen []string
		for i, id := range named {
			if mask&(1<<i) != 0 {
				chosen = append(chosen, id)
			}
		}
		for n := range len(others) + 1 {
			all = append(all, slices.Concat(chosen, others[:n]))
		}
	}
	return all
}
