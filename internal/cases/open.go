package cases

import (
	"cmp"
	"slices"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// OpenedBy returns the case that a response opens; nil if no alert holds. Type, severity, priority, owner and the roles above
// are those of the gravest alert that holds, of equal ones the first; it is due when the earliest of them is. Alerts do not see
// private answers. at is when the response arrived.
func OpenedBy(s *survey.Survey, r answer.Response, at time.Time) *Case {
	held := held(s, r)
	if len(held) == 0 {
		return nil
	}
	at = at.UTC().Truncate(time.Second) // notifications carry it, and need it no more precisely
	first := held[0]
	c := &Case{
		ID: ID(s.ID, r.ID), Survey: s.ID, Period: r.Period, Timezone: s.Timezone, Response: r.ID, Alert: first.ID,
		Type: first.Opens, Subtype: first.Subtype, Severity: first.Severity, Priority: first.Priority, Channel: r.Channel,
		Owner: first.Owner, Above: slices.Clone(first.Escalate), Opened: at, Status: Open, Changes: []Change{{At: at, What: WasOpened}},
	}
	for _, alert := range held {
		reason := Reason{Alert: alert.ID, Questions: alert.When.Uses(), Type: alert.Opens, Subtype: alert.Subtype, Severity: alert.Severity}
		c.Reasons = append(c.Reasons, reason)
		for _, name := range reason.Questions {
			if !slices.Contains(c.Questions, name) {
				c.Questions = append(c.Questions, name)
			}
		}
		own := []survey.Deadline{{Days: alert.DueDays, Hours: alert.DueHours}}
		c.dueBy(slices.Concat(own, fitting(s.Deadlines, alert.Opens, r.Channel, alert.Severity)))
	}
	return c
}

// held lists the alerts that hold for a response, the gravest first.
func held(s *survey.Survey, r answer.Response) []*survey.Alert {
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
	var held []*survey.Alert
	for i := range s.Alerts {
		if alert := &s.Alerts[i]; alert.When.Holds(answers) {
			held = append(held, alert)
		}
	}
	slices.SortStableFunc(held, func(a, b *survey.Alert) int { return cmp.Compare(gravity(a.Severity), gravity(b.Severity)) })
	return held
}

// severities lists them, the gravest first; priorities likewise.
var (
	severities = []survey.Severity{survey.Critical, survey.Major, survey.Minor}
	priorities = []survey.Priority{survey.UrgentPriority, survey.HighPriority, survey.NormalPriority, survey.LowPriority}
)

// gravity orders severities: the gravest is 0.
func gravity(s survey.Severity) int { return slices.Index(severities, s) }
