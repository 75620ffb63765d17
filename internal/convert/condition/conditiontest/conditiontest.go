// Package conditiontest holds what the tests of both expression parsers share.
package conditiontest

import (
	"strings"
	"testing"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/expression"
	"glasspoll/internal/message"
)

// Targets returns the questions that the conditions in tests may name.
func Targets() map[string]*condition.Target {
	yn := map[string]string{"yes": "yes", "no": "no"}
	return map[string]*condition.Target{
		"happy": {Field: "happy", Kind: condition.Choice, Options: yn},
		"again": {Field: "again", Kind: condition.Choice, Options: yn},
		"Grade": {Field: "grade", Kind: condition.Choice, Options: map[string]string{"1": "1", "2": "2", "3": "3", "other": "_other"}},
		"why":   {Field: "why", Kind: condition.Set, Options: map[string]string{"a": "a", "B 2": "b_2", "none": "none"}},
		"n":     {Field: "n", Kind: condition.Number},
		"k":     {Field: "k", Kind: condition.Number},
		"news":  {Field: "news", Kind: condition.Bool, Options: map[string]string{"true": "yes", "false": "no"}},
		"text":  {Field: "text", Kind: condition.Text},
		"day":   {Field: "day", Kind: condition.Date},
		"m":     {Field: "m", Kind: condition.Group},
		"m.row": {Field: "m.row", Kind: condition.Choice, Options: yn},
		"photo": {Kind: condition.Missing, Why: message.New("which was not carried over")},
	}
}

// scope declares the same questions to our own compiler.
func scope() expression.Scope {
	s := expression.Scope{}
	for _, to := range Targets() {
		v := expression.Variable{Parts: []string{"m.row"}}
		switch to.Kind {
		case condition.Choice:
			v.Kind = expression.Choice
		case condition.Set:
			v.Kind = expression.Set
		case condition.Number:
			v.Kind = expression.Number
		case condition.Bool:
			v.Kind = expression.Bool
		case condition.Group:
			v.Kind = expression.Group
		case condition.Missing:
			continue
		default:
			v.Kind = expression.Text
		}
		for _, id := range to.Options {
			v.Options = append(v.Options, id)
		}
		s[to.Field] = v
	}
	return s
}

// Write parses a condition and writes it in our language. If that fails, it returns the message.
func Write(parse func(string) (*condition.Term, error), source string) (written string, failed bool) {
	tree, err := parse(source)
	if err != nil {
		return err.Error(), true
	}
	e, err := condition.Writer{Scope: Targets(), Self: Targets()["n"]}.Write(tree)
	if err != nil {
		return err.Error(), true
	}
	return e.Text, false
}

// Compiles checks that our own compiler accepts a condition.
func Compiles(t *testing.T, written string) {
	t.Helper()
	budget := expression.Budget
	if _, faults := expression.Compile(written, scope(), &budget); len(faults) > 0 && !strings.Contains(faults[0].Message.String(), "never be true") {
		t.Errorf("%s is refused: %s", written, faults[0].Message)
	}
}

// CompilesWhenWritten checks that our own compiler accepts a condition of any source that can be written.
func CompilesWhenWritten(t *testing.T, parse func(string) (*condition.Term, error), source string) {
	written, failed := Write(parse, source)
	if failed || written == "true" || written == "false" {
		return
	}
	Compiles(t, written)
}
