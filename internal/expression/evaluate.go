package expression

import (
	"cmp"
	"slices"
	"strings"

	"glasspoll/internal/decimal"
)

// Answers returns the values of a field in canonical form; none if it is unanswered.
type Answers func(name string) []string

// Holds reports whether a condition is true.
func (t Tree) Holds(answers Answers) bool {
	switch t.Op {
	case "and":
		return t.Args[0].Holds(answers) && t.Args[1].Holds(answers)
	case "or":
		return t.Args[0].Holds(answers) || t.Args[1].Holds(answers)
	case "not":
		return !t.Args[0].Holds(answers)
	case "==", "<", "<=":
		return compare(t.Op, t.Args[0], t.Args[1], answers)
	case "in":
		return slices.ContainsFunc(t.Args[1].Args, func(item Tree) bool { return compare("==", t.Args[0], item, answers) })
	case "contains":
		values := answers(t.Args[0].Names[0])
		if t.Args[0].Op == string(Text) {
			return len(values) > 0 && strings.Contains(values[0], *t.Args[1].Text)
		}
		return slices.Contains(values, *t.Args[1].Text)
	case "answered":
		return slices.ContainsFunc(t.Names, func(name string) bool { return len(answers(name)) > 0 })
	case "bool":
		values := answers(t.Names[0])
		return len(values) > 0 && values[0] == "yes"
	case "literal":
		return t.Bool != nil && *t.Bool
	default:
		return false
	}
}

func compare(op string, a, b Tree, answers Answers) bool {
	if a.isNumber() || b.isNumber() {
		x, okX := a.number(answers)
		y, okY := b.number(answers)
		if !okX || !okY {
			return false
		}
		return related(x, op, y)
	}
	x, okX := a.text(answers)
	y, okY := b.text(answers)
	return okX && okY && related(x, op, y)
}

// related reports whether x op y, for one of ==, < and <=.
func related[T cmp.Ordered](x T, op string, y T) bool {
	switch op {
	case "<":
		return x < y
	case "<=":
		return x <= y
	}
	return x == y
}

// isNumber reports whether a part's value is a number.
func (t Tree) isNumber() bool {
	return t.Op == "number" || t.Op == "score" || t.Op == "count" || t.Number != nil
}

// number returns the value of a part that is a number; false if it is unanswered.
func (t Tree) number(answers Answers) (decimal.Decimal, bool) {
	if t.Op == "count" {
		n := 0
		for _, name := range t.Names {
			n += len(answers(name))
		}
		return decimal.Decimal(n)*decimal.One + t.more(), true
	}
	if t.Number != nil {
		return *t.Number, true
	}
	if len(t.Names) == 0 { // a text or a condition is no number
		return 0, false
	}
	values := answers(t.Names[0])
	if len(values) == 0 {
		return 0, false
	}
	if t.Op == "score" {
		score, ok := t.Scores[values[0]]
		return score, ok
	}
	n, err := decimal.Parse(values[0])
	return n, err == nil
}

// more returns what a count has beside the answers to its names.
func (t Tree) more() decimal.Decimal {
	if t.Number == nil {
		return 0
	}
	return *t.Number
}

// text returns the value of a part as a text; false if it is unanswered. True is "yes" and false is "no": a yes_no may be
// unanswered, but a condition in brackets is always one of them.
func (t Tree) text(answers Answers) (string, bool) {
	switch {
	case t.Text != nil:
		return *t.Text, true
	case t.Op == string(Choice) || t.Op == string(Text) || t.Op == string(Bool):
		values := answers(t.Names[0])
		if len(values) == 0 {
			return "", false
		}
		return values[0], true
	case t.Holds(answers):
		return "yes", true
	default:
		return "no", true
	}
}
