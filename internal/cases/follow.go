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

// What a case cannot be.
var (
	ErrClosed      error = message.Key("it is closed already")
	ErrNobodyAbove error = message.Key("no role is left to hand it up to: the alert's escalate_to names them; `glasspoll cases change --owner` gives it to any role")
)

// Bounds of the texts in a case, in characters.
const (
	maxRole   = 64
	maxReason = 500
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

// Correction is what a role changes after it has looked into a case. What is "" stays.
type Correction struct {
	Type, Subtype string
	Severity      survey.Severity
	Priority      survey.Priority
	Owner         string
	Due           string // a day, an instant of the case's timezone, or none
	Reason        string
	By            string            // "" means the owner so far
	Deadlines     []survey.Deadline // of the survey: if the kind changes and Due is "", what fits now counts, if it is earlier
}

// Change corrects the case, and keeps in its history what was before and why.
func (c *Case) Change(to Correction, at time.Time) error {
	to.Reason, to.By = strings.TrimSpace(to.Reason), cmp.Or(strings.TrimSpace(to.By), c.Owner)
	if c.Status == Closed {
		return ErrClosed
	}
	if err := errors.Join(checkReason(to.Reason), checkRole(to.By), checkRole(to.Owner)); err != nil {
		return err
	}
	after := *c
	after.Type, after.Subtype = cmp.Or(to.Type, c.Type), cmp.Or(to.Subtype, c.Subtype)
	after.Severity, after.Priority = cmp.Or(to.Severity, c.Severity), cmp.Or(to.Priority, c.Priority)
	if err := checkKind(&after); err != nil {
		return err
	}
	if owner := strings.TrimSpace(to.Owner); owner != "" {
		after.Owner, after.Status = owner, Assigned
	}
	if err := after.setDue(to.Due); err != nil {
		return err
	}
	if kind := [2]string{c.Type, string(c.Severity)}; to.Due == "" && kind != [2]string{after.Type, string(after.Severity)} {
		after.dueBy(fitting(to.Deadlines, after.Type, after.Channel, after.Severity))
	}
	var values []Value
	add := func(name, from, to string) {
		if from != to {
			values = append(values, Value{name, from, to})
		}
	}
	add("type", c.Type, after.Type)
	add("subtype", c.Subtype, after.Subtype)
	add("severity", string(c.Severity), string(after.Severity))
	add("priority", string(c.Priority), string(after.Priority))
	add("owner", c.Owner, after.Owner)
	add("due", c.Deadline(), after.Deadline())
	if len(values) == 0 {
		return message.Errorf("nothing changes: it is so already")
	}
	if c.Deadline() != after.Deadline() {
		after.Late = false
	}
	after.Changes = append(slices.Clip(c.Changes), Change{At: at.UTC(), By: to.By, What: WasChanged, Reason: to.Reason, Values: values})
	*c = after
	return nil
}

// setDue makes the case due on a day, at an instant, or never; "" changes nothing.
func (c *Case) setDue(text string) error {
	switch {
	case text == "":
		return nil
	case text == "none":
		c.Due, c.DueAt = "", time.Time{}
		return nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		c.Due, c.DueAt = dateOf(day), time.Time{}
		return nil
	}
	at, err := ParseInstant(text, c.Location())
	if err != nil {
		return message.Errorf("'%s' is no date: write one such as 2026-12-05, or \"2026-12-05 18:00\", or none", text)
	}
	c.Due, c.DueAt = c.Day(at), at
	return nil
}

// ParseInstant reads a minute, or a day's beginning, in a timezone.
func ParseInstant(text string, location *time.Location) (at time.Time, err error) {
	for _, layout := range []string{minuteLayout, "2006-01-02T15:04", time.RFC3339, time.DateOnly} {
		if at, err = time.ParseInLocation(layout, text, location); err == nil {
			return at.UTC(), nil
		}
	}
	return at, err
}

// Escalate hands the case up to the next role above, which becomes its owner.
func (c *Case) Escalate(reason, by string, at time.Time) error {
	reason, by = strings.TrimSpace(reason), cmp.Or(strings.TrimSpace(by), c.Owner)
	if c.Status == Closed {
		return ErrClosed
	}
	if err := errors.Join(checkReason(reason), checkRole(by)); err != nil {
		return err
	}
	if !c.handUp(reason, by, at) {
		return ErrNobodyAbove
	}
	return nil
}

// handUp makes the next role above the owner; false if there is none.
func (c *Case) handUp(reason, by string, at time.Time) bool {
	above := c.Above
	for len(above) > 0 && above[0] == c.Owner {
		above = above[1:]
	}
	if len(above) == 0 {
		return false
	}
	c.Owner, c.Above, c.Status = above[0], slices.Clone(above[1:]), Assigned
	c.Changes = append(c.Changes, Change{At: at.UTC(), By: by, What: WasEscalated, Note: c.Owner, Reason: reason})
	return true
}

// Level is how often the case was handed up.
func (c *Case) Level() int {
	level := 0
	for _, change := range c.Changes {
		if change.What == WasEscalated {
			level++
		}
	}
	return level
}

// Age brings the case up to date with the time, and returns what has happened to it: once it is overdue the history says so,
// and the next role above becomes its owner. When as much time has passed again as it had to be closed in, at least an hour, or
// a day if it is due on a day, and it is still open, it goes to the role above that one.
func (c *Case) Age(now time.Time) (happened []Step) {
	if !c.Overdue(now) {
		return nil
	}
	if !c.Late {
		c.Late = true
		c.Changes = append(c.Changes, Change{At: now.UTC(), What: WasOverdue, Note: c.Deadline()})
		happened = append(happened, WasOverdue)
	}
	for _, change := range c.Changes {
		if change.What == WasEscalated && now.Before(c.afterSpan(change.At)) {
			return happened
		}
	}
	if c.handUp("", "", now) {
		happened = append(happened, WasEscalated)
	}
	return happened
}

// NextAge returns the first instant, not before another one, at which [Case.Age] changes the case if nothing else does; false if
// there is none.
func (c *Case) NextAge(from time.Time) (at time.Time, ok bool) {
	limit, due := c.limit()
	if !due || c.Status == Closed {
		return at, false
	}
	at = limit.Add(1) // Overdue is after the limit
	if c.Late {
		if !c.canHandUp() {
			return time.Time{}, false
		}
		for _, change := range c.Changes {
			if change.What == WasEscalated {
				at = later(at, c.afterSpan(change.At))
			}
		}
	}
	return later(at, from), true
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// canHandUp reports whether there is a role above the owner.
func (c *Case) canHandUp() bool {
	return slices.ContainsFunc(c.Above, func(role string) bool { return role != c.Owner })
}

// afterSpan returns the instant as long after another one as the case had to be closed in.
func (c *Case) afterSpan(at time.Time) time.Time {
	if !c.DueAt.IsZero() {
		return at.Add(max(c.DueAt.Sub(c.Opened), time.Hour))
	}
	return at.AddDate(0, 0, max(daysBetween(c.Day(c.Opened), c.Due), 1))
}

// Closing is what is known when a case is closed.
type Closing struct {
	Result string
	Told   bool      // the customer, of the result
	Agreed Agreement // whether the customer did; NotAsked if nobody asked
	By     string    // "" means its owner
}

// Close closes the case.
func (c *Case) Close(with Closing, at time.Time) error {
	result, by := strings.TrimSpace(with.Result), cmp.Or(strings.TrimSpace(with.By), c.Owner)
	switch {
	case c.Status == Closed:
		return ErrClosed
	case result == "":
		return message.Errorf("the result is missing: say what has come of it")
	case utf8.RuneCountInString(result) > MaxResult:
		return message.Errorf("the result is longer than %d characters", MaxResult)
	case !slices.Contains([]Agreement{Agreed, Disagreed, NotAsked}, with.Agreed):
		return message.Errorf("whether the customer agreed is missing: yes, no or not_asked")
	case with.Agreed != NotAsked && !with.Told:
		return message.Errorf("a customer who was not told the result cannot have agreed or not: write not_asked")
	}
	if err := checkRole(by); err != nil {
		return err
	}
	c.Status, c.Closed, c.Result, c.CustomerTold, c.Agreed = Closed, at.UTC(), result, with.Told, with.Agreed
	c.Changes = append(c.Changes, Change{At: at.UTC(), By: by, What: WasClosed, Note: result})
	return nil
}

// Withdraw removes from the case what identifies the respondent, and closes it if it is open: the answers that opened it
// have been withdrawn. What roles wrote may be about the respondent, so it is removed as well.
func (c *Case) Withdraw(at time.Time) {
	if c.Withdrawn {
		return
	}
	c.Withdrawn, c.Response, c.Result, c.Note = true, "", "", ""
	if c.Status != Closed {
		c.Status, c.Closed = Closed, at.UTC()
	}
	for i := range c.Changes {
		if c.Changes[i].What == WasClosed {
			c.Changes[i].Note = ""
		}
		c.Changes[i].Reason = ""
	}
	c.Changes = append(c.Changes, Change{At: at.UTC(), What: WasWithdrawn})
}

// checkRole bounds the name of a role.
func checkRole(name string) error {
	if strings.ContainsFunc(name, unicode.IsControl) {
		return message.Errorf("a role is written in one line")
	}
	if utf8.RuneCountInString(name) > maxRole {
		return message.Errorf("a role has at most %d characters", maxRole)
	}
	return nil
}

// checkKind checks what a role may have written of a case.
func checkKind(c *Case) error {
	return errors.Join(checkID("type", c.Type), checkSubtype(c.Subtype), checkWord("severity", c.Severity, severities), checkWord("priority", c.Priority, priorities))
}

// checkSubtype checks a subtype, which a case need not have.
func checkSubtype(subtype string) error {
	if subtype == "" {
		return nil
	}
	return checkID("subtype", subtype)
}

// checkID checks what has the form of an id.
func checkID(name, value string) error {
	if len(value) > maxRole || !idPattern.MatchString(value) {
		return message.Errorf("%s '%s' may have only lower-case letters a–z, digits and _, starting with a letter", name, value)
	}
	return nil
}

var idPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// checkWord checks one of a few words.
func checkWord[W ~string](name string, value W, words []W) error {
	if slices.Contains(words, value) {
		return nil
	}
	var all []string
	for _, w := range words {
		all = append(all, string(w))
	}
	return message.Errorf("%s must be one of %s, not '%s'", name, message.Words(all...), string(value))
}

func checkReason(reason string) error {
	switch {
	case reason == "":
		return message.Errorf("the reason is missing: say why")
	case utf8.RuneCountInString(reason) > maxReason:
		return message.Errorf("the reason is longer than %d characters", maxReason)
	}
	return nil
}
