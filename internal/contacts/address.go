package contacts

import (
	"strings"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// ParseAddress reads an e-mail address or telephone number as somebody types it, and returns a contact with it alone.
func ParseAddress(text string) (c Contact, ok bool) {
	var problem answer.Code
	text = plain(text)
	if strings.Contains(text, "@") {
		c.Email, problem = answer.Alone(&survey.Question{Type: survey.Email}, text)
	} else {
		c.Phone, problem = answer.Alone(&survey.Question{Type: survey.Phone}, text)
	}
	return c, problem == "" && len(c.Keys()) > 0
}
