package storetest

import (
	"bytes"
	"fmt"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// fold brings the tally of a period up to date, after collecting, as a publisher does, and returns it as it is stored
// afterwards.
func fold(t *testing.T, b Backend, s *survey.Survey, period string) (kept *tally.Tally, folded int) {
	t.Helper()
	collect(t, b, s.ID, period)
	counted, revision, err := b.Tallies.Tally(ctx, s.ID, period)
	if err != nil {
		t.Fatal(err)
	}
	if counted == nil || counted.Shape != s.Shape {
		counted = tally.New(s)
	}
	for _, entry := range after(t, b, s.ID, period, counted.Cursor) {
		counted.Fold(s, entry.Response)
		counted.Cursor = entry.Cursor
		folded++
	}
	if err := b.Tallies.SaveTally(ctx, s.ID, period, counted, revision); err != nil {
		t.Fatal(err)
	}
	if kept, _, err = b.Tallies.Tally(ctx, s.ID, period); err != nil {
		t.Fatal(err)
	}
	return kept, folded
}

// changedDefinition folds answers, changes what they count as, and folds them again: with the new definition, with one in
// which only a word has changed, and with the first one.
func changedDefinition(t *testing.T, b Backend) {
	const n = 300
	for i := range n {
		r := response(i)
		r.Period = "all"
		r.Answers = []answer.Answer{{"choice", []string{"a", "b"}[i%2]}}
		put(t, b, r, true)
	}
	first := parse(t, "One")
	rescored, reworded := *first, *first
	rescored.Sections = []survey.Section{first.Sections[0]}
	rescored.Sections[0].Questions = []survey.Question{first.Sections[0].Questions[0]}
	question := &rescored.Sections[0].Questions[0]
	question.Options = append([]survey.Option(nil), question.Options...)
	score := 7 * survey.One
	question.Options[0].Score, question.Options[1].ID = &score, "c" // "b" is no option any more
	rescored.Version, rescored.Shape = "rescored", "another"
	reworded.Version, reworded.Title = "reworded", survey.Text{"en": "Won"}
	changed, err := survey.Decode(rescored.Encode())
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name   string
		s      *survey.Survey
		folded int
		counts tally.Counts
	}{
		{"first", first, n, tally.Counts{{Option: "a", N: n / 2}, {Option: "b", N: n / 2}}},
		{"again", first, 0, tally.Counts{{Option: "a", N: n / 2}, {Option: "b", N: n / 2}}},
		{"rescored", changed, n, tally.Counts{{Option: "a", N: n / 2}, {Option: "c"}}},
		{"reworded", &reworded, n, tally.Counts{{Option: "a", N: n / 2}, {Option: "b", N: n / 2}}},
		{"reworded back", first, 0, tally.Counts{{Option: "a", N: n / 2}, {Option: "b", N: n / 2}}},
	} {
		if err := b.Definitions.PutDefinition(ctx, step.s); err != nil {
			t.Fatal(step.name, err)
		}
		kept, folded := fold(t, b, step.s, "all")
		if folded != step.folded {
			t.Errorf("%s: %d folded, want %d", step.name, folded, step.folded)
		}
		direct := tally.New(step.s)
		for _, entry := range after(t, b, surveyID, "all", "") {
			direct.Fold(step.s, entry.Response)
			direct.Cursor = entry.Cursor
		}
		if !bytes.Equal(kept.Encode(), direct.Encode()) {
			t.Errorf("%s: stored\n%s\nand folded from the log\n%s", step.name, kept.Encode(), direct.Encode())
		}
		item := kept.Cohorts[""].Items["choice"]
		for _, c := range step.counts {
			if got := item.Counts.Of(c.Option); got != c.N {
				t.Errorf("%s: %s was chosen %d times, want %d: %s", step.name, c.Option, got, c.N, fmt.Sprint(item.Counts))
			}
		}
	}
}
