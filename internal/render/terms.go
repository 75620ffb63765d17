package render

import (
	"glasspoll/internal/expression"
	"glasspoll/internal/survey"
)

// A term is a condition as the page's script evaluates it (templates/rules.js): true, false, or an array of an operator
// and its operands. It is an [expression.Tree] in fewer letters and operators, so that the script is shorter as well.
//
//	[and c…] [or c…] [not c]     conditions
//	[= x y] [< x y] [<= x y]     comparisons of values; false if either has none
//	[any name…]                  one of the fields is answered
//	[has name id]                the field's answer includes it
//	[says name text]             the field's answer contains it
//
// A value is a number in thousandths, a text, or one of
//
//	[v name] [n name]            the field's answer as a text, or as a number
//	[count name…]                how many answers the fields have, in thousandths
//	[score name {id: score}]     the score of what is chosen, in thousandths
//	[is c]                       yes or no
type term = any

func termOf(t *expression.Tree) term {
	if t == nil {
		return nil
	}
	switch t.Op {
	case "and", "or":
		return append([]any{t.Op}, flat(t.Op, t.Args)...)
	case "not":
		return []any{"not", termOf(&t.Args[0])}
	case "==":
		return comparison("=", t.Args[0], t.Args[1])
	case "<", "<=":
		return comparison(t.Op, t.Args[0], t.Args[1])
	case "in":
		alternatives := []any{"or"}
		for _, item := range t.Args[1].Args {
			alternatives = append(alternatives, comparison("=", t.Args[0], item))
		}
		return alternatives
	case "contains":
		op := "has"
		if t.Args[0].Op == string(expression.Text) {
			op = "says"
		}
		return []any{op, t.Args[0].Names[0], *t.Args[1].Text}
	case "answered":
		return named("any", t.Names)
	case "bool":
		return []any{"has", t.Names[0], "yes"}
	default:
		return t.Op == "literal" && t.Bool != nil && *t.Bool
	}
}

// flat lists the operands of nested uses of one operator.
func flat(op string, args []expression.Tree) []any {
	var terms []any
	for i := range args {
		if args[i].Op == op {
			terms = append(terms, flat(op, args[i].Args)...)
		} else {
			terms = append(terms, termOf(&args[i]))
		}
	}
	return terms
}

func named(op string, names []string) []any {
	out := []any{op}
	for _, name := range names {
		out = append(out, name)
	}
	return out
}

func comparison(op string, a, b expression.Tree) []any {
	value := textTerm
	if numeric(a) || numeric(b) {
		value = numberTerm
	}
	return []any{op, value(a), value(b)}
}

func numeric(t expression.Tree) bool {
	return t.Op == string(expression.Number) || t.Op == "score" || t.Op == "count" || t.Number != nil
}

func numberTerm(t expression.Tree) term {
	switch {
	case t.Number != nil:
		return int64(*t.Number)
	case t.Op == "count":
		return named("count", t.Names)
	case t.Op == "score":
		scores := make(map[string]int64, len(t.Scores))
		for id, score := range t.Scores {
			scores[id] = int64(score)
		}
		return []any{"score", t.Names[0], scores}
	}
	return []any{"n", t.Names[0]}
}

func textTerm(t expression.Tree) term {
	switch t.Op {
	case string(expression.Choice), string(expression.Text), string(expression.Bool):
		return []any{"v", t.Names[0]}
	}
	if t.Text != nil {
		return *t.Text
	}
	return []any{"is", termOf(&t)}
}

// fieldNames lists the posted names of a question; nil if its id is the only one.
func fieldNames(s *survey.Survey, q *survey.Question) []string {
	fields := s.FieldsOf(q)
	if len(fields) == 1 && fields[0].Name == q.ID {
		return nil
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}
