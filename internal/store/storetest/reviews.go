package storetest

import (
	"bytes"
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
	"glasspoll/internal/survey"
)

// decisionsOf returns decisions about responses whose numbers are given.
func decisionsOf(number int, responses ...int) review.Decisions {
	d := review.Decisions{Number: number, Reject: number%2 == 0, Reason: fmt.Sprint("原因 ", number), By: "li", At: time.Date(2026, 11, 29, 8, 0, number, 0, time.UTC)}
	for _, n := range responses {
		d.IDs = append(d.IDs, response(n).ID)
	}
	return d
}

func allDecisions(t *testing.T, b Backend, survey, period string) []review.Decisions {
	t.Helper()
	var all []review.Decisions
	for d, err := range b.Reviews.Decisions(ctx, survey, period) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

// decisions stores decisions with tallies: both are stored, or neither.
func decisions(t *testing.T, b Backend) {
	if all := allDecisions(t, b, surveyID, period); len(all) > 0 {
		t.Errorf("there are %v", all)
	}
	first, second := decisionsOf(1, 1, 2), decisionsOf(2, 3)
	second.IDs = append(second.IDs, "no uuid")
	for _, c := range []struct {
		name     string
		d        review.Decisions
		counted  int64
		revision int
		stale    bool
		refused  bool
		want     []review.Decisions
	}{
		{"the tally it needs is not there", first, 1, 1, true, false, nil},
		{"a number that does not follow", second, 1, 0, false, true, nil},
		{"nothing is decided of", decisionsOf(1), 1, 0, false, true, nil},
		{"the first", first, 1, 0, false, false, []review.Decisions{first}},
		{"a number that is taken", decisionsOf(1, 7), 9, 1, true, false, []review.Decisions{first}},
		{"an older revision", second, 9, 0, true, false, []review.Decisions{first}},
		{"the second", second, 2, 1, false, false, []review.Decisions{first, second}},
	} {
		err := b.Reviews.Decide(ctx, surveyID, period, c.d, tallyOf(c.counted), c.revision)
		if errors.Is(err, store.ErrStale) != c.stale || (err != nil) != (c.stale || c.refused) {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := allDecisions(t, b, surveyID, period); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: stored are\n%+v, want\n%+v", c.name, got, c.want)
		}
	}
	b = b.reopen(t)
	if got := allDecisions(t, b, surveyID, period); !reflect.DeepEqual(got, []review.Decisions{first, second}) {
		t.Errorf("opened again, there are\n%+v", got)
	}
	if counted, revision, err := b.Tallies.Tally(ctx, surveyID, period); err != nil || revision != 2 || !bytes.Equal(counted.Encode(), tallyOf(2).Encode()) {
		t.Errorf("the tally has revision %d, %v", revision, err)
	}
	for _, other := range [][2]string{{surveyID, "2027-Q1"}, {"other", period}} {
		if all := allDecisions(t, b, other[0], other[1]); len(all) > 0 {
			t.Errorf("%v has %v", other, all)
		}
	}
	large := decisionsOf(3)
	for n := range review.MaxIDs {
		large.IDs = append(large.IDs, response(n).ID)
	}
	if err := b.Reviews.Decide(ctx, surveyID, period, large, tallyOf(3), 2); err != nil {
		t.Error(err)
	}
	if got := allDecisions(t, b, surveyID, period); len(got) != 3 || !slices.Equal(got[2].IDs, large.IDs) {
		t.Errorf("there are %d decisions", len(got))
	}
}

// decisionsAtOnce decides in several places at the same time: each number is taken once.
func decisionsAtOnce(t *testing.T, b Backend) {
	var stored atomic.Int64
	var group errgroup.Group
	for n := range 8 {
		group.Go(func() error {
			switch err := b.Reviews.Decide(ctx, surveyID, period, decisionsOf(1, n), tallyOf(int64(n)), 0); {
			case err == nil:
				stored.Add(1)
			case !errors.Is(err, store.ErrStale):
				return err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil || stored.Load() != 1 {
		t.Errorf("stored %d times, %v", stored.Load(), err)
	}
	if all := allDecisions(t, b, surveyID, period); len(all) != 1 {
		t.Errorf("there are %v", all)
	}
}

// decisionsImported takes over decisions that another store has.
func decisionsImported(t *testing.T, b Backend) {
	for _, c := range []struct {
		d       review.Decisions
		stored  bool
		refused bool
	}{
		{decisionsOf(2, 1), false, true},
		{decisionsOf(1, 1), true, false},
		{decisionsOf(1, 1), false, false},
		{decisionsOf(1, 2), false, true},
		{decisionsOf(2, 2), true, false},
	} {
		stored, err := b.Reviews.ImportDecisions(ctx, surveyID, period, c.d)
		if stored != c.stored || (err != nil) != c.refused {
			t.Errorf("decisions %d: stored %t, %v", c.d.Number, stored, err)
		}
	}
	if got, want := allDecisions(t, b, surveyID, period), []review.Decisions{decisionsOf(1, 1), decisionsOf(2, 2)}; !reflect.DeepEqual(got, want) {
		t.Errorf("there are\n%+v, want\n%+v", got, want)
	}
}

// heldAndDecided stores responses that a rule holds back: they are kept apart from who waits, and out of blocks, until it is decided
// of them; and erasing one changes nothing of the others.
func heldAndDecided(t *testing.T, b Backend) {
	h := heldTest{t, b, tiers(t), 12}
	h.must(b.Definitions.PutDefinition(ctx, h.survey))
	for n := range 12 {
		r := tiered(n)
		r.Version = h.survey.Version
		r.Answers = []answer.Answer{{"tier", "a"}, {"choice", "bad"}}
		if r.Quality.Flags = answer.Watched; n%2 == 1 {
			r.Quality = answer.Quality{Flags: answer.Watched | answer.Rate, Seconds: 60}
		}
		put(t, b, r, true)
	}
	publishAll(t, b, h.survey)
	h.check("at first", 6, 0, 6, 0)
	h.decide(1, false, 1, 3)
	h.check("when two are accepted", 6, 2, 4, 0)
	h.decide(2, true, 5)
	h.check("when one is rejected", 6, 2, 3, 1)
	for _, n := range []int{7, 1} { // held, and accepted
		if erased, err := b.Erasure.Erase(ctx, surveyID, tiered(n).ID, []string{"tier"}); err != nil || !erased {
			t.Fatal(erased, err)
		}
	}
	h.check("when one that is held and one that was accepted are erased", 6, 1, 3, 1)
	publishAll(t, b, h.survey)
	h.check("published again", 6, 1, 3, 1)
}

type heldTest struct {
	*testing.T
	Backend
	survey *survey.Survey
	total  int64 // responses
}

func (h heldTest) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// check compares the stored tally with what is wanted, and with the log folded again.
func (h heldTest) check(what string, released, waiting, held, rejected int64) {
	h.Helper()
	counted, _, err := h.Tallies.Tally(ctx, surveyID, "all")
	h.must(err)
	latest, err := h.Releases.Latest(ctx, surveyID)
	if err != nil || len(latest) != 1 {
		h.Fatal(latest, err)
	}
	if got, of := latest[0].Respondents(), counted.Held; got != released || counted.Waiting() != waiting || of.Waiting != held || of.Rejected != rejected || counted.Folded() != h.total {
		h.Errorf("%s: %d are in blocks, %d wait, %+v", what, got, counted.Waiting(), of)
	}
	known := store.Settled{}
	h.must(known.ReadDecisions(ctx, h.Reviews, surveyID, "all"))
	again, answered := known.Resume(latest[0], nil), store.NewAnswered(h.Definitions, surveyID)
	for e, err := range h.Log.After(ctx, surveyID, "all", "") {
		h.must(err)
		h.must(answered.Fold(ctx, again, known, e))
	}
	if !bytes.Equal(again.Encode(), counted.Encode()) {
		h.Errorf("%s: stored\n%+v %+v\nand folded from the log\n%+v %+v", what, counted, counted.Held, again, again.Held)
	}
}

// decide decides of responses.
func (h heldTest) decide(number int, reject bool, of ...int) {
	h.Helper()
	counted, revision, err := h.Tallies.Tally(ctx, surveyID, "all")
	h.must(err)
	known := store.Settled{}
	h.must(known.ReadDecisions(ctx, h.Reviews, surveyID, "all"))
	d := decisionsOf(number, of...)
	d.Reject = reject
	for _, n := range of {
		found, err := h.Erasure.Find(ctx, tiered(n).ID)
		if err != nil || len(found) != 1 {
			h.Fatal(found, err)
		}
		e, came := found[0], known.Came(h.survey, found[0])
		if !counted.Decide(h.survey, came, e.Response, store.DecisionOf(d, h.survey)) {
			h.Fatalf("it cannot be decided of response %d", n)
		}
	}
	counted.Decided, d.IDs = number, nil
	for _, n := range of {
		d.IDs = append(d.IDs, tiered(n).ID)
	}
	h.must(h.Reviews.Decide(ctx, surveyID, "all", d, counted, revision))
}
