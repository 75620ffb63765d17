package storetest

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"glasspoll/internal/blind"
	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
)

func (h *Memory) PutSigningKeys(ctx context.Context, survey string, keys []blind.Private) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.signing[survey] == nil {
		h.signing[survey] = map[string]blind.Private{}
	}
	for _, key := range keys {
		h.signing[survey][key.ID()] = key
	}
	return nil
}

func (h *Memory) SigningKey(_ context.Context, survey, id string) (blind.Private, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key, found := h.signing[survey][id]
	if !found {
		return blind.Private{}, store.ErrNoKey
	}
	return key, nil
}

func (h *Memory) SigningKeysOf(_ context.Context, survey string) ([]blind.Private, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.SortedFunc(maps.Values(h.signing[survey]), func(a, b blind.Private) int { return cmp.Compare(a.ID(), b.ID()) }), nil
}

func (h *Memory) RedeemBlinded(ctx context.Context, survey string, hash invitation.Hash, value invitation.Digest) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	i, found := h.invitations[hash]
	if err := store.CheckBlinded(i, found, survey, value); err != nil {
		return err
	}
	h.invitations[hash] = i.RedeemBlinded(value)
	return nil
}
