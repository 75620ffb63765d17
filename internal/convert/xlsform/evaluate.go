package xlsform

import (
	"math"
	"strconv"
	"strings"

	"glasspoll/internal/convert/condition"
)

// dialect is how XPath is evaluated in forms; the answer of a question is a text, which is empty if there is none.
var dialect = condition.Dialect{
	Evaluate: evaluate,
	Holds:    func(v condition.Value, _ condition.Sense) bool { return isTrue(v) },
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

func isTrue(v condition.Value) bool {
	switch v := v.(type) {
	case bool:
		return v
	case float64:
		return v != 0 && !math.IsNaN(v)
	case string:
		return v != ""
	}
	return false
}

func number(v condition.Value) float64 {
	switch v := v.(type) {
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		return v
	case string:
		if n, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil && !strings.ContainsAny(v, "xXnNpP_") {
			return n
		}
	}
	return math.NaN()
}

func text(v condition.Value) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return v
	}
	return ""
}

func equal(x, y condition.Value) bool {
	_, boolX := x.(bool)
	_, boolY := y.(bool)
	_, numberX := x.(float64)
	_, numberY := y.(float64)
	switch {
	case boolX || boolY:
		return isTrue(x) == isTrue(y)
	case numberX || numberY:
		return number(x) == number(y)
	}
	return text(x) == text(y)
}

func evaluate(t *condition.Term, answer condition.Value) (condition.Value, error) {
	switch t.Op {
	case "name", "self":
		return text(answer), nil
	case "text":
		return t.Text, nil
	case "number":
		return number(t.Text), nil
	case "true", "false":
		return t.Op == "true", nil
	case "null":
		return "", nil
	}
	var args []condition.Value
	for _, a := range t.Args {
		v, err := evaluate(a, answer)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	return apply(t, args)
}

// apply evaluates an operator.
func apply(t *condition.Term, args []condition.Value) (condition.Value, error) {
	switch t.Op {
	case "not":
		return !isTrue(args[0]), nil
	case "and":
		return isTrue(args[0]) && isTrue(args[1]), nil
	case "or":
		return isTrue(args[0]) || isTrue(args[1]), nil
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
		for _, item := range strings.Fields(text(args[0])) {
			if item == strings.TrimSpace(text(args[1])) {
				return true, nil
			}
		}
		return text(args[0]) == text(args[1]), nil
	case "part":
		return strings.Contains(text(args[0]), text(args[1])), nil
	case "count":
		return float64(len(strings.Fields(text(args[0])))), nil
	case "length":
		return float64(len([]rune(text(args[0])))), nil
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
		return text(args[0]), nil
	case name == "normalize-space" && len(args) == 1:
		return strings.Join(strings.Fields(text(args[0])), " "), nil
	case name == "starts-with" && len(args) == 2:
		return strings.HasPrefix(text(args[0]), text(args[1])), nil
	case name == "if" && len(args) == 3:
		if isTrue(args[0]) {
			return args[1], nil
		}
		return args[2], nil
	case name == "coalesce" && len(args) == 2:
		if text(args[0]) != "" {
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
