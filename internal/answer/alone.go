package answer

import (
	"unicode/utf8"

	"glasspoll/internal/survey"
)

// Alone reads one value as the whole answer to a question, such as an address in a list. It returns the value in its canonical
// form, "" for a blank one; and the problem if it is none that the question takes.
func Alone(q *survey.Question, typed string) (value string, problem Code) {
	if !utf8.ValidString(typed) {
		return "", BadText
	}
	f := survey.Field{Name: q.ID, Question: q}
	read, problem := read(f, []string{typed})
	if problem != "" || len(read) == 0 {
		return "", problem
	}
	if p := checkLimits(f, read); p != nil {
		return "", p.Code
	}
	return read[0], ""
}
