package questionnaire

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"glasspoll/internal/message"
)

// A Problem is a mistake in a questionnaire, at a place. Its message says how to fix it.
type Problem struct {
	File    string
	Line    int // from 1; 0 for the file as a whole
	Column  int // from 1, in characters
	Message message.Text
}

// Code returns the kind of the mistake, which stays the same whatever the wording: "unknown_key", "missing_key".
func (p Problem) Code() string { return p.Message.Code }

// String formats the problem as file:line:column: message, in English.
func (p Problem) String() string { return p.In(message.English) }

// In formats the problem as file:line:column: message, in a language. The colons are the same in each, since editors read them.
func (p Problem) In(language string) string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message.In(language))
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message.In(language))
}

// Problems lists the mistakes of one file, sorted by place. Its Error has one line for each.
type Problems []Problem

// Error lists the problems, one line each.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// sorted sorts by file, line, column and message, and drops duplicates.
func (ps Problems) sorted() Problems {
	slices.SortFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message.String(), b.Message.String()))
	})
	return slices.Compact(ps)
}
