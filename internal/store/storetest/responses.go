package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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
	wantEachOnce(t, ids(t, b, surveyID, period), 1)
}

func alsoKeys(t *testing.T, b Backend) {
	before := response(1)
	before.Period = "2026-Q3"
	put(t, b, before, true)

	retry := response(1) // the same form, sent again after the end of the quarter
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
	wantEachOnce(t, ids(t, b, surveyID, period), 1)
	wantEachOnce(t, ids(t, b, surveyID, "2026-Q3"), 1)
}

func periodsAndSurveys(t *testing.T, b Backend) {
	if periods, err := b.Log.Periods(ctx, surveyID); err != nil || len(periods) != 0 {
		t.Errorf("periods of nothing: %v, %v", periods, err)
	}
	for _, name := range []string{"2026-Q4", "2025-Q1", "2026-Q2"} {
		r := response(1)
		r.Period = name
		put(t, b, r, true) // an id is taken in its period only
	}
	other := response(1)
	other.Survey = surveyID + "_two"
	put(t, b, other, true)
	periods, err := b.Log.Periods(ctx, surveyID)
	if err != nil || !reflect.DeepEqual(periods, []string{"2025-Q1", "2026-Q2", "2026-Q4"}) {
		t.Errorf("periods: %v, %v", periods, err)
	}
	wantEachOnce(t, ids(t, b, surveyID, period), 1)
	wantEachOnce(t, ids(t, b, other.Survey, period), 1)
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
	wantEachOnce(t, ids(t, b, surveyID, period), 1)
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
	wantEachOnce(t, ids(t, b, surveyID, period), 50)
}

func readWithCursor(t *testing.T, b Backend) {
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
		for entry := range b.Log.After(ctx, shard, "") { // the caller may stop early
			if entry.Cursor != entries[0].Cursor {
				t.Error("another order the second time")
			}
			break
		}
	}
	// A response that arrives later is after every cursor.
	all := shards(t, b, surveyID, period)
	put(t, b, response(n), true)
	b.settle()
	found := 0
	for number, entries := range all {
		found += len(after(t, b, store.Shard{Survey: surveyID, Period: period, Number: number}, entries[len(entries)-1].Cursor))
	}
	if found != 1 {
		t.Errorf("one more response is found %d times after the cursors", found)
	}
}

const writers = 64

// writersAtOnce stores each response from two goroutines at about the same time.
func writersAtOnce(t *testing.T, b Backend) {
	const each = 20
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
	for _, err := range b.Log.After(ctx, store.Shard{Survey: surveyID, Period: period}, "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("After: %v", err)
		}
	}
}

// largeResponses stores responses of nearly the largest size. By the pigeonhole principle a shard gets six of them, which is
// more than DynamoDB returns in one page.
func largeResponses(t *testing.T, b Backend) {
	const n, size = 6 * store.Shards, 190_000
	for i := range n {
		r := response(i)
		r.Answers = []answer.Answer{{"text", strings.Repeat(string(rune('a'+i%26)), size)}}
		put(t, b, r, true)
	}
	for _, entries := range shards(t, b, surveyID, period) {
		for _, entry := range entries {
			if got := entry.Response.Answers[0].Values()[0]; len(got) != size {
				t.Errorf("%s has a text of %d bytes", entry.Response.ID, len(got))
			}
		}
	}
	wantEachOnce(t, ids(t, b, surveyID, period), n)
}

// manyResponses stores many responses from many goroutines.
func manyResponses(t *testing.T, b Backend) {
	n := soak.Cases(5_000, 100_000)
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

// readDuringWrites follows the logs with cursors while they grow: each response must be read once. The responses of one
// round are settled in the next, and are read while those of the next are written.
func readDuringWrites(t *testing.T, b Backend) {
	const rounds, each = 3, 200
	seen := map[string]int{}
	var cursors [store.Shards]string
	read := func() {
		for number := range cursors {
			for _, entry := range after(t, b, store.Shard{Survey: surveyID, Period: period, Number: number}, cursors[number]) {
				if !entry.Settled { // others may still appear before it
					break
				}
				seen[entry.Response.ID]++
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
		for running := true; running; read() {
			select {
			case err := <-done:
				if err != nil {
					t.Fatal(err)
				}
				running = false
			case <-time.After(5 * time.Millisecond): // leaves the processor to the writers
			}
		}
		b.settle()
	}
	read()
	wantEachOnce(t, seen, rounds*each)
}
