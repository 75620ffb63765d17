package answer

import "glasspoll/internal/survey"

// Pattern is the regular expression (RE2) that a whole answer of a type must match, once it is cleaned, and the problem
// if it does not: for a page that looks before it sends. Check asks a little more.
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
