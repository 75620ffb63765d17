// Package conditiontest has the questions that tests of conditions name, and checks what is written of them.
package conditiontest

import (
	"strings"
	"testing"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/expression"
)

// Targets is what conditions may name in these tests.
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
		"photo": {Kind: condition.Missing, Why: "which was not carried over"},
	}
}

// scope is the same to our own compiler, which must accept what is said.
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

// Write says a condition, or why it cannot be said.
func Write(parse func(string) (*condition.Term, error), source string) (said string, failed bool) {
	tree, err := parse(source)
	if err != nil {
		return err.Error(), true
	}
	p, err := condition.Writer{Scope: Targets(), Self: Targets()["n"]}.Write(tree)
	if err != nil {
		return err.Error(), true
	}
	return p.Text, false
}

// Compiles has our own compiler read what was said.
func Compiles(t *testing.T, said string) {
	t.Helper()
	budget := expression.Budget
	if _, faults := expression.Compile(said, scope(), &budget); len(faults) > 0 && !strings.Contains(faults[0].Message, "never be true") {
		t.Errorf("%s is refused: %s", said, faults[0].Message)
	}
}

// CompilesWhenWritten has our own compiler read whatever could be said.
func CompilesWhenWritten(t *testing.T, parse func(string) (*condition.Term, error), source string) {
	said, failed := Write(parse, source)
	if failed || said == "true" || said == "false" {
		return
	}
	Compiles(t, said)
}
