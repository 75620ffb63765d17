package surveyjs

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/message"
)

// dialect is how SurveyJS evaluates expressions; see packages/survey-core/src/expressions there.
var dialect = condition.Dialect{
	Evaluate:    evaluate,
	Holds:       holds,
	Equal:       func(option string, v condition.Value) bool { return equal(stored(option), v) },
	Number:      condition.NumberOf,
	ListIsTrue:  true,
	IgnoresCase: true,
}

// stored returns the value of an answer, which SurveyJS reads as a number, or as true or false, where it can.
func stored(text string) condition.Value {
	switch strings.ToLower(text) {
	case "true":
		return true
	case "false":
		return false
	}
	if n, ok := textNumber(text); ok && !(len(text) > 1 && text[0] == '0' && !strings.HasPrefix(text, "0x") && (text[1] != '.' && text[1] != ',' || len(text) == 2)) {
		return n
	}
	return text
}

// textNumber reads a text as a number.
func textNumber(text string) (float64, bool) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "0x") {
		n, err := strconv.ParseInt(text[2:], 16, 53)
		return float64(n), err == nil
	}
	if strings.Count(text, ",") == 1 {
		text = strings.Replace(text, ",", ".", 1)
	}
	if len(text) > 15 && !strings.ContainsFunc(text, func(c rune) bool { return c < '0' || c > '9' }) {
		return 0, false
	}
	return condition.NumberOf(text)
}

func holds(v condition.Value, s condition.Sense) bool {
	switch s {
	case condition.True:
		return v == true
	case condition.One:
		n, ok := condition.NumberOf(v)
		return ok && n == 1
	case condition.NotFalse:
		return v != false
	}
	return condition.IsTruthy(v)
}

func isList(v condition.Value) bool {
	_, ok := v.([]condition.Value)
	return ok
}

func isEmpty(v condition.Value) bool {
	list, ok := v.([]condition.Value)
	return v == nil || v == "" || ok && len(list) == 0
}

// equal is Helpers.isTwoValueEquals there.
func equal(x, y condition.Value) bool {
	if x == "undefined" {
		x = nil
	}
	if y == "undefined" {
		y = nil
	}
	if isEmpty(x) || isEmpty(y) {
		return isEmpty(x) && isEmpty(y) && (!isList(x) && !isList(y) || isList(x) && y != "" || isList(y) && x != "")
	}
	a, listX := x.([]condition.Value)
	b, listY := y.([]condition.Value)
	if listX || listY {
		return listX && listY && sameItems(a, b)
	}
	textX, isX := x.(string)
	textY, isY := y.(string)
	if isX && isY {
		return lower(textX) == lower(textY)
	}
	if flag, ok := x.(bool); ok && isY {
		return strconv.FormatBool(flag) == strings.ToLower(textY)
	}
	if flag, ok := y.(bool); ok && isX {
		return strconv.FormatBool(flag) == strings.ToLower(textX)
	}
	n, okX := condition.NumberOf(x)
	m, okY := condition.NumberOf(y)
	return okX && okY && n == m
}

// lower returns a text as survey-core compares it. strings.EqualFold takes more letters for the same.
func lower(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

// sameItems reports whether lists have the same items, in any order: they are put in that of their texts first.
func sameItems(a, b []condition.Value) bool {
	byText := func(x, y condition.Value) int { return strings.Compare(condition.TextOf(x), condition.TextOf(y)) }
	a, b = slices.Clone(a), slices.Clone(b)
	slices.SortFunc(a, byText)
	slices.SortFunc(b, byText)
	return slices.EqualFunc(a, b, equal)
}

// less is JavaScript's <.
func less(x, y condition.Value) bool {
	a, isX := x.(string)
	b, isY := y.(string)
	if isX && isY {
		return a < b
	}
	n, okX := condition.NumberOf(x)
	m, okY := condition.NumberOf(y)
	return okX && okY && n < m
}

func evaluate(t *condition.Term, answer condition.Value) (condition.Value, error) {
	switch t.Op {
	case "name", "self":
		if text, ok := answer.(string); ok {
			return stored(text), nil
		}
		return answer, nil
	case "text":
		return t.Text, nil
	case "number":
		n, err := strconv.ParseFloat(t.Text, 64)
		if err != nil {
			return nil, condition.NoCall(t.Text)
		}
		return n, nil
	case "true", "false":
		return t.Op == "true", nil
	case "null":
		return nil, nil
	case "call":
		return call(t, answer)
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
	case "list":
		return args, nil
	case "not":
		return !condition.IsTruthy(args[0]), nil
	case "and":
		if condition.IsTruthy(args[0]) {
			return args[1], nil
		}
		return args[0], nil
	case "or":
		if condition.IsTruthy(args[0]) {
			return args[0], nil
		}
		return args[1], nil
	case "answered":
		return !isEmpty(args[0]), nil
	case "==":
		return equal(args[0], args[1]), nil
	case "!=":
		return !equal(args[0], args[1]), nil
	case "has":
		return contains(args[0], args[1]), nil
	case "lacks":
		if isList(args[0]) {
			return !contains(args[0], args[1]), nil
		}
		if !condition.IsTruthy(args[0]) && !isEmpty(args[1]) {
			return true, nil
		}
		return condition.IsTruthy(args[1]) && !isEmpty(args[0]) && !contains(args[0], args[1]), nil
	case "any":
		return anyOf(args[0], args[1]), nil
	case "all":
		return allOf(args[0], args[1]), nil
	case "<", "<=", ">", ">=":
		x, y := args[0], args[1]
		if t.Op[0] == '>' {
			x, y = y, x
		}
		if isList(x) || isList(y) {
			return nil, message.Errorf("it asks whether a list is more or less")
		}
		return len(t.Op) == 2 && equal(x, y) || x != nil && y != nil && less(x, y), nil
	}
	return nil, condition.NoCall(t.Op)
}

func contains(in, v condition.Value) bool {
	list, ok := in.([]condition.Value)
	if !ok {
		return !isEmpty(in) && condition.IsTruthy(v) && strings.Contains(strings.ToLower(condition.TextOf(in)), strings.ToLower(condition.TextOf(v)))
	}
	wanted, ok := v.([]condition.Value)
	if !ok {
		wanted = []condition.Value{v}
	}
	if len(list) == 0 {
		return false
	}
	for _, w := range wanted {
		if !slices.ContainsFunc(list, func(item condition.Value) bool { return equal(item, w) }) {
			return false
		}
	}
	return true
}

func anyOf(in, v condition.Value) bool {
	switch {
	case isEmpty(in):
		return isEmpty(v)
	case isEmpty(v):
		return true
	}
	if !isList(in) {
		return contains(v, in)
	}
	list, ok := v.([]condition.Value)
	if !ok {
		return contains(in, v)
	}
	return slices.ContainsFunc(list, func(item condition.Value) bool { return contains(in, item) })
}

func allOf(in, v condition.Value) bool {
	list, ok := v.([]condition.Value)
	switch {
	case !condition.IsTruthy(in) && !isEmpty(v):
		return false
	case !ok:
		return contains(in, v)
	}
	return !slices.ContainsFunc(list, func(item condition.Value) bool { return !contains(in, item) })
}

// call evaluates arithmetic with numbers, and iif.
func call(t *condition.Term, answer condition.Value) (condition.Value, error) {
	if strings.EqualFold(t.Text, "iif") && len(t.Args) == 3 {
		test, err := evaluate(t.Args[0], answer)
		if err != nil {
			return nil, err
		}
		if condition.IsTruthy(test) {
			return evaluate(t.Args[1], answer)
		}
		return evaluate(t.Args[2], answer)
	}
	if len(t.Args) != 2 || !strings.Contains("+-*/", t.Text) {
		return nil, condition.NoCall(t.Text)
	}
	args, err := t.Values(answer, evaluate)
	if err != nil {
		return nil, err
	}
	x, y := operand(args[0]), operand(args[1])
	switch {
	case t.Text == "+" && (math.IsNaN(x) || math.IsNaN(y)):
		return condition.TextOf(args[0]) + condition.TextOf(args[1]), nil
	case t.Text == "+":
		return rounded(x + y), nil
	case t.Text == "-":
		return rounded(x - y), nil
	case t.Text == "*":
		return rounded(x * y), nil
	case y == 0:
		return nil, nil
	}
	return x / y, nil
}

// operand returns a value as a number that is calculated with; NaN for a text.
func operand(v condition.Value) float64 {
	if _, isText := v.(string); isText {
		return math.NaN()
	}
	n, _ := condition.NumberOf(v)
	return n
}

// rounded takes off what binary fractions add to sums of decimals.
func rounded(n float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 14, 64), 64)
	return r
}
