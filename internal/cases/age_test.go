package cases

import (
	"testing"
	"time"

	"glasspoll/internal/survey"
)

// TestNextAge ages cases at the instants that are named, and finds nothing to do a moment before.
func TestNextAge(t *testing.T) {
	opened := time.Date(2026, 10, 14, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		due   survey.Date
		at    time.Time
		above []string
		steps int
	}{
		{"never due", "", time.Time{}, []string{"manager"}, 0},
		{"on a day", "2026-10-20", time.Time{}, []string{"manager", "director"}, 2},
		{"at an instant", "2026-10-14", opened.Add(90 * time.Minute), []string{"desk", "manager", "director"}, 2},
		{"nobody above", "2026-10-14", opened.Add(time.Minute), nil, 1},
	} {
		one := &Case{Survey: "tea", Timezone: "Asia/Shanghai", Opened: opened, Due: c.due, DueAt: c.at, Owner: "desk", Above: c.above, Status: Assigned}
		now, steps := opened, 0
		for {
			next, ok := one.NextAge(now)
			if !ok {
				break
			}
			before := *one
			if happened := before.Age(next.Add(-1)); len(happened) > 0 {
				t.Fatalf("%s: %v before %v", c.name, happened, next)
			}
			if happened := one.Age(next); len(happened) == 0 {
				t.Fatalf("%s: nothing happens at %v", c.name, next)
			}
			steps++
			now = next
		}
		if late := one.Age(now.AddDate(1, 0, 0)); steps != c.steps || len(late) > 0 {
			t.Errorf("%s: it aged %d times, and then %v", c.name, steps, late)
		}
		one.Status, one.Closed = Closed, now
		if _, ok := one.NextAge(now); ok {
			t.Errorf("%s: it ages when it is closed", c.name)
		}
	}
}
