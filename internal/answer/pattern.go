package answer

import "glasspoll/internal/survey"

// Pattern returns the regular expression (RE2) that a whole answer of a type must match after cleaning, and the problem if it
// does not, for a page that checks before it sends. Check is a little stricter.
func Pattern(t survey.Type) (source string, problem Code) {
	switch t {
	case survey.Email:
		return survey.EmailPattern, BadEmail
	case survey.Phone:
		return phone.String(), BadPhone
	case survey.URL:
		return webAddress.String(), BadURL
	}
	return "", ""
}
