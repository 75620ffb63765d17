package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/store"
)

// state is what Append changes: a period's tally, its revision, and the latest release, encoded.
type state struct {
	tally    []byte
	revision int
	latest   []byte
}

func stateOf(t *testing.T, b Backend) (s state) {
	t.Helper()
	counted, revision, err := b.Tallies.Tally(ctx, surveyID, period)
	if err != nil {
		t.Fatal(err)
	}
	if s.revision = revision; counted != nil {
		s.tally = counted.Encode()
	}
	latest, err := b.Releases.Latest(ctx, surveyID)
	if err != nil || len(latest) > 1 {
		t.Fatal(latest, err)
	}
	if len(latest) == 1 {
		s.latest = latest[0].Encode()
	}
	return s
}

func (s state) wants(t *testing.T, b Backend, after string) {
	t.Helper()
	if got := stateOf(t, b); got.revision != s.revision || !bytes.Equal(got.tally, s.tally) || !bytes.Equal(got.latest, s.latest) {
		t.Errorf("after %s the tally has revision %d and is\n%x\nwant %d,\n%x\nand the latest release is\n%x\nwant\n%x",
			after, got.revision, got.tally, s.revision, s.tally, got.latest, s.latest)
	}
}

// releaseWithTally appends releases with tallies: both are stored, or neither.
func releaseWithTally(t *testing.T, b Backend) {
	state{}.wants(t, b, "nothing")
	for _, c := range []struct {
		name     string
		number   int // of the release
		counted  int64
		revision int
		stale    bool
		refused  bool // for another reason
		want     state
	}{
		{"a release without the tally it needs", 1, 1, 1, true, false, state{}},
		{"a number that does not follow", 2, 1, 0, false, true, state{}},
		{"the first release", 1, 1, 0, false, false, state{tallyOf(1).Encode(), 1, releaseOf(period, 1).Encode()}},
		{"a number that is taken", 1, 9, 1, true, false, state{tallyOf(1).Encode(), 1, releaseOf(period, 1).Encode()}},
		{"an older revision", 2, 9, 0, true, false, state{tallyOf(1).Encode(), 1, releaseOf(period, 1).Encode()}},
		{"a revision that will be", 2, 9, 2, true, false, state{tallyOf(1).Encode(), 1, releaseOf(period, 1).Encode()}},
		{"a number that leaves one out", 3, 9, 1, false, true, state{tallyOf(1).Encode(), 1, releaseOf(period, 1).Encode()}},
		{"the second release", 2, 2, 1, false, false, state{tallyOf(2).Encode(), 2, releaseOf(period, 2).Encode()}},
		{"both stale", 1, 9, 1, true, false, state{tallyOf(2).Encode(), 2, releaseOf(period, 2).Encode()}},
	} {
		err := b.Releases.Append(ctx, releaseOf(period, c.number), tallyOf(c.counted), c.revision)
		if errors.Is(err, store.ErrStale) != c.stale || (err != nil) != (c.stale || c.refused) {
			t.Errorf("%s: %v", c.name, err)
		}
		c.want.wants(t, b, c.name)
	}
	if err := b.Tallies.SaveTally(ctx, surveyID, period, tallyOf(3), 2); err != nil {
		t.Fatal(err)
	}
	saved := state{tallyOf(3).Encode(), 3, releaseOf(period, 2).Encode()}
	if err := b.Releases.Append(ctx, releaseOf(period, 3), tallyOf(4), 2); !errors.Is(err, store.ErrStale) {
		t.Errorf("appended over a tally that was saved meanwhile: %v", err)
	}
	saved.wants(t, b, "a tally that was saved")
	b = b.reopen(t)
	saved.wants(t, b, "opening again")
	if err := b.Releases.Append(ctx, releaseOf(period, 3), tallyOf(4), 3); err != nil {
		t.Fatal(err)
	}
	number := 0
	for r, err := range b.Erasure.History(ctx, surveyID, period) {
		if number++; err != nil || !sameRelease(r, releaseOf(period, number)) {
			t.Errorf("release %d is %v, %v", number, r, err)
		}
	}
	if number != 3 {
		t.Errorf("%d releases, want 3", number)
	}
}

// appendsAtOnce appends releases, saves tallies and erases, all at the same time: each success gives the tally one revision,
// and none is lost.
func appendsAtOnce(t *testing.T, b Backend) {
	if err := b.Definitions.PutDefinition(ctx, tiers(t)); err != nil {
		t.Fatal(err)
	}
	const gone, each = 6, 8
	for i := range gone {
		r := tiered(i)
		r.Period = period
		put(t, b, r, true)
	}
	collect(t, b, surveyID, period)
	var changes atomic.Int64
	var group errgroup.Group
	for range 3 {
		group.Go(func() error {
			return repeatedly(b, each, &changes, func(last, revision int) error {
				return b.Releases.Append(ctx, releaseOf(period, last+1), tallyOf(int64(last+1)), revision)
			})
		})
		group.Go(func() error {
			return repeatedly(b, each, &changes, func(last, revision int) error {
				return b.Tallies.SaveTally(ctx, surveyID, period, tallyOf(int64(last)), revision)
			})
		})
	}
	group.Go(func() error {
		for i := range gone {
			erased, err := b.Erasure.Erase(ctx, surveyID, tiered(i).ID, nil)
			for errors.Is(err, store.ErrStale) { // the others were faster at all its attempts: their changes come to an end
				erased, err = b.Erasure.Erase(ctx, surveyID, tiered(i).ID, nil)
			}
			if !erased {
				return fmt.Errorf("not erased: %w", err)
			}
			changes.Add(1)
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	_, revision, err := b.Tallies.Tally(ctx, surveyID, period)
	if err != nil || int64(revision) != changes.Load() {
		t.Errorf("revision %d after %d changes, %v", revision, changes.Load(), err)
	}
	number := 0
	for r, err := range b.Erasure.History(ctx, surveyID, period) {
		if number++; err != nil || r.Number != number {
			t.Errorf("release %d is %v, %v", number, r, err)
		}
	}
	if number != 3*each {
		t.Errorf("%d releases, want %d", number, 3*each)
	}
}

// repeatedly makes n changes of a period's tally. change gets the number of the last release, read before, and the tally's
// revision.
func repeatedly(b Backend, n int, changes *atomic.Int64, change func(last, revision int) error) error {
	for done := 0; done < n; {
		latest, err := b.Releases.Latest(ctx, surveyID)
		if err != nil {
			return err
		}
		_, revision, err := b.Tallies.Tally(ctx, surveyID, period)
		if err != nil {
			return err
		}
		last := 0
		if len(latest) > 0 {
			last = latest[0].Number
		}
		switch err := change(last, revision); {
		case err == nil:
			changes.Add(1)
			done++
		case !errors.Is(err, store.ErrStale):
			return err
		}
	}
	return nil
}
