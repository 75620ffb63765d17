package survey

import (
	"testing"
	"time"
)

func TestSpanBefore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		span      Span
		now, want string
	}{
		{Span{Days: 1}, "2026-03-01", "2026-02-28"},
		{Span{Days: 90}, "2026-11-30", "2026-09-01"},
		{Span{Months: 1}, "2026-03-31", "2026-02-28"},
		{Span{Months: 1}, "2028-03-31", "2028-02-29"},
		{Span{Months: 1}, "2026-03-28", "2026-02-28"},
		{Span{Months: 18}, "2026-08-31", "2025-02-28"},
		{Span{Months: 1}, "2026-01-15", "2025-12-15"},
		{Span{Years: 1}, "2028-02-29", "2027-02-28"},
		{Span{Years: 2}, "2026-11-30", "2024-11-30"},
	} {
		now, err := time.Parse(time.DateOnly, c.now)
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(13 * time.Hour)
		if got := c.span.Before(now); got.Format(time.DateTime) != c.want+" 13:00:00" {
			t.Errorf("%s before %s is %s, want %s", c.span, c.now, got, c.want)
		}
	}
}

func TestLeastDays(t *testing.T) {
	t.Parallel()
	for span, want := range map[Span]int{{Days: 90}: 90, {Months: 1}: 28, {Months: 2}: 59, {Months: 12}: 365, {Years: 1}: 365, {Years: 4}: 1461} {
		if got := span.LeastDays(); got != want {
			t.Errorf("%s has %d days at least, want %d", span, got, want)
		}
	}
}

func TestParseSpan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Span{"90d": {Days: 90}, "18m": {Months: 18}, "2y": {Years: 2}, "36600d": {Days: 36600}} {
		if got, ok := ParseSpan(text); !ok || got != want || got.String() != text {
			t.Errorf("%s: %+v, %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "d", "90", "0d", "-1d", "1.5y", "2 y", "2w", "101y", "1201m", "99999999999999999999d", "2Y", "+1d"} {
		if got, ok := ParseSpan(text); ok {
			t.Errorf("%q is %+v", text, got)
		}
	}
}
