package storetest

import (
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
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

// Erasure is what operators do with a back end.
type Erasure interface {
	store.Erasure
	store.PrivateAnswers
	store.History
}

func tiers(t *testing.T) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse(surveyID+".yaml", []byte(`
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
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// tiered is a response of tier a, whose texts are found nowhere else.
func tiered(n int) answer.Response {
	r := response(n)
	r.Period = "all"
	r.Answers = []answer.Answer{{"tier", "a"}, {"choice", "good"}, {"why", "words of mine"}}
	r.Private = []answer.Answer{{"email", "mine@example.org"}}
	return r
}

// nowhere is where pages go that no test reads.
type nowhere struct{}

func (nowhere) Page(context.Context, string) (string, int, error) { return "", 0, nil }
func (nowhere) Replace(context.Context, string, string, int, []byte) (string, error) {
	return "tag", nil
}
func (nowhere) HTML(io.Writer, results.Page) error { return nil }
func (nowhere) JSON(io.Writer, results.Page) error { return nil }
func (nowhere) CSV(io.Writer, results.Page) error  { return nil }

func publishOnce(t *testing.T, b Backend, s *survey.Survey) publish.Outcome {
	t.Helper()
	b.settle()
	out, err := publish.New(publish.Options{Log: b.Log, Tallies: b.Tallies, Releases: b.Releases, Pages: nowhere{}, Renderer: nowhere{}, Now: time.Now}).Publish(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// counted merges the tallies that are kept.
func counted(t *testing.T, b Backend) *tally.Counters {
	t.Helper()
	var all []*tally.Tally
	for number := range store.Shards {
		one, _, err := b.Tallies.Tally(ctx, store.Shard{Survey: surveyID, Period: "all", Number: number})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	merged := tally.Merge(all...)
	for key := range merged.Cohorts {
		if key != "a" {
			t.Errorf("a cohort %q: the tombstone has lost its segment", key)
		}
	}
	return merged.Total()
}

func find(t *testing.T, b Backend, id string) []store.Entry {
	t.Helper()
	found, err := b.Erasure.Find(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func erasure(t *testing.T, b Backend) {
	s := tiers(t)
	if err := b.Definitions.PutDefinition(ctx, s); err != nil {
		t.Fatal(err)
	}
	const n = 20
	for i := range n {
		put(t, b, tiered(i), true)
	}
	if out := publishOnce(t, b, s); out.Folded != n || len(out.Released) != 1 {
		t.Fatalf("folded %d, released %v", out.Folded, out.Released)
	}
	before := shards(t, b, surveyID, "all")
	gone := tiered(7)
	shard := store.Shard{Survey: surveyID, Period: "all"}
	for number, entries := range before {
		for _, e := range entries {
			if e.Response.ID == gone.ID {
				shard.Number = number
			}
		}
	}
	stale, revision, err := b.Tallies.Tally(ctx, shard)
	if err != nil || stale == nil {
		t.Fatal(stale, err)
	}

	found := find(t, b, gone.ID)
	if len(found) != 1 || found[0].Response.Survey != surveyID || found[0].Response.Period != "all" || found[0].Response.Withdrawn || time.Since(found[0].Arrived).Abs() > time.Hour {
		t.Fatalf("found %+v", found)
	}
	if got, err := b.Erasure.Private(ctx, surveyID, "all", gone.ID); err != nil || !reflect.DeepEqual(got, gone.Private) {
		t.Fatalf("private answers %v, %v", got, err)
	}
	if erased, err := b.Erasure.Erase(ctx, surveyID, "all", gone.ID, []string{"tier"}); !erased || err != nil {
		t.Fatalf("Erase = %t, %v", erased, err)
	}
	if err := b.Tallies.SaveTally(ctx, shard, stale, revision); !errors.Is(err, store.ErrStale) {
		t.Errorf("what was counted before could be saved after: %v", err)
	}
	// The tally counts the tombstone in the response's place at once, so that nothing is folded again: of responses that
	// were counted and have been deleted since, the tally is all that is left.
	if after, _, err := b.Tallies.Tally(ctx, shard); err != nil || after.Cursor != stale.Cursor || after.Shape != stale.Shape {
		t.Errorf("the tally is %+v, %v; want shape %s and cursor %s as before", after, err, stale.Shape, stale.Cursor)
	}
	wantErased := func() {
		t.Helper()
		if c := counted(t, b); c.Respondents != n-1 || c.Withdrawn != 1 || c.Items["choice"].Counts.Of("good") != n-1 {
			t.Errorf("counted %+v", c)
		}
	}
	wantErased()
	if b.Reopen != nil {
		b = b.Reopen(t)
	}
	for range 2 { // erasing again changes nothing
		for number, entries := range shards(t, b, surveyID, "all") {
			for i, e := range entries {
				want := before[number][i]
				want.Settled = e.Settled
				if e.Response.ID == gone.ID {
					want.Response = answer.Response{ID: gone.ID, Survey: surveyID, Version: gone.Version, Period: "all", Answers: gone.Answers[:1], Withdrawn: true}
				}
				if !reflect.DeepEqual(e, want) {
					t.Errorf("the log has %+v\nwant %+v", e, want)
				}
			}
		}
		if got, err := b.Erasure.Private(ctx, surveyID, "all", gone.ID); err != nil || got != nil {
			t.Errorf("private answers after: %v, %v", got, err)
		}
		if found := find(t, b, gone.ID); len(found) != 1 || !found[0].Response.Withdrawn {
			t.Errorf("found after: %+v", found)
		}
		putConflict(t, b, gone) // nor is it known any more what stood there
		if erased, err := b.Erasure.Erase(ctx, surveyID, "all", gone.ID, []string{"tier"}); erased || err != nil {
			t.Errorf("Erase again = %t, %v", erased, err)
		}
	}
	if got, err := b.Erasure.Private(ctx, surveyID, "all", tiered(8).ID); err != nil || got == nil {
		t.Errorf("another's private answers: %v, %v", got, err)
	}

	// It is counted without the answers, and nothing is released before k others have come.
	if out := publishOnce(t, b, s); out.Folded != 0 || len(out.Released) != 0 {
		t.Errorf("folded %d, released %v", out.Folded, out.Released)
	}
	wantErased()
	for i := range 6 {
		put(t, b, tiered(n+i), true)
	}
	out := publishOnce(t, b, s)
	if len(out.Released) != 1 {
		t.Fatalf("released %v", out.Released)
	}
	if c := tally.Total(out.Released[0].Cohorts); c.Respondents != n+5 || c.Withdrawn != 1 || c.Items["choice"].N != n+5 {
		t.Errorf("released %+v", c)
	}

	for _, id := range []string{response(999).ID, "none"} {
		if found := find(t, b, id); len(found) != 0 {
			t.Errorf("found %v", found)
		}
		if erased, err := b.Erasure.Erase(ctx, surveyID, "all", id, nil); erased || err != nil {
			t.Errorf("Erase of nothing = %t, %v", erased, err)
		}
	}
	if erased, err := b.Erasure.Erase(ctx, "other", "all", gone.ID, nil); erased || err != nil {
		t.Errorf("Erase in another survey = %t, %v", erased, err)
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
	if erased, err := b.Erasure.Erase(ctx, surveyID, "all", tiered(2).ID, []string{"tier"}); !erased || err != nil {
		t.Fatalf("Erase = %t, %v", erased, err)
	}
	if c := counted(t, b); c.Respondents != 0 || c.Withdrawn != 0 {
		t.Errorf("counted %+v before anything was", c)
	}
	if out := publishOnce(t, b, s); out.Folded != n {
		t.Errorf("folded %d, want %d", out.Folded, n)
	}
	if c := counted(t, b); c.Respondents != n-1 || c.Withdrawn != 1 {
		t.Errorf("counted %+v", c)
	}
}

// erasureAtOnce erases while others fold and write: in the end everything is counted, and nobody who was erased.
func erasureAtOnce(t *testing.T, b Backend) {
	s := tiers(t)
	if err := b.Definitions.PutDefinition(ctx, s); err != nil {
		t.Fatal(err)
	}
	const n, gone = 120, 12
	for i := range n / 2 {
		put(t, b, tiered(i), true)
	}
	b.settle() // so that tallies are saved while their answers are erased
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
			if _, err := publish.New(publish.Options{Log: b.Log, Tallies: b.Tallies, Releases: b.Releases, Pages: nowhere{}, Renderer: nowhere{}, Now: time.Now}).Publish(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	group.Go(func() error {
		for i := range gone {
			if erased, err := b.Erasure.Erase(ctx, surveyID, "all", tiered(i).ID, []string{"tier"}); err != nil && !strings.Contains(err.Error(), "busy") || !erased {
				return errors.Join(errors.New("not erased"), err)
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	publishOnce(t, b, s)
	if c := counted(t, b); c.Respondents != n-gone || c.Withdrawn != gone || c.Items["choice"].N != n-gone {
		t.Errorf("counted %d and %d withdrawn of %d, of whom %d were erased", c.Respondents, c.Withdrawn, n, gone)
	}
}

func history(t *testing.T, b Backend) {
	for number := 1; number <= 12; number++ {
		if err := b.Releases.Append(ctx, releaseOf(period, number)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Releases.Append(ctx, releaseOf("2026-Q3", 1)); err != nil {
		t.Fatal(err)
	}
	number := 0
	for r, err := range b.Erasure.History(ctx, surveyID, period) {
		if err != nil {
			t.Fatal(err)
		}
		if number++; !reflect.DeepEqual(r, releaseOf(period, number)) {
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
