package storetest

import (
	"context"
	"iter"
	"slices"

	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

func (h *Memory) Decisions(ctx context.Context, survey, period string) iter.Seq2[review.Decisions, error] {
	return func(yield func(review.Decisions, error) bool) {
		h.mu.Lock()
		all := slices.Clone(h.reviews[survey+" "+period])
		h.mu.Unlock()
		for i, data := range all {
			d, err := review.Decode(i+1, data)
			if err == nil {
				err = ctx.Err()
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

func (h *Memory) Decide(_ context.Context, survey, period string, d review.Decisions, t *tally.Tally, revision int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := survey + " " + period
	switch stale, err := store.CheckDecisions(d, len(h.reviews[key])); {
	case err != nil:
		return err
	case stale || h.tallies[key].revision != revision:
		return store.ErrStale
	}
	h.reviews[key] = append(h.reviews[key], d.Encode())
	h.tallies[key] = tallied{t.Encode(), revision + 1}
	return nil
}

func (h *Memory) ImportDecisions(_ context.Context, survey, period string, d review.Decisions) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := survey + " " + period
	stale, err := store.CheckDecisions(d, len(h.reviews[key]))
	switch {
	case err != nil:
		return false, err
	case stale && string(h.reviews[key][d.Number-1]) != string(d.Encode()):
		return false, store.ErrOtherDecisions
	case stale:
		return false, nil
	}
	h.reviews[key] = append(h.reviews[key], d.Encode())
	return true, nil
}

var _ store.Reviews = (*Memory)(nil)
