package storetest

import (
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Erasure is what operators can do with single responses and releases.
type Erasure interface {
	store.Erasure
	store.PrivateAnswers
	store.History
}

// tiers returns a questionnaire with a segment, a scored choice, a text and a private field.
func tiers(t *testing.T) *survey.Survey {
	t.Helper()
	return tiersSurvey()
}

var tiersSurvey = sync.OnceValue(func() *survey.Survey {
	s, problems := questionnaire.Parse(surveyID+".yaml", []byte(tiersYAML))
	if len(problems) > 0 {
		panic(problems)
	}
	return s
})

const tiersYAML = `
title: Erasure
languages: [en]
timezone: UTC
results: {min_group: 5}
sections:
  - questions:
      - {id: tier, type: single_choice, segment: true, label: Tier, options: [{id: a, label: A}, {id: b, label: B}]}
      - {id: choice, type: single_choice, label: Choice, options: [{id: good, label: Good, score: 2}, {id: bad, label: Bad, score: 1}]}
      - {id: why, type: long_text, label: Why}
      - {id: email, type: email, label: E-mail}
`

// changedTiers returns another version of it.
func changedTiers(t *testing.T, old, now string) *survey.Survey {
	t.Helper()
	source := strings.Replace(tiersYAML, old, now, 1)
	s, problems := questionnaire.Parse(surveyID+".yaml", []byte(source))
	if len(problems) > 0 || source == tiersYAML {
		t.Fatal(problems, source)
	}
	return s
}

// tiered returns a response of tier a to that survey.
func tiered(n int) answer.Response {
	r := response(n)
	r.Version, r.Period = tiersSurvey().Version, "all"
	r.Answers = []answer.Answer{{"tier", "a"}, {"choice", "good"}, {"why", "words of mine"}}
	r.Private = []answer.Answer{{"email", "mine@example.org"}}
	return r
}

// discard renders no pages and stores none.
type discard struct{}

func (discard) Page(context.Context, string) (string, int, error) { return "", 0, nil }
func (discard) Replace(context.Context, string, string, int, []byte) (string, error) {
	return "tag", nil
}
func (discard) HTML(io.Writer, results.Page) error { return nil }
func (discard) JSON(io.Writer, results.Page) error { return nil }
func (discard) CSV(io.Writer, results.Page) error  { return nil }

// publisherOptions returns the options of a publisher over the back end that discards its pages. Its clock stands on a day
// before all arrivals, so that no day ends in the middle of a test.
func publisherOptions(b Backend) publish.Options {
	return publish.Options{Collector: b.Collector, Log: b.Log, Definitions: b.Definitions, Tallies: b.Tallies, Releases: b.Releases, Progress: b.Progress, Reviews: b.Reviews, Pages: discard{}, Renderer: discard{},
		Now: func() time.Time { return time.Date(2024, 2, 1, 12, 0, 0, 0, time.UTC) }}
}

// publishAll publishes with all responses that are stored.
func publishAll(t *testing.T, b Backend, s *survey.Survey) publish.Outcome {
	t.Helper()
	out, err := publish.New(publisherOptions(b)).Publish(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// figures are what is known of a period: of the responses received, how many have been withdrawn, and who of the others is in
// a block.
type figures struct{ received, withdrawn, waiting, released int64 }

// figuresOf returns those of the tiers. It checks the answers of all who wait or are in blocks: each chose an option.
func figuresOf(t *testing.T, b Backend) (f figures) {
	t.Helper()
	stored, _, err := b.Tallies.Tally(ctx, surveyID, "all")
	if err != nil {
		t.Fatal(err)
	}
	if stored == nil {
		return figures{}
	}
	f.received, f.withdrawn = stored.Received(), stored.Withdrawn
	check := func(of string, c *tally.Counters) {
		if item := c.Items["choice"]; c.Respondents > 0 && (item == nil || item.N != c.Respondents) {
			t.Errorf("of %d who %s the answers are %+v", c.Respondents, of, item)
		}
	}
	for shape, p := range stored.Parts {
		if shape == "" {
			t.Errorf("responses to an unknown questionnaire: %+v", p)
		}
		waiting := tally.Total(p.Cohorts)
		check("wait", waiting)
		f.waiting += waiting.Respondents
	}
	latest, err := b.Releases.Latest(ctx, surveyID)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range latest {
		if r.Period != "all" {
			continue
		}
		if r.Number != stored.Release {
			t.Errorf("the tally is that of release %d, and the last one is %d", stored.Release, r.Number)
		}
		for _, p := range r.Parts {
			check("are in blocks", p.Total())
		}
		f.released += r.Respondents()
	}
	return f
}

func wantFigures(t *testing.T, b Backend, want figures) {
	t.Helper()
	if got := figuresOf(t, b); got != want {
		t.Errorf("the figures are %+v, want %+v", got, want)
	}
}

// An erasureTest erases one of the members of a block, and then one of those who wait.
type erasureTest struct {
	*testing.T
	b      Backend
	survey *survey.Survey
	n      int             // how many responses there are
	gone   answer.Response // the one that is erased

	// The state before the erasure.
	entries  []store.Entry
	tally    *tally.Tally
	revision int
}

func erasure(t *testing.T, b Backend) {
	e := newErasureTest(t, b)
	n := int64(e.n)
	for _, c := range []struct {
		gone int
		want figures // from then on
	}{
		{7, figures{n, 1, 3, n - 3}}, // the block stays
		{e.n - 2, figures{n, 2, 2, n - 3}},
	} {
		e.look(tiered(c.gone))
		e.erase(true)
		e.checkTally(c.want)
		e.checkTombstone()
		e.erase(false) // the second time changes nothing
		e.checkTombstone()
		e.checkTally(c.want)
		if out := publishAll(t, e.b, e.survey); out.Folded != 0 || len(out.Released) != 0 {
			t.Errorf("folded %d, released %v", out.Folded, out.Released)
		}
		wantFigures(t, e.b, c.want)
	}
	e.b = b.reopen(t)
	e.checkTombstone()
	// A block has no one who was erased before.
	for i := range 3 {
		put(t, e.b, tiered(e.n+i), true)
	}
	publishAll(t, e.b, e.survey)
	wantFigures(t, e.b, figures{n + 3, 2, 0, n - 3 + 5})
	e.checkUnknown()
}

func newErasureTest(t *testing.T, b Backend) *erasureTest {
	e := &erasureTest{T: t, b: b, survey: tiers(t), n: 23}
	if err := b.Definitions.PutDefinition(ctx, e.survey); err != nil {
		t.Fatal(err)
	}
	for i := range e.n {
		if i == e.n-3 {
			if out := publishAll(t, b, e.survey); out.Folded != int64(i) || len(out.Released) != 1 {
				t.Fatalf("folded %d, released %v", out.Folded, out.Released)
			}
		}
		put(t, b, tiered(i), true)
	}
	if out := publishAll(t, b, e.survey); out.Folded != 3 {
		t.Fatalf("folded %d, released %v", out.Folded, out.Released)
	}
	wantFigures(t, b, figures{int64(e.n), 0, 3, int64(e.n) - 3})
	return e
}

// look reads what there is before a response is erased.
func (e *erasureTest) look(gone answer.Response) {
	e.Helper()
	e.gone = gone
	e.entries = entries(e.T, e.b, surveyID, "all")
	var err error
	if e.tally, e.revision, err = e.b.Tallies.Tally(ctx, surveyID, "all"); err != nil || e.tally == nil {
		e.Fatal(e.tally, err)
	}
	found := e.find(e.gone.ID)
	if len(found) != 1 || found[0].Response.Survey != surveyID || found[0].Response.Period != "all" || found[0].Response.Withdrawn || time.Since(found[0].Arrived).Abs() > time.Hour {
		e.Fatalf("found %+v", found)
	}
	if got, err := e.b.Erasure.Private(ctx, surveyID, "all", e.gone.ID); err != nil || !reflect.DeepEqual(got, e.gone.Private) {
		e.Fatalf("private answers %v, %v", got, err)
	}
}

func (e *erasureTest) find(id string) []store.Entry {
	e.Helper()
	found, err := e.b.Erasure.Find(ctx, id)
	if err != nil {
		e.Fatal(err)
	}
	return found
}

// erase erases the response, and checks whether that changed anything.
func (e *erasureTest) erase(want bool) {
	e.Helper()
	if erased, err := e.b.Erasure.Erase(ctx, surveyID, e.gone.ID, []string{"tier"}); erased != want || err != nil {
		e.Fatalf("Erase = %t, %v; want %t", erased, err, want)
	}
}

// checkTally checks that the tally counts the tombstone in the response's place at once, without folding again: of responses
// that were counted and have been deleted since, the tally is all that is left.
func (e *erasureTest) checkTally(want figures) {
	e.Helper()
	if err := e.b.Tallies.SaveTally(ctx, surveyID, "all", e.tally, e.revision); !errors.Is(err, store.ErrStale) {
		e.Errorf("the tally from before could be saved: %v", err)
	}
	if after, _, err := e.b.Tallies.Tally(ctx, surveyID, "all"); err != nil || after.Cursor != e.tally.Cursor || after.Release != e.tally.Release {
		e.Errorf("the tally is %+v, %v; want cursor %s and release %d as before", after, err, e.tally.Cursor, e.tally.Release)
	}
	wantFigures(e.T, e.b, want)
}

// checkTombstone checks that nothing but the tombstone is left of the response.
func (e *erasureTest) checkTombstone() {
	e.Helper()
	for i, entry := range entries(e.T, e.b, surveyID, "all") {
		want := e.entries[i]
		if entry.Response.ID == e.gone.ID {
			want.Response = answer.Response{ID: e.gone.ID, Survey: surveyID, Version: e.gone.Version, Period: "all", Answers: e.gone.Answers[:1], Withdrawn: true}
		}
		if !reflect.DeepEqual(entry, want) {
			e.Errorf("the log has %+v\nwant %+v", entry, want)
		}
	}
	if got, err := e.b.Erasure.Private(ctx, surveyID, "all", e.gone.ID); err != nil || got != nil {
		e.Errorf("private answers after: %v, %v", got, err)
	}
	if got, err := e.b.Erasure.Private(ctx, surveyID, "all", tiered(8).ID); err != nil || got == nil {
		e.Errorf("private answers of another response: %v, %v", got, err)
	}
	if found := e.find(e.gone.ID); len(found) != 1 || !found[0].Response.Withdrawn {
		e.Errorf("found after: %+v", found)
	}
	putWithdrawn(e.T, e.b, e.gone) // the digest is gone too
}

// checkUnknown erases responses that do not exist.
func (e *erasureTest) checkUnknown() {
	e.Helper()
	for _, id := range []string{response(999).ID, "none"} {
		if found := e.find(id); len(found) != 0 {
			e.Errorf("found %v", found)
		}
		if erased, err := e.b.Erasure.Erase(ctx, surveyID, id, nil); erased || err != nil {
			e.Errorf("Erase of nothing = %t, %v", erased, err)
		}
	}
	if erased, err := e.b.Erasure.Erase(ctx, "other", e.gone.ID, nil); erased || err != nil {
		e.Errorf("Erase in another survey = %t, %v", erased, err)
	}
}

// erasureBeforeCounting erases a response that no tally holds yet.
func erasureBeforeCounting(t *testing.T, b Backend) {
	s := tiers(t)
	if err := b.Definitions.PutDefinition(ctx, s); err != nil {
		t.Fatal(err)
	}
	const n = 5
	for i := range n {
		put(t, b, tiered(i), true)
	}
	if erased, err := b.Erasure.Erase(ctx, surveyID, tiered(2).ID, []string{"tier"}); !erased || err != nil {
		t.Fatalf("Erase = %t, %v", erased, err)
	}
	wantFigures(t, b, figures{})
	if out := publishAll(t, b, s); out.Folded != n {
		t.Errorf("folded %d, want %d", out.Folded, n)
	}
	wantFigures(t, b, figures{n, 1, n - 1, 0})
}

// erasureAtOnce erases while others publish and write: in the end every response is counted but those that were erased.
func erasureAtOnce(t *testing.T, b Backend) {
	s := tiers(t)
	if err := b.Definitions.PutDefinition(ctx, s); err != nil {
		t.Fatal(err)
	}
	const n, gone = 120, 12
	for i := range n / 2 {
		put(t, b, tiered(i), true)
	}
	collect(t, b, surveyID, "all") // so that tallies are saved while their answers are erased
	var group errgroup.Group
	group.Go(func() error {
		for i := n / 2; i < n; i++ {
			if _, err := b.Responses.Put(ctx, tiered(i)); err != nil {
				return err
			}
		}
		return nil
	})
	group.Go(func() error {
		for range 10 {
			if _, err := publish.New(publisherOptions(b)).Publish(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	group.Go(func() error {
		for i := range gone {
			if erased, err := b.Erasure.Erase(ctx, surveyID, tiered(i).ID, []string{"tier"}); err != nil && !strings.Contains(err.Error(), "busy") || !erased {
				return errors.Join(errors.New("not erased"), err)
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	publishAll(t, b, s)
	// Nobody is in two blocks, nobody is missing, and who was erased is in a block only if it was made before.
	f := figuresOf(t, b)
	if f.received != n || f.withdrawn != gone || f.waiting+f.released < n-gone || f.waiting+f.released > n {
		t.Errorf("of %d responses, of which %d were erased: %+v", n, gone, f)
	}
}

func history(t *testing.T, b Backend) {
	for number := 1; number <= 12; number++ {
		if err := appendNext(b, releaseOf(period, number)); err != nil {
			t.Fatal(err)
		}
	}
	if err := appendNext(b, releaseOf("2026-Q3", 1)); err != nil {
		t.Fatal(err)
	}
	number := 0
	for r, err := range b.Erasure.History(ctx, surveyID, period) {
		if err != nil {
			t.Fatal(err)
		}
		if number++; !sameRelease(r, releaseOf(period, number)) {
			t.Errorf("release %d: %+v", number, r)
		}
	}
	if number != 12 {
		t.Errorf("%d releases of 12", number)
	}
	for r, err := range b.Erasure.History(ctx, surveyID, "2020-Q1") {
		t.Errorf("a release of nothing: %v, %v", r, err)
	}
}

// tombstones erases one response that waits to be collected, and one that is in the log: both keep their ids and hold no
// answer, whatever happens to them afterwards.
func tombstones(t *testing.T, b Backend) {
	if err := b.Definitions.PutDefinition(ctx, tiers(t)); err != nil {
		t.Fatal(err)
	}
	const n = 6
	for i := range n {
		if i == n/2 {
			collect(t, b, surveyID, "all")
		}
		put(t, b, tiered(i), true)
	}
	erase := func(i int, keep ...string) {
		t.Helper()
		for _, want := range []bool{true, false} {
			if erased, err := b.Erasure.Erase(ctx, surveyID, tiered(i).ID, keep); erased != want || err != nil {
				t.Fatalf("Erase(%d) = %t, %v; want %t", i, erased, err, want)
			}
		}
	}
	erase(1, "tier")
	erase(n - 2) // which keeps nothing
	for _, step := range []func(){
		func() {},
		func() { collect(t, b, surveyID, "all") },
		func() { b.reshard(t, surveyID, "all", 0) },
		func() { b = b.reopen(t) },
	} {
		step()
		checkRefused(t, b, tiered(1), answer.Answer{"tier", "a"})
		checkRefused(t, b, tiered(n-2))
	}
	all := entries(t, b, surveyID, "all")
	wantEachOnce(t, countIDs(all), n)
	for _, entry := range all {
		if gone := entry.Response.ID == tiered(1).ID || entry.Response.ID == tiered(n-2).ID; gone != entry.Response.Withdrawn {
			t.Errorf("the log has %+v", entry)
		}
	}
	if periods, err := b.Log.Periods(ctx, surveyID); err != nil || !reflect.DeepEqual(periods, []string{"all"}) {
		t.Errorf("periods: %v, %v", periods, err)
	}
}

// checkRefused checks that the id of an erased response is taken for good, and that nothing but the given answers is left.
func checkRefused(t *testing.T, b Backend, gone answer.Response, kept ...answer.Answer) {
	t.Helper()
	for _, change := range []func(r *answer.Response){
		func(*answer.Response) {},
		func(r *answer.Response) { r.Answers = kept },
		func(r *answer.Response) { r.Answers, r.Private = kept, nil },
		func(r *answer.Response) { r.Answers, r.Private = nil, nil },
		func(r *answer.Response) { r.Period = "2027-Q1" },
	} {
		again := gone
		change(&again)
		putWithdrawn(t, b, again)
	}
	another := tiered(500)
	putWithdrawn(t, b, another, gone.ID)
	if private, err := b.Erasure.Private(ctx, gone.Survey, gone.Period, gone.ID); err != nil || private != nil {
		t.Errorf("private answers: %v, %v", private, err)
	}
	found, err := b.Erasure.Find(ctx, gone.ID)
	if err != nil || len(found) != 1 {
		t.Fatalf("found %v, %v", found, err)
	}
	want := answer.Response{ID: gone.ID, Survey: gone.Survey, Version: gone.Version, Period: gone.Period, Answers: kept, Withdrawn: true}
	if got := found[0].Response; !reflect.DeepEqual(got, want) {
		t.Errorf("found %+v\nwant %+v", got, want)
	}
}
