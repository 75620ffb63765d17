package cases

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// Bounds of an added case's texts, in characters.
const (
	maxRef  = 64
	maxNote = 500
)

// Entry is a complaint by telephone or letter, or another matter, as a role enters it.
type Entry struct {
	Ref      string // its number in the register of complaints: entered again, it is the same case
	Channel  string
	Type     string // "" is a complaint
	Subtype  string
	Severity survey.Severity // "" is minor
	Priority survey.Priority // "" is normal
	Owner    string
	Opened   time.Time // when the customer called, or the letter came; the day's beginning if only that is known
	Due      string    // a day, an instant of the timezone, or none; "" follows from the deadlines
	Note     string    // what it is about, without names or contact data
	By       string    // the role that enters it
}

// Book is what cases are added to: a survey, or none.
type Book struct {
	Survey    string // [NoSurvey] for none
	Timezone  string
	Deadlines []survey.Deadline
	PeriodAt  func(time.Time) string // nil: there are no periods
}

// A Problem is something that must be changed in an entry.
type Problem struct {
	Part string // number, date, channel, type, subtype, severity, priority, owner, due or note
	Err  error
}

// Add makes a case of an entry, or returns everything that must be changed in it. now is when it is entered.
func (b Book) Add(e Entry, now time.Time) (*Case, error) {
	c, problems := b.Check(e, now)
	var all []error
	for _, p := range problems {
		all = append(all, p.Err)
	}
	return c, errors.Join(all...)
}

// Check is Add, and says of what part each problem is.
func (b Book) Check(e Entry, now time.Time) (*Case, []Problem) {
	for _, text := range []*string{&e.Ref, &e.Channel, &e.Type, &e.Subtype, &e.Owner, &e.Note, &e.By} {
		*text = oneLine(*text)
	}
	c := &Case{
		ID: idOf("case that was added", b.Survey, e.Ref), Survey: b.Survey, Timezone: b.Timezone, Ref: e.Ref, Questions: []string{},
		Type: cmp.Or(e.Type, "complaint"), Subtype: e.Subtype, Severity: cmp.Or(e.Severity, survey.Minor), Priority: cmp.Or(e.Priority, survey.NormalPriority),
		Channel: e.Channel, Owner: e.Owner, Opened: e.Opened.UTC(), Note: e.Note, Status: Open,
		Changes: []Change{{At: now.UTC(), By: e.By, What: WasAdded}},
	}
	problems := slices.Concat(checkEntry(e, now), []Problem{
		{"type", checkID("type", c.Type)}, {"subtype", checkSubtype(c.Subtype)}, {"severity", checkWord("severity", c.Severity, severities)},
		{"priority", checkWord("priority", c.Priority, priorities)}, {"owner", checkRole(c.Owner)}, {"by", checkRole(e.By)}, {"due", c.setDue(e.Due)},
	})
	problems = slices.DeleteFunc(problems, func(p Problem) bool { return p.Err == nil })
	if len(problems) > 0 {
		return nil, problems
	}
	if b.PeriodAt != nil {
		c.Period = b.PeriodAt(e.Opened)
	}
	if e.Due == "" {
		c.dueBy(fitting(b.Deadlines, c.Type, c.Channel, c.Severity))
	}
	return c, nil
}

// oneLine returns a text in one line, without control characters.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " ")
}

// checkEntry checks what only entries have.
func checkEntry(e Entry, now time.Time) []Problem {
	var number, day, channel, note error
	switch {
	case e.Ref == "":
		number = message.Errorf("the number in the register is missing: it tells that a case is entered already")
	case utf8.RuneCountInString(e.Ref) > maxRef:
		number = message.Errorf("the number in the register is longer than %d characters", maxRef)
	}
	switch {
	case e.Opened.IsZero():
		day = message.Errorf("the date is missing: write when the customer called, such as 2026-10-31")
	case e.Opened.After(now):
		day = message.Errorf("the date is in the future")
	}
	if e.Channel == "" {
		channel = message.Errorf("the channel is missing: write one such as %s", message.Words(survey.CaseChannels...))
	} else {
		channel = checkID("channel", e.Channel)
	}
	switch {
	case utf8.RuneCountInString(e.Note) > maxNote:
		note = message.Errorf("the note is longer than %d characters", maxNote)
	case hasContact(e.Note):
		note = message.Errorf("the note has what looks like an address or a telephone number: a case holds no contact data")
	}
	return []Problem{{"number", number}, {"date", day}, {"channel", channel}, {"note", note}}
}

// digits is a row of digits that may be a telephone number.
var digits = regexp.MustCompile(`\+?[0-9][0-9 ()\-]{5,}[0-9]`)

// hasContact reports whether a text has an e-mail address, or a number of seven digits or more.
func hasContact(text string) bool {
	text = date.ReplaceAllString(strings.Map(narrow, text), " · ")
	if slices.ContainsFunc(strings.Fields(text), func(word string) bool { return strings.Contains(word, "@") }) {
		return true
	}
	return slices.ContainsFunc(digits.FindAllString(text, -1), func(number string) bool {
		n := 0
		for _, c := range number {
			if c >= '0' && c <= '9' {
				n++
			}
		}
		return n >= 7
	})
}

// narrow returns the usual form of a wide character, as Chinese keyboards write digits.
func narrow(c rune) rune {
	if c >= '！' && c <= '～' {
		return c - '！' + '!'
	}
	return c
}

// date is a day, which is no telephone number.
var date = regexp.MustCompile(`\b(?:19|20)[0-9]{2}-[0-9]{1,2}-[0-9]{1,2}\b`)
