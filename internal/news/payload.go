package news

import (
	"strings"

	"glasspoll/internal/cases"
)

// Event is the name of a kind for programs, such as case.opened.
func (k Kind) Event() string { return strings.Replace(string(k), "_", ".", 1) }

// MessageID is by what programs know a message: no other item of the deployment ever has it.
func (i Item) MessageID() string {
	if i.Case != nil {
		return i.ID
	}
	return i.Survey + "_" + i.ID
}

// Payload is what programs are sent of an item. Its JSON is a format that others read: names stay.
func (i Item) Payload() any {
	switch {
	case i.Case != nil && i.Kind == CaseEscalated:
		return struct {
			cases.Notice
			To string `json:"escalated_to"`
		}{*i.Case, i.Role}
	case i.Case != nil && i.Kind == CaseClosed:
		return struct {
			cases.Notice
			Told bool `json:"customer_told"`
		}{*i.Case, i.Told}
	case i.Case != nil:
		return i.Case
	case i.Kind == Digest:
		return struct {
			ID      string    `json:"id"`
			Every   string    `json:"every"`
			Surveys []Figures `json:"surveys"`
		}{i.MessageID(), i.Period, i.Digest}
	}
	return struct {
		ID          string `json:"id"`
		Survey      string `json:"survey"`
		Period      string `json:"period,omitempty"`
		Respondents int64  `json:"respondents,omitempty"`
	}{i.MessageID(), i.Survey, i.Period, i.Released}
}
