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
	yn := []condition.Option{{Value: "yes", ID: "yes"}, {Value: "no", ID: "no"}}
	return map[string]*condition.Target{
		"happy": {Field: "happy", Kind: condition.Choice, Options: yn},
		"again": {Field: "again", Kind: condition.Choice, Options: yn},
		"Grade": {Field: "grade", Kind: condition.Choice, Options: []condition.Option{{Value: "1", ID: "1"}, {Value: "2", ID: "2"}, {Value: "3", ID: "3"}, {Value: "other", ID: "_other"}}},
		"why":   {Field: "why", Kind: condition.Set, List: true, Options: []condition.Option{{Value: "a", ID: "a"}, {Value: "B 2", ID: "b_2"}, {Value: "none", ID: "none"}}},
		"n":     {Field: "n", Kind: condition.Number},
		"k":     {Field: "k", Kind: condition.Number},
		"nps":   {Field: "nps", Kind: condition.Number, Options: []condition.Option{{Value: "0", ID: "0"}, {Value: "1", ID: "1"}, {Value: "2", ID: "2"}}},
		"zero":  {Field: "zero", Kind: condition.Choice, Options: []condition.Option{{Value: "0", ID: "0"}, {Value: "false", ID: "false"}, {Value: "1", ID: "1"}, {Value: "x", ID: "x"}}},
		"news":  {Field: "news", Kind: condition.Bool, Options: []condition.Option{{Value: "true", ID: "yes"}, {Value: "false", ID: "no"}}},
		"text":  {Field: "text", Kind: condition.Text},
		"day":   {Field: "day", Kind: condition.Date},
		"m":     {Field: "m", Kind: condition.Group},
		"m.row": {Field: "m.row", Kind: condition.Choice, Options: yn},
		"photo": {Kind: condition.Missing, Why: message.New("which was not carried over")},
		"never": {Kind: condition.Nothing, Why: message.New("it is never shown")},
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
		case condition.Missing, condition.Nothing:
			continue
		default:
			v.Kind = expression.Text
		}
		for _, o := range to.Options {
			v.Options = append(v.Options, o.ID)
		}
		s[to.Field] = v
	}
	return s
}

// A Reader reads the conditions of one tool.
type Reader struct {
	Parse   func(string) (*condition.Term, error)
	Dialect condition.Dialect
	Sense   condition.Sense
}

// Write parses a condition and writes it in our language. If that fails, it returns the message.
func (r Reader) Write(source string) (written string, failed bool) {
	w, err := r.write(source)
	if err == nil && len(w.Lost) > 0 {
		err = w.Lost[0]
	}
	if err != nil {
		return err.Error(), true
	}
	return w.Text, false
}

func (r Reader) write(source string) (condition.Written, error) {
	tree, err := r.Parse(source)
	if err != nil {
		return condition.Written{}, err
	}
	targets := Targets()
	find := func(name string) *condition.Target { return targets[name] }
	return condition.Writer{Dialect: r.Dialect, Find: find, Self: targets["n"], Lack: true}.Write(tree, r.Sense)
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
func (r Reader) CompilesWhenWritten(t *testing.T, source string) {
	written, failed := r.Write(source)
	if failed || written == "true" || written == "false" || len(written) > expression.MaxLength {
		return
	}
	Compiles(t, written)
}
