// Package expression compiles and evaluates the conditions of questionnaires: show_if, required, check, alerts. A condition
// is compiled once, against the names and types of its survey, into a small tree of data. The server evaluates the tree
// here, and the page's script evaluates the same tree with the same results, which a property test checks. It is pure.
//
// An expression consists of answers by question id (q, q.row), channel, language; texts in quotes, numbers, true and
// false, lists in brackets; == != < <= > >=, and or not, in, contains; answered(q), score(q), count(q).
//
// An unanswered question equals nothing and is neither more nor less than anything: of the comparisons with it only != is
// true, which is always the opposite of ==. A yes_no is a condition by itself, and false if unanswered.
package expression

import (
	"slices"

	"glasspoll/internal/decimal"
	"glasspoll/internal/message"
)

// Kind is the type of a name's value.
type Kind string

// The kinds.
const (
	Choice Kind = "choice" // one option's id
	Set    Kind = "set"    // several options' ids
	Number Kind = "number"
	Bool   Kind = "bool"  // yes or no
	Text   Kind = "text"  // also dates and times, which compare as texts
	Group  Kind = "group" // a question with rows: only answered(q) and count(q) apply to it

	// Broken is the kind of a question that could not be read. Its use is no fault, since the question has a problem already.
	Broken Kind = "broken"
)

// Variable describes a name that expressions may use.
type Variable struct {
	Kind    Kind
	Options []string                   // of a choice or set: all options; of a number: all values, if they are few
	Labels  map[string]string          // of a choice or set: the options by their labels, for messages
	Scores  map[string]decimal.Decimal // of a choice: by option; nil if there are none
	Parts   []string                   // of a group: the names of its rows
	Items   []string                   // of a group: those of its parts that are rated on one scale with scores
	Min     *decimal.Decimal           // of a number
	Max     *decimal.Decimal
	Layout  string       // of a text that is a date or time: its layout, as in package time
	Asked   *Tree        // the condition under which the question is asked; nil for always
	Without message.Text // for a name that does not exist, although authors may expect it: the message
}

// Scope maps every name that may be used to its variable.
type Scope map[string]Variable

// Tree is a compiled expression, or a part of one.
//
//	op                       meaning                                         fields
//	and or                   both, either                                    Args
//	not                      the opposite                                    Args[0]
//	== < <=                  comparison                                      Args
//	in                       Args[0] is one of the list Args[1]              Args
//	contains                 the set, or the text, Args[0] has Args[1]       Args
//	answered count           of the fields named                             Names; in count, Number is added
//	score                    of the choice named                             Names, Scores
//	choice set number bool text   the field named                            Names
//	literal                  a constant: Text, Number or Bool                one of these
//	list                     of literals                                     Args
type Tree struct {
	Op     string                     `json:"op"`
	Args   []Tree                     `json:"args,omitempty"`
	Names  []string                   `json:"names,omitempty"`
	Scores map[string]decimal.Decimal `json:"scores,omitempty"`
	Text   *string                    `json:"text,omitempty"`
	Number *decimal.Decimal           `json:"number,omitempty"`
	Bool   *bool                      `json:"bool,omitempty"`
}

// All joins conditions with and. It skips nil conditions; without any others it is nil.
func All(conditions ...*Tree) *Tree {
	var all *Tree
	for _, c := range conditions {
		switch {
		case c == nil:
		case all == nil:
			all = c
		default:
			all = &Tree{Op: "and", Args: []Tree{*all, *c}}
		}
	}
	return all
}

// Any joins conditions, at least one, with or, so that no part is nested deeper than need be.
func Any(conditions []Tree) Tree {
	if len(conditions) == 1 {
		return conditions[0]
	}
	half := len(conditions) / 2
	return Tree{Op: "or", Args: []Tree{Any(conditions[:half]), Any(conditions[half:])}}
}

// Uses lists the names that an expression depends on, each once, in the order of their first use.
func (t Tree) Uses() []string {
	var names []string
	t.walk(func(part Tree) {
		for _, name := range part.Names {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	})
	return names
}

// Values lists the names whose answers an expression reads, each once: not those of which it asks only whether there is one.
func (t Tree) Values() []string {
	var names []string
	t.walk(func(part Tree) {
		for _, name := range part.Names {
			if part.Op != "answered" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	})
	return names
}

// walk visits a tree and all its parts.
func (t Tree) walk(visit func(Tree)) {
	visit(t)
	for _, a := range t.Args {
		a.walk(visit)
	}
}
