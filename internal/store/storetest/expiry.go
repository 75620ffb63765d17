package storetest

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// expirerOf returns what deletes responses by their time. A back end that has none deletes them by itself.
func expirerOf(t *testing.T, b Backend) store.Expirer {
	t.Helper()
	e, ok := b.Log.(store.Expirer)
	if !ok {
		t.Skip("the back end deletes responses by itself")
	}
	return e
}

// expiry deletes responses, of which one has been erased and one corrected: they are gone with all that is stored of them, the
// ids of the erased alone stay taken, and the log goes on behind them.
func expiry(t *testing.T, b Backend) {
	h := heldTest{T: t, Backend: b}
	x := expirerOf(t, b)
	h.must(b.Definitions.PutDefinition(ctx, tiers(t)))
	for n := range 6 {
		put(t, b, response(n), true)
	}
	all := entries(t, b, surveyID, period)
	h.must(b.Tallies.SaveTally(ctx, surveyID, period, tallyOf(1), 0))
	h.must(b.Reviews.Decide(ctx, surveyID, period, withPrivate(correctionOf(1, 1)), tallyOf(2), 1))
	h.erase(2)
	_, revision, err := b.Tallies.Tally(ctx, surveyID, period)
	h.must(err)
	h.expire(x, all[:2], revision-1, 0, store.ErrStale)
	h.expire(x, all[:4], revision, 4, nil)
	h.expire(x, all[:4], revision, 0, nil) // as after a crash
	h.Backend = b.reopen(t)
	x = expirerOf(t, h.Backend)
	h.checkExpired(x, all, 4)
	putWithdrawn(t, h.Backend, response(2))
	h.checkCorrections("deleted", nil, erasedCorrection(correctionOf(1, 1)))
	if stored, err := h.Erasure.Find(ctx, response(2).ID); err != nil || len(stored) > 0 {
		t.Errorf("of an erased response, which has been deleted, %v is found, %v", stored, err)
	}
	if erased, err := h.Erasure.Erase(ctx, surveyID, response(0).ID, nil); err != nil || erased {
		t.Errorf("what was deleted is erased: %t, %v", erased, err)
	}
	if private, err := h.Erasure.Private(ctx, surveyID, period, response(1).ID); err != nil || len(private) > 0 {
		t.Errorf("private answers are left: %v, %v", private, err)
	}
	h.expire(x, all, revision, 2, nil) // nothing is left
	h.checkExpired(x, all, 6)
	put(t, h.Backend, response(0), true) // its id is free
	after := entries(t, h.Backend, surveyID, period)
	if len(after) != 1 || after[0].Cursor <= all[5].Cursor {
		t.Errorf("after all was deleted, the log is %+v; it has ended at %s", after, all[5].Cursor)
	}
}

func (h heldTest) expire(x store.Expirer, some []store.Entry, revision, want int, fails error) {
	h.Helper()
	if n, err := x.Expire(ctx, surveyID, period, some, revision); n != want || !errors.Is(err, fails) {
		h.Errorf("%d are deleted, %v, want %d, %v", n, err, want, fails)
	}
}

// checkExpired checks a log of which the first entries have been deleted.
func (h heldTest) checkExpired(x store.Expirer, all []store.Entry, deleted int) {
	h.Helper()
	if n, err := x.Expired(ctx, surveyID, period); n != int64(deleted) || err != nil {
		h.Errorf("%d have been deleted, %v, want %d", n, err, deleted)
	}
	if left := entries(h.T, h.Backend, surveyID, period); len(left) != len(all)-deleted || len(left) > 0 && left[0].Cursor != all[deleted].Cursor {
		h.Errorf("%d entries are left of %d", len(left), len(all))
	}
	if on := after(h.T, h.Backend, surveyID, period, all[1].Cursor); len(on) != len(all)-deleted {
		h.Errorf("behind the second there are %d entries", len(on))
	}
	last := all[len(all)-1].Cursor
	if ends, err := h.Log.Ends(ctx, surveyID); err != nil || ends[period] != last {
		h.Errorf("the log ends at %q, %v, want %s", ends[period], err, last)
	}
	if periods, err := h.Log.Periods(ctx, surveyID); err != nil || !slices.Equal(periods, []string{period}) {
		h.Errorf("the periods are %v, %v", periods, err)
	}
	checker, ok := h.Log.(store.Checker)
	if !ok {
		return
	}
	if n, end, err := checker.Logged(ctx, surveyID, period); err != nil || n != int64(len(all)) || end < last {
		h.Errorf("logged %d up to %s, %v, want %d up to %s", n, end, err, len(all), last)
	}
	h.checkKeys()
	nothingToMend(h.T, h.Backend)
}

// expiryAtOnce deletes responses while they are erased and others come: each is deleted once, the ids of those that were erased
// stay taken, and what is stored twice agrees.
func expiryAtOnce(t *testing.T, b Backend) {
	h := heldTest{T: t, Backend: b}
	x := expirerOf(t, b)
	h.must(b.Definitions.PutDefinition(ctx, tiers(t)))
	const n = 12
	for i := range n {
		r := response(i)
		r.Private = []answer.Answer{{"mail", "a@example.org"}}
		put(t, b, r, true)
	}
	all := entries(t, b, surveyID, period)
	h.must(b.Tallies.SaveTally(ctx, surveyID, period, tally.New(), 0))
	var deleted atomic.Int64
	erased := make([]bool, n)
	var group errgroup.Group
	for range 2 {
		group.Go(func() error { return expireByThrees(b, x, all, &deleted) })
	}
	group.Go(func() (err error) {
		for i := 0; i < n && err == nil; i += 3 {
			erased[i], err = b.Erasure.Erase(ctx, surveyID, response(i).ID, nil)
		}
		return err
	})
	group.Go(func() error {
		for i := range n {
			if _, err := b.Responses.Put(ctx, response(n+i)); err != nil {
				return err
			}
		}
		return nil
	})
	h.must(group.Wait())
	if deleted.Load() != n {
		t.Errorf("%d were deleted, want %d", deleted.Load(), n)
	}
	if left := entries(t, b, surveyID, period); len(left) != n {
		t.Errorf("%d are left, want %d", len(left), n)
	}
	for i := range n {
		if taken, err := b.IDs.Taken(ctx, surveyID, response(i).ID); err != nil || taken != erased[i] {
			t.Errorf("response %d: erased %t, its id is taken %t, %v", i, erased[i], taken, err)
		}
	}
	h.checkKeys()
}

// expireByThrees deletes entries, and counts them.
func expireByThrees(b Backend, x store.Expirer, rest []store.Entry, deleted *atomic.Int64) error {
	for len(rest) > 0 {
		_, revision, err := b.Tallies.Tally(ctx, surveyID, period)
		if err != nil {
			return err
		}
		some, err := x.Expire(ctx, surveyID, period, rest[:3], revision)
		if errors.Is(err, store.ErrStale) {
			continue
		}
		if err != nil {
			return err
		}
		deleted.Add(int64(some))
		rest = rest[3:]
	}
	return nil
}

// checkKeys wants what is stored twice to agree.
func (h heldTest) checkKeys() {
	h.Helper()
	checker, ok := h.Log.(store.Checker)
	if !ok {
		return
	}
	for problem, err := range checker.CheckKeys(ctx, surveyID, period) {
		h.Errorf("%+v, %v", problem, err)
	}
}
