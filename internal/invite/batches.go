package invite

import (
	"context"
	"iter"
	"slices"

	stored "glasspoll/internal/invitation"
	"glasspoll/internal/invitees"
	"glasspoll/internal/store"
)

// An Owner is the owner's record of the invitees of a survey. What is written is on the disk when the call returns.
type Owner interface {
	All() iter.Seq[*invitees.Invitee]
	Unstored() iter.Seq[*invitees.Invitee]
	Write(events ...invitees.Event) error
}

// storedAtOnce bounds the invitations that are stored before the owner's record says so.
const storedAtOnce = 5000

// Store puts the invitations that the store of the answers may not have, and notes in the owner's record that it has them. Each is
// in the record before, so after a crash the next call goes on. tell is called when some are stored and others are not yet.
func Store(ctx context.Context, owner Owner, survey string, to store.Inviter, tell func(done, all int)) (n int, err error) {
	unstored := slices.Collect(owner.Unstored())
	for some := range slices.Chunk(unstored, storedAtOnce) {
		var all []stored.Invitation
		var events []invitees.Event
		for _, i := range some {
			all = append(all, i.Invitation(survey))
			events = append(events, i.StoredEvent())
		}
		if _, err := to.PutInvitations(ctx, all); err != nil {
			return n, err
		}
		if err := owner.Write(events...); err != nil {
			return n, err
		}
		if n += len(some); n < len(unstored) {
			tell(n, len(unstored))
		}
	}
	return n, nil
}

// States returns the invitations to a survey by their hashes.
func States(ctx context.Context, from store.Inviter, survey string) (map[stored.Hash]stored.Invitation, error) {
	states := map[stored.Hash]stored.Invitation{}
	for i, err := range from.InvitationsOf(ctx, survey) {
		if err != nil {
			return nil, err
		}
		states[i.Hash] = i
	}
	return states, nil
}

// Withdraw takes the invitations of invitees back, but for those that have been used, and notes it in the owner's record. One that
// is not in the store yet never comes there. After an error, call it again.
func Withdraw(ctx context.Context, owner Owner, who []*invitees.Invitee, from store.Inviter) error {
	hashes := make([]stored.Hash, len(who))
	events := make([]invitees.Event, len(who))
	for at, i := range who {
		hashes[at], events[at] = i.Secret.Hash(), i.WithdrawnEvent()
	}
	if _, err := from.WithdrawInvitations(ctx, hashes); err != nil {
		return err
	}
	return owner.Write(events...)
}
