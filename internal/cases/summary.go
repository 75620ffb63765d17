package cases

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// Summary holds the figures of a span's cases.
type Summary struct {
	Span    Span
	All     Figures
	Groups  []Group // by type, subtype, severity, channel and owner, in this order
	Running bool    // the span has not ended: the figures are as of today
}

// Group holds the figures of cases that have one property in common.
type Group struct {
	By, Value string // By is type, subtype, severity, channel or owner; Value is "" for cases without a subtype, channel or owner
	Figures
}

// groupings are what groups are by. There are none by subtype or channel where no case has one.
var groupings = []string{"type", "subtype", "severity", "channel", "owner"}

// Figures count cases. Opened counts those opened in the span, Closed those closed in it, whenever they were opened; Open
// and Overdue are as of its last day, or of today if it has not ended.
type Figures struct {
	Opened       int
	Closed       int // without the withdrawn ones
	InTime       int // of those closed
	CustomerTold int // of those closed: the customer was told the result
	Asked        int // of those closed: the customer was asked whether they agree
	Agreed       int // of those asked
	Withdrawn    int // closed in it because the answers were withdrawn
	Open         int
	Overdue      int // of the open ones
	Days         int // total days that the closed ones were open
}

// MeanDays is the mean number of calendar days from opening to closing; false if none was closed.
func (f Figures) MeanDays() (float64, bool) {
	if f.Closed == 0 {
		return 0, false
	}
	return float64(f.Days) / float64(f.Closed), true
}

// Summarise counts cases.
func Summarise(all []*Case, span Span, now time.Time) Summary {
	s := Summary{Span: span}
	type name struct{ by, value string }
	groups := map[name]*Figures{}
	for _, c := range all {
		s.Running = s.Running || c.Day(now) < span.Until
		f := c.figures(span, now)
		if f == (Figures{}) {
			continue
		}
		s.All.add(f)
		for i, value := range []string{c.Type, c.Subtype, string(c.Severity), c.Channel, c.Owner} {
			n := name{groupings[i], value}
			if groups[n] == nil {
				groups[n] = &Figures{}
			}
			groups[n].add(f)
		}
	}
	for _, by := range []string{"subtype", "channel"} {
		if none := groups[name{by, ""}]; none != nil && *none == s.All {
			delete(groups, name{by, ""})
		}
	}
	names := slices.SortedFunc(maps.Keys(groups), func(a, b name) int {
		return cmp.Or(cmp.Compare(slices.Index(groupings, a.by), slices.Index(groupings, b.by)),
			cmp.Compare(gravity(survey.Severity(a.value)), gravity(survey.Severity(b.value))), cmp.Compare(a.value, b.value))
	})
	for _, n := range names {
		s.Groups = append(s.Groups, Group{n.by, n.value, *groups[n]})
	}
	return s
}

// figures returns the figures of one case in a span: as of its end, or of now if that is before.
func (c *Case) figures(span Span, now time.Time) (f Figures) {
	day := c.Day(now)
	if day > span.Until {
		day = span.Until
		now = endOf(day, c.Location())
	}
	within := func(d survey.Date) bool { return d >= span.From && d <= span.Until }
	if within(c.Day(c.Opened)) {
		f.Opened = 1
	}
	switch {
	case c.openOn(day):
		f.Open = 1
		if c.late(now) {
			f.Overdue = 1
		}
	case c.Status != Closed || !within(c.Day(c.Closed)):
	case !c.closedByRole():
		f.Withdrawn = 1
	default:
		f.Closed, f.Days = 1, c.Days()
		if c.InTime() {
			f.InTime = 1
		}
		if c.CustomerTold {
			f.CustomerTold = 1
		}
		if c.Agreed == Agreed || c.Agreed == Disagreed {
			f.Asked = 1
		}
		if c.Agreed == Agreed {
			f.Agreed = 1
		}
	}
	return f
}

// closedByRole reports whether a role has closed the case, which a withdrawal alone does not say.
func (c *Case) closedByRole() bool {
	return slices.ContainsFunc(c.Changes, func(change Change) bool { return change.What == WasClosed })
}

func (f *Figures) add(d Figures) {
	f.Opened += d.Opened
	f.Closed += d.Closed
	f.InTime += d.InTime
	f.CustomerTold += d.CustomerTold
	f.Asked += d.Asked
	f.Agreed += d.Agreed
	f.Withdrawn += d.Withdrawn
	f.Open += d.Open
	f.Overdue += d.Overdue
	f.Days += d.Days
}

// AmbiguousError means that several ids begin with the one given.
type AmbiguousError struct{ IDs []string }

// Error implements error.
func (e *AmbiguousError) Error() string { return e.Message().String() }

// Message implements [message.Messenger].
func (e *AmbiguousError) Message() message.Text {
	return message.New("%d cases begin like that: write more of the id", len(e.IDs))
}

// ErrUnknown means that no case has the id given.
var ErrUnknown error = message.Key("there is no such case")

// Find returns the case whose id is, or begins with, the one given. Dashes and case do not matter, and I, L and O are read
// as the digits they look like.
func Find(all []*Case, id string) (*Case, error) {
	id = canonicalID(id)
	var found []*Case
	for _, c := range all {
		if len(id) > 0 && len(c.ID) >= len(id) && c.ID[:len(id)] == id {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return nil, ErrUnknown
	case 1:
		return found[0], nil
	}
	several := &AmbiguousError{}
	for _, c := range found {
		several.IDs = append(several.IDs, c.ID)
	}
	return nil, several
}
