package mailing

import (
	"slices"
	"testing"

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
