package storetest

import (
	"context"
	"maps"
	"slices"
	"strings"

	"glasspoll/internal/store"
)

// Withdraw stores the wish, as a back end does that may not read answers where they are taken.
func (h *Memory) Withdraw(ctx context.Context, survey, id string) (store.Withdrawal, error) {
	if err := ctx.Err(); err != nil {
		return store.Withdrawal{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	known := h.ids[survey+" "+id]
	switch {
	case known == nil:
		return store.Withdrawal{}, store.ErrNoResponse
	case known.withdrawn:
		return store.Withdrawal{Erased: true}, nil
	}
	h.wishes[survey+" "+id] = true
	return store.Withdrawal{}, nil
}

func (h *Memory) Withdrawals(ctx context.Context, survey string) (ids []string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(h.wishes)) {
		if id, of := strings.CutPrefix(key, survey+" "); of {
			ids = append(ids, id)
		}
	}
	return ids, ctx.Err()
}

func (h *Memory) EndWithdrawal(ctx context.Context, survey, id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.wishes, survey+" "+id)
	return ctx.Err()
}
