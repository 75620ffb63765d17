package cloud

import (
	"context"

	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
)

// stopped is the attribute of an invitation about which no more messages are wanted.
const stopped = "stopped"

// StopMessages implements [store.Stopper].
func (t *Table) StopMessages(ctx context.Context, hash invitation.Hash) (first bool, err error) {
	if t.invited == "" {
		return false, store.ErrNotInvited
	}
	if first, err = t.noteStopped(ctx, hash); first || err != nil {
		return first, err
	}
	_, err = t.Invitation(ctx, hash)
	return false, err
}

// noteStopped is StopMessages, but an invitation that is not there is no error.
func (t *Table) noteStopped(ctx context.Context, hash invitation.Hash) (first bool, err error) {
	return t.updateInvitation(ctx, hash, "SET #stopped = :true", "attribute_exists(#key) AND attribute_not_exists(#stopped)", nil)
}
