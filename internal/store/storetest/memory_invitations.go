package storetest

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
)

func (h *Memory) Invitation(_ context.Context, hash invitation.Hash) (invitation.Invitation, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i, found := h.invitations[hash]
	if !found {
		return invitation.Invitation{}, store.ErrNotInvited
	}
	i.Values = maps.Clone(i.Values)
	return i, nil
}

func (h *Memory) PutInvitations(ctx context.Context, all []invitation.Invitation) (added int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := store.CheckInvitations(all); err != nil {
		return 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, i := range all {
		if known, found := h.invitations[i.Hash]; found {
			h.invitations[i.Hash] = known.Merge(i)
			continue
		}
		i.Values = maps.Clone(i.Values)
		h.invitations[i.Hash] = i
		added++
	}
	return added, nil
}

func (h *Memory) WithdrawInvitations(_ context.Context, hashes []invitation.Hash) (withdrawn int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, hash := range hashes {
		if i, found := h.invitations[hash]; found && !i.Withdrawn && !i.Redeemed {
			h.invitations[hash] = i.Withdraw()
			withdrawn++
		}
	}
	return withdrawn, nil
}

func (h *Memory) InvitationsOf(ctx context.Context, survey string) iter.Seq2[invitation.Invitation, error] {
	return func(yield func(invitation.Invitation, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(invitation.Invitation{}, err)
			return
		}
		h.mu.Lock()
		all := slices.SortedFunc(maps.Values(h.invitations), func(a, b invitation.Invitation) int { return bytes.Compare(a.Hash[:], b.Hash[:]) })
		h.mu.Unlock()
		for _, i := range all {
			if i.Survey == survey && !yield(i, nil) {
				return
			}
		}
	}
}

func (h *Memory) Count(_ context.Context, survey, name string) error {
	if err := store.CheckCounter(survey, name); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.counted[survey] == nil {
		h.counted[survey] = map[string]int64{}
	}
	h.counted[survey][name]++
	return nil
}

func (h *Memory) Counted(_ context.Context, survey string) (map[string]int64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := map[string]int64{}
	maps.Copy(all, h.counted[survey])
	return all, nil
}

func (h *Memory) Redeem(ctx context.Context, r store.Redemption) (created bool, err error) {
	arrived := r.Day
	if arrived.IsZero() {
		arrived = time.Now().Add(h.offset)
	}
	return h.putIf(ctx, store.Entry{Arrived: arrived, Response: r.Response}, nil, func() error {
		i, found := h.invitations[r.Hash]
		switch {
		case !found || i.Survey != r.Response.Survey:
			return store.ErrNotInvited
		case i.Redeemed:
			return store.ErrRedeemed
		case i.Withdrawn:
			return store.ErrInvitationWithdrawn
		}
		id := ""
		if r.Identified {
			id = r.Response.ID
		}
		h.invitations[r.Hash] = i.Redeem(id)
		return nil
	})
}

func (h *Memory) Raise(_ context.Context, survey string, counts map[string]int64) error {
	if err := store.CheckCounters(survey, counts); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.counted[survey] == nil {
		h.counted[survey] = map[string]int64{}
	}
	for name, n := range counts {
		h.counted[survey][name] = max(h.counted[survey][name], n)
	}
	return nil
}
