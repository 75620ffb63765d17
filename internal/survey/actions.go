package survey

// Actions holds the contents of a questionnaire's sidecar files ID.actions.yaml and ID.quotes.yaml: what is done about its
// results, and which answers may be quoted. The results page shows them.
type Actions struct {
	Measures []Measure `json:"measures,omitempty"` // in the file's order
	Quotes   []Quote   `json:"quotes,omitempty"`
}

// Measure is one improvement, tracked until it is done or dropped.
type Measure struct {
	Problem  Text   `json:"problem"`            // what respondents said
	Measure  Text   `json:"measure"`            // what is done about it
	Question string `json:"question,omitempty"` // a question's or a field's name; "" for the whole survey
	Owner    Text   `json:"owner"`              // a role, never a person
	Due      Date   `json:"due"`
	Status   Status `json:"status"`
	Effect   Text   `json:"effect,omitempty"` // what it has achieved
}

// Status is the progress of a measure.
type Status string

// The statuses.
const (
	Planned Status = "planned"
	Doing   Status = "doing"
	Done    Status = "done"
	Dropped Status = "dropped"
)

// Overdue reports whether a measure that is not done was due before today.
func (m Measure) Overdue(today Date) bool {
	return (m.Status == Planned || m.Status == Doing) && m.Due != "" && m.Due < today
}

// Quote is a sentence that a respondent wrote. It was reviewed so that nothing in it says who wrote it.
type Quote struct {
	Text       Text   `json:"text"`
	Question   string `json:"question,omitempty"`
	Period     string `json:"period,omitempty"` // such as 2026-Q3; "" if none is given
	ReviewedBy Text   `json:"reviewed_by"`      // a role
	ReviewedOn Date   `json:"reviewed_on"`
}
