package survey

import (
	"fmt"
	"strings"
	"time"
)

// DateAt returns the day of an instant, in the survey's timezone.
func (s *Survey) DateAt(t time.Time) Date { return Date(t.In(s.location).Format(time.DateOnly)) }

// OnePeriod is the name of the only period of a survey without periods.
const OnePeriod = "all"

// PeriodAt returns the name of the period of an instant, in the survey's timezone: "2026-10", "2026-Q4", "2026", or [OnePeriod] for
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
		return OnePeriod
	}
}

// FirstDay returns the day on which a period begins, by its name, also if the survey had other periods then; "" if it has no
// beginning.
func (s *Survey) FirstDay(period string) Date {
	if s.Period == NoPeriod {
		return s.Window.From
	}
	year, rest, _ := strings.Cut(period, "-")
	day := period + "-01"
	switch {
	case rest == "":
		day = year + "-01-01"
	case rest[0] == 'Q':
		day = year + "-" + map[string]string{"Q1": "01", "Q2": "04", "Q3": "07", "Q4": "10"}[rest] + "-01"
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return ""
	}
	return Date(day)
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

// Grace is how long after the end of the window answers are still taken from those who began in time: their page is open
// already, and no new one is handed out.
const Grace = 30 * time.Minute

// TakesAt reports whether answers that were begun in time are accepted at an instant, and names the period they count in: that
// of the window's last day if the window has just ended.
func (s *Survey) TakesAt(t time.Time) (period string, ok bool) {
	if open, _ := s.OpenAt(t); open {
		return s.PeriodAt(t), true
	}
	if open, _ := s.OpenAt(t.Add(-Grace)); open {
		return s.PeriodAt(t.Add(-Grace)), true
	}
	return "", false
}

// Phase is where an instant lies: before, in or after the window.
type Phase int

const (
	Open Phase = iota
	Early
	Closed
)

// PhaseAt returns the phase at an instant.
func (s *Survey) PhaseAt(t time.Time) Phase {
	switch open, early := s.OpenAt(t); {
	case open:
		return Open
	case early:
		return Early
	default:
		return Closed
	}
}

// NextPhase returns the instant of the next end of the window after another: its beginning, or the instant after its last. Ok is
// false if none is to come.
func (s *Survey) NextPhase(t time.Time) (at time.Time, ok bool) {
	for _, end := range []struct {
		day  Date
		days int
	}{{s.Window.From, 0}, {s.Window.Until, 1}} {
		day, err := time.Parse(time.DateOnly, string(end.day))
		if err != nil {
			continue
		}
		at := BeginningOfDay(day.AddDate(0, 0, end.days), s.location)
		if at.After(t) {
			return at, true
		}
	}
	return time.Time{}, false
}

// NextPhase returns the instant of the next end of any survey's window after another; ok is false if none is to come.
func NextPhase(surveys []*Survey, t time.Time) (next time.Time, ok bool) {
	for _, s := range surveys {
		if end, there := s.NextPhase(t); there && (!ok || end.Before(next)) {
			next, ok = end, true
		}
	}
	return next, ok
}

// BeginningOfDay returns the first instant of a day: not always midnight, which a change of the clocks may leave out.
func BeginningOfDay(day time.Time, location *time.Location) time.Time {
	date := day.Format(time.DateOnly)
	at := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, location)
	for at.In(location).Format(time.DateOnly) < date {
		at = at.Add(time.Minute)
	}
	for before := at.Add(-time.Minute); before.In(location).Format(time.DateOnly) == date; before = at.Add(-time.Minute) {
		at = before
	}
	return at
}

// BeginningOfDay returns the first instant of the day of another, in the survey's timezone.
func (s *Survey) BeginningOfDay(t time.Time) time.Time {
	return BeginningOfDay(t.In(s.location), s.location)
}

// OpenAt reports whether answers are accepted at an instant. If not, early reports whether the window has not begun yet.
func (s *Survey) OpenAt(t time.Time) (open, early bool) {
	day := Date(t.In(s.location).Format(time.DateOnly))
	if s.Window.From != "" && day < s.Window.From {
		return false, true
	}
	return s.Window.Until == "" || day <= s.Window.Until, false
}
