package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// offsets are those of clocks that are apart: one that is right, and some that are hours behind and ahead.
var offsets = []time.Duration{0, -3 * time.Hour, 3 * time.Hour, -26 * time.Hour}

// handles returns handles on the same data, one for each of the offsets. Where all have one clock, they are the same.
func handles(b Backend) []Backend {
	all := []Backend{b}
	for _, offset := range offsets[1:] {
		another := b
		if b.At != nil {
			another = b.At(offset)
		}
		all = append(all, another)
	}
	return all
}

// follower reads the log of a period of the survey, and goes on from its cursor each time.
type follower struct {
	Backend
	period string
	cursor string
	seen   []store.Entry
}

func (f *follower) read() error {
	more, err := readAfter(f.Backend, surveyID, f.period, f.cursor)
	if len(more) > 0 {
		f.seen, f.cursor = append(f.seen, more...), more[len(more)-1].Cursor
	}
	return err
}

// during collects and reads again and again while others write.
func (f *follower) during(t *testing.T, write func() error) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- write() }()
	for {
		if err := f.Collector.Collect(ctx, surveyID, f.period); err != nil {
			t.Fatal(err)
		}
		if err := f.read(); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		case <-time.After(5 * time.Millisecond): // leaves the processor to the writers
		}
	}
}

// finish collects and reads what is left, and checks that the log is what the follower has seen.
func (f *follower) finish(t *testing.T) {
	t.Helper()
	collect(t, f.Backend, surveyID, f.period)
	if err := f.read(); err != nil {
		t.Fatal(err)
	}
	if all := after(t, f.Backend, surveyID, f.period, ""); !reflect.DeepEqual(all, f.seen) {
		t.Errorf("a reader that went on from its cursor has seen %d entries, and the log has %d, or others", len(f.seen), len(all))
	}
}

// clocksApart stores through handles whose clocks are hours apart, before, during and after collecting and reading, and
// collects through all of them. Whoever goes on from a cursor reads each response once, and so does a fold with a saved
// tally.
func clocksApart(t *testing.T, b Backend) {
	const rounds, each = 3, 30
	s := parse(t, "Clocks")
	if err := b.Definitions.PutDefinition(ctx, s); err != nil {
		t.Fatal(err)
	}
	all := handles(b)
	f := follower{Backend: b, period: "all"}
	n, folded := 0, 0
	next := func() answer.Response {
		r := response(n)
		r.Version, r.Period, r.Channel, r.Answers = s.Version, "all", fmt.Sprint(n%len(all)), []answer.Answer{{"choice", "a"}} // the channel names the handle
		n++
		return r
	}
	foldNew := func() {
		_, more := fold(t, b, surveyID, "all")
		folded += more
	}
	for round := range rounds {
		var before []answer.Response
		for range each * len(all) {
			before = append(before, next())
		}
		f.during(t, func() error { return putAndCollect(all, before) })
		foldNew()
		for i := range all { // each is behind the clock of what has been collected and read, or ahead of it
			put(t, all[i], next(), true)
			if round > 0 {
				collect(t, all[(i+round)%len(all)], surveyID, "all")
			}
			if err := f.read(); err != nil {
				t.Fatal(err)
			}
			foldNew()
		}
	}
	f.finish(t)
	foldNew()
	wantEachOnce(t, countIDs(f.seen), n)
	if whole, _ := fold(t, b, surveyID, "all"); folded != n || whole.Received() != int64(n) || whole.Waiting() != int64(n) {
		t.Errorf("folded %d and counted %d of %d", folded, whole.Received(), n)
	}
	if b.At != nil {
		checkArrivals(t, f.seen)
	}
}

// putAndCollect stores responses through all handles at once, each its share, and collects now and then.
func putAndCollect(all []Backend, responses []answer.Response) error {
	var group errgroup.Group
	for i := range all {
		group.Go(func() error {
			for j := i; j < len(responses); j += len(all) {
				if created, err := all[i].Responses.Put(ctx, responses[j]); err != nil || !created {
					return fmt.Errorf("Put = %t, %w", created, err)
				}
				if j%20 != i {
					continue
				}
				if err := all[i].Collector.Collect(ctx, surveyID, "all"); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// checkArrivals checks that each response has the time of the clock that it was stored by, which its channel names.
func checkArrivals(t *testing.T, entries []store.Entry) {
	t.Helper()
	now := time.Now()
	for _, entry := range entries {
		var handle int
		fmt.Sscan(entry.Response.Channel, &handle)
		if want := now.Add(offsets[handle]); entry.Arrived.Sub(want).Abs() > time.Hour {
			t.Errorf("a response that was stored by a clock at %v arrived at %v", want, entry.Arrived)
		}
	}
}

// collectorsAtOnce writes, collects and reads from many goroutines, through handles whose clocks are apart: every reader
// sees the same log, with each response once.
func collectorsAtOnce(t *testing.T, b Backend) {
	const writing, each = 8, 40
	all := handles(b)
	var writers, group errgroup.Group
	for w := range writing {
		writers.Go(func() error {
			for i := range each {
				if _, err := all[w%len(all)].Responses.Put(ctx, response(w*each+i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	done := make(chan struct{})
	until := func(do func() error) {
		group.Go(func() error {
			for {
				select {
				case <-done:
					return do() // once more, with all the others
				default:
				}
				if err := do(); err != nil {
					return err
				}
			}
		})
	}
	for i := range 2 * len(all) {
		until(func() error { return all[i%len(all)].Collector.Collect(ctx, surveyID, period) })
	}
	followers := make([]follower, 3)
	for i := range followers {
		followers[i] = follower{Backend: all[i], period: period}
		until(followers[i].read)
	}
	err := writers.Wait()
	close(done)
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for i := range followers {
		followers[i].finish(t)
	}
	wantEachOnce(t, countIDs(followers[0].seen), writing*each)
}
