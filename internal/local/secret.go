package local

import (
	"context"
	"slices"

	"go.etcd.io/bbolt"

	"glasspoll/internal/store"
)

// secretKey is the key of the secret in the bucket "meta".
var secretKey = []byte("secret")

// makeSecret makes the secret unless there is one. It is part of the transaction in which every file is prepared, so each
// file has one, also one of an earlier version.
func makeSecret(tx *bbolt.Tx) error {
	meta := tx.Bucket(metaBucket)
	if meta.Get(secretKey) != nil {
		return nil
	}
	return meta.Put(secretKey, store.NewSecret())
}

// MakeSecret implements [store.SecretMaker].
func (s *Store) MakeSecret(ctx context.Context) error { return s.update(ctx, makeSecret) }

// Secret implements [store.Secrets].
func (s *Store) Secret(ctx context.Context) (secret []byte, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		secret = slices.Clone(tx.Bucket(metaBucket).Get(secretKey))
		if secret == nil {
			return store.ErrNoSecret
		}
		return store.CheckSecret(secret)
	})
	if err != nil {
		return nil, err
	}
	return secret, nil
}

// Taken implements [store.IDs].
func (s *Store) Taken(ctx context.Context, survey, id string) (taken bool, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if ids := bucket(tx, idsBucket, []byte(survey)); ids != nil {
			key := keyOf(id)
			taken = ids.Get(key[:]) != nil
		}
		return nil
	})
	return taken, err
}
