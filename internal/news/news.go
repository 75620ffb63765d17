// Package news says what has happened that people want to be told of: cases, releases of results, surveys that open and
// close, digests. An item of news holds no answer of a respondent, no text about one, and nothing by which answers could be
// found. What of it is sent to whom, and when, follows from the item, the receivers and the time.
package news

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
)

// Kind is what an item is about.
type Kind string

// The kinds.
const (
	CaseOpened      Kind = "case_opened"
	CaseOverdue     Kind = "case_overdue"
	CaseEscalated   Kind = "case_escalated"
	CaseClosed      Kind = "case_closed"
	ResultsReleased Kind = "results_released"
	SurveyOpened    Kind = "survey_opened"
	SurveyClosed    Kind = "survey_closed"
	Digest          Kind = "digest"
)

// Kinds lists all kinds.
var Kinds = []Kind{CaseOpened, CaseOverdue, CaseEscalated, CaseClosed, ResultsReleased, SurveyOpened, SurveyClosed, Digest}

// format is that of stored items.
const format = 1

// NoSurvey is where items are kept that are of no survey, or of all.
const NoSurvey = cases.NoSurvey

// Item is one piece of news. It is in the outbox until every receiver that wants its kind has it.
type Item struct {
	Format   int           `json:"format"`
	ID       string        `json:"id"` // of the survey's items no other one ever has it
	Kind     Kind          `json:"kind"`
	Survey   string        `json:"survey"` // [NoSurvey]: of all
	Period   string        `json:"period,omitempty"`
	At       time.Time     `json:"at"`                 // when it happened
	Case     *cases.Notice `json:"case,omitempty"`     // of the kinds about cases
	Role     string        `json:"role,omitempty"`     // of CaseEscalated: to whom
	Told     bool          `json:"told,omitempty"`     // of CaseClosed: the customer was told the result
	Released int64         `json:"released,omitempty"` // of ResultsReleased: the respondents in published results; 0: not for everybody
	Digest   []Figures     `json:"digest,omitempty"`   // of Digest, whose Period is [Daily] or [Weekly]

	Deliveries map[string]Delivery `json:"deliveries,omitempty"` // by receiver: those that have it, or could not be reached yet
	Done       bool                `json:"done,omitempty"`       // nobody is to be told any more; it is kept so that it is not made again

	Revision  int  `json:"-"` // that was read from a store; 0 before it is stored
	Withdrawn bool `json:"-"` // its case has been withdrawn since, as the store says when it is read
}

// Figures are what a digest says of one survey. They are of whole days, and of answers that are published, so that a digest tells
// of no answer when it came.
type Figures struct {
	Survey   string `json:"survey"`
	Open     bool   `json:"open,omitempty"`     // it takes answers
	Released int64  `json:"released,omitempty"` // respondents in published results of the current period
	Opened   int    `json:"opened,omitempty"`   // cases opened in the days
	Closed   int    `json:"closed,omitempty"`   // cases closed in the days
	Pending  int    `json:"pending,omitempty"`  // cases that are not closed
	Overdue  int    `json:"overdue,omitempty"`  // of these
}

// Delivery is how far an item has come on its way to one receiver. It has no time: that of a case's news would say when an answer
// came.
type Delivery struct {
	Attempts int    `json:"attempts,omitempty"` // those that have failed
	Error    string `json:"error,omitempty"`    // of the last one
	Told     bool   `json:"told,omitempty"`     // the receiver has it
	Dead     bool   `json:"dead,omitempty"`     // given up
}

// Encode returns the item as it is stored, without its revision.
func (i Item) Encode() ([]byte, error) {
	if i.ID == "" || i.Survey == "" || i.Kind == "" {
		return nil, message.Errorf("news without id, survey or kind")
	}
	i.Format = format
	return json.Marshal(i)
}

// Decode returns the item that Encode has encoded, and which was stored with a revision.
func Decode(data []byte, revision int) (Item, error) {
	var i Item
	if err := json.Unmarshal(data, &i); err != nil {
		return Item{}, err
	}
	if i.Format < 1 || i.Format > format {
		return Item{}, message.Errorf("news in format %d, which this version of Glasspoll does not know: use a newer one", i.Format)
	}
	i.Revision = revision
	return i, nil
}

// CaseID returns the id of the item's case; "" if it is about none.
func (i Item) CaseID() string {
	if i.Case == nil {
		return ""
	}
	return i.Case.ID
}

// IsOfChange reports whether the item was stored with a change of a case. All others follow from something else, so that they
// would be made again.
func (i Item) IsOfChange() bool { return i.Case != nil }

// OpenedCase returns the id of the case whose opening an item with an id is about; "" if it is about something else.
func OpenedCase(id string) string {
	of, found := strings.CutPrefix(id, "case_")
	if !found || strings.Contains(of, "_") {
		return ""
	}
	return of
}

// about makes an item about a case. suffix tells its items apart.
func about(c *cases.Case, kind Kind, suffix string, at time.Time) Item {
	notice := c.Notice()
	return Item{Format: format, ID: "case_" + c.ID + suffix, Kind: kind, Survey: c.Survey, Period: c.Period, At: at.UTC(), Case: &notice}
}

// OfOpened returns the news that a case was opened.
func OfOpened(c *cases.Case) Item { return about(c, CaseOpened, "", c.Opened) }

// OfPending returns the news that cases were opened, of an outbox that lists them.
func OfPending(pending []*cases.Case) (all []Item) {
	for _, c := range pending {
		i := OfOpened(c)
		i.Withdrawn = c.Withdrawn
		all = append(all, i)
	}
	return all
}

// OfOverdue returns the news that a case is overdue: one for each day that it is due.
func OfOverdue(c *cases.Case, at time.Time) Item {
	return about(c, CaseOverdue, "_overdue_"+string(c.Due), at)
}

// OfEscalated returns the news that a case has just been handed up to its owner: one each time that it is.
func OfEscalated(c *cases.Case) Item {
	i := about(c, CaseEscalated, "_escalated_"+strconv.Itoa(c.Level()), c.Changes[len(c.Changes)-1].At)
	i.Role = c.Owner
	return i
}

// OfClosed returns the news that a case was closed by a role. The result is not part of it: it may say something about the
// customer.
func OfClosed(c *cases.Case) Item {
	i := about(c, CaseClosed, "_closed", c.Closed)
	i.Told = c.CustomerTold
	return i
}

// Compare orders items by their ids, as a store returns them.
func Compare(a, b Item) int { return cmp.Compare(a.ID, b.ID) }
