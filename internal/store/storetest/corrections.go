package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// correctionOf returns a correction of a response whose number is given.
func correctionOf(number, of int) review.Decisions {
	return review.Decisions{
		Number: number, By: "desk", At: time.Date(2026, 11, 30, 8, 0, number, 0, time.UTC), IDs: []string{response(of).ID},
		Correction: &review.Correction{Moved: number%2 == 0, Reason: fmt.Sprint("看错了 ", number), Answers: []answer.Answer{{"choice", "b"}, {"number"}}},
	}
}

// withPrivate adds a private answer to a correction.
func withPrivate(d review.Decisions) review.Decisions {
	c := *d.Correction
	c.Private = []answer.Answer{{"email", fmt.Sprintf("new%d@example.org", d.Number)}}
	d.Correction = &c
	return d
}

// erasedCorrection is what is left of a correction of an erased response.
func erasedCorrection(d review.Decisions) review.Decisions {
	d.Correction = &review.Correction{Moved: d.Correction.Moved, Erased: true}
	return d
}

func (h heldTest) erase(of int) {
	h.Helper()
	if erased, err := h.Erasure.Erase(ctx, surveyID, response(of).ID, nil); err != nil || !erased {
		h.Fatal(erased, err)
	}
}

func (h heldTest) checkCorrections(what string, private review.PrivateCorrections, want ...review.Decisions) {
	h.Helper()
	if got := allDecisions(h.T, h.Backend, surveyID, period); !reflect.DeepEqual(got, want) {
		h.Errorf("%s: stored are\n%+v, want\n%+v", what, got, want)
	}
	got, err := h.Reviews.PrivateCorrections(ctx, surveyID, response(1).ID)
	if err != nil || !(len(got) == 0 && len(private) == 0) && !reflect.DeepEqual(got, private) {
		h.Errorf("%s: private are %v, %v, want %v", what, got, err, private)
	}
}

// corrected stores corrections with tallies, both or neither, keeps private answers apart, and erases with the response what they say.
func corrected(t *testing.T, b Backend) {
	h := heldTest{T: t, Backend: b}
	h.must(b.Definitions.PutDefinition(ctx, tiers(t)))
	first, third := correctionOf(1, 1), correctionOf(3, 2)
	if err := b.Reviews.Decide(ctx, surveyID, period, first, tallyOf(1), 0); !errors.Is(err, store.ErrStale) {
		t.Errorf("a correction of a response that is not stored: %v", err)
	}
	if counted, _, err := b.Tallies.Tally(ctx, surveyID, period); counted != nil || err != nil {
		t.Errorf("and there is a tally: %v", err)
	}
	for n := range 3 {
		put(t, b, response(n), true)
	}
	if err := b.Reviews.Decide(ctx, surveyID, period, first, tallyOf(1), 7); !errors.Is(err, store.ErrStale) {
		t.Errorf("a correction with another tally: %v", err)
	}
	h.checkCorrections("at first", nil)
	h.must(b.Reviews.Decide(ctx, surveyID, period, withPrivate(first), tallyOf(1), 0))
	h.must(b.Reviews.Decide(ctx, surveyID, period, decisionsOf(2, 1), tallyOf(2), 1))
	h.must(b.Reviews.Decide(ctx, surveyID, period, third, tallyOf(3), 2))
	fourth := correctionOf(4, 1)
	h.must(b.Reviews.Decide(ctx, surveyID, period, withPrivate(fourth), tallyOf(4), 3))
	private := review.PrivateCorrections{1: withPrivate(first).Correction.Private, 4: withPrivate(fourth).Correction.Private}
	h.Backend = b.reopen(t)
	h.checkCorrections("opened again", private, first, decisionsOf(2, 1), third, fourth)
	h.erase(1)
	h.checkCorrections("erased", nil, erasedCorrection(first), decisionsOf(2, 1), third, erasedCorrection(fourth))
	_, revision, err := h.Tallies.Tally(ctx, surveyID, period)
	h.must(err)
	if err := h.Reviews.Decide(ctx, surveyID, period, correctionOf(5, 1), tallyOf(5), revision); !errors.Is(err, store.ErrStale) {
		t.Errorf("a correction of an erased response: %v", err)
	}
	h.must(h.Reviews.Decide(ctx, surveyID, period, correctionOf(5, 2), tallyOf(5), revision))
}

// correctedWhileErased corrects a response while it is erased: it is erased in the end, and nothing is left of what was said.
func correctedWhileErased(t *testing.T, b Backend) {
	h := heldTest{T: t, Backend: b}
	h.must(b.Definitions.PutDefinition(ctx, tiers(t)))
	put(t, b, response(1), true)
	collect(t, b, surveyID, period)
	var corrections atomic.Int64
	var group errgroup.Group
	for range 4 {
		group.Go(func() error {
			for range 3 {
				_, revision, err := b.Tallies.Tally(ctx, surveyID, period)
				if err != nil {
					return err
				}
				d := correctionOf(int(corrections.Load())+1, 1)
				switch err := b.Reviews.Decide(ctx, surveyID, period, withPrivate(d), tallyOf(1), revision); {
				case err == nil:
					corrections.Add(1)
				case !errors.Is(err, store.ErrStale):
					return err
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		_, err := b.Erasure.Erase(ctx, surveyID, response(1).ID, nil)
		return err
	})
	h.must(group.Wait())
	all := allDecisions(t, b, surveyID, period)
	if int64(len(all)) != corrections.Load() || slices.ContainsFunc(all, func(d review.Decisions) bool { return !d.Correction.Erased }) {
		t.Errorf("stored %d corrections, and there are %+v", corrections.Load(), all)
	}
	if private, err := b.Reviews.PrivateCorrections(ctx, surveyID, response(1).ID); len(private) > 0 || err != nil {
		t.Errorf("private are %v, %v", private, err)
	}
}

// correctionsImported takes over corrections that another store has, before and after their responses.
func correctionsImported(t *testing.T, b Backend) {
	h := heldTest{T: t, Backend: b}
	h.must(b.Definitions.PutDefinition(ctx, tiers(t)))
	first, second := correctionOf(1, 1), correctionOf(2, 1)
	take := func(what string, d review.Decisions, want bool) {
		t.Helper()
		if stored, err := b.Reviews.ImportDecisions(ctx, surveyID, period, d); err != nil || stored != want {
			t.Errorf("%s: stored %t, %v", what, stored, err)
		}
	}
	take("before its response", withPrivate(first), true)
	h.checkCorrections("before", nil, first)
	put(t, b, response(1), true)
	take("again", withPrivate(first), false)
	take("the second", withPrivate(second), true)
	private := review.PrivateCorrections{1: withPrivate(first).Correction.Private, 2: withPrivate(second).Correction.Private}
	h.checkCorrections("after", private, first, second)
	take("once more", withPrivate(first), false)
	h.checkCorrections("once more", private, first, second)
	if _, err := b.Reviews.ImportDecisions(ctx, surveyID, period, decisionsOf(1, 1)); err == nil {
		t.Error("other decisions under the number are taken")
	}
	h.erase(1)
	take("of an erased one", withPrivate(correctionOf(3, 1)), true)
	take("of an erased one, again", withPrivate(first), false)
	take("erased there", erasedCorrection(correctionOf(4, 2)), true)
	fifth := correctionOf(5, 2)
	take("of one that is still to come", fifth, true)
	take("of one that was erased before it came", erasedCorrection(fifth), false)
	h.checkCorrections("erased", nil, erasedCorrection(first), erasedCorrection(second), erasedCorrection(correctionOf(3, 1)), erasedCorrection(correctionOf(4, 2)),
		erasedCorrection(fifth))
}

// correctedAndCounted corrects responses that wait, that are in a block and that are held: the first count as corrected, the second as
// they came, and folding the log again comes to the same.
func correctedAndCounted(t *testing.T, b Backend) {
	h := heldTest{t, b, tiers(t), 12}
	h.must(b.Definitions.PutDefinition(ctx, h.survey))
	for n := range 12 {
		r := tiered(n)
		r.Answers = []answer.Answer{{"tier", "a"}, {"choice", "bad"}}
		if n >= 6 {
			r.Answers[0] = answer.Answer{"tier", "b"}
		}
		if r.Quality.Flags = answer.Watched; n >= 10 {
			r.Quality = answer.Quality{Flags: answer.Watched | answer.Rate, Seconds: 60}
		}
		put(t, b, r, true)
	}
	publishAll(t, b, h.survey) // tier a, and 4 of b wait
	h.check("at first", 6, 4, 2, 0)
	good := func(number, of int, counts bool, more ...answer.Answer) {
		t.Helper()
		counted, revision, err := h.Tallies.Tally(ctx, surveyID, "all")
		h.must(err)
		known := store.Settled{}
		h.must(known.ReadDecisions(ctx, h.Reviews, surveyID, "all"))
		found, err := h.Erasure.Find(ctx, tiered(of).ID)
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		d := correctionOf(number, of)
		d.Correction.Moved, d.Correction.Answers = len(more) > 0, append([]answer.Answer{{"choice", "good"}}, more...)
		if got := known.Correct(counted, h.survey, found[0], d); got != counts {
			t.Fatalf("correction %d counts: %t", number, got)
		}
		counted.Decided = number
		h.must(h.Reviews.Decide(ctx, surveyID, "all", d, counted, revision))
	}
	good(1, 0, false)                            // in a block
	good(2, 7, true)                             // waits
	good(3, 8, true, answer.Answer{"tier", "a"}) // moves to where there has been a block
	good(4, 10, false)                           // held
	h.checkChoices("corrected", map[string]int64{"a good": 1, "b good": 1, "b bad": 2})
	h.check("corrected", 6, 4, 2, 0)
	h.decide(5, false, 10)
	h.checkChoices("accepted", map[string]int64{"a good": 1, "b good": 2, "b bad": 2})
	h.check("accepted", 6, 5, 1, 0)
	for n := 12; n < 16; n++ {
		r := tiered(n)
		r.Answers = []answer.Answer{{"tier", "a"}, {"choice", "bad"}}
		put(t, b, r, true)
	}
	h.total = 16
	publishAll(t, b, h.survey) // 4 and the one that was moved
	h.check("moved, and published", 11, 4, 1, 0)
	good(6, 8, false)
	for _, n := range []int{8, 7} {
		if erased, err := b.Erasure.Erase(ctx, surveyID, tiered(n).ID, []string{"tier"}); err != nil || !erased {
			t.Fatal(erased, err)
		}
	}
	h.checkChoices("erased", map[string]int64{"b good": 1, "b bad": 2})
	h.check("one that was moved and published, and one that waits, are erased", 11, 3, 1, 0)
	publishAll(t, b, h.survey)
	h.check("published again", 11, 3, 1, 0)
}

// checkChoices checks what those who wait chose, by tier.
func (h heldTest) checkChoices(what string, want map[string]int64) {
	h.Helper()
	counted, _, err := h.Tallies.Tally(ctx, surveyID, "all")
	h.must(err)
	got := map[string]int64{}
	for key, c := range partOf(counted, h.survey.Shape).Cohorts {
		for _, n := range c.Items["choice"].Clone().Counts {
			if n.N > 0 {
				got[key+" "+n.Option] = n.N
			}
		}
	}
	if !reflect.DeepEqual(got, want) {
		h.Errorf("%s: %v wait, want %v", what, got, want)
	}
}

func partOf(t *tally.Tally, shape string) *tally.Part {
	if p := t.Parts[shape]; p != nil {
		return p
	}
	return &tally.Part{}
}
