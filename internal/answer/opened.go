package answer

import (
	"strings"

	"glasspoll/internal/survey"
)

// CheckOpened checks the answer to one field that was sealed when it was received, so that nobody has checked it before: whether it
// can be read, and keeps the question's limits. The values of several options are lines. It returns them in canonical form, or, with
// the code of a problem, as they are, but for control characters.
func CheckOpened(f survey.Field, text string) (values []string, problem Code) {
	lines := []string{text}
	if f.Question.Type == survey.MultiChoice && f.Part == "" {
		lines = strings.Split(text, "\n")
	}
	values, problem = read(f, lines)
	if problem == "" && len(values) == 0 {
		problem = Required
	}
	if problem == "" {
		if p := checkLimits(f, values); p != nil {
			problem = p.Code
		}
	}
	if problem == "" {
		return values, ""
	}
	for i, line := range lines {
		lines[i] = removeControls(line, f.Question.Type == survey.LongText && f.Part == "")
	}
	return lines, problem
}
