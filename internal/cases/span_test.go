package cases

import (
	"testing"
	"time"
)

func TestSpanBefore(t *testing.T) {
	for name, want := range map[string]string{
		"2026-10": "2026-09", "2026-01": "2025-12", "2026-Q4": "2026-Q3", "2026-Q1": "2025-Q4", "1000-01": "0999-12", "0000-01": "0000-01",
	} {
		span, err := ParseSpan(name)
		if err != nil {
			t.Fatal(err)
		}
		before := span.Before()
		if before.Name != want || (before.Name != name && !(before.Until < span.From)) {
			t.Errorf("before %s is %+v", name, before)
		}
	}
}

// TestOpenIn checks that a case is listed as open in the spans in which the figures count it as open.
func TestOpenIn(t *testing.T) {
	at := func(day string) time.Time {
		instant, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		return instant.Add(9 * time.Hour)
	}
	c := &Case{ID: "0123456789ABCDEF", Survey: "tea", Timezone: "UTC", Opened: at("2026-09-20"), Due: "2026-09-25", Status: Closed, Closed: at("2026-10-12"),
		Changes: []Change{{What: WasOpened}, {What: WasClosed}}}
	now := at("2026-11-30")
	for name, want := range map[string][2]bool{"2026-08": {false, false}, "2026-09": {true, true}, "2026-10": {false, false}} {
		span, err := ParseSpan(name)
		if err != nil {
			t.Fatal(err)
		}
		if open, overdue := c.OpenIn(span, now); open != want[0] || overdue != want[1] {
			t.Errorf("%s: open %t, overdue %t", name, open, overdue)
		}
	}
}
