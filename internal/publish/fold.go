package publish

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// foldPeriod brings the tallies of a period up to date and returns their sum.
func (r *run) foldPeriod(ctx context.Context, period string) (*tally.Tally, error) {
	var folds [store.Shards]shardFold
	var tallies [store.Shards]*tally.Tally
	group, within := errgroup.WithContext(ctx)
	for i := range folds {
		f := &folds[i]
		f.run, f.shard = r, store.Shard{Survey: r.survey.ID, Period: period, Number: i}
		group.Go(func() (err error) {
			tallies[i], err = f.fold(within)
			return err
		})
	}
	err := group.Wait()
	for i := range folds {
		r.out.Folded += folds[i].folded
		r.out.Opened += folds[i].newCases.Load()
	}
	if err != nil {
		return nil, err
	}
	return tally.Merge(tallies[:]...), nil
}

// shardFold folds what is new in one log.
type shardFold struct {
	*run
	shard    store.Shard
	folded   int64        // responses in saved tallies
	newCases atomic.Int64 // cases opened
}

// fold returns the shard's tally with all responses of its log.
func (f *shardFold) fold(ctx context.Context) (*tally.Tally, error) {
	for range attempts {
		t, revision, err := f.tallies.Tally(ctx, f.shard)
		if err != nil {
			return nil, err
		}
		if t == nil || t.Shape != f.survey.Shape {
			t = tally.Restart(f.survey, t)
		}
		whole, err := f.catchUp(ctx, t, revision)
		if whole != nil || err != nil {
			return whole, err
		}
	}
	return nil, fmt.Errorf("tally of %s %s/%d: %w %d times", f.shard.Survey, f.shard.Period, f.shard.Number, store.ErrStale, attempts)
}

// catchUp folds the log into t, to its end, and saves t after each chunk, once the cases that the chunk opens are stored.
// It returns the tally with the responses that have not settled; nil if another publisher has saved the tally meanwhile.
func (f *shardFold) catchUp(ctx context.Context, t *tally.Tally, revision int) (*tally.Tally, error) {
	for {
		from, changes := t.Cursor, f.newCaseChanges()
		n, unsettled, err := f.foldChunk(ctx, t, changes)
		if err != nil {
			return nil, err
		}
		if err := changes.apply(ctx); err != nil {
			return nil, err
		}
		if n == 0 {
			return addUnsettled(t, unsettled), nil
		}
		switch err := f.tallies.SaveTally(ctx, f.shard, t, revision); {
		case errors.Is(err, store.ErrStale):
			return nil, changes.applyMissed(ctx, from)
		case err != nil:
			return nil, err
		}
		f.folded += n
		revision++
		if n < chunk {
			return addUnsettled(t, unsettled), nil
		}
	}
}

// foldChunk folds up to a chunk of settled responses into t and moves its cursor past them. The cursor may not pass
// responses that have not settled: these are folded, in each run again, into a tally of their own, which is nil if there
// are none. n is the number of settled ones; if it is less than chunk, the log has been read to its end.
func (f *shardFold) foldChunk(ctx context.Context, t *tally.Tally, changes *caseChanges) (n int64, unsettled *tally.Tally, err error) {
	for entry, err := range f.log.After(ctx, f.shard, t.Cursor) {
		if err != nil {
			return n, nil, err
		}
		changes.add(entry, entry.Cursor > t.Alerted)
		if !entry.Settled {
			if unsettled == nil {
				unsettled = tally.New(f.survey)
			}
			unsettled.Fold(f.survey, entry.Response)
			continue
		}
		t.Fold(f.survey, entry.Response)
		t.Advance(entry.Cursor)
		if n++; n == chunk {
			break
		}
	}
	return n, unsettled, nil
}

// addUnsettled returns t with the counters of the responses that have not settled. t itself is saved without them.
func addUnsettled(t, unsettled *tally.Tally) *tally.Tally {
	if unsettled == nil {
		return t
	}
	return tally.Merge(t, unsettled)
}
