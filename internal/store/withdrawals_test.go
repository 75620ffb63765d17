package store_test

import (
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Where nothing may join a person and an answer, nothing says when within a day an answer was taken back; elsewhere the time is kept.
func TestTakenBackOnADay(t *testing.T) {
	now := time.Date(2026, 10, 5, 13, 45, 0, 0, time.UTC)
	for access, want := range map[string]time.Time{
		"access: invited":                        now.Truncate(24 * time.Hour),
		"access: invited\nanonymity: identified": now,
		"access: open":                           now,
	} {
		s, problems := questionnaire.Parse("tea.yaml", []byte("title: Tea\nlanguages: [en]\n"+access+"\nsections: [{questions: [{id: taste, type: nps, label: Taste}]}]\n"))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		m, ctx := storetest.NewMemory(), t.Context()
		if err := m.PutDefinition(ctx, s); err != nil {
			t.Fatal(err)
		}
		const id = "00000000-0000-4000-8000-000000000001"
		if _, err := m.Put(ctx, answer.Response{ID: id, Survey: s.ID, Version: s.Version, Period: "all", Language: "en", Answers: []answer.Answer{{"taste", "1"}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := m.OpenCase(ctx, &cases.Case{ID: "c", Survey: s.ID, Response: id, Status: cases.Open, Opened: now.Add(-48 * time.Hour)}); err != nil {
			t.Fatal(err)
		}
		count(t, m, s)
		if done, err := store.TakeBack(ctx, m, s.ID, id, now); err != nil || !done.Erased || done.Period != "all" {
			t.Fatal(done, err)
		}
		all, err := m.CasesOf(ctx, s.ID)
		if err != nil || len(all) != 1 || !all[0].Withdrawn || all[0].Response != "" {
			t.Fatal(all, err)
		}
		if at := all[0].Changes[len(all[0].Changes)-1].At; !at.Equal(want) || !all[0].Closed.Equal(want) {
			t.Errorf("%s: taken back at %v, want %v", access, at, want)
		}
	}
}

// count folds what is stored of a survey into its tally.
func count(t *testing.T, m *storetest.Memory, s *survey.Survey) {
	t.Helper()
	ctx, counted := t.Context(), tally.New()
	if err := m.Collect(ctx, s.ID, "all"); err != nil {
		t.Fatal(err)
	}
	for e, err := range m.After(ctx, s.ID, "all", "") {
		if err == nil {
			err = store.NewAnswered(m, s.ID).Fold(ctx, counted, store.Settled{}, e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := m.SaveTally(ctx, s.ID, "all", counted, 0); err != nil {
		t.Fatal(err)
	}
}
