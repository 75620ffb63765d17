// Package storetest is the one conformance suite that every back end passes: what intake and publish may rely on.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Definitions finds questionnaires and puts them in force.
type Definitions interface {
	store.Definitions
	store.DefinitionWriter
}

// Backend is one back end, empty at first.
type Backend struct {
	Definitions Definitions
	Responses   store.Responses
	Log         store.Log
	Tallies     store.Tallies
	Releases    store.Releases
	Pages       store.Pages // nil: not offered
	Erasure     Erasure
	Cases       Cases

	// Reopen closes the back end and opens it again on the same data. nil: it has nothing to close.
	Reopen func(t *testing.T) Backend
	// Settle waits until everything that has been stored is settled. nil: it always is.
	Settle func()
}

func (b Backend) settle() {
	if b.Settle != nil {
		b.Settle()
	}
}

// Options change what the suite does.
type Options struct {
	Responses int // that ManyResponses stores; 0: 10,000, or 1,000 in short tests
}

// Run tests a back end; open gives an empty one.
func Run(t *testing.T, open func(t *testing.T) Backend) { RunWith(t, Options{}, open) }

// RunWith is Run with options.
func RunWith(t *testing.T, o Options, open func(t *testing.T) Backend) {
	for name, test := range map[string]func(t *testing.T, b Backend){
		"Definitions":           definitions,
		"SameAgain":             sameAgain,
		"OtherAnswers":          otherAnswers,
		"AlsoKeys":              alsoKeys,
		"PeriodsAndSurveys":     periodsAndSurveys,
		"RoundTrip":             roundTrip,
		"PrivateStaysOut":       privateStaysOut,
		"WalkWithCursor":        walkWithCursor,
		"WritersAtOnce":         writersAtOnce,
		"SameIDAtOnce":          sameIDAtOnce,
		"Tallies":               tallies,
		"TalliesAtOnce":         talliesAtOnce,
		"Releases":              releases,
		"ReleasesAtOnce":        releasesAtOnce,
		"Pages":                 pages,
		"CancelledContext":      cancelled,
		"ChangedDefinition":     changedDefinition,
		"Erasure":               erasure,
		"ErasureBeforeCounting": erasureBeforeCounting,
		"ErasureAtOnce":         erasureAtOnce,
		"History":               history,
		"Cases":                 keptCases,
		"CasesAtOnce":           casesAtOnce,
		"AlertsOpenCases":       alertsOpenCases,
		"ManyResponses":         func(t *testing.T, b Backend) { manyResponses(t, b, o.Responses) },
		"WalkersWhileWrites":    walkersWhileWrites,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

const surveyID, period = "service", "2026-Q4"

var ctx = context.Background()

// response makes a response with an id made of n, whose answers follow from n.
func response(n int) answer.Response {
	return answer.Response{
		ID:     fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(n)*2654435761, n),
		Survey: surveyID, Version: "v1", Period: period, Language: "zh", Channel: "web",
		Answers: []answer.Answer{{"choice", "a"}, {"many", "a", "b"}, {"matrix.row", "5"}, {"number", fmt.Sprint(n)}},
	}
}

func put(t *testing.T, b Backend, r answer.Response, want bool, also ...store.Key) {
	t.Helper()
	created, err := b.Responses.Put(ctx, r, also...)
	if err != nil || created != want {
		t.Fatalf("Put(%s) = %t, %v; want %t", r.ID, created, err, want)
	}
}

func putConflict(t *testing.T, b Backend, r answer.Response, also ...store.Key) {
	t.Helper()
	if created, err := b.Responses.Put(ctx, r, also...); created || !errors.Is(err, store.ErrConflict) {
		t.Fatalf("Put(%s) = %t, %v; want ErrConflict", r.ID, created, err)
	}
}

// shards walks one period's logs from their beginnings, each in order.
func shards(t *testing.T, b Backend, survey, period string) [store.Shards][]store.Entry {
	t.Helper()
	b.settle()
	var all [store.Shards][]store.Entry
	for i := range store.Shards {
		all[i] = after(t, b, store.Shard{Survey: survey, Period: period, Number: i}, "")
	}
	return all
}

func after(t *testing.T, b Backend, shard store.Shard, cursor string) []store.Entry {
	t.Helper()
	var entries []store.Entry
	for entry, err := range b.Log.After(ctx, shard, cursor) {
		if err != nil {
			t.Fatalf("After(%v, %q): %v", shard, cursor, err)
		}
		if entry.Cursor <= cursor {
			t.Fatalf("After(%v, %q) yields cursor %q", shard, cursor, entry.Cursor)
		}
		cursor = entry.Cursor
		entries = append(entries, entry)
	}
	return entries
}

// ids counts how often each id is in a period's logs.
func ids(t *testing.T, b Backend, survey, period string) map[string]int {
	t.Helper()
	count := map[string]int{}
	for _, entries := range shards(t, b, survey, period) {
		for _, entry := range entries {
			count[entry.Response.ID]++
		}
	}
	return count
}

func wantOnce(t *testing.T, count map[string]int, n int) {
	t.Helper()
	if len(count) != n {
		t.Errorf("%d ids in the log, want %d", len(count), n)
	}
	for id, times := range count {
		if times != 1 {
			t.Errorf("%s is in the log %d times", id, times)
		}
	}
}

func parse(t *testing.T, title string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse(surveyID+".yaml", []byte(fmt.Sprintf(`
title: %s
languages: [en]
timezone: UTC
sections:
  - id: all
    title: All
    questions:
      - {id: choice, type: single_choice, label: Choice, options: [{id: a, label: A, score: 1}, {id: b, label: B, score: 2}]}
`, title)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func definitions(t *testing.T, b Backend) {
	one, two := parse(t, "One"), parse(t, "Two")
	if _, err := b.Definitions.Definition(ctx, one.ID, ""); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("unknown survey: %v", err)
	}
	want := func(version string, s *survey.Survey) {
		t.Helper()
		got, err := b.Definitions.Definition(ctx, s.ID, version)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Encode(), s.Encode()) || len(got.Fields()) != len(s.Fields()) || got.Location() == nil {
			t.Errorf("version %q: got %s, want %s", version, got.Encode(), s.Encode())
		}
	}
	for range 2 { // putting it again changes nothing
		if err := b.Definitions.PutDefinition(ctx, one); err != nil {
			t.Fatal(err)
		}
		want("", one)
	}
	if err := b.Definitions.PutDefinition(ctx, two); err != nil {
		t.Fatal(err)
	}
	want("", two)
	want(one.Version, one)
	want(two.Version, two)
	if _, err := b.Definitions.Definition(ctx, one.ID, "nothing"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("unknown version: %v", err)
	}
	forged := *parse(t, "Three")
	forged.Version = one.Version
	if err := b.Definitions.PutDefinition(ctx, &forged); err == nil {
		t.Error("a version was stored twice, with two contents")
	}
	want(one.Version, one)
	if err := b.Definitions.PutDefinition(ctx, one); err != nil { // back to an older one
		t.Fatal(err)
	}
	want("", one)
	if b.Reopen != nil {
		b = b.Reopen(t)
		want("", one)
		want(two.Version, two)
	}
}

func sameAgain(t *testing.T, b Backend) {
	r := response(1)
	put(t, b, r, true)
	put(t, b, r, false)
	r.Version, r.Language, r.Channel = "v2", "en", "email" // are not what was answered
	put(t, b, r, false)
	if b.Reopen != nil {
		b = b.Reopen(t)
		put(t, b, r, false)
	}
	wantOnce(t, ids(t, b, surveyID, period), 1)
}

func otherAnswers(t *testing.T, b Backend) {
	r := response(1)
	r.Private = []answer.Answer{{"email", "a@example.org"}}
	put(t, b, r, true)
	for _, change := range []func(r *answer.Response){
		func(r *answer.Response) { r.Answers = r.Answers[:3] },
		func(r *answer.Response) { r.Answers = []answer.Answer{{"choice", "b"}} },
		func(r *answer.Response) { r.Answers = nil },
		func(r *answer.Response) { r.Private = nil },
		func(r *answer.Response) { r.Private = []answer.Answer{{"email", "b@example.org"}} },
		func(r *answer.Response) { r.Answers, r.Private = append(r.Answers[:4:4], r.Private...), nil },
	} {
		changed := r
		change(&changed)
		putConflict(t, b, changed)
	}
	put(t, b, r, false)
	all := shards(t, b, surveyID, period)
	for _, entries := range all {
		for _, entry := range entries {
			if !reflect.DeepEqual(entry.Response.Answers, r.Answers) {
				t.Errorf("the answers have become %v", entry.Response.Answers)
			}
		}
	}
	wantOnce(t, ids(t, b, surveyID, period), 1)
}

func alsoKeys(t *testing.T, b Backend) {
	before := response(1)
	before.Period = "2026-Q3"
	put(t, b, before, true)

	retry := response(1) // the same form, sent again after midnight at the quarter's end
	put(t, b, retry, false, store.Key{Period: "2026-Q3", ID: retry.ID})
	changed := retry
	changed.Answers = []answer.Answer{{"choice", "b"}}
	putConflict(t, b, changed, store.Key{Period: "2026-Q3", ID: changed.ID})

	second := response(1) // the same answers under another id in this period
	second.ID = response(2).ID
	put(t, b, second, true, store.Key{Period: period, ID: "none"}, store.Key{Period: "2020-Q1", ID: second.ID})
	third := response(1)
	third.ID = response(3).ID
	put(t, b, third, false, store.Key{Period: period, ID: "none"}, store.Key{Period: period, ID: second.ID})
	wantOnce(t, ids(t, b, surveyID, period), 1)
	wantOnce(t, ids(t, b, surveyID, "2026-Q3"), 1)
}

func periodsAndSurveys(t *testing.T, b Backend) {
	if periods, err := b.Log.Periods(ctx, surveyID); err != nil || len(periods) != 0 {
		t.Errorf("periods of nothing: %v, %v", periods, err)
	}
	for _, name := range []string{"2026-Q4", "2025-Q1", "2026-Q2"} {
		r := response(1)
		r.Period = name
		put(t, b, r, true) // ids are taken in their period only
	}
	other := response(1)
	other.Survey = surveyID + "_two"
	put(t, b, other, true)
	periods, err := b.Log.Periods(ctx, surveyID)
	if err != nil || !reflect.DeepEqual(periods, []string{"2025-Q1", "2026-Q2", "2026-Q4"}) {
		t.Errorf("periods: %v, %v", periods, err)
	}
	wantOnce(t, ids(t, b, surveyID, period), 1)
	wantOnce(t, ids(t, b, other.Survey, period), 1)
}

func roundTrip(t *testing.T, b Backend) {
	r := response(1)
	r.Channel = ""
	r.Answers = []answer.Answer{
		{"text", "满意 \"very\"\n\tgood\u2028\U0001F600"}, {"many", "a", "b", "c"}, {"empty", ""},
		{"long", strings.Repeat("很", 2000)}, {"matrix.row", "10"}, {"number", "-12.125"},
	}
	put(t, b, r, true)
	if b.Reopen != nil {
		b = b.Reopen(t)
	}
	for _, entries := range shards(t, b, surveyID, period) {
		for _, entry := range entries {
			if !reflect.DeepEqual(entry.Response, r) {
				t.Errorf("got %#v\nwant %#v", entry.Response, r)
			}
		}
	}
	wantOnce(t, ids(t, b, surveyID, period), 1)
}

func privateStaysOut(t *testing.T, b Backend) {
	for i := range 50 {
		r := response(i)
		r.Private = []answer.Answer{{"email", "secret@example.org"}}
		put(t, b, r, true)
	}
	for _, entries := range shards(t, b, surveyID, period) {
		for _, entry := range entries {
			if entry.Response.Private != nil || strings.Contains(fmt.Sprint(entry), "secret") {
				t.Errorf("a private answer is in the log: %v", entry)
			}
		}
	}
	wantOnce(t, ids(t, b, surveyID, period), 50)
}

func walkWithCursor(t *testing.T, b Backend) {
	const n = 300
	for i := range n {
		put(t, b, response(i), true)
	}
	for number, entries := range shards(t, b, surveyID, period) {
		if len(entries) == 0 {
			t.Errorf("shard %d is empty after %d responses", number, n)
		}
		shard := store.Shard{Survey: surveyID, Period: period, Number: number}
		last := -1
		for i, entry := range entries {
			// Put one after another, so they must be in the order of their numbers.
			var order int
			fmt.Sscanf(entry.Response.Answers[3].Values()[0], "%d", &order)
			if order <= last {
				t.Errorf("shard %d: %d after %d", number, order, last)
			}
			last = order
			if rest := after(t, b, shard, entry.Cursor); !reflect.DeepEqual(rest, append([]store.Entry(nil), entries[i+1:]...)) {
				t.Errorf("shard %d: after entry %d come %d, want %d", number, i, len(rest), len(entries)-i-1)
			}
		}
		for entry := range b.Log.After(ctx, shard, "") { // stopping early is no fault
			if entry.Cursor != entries[0].Cursor {
				t.Error("another order the second time")
			}
			break
		}
	}
	// What comes later stands behind every cursor.
	all := shards(t, b, surveyID, period)
	put(t, b, response(n), true)
	b.settle()
	found := 0
	for number, entries := range all {
		found += len(after(t, b, store.Shard{Survey: surveyID, Period: period, Number: number}, entries[len(entries)-1].Cursor))
	}
	if found != 1 {
		t.Errorf("one response more is found %d times behind the cursors", found)
	}
}

const writers = 64

func writersAtOnce(t *testing.T, b Backend) {
	const each = 20
	var created atomic.Int64
	var group errgroup.Group
	for w := range writers {
		group.Go(func() error {
			for i := range each {
				for _, n := range []int{w*each + i, (w*each + i + each) % (writers * each)} { // everybody's is also sent by the neighbour
					ok, err := b.Responses.Put(ctx, response(n))
					if err != nil {
						return err
					}
					if ok {
						created.Add(1)
					}
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if created.Load() != writers*each {
		t.Errorf("%d were created, want %d", created.Load(), writers*each)
	}
	wantOnce(t, ids(t, b, surveyID, period), writers*each)
}

func sameIDAtOnce(t *testing.T, b Backend) {
	var created, conflicts atomic.Int64
	var group errgroup.Group
	for w := range writers {
		group.Go(func() error {
			r := response(1)
			r.Answers = []answer.Answer{{"number", fmt.Sprint(w % 2)}}
			ok, err := b.Responses.Put(ctx, r)
			switch {
			case errors.Is(err, store.ErrConflict):
				conflicts.Add(1)
			case err != nil:
				return err
			case ok:
				created.Add(1)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if created.Load() != 1 || conflicts.Load() != writers/2 {
		t.Errorf("%d created and %d conflicts, want 1 and %d", created.Load(), conflicts.Load(), writers/2)
	}
	wantOnce(t, ids(t, b, surveyID, period), 1)
}

func tallyOf(n int64) *tally.Tally {
	return &tally.Tally{Shape: "shape", Cursor: fmt.Sprint(n), Cohorts: map[string]*tally.Counters{
		"": {Respondents: n, Items: map[string]*tally.Item{"q": {N: n, Counts: tally.Counts{{Option: "a", N: n}}}}},
	}}
}

func tallies(t *testing.T, b Backend) {
	shard := store.Shard{Survey: surveyID, Period: period, Number: 3}
	if got, revision, err := b.Tallies.Tally(ctx, shard); got != nil || revision != 0 || err != nil {
		t.Fatalf("a tally of nothing: %v, %d, %v", got, revision, err)
	}
	if err := b.Tallies.SaveTally(ctx, shard, tallyOf(1), 1); !errors.Is(err, store.ErrStale) {
		t.Errorf("replaced what is not there: %v", err)
	}
	for n := range 3 {
		if err := b.Tallies.SaveTally(ctx, shard, tallyOf(int64(n)), n); err != nil {
			t.Fatal(err)
		}
		got, revision, err := b.Tallies.Tally(ctx, shard)
		if err != nil || revision != n+1 || !bytes.Equal(got.Encode(), tallyOf(int64(n)).Encode()) {
			t.Fatalf("saved %d, got %v, %d, %v", n, got, revision, err)
		}
		got.Cohorts[""].Respondents = -1 // what is returned is the caller's own
		if err := b.Tallies.SaveTally(ctx, shard, tallyOf(9), n); !errors.Is(err, store.ErrStale) {
			t.Errorf("replaced revision %d with %d in hand: %v", n+1, n, err)
		}
	}
	if b.Reopen != nil {
		b = b.Reopen(t)
	}
	if got, revision, err := b.Tallies.Tally(ctx, shard); err != nil || revision != 3 || !bytes.Equal(got.Encode(), tallyOf(2).Encode()) {
		t.Errorf("at last: %v, %d, %v", got, revision, err)
	}
	for _, other := range []store.Shard{{Survey: surveyID, Period: period, Number: 4}, {Survey: surveyID, Period: "2026-Q3", Number: 3}, {Survey: "other", Period: period, Number: 3}} {
		if got, _, err := b.Tallies.Tally(ctx, other); got != nil || err != nil {
			t.Errorf("%v has a tally of another: %v, %v", other, got, err)
		}
	}
}

func talliesAtOnce(t *testing.T, b Backend) {
	shard := store.Shard{Survey: surveyID, Period: period}
	const each = 5
	var group errgroup.Group
	for range 16 {
		group.Go(func() error {
			for done := 0; done < each; {
				got, revision, err := b.Tallies.Tally(ctx, shard)
				if err != nil {
					return err
				}
				if got == nil {
					got = tallyOf(0)
				}
				got.Cohorts[""].Respondents++
				switch err := b.Tallies.SaveTally(ctx, shard, got, revision); {
				case err == nil:
					done++
				case !errors.Is(err, store.ErrStale):
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	got, _, err := b.Tallies.Tally(ctx, shard)
	if err != nil || got.Cohorts[""].Respondents != 16*each {
		t.Errorf("counted %d of %d: %v", got.Cohorts[""].Respondents, 16*each, err)
	}
}

func releaseOf(period string, number int) *release.Release {
	return &release.Release{Survey: surveyID, Period: period, Number: number, Date: "2026-11-22", Shape: "shape", Version: "v1",
		MinGroup: 5, Segments: []string{"tier=a,b"}, Cohorts: tallyOf(int64(number)).Cohorts}
}

func releases(t *testing.T, b Backend) {
	if latest, err := b.Releases.Latest(ctx, surveyID); len(latest) != 0 || err != nil {
		t.Fatalf("a release of nothing: %v, %v", latest, err)
	}
	for number := 1; number <= 12; number++ {
		for _, name := range []string{"2026-Q4", "2026-Q3"} {
			if err := b.Releases.Append(ctx, releaseOf(name, number)); err != nil {
				t.Fatal(err)
			}
			other := releaseOf(name, number)
			other.Date = "2027-01-01"
			if err := b.Releases.Append(ctx, other); !errors.Is(err, store.ErrStale) {
				t.Errorf("release %d was replaced: %v", number, err)
			}
			if number > 1 {
				if err := b.Releases.Append(ctx, releaseOf(name, number-1)); !errors.Is(err, store.ErrStale) {
					t.Errorf("release %d was replaced after %d: %v", number-1, number, err)
				}
			}
		}
	}
	if b.Reopen != nil {
		b = b.Reopen(t)
	}
	latest, err := b.Releases.Latest(ctx, surveyID)
	if want := []*release.Release{releaseOf("2026-Q3", 12), releaseOf("2026-Q4", 12)}; err != nil || !reflect.DeepEqual(latest, want) {
		t.Errorf("latest: %v, %v, want %v", latest, err, want)
	}
	if latest, err := b.Releases.Latest(ctx, "other"); len(latest) != 0 || err != nil {
		t.Errorf("another survey's releases: %v, %v", latest, err)
	}
}

func releasesAtOnce(t *testing.T, b Backend) {
	var created atomic.Int64
	var group errgroup.Group
	for range 16 {
		group.Go(func() error {
			err := b.Releases.Append(ctx, releaseOf(period, 1))
			if err == nil {
				created.Add(1)
			} else if !errors.Is(err, store.ErrStale) {
				return err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil || created.Load() != 1 {
		t.Errorf("one number was given %d times: %v", created.Load(), err)
	}
}

func pages(t *testing.T, b Backend) {
	if b.Pages == nil {
		t.Skip("this back end keeps no pages")
	}
	const name = "service/en/results/index.html"
	if tag, revision, err := b.Pages.Page(ctx, name); tag != "" || revision != 0 || err != nil {
		t.Fatalf("a page that is not: %q, %d, %v", tag, revision, err)
	}
	if _, err := b.Pages.Replace(ctx, name, "something", 1, []byte("one")); !errors.Is(err, store.ErrStale) {
		t.Errorf("replaced what is not there: %v", err)
	}
	tag := ""
	for i, body := range []string{"one", "two", "two", "", "one"} {
		old := tag
		var err error
		if tag, err = b.Pages.Replace(ctx, name, old, i+1, []byte(body)); err != nil || tag == "" {
			t.Fatal(tag, err)
		}
		now, revision, err := b.Pages.Page(ctx, name)
		if err != nil || now != tag || revision != i+1 {
			t.Errorf("wrote revision %d as %q, found %d as %q: %v", i+1, tag, revision, now, err)
		}
		if old != tag {
			if _, err := b.Pages.Replace(ctx, name, old, 99, []byte("late")); !errors.Is(err, store.ErrStale) {
				t.Errorf("replaced by whom had read an older page: %v", err)
			}
		}
	}
	if b.Reopen != nil {
		b = b.Reopen(t)
	}
	if now, revision, err := b.Pages.Page(ctx, name); err != nil || now != tag || revision != 5 {
		t.Errorf("at last %q, %d, %v", now, revision, err)
	}

	var written atomic.Int64
	var group errgroup.Group
	for i := range 16 {
		group.Go(func() error {
			_, err := b.Pages.Replace(ctx, "x/results/results.json", "", 1, fmt.Appendf(nil, "{%d}", i))
			if err == nil {
				written.Add(1)
			} else if !errors.Is(err, store.ErrStale) {
				return err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil || written.Load() != 1 {
		t.Errorf("a new page was written %d times: %v", written.Load(), err)
	}
}

func cancelled(t *testing.T, b Backend) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	if created, err := b.Responses.Put(ctx, response(1)); created || !errors.Is(err, context.Canceled) {
		t.Errorf("Put: %t, %v", created, err)
	}
	for _, err := range b.Log.After(ctx, store.Shard{Survey: surveyID, Period: period}, "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("After: %v", err)
		}
	}
}

func manyResponses(t *testing.T, b Backend, n int) {
	if n == 0 {
		n = 10_000
		if testing.Short() {
			n = 1_000
		}
	}
	var next atomic.Int64
	var group errgroup.Group
	for range writers {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return nil
				}
				if created, err := b.Responses.Put(ctx, response(i)); err != nil || !created {
					return fmt.Errorf("Put(%d) = %t, %w", i, created, err)
				}
			}
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	wantOnce(t, ids(t, b, surveyID, period), n)
}

// walkersWhileWrites follows one log with a cursor while it grows: each response must be met once. What one round has
// written is settled in the next, and stands before what is being written then.
func walkersWhileWrites(t *testing.T, b Backend) {
	const rounds, each = 3, 200
	met := map[string]int{}
	var cursors [store.Shards]string
	walk := func() {
		for number := range cursors {
			for _, entry := range after(t, b, store.Shard{Survey: surveyID, Period: period, Number: number}, cursors[number]) {
				if !entry.Settled { // others may still come to stand before it
					break
				}
				met[entry.Response.ID]++
				cursors[number] = entry.Cursor
			}
		}
	}
	for round := range rounds {
		var writing errgroup.Group
		for w := range 6 {
			writing.Go(func() error {
				for i := w; i < each; i += 6 {
					if _, err := b.Responses.Put(ctx, response(round*each+i)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		done := make(chan error, 1)
		go func() { done <- writing.Wait() }()
		for running := true; running; walk() {
			select {
			case err := <-done:
				if err != nil {
					t.Fatal(err)
				}
				running = false
			default:
			}
		}
		b.settle()
	}
	walk()
	wantOnce(t, met, rounds*each)
}
