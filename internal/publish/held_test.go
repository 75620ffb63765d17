package publish_test

import (
	"fmt"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
)

const rushed = `title: Tea
languages: [en]
timezone: UTC
alerts: [{when: taste <= 2, open: complaint, owner: desk, due_days: 5}]
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, label: Taste}
`

// TestBurstIsHeld: of a flood, what is held reaches no release, wherever runs fall, opens no case, and a second publisher, which
// folds everything again, agrees.
func TestBurstIsHeld(t *testing.T) {
	t.Parallel()
	s, problems := questionnaire.Parse("tea.yaml", []byte(rushed))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	m := storetest.NewMemory()
	if err := m.PutDefinition(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	publisher := func() *publish.Publisher {
		return publish.New(publish.Options{Collector: m, Log: m, Definitions: m, Tallies: m, Releases: m, Pages: m, Renderer: nothing{}, Progress: m, Reviews: m, Cases: m, Now: func() time.Time { return now }})
	}
	const flood, runs = 2000, 10
	running, held := publisher(), int64(0)
	for run := range runs {
		var some []store.Entry
		for i := range flood / runs {
			n := run*flood/runs + i
			r := answer.Response{ID: fmt.Sprintf("6f1c9ee4-5f2b-4b3e-9a30-%012d", n), Survey: s.ID, Version: s.Version, Period: "all", Language: "en", Answers: []answer.Answer{{"taste", "1"}}}
			r.Quality.Flags = answer.Watched
			some = append(some, store.Entry{Arrived: now.Add(time.Duration(n) * 100 * time.Millisecond), Response: r})
		}
		if n, err := m.Import(t.Context(), s.ID, "all", some); err != nil || n != len(some) {
			t.Fatal(n, err)
		}
		out, err := running.Publish(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		held += out.Held
	}
	limit := int64(s.BurstLimit())
	latest, err := m.Latest(t.Context(), s.ID)
	if err != nil || len(latest) != 1 || latest[0].Respondents() > limit || held != flood-limit {
		t.Fatalf("%d are held, and released are %v, %v", held, latest, err)
	}
	if opened, err := m.CasesOf(t.Context(), s.ID); err != nil || int64(len(opened)) != limit {
		t.Errorf("%d cases, %v", len(opened), err)
	}
	before, revision, err := m.Tally(t.Context(), s.ID, "all")
	if err != nil || before.Held.Waiting != flood-limit {
		t.Fatal(before, err)
	}
	lost := before.Clone()
	lost.Release = 99
	if err := m.SaveTally(t.Context(), s.ID, "all", lost, revision); err != nil {
		t.Fatal(err)
	}
	if _, err := publisher().Publish(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if after, _, err := m.Tally(t.Context(), s.ID, "all"); err != nil || after.Held.Waiting != flood-limit || after.Waiting() != before.Waiting() {
		t.Errorf("folded again %+v and %d wait, before %+v and %d; %v", after.Held, after.Waiting(), before.Held, before.Waiting(), err)
	}
}
