// Package cases manages follow-ups: a response for which a survey's alert holds opens a Case, which stays open until a role
// closes it. A case names the response that opened it and the questions that the alert is about; it holds no
// answer. It is pure.
package cases

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// Case is one thing to follow up.
type Case struct {
	ID           string          `json:"id"`
	Survey       string          `json:"survey"`
	Period       string          `json:"period"`
	Timezone     string          `json:"timezone"`           // the survey's, in which days are counted
	Response     string          `json:"response,omitempty"` // its id; "" once it has been withdrawn
	Alert        string          `json:"alert"`              // the id of the alert that opened it
	Questions    []string        `json:"questions"`          // the fields in the alert's condition
	Type         string          `json:"type"`
	Severity     survey.Severity `json:"severity"`
	Priority     survey.Priority `json:"priority"`
	Owner        string          `json:"owner,omitempty"` // the role that follows it up
	Opened       time.Time       `json:"opened"`          // when the response arrived
	Due          survey.Date     `json:"due,omitempty"`   // the last day to close it in time; "" if there is none
	Status       Status          `json:"status"`
	Closed       time.Time       `json:"closed,omitzero"`
	Result       string          `json:"result,omitempty"`
	CustomerTold bool            `json:"customer_told"`       // the result
	Withdrawn    bool            `json:"withdrawn,omitempty"` // the respondent has withdrawn the answers
	Changes      []Change        `json:"changes"`             // oldest first; the first opened it
	Revision     int             `json:"-"`                   // that was read from a store; 0 before it is stored
}

// Status is the progress of a case.
type Status string

// The statuses.
const (
	Open     Status = "open"     // not assigned yet
	Assigned Status = "assigned" // a role is responsible for it
	Closed   Status = "closed"
)

// Change is one step of a case's history.
type Change struct {
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty"` // the role that made it; "" is Glasspoll itself
	What Step      `json:"what"`
	Note string    `json:"note,omitempty"` // of WasAssigned the new owner, of WasClosed the result
}

// Step is a kind of change.
type Step string

// The steps.
const (
	WasOpened    Step = "opened"
	WasAssigned  Step = "assigned"
	WasClosed    Step = "closed"
	WasWithdrawn Step = "withdrawn"
)

// crockford is Douglas Crockford's base 32, as in receipts.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// IDLength is the number of letters and digits of an id: 80 bits of a hash.
const IDLength = 16

// ID returns the id of the case that an alert opens for a response: always the same one, so that no case is opened twice.
// It does not reveal the response's id.
func ID(surveyID, response, alert string) string {
	sum := sha256.Sum256([]byte("case\x00" + surveyID + "\x00" + response + "\x00" + alert))
	return crockford.EncodeToString(sum[:])[:IDLength]
}

// OpenedBy returns the cases that a response opens, one for each alert that holds, in the survey's order. Alerts do not see
// private answers. at is when the response arrived.
func OpenedBy(s *survey.Survey, r answer.Response, at time.Time) []*Case {
	if r.Withdrawn {
		return nil
	}
	answers := func(name string) []string {
		for _, a := range r.Answers {
			if len(a) > 1 && a.Field() == name {
				return a.Values()
			}
		}
		switch {
		case name == "channel" && r.Channel != "":
			return []string{r.Channel}
		case name == "language" && r.Language != "":
			return []string{r.Language}
		}
		return nil
	}
	var opened []*Case
	for i := range s.Alerts {
		if alert := &s.Alerts[i]; alert.When.Holds(answers) {
			opened = append(opened, open(s, alert, r, at))
		}
	}
	return opened
}

func open(s *survey.Survey, alert *survey.Alert, r answer.Response, at time.Time) *Case {
	at = at.UTC().Truncate(time.Second) // notifications carry it, and need it no more precisely
	c := &Case{
		ID: ID(s.ID, r.ID, alert.ID), Survey: s.ID, Period: r.Period, Timezone: s.Timezone, Response: r.ID, Alert: alert.ID,
		Questions: alert.When.Uses(), Type: alert.Opens, Severity: alert.Severity, Priority: alert.Priority, Owner: alert.Owner,
		Opened: at, Status: Open, Changes: []Change{{At: at, What: WasOpened}},
	}
	if alert.DueDays != nil {
		day := at.In(s.Location())
		c.Due = dateOf(time.Date(day.Year(), day.Month(), day.Day()+*alert.DueDays, 12, 0, 0, 0, time.UTC))
	}
	return c
}

func dateOf(t time.Time) survey.Date { return survey.Date(t.Format(time.DateOnly)) }

// Day returns the day of t in the survey's timezone.
func (c *Case) Day(t time.Time) survey.Date {
	location, err := time.LoadLocation(c.Timezone)
	if err != nil {
		location = time.UTC // it existed when the case was opened
	}
	return dateOf(t.In(location))
}

// Overdue reports whether the case was open at now, after the day on which it was due.
func (c *Case) Overdue(now time.Time) bool { return c.late(c.Day(now)) && c.openOn(c.Day(now)) }

// late reports whether day is after the one on which the case was due.
func (c *Case) late(day survey.Date) bool { return c.Due != "" && day > c.Due }

// openOn reports whether the case was open at the end of a day.
func (c *Case) openOn(day survey.Date) bool {
	return c.Day(c.Opened) <= day && (c.Status != Closed || c.Day(c.Closed) > day)
}

// InTime reports whether a closed case was closed by the day on which it was due, if there was one.
func (c *Case) InTime() bool { return !c.late(c.Day(c.Closed)) }

// Days is the number of calendar days that a closed case was open: 0 if it was closed on the day it was opened.
func (c *Case) Days() int {
	from, err := time.Parse(time.DateOnly, string(c.Day(c.Opened)))
	until, err2 := time.Parse(time.DateOnly, string(c.Day(c.Closed)))
	if err != nil || err2 != nil {
		return 0
	}
	return int(until.Sub(from).Hours()) / 24
}

// Encode returns the case as it is stored, without its revision.
func (c *Case) Encode() ([]byte, error) {
	if c.ID == "" || c.Survey == "" {
		return nil, message.Errorf("a case without id or survey")
	}
	return json.Marshal(c)
}

// Decode returns the case that Encode has encoded, and which was stored with a revision.
func Decode(data []byte, revision int) (*Case, error) {
	c := &Case{}
	if err := json.Unmarshal(data, c); err != nil {
		return nil, err
	}
	c.Revision = revision
	return c, nil
}

// ErrClosed means that a case is closed already.
var ErrClosed error = message.Key("it is closed already")

// Bounds of the texts in a case, in characters.
const (
	maxRole   = 64
	MaxResult = 2_000
)

// Assign makes a role responsible. by is the role that decides so; "" means the owner so far, or else the new one.
func (c *Case) Assign(owner, by string, at time.Time) error {
	owner, by = strings.TrimSpace(owner), strings.TrimSpace(by)
	if c.Status == Closed {
		return ErrClosed
	}
	if owner == "" {
		return message.Errorf("the role that follows it up is missing")
	}
	by = cmp.Or(by, c.Owner, owner)
	if err := errors.Join(checkRole(owner), checkRole(by)); err != nil {
		return err
	}
	c.Owner, c.Status = owner, Assigned
	c.Changes = append(c.Changes, Change{At: at.UTC(), By: by, What: WasAssigned, Note: owner})
	return nil
}

// Close closes the case with its result and whether the customer was told. by is the role that closes it; "" means its
// owner.
func (c *Case) Close(result string, told bool, by string, at time.Time) error {
	result, by = strings.TrimSpace(result), cmp.Or(strings.TrimSpace(by), c.Owner)
	switch {
	case c.Status == Closed:
		return ErrClosed
	case result == "":
		return message.Errorf("the result is missing: say what has come of it")
	case utf8.RuneCountInString(result) > MaxResult:
		return message.Errorf("the result is longer than %d characters", MaxResult)
	}
	if err := checkRole(by); err != nil {
		return err
	}
	c.Status, c.Closed, c.Result, c.CustomerTold = Closed, at.UTC(), result, told
	c.Changes = append(c.Changes, Change{At: at.UTC(), By: by, What: WasClosed, Note: result})
	return nil
}

// checkRole bounds the name of a role.
func checkRole(name string) error {
	if utf8.RuneCountInString(name) > maxRole {
		return message.Errorf("a role has at most %d characters", maxRole)
	}
	return nil
}

// Withdraw removes from the case what identifies the respondent, and closes it if it is open: the answers that opened it
// have been withdrawn. The result may be about the respondent, so it is removed as well.
func (c *Case) Withdraw(at time.Time) {
	if c.Withdrawn {
		return
	}
	c.Withdrawn, c.Response, c.Result = true, "", ""
	if c.Status != Closed {
		c.Status, c.Closed = Closed, at.UTC()
	}
	for i := range c.Changes {
		if c.Changes[i].What == WasClosed {
			c.Changes[i].Note = ""
		}
	}
	c.Changes = append(c.Changes, Change{At: at.UTC(), What: WasWithdrawn})
}

// Sort puts the most urgent cases first: open before closed, overdue before others, then by priority, by the day due (cases
// without one last) and by age.
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
	priorities := []survey.Priority{survey.UrgentPriority, survey.HighPriority, survey.NormalPriority, survey.LowPriority}
	due := func(c *Case) survey.Date { return cmp.Or(c.Due, "9999-12-31") }
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
	Severity  survey.Severity `json:"severity"`
	Priority  survey.Priority `json:"priority"`
	Owner     string          `json:"owner,omitempty"`
	Opened    time.Time       `json:"opened"`
	Due       survey.Date     `json:"due,omitempty"`
	Questions []string        `json:"questions"`
}

// Notice returns the case's notice.
func (c *Case) Notice() Notice {
	return Notice{c.ID, c.Survey, c.Period, c.Alert, c.Type, c.Severity, c.Priority, c.Owner, c.Opened, c.Due, c.Questions}
}
