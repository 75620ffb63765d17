package cases

import (
	"strconv"
	"strings"
	"time"
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

// OpenIn reports whether the case was open at the end of a span, or is at now if that is before, and whether it was overdue.
func (c *Case) OpenIn(span Span, now time.Time) (open, overdue bool) {
	f := c.figures(span, now)
	return f.Open > 0, f.Overdue > 0
}
