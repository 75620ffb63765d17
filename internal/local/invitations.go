package local

import (
	"bytes"
	"context"
	"iter"

	"go.etcd.io/bbolt"

	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
)

// invitationsAtOnce bounds the invitations that are written or read in one transaction.
const invitationsAtOnce = 1000

// invitationAt returns the invitation with a hash, and whether there is one.
func invitationAt(tx *bbolt.Tx, hash invitation.Hash) (i invitation.Invitation, found bool, err error) {
	b := tx.Bucket(invitationsBucket)
	if b == nil {
		return i, false, nil
	}
	data := b.Get(hash[:])
	if data == nil {
		return i, false, nil
	}
	i, err = invitation.Decode(hash, data)
	return i, err == nil, err
}

// putInvitation puts an invitation in the place of the one with its hash, if there is one.
func putInvitation(tx *bbolt.Tx, i invitation.Invitation) error {
	b, err := makeBucket(tx, invitationsBucket)
	if err != nil {
		return err
	}
	return b.Put(i.Hash[:], i.Encode())
}

// Invitation implements [store.Invitations].
func (s *Store) Invitation(ctx context.Context, hash invitation.Hash) (i invitation.Invitation, err error) {
	found := false
	err = s.view(ctx, func(tx *bbolt.Tx) (err error) {
		i, found, err = invitationAt(tx, hash)
		return err
	})
	if err == nil && !found {
		err = store.ErrNotInvited
	}
	return i, err
}

// PutInvitations implements [store.Inviter].
func (s *Store) PutInvitations(ctx context.Context, all []invitation.Invitation) (added int, err error) {
	if err := store.CheckInvitations(all); err != nil {
		return 0, s.wrap(err)
	}
	for len(all) > 0 {
		some := all[:min(invitationsAtOnce, len(all))]
		all = all[len(some):]
		n := 0
		err := s.update(ctx, func(tx *bbolt.Tx) (err error) {
			n, err = mergeInvitations(tx, some)
			return err
		})
		if err != nil {
			return added, err
		}
		added += n
	}
	return added, nil
}

// mergeInvitations stores invitations, or the states of those that are stored, and returns how many were not.
func mergeInvitations(tx *bbolt.Tx, some []invitation.Invitation) (added int, err error) {
	if err := raiseFormat(tx, invitedFormat); err != nil {
		return 0, err
	}
	for _, i := range some {
		known, found, err := invitationAt(tx, i.Hash)
		if err != nil {
			return 0, err
		}
		if !found {
			added++
		} else if i = known.Merge(i); i.Equal(known) {
			continue
		}
		if err := putInvitation(tx, i); err != nil {
			return 0, err
		}
	}
	return added, nil
}

// WithdrawInvitations implements [store.Inviter].
func (s *Store) WithdrawInvitations(ctx context.Context, hashes []invitation.Hash) (withdrawn int, err error) {
	for len(hashes) > 0 {
		some := hashes[:min(invitationsAtOnce, len(hashes))]
		hashes = hashes[len(some):]
		n := 0
		err := s.update(ctx, func(tx *bbolt.Tx) error {
			n = 0
			for _, hash := range some {
				i, found, err := invitationAt(tx, hash)
				if err != nil {
					return err
				}
				if !found || i.Redeemed || i.Withdrawn {
					continue
				}
				if err := putInvitation(tx, i.Withdraw()); err != nil {
					return err
				}
				n++
			}
			return nil
		})
		if err != nil {
			return withdrawn, err
		}
		withdrawn += n
	}
	return withdrawn, nil
}

// InvitationsOf implements [store.Inviter].
func (s *Store) InvitationsOf(ctx context.Context, survey string) iter.Seq2[invitation.Invitation, error] {
	return func(yield func(invitation.Invitation, error) bool) {
		for after := []byte(nil); ; {
			some, last, err := s.invitationsAfter(ctx, survey, after)
			for _, i := range some {
				if !yield(i, nil) {
					return
				}
			}
			if err != nil {
				yield(invitation.Invitation{}, err)
			}
			if err != nil || last == nil {
				return
			}
			after = last
		}
	}
}

// invitationsAfter returns some of a survey's invitations after a hash, in their order, and the last hash that it has looked
// at; nil at the end.
func (s *Store) invitationsAfter(ctx context.Context, survey string, after []byte) (some []invitation.Invitation, last []byte, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		b := tx.Bucket(invitationsBucket)
		if b == nil {
			return nil
		}
		c := b.Cursor()
		key, data := c.Seek(after)
		if key != nil && bytes.Equal(key, after) {
			key, data = c.Next()
		}
		for n := 0; key != nil && n < invitationsAtOnce; key, data = c.Next() {
			if len(key) != invitation.HashSize {
				return errCodec
			}
			i, err := invitation.Decode(invitation.Hash(key), data)
			if err != nil {
				return err
			}
			if i.Survey == survey {
				some = append(some, i)
			}
			last, n = bytes.Clone(key), n+1
		}
		if key == nil {
			last = nil
		}
		return nil
	})
	return some, last, err
}

// Redeem implements [store.Redeemer].
func (s *Store) Redeem(ctx context.Context, r store.Redemption) (created bool, err error) {
	return s.putNew(ctx, r.Response, nil, func(tx *bbolt.Tx, rec record) (refused, err error) {
		i, found, err := invitationAt(tx, r.Hash)
		switch {
		case err != nil:
			return nil, err
		case !found || i.Survey != r.Response.Survey:
			return store.ErrNotInvited, nil
		case i.Redeemed:
			return store.ErrRedeemed, nil
		case i.Withdrawn:
			return store.ErrInvitationWithdrawn, nil
		}
		id := ""
		if r.Identified {
			id = r.Response.ID
		}
		if err := putInvitation(tx, i.Redeem(id)); err != nil {
			return nil, err
		}
		arrived := arrival{r.Day.UnixNano(), true}
		if r.Day.IsZero() {
			arrived = arrival{at: s.now().UnixNano()}
		}
		return nil, appendRecord(tx, rec, arrived)
	})
}
