package mailing

import (
	"slices"
	"testing"
	"time"

	"glasspoll/internal/bounce"
	"glasspoll/internal/invitees"
)

// TestMatch finds the messages that reports are about.
func TestMatch(t *testing.T) {
	w := newWorld(t, start(t, nil), people(4)...)
	if _, err := w.send(); err != nil {
		t.Fatal(err)
	}
	all := slices.Collect(w.file.All())
	second := invitees.Message{Name: reminderName(1), State: invitees.Sent, At: "2026-12-07T10:00:00Z"}
	if err := w.file.Write(all[1].MessageEvent(second)); err != nil {
		t.Fatal(err)
	}
	tag := func(n int, name string) string { return tagOf(all[n].Secret, name) }
	found, others := Match(w.file.Record, []bounce.Report{
		{Tags: []string{"aaaaaaaaaaaaaaaa", tag(0, Invitation)}, To: []string{"elsewhere@example.com"}, Final: false},
		{Tags: []string{tag(0, Invitation)}, To: []string{"elsewhere@example.com"}, Final: true, Note: "5.1.1"},
		{To: []string{"P2@Example.com"}, Final: true},
		{Tags: []string{tag(2, reminderName(1))}, To: []string{"nobody@example.com"}, Final: true}, // of which none was sent
		{To: []string{"nobody@example.com"}, Final: true},
		{Tags: []string{tag(3, Invitation)}, To: []string{"p4@example.com"}, Final: false},
	})
	if len(found) != 3 || len(others) != 2 {
		t.Fatalf("%+v\n%+v", found, others)
	}
	for at, want := range []struct {
		number  int
		message string
		news    bool
	}{{1, Invitation, true}, {2, reminderName(1), true}, {4, Invitation, false}} {
		got := found[at]
		if got.Invitee.Number != want.number || got.Message.Name != want.message || got.News() != want.news {
			t.Errorf("%+v, want %+v", got, want)
		}
		if got.News() {
			if err := w.file.Write(got.Event("2026-12-08T10:00:00Z")); err != nil {
				t.Error(err)
			}
		}
	}
	w.wantStates("bounced sent sent sent")
	if again, _ := Match(w.file.Record, []bounce.Report{{Tags: []string{tag(0, Invitation)}, Final: true}}); len(again) != 1 || again[0].News() {
		t.Errorf("%+v", again)
	}
}

// TestReportsOfBefore do not count again for somebody who can be written to again.
func TestReportsOfBefore(t *testing.T) {
	w := newWorld(t, start(t, nil), people(2)...)
	if _, err := w.send(); err != nil {
		t.Fatal(err)
	}
	all := slices.Collect(w.file.All())
	date := func(day int) time.Time { return time.Date(2026, 12, day, 0, 0, 0, 0, time.UTC) }
	sent := invitees.Message{Name: Invitation, State: invitees.Sending, At: "2026-12-05T00:00:00Z"}
	for n, address := range []string{"", "p2@new.example.com"} {
		i := all[n]
		back, sending, again := sent, sent, sent
		back.State, again.State = invitees.Bounced, invitees.Sent
		if err := w.file.Write(i.MessageEvent(back), i.ReachedEvent(address, "2026-12-04T00:00:00Z")); err != nil {
			t.Fatal(err)
		}
		if got := i.State(); got != invitees.Made {
			t.Errorf("invitee %d is %s, and is not sent anything", i.Number, got)
		}
		if err := w.file.Write(i.MessageEvent(sending), i.MessageEvent(again)); err != nil {
			t.Fatal(err)
		}
	}
	report := func(n int, to string, at time.Time, final bool) bool {
		found, _ := Match(w.file.Record, []bounce.Report{{Tags: []string{tagOf(all[n].Secret, Invitation)}, To: []string{to}, Date: at, Final: final}})
		if len(found) != 1 {
			t.Fatalf("%+v", found)
		}
		_, delayed := found[0].Delay("2026-12-06T00:00:00Z")
		return found[0].News() || delayed
	}
	for _, c := range []struct {
		number int
		to     string
		at     time.Time
		final  bool
		want   bool
	}{
		{0, "p1@example.com", date(3), true, false},
		{0, "p1@example.com", date(3), false, false},
		{0, "p1@example.com", date(6), false, true},
		{0, "p1@example.com", date(6), true, true},
		{0, "p1@example.com", time.Time{}, true, true},
		{1, "p2@example.com", time.Time{}, true, false},
		{1, "p2@new.example.com", time.Time{}, true, true},
		{1, "p2@new.example.com", date(3), true, false},
	} {
		if got := report(c.number, c.to, c.at, c.final); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
