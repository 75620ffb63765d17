package survey

import (
	"fmt"
	"time"
)

// PeriodAt returns the name of the period of an instant, in the survey's timezone: "2026-10", "2026-Q4", "2026", or "all" for
// a survey without periods. Names sort by time.
func (s *Survey) PeriodAt(t time.Time) string {
	t = t.In(s.location)
	switch s.Period {
	case Month:
		return t.Format("2006-01")
	case Quarter:
		return fmt.Sprintf("%04d-Q%d", t.Year(), (int(t.Month())+2)/3)
	case Year:
		return t.Format("2006")
	default:
		return "all"
	}
}

// PeriodBefore returns the name of the period before that of t; "" for a survey without periods.
func (s *Survey) PeriodBefore(t time.Time) string {
	t = t.In(s.location)
	switch s.Period {
	case Month:
		return s.PeriodAt(time.Date(t.Year(), t.Month(), 0, 12, 0, 0, 0, s.location))
	case Quarter:
		first := (t.Month()-1)/3*3 + 1
		return s.PeriodAt(time.Date(t.Year(), first, 0, 12, 0, 0, 0, s.location))
	case Year:
		return s.PeriodAt(time.Date(t.Year()-1, 6, 15, 12, 0, 0, 0, s.location))
	default:
		return ""
	}
}

// OpenAt reports whether answers are accepted at an instant. If not, early reports whether the window has not begun yet.
func (s *Survey) OpenAt(t time.Time) (open, early bool) {
	day := Date(t.In(s.location).Format(time.DateOnly))
	if s.Window.From != "" && day < s.Window.From {
		return false, true
	}
	return s.Window.Until == "" || day <= s.Window.Until, false
}
