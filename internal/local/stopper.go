package local

import (
	"context"

	"go.etcd.io/bbolt"

	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
)

// StopMessages implements [store.Stopper].
func (s *Store) StopMessages(ctx context.Context, hash invitation.Hash) (first bool, err error) {
	found := false
	err = s.update(ctx, func(tx *bbolt.Tx) (err error) {
		var i invitation.Invitation
		if i, found, err = invitationAt(tx, hash); err != nil || !found {
			return err
		}
		if first = !i.Stopped; !first {
			return nil
		}
		return putInvitation(tx, i.Stop())
	})
	if err == nil && !found {
		err = store.ErrNotInvited
	}
	return first && err == nil, err
}
