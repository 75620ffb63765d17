package survey

// Actions is what stands beside a questionnaire, in ID.actions.yaml and ID.quotes.yaml: what is being done about its
// results, and what may be quoted of the answers. The results page shows it; answers are not changed by it.
type Actions struct {
	Measures []Measure `json:"measures,omitempty"` // in the file's order
	Quotes   []Quote   `json:"quotes,omitempty"`
}

// Measure is one improvement, followed until the loop is closed.
type Measure struct {
	Problem  Text   `json:"problem"`            // what respondents said
	Measure  Text   `json:"measure"`            // what is done about it
	Question string `json:"question,omitempty"` // a question's or a field's name; "" if it concerns the whole
	Owner    Text   `json:"owner"`              // a role, never a person
	Due      Date   `json:"due"`
	Status   Status `json:"status"`
	Effect   Text   `json:"effect,omitempty"` // what has come of it
}

// Status is how far a measure has come.
type Status string

// The statuses.
const (
	Planned Status = "planned"
	Doing   Status = "doing"
	Done    Status = "done"
	Dropped Status = "dropped"
)

// Overdue reports whether a measure should have been done before a day.
func (m Measure) Overdue(today Date) bool {
	return (m.Status == Planned || m.Status == Doing) && m.Due != "" && m.Due < today
}

// Quote is a respondent's sentence that somebody has reviewed and released: nothing in it says who wrote it.
type Quote struct {
	Text       Text   `json:"text"`
	Question   string `json:"question,omitempty"`
	Period     string `json:"period,omitempty"` // such as 2026-Q3; "" if it does not matter
	ReviewedBy Text   `json:"reviewed_by"`      // a role
	ReviewedOn Date   `json:"reviewed_on"`
}
