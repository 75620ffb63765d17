package cases

import (
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
	year, number, _ := strings.Cut(s.Name, "-")
	y, _ := strconv.Atoi(year)
	n, last, prefix := 0, 12, ""
	if quarter, ok := strings.CutPrefix(number, "Q"); ok {
		number, last, prefix = quarter, 4, "Q"
	}
	if n, _ = strconv.Atoi(number); n <= 1 {
		y, n = y-1, last+1
	}
	number = strconv.Itoa(n - 1)
	if prefix == "" && len(number) < 2 {
		number = "0" + number
	}
	before, err := ParseSpan(strings.Repeat("0", max(0, 4-len(strconv.Itoa(y)))) + strconv.Itoa(y) + "-" + prefix + number)
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
