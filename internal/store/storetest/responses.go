package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/soak"
	"glasspoll/internal/store"
)

func sameAgain(t *testing.T, b Backend) {
	r := response(1)
	put(t, b, r, true)
	put(t, b, r, false)
	r.Version, r.Language, r.Channel = "v2", "en", "email" // these are not answers
	put(t, b, r, false)
	if b.Reopen != nil {
		b = b.Reopen(t)
		put(t, b, r, false)
	}
	wantEachOnce(t, ids(t, b, surveyID, period), 1)
	sealedAgain(t, b)
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
	for _, entry := range entries(t, b, surveyID, period) {
		if !reflect.DeepEqual(entry.Response.Answers, r.Answers) {
			t.Errorf("the answers have become %v", entry.Response.Answers)
		}
	}
	wantEachOnce(t, ids(t, b, surveyID, period), 1)
}

func alsoIDs(t *testing.T, b Backend) {
	first, second, third := response(1), response(1), response(1) // the same answers under three ids
	second.ID, third.ID = response(2).ID, response(3).ID
	put(t, b, first, true)
	put(t, b, second, true, "none", response(9).ID)
	put(t, b, third, false, "none", second.ID)
	third.Period = "2027-Q1"
	put(t, b, third, false, "none", second.ID) // in whatever period it was stored
	third.Answers = []answer.Answer{{"choice", "b"}}
	putConflict(t, b, third, "none", second.ID)
	collect(t, b, surveyID, period)
	putConflict(t, b, third, second.ID, "none")
	put(t, b, third, true, "none") // it was not stored before
	wantEachOnce(t, ids(t, b, surveyID, period), 2)
	wantEachOnce(t, ids(t, b, surveyID, "2027-Q1"), 1)
}

// idsForAllPeriods sends a response again: in its period and in another, before it is collected and afterwards, when there
// are more shards, and through other handles. It counts once, in the period in which it was stored first.
func idsForAllPeriods(t *testing.T, b Backend) {
	const later = "2027-Q1"
	r := response(1)
	r.Private = []answer.Answer{{"email", "a@example.org"}}
	put(t, b, r, true)
	for i, step := range []func(){
		func() {},
		func() { b.reshard(t, surveyID, period, 0) },
		func() { b.reshard(t, surveyID, later, 1) },
		func() { collect(t, b, surveyID, period) },
		func() { b.reshard(t, surveyID, period, 2) },
		func() { collect(t, b, surveyID, later) },
		func() { b = b.reopen(t) },
		func() { b.reshard(t, surveyID, later, 3) },
	} {
		step()
		for _, handle := range handles(b) {
			for _, name := range []string{later, period, "2026-Q3"} {
				again := r
				again.Period, again.Version, again.Language = name, "v2", "en"
				put(t, handle, again, false)
				again.Answers = append(again.Answers[:3:3], answer.Answer{"number", fmt.Sprint(2 + i)})
				putConflict(t, handle, again)
			}
		}
	}
	another := r
	another.Survey = surveyID + "_two"
	put(t, b, another, true) // an id is taken in its survey
	wantEachOnce(t, ids(t, b, surveyID, period), 1)
	wantEachOnce(t, ids(t, b, surveyID, later), 0)
	wantEachOnce(t, ids(t, b, another.Survey, period), 1)
	if periods, err := b.Log.Periods(ctx, surveyID); err != nil || !reflect.DeepEqual(periods, []string{period}) {
		t.Errorf("periods: %v, %v", periods, err)
	}
}

// idInPeriodsAtOnce stores responses under the same ids in several periods at the same time: each id is taken once.
func idInPeriodsAtOnce(t *testing.T, b Backend) {
	const each = 10
	periods := []string{"2026-Q3", "2026-Q4", "2027-Q1"}
	var created, same atomic.Int64
	var group errgroup.Group
	for w := range 12 {
		group.Go(func() error {
			for i := range each {
				r := response(i)
				r.Period = periods[(w+i)%len(periods)]
				ok, err := b.Responses.Put(ctx, r)
				switch {
				case err != nil:
					return err
				case ok:
					created.Add(1)
				default:
					same.Add(1)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil || created.Load() != each || same.Load() != 11*each {
		t.Errorf("%d created and %d the same, want %d and %d: %v", created.Load(), same.Load(), each, 11*each, err)
	}
	all := map[string]int{}
	for _, name := range periods {
		for id, n := range ids(t, b, surveyID, name) {
			all[id] += n
		}
	}
	wantEachOnce(t, all, each)
}

func periodsAndSurveys(t *testing.T, b Backend) {
	want := func(names ...string) {
		t.Helper()
		if periods, err := b.Log.Periods(ctx, surveyID); err != nil || !slices.Equal(periods, names) {
			t.Errorf("periods: %v, %v, want %v", periods, err, names)
		}
		ends, err := b.Log.Ends(ctx, surveyID)
		if err != nil || !slices.Equal(slices.Sorted(maps.Keys(ends)), names) {
			t.Errorf("ends: %v, %v, want %v", ends, err, names)
		}
		for name, end := range ends {
			if log := after(t, b, surveyID, name, ""); log[len(log)-1].Cursor != end {
				t.Errorf("the last entry of %s is %s, and the end %s", name, log[len(log)-1].Cursor, end)
			}
		}
	}
	want()
	for i, name := range []string{"2026-Q4", "2025-Q1", "2026-Q2"} {
		r := response(i)
		r.Period = name
		put(t, b, r, true)
		collect(t, b, surveyID, name)
	}
	other := response(1)
	other.Survey = surveyID + "_two"
	put(t, b, other, true)
	want("2025-Q1", "2026-Q2", "2026-Q4")
	wantEachOnce(t, ids(t, b, surveyID, period), 1)
	wantEachOnce(t, ids(t, b, other.Survey, period), 1)

	before, err := b.Log.Ends(ctx, surveyID)
	if err != nil {
		t.Fatal(err)
	}
	collect(t, b, surveyID, "2026-Q2") // nothing new
	put(t, b, response(9), true)
	collect(t, b, surveyID, period)
	ends, err := b.Log.Ends(ctx, surveyID)
	if err != nil || ends[period] <= before[period] || ends["2026-Q2"] != before["2026-Q2"] || ends["2025-Q1"] != before["2025-Q1"] {
		t.Errorf("the ends were %v, and are %v after one more in %s: %v", before, ends, period, err)
	}
	b = b.reopen(t)
	want("2025-Q1", "2026-Q2", "2026-Q4")
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
	for _, entry := range entries(t, b, surveyID, period) {
		if !reflect.DeepEqual(entry.Response, r) {
			t.Errorf("got %#v\nwant %#v", entry.Response, r)
		}
	}
	wantEachOnce(t, ids(t, b, surveyID, period), 1)
}

func privateStaysOut(t *testing.T, b Backend) {
	for i := range 50 {
		r := response(i)
		r.Private = []answer.Answer{{"email", "secret@example.org"}}
		put(t, b, r, true)
	}
	for _, entry := range entries(t, b, surveyID, period) {
		if entry.Response.Private != nil || strings.Contains(fmt.Sprint(entry), "secret") {
			t.Errorf("a private answer is in the log: %v", entry)
		}
	}
	wantEachOnce(t, ids(t, b, surveyID, period), 50)
}

func readWithCursor(t *testing.T, b Backend) {
	const n = 300
	for i := range n {
		put(t, b, response(i), true)
		if i%100 == 70 {
			collect(t, b, surveyID, period)
		}
	}
	all := entries(t, b, surveyID, period)
	last := -1
	for i, entry := range all {
		// Put one after another, so they must be in the order of their numbers.
		var order int
		fmt.Sscanf(entry.Response.Answers[3].Values()[0], "%d", &order)
		if order <= last {
			t.Errorf("%d after %d", order, last)
		}
		last = order
		if i%20 > 0 && i < n-5 {
			continue
		}
		if rest := after(t, b, surveyID, period, entry.Cursor); !reflect.DeepEqual(rest, append([]store.Entry(nil), all[i+1:]...)) {
			t.Errorf("after entry %d come %d, want %d", i, len(rest), n-i-1)
		}
	}
	for entry := range b.Log.After(ctx, surveyID, period, "") { // the caller may stop early
		if entry.Cursor != all[0].Cursor {
			t.Error("another order the second time")
		}
		break
	}
	// While it reads, the caller may write. A response that is collected later is after every cursor.
	for entry := range b.Log.After(ctx, surveyID, period, all[n-2].Cursor) {
		put(t, b, response(n), true)
		collect(t, b, surveyID, period)
		if err := b.Tallies.SaveTally(ctx, surveyID, period, tallyOf(1), 0); err != nil || entry.Cursor != all[n-1].Cursor {
			t.Error(entry, err)
		}
		break
	}
	if more := after(t, b, surveyID, period, all[len(all)-1].Cursor); len(more) != 1 || more[0].Response.ID != response(n).ID {
		t.Errorf("one more response is found %d times after the last cursor", len(more))
	}
	if again := after(t, b, surveyID, period, ""); !reflect.DeepEqual(again[:n], all) {
		t.Error("the order has changed")
	}
}

const writers = 24

// writersAtOnce stores each response from two goroutines at about the same time.
func writersAtOnce(t *testing.T, b Backend) {
	const each = 8
	var created atomic.Int64
	var group errgroup.Group
	for w := range writers {
		group.Go(func() error {
			for i := range each {
				for _, n := range []int{w*each + i, (w*each + i + each) % (writers * each)} { // each response is sent by two writers
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
	wantEachOnce(t, ids(t, b, surveyID, period), writers*each)
}

// sameIDAtOnce stores two different responses of one id from many goroutines.
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
	wantEachOnce(t, ids(t, b, surveyID, period), 1)
}

func cancelled(t *testing.T, b Backend) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	if created, err := b.Responses.Put(ctx, response(1)); created || !errors.Is(err, context.Canceled) {
		t.Errorf("Put: %t, %v", created, err)
	}
	for _, err := range b.Log.After(ctx, surveyID, period, "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("After: %v", err)
		}
	}
}

// largeResponses stores responses of nearly the largest size. By the pigeonhole principle one of 16 shards gets six of them,
// which is more than DynamoDB returns in one page.
func largeResponses(t *testing.T, b Backend) {
	const n, size = 6 * 16, 190_000
	for i := range n {
		r := response(i)
		r.Answers = []answer.Answer{{"text", strings.Repeat(string(rune('a'+i%26)), size)}}
		put(t, b, r, true)
	}
	for _, entry := range entries(t, b, surveyID, period) {
		if got := entry.Response.Answers[0].Values()[0]; len(got) != size {
			t.Errorf("%s has a text of %d bytes", entry.Response.ID, len(got))
		}
	}
	wantEachOnce(t, ids(t, b, surveyID, period), n)
}

// manyResponses stores many responses from many goroutines.
func manyResponses(t *testing.T, b Backend) {
	n := soak.Cases(1_200, 100_000)
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
	wantEachOnce(t, ids(t, b, surveyID, period), n)
}

// readDuringWrites follows the log with a cursor while it grows: each response is read once.
func readDuringWrites(t *testing.T, b Backend) {
	const rounds, each = 3, 200
	f := follower{Backend: b, period: period}
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
		f.during(t, writing.Wait)
	}
	f.finish(t)
	wantEachOnce(t, countIDs(f.seen), rounds*each)
}
