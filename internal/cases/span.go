package cases

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// Span is a month or a quarter, from its first to its last day.
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
			return Span{}, message.Errorf("write a month such as 2026-10, or a quarter such as 2026-Q4")
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

// Before returns the month before a month, or the quarter before a quarter.
func (s Span) Before() Span {
	first, err := time.Parse(time.DateOnly, string(s.From))
	if err != nil {
		return s
	}
	last := first.AddDate(0, 0, -1)
	name := last.Format("2006-01")
	if strings.Contains(s.Name, "Q") {
		name = fmt.Sprintf("%04d-Q%d", last.Year(), (int(last.Month())+2)/3)
	}
	before, err := ParseSpan(name)
	if err != nil {
		return s // the first of all
	}
	return before
}

// OpenIn reports whether the case was open at the end of a span, or is at now if that is before, and whether it was overdue.
func (c *Case) OpenIn(span Span, now time.Time) (open, overdue bool) {
	f := c.figures(span, now)
	return f.Open > 0, f.Overdue > 0
}
