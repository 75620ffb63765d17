package stack

import (
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"glasspoll/internal/message"
)

// A choice is the value that a parameter gets.
type choice struct {
	name   string
	value  string // "" of one that is kept
	kept   bool   // CloudFormation uses the value that it has
	was    string // the value so far; "" if there is none, or if it is secret
	isNew  bool   // the stack does not have the parameter yet
	secret bool
}

// changes reports whether the value is another one than so far, as far as can be told.
func (c choice) changes() bool { return !c.kept && (c.isNew || c.secret || c.value != c.was) }

// choose returns the value of each parameter: what is set, what the stack has, or the default, in this order; a default is not
// listed. The error names every mistake.
func (t *Template) choose(current, set map[string]string) ([]choice, error) {
	var mistakes []error
	for _, name := range slices.Sorted(maps.Keys(set)) {
		p := t.parameter(name)
		if p == nil {
			mistakes = append(mistakes, t.unknown(name))
			continue
		}
		if wrong := p.check(set[name]); !wrong.IsZero() {
			shown := message.Quoted(set[name])
			if p.Secret {
				shown = message.New("the value given")
			}
			mistakes = append(mistakes, message.Errorf("parameter %s, %s: %s", name, shown, wrong))
		}
	}
	var choices []choice
	for _, p := range t.Parameters {
		value, given := set[p.Name]
		was, exists := current[p.Name]
		c := choice{name: p.Name, value: value, was: was, isNew: !exists, secret: p.Secret}
		if p.Secret {
			c.was = ""
		}
		switch {
		case given:
			choices = append(choices, c)
		case exists:
			c.kept = true
			choices = append(choices, c)
		case p.Default == nil:
			mistakes = append(mistakes, message.Errorf("parameter %s needs a value: --set %s=…", p.Name, p.Name))
		}
	}
	return choices, errors.Join(mistakes...)
}

// unknown says which parameters there are.
func (t *Template) unknown(name string) error {
	var names []string
	for _, p := range t.Parameters {
		names = append(names, p.Name)
	}
	for _, known := range names {
		if levenshtein.ComputeDistance(strings.ToLower(known), strings.ToLower(name)) <= 2 {
			return message.Errorf("there is no parameter '%s': did you mean %s?", name, known)
		}
	}
	return message.Errorf("there is no parameter '%s': there are %s", name, message.Words(names...))
}

// newSecret returns 48 random letters and digits, of 5 bits each.
func newSecret() string { return rand.Text() + rand.Text()[:22] }
