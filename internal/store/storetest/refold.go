package storetest

import (
	"bytes"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// fold brings the tally of a period up to date, after collecting, as a publisher does, and returns it as it is stored
// afterwards.
func fold(t *testing.T, b Backend, survey, period string) (kept *tally.Tally, folded int) {
	t.Helper()
	collect(t, b, survey, period)
	counted, revision, err := b.Tallies.Tally(ctx, survey, period)
	if err != nil {
		t.Fatal(err)
	}
	if counted == nil {
		counted = tally.New()
	}
	folded = foldAfter(t, b, survey, period, counted)
	if err := b.Tallies.SaveTally(ctx, survey, period, counted, revision); err != nil {
		t.Fatal(err)
	}
	if kept, _, err = b.Tallies.Tally(ctx, survey, period); err != nil {
		t.Fatal(err)
	}
	return kept, folded
}

// foldAfter folds what is after a tally's cursor, each response by the questionnaire that it was answered under.
func foldAfter(t *testing.T, b Backend, survey, period string, counted *tally.Tally) (folded int) {
	t.Helper()
	answered := store.NewAnswered(b.Definitions, survey)
	for _, entry := range after(t, b, survey, period, counted.Cursor) {
		s, err := answered.Survey(ctx, entry.Response.Version)
		if err != nil {
			t.Fatal(err)
		}
		counted.Fold(s, entry.Cursor, entry.Day(s), entry.Response)
		folded++
	}
	return folded
}

// changedDefinition stores answers to several versions of a questionnaire, in which more than words has changed or only
// words: each answer counts by the version that was answered, whatever is in force when it is counted.
func changedDefinition(t *testing.T, b Backend) {
	first, rescored := tiers(t), changedTiers(t, "id: bad, label: Bad, score: 1", "id: awful, label: Awful, score: 1")
	reworded := changedTiers(t, "title: Erasure", "title: Eraser")
	if first.Shape != reworded.Shape || first.Shape == rescored.Shape {
		t.Fatalf("shapes %s, %s and %s", first.Shape, reworded.Shape, rescored.Shape)
	}
	n := 0
	for _, step := range []struct {
		name     string
		answered *survey.Survey // nil: a version that is not known
		inForce  *survey.Survey
		option   string
		answers  int
		want     map[string]int64 // counted so far, by shape and option
	}{
		{"first", first, first, "bad", 30, map[string]int64{"first bad": 30}},
		{"nothing new", first, first, "bad", 0, map[string]int64{"first bad": 30}},
		{"an option changed", rescored, rescored, "awful", 20, map[string]int64{"first bad": 30, "rescored awful": 20}},
		{"a page that was open", first, rescored, "bad", 3, map[string]int64{"first bad": 33, "rescored awful": 20}},
		{"an option that the version does not have", rescored, rescored, "bad", 2, map[string]int64{"first bad": 33, "rescored awful": 20}},
		{"a word changed", reworded, reworded, "bad", 10, map[string]int64{"first bad": 43, "rescored awful": 20}},
		{"a version that is not known", nil, first, "bad", 5, map[string]int64{"first bad": 43, "rescored awful": 20}},
		{"back again", first, first, "bad", 1, map[string]int64{"first bad": 44, "rescored awful": 20}},
	} {
		if err := b.Definitions.PutDefinition(ctx, step.inForce); err != nil {
			t.Fatal(step.name, err)
		}
		for range step.answers {
			r := tiered(n)
			r.Answers = []answer.Answer{{"tier", "a"}, {"choice", step.option}}
			if r.Version = "lost"; step.answered != nil {
				r.Version = step.answered.Version
			}
			put(t, b, r, true)
			n++
		}
		kept, folded := fold(t, b, surveyID, "all")
		if folded != step.answers {
			t.Errorf("%s: %d folded, want %d", step.name, folded, step.answers)
		}
		direct := tally.New()
		foldAfter(t, b, surveyID, "all", direct)
		if !bytes.Equal(kept.Encode(), direct.Encode()) {
			t.Errorf("%s: stored\n%+v\nand folded from the log\n%+v", step.name, kept, direct)
		}
		if kept.Received() != int64(n) {
			t.Errorf("%s: received %d of %d", step.name, kept.Received(), n)
		}
		for _, c := range []struct {
			name, shape, option string
		}{{"first bad", first.Shape, "bad"}, {"rescored awful", rescored.Shape, "awful"}, {"rescored bad", rescored.Shape, "bad"}} {
			got := int64(0)
			if p := kept.Parts[c.shape]; p != nil && p.Cohorts["a"] != nil && p.Cohorts["a"].Items["choice"] != nil {
				got = p.Cohorts["a"].Items["choice"].Counts.Of(c.option)
			}
			if got != step.want[c.name] {
				t.Errorf("%s: %s %d times, want %d", step.name, c.name, got, step.want[c.name])
			}
		}
	}
}
