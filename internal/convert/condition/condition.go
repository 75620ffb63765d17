// Package condition converts conditions of other tools. The readers parse them into [Term]s, and a
// [Writer] writes them in our expression language.
package condition

import (
	"strings"

	"glasspoll/internal/message"
)

// A Term is a condition of another tool, or a part of one, as a tree. Both XPath and SurveyJS's expressions become terms.
//
//	op                          meaning                                         uses
//	and or                      both hold, or either                            args
//	not                         the opposite                                    args[0]
//	true false                  constants
//	== != < <= > >=             comparison                                      args
//	has                         args[0], a set or a text, contains args[1]      args
//	any all                     args[0] has any, or all, of the list args[1]    args
//	answered                    args[0] has an answer                           args
//	count length                number of chosen options, or of characters      args[0]
//	matches                     args[0] matches the pattern args[1]             args
//	name                        a question's answer                             text
//	self                        the answer of the question with the condition
//	column                      an option's own value, within its filter        text
//	text number null            a constant                                      text
//	list                        a list of constants                             args
//	unsupported                 has no counterpart here                         why
type Term struct {
	Op   string
	Args []*Term
	Text string
	Why  message.Text // of unsupported
}

// Walk visits the term and all terms within.
func (t *Term) Walk(visit func(*Term)) {
	visit(t)
	for _, a := range t.Args {
		a.Walk(visit)
	}
}

// Conjuncts returns the parts that must all hold.
func (t *Term) Conjuncts() []*Term {
	if t.Op == "and" {
		return append(t.Args[0].Conjuncts(), t.Args[1].Conjuncts()...)
	}
	return []*Term{t}
}

// Join joins parts by and, or by or; nil if there are none.
func Join(op string, parts []*Term) *Term {
	var all *Term
	for _, p := range parts {
		if all == nil {
			all = p
		} else {
			all = &Term{Op: op, Args: []*Term{all, p}}
		}
	}
	return all
}

// Constant reports whether the term is one value, or a list of values.
func (t *Term) Constant() bool {
	switch t.Op {
	case "text", "number", "null", "true", "false", "list":
		return true
	}
	return false
}

// isTruth reports whether the term is true or false, rather than a value.
func (t *Term) isTruth() bool {
	switch t.Op {
	case "and", "or", "not", "==", "!=", "<", "<=", ">", ">=", "has", "any", "all", "answered":
		return true
	}
	return false
}

// A Kind is the type of an answer, for conditions.
type Kind string

// The kinds.
const (
	Choice  Kind = "choice"
	Set     Kind = "set" // several options
	Number  Kind = "number"
	Bool    Kind = "bool" // yes or no
	Text    Kind = "text"
	Date    Kind = "date"
	Group   Kind = "group"   // a question with rows
	Missing Kind = "missing" // a question that was not carried over
)

// A Target is the question that a name of the source refers to.
type Target struct {
	Field   string // the question's id here
	Kind    Kind
	Options map[string]string // of a choice or set: our ids by the source's values
	Why     message.Text      // for Missing: the reason
}

// option returns our id of an option by its value in the source. As in SurveyJS, case does not matter where the value is
// unambiguous without it.
func (t *Target) option(value string) (string, bool) {
	if id, ok := t.Options[value]; ok {
		return id, true
	}
	found := ""
	for v, id := range t.Options {
		if strings.EqualFold(v, value) {
			if found != "" && found != id {
				return "", false
			}
			found = id
		}
	}
	return found, found != ""
}
