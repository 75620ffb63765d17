package publish_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/invitation"
	"glasspoll/internal/publish"
	"glasspoll/internal/publish/publishtest"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// countedReads counts how often counters are read.
type countedReads struct {
	store.Counts
	n int
}

func (c *countedReads) Counted(ctx context.Context, survey string) (map[string]int64, error) {
	c.n++
	return c.Counts.Counted(ctx, survey)
}

// TestInvitationsByTheDay: counters of invitations are read in the first run of a day and when the period is over, and what is
// said of a day is said when it is over.
func TestInvitationsByTheDay(t *testing.T) {
	t.Parallel()
	s := newScene(t, `
access: invited
sections:
  - questions:
    - {id: all, type: rating, steps: 5, label: All}
results: {min_group: 5}
`)
	ctx := context.Background()
	reads := &countedReads{Counts: s.back}
	publisher := publish.New(publish.Options{Collector: s.back, Log: s.back, Definitions: s.back, Tallies: s.back, Releases: s.back, Progress: s.back, Pages: s.pages,
		Counts: reads, Renderer: must(publishtest.Renderer()), Now: func() time.Time { return s.now }})
	run := func(wantReads int, wants ...string) {
		t.Helper()
		before := reads.n
		if _, err := publisher.Publish(ctx, s.survey, s.survey.PeriodAt(s.now)); err != nil {
			t.Fatal(err)
		}
		for _, w := range s.pages.Take() {
			s.bodies[w.Path] = string(w.Body)
		}
		if n := reads.n - before; n != wantReads {
			t.Errorf("counters were read %d times, want %d", n, wantReads)
		}
		for _, want := range wants {
			if said := s.page(); !strings.Contains(said, want) {
				t.Errorf("no %q in %s", want, said)
			}
		}
	}
	var all []invitation.Invitation
	for n := range 40 {
		var secret invitation.Secret
		secret[0] = byte(n)
		all = append(all, invitation.Invitation{Hash: secret.Hash(), Survey: s.survey.ID, Period: s.survey.PeriodAt(s.now), Channel: "mail"})
	}
	if _, err := s.back.PutInvitations(ctx, all); err != nil {
		t.Fatal(err)
	}
	raise := func() {
		t.Helper()
		if err := store.RaiseInvitations(ctx, s.back, s.survey, s.now); err != nil {
			t.Fatal(err)
		}
	}
	raise()
	answer := func(n int) {
		t.Helper()
		for range n {
			s.answer("all=4")
			day := survey.Date(s.now.Format(time.DateOnly))
			for _, step := range []invitation.Step{invitation.Opened, invitation.Completed} {
				if err := s.back.Count(ctx, s.survey.ID, invitation.CounterOf(s.survey, all[0], step, day, "").Name()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	answer(6)
	run(1, "Issued 40", "Completed 6 15.0%", "6 of 40 who were asked")
	answer(7)
	run(0, "13 of 40 who were asked")
	run(0)
	hashes := make([]invitation.Hash, 10)
	for n := range hashes {
		hashes[n] = all[30+n].Hash
	}
	if _, err := s.back.WithdrawInvitations(ctx, hashes); err != nil {
		t.Fatal(err)
	}
	raise()
	s.now = s.now.AddDate(0, 0, 1)
	answer(1)
	run(1, "Issued 40", "Asked 30", "Opened (about) 15", "Completed 13 43.3%")
	run(0)
	answer(14) // two have not
	run(0, "All who were asked have answered, but for fewer than 5")
	s.now = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	run(1) // it makes the last release
	run(1) // which leaves nothing to do
	run(0)
}

// BenchmarkInvitations measures what counting the invitations to a survey costs whoever invites, and what a day's first run costs
// more with them.
func BenchmarkInvitations(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		back := openAny(0)(b).(store.Tallying)
		s := &survey.Survey{ID: "tea", Access: survey.InvitedAccess, Period: survey.NoPeriod, Languages: []string{"en"}, Timezone: "UTC"}
		if err := s.Seal(); err != nil {
			b.Fatal(err)
		}
		var all []invitation.Invitation
		for i := range n {
			var secret invitation.Secret
			secret[0], secret[1], secret[2] = byte(i), byte(i>>8), byte(i>>16)
			all = append(all, invitation.Invitation{Hash: secret.Hash(), Survey: "tea", Batch: "all", Channel: []string{"mail", "card"}[i%2]})
		}
		if _, err := back.PutInvitations(b.Context(), all); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint("raise of ", n), func(b *testing.B) {
			for b.Loop() {
				if err := store.RaiseInvitations(b.Context(), back, s, time.Now()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprint("read of ", n), func(b *testing.B) {
			for b.Loop() {
				counted, err := back.Counted(b.Context(), "tea")
				if err != nil || invitation.FactsOf(s, "all", "2026-11-30", false, 5, counted) == nil {
					b.Fatal(err)
				}
			}
		})
	}
}
