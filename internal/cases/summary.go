package cases

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"glasspoll/internal/survey"
)

// Span is a month or a quarter: its first and its last day.
type Span struct {
	Name        string // 2026-10 or 2026-Q4
	From, Until survey.Date
}

var (
	month   = regexp.MustCompile(`^([0-9]{4})-(0[1-9]|1[0-2])$`)
	quarter = regexp.MustCompile(`^([0-9]{4})-Q([1-4])$`)
)

// ParseSpan reads the name of a month, 2026-10, or of a quarter, 2026-Q4.
func ParseSpan(name string) (Span, error) {
	parts, months, first := month.FindStringSubmatch(name), 1, 0
	if parts == nil {
		if parts, months = quarter.FindStringSubmatch(name), 3; parts == nil {
			return Span{}, errors.New("write a month such as 2026-10, or a quarter such as 2026-Q4")
		}
	}
	year, _ := strconv.Atoi(parts[1])
	number, _ := strconv.Atoi(parts[2])
	first = (number-1)*months + 1
	day := func(month time.Month, day int) survey.Date {
		return dateOf(time.Date(year, month, day, 12, 0, 0, 0, time.UTC))
	}
	return Span{name, day(time.Month(first), 1), day(time.Month(first+months), 0)}, nil
}

// Summary is what has become of the cases of a span.
type Summary struct {
	Span    Span
	All     Figures
	Groups  []Group // by type, severity and owner, in this order
	Running bool    // the span has not ended: the figures are those of today
}

// Group is the figures of cases that have something in common.
type Group struct {
	By, Value string // By is type, severity or owner; the value is "" for cases without owner
	Figures
}

// Figures count cases. Opened is of those opened in the span; the closed ones are those closed in it, whenever they were
// opened; Open and Overdue are of its last day, or of today if it has not ended.
type Figures struct {
	Opened    int
	Closed    int // without the withdrawn ones
	InTime    int // of those closed
	Told      int // of those closed: the customer was told of the result
	Withdrawn int // closed in it because the answers were taken back
	Open      int
	Overdue   int // of the open ones
	Days      int // that the closed ones were open, together
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
		day := min(c.Day(now), span.Until)
		s.Running = s.Running || day < span.Until
		f := c.figures(span, day)
		if f == (Figures{}) {
			continue
		}
		s.All.add(f)
		for _, n := range []name{{"type", c.Type}, {"severity", string(c.Severity)}, {"owner", c.Owner}} {
			if groups[n] == nil {
				groups[n] = &Figures{}
			}
			groups[n].add(f)
		}
	}
	severities := []string{string(survey.Critical), string(survey.Major), string(survey.Minor)}
	order := []string{"type", "severity", "owner"}
	names := slices.SortedFunc(maps.Keys(groups), func(a, b name) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.by), slices.Index(order, b.by)),
			cmp.Compare(slices.Index(severities, a.value), slices.Index(severities, b.value)), cmp.Compare(a.value, b.value))
	})
	for _, n := range names {
		s.Groups = append(s.Groups, Group{n.by, n.value, *groups[n]})
	}
	return s
}

// figures are those of one case in a span, as they were on a day of it.
func (c *Case) figures(span Span, day survey.Date) (f Figures) {
	within := func(d survey.Date) bool { return d >= span.From && d <= span.Until }
	if within(c.Day(c.Opened)) {
		f.Opened = 1
	}
	switch {
	case c.openOn(day):
		f.Open = 1
		if c.late(day) {
			f.Overdue = 1
		}
	case c.Status != Closed || !within(c.Day(c.Closed)):
	case !c.settled():
		f.Withdrawn = 1
	default:
		f.Closed, f.Days = 1, c.Days()
		if c.InTime() {
			f.InTime = 1
		}
		if c.Told {
			f.Told = 1
		}
	}
	return f
}

// settled reports whether somebody has closed the case: not only the respondent, by taking the answers back.
func (c *Case) settled() bool {
	return slices.ContainsFunc(c.Changes, func(change Change) bool { return change.What == WasClosed })
}

func (f *Figures) add(d Figures) {
	f.Opened += d.Opened
	f.Closed += d.Closed
	f.InTime += d.InTime
	f.Told += d.Told
	f.Withdrawn += d.Withdrawn
	f.Open += d.Open
	f.Overdue += d.Overdue
	f.Days += d.Days
}

// AmbiguousError says that the beginning of an id is that of several cases.
type AmbiguousError struct{ IDs []string }

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%d cases begin like that: write more of the id", len(e.IDs))
}

// ErrUnknown says that there is no such case.
var ErrUnknown = errors.New("there is no such case")

// Find returns the case that an id, or its beginning, names. Dashes and case do not matter, and I, L and O are read as
// what they look like.
func Find(all []*Case, id string) (*Case, error) {
	id = Canonical(id)
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
