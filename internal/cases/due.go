package cases

import (
	"slices"
	"time"

	"glasspoll/internal/survey"
)

// fitting lists the deadlines of cases of a type, channel and severity.
func fitting(all []survey.Deadline, kind, channel string, severity survey.Severity) []survey.Deadline {
	return slices.DeleteFunc(slices.Clone(all), func(d survey.Deadline) bool {
		return d.Type != "" && d.Type != kind || d.Channel != "" && d.Channel != channel || d.Severity != "" && d.Severity != severity
	})
}

// dueBy makes the case due at the earliest of some deadlines, if that is before it is due so far. Where only the day is known on
// which it was opened, hours are rounded up to days.
func (c *Case) dueBy(deadlines []survey.Deadline) {
	dayOnly := c.Opened.Equal(endOf(c.Day(c.Opened.Add(-1)), c.Location()).Add(1))
	for _, d := range deadlines {
		if d.Hours != nil && dayOnly {
			days := (*d.Hours + 23) / 24
			c.dueEarlier(c.dayAfter(days), time.Time{})
		} else if d.Hours != nil {
			at := c.Opened.Add(time.Duration(*d.Hours) * time.Hour)
			c.dueEarlier(c.Day(at), at)
		}
		if d.Days != nil {
			c.dueEarlier(c.dayAfter(*d.Days), time.Time{})
		}
	}
}

// dayAfter returns the day so many calendar days after that of opening.
func (c *Case) dayAfter(days int) survey.Date {
	opened := c.Opened.In(c.Location())
	return dateOf(time.Date(opened.Year(), opened.Month(), opened.Day()+days, 12, 0, 0, 0, time.UTC))
}

// dueEarlier makes the case due on a day, or at an instant of it, if that is earlier than before.
func (c *Case) dueEarlier(day survey.Date, at time.Time) {
	before := *c
	c.Due, c.DueAt = day, at
	old, had := before.limit()
	if limit, _ := c.limit(); had && !limit.Before(old) {
		c.Due, c.DueAt = before.Due, before.DueAt
	}
}

// limit returns the last instant at which closing the case is in time; false if it is due at no time.
func (c *Case) limit() (time.Time, bool) {
	if !c.DueAt.IsZero() {
		return c.DueAt, true
	}
	if c.Due == "" {
		return time.Time{}, false
	}
	return endOf(c.Due, c.Location()), true
}

// endOf returns the last instant of a day; the zero time if it is none.
func endOf(day survey.Date, location *time.Location) time.Time {
	d, err := time.Parse(time.DateOnly, string(day))
	if err != nil {
		return time.Time{}
	}
	return survey.BeginningOfDay(time.Date(d.Year(), d.Month(), d.Day()+1, 12, 0, 0, 0, location), location).Add(-1)
}

// Deadline says in words of numbers when the case is due: "2026-12-05", or "2026-12-05 18:00" in its timezone; "" for never.
func (c *Case) Deadline() string {
	if c.DueAt.IsZero() {
		return string(c.Due)
	}
	return c.DueAt.In(c.Location()).Format(minuteLayout)
}

// minuteLayout is how instants are written for people.
const minuteLayout = "2006-01-02 15:04"

// Overdue reports whether the case was open at now, after it was due.
func (c *Case) Overdue(now time.Time) bool { return c.late(now) && c.openOn(c.Day(now)) }

// late reports whether an instant is after the case was due.
func (c *Case) late(at time.Time) bool {
	limit, ok := c.limit()
	return ok && at.After(limit)
}

// openOn reports whether the case was open at the end of a day.
func (c *Case) openOn(day survey.Date) bool {
	return c.Day(c.Opened) <= day && (c.Status != Closed || c.Day(c.Closed) > day)
}

// InTime reports whether a closed case was closed before it was overdue.
func (c *Case) InTime() bool { return !c.late(c.Closed) }

// Days is the number of calendar days that a closed case was open: 0 if it was closed on the day it was opened.
func (c *Case) Days() int { return daysBetween(c.Day(c.Opened), c.Day(c.Closed)) }

func daysBetween(from, until survey.Date) int {
	a, err := time.Parse(time.DateOnly, string(from))
	b, err2 := time.Parse(time.DateOnly, string(until))
	if err != nil || err2 != nil {
		return 0
	}
	return int(b.Sub(a).Hours()) / 24
}
