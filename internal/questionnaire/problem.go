package questionnaire

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is a mistake in a questionnaire, at a place. Its message says how to fix it.
type Problem struct {
	File    string
	Line    int // from 1; 0 for the file as a whole
	Column  int // from 1, in characters
	Message string
}

// String formats the problem as file:line:column: message.
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
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
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(ps)
}
