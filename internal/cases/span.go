package cases

import (
	"strconv"
	"strings"

	"glasspoll/internal/survey"
)

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

// Within reports whether a day is in the span.
func (s Span) Within(day survey.Date) bool { return day >= s.From && day <= s.Until }

// OpenOn reports whether the case was open at the end of a day, and whether it was overdue then.
func (c *Case) OpenOn(day survey.Date) (open, overdue bool) {
	open = c.openOn(day)
	return open, open && c.late(day)
}
