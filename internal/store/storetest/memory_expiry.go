package storetest

import (
	"context"
	"slices"

	"glasspoll/internal/store"
)

func (h *Memory) Expire(ctx context.Context, survey, period string, entries []store.Entry, revision int) (deleted int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	key := survey + " " + period
	if h.tallies[key].revision != revision {
		return 0, store.ErrStale
	}
	h.logs[key] = slices.Clone(h.logs[key])
	for _, e := range entries {
		at := slices.IndexFunc(h.logs[key], func(other store.Entry) bool { return other.Cursor == e.Cursor })
		if at < 0 {
			continue
		}
		id := h.logs[key][at].Response.ID
		h.logs[key] = slices.Delete(h.logs[key], at, at+1)
		h.expired[key]++
		deleted++
		if !h.ids[survey+" "+id].withdrawn {
			h.eraseCorrections(key, id)
			delete(h.ids, survey+" "+id)
		}
	}
	return deleted, nil
}

func (h *Memory) Expired(_ context.Context, survey, period string) (int64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.expired[survey+" "+period], nil
}

var _ store.Expirer = (*Memory)(nil)
