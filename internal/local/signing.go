package local

import (
	"context"

	"go.etcd.io/bbolt"

	"glasspoll/internal/blind"
	"glasspoll/internal/invitation"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// signingBucket holds, for each survey, the private keys of its groups by id.
var signingBucket = []byte("signing")

// PutSigningKeys implements [store.KeyRing].
func (s *Store) PutSigningKeys(ctx context.Context, survey string, keys []blind.Private) error {
	return s.update(ctx, func(tx *bbolt.Tx) error {
		if err := raiseFormat(tx, invitedFormat); err != nil {
			return err
		}
		b, err := makeBucket(tx, signingBucket, []byte(survey))
		if err != nil {
			return err
		}
		for _, key := range keys {
			id := []byte(key.ID())
			if b.Get(id) != nil {
				continue // an id follows from its key
			}
			if err := b.Put(id, key.Encode()); err != nil {
				return err
			}
		}
		return nil
	})
}

// SigningKey implements [store.SigningKeys].
func (s *Store) SigningKey(ctx context.Context, survey, id string) (key blind.Private, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) (err error) {
		b := bucket(tx, signingBucket, []byte(survey))
		if b == nil {
			return store.ErrNoKey
		}
		data := b.Get([]byte(id))
		if data == nil {
			return store.ErrNoKey
		}
		key, err = blind.DecodePrivate(data)
		return err
	})
	return key, err
}

// SigningKeysOf implements [store.KeyRing].
func (s *Store) SigningKeysOf(ctx context.Context, survey string) (keys []blind.Private, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		b := bucket(tx, signingBucket, []byte(survey))
		if b == nil {
			return nil
		}
		return b.ForEach(func(id, data []byte) error {
			key, err := blind.DecodePrivate(data)
			if err != nil {
				return message.Errorf("%s, key %s: %w", survey, string(id), err)
			}
			keys = append(keys, key)
			return nil
		})
	})
	return keys, err
}

// RedeemBlinded implements [store.Marker].
func (s *Store) RedeemBlinded(ctx context.Context, survey string, hash invitation.Hash, value invitation.Digest) error {
	var refused error
	err := s.update(ctx, func(tx *bbolt.Tx) error {
		i, found, err := invitationAt(tx, hash)
		if err != nil {
			return err
		}
		if refused = store.CheckBlinded(i, found, survey, value); refused != nil || i.Redeemed {
			return nil
		}
		return putInvitation(tx, i.RedeemBlinded(value))
	})
	if err != nil {
		return err
	}
	return refused
}
