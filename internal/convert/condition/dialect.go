package condition

import (
	"math"
	"strconv"
	"strings"
)

// A Value is what a term has for a value: nil for none, a bool, a float64, a string, or a []Value.
type Value any

// A Sense is which values count as true.
type Sense int

// The senses. They differ for what is neither true nor false, such as the number 5.
const (
	Truthy   Sense = iota // all but false, 0, "" and nothing, or whatever a tool takes for true within and, or, not
	True                  // true itself
	One                   // true, and what equals it, such as 1
	NotFalse              // all but false itself
)

// A Dialect is how a tool evaluates its conditions.
type Dialect struct {
	// Evaluate returns the value of a term in which every name has the value answer. It fails for what it does not know.
	Evaluate func(t *Term, answer Value) (Value, error)
	// Holds reports whether a value counts as true.
	Holds func(v Value, s Sense) bool
	// Equal reports whether an option with the first value is what the second one names.
	Equal func(option string, v Value) bool
	// Number returns a value as a number, if it is compared with numbers as one.
	Number func(v Value) (float64, bool)
	// Unchanged reports whether a function returns an answer as it is; nil if none does.
	Unchanged func(function string, k Kind) bool

	TextSet     bool // the options chosen are one text, with a blank between them
	ListIsTrue  bool // a list counts as true by itself, even if nothing is in it
	IgnoresCase bool // when it compares texts
}

// Values evaluates the arguments of a term, for the Evaluate of a [Dialect].
func (t *Term) Values(answer Value, evaluate func(*Term, Value) (Value, error)) ([]Value, error) {
	var values []Value
	for _, a := range t.Args {
		v, err := evaluate(a, answer)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

// IsTruthy reports whether a value is neither false, 0, "" nor nothing.
func IsTruthy(v Value) bool {
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

// NumberOf returns a value as a number, which it is not if it is nothing, a list or a text that says something else.
func NumberOf(v Value) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case string:
		v = strings.TrimSpace(v)
		if strings.ContainsFunc(v, func(c rune) bool { return !strings.ContainsRune("0123456789.eE+-", c) }) {
			return 0, false
		}
		n, err := strconv.ParseFloat(v, 64)
		return n, err == nil
	}
	return 0, false
}

// TextOf returns a value as a text; "" for nothing and for a list.
func TextOf(v Value) string {
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

// constantOf returns the term that has a value; nil for a list.
func constantOf(v Value) *Term {
	switch v := v.(type) {
	case nil:
		return &Term{Op: "null"}
	case bool:
		return &Term{Op: TextOf(v)}
	case float64:
		return &Term{Op: "number", Text: TextOf(v)}
	case string:
		return &Term{Op: "text", Text: v}
	}
	return nil
}
