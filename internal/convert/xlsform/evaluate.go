package xlsform

import (
	"math"
	"strings"

	"glasspoll/internal/convert/condition"
)

// dialect is how XPath is evaluated in forms; the answer of a question is a text, which is empty if there is none.
var dialect = condition.Dialect{
	Evaluate: evaluate,
	Holds:    func(v condition.Value, _ condition.Sense) bool { return condition.IsTruthy(v) },
	Equal:    func(option string, v condition.Value) bool { return equal(option, v) },
	Number:   func(v condition.Value) (float64, bool) { n := number(v); return n, !math.IsNaN(n) },
	Unchanged: func(function string, k condition.Kind) bool {
		switch function {
		case "number":
			return k == condition.Number
		case "string":
			return k == condition.Number || k == condition.Text || k == condition.Date
		}
		return function == "normalize-space" && k == condition.Text
	},
	TextSet: true,
}

// number returns a value as a number; NaN for a text that says something else.
func number(v condition.Value) float64 {
	if n, ok := condition.NumberOf(v); ok {
		return n
	}
	return math.NaN()
}

func equal(x, y condition.Value) bool {
	_, boolX := x.(bool)
	_, boolY := y.(bool)
	_, numberX := x.(float64)
	_, numberY := y.(float64)
	switch {
	case boolX || boolY:
		return condition.IsTruthy(x) == condition.IsTruthy(y)
	case numberX || numberY:
		return number(x) == number(y)
	}
	return condition.TextOf(x) == condition.TextOf(y)
}

func evaluate(t *condition.Term, answer condition.Value) (condition.Value, error) {
	switch t.Op {
	case "name", "self":
		return condition.TextOf(answer), nil
	case "text":
		return t.Text, nil
	case "number":
		return number(t.Text), nil
	case "true", "false":
		return t.Op == "true", nil
	case "null":
		return "", nil
	}
	args, err := t.Values(answer, evaluate)
	if err != nil {
		return nil, err
	}
	return apply(t, args)
}

// apply evaluates an operator.
func apply(t *condition.Term, args []condition.Value) (condition.Value, error) {
	switch t.Op {
	case "not":
		return !condition.IsTruthy(args[0]), nil
	case "and":
		return condition.IsTruthy(args[0]) && condition.IsTruthy(args[1]), nil
	case "or":
		return condition.IsTruthy(args[0]) || condition.IsTruthy(args[1]), nil
	case "==":
		return equal(args[0], args[1]), nil
	case "!=":
		return !equal(args[0], args[1]), nil
	case "<":
		return number(args[0]) < number(args[1]), nil
	case "<=":
		return number(args[0]) <= number(args[1]), nil
	case ">":
		return number(args[0]) > number(args[1]), nil
	case ">=":
		return number(args[0]) >= number(args[1]), nil
	case "has":
		for _, item := range strings.Fields(condition.TextOf(args[0])) {
			if item == strings.TrimSpace(condition.TextOf(args[1])) {
				return true, nil
			}
		}
		return condition.TextOf(args[0]) == condition.TextOf(args[1]), nil
	case "part":
		return strings.Contains(condition.TextOf(args[0]), condition.TextOf(args[1])), nil
	case "count":
		return float64(len(strings.Fields(condition.TextOf(args[0])))), nil
	case "length":
		return float64(len([]rune(condition.TextOf(args[0])))), nil
	case "call":
		return call(t.Text, args)
	}
	return nil, condition.NoCall(t.Op)
}

// call evaluates a function, or arithmetic.
func call(name string, args []condition.Value) (condition.Value, error) {
	switch {
	case name == "int" && len(args) == 1:
		return math.Trunc(number(args[0])), nil
	case name == "number" && len(args) == 1:
		return number(args[0]), nil
	case name == "string" && len(args) == 1:
		return condition.TextOf(args[0]), nil
	case name == "normalize-space" && len(args) == 1:
		return strings.Join(strings.Fields(condition.TextOf(args[0])), " "), nil
	case name == "starts-with" && len(args) == 2:
		return strings.HasPrefix(condition.TextOf(args[0]), condition.TextOf(args[1])), nil
	case name == "if" && len(args) == 3:
		if condition.IsTruthy(args[0]) {
			return args[1], nil
		}
		return args[2], nil
	case name == "coalesce" && len(args) == 2:
		if condition.TextOf(args[0]) != "" {
			return args[0], nil
		}
		return args[1], nil
	case len(args) != 2:
		return nil, condition.NoCall(name)
	}
	x, y := number(args[0]), number(args[1])
	switch name {
	case "+":
		return x + y, nil
	case "-":
		return x - y, nil
	case "*":
		return x * y, nil
	case "div":
		return x / y, nil
	case "mod":
		return math.Mod(x, y), nil
	}
	return nil, condition.NoCall(name)
}
