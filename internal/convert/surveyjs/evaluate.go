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
	Number:      asNumber,
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
	return jsNumber(text)
}

// jsNumber reads a text as JavaScript does; a blank one is no number here.
func jsNumber(text string) (float64, bool) {
	text = strings.TrimSpace(text)
	if strings.ContainsFunc(text, func(c rune) bool { return !strings.ContainsRune("0123456789.eE+-", c) }) {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// asNumber returns what a value is when it is compared with a number.
func asNumber(v condition.Value) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case string:
		return jsNumber(v)
	}
	return 0, false
}

func holds(v condition.Value, s condition.Sense) bool {
	switch s {
	case condition.True:
		return v == true
	case condition.One:
		n, ok := asNumber(v)
		return ok && n == 1
	case condition.NotFalse:
		return v != false
	}
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case float64:
		return v != 0 && !math.IsNaN(v)
	case string:
		return v != ""
	}
	return true
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
		_, listX := x.([]condition.Value)
		_, listY := y.([]condition.Value)
		return isEmpty(x) && isEmpty(y) && (!listX && !listY || listX && y != "" || listY && x != "")
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
	n, okX := asNumber(x)
	m, okY := asNumber(y)
	return okX && okY && n == m
}

// lower returns a text as survey-core compares it. strings.EqualFold takes more letters for the same.
func lower(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

// sameItems reports whether lists have the same items, in any order: they are put in that of their texts first.
func sameItems(a, b []condition.Value) bool {
	byText := func(x, y condition.Value) int { return strings.Compare(shown(x), shown(y)) }
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
	n, okX := asNumber(x)
	m, okY := asNumber(y)
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
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return nil, nil
	case "call":
		return call(t, answer)
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
	case "list":
		return args, nil
	case "not":
		return !holds(args[0], condition.Truthy), nil
	case "and":
		if holds(args[0], condition.Truthy) {
			return args[1], nil
		}
		return args[0], nil
	case "or":
		if holds(args[0], condition.Truthy) {
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
		if _, list := args[0].([]condition.Value); list {
			return !contains(args[0], args[1]), nil
		}
		if !holds(args[0], condition.Truthy) && !isEmpty(args[1]) {
			return true, nil
		}
		return holds(args[1], condition.Truthy) && !isEmpty(args[0]) && !contains(args[0], args[1]), nil
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

// shown returns a value as a text; "" for a list.
func shown(v condition.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func contains(in, v condition.Value) bool {
	list, ok := in.([]condition.Value)
	if !ok {
		return !isEmpty(in) && holds(v, condition.Truthy) && strings.Contains(strings.ToLower(shown(in)), strings.ToLower(shown(v)))
	}
	wanted, ok := v.([]condition.Value)
	if !ok {
		wanted = []condition.Value{v}
	}
	if len(list) == 0 {
		return false
	}
	for _, w := range wanted {
		found := false
		for _, item := range list {
			found = found || equal(item, w)
		}
		if !found {
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
	if _, ok := in.([]condition.Value); !ok {
		return contains(v, in)
	}
	list, ok := v.([]condition.Value)
	if !ok {
		return contains(in, v)
	}
	for _, item := range list {
		if contains(in, item) {
			return true
		}
	}
	return false
}

func allOf(in, v condition.Value) bool {
	list, ok := v.([]condition.Value)
	switch {
	case !holds(in, condition.Truthy) && !isEmpty(v):
		return false
	case !ok:
		return contains(in, v)
	}
	for _, item := range list {
		if !contains(in, item) {
			return false
		}
	}
	return true
}

// call evaluates arithmetic with numbers, and iif.
func call(t *condition.Term, answer condition.Value) (condition.Value, error) {
	if strings.EqualFold(t.Text, "iif") && len(t.Args) == 3 {
		test, err := evaluate(t.Args[0], answer)
		if err != nil {
			return nil, err
		}
		if holds(test, condition.Truthy) {
			return evaluate(t.Args[1], answer)
		}
		return evaluate(t.Args[2], answer)
	}
	if len(t.Args) != 2 || !strings.Contains("+-*/", t.Text) {
		return nil, condition.NoCall(t.Text)
	}
	var n [2]float64
	var texts [2]string
	for i, a := range t.Args {
		v, err := evaluate(a, answer)
		if err != nil {
			return nil, err
		}
		number, _ := asNumber(v)
		if _, isText := v.(string); isText {
			number = math.NaN()
		}
		n[i], texts[i] = number, shown(v)
	}
	switch {
	case t.Text == "+" && (math.IsNaN(n[0]) || math.IsNaN(n[1])):
		return texts[0] + texts[1], nil
	case t.Text == "+":
		return rounded(n[0] + n[1]), nil
	case t.Text == "-":
		return rounded(n[0] - n[1]), nil
	case t.Text == "*":
		return rounded(n[0] * n[1]), nil
	case n[1] == 0:
		return nil, nil
	}
	return n[0] / n[1], nil
}

// rounded takes off what binary fractions add to sums of decimals.
func rounded(n float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 14, 64), 64)
	return r
}
