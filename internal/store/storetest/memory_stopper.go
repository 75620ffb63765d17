package storetest

import (
	"context"

	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
)

func (h *Memory) StopMessages(_ context.Context, hash invitation.Hash) (first bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i, found := h.invitations[hash]
	if !found {
		return false, store.ErrNotInvited
	}
	h.invitations[hash] = i.Stop()
	return !i.Stopped, nil
}
