// Package expression is the conditions of questionnaires: show_if, required, check, alerts. A condition is compiled
// once, against the names and types of its survey, into a small tree of data. The handler evaluates the tree here, the
// page's script the same tree in the same way; a property test holds the two together. It is pure.
//
// What an expression can say: the answers by question id (q, q.row), channel, language; texts in quotes, numbers, true
// and false, lists in brackets; == != < <= > >=, and or not, in, contains; answered(q), score(q), count(q).
//
// An unanswered question equals nothing and is neither more nor less than anything: of the comparisons with it only !=
// is true, which is always the opposite of ==. A yes_no stands for itself and is false when unanswered.
package expression

import (
	"slices"

	"glasspoll/internal/decimal"
)

// Kind is what a name stands for.
type Kind string

// The kinds.
const (
	Choice Kind = "choice" // one option's id
	Set    Kind = "set"    // several
	Number Kind = "number"
	Bool   Kind = "bool"  // yes or no
	Text   Kind = "text"  // dates and times included: they compare as texts
	Group  Kind = "group" // a question with rows: only answered(q) and count(q) can be asked of it

	// Broken stands for a question that could not be read: nothing is said of it, since that has been said already.
	Broken Kind = "broken"
)

// Variable is what an expression may know of a name.
type Variable struct {
	Kind    Kind
	Options []string                   // of a choice or set: all that can be chosen; of a number: all that it can be, if few
	Labels  map[string]string          // of a choice or set: the options by what a respondent reads, for messages
	Scores  map[string]decimal.Decimal // of a choice: by option; nil if it has none
	Parts   []string                   // of a group: the names of its rows
	Least   *decimal.Decimal           // of a number
	Most    *decimal.Decimal
	Layout  string // of a text that is a date or time: how it is written, as package time has it
	Asked   *Tree  // the condition without which it is never answered, if there is one
	Without string // why there is no such name, where an author may expect it
}

// Scope is every name that may be used, and what it stands for.
type Scope map[string]Variable

// Tree is a compiled expression, or a part of one.
//
//	op                       what                                            uses
//	and or                   both, either                                    Args
//	not                      the opposite                                    Args[0]
//	== < <=                  comparison                                      Args
//	in                       Args[0] is one of the list Args[1]              Args
//	contains                 the set, or the text, Args[0] has Args[1]       Args
//	answered count           of the fields named                             Names
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

// All is true where every one of some conditions is. Nil conditions say nothing; without any it is nil itself.
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

// Uses lists the names that an expression depends on, each once, in the order in which they come.
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

func (t Tree) walk(visit func(Tree)) {
	visit(t)
	for _, a := range t.Args {
		a.walk(visit)
	}
}
