package expression

import (
	"slices"

	"glasspoll/internal/decimal"
)

// maxSteps bounds the search for answers that meet a condition, in parts of the condition looked at. Past it a condition
// is given the benefit of the doubt.
const maxSteps = 1_000_000

// Satisfiable reports whether any answers at all meet a condition. It tries, for every name, one value of each class
// that the condition can tell apart: each option, numbers at, below and above every constant, the texts it mentions and
// another one, and no answer.
func Satisfiable(t Tree, scope Scope) bool {
	names := t.Uses()
	var texts []string
	numbers := []decimal.Decimal{0}
	searches := false // within texts: what a text may contain is not listed
	size := 0
	t.walk(func(part Tree) {
		size += 1 + len(part.Names)
		searches = searches || part.Op == "contains" && part.Args[0].Op == string(Text)
		if part.Text != nil {
			texts = append(texts, *part.Text)
		}
		if part.Number != nil {
			numbers = append(numbers, *part.Number-1, *part.Number, *part.Number+1)
		}
	})
	if searches {
		return true
	}
	domains := make([][][]string, len(names))
	steps := size
	for i, name := range names {
		domains[i] = domain(scope[name], texts, numbers)
		if steps *= len(domains[i]); steps > maxSteps {
			return true
		}
	}
	chosen := map[string][]string{}
	var try func(i int) bool
	try = func(i int) bool {
		if i == len(names) {
			return t.Holds(func(name string) []string { return chosen[name] })
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

// domain lists a name's possible values, as far as an expression can tell them apart.
func domain(v Variable, texts []string, numbers []decimal.Decimal) [][]string {
	values := [][]string{nil}
	switch v.Kind {
	case Bool:
		values = append(values, []string{"yes"}, []string{"no"})
	case Choice:
		for _, id := range v.Options {
			values = append(values, []string{id})
		}
	case Number:
		for _, n := range numbers {
			values = append(values, []string{n.String()})
		}
	case Text:
		values = append(values, []string{"\u0001"}, []string{"\U0010FFFF"})
		for _, text := range texts {
			values = append(values, []string{text}, []string{text + "\u0001"})
		}
	case Set:
		values = append(values, sets(v.Options, texts)...)
	}
	return values
}

// sets lists the subsets of the options mentioned, each with from none to all of the others, so that counts are tried too.
func sets(options, mentioned []string) [][]string {
	var named, others []string
	for _, id := range options {
		if slices.Contains(mentioned, id) {
			named = append(named, id)
		} else {
			others = append(others, id)
		}
	}
	if len(named) > 10 {
		return make([][]string, maxSteps+1) // too many to try
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
