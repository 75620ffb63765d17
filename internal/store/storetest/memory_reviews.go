package storetest

import (
	"context"
	"iter"
	"maps"
	"slices"

	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

func (h *Memory) Decisions(ctx context.Context, survey, period string) iter.Seq2[review.Decisions, error] {
	return func(yield func(review.Decisions, error) bool) {
		h.mu.Lock()
		all, said := slices.Clone(h.reviews[survey+" "+period]), maps.Clone(h.corrections[survey+" "+period])
		h.mu.Unlock()
		for i, data := range all {
			d, err := review.Decode(i+1, data)
			if err == nil && d.Correction != nil {
				err = d.Correction.Decode(said[i+1])
			}
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
	case d.Correction != nil:
		if known := h.ids[survey+" "+d.IDs[0]]; known == nil || known.withdrawn {
			return store.ErrStale
		}
		h.putCorrection(survey, key, d)
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
	}
	if d.Correction != nil {
		h.putCorrection(survey, key, d)
	}
	if stale {
		return false, nil
	}
	h.reviews[key] = append(h.reviews[key], d.Encode())
	return true, nil
}

// putCorrection stores what a correction says.
func (h *Memory) putCorrection(survey, key string, d review.Decisions) {
	known := h.ids[survey+" "+d.IDs[0]]
	if d.Correction.Erased || known != nil && known.withdrawn {
		if known == nil || known.withdrawn {
			delete(h.corrections[key], d.Number) // it may have been imported before its response
		}
		return
	}
	if h.corrections[key] == nil {
		h.corrections[key] = map[int][]byte{}
	}
	h.corrections[key][d.Number] = d.Correction.Encode()
	if known == nil || len(d.Correction.Private) == 0 {
		return
	}
	if known.corrected == nil {
		known.corrected = review.PrivateCorrections{}
	}
	known.corrected[d.Number] = d.Correction.Private
}

// eraseCorrections removes what corrections say of a response.
func (h *Memory) eraseCorrections(key, id string) {
	for i, data := range h.reviews[key] {
		if d, err := review.Decode(i+1, data); err == nil && d.Correction != nil && d.IDs[0] == id {
			delete(h.corrections[key], i+1)
		}
	}
}

func (h *Memory) PrivateCorrections(_ context.Context, survey, id string) (review.PrivateCorrections, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if known := h.ids[survey+" "+id]; known != nil {
		return maps.Clone(known.corrected), nil
	}
	return nil, nil
}

var _ store.Reviews = (*Memory)(nil)
