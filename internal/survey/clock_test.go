package survey

import (
	"testing"
	"time"
)

func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		timezone, at string // at is in UTC
		period       Period
		want, before string
	}{
		{"UTC", "2026-10-01T00:00:00Z", NoPeriod, "all", ""},
		{"UTC", "2026-09-30T23:59:59.999999999Z", Quarter, "2026-Q3", "2026-Q2"},
		{"UTC", "2026-10-01T00:00:00Z", Quarter, "2026-Q4", "2026-Q3"},
		{"UTC", "2027-01-01T00:00:00Z", Quarter, "2027-Q1", "2026-Q4"},
		{"UTC", "2026-03-31T12:00:00Z", Quarter, "2026-Q1", "2025-Q4"},
		{"UTC", "2026-05-31T12:00:00Z", Quarter, "2026-Q2", "2026-Q1"},
		{"UTC", "2026-03-31T12:00:00Z", Month, "2026-03", "2026-02"},
		{"UTC", "2026-01-31T12:00:00Z", Month, "2026-01", "2025-12"},
		{"UTC", "2028-03-01T00:00:00Z", Month, "2028-03", "2028-02"},
		{"UTC", "2028-02-29T12:00:00Z", Year, "2028", "2027"},
		{"UTC", "2026-12-31T23:59:59Z", Year, "2026", "2025"},
		// Midnight in Shanghai is 16:00 UTC of the day before.
		{"Asia/Shanghai", "2026-09-30T15:59:59Z", Quarter, "2026-Q3", "2026-Q2"},
		{"Asia/Shanghai", "2026-09-30T16:00:00Z", Quarter, "2026-Q4", "2026-Q3"},
		{"Asia/Shanghai", "2026-12-31T16:00:00Z", Year, "2027", "2026"},
		{"Asia/Shanghai", "2026-12-31T15:59:59Z", Month, "2026-12", "2026-11"},
		// Los Angeles is 7 hours behind in summer, 8 in winter.
		{"America/Los_Angeles", "2026-10-01T06:59:59Z", Month, "2026-09", "2026-08"},
		{"America/Los_Angeles", "2026-10-01T07:00:00Z", Month, "2026-10", "2026-09"},
		{"America/Los_Angeles", "2027-01-01T07:59:59Z", Year, "2026", "2025"},
		{"America/Los_Angeles", "2027-01-01T08:00:00Z", Year, "2027", "2026"},
		// The hour that Berlin repeats (2026-10-25, 2:00 to 3:00), and the hour that it skips (2026-03-29).
		{"Europe/Berlin", "2026-10-25T00:30:00Z", Month, "2026-10", "2026-09"},
		{"Europe/Berlin", "2026-10-25T01:30:00Z", Month, "2026-10", "2026-09"},
		{"Europe/Berlin", "2026-03-29T01:00:00Z", Quarter, "2026-Q1", "2025-Q4"},
		// Apia skipped 2011-12-30. Lord Howe's summer time shifts by half an hour.
		{"Pacific/Apia", "2011-12-30T10:00:00Z", Month, "2011-12", "2011-11"},
		{"Australia/Lord_Howe", "2026-03-31T13:00:00Z", Month, "2026-04", "2026-03"},
	} {
		location, err := time.LoadLocation(c.timezone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339Nano, c.at)
		if err != nil {
			t.Fatal(err)
		}
		s := &Survey{Period: c.period, location: location}
		if got := s.PeriodAt(at); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.timezone, c.at, got, c.want)
		}
		if got := s.PeriodBefore(at); got != c.before {
			t.Errorf("%s %s: before it %q, want %q", c.timezone, c.at, got, c.before)
		}
	}
}

// TestPeriodBeforeIsThePeriodBefore checks each hour of a year: the period before is the one that ended last.
func TestPeriodBeforeIsThePeriodBefore(t *testing.T) {
	for _, timezone := range []string{"UTC", "Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Pacific/Auckland"} {
		location, err := time.LoadLocation(timezone)
		if err != nil {
			t.Fatal(err)
		}
		for _, period := range []Period{Month, Quarter, Year} {
			s := &Survey{Period: period, location: location}
			now := time.Date(2026, 1, 1, 0, 0, 0, 0, location)
			current, before := s.PeriodAt(now), s.PeriodBefore(now)
			for range 2 * 366 * 24 {
				now = now.Add(time.Hour)
				if next := s.PeriodAt(now); next != current {
					if next < current {
						t.Fatalf("%s %v: %s sorts before %s", timezone, now, next, current)
					}
					current, before = next, current
				}
				if got := s.PeriodBefore(now); got != before {
					t.Fatalf("%s %v: before %s comes %s, not %s", timezone, now, current, got, before)
				}
			}
		}
	}
}

func TestOpenAt(t *testing.T) {
	for _, c := range []struct {
		from, until Date
		timezone    string
		at          string
		open, early bool
	}{
		{"", "", "UTC", "2026-10-01T00:00:00Z", true, false},
		{"2026-10-01", "", "UTC", "2026-09-30T23:59:59Z", false, true},
		{"2026-10-01", "", "UTC", "2026-10-01T00:00:00Z", true, false},
		{"", "2026-10-31", "UTC", "2026-10-31T23:59:59.9Z", true, false},
		{"", "2026-10-31", "UTC", "2026-11-01T00:00:00Z", false, false},
		{"2026-10-01", "2026-10-01", "UTC", "2026-10-01T12:00:00Z", true, false},
		{"2026-10-01", "2026-10-31", "Asia/Shanghai", "2026-09-30T15:59:59Z", false, true},
		{"2026-10-01", "2026-10-31", "Asia/Shanghai", "2026-09-30T16:00:00Z", true, false},
		{"2026-10-01", "2026-10-31", "Asia/Shanghai", "2026-10-31T15:59:59Z", true, false},
		{"2026-10-01", "2026-10-31", "Asia/Shanghai", "2026-10-31T16:00:00Z", false, false},
		{"2026-10-01", "2026-10-31", "America/New_York", "2026-11-01T03:59:59Z", true, false},
		{"2026-10-01", "2026-10-31", "America/New_York", "2026-11-01T04:00:00Z", false, false},
		// The day on which summer time ends has 25 hours, all of them inside.
		{"2026-10-25", "2026-10-25", "Europe/Berlin", "2026-10-24T21:59:59Z", false, true},
		{"2026-10-25", "2026-10-25", "Europe/Berlin", "2026-10-24T22:00:00Z", true, false},
		{"2026-10-25", "2026-10-25", "Europe/Berlin", "2026-10-25T22:59:59Z", true, false},
		{"2026-10-25", "2026-10-25", "Europe/Berlin", "2026-10-25T23:00:00Z", false, false},
	} {
		location, err := time.LoadLocation(c.timezone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339Nano, c.at)
		if err != nil {
			t.Fatal(err)
		}
		s := &Survey{Window: Window{c.from, c.until}, location: location}
		if open, early := s.OpenAt(at); open != c.open || early != c.early {
			t.Errorf("%s to %s in %s at %s: open %v, early %v", c.from, c.until, c.timezone, c.at, open, early)
		}
	}
}

func TestTakesAt(t *testing.T) {
	for _, c := range []struct {
		timezone, at, period string
		phase                Phase
	}{
		{"UTC", "2026-09-30T23:59:59Z", "", Early},
		{"UTC", "2026-10-01T00:00:00Z", "2026-Q4", Open},
		{"UTC", "2026-12-31T23:59:59.9Z", "2026-Q4", Open},
		{"UTC", "2027-01-01T00:00:00Z", "2026-Q4", Closed}, // begun in time: not of the next quarter
		{"UTC", "2027-01-01T00:29:59.9Z", "2026-Q4", Closed},
		{"UTC", "2027-01-01T00:30:00Z", "", Closed},
		{"Asia/Shanghai", "2026-12-31T16:29:59Z", "2026-Q4", Closed},
		{"Asia/Shanghai", "2026-12-31T16:30:00Z", "", Closed},
	} {
		location, err := time.LoadLocation(c.timezone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339Nano, c.at)
		if err != nil {
			t.Fatal(err)
		}
		s := &Survey{Window: Window{"2026-10-01", "2026-12-31"}, Period: Quarter, location: location}
		if period, ok := s.TakesAt(at); period != c.period || ok != (c.period != "") {
			t.Errorf("in %s at %s: %q, %v", c.timezone, c.at, period, ok)
		}
		if got := s.PhaseAt(at); got != c.phase {
			t.Errorf("in %s at %s: phase %v", c.timezone, c.at, got)
		}
	}
}

func TestBeginningOfDay(t *testing.T) {
	for _, c := range []struct{ timezone, at, want string }{
		{"UTC", "2026-10-01T00:00:00Z", "2026-10-01T00:00:00Z"},
		{"Asia/Shanghai", "2026-10-01T15:59:59Z", "2026-10-01T00:00:00+08:00"},
		{"Europe/Berlin", "2026-10-25T22:00:00Z", "2026-10-25T00:00:00+02:00"},
		{"America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T01:00:00-02:00"}, // a day that begins at one o'clock
		{"America/Havana", "2026-11-01T12:00:00Z", "2026-11-01T00:00:00-04:00"},    // a day whose first hour comes twice
	} {
		location, err := time.LoadLocation(c.timezone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		s := &Survey{location: location}
		if got := s.BeginningOfDay(at).Format(time.RFC3339); got != c.want {
			t.Errorf("in %s at %s: %s, want %s", c.timezone, c.at, got, c.want)
		}
	}
}

// TestNextPhase follows the ends of windows: at each the phase changes, and a moment before it has not yet.
func TestNextPhase(t *testing.T) {
	for _, c := range []struct {
		from, until Date
		timezone    string
		ends        int
	}{
		{"", "", "UTC", 0},
		{"2026-10-01", "", "UTC", 1},
		{"", "2026-12-31", "Asia/Shanghai", 1},
		{"2026-10-01", "2026-12-31", "America/New_York", 2},
		{"2026-10-25", "2026-10-25", "Europe/Berlin", 2},     // a day of 25 hours
		{"2018-11-04", "2018-11-04", "America/Sao_Paulo", 2}, // a day that begins at one o'clock
		{"2018-02-17", "2018-02-17", "America/Sao_Paulo", 2}, // a day whose last hour comes twice
		{"2026-10-31", "2026-11-01", "America/Havana", 2},    // a day whose first hour comes twice
		{"2011-12-29", "2011-12-30", "Pacific/Apia", 2},      // a day that never was
	} {
		location, err := time.LoadLocation(c.timezone)
		if err != nil {
			t.Fatal(err)
		}
		s := &Survey{Window: Window{c.from, c.until}, location: location}
		at, ends := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC), 0
		for {
			next, ok := s.NextPhase(at)
			if !ok {
				break
			}
			if before, after := s.PhaseAt(next.Add(-1)), s.PhaseAt(next); before == after || before != s.PhaseAt(at) {
				t.Errorf("%s to %s in %s: %v until %s, then %v", c.from, c.until, c.timezone, before, next, after)
			}
			at, ends = next, ends+1
		}
		if ends != c.ends {
			t.Errorf("%s to %s in %s: %d ends", c.from, c.until, c.timezone, ends)
		}
	}
}
