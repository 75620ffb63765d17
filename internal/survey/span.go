package survey

import (
	"strconv"
	"time"
)

// IsZero reports whether no length is said.
func (s Span) IsZero() bool { return s == Span{} }

// Before returns the instant that is so long before another one, by the calendar of its time zone. Where the month is too short,
// it is its last day: a month before 31 March is 28 or 29 February, so that what came in March is not a month old yet.
func (s Span) Before(t time.Time) time.Time {
	first := t.AddDate(0, 0, 1-t.Day()).AddDate(-s.Years, -s.Months, 0)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1-s.Days)
}

// LeastDays returns how many days the length of time has at least, whenever it begins.
func (s Span) LeastDays() int {
	least := 0
	for month := range 48 { // with a leap year
		t := time.Date(2001, time.Month(1+month), 1, 0, 0, 0, 0, time.UTC)
		if days := int(t.Sub(s.Before(t)).Hours() / 24); least == 0 || days < least {
			least = days
		}
	}
	return least
}

// longestSpan bounds lengths of time, in years.
const longestSpan = 100

// ParseSpan reads a length of time such as 90d, 18m or 2y.
func ParseSpan(text string) (s Span, ok bool) {
	if text == "" {
		return Span{}, false
	}
	unit := text[len(text)-1]
	n, err := strconv.ParseUint(text[:len(text)-1], 10, 16)
	if err != nil || n == 0 {
		return Span{}, false
	}
	most := map[byte]uint64{'d': 366 * longestSpan, 'm': 12 * longestSpan, 'y': longestSpan}[unit]
	switch unit {
	case 'd':
		s.Days = int(n)
	case 'm':
		s.Months = int(n)
	case 'y':
		s.Years = int(n)
	}
	return s, n <= most
}

// String writes a length of time as ParseSpan reads it.
func (s Span) String() string {
	switch {
	case s.Years > 0:
		return strconv.Itoa(s.Years) + "y"
	case s.Months > 0:
		return strconv.Itoa(s.Months) + "m"
	}
	return strconv.Itoa(s.Days) + "d"
}
