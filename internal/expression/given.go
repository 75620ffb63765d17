package expression

import (
	"encoding/json"
	"slices"
	"strings"

	"glasspoll/internal/decimal"
)

// Given returns what is left of a condition when the values of some names are known: for all answers, it holds just when t
// holds for the answers and the known values together. It is simplified and arranged, so that what is left of one condition
// for two sets of known values is often equal, as JSON too, if it means the same.
func (t Tree) Given(known func(name string) (values []string, known bool)) Tree {
	return residue{known}.condition(t)
}

// A residue simplifies the parts of a condition.
type residue struct {
	known func(name string) ([]string, bool)
}

// condition simplifies a part that is true or false.
func (g residue) condition(t Tree) Tree {
	switch t.Op {
	case "and", "or":
		return g.join(t)
	case "not":
		return opposite(g.condition(t.Args[0]))
	case "==", "<", "<=":
		return g.compare(t)
	case "in":
		return g.in(t)
	case "contains":
		if _, known := g.known(t.Args[0].Names[0]); known {
			return truth(t.Holds(g.answers))
		}
		return t
	case "answered":
		return g.answered(t)
	case string(Bool):
		if _, known := g.known(t.Names[0]); known {
			return truth(t.Holds(g.answers))
		}
		return t
	default: // a literal, or what is never true
		return truth(t.Holds(g.answers))
	}
}

// answers returns the known values.
func (g residue) answers(name string) []string {
	values, _ := g.known(name)
	return values
}

// truth is a condition that always holds, or never.
func truth(holds bool) Tree { return Tree{Op: "literal", Bool: &holds} }

// constant reports whether a condition is a [truth], and which.
func (t Tree) constant() (holds, ok bool) {
	if t.Op == "literal" && t.Bool != nil {
		return *t.Bool, true
	}
	return false, false
}

// opposite negates a simplified condition. Negations end up at the parts of and and or.
func opposite(t Tree) Tree {
	if holds, ok := t.constant(); ok {
		return truth(!holds)
	}
	switch t.Op {
	case "not":
		return t.Args[0]
	case "and", "or":
		parts := slices.Clone(operands(t, t.Op))
		for i := range parts {
			parts[i] = opposite(parts[i])
		}
		return joined(map[string]string{"and": "or", "or": "and"}[t.Op], parts)
	}
	return not(t)
}

// operands lists the parts that one operator joins, at any depth.
func operands(t Tree, op string) []Tree {
	if t.Op != op {
		return []Tree{t}
	}
	var all []Tree
	for _, a := range t.Args {
		all = append(all, operands(a, op)...)
	}
	return all
}

func (g residue) join(t Tree) Tree {
	var parts []Tree
	for _, part := range operands(t, t.Op) {
		parts = append(parts, operands(g.condition(part), t.Op)...)
	}
	return joined(t.Op, parts)
}

// joined joins simplified conditions by and or or: each once, in the order of their JSON.
func joined(op string, parts []Tree) Tree {
	dominant := op == "or" // one part that is constantly this decides
	texts := map[string]bool{}
	var kept []Tree
	for _, part := range parts {
		if holds, ok := part.constant(); ok {
			if holds == dominant {
				return truth(dominant)
			}
			continue
		}
		if text := part.json(); !texts[text] {
			texts[text] = true
			kept = append(kept, part)
		}
	}
	for _, part := range kept {
		if texts[opposite(part).json()] {
			return truth(dominant)
		}
	}
	if len(kept) == 0 {
		return truth(!dominant)
	}
	slices.SortFunc(kept, func(a, b Tree) int { return strings.Compare(a.json(), b.json()) })
	all := kept[0]
	for _, part := range kept[1:] {
		all = Tree{Op: op, Args: []Tree{all, part}}
	}
	return all
}

func (t Tree) json() string {
	data, err := json.Marshal(t)
	if err != nil {
		panic("expression: " + err.Error()) // plain data
	}
	return string(data)
}

// answered simplifies answered, of one or more names.
func (g residue) answered(t Tree) Tree {
	var unknown []string
	for _, name := range t.Names {
		values, known := g.known(name)
		switch {
		case !known:
			unknown = append(unknown, name)
		case len(values) > 0:
			return truth(true)
		}
	}
	if len(unknown) == 0 {
		return truth(false)
	}
	return Tree{Op: t.Op, Names: unknown}
}

// in simplifies "is one of": the items in the order of their JSON, and a comparison if there is one only.
func (g residue) in(t Tree) Tree {
	var parts []Tree
	for _, item := range t.Args[1].Args {
		parts = append(parts, g.compare(Tree{Op: "==", Args: []Tree{t.Args[0], item}}))
	}
	return joined("or", parts)
}

// compare simplifies a comparison.
func (g residue) compare(t Tree) Tree {
	numeric := t.Args[0].isNumber() || t.Args[1].isNumber()
	a, okA := g.operand(t.Args[0], numeric)
	b, okB := g.operand(t.Args[1], numeric)
	switch {
	case !okA || !okB: // unanswered
		return truth(false)
	case a.Op == "literal" && b.Op == "literal":
		return truth(compare(t.Op, a, b, g.answers))
	case t.Op == "==" && (a.Op == "literal" || b.Op != "literal" && a.json() > b.json()):
		a, b = b, a
	}
	if t.Op == "==" && b.Text != nil && !a.isValue() { // whether a condition is true
		switch *b.Text {
		case "yes":
			return opposite(opposite(a))
		case "no":
			return opposite(a)
		default:
			return truth(false)
		}
	}
	if t.Op == "==" && b.Text != nil && a.Op == string(Bool) && *b.Text == "yes" {
		return a
	}
	return Tree{Op: t.Op, Args: balanced(a, b)}
}

// isValue reports whether an operand is an answer or a constant, which may have any value, and not a condition.
func (t Tree) isValue() bool {
	return t.isNumber() || t.Text != nil || t.Op == string(Choice) || t.Op == string(Text) || t.Op == string(Bool)
}

// balanced takes what is known of a count to the other side, if that is a number.
func balanced(a, b Tree) []Tree {
	sides := []Tree{a, b}
	for i, side := range sides {
		if other := sides[1-i]; side.Op == "count" && other.Op == "literal" {
			number := *other.Number - side.more()
			sides[i], sides[1-i] = Tree{Op: side.Op, Names: side.Names}, Tree{Op: other.Op, Number: &number}
			break
		}
	}
	return sides
}

// operand simplifies a side of a comparison; false if it is known to be unanswered, so that no comparison with it is true.
func (g residue) operand(t Tree, numeric bool) (Tree, bool) {
	switch {
	case t.Op == "count":
		return g.count(t), true
	case t.Op == "literal":
	case len(t.Names) > 0 && t.isValue():
		if _, known := g.known(t.Names[0]); !known {
			return t, true
		}
	default: // a condition
		switch t = g.condition(t); t.Op {
		case "literal":
		case string(Bool): // an answer may be neither yes nor no, a condition is always one of them
			return not(not(t)), true
		default:
			return t, true
		}
	}
	if numeric {
		n, ok := t.number(g.answers)
		return Tree{Op: "literal", Number: &n}, ok
	}
	text, ok := t.text(g.answers)
	return Tree{Op: "literal", Text: &text}, ok
}

func (g residue) count(t Tree) Tree {
	more := t.more()
	var unknown []string
	for _, name := range t.Names {
		if values, known := g.known(name); known {
			more += decimal.Decimal(len(values)) * decimal.One
		} else {
			unknown = append(unknown, name)
		}
	}
	switch {
	case len(unknown) == 0:
		return Tree{Op: "literal", Number: &more}
	case more == 0:
		return Tree{Op: t.Op, Names: unknown}
	}
	return Tree{Op: t.Op, Names: unknown, Number: &more}
}
