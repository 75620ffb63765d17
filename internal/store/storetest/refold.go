package storetest

import (
	"bytes"
	"fmt"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// fold brings the tallies of a period up to date as a publisher does, and returns them as they are stored afterwards.
func fold(t *testing.T, b Backend, s *survey.Survey, period string) (kept []*tally.Tally, folded int) {
	t.Helper()
	for number := range store.Shards {
		shard := store.Shard{Survey: s.ID, Period: period, Number: number}
		counted, revision, err := b.Tallies.Tally(ctx, shard)
		if err != nil {
			t.Fatal(err)
		}
		if counted == nil || counted.Shape != s.Shape {
			counted = tally.New(s)
		}
		for _, entry := range after(t, b, shard, counted.Cursor) {
			if !entry.Settled {
				t.Fatalf("%s is not settled", entry.Response.ID)
			}
			counted.Fold(s, entry.Response)
			counted.Cursor = entry.Cursor
			folded++
		}
		if err := b.Tallies.SaveTally(ctx, shard, counted, revision); err != nil {
			t.Fatal(err)
		}
		if counted, _, err = b.Tallies.Tally(ctx, shard); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, counted)
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
	b.settle()
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
		for number := range store.Shards {
			for _, entry := range after(t, b, store.Shard{Survey: surveyID, Period: "all", Number: number}, "") {
				direct.Fold(step.s, entry.Response)
			}
		}
		whole := tally.Merge(kept...)
		direct.Cursor = whole.Cursor
		if !bytes.Equal(whole.Encode(), direct.Encode()) {
			t.Errorf("%s: stored\n%s\nand folded from the log\n%s", step.name, whole.Encode(), direct.Encode())
		}
		item := whole.Cohorts[""].Items["choice"]
		for _, c := range step.counts {
			if got := item.Counts.Of(c.Option); got != c.N {
				t.Errorf("%s: %s was chosen %d times, want %d: %s", step.name, c.Option, got, c.N, fmt.Sprint(item.Counts))
			}
		}
	}
}
