// Package condition converts conditions of other tools. The readers parse them into [Term]s, and a
// [Writer] writes them in our expression language.
package condition

import (
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/message"
)

// A Term is a condition of another tool, or a part of one, as a tree. Both XPath and SurveyJS's expressions become terms.
//
//	op                          meaning                                         uses
//	and or                      both hold, or either                            args
//	not                         the opposite                                    args[0]
//	== != < <= > >=             comparison                                      args
//	has                         args[0], a set or a text, contains args[1]      args
//	lacks                       the opposite of has                             args
//	part                        the text of args[0] contains that of args[1]    args
//	any all                     args[0] has any, or all, of the list args[1]    args
//	answered                    args[0] has an answer                           args
//	count length                number of chosen options, or of characters      args[0]
//	matches                     args[0] matches the pattern args[1]             args
//	name                        a question's answer                             text
//	self                        the answer of the question with the condition
//	column                      an option's own value, within its filter        text
//	text number null true false a constant                                      text
//	list                        a list of values                                args
//	call                        a function, or a sign of arithmetic             text, args
type Term struct {
	Op   string
	Args []*Term
	Text string
}

// Walk visits the term and all terms within.
func (t *Term) Walk(visit func(*Term)) {
	visit(t)
	for _, a := range t.Args {
		a.Walk(visit)
	}
}

// Replace returns a copy of the term with what by returns for each term in its place; nil keeps the term.
func (t *Term) Replace(by func(*Term) *Term) *Term {
	if other := by(t); other != nil {
		return other
	}
	replaced := *t
	replaced.Args = nil
	for _, a := range t.Args {
		replaced.Args = append(replaced.Args, a.Replace(by))
	}
	return &replaced
}

// Not returns the opposite of a term.
func Not(t *Term) *Term { return &Term{Op: "not", Args: []*Term{t}} }

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
	case "text", "number", "null", "true", "false":
		return true
	}
	return t.Op == "list" && !slices.ContainsFunc(t.Args, func(a *Term) bool { return !a.Constant() })
}

// isTruth reports whether the term is true or false, rather than a value.
func (t *Term) isTruth() bool {
	switch t.Op {
	case "and", "or", "not", "==", "!=", "<", "<=", ">", ">=", "has", "lacks", "part", "any", "all", "answered", "true", "false":
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
	Nothing Kind = "nothing" // a question that never has an answer
)

// A Target is the question that a name of the source refers to.
type Target struct {
	Field   string // the question's id here
	Kind    Kind
	Options []Option     // of a choice, a set or a yes or no; of a number, all it can be, if these are few
	List    bool         // the answer is a list: also of ranks
	AsSet   bool         // of a choice that is a set here, because it has one option
	Why     message.Text // for Missing and Nothing: the reason
}

// name is how expressions name the question. Of a row whose id begins with a digit, that is in brackets.
func (t *Target) name() string {
	if q, row, ok := strings.Cut(t.Field, "."); ok && row != "" && isDigit(row[0]) {
		return q + "[" + strconv.Quote(row) + "]"
	}
	return t.Field
}

// An Option is what an answer can be.
type Option struct {
	Value string // in the source
	ID    string // here
}

// IDs returns our ids of the options with a value.
func (t *Target) IDs(equal func(value string) bool) (ids []string) {
	for _, o := range t.Options {
		if equal(o.Value) && !slices.Contains(ids, o.ID) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}
