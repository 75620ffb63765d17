// Package cases manages follow-ups: a response for which a survey's alerts hold opens a Case, which stays open until a role
// closes it; cases of complaints by telephone and letter are added by hand. A case names the response that opened it, which
// alerts held, and the questions that they are about; it holds no answer. It is pure.
package cases

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// Case is one thing to follow up.
type Case struct {
	ID           string          `json:"id"`
	Survey       string          `json:"survey"`             // [NoSurvey] if it is of none
	Period       string          `json:"period"`             // "" of a case that was added
	Timezone     string          `json:"timezone"`           // in which days are counted
	Response     string          `json:"response,omitempty"` // its id; "" once it has been withdrawn, or if there is none
	Reasons      []Reason        `json:"reasons,omitempty"`  // the alerts that opened it, the gravest first
	Alert        string          `json:"alert"`              // of the first reason; "" of a case that was added
	Questions    []string        `json:"questions"`          // the fields in the alerts' conditions
	Type         string          `json:"type"`               // like the next three, that of the gravest alert until a role changes it
	Subtype      string          `json:"subtype,omitempty"`
	Severity     survey.Severity `json:"severity"`
	Priority     survey.Priority `json:"priority"`
	Channel      string          `json:"channel,omitempty"`
	Owner        string          `json:"owner,omitempty"`       // the role that follows it up
	Above        []string        `json:"escalate_to,omitempty"` // the roles that it has not been handed up to yet, the next one first
	Opened       time.Time       `json:"opened"`                // when the response arrived, or the customer called
	Due          survey.Date     `json:"due,omitempty"`         // the last day to close it in time; "" if there is none
	DueAt        time.Time       `json:"due_at,omitzero"`       // the last instant, if that is not the day's end
	Late         bool            `json:"late,omitempty"`        // the history says that it is overdue
	Ref          string          `json:"ref,omitempty"`         // of a case that was added: its number in the register that it is from
	Note         string          `json:"note,omitempty"`        // of a case that was added
	Status       Status          `json:"status"`
	Closed       time.Time       `json:"closed,omitzero"`
	Result       string          `json:"result,omitempty"`
	CustomerTold bool            `json:"customer_told"` // the result
	Agreed       Agreement       `json:"customer_agreed,omitempty"`
	Withdrawn    bool            `json:"withdrawn,omitempty"` // the respondent has withdrawn the answers
	Changes      []Change        `json:"changes"`             // oldest first; the first opened it
	Revision     int             `json:"-"`                   // that was read from a store; 0 before it is stored
}

// NoSurvey stands for the survey of cases that are of none. No survey can have this id.
const NoSurvey = "_"

// Reason is an alert that held when the case was opened.
type Reason struct {
	Alert     string          `json:"alert"`
	Questions []string        `json:"questions"` // the fields in its condition
	Type      string          `json:"type"`
	Subtype   string          `json:"subtype,omitempty"`
	Severity  survey.Severity `json:"severity"`
}

// Status is the progress of a case.
type Status string

// The statuses.
const (
	Open     Status = "open"     // not assigned yet
	Assigned Status = "assigned" // a role is responsible for it
	Closed   Status = "closed"
)

// Agreement says whether the customer agreed with the result.
type Agreement string

// The agreements. Cases that were closed by earlier versions have none.
const (
	Agreed    Agreement = "yes"
	Disagreed Agreement = "no"
	NotAsked  Agreement = "not_asked"
)

// Change is one step of a case's history.
type Change struct {
	At     time.Time `json:"at"`
	By     string    `json:"by,omitempty"` // the role that made it; "" is Glasspoll itself
	What   Step      `json:"what"`
	Note   string    `json:"note,omitempty"`   // of WasAssigned and WasEscalated the new owner, of WasClosed the result, of WasOverdue the last day
	Reason string    `json:"reason,omitempty"` // in the role's words
	Values []Value   `json:"values,omitempty"` // of WasChanged
}

// Value is a property of a case that was changed.
type Value struct {
	Name string `json:"name"` // type, subtype, severity, priority, owner or due
	From string `json:"from"`
	To   string `json:"to"`
}

// Step is a kind of change.
type Step string

// The steps.
const (
	WasOpened    Step = "opened"
	WasAdded     Step = "added" // by hand
	WasAssigned  Step = "assigned"
	WasChanged   Step = "changed"
	WasOverdue   Step = "overdue"
	WasEscalated Step = "escalated"
	WasClosed    Step = "closed"
	WasWithdrawn Step = "withdrawn"
)

// crockford is Douglas Crockford's base 32, as in receipts.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// IDLength is the number of letters and digits of an id: 80 bits of a hash.
const IDLength = 16

// ID returns the id of the case that a response opens: always the same one, so that no response opens two. It does not reveal
// the response's id.
func ID(surveyID, response string) string { return idOf("case of a response", surveyID, response) }

// idOf returns an id that follows from some words.
func idOf(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return crockford.EncodeToString(sum[:])[:IDLength]
}

func dateOf(t time.Time) survey.Date { return survey.Date(t.Format(time.DateOnly)) }

// Location returns the timezone in which days are counted.
func (c *Case) Location() *time.Location {
	location, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return time.UTC // it existed when the case was opened
	}
	return location
}

// Day returns the day of t in the case's timezone.
func (c *Case) Day(t time.Time) survey.Date { return dateOf(t.In(c.Location())) }

// format numbers how cases are stored: 2 has one case a response, with its reasons; before, each alert opened a case of its own.
const format = 2

// record is a case as it is stored.
type record struct {
	Format int `json:"format"`
	*Case
}

// Encode returns the case as it is stored, without its revision.
func (c *Case) Encode() ([]byte, error) {
	if c.ID == "" || c.Survey == "" {
		return nil, message.Errorf("a case without id or survey")
	}
	return json.Marshal(record{format, c})
}

// Decode returns the case that Encode has encoded, and which was stored with a revision. One of before the second format has
// the alert that opened it as its only reason.
func Decode(data []byte, revision int) (*Case, error) {
	r := record{Case: &Case{}}
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, err
	}
	c := r.Case
	if r.Format > format {
		return nil, message.Errorf("case %s is stored in format %d, which a later version of glasspoll has written", c.ID, r.Format)
	}
	if r.Format < format && c.Alert != "" {
		c.Reasons = []Reason{{Alert: c.Alert, Questions: c.Questions, Type: c.Type, Severity: c.Severity}}
	}
	c.Revision = revision
	return c, nil
}

// Sort puts the most urgent cases first: open before closed, overdue before others, then by priority, by when they are due (cases
// that are due at no time last) and by age.
func Sort(all []*Case, now time.Time) {
	rank := func(c *Case) int {
		switch {
		case c.Status == Closed:
			return 2
		case c.Overdue(now):
			return 0
		}
		return 1
	}
	due := func(c *Case) int64 {
		if limit, ok := c.limit(); ok {
			return limit.Unix()
		}
		return math.MaxInt64
	}
	slices.SortFunc(all, func(a, b *Case) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)),
			cmp.Compare(slices.Index(priorities, a.Priority), slices.Index(priorities, b.Priority)),
			cmp.Compare(due(a), due(b)), a.Opened.Compare(b.Opened), cmp.Compare(a.ID, b.ID))
	})
}

// canonicalID returns an id, or its beginning, as it is stored.
func canonicalID(id string) string {
	return strings.NewReplacer("-", "", " ", "", "I", "1", "L", "1", "O", "0").Replace(strings.ToUpper(id))
}

// Notice is what a notification says about a case that was opened. It leaves the store, so it holds no answer of the
// respondent and no id by which the answers could be found or withdrawn.
type Notice struct {
	ID        string          `json:"id"`
	Survey    string          `json:"survey"`
	Period    string          `json:"period"`
	Alert     string          `json:"alert"`
	Type      string          `json:"type"`
	Subtype   string          `json:"subtype,omitempty"`
	Severity  survey.Severity `json:"severity"`
	Priority  survey.Priority `json:"priority"`
	Owner     string          `json:"owner,omitempty"`
	Opened    time.Time       `json:"opened"`
	Due       survey.Date     `json:"due,omitempty"`
	DueAt     time.Time       `json:"due_at,omitzero"`
	Questions []string        `json:"questions"`
}

// Notice returns the case's notice.
func (c *Case) Notice() Notice {
	return Notice{c.ID, c.Survey, c.Period, c.Alert, c.Type, c.Subtype, c.Severity, c.Priority, c.Owner, c.Opened, c.Due, c.DueAt, c.Questions}
}
