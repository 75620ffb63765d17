package publish_test

import (
	"testing"
	"time"

	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
)

// TestNextDue goes through the minutes around the ends of days, periods and windows: up to the next instant that is due, neither the day
// nor whether a period is closed changes.
func TestNextDue(t *testing.T) {
	for _, more := range []string{"", "period: month\n", "window: {from: 2026-10-24, until: 2026-10-26}\n", "period: month\nwindow: {from: 2026-10-24, until: 2026-11-01}\n"} {
		for _, zone := range []string{"Europe/Berlin", "Asia/Kathmandu"} {
			s, problems := questionnaire.Parse("tea.yaml", []byte("title: Tea\nlanguages: [en]\ntimezone: "+zone+"\n"+more+"sections: [{questions: [{id: taste, type: yes_no, label: Taste}]}]\n"))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			type state struct {
				day    string
				closed [3]bool
			}
			at := func(now time.Time) (is state) {
				is.day = string(s.DateAt(now))
				for i, period := range []string{"all", "2026-10", "2026-11"} {
					is.closed[i] = publish.Closed(s, period, now)
				}
				return is
			}
			begin := time.Date(2026, 10, 23, 12, 0, 0, 0, time.UTC)
			from, due := begin, publish.NextDue(s, begin)
			for now := begin; now.Before(begin.AddDate(0, 0, 11)); now = now.Add(time.Minute) {
				if !now.Before(due) {
					from, due = now, publish.NextDue(s, now)
				}
				if at(now) != at(from) {
					t.Fatalf("%s, %q: %v at %v, %v at %v, and only %v is due", zone, more, at(from), from, at(now), now, due)
				}
				if !due.After(now) || due.After(now.Add(25*time.Hour)) {
					t.Fatalf("%s, %q: due %v after %v", zone, more, due, now)
				}
			}
		}
	}
}
