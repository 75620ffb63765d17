package local

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// Tally implements [store.Tallies].
func (s *Store) Tally(ctx context.Context, shard store.Shard) (t *tally.Tally, revision int, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		b := bucket(tx, talliesBucket, []byte(shard.Survey), []byte(shard.Period))
		if b == nil {
			return nil
		}
		var data []byte
		if revision, data, err = splitRevision(b.Get([]byte{byte(shard.Number)})); err != nil || revision == 0 {
			return err
		}
		if t, err = tally.Decode(data); err != nil {
			return fmt.Errorf("%s %s, shard %d: %w", shard.Survey, shard.Period, shard.Number, err)
		}
		return nil
	})
	return t, revision, err
}

// SaveTally implements [store.Tallies].
func (s *Store) SaveTally(ctx context.Context, shard store.Shard, t *tally.Tally, revision int) error {
	data := withRevision(revision+1, t.Encode())
	return s.swap(ctx, func(tx *bbolt.Tx) (stale bool, err error) { return putTally(tx, shard, data, revision) })
}

// putTally replaces the tally of a shard if it has the given revision; stale says that it has another one.
func putTally(tx *bbolt.Tx, shard store.Shard, data []byte, revision int) (stale bool, err error) {
	b, err := makeBucket(tx, talliesBucket, []byte(shard.Survey), []byte(shard.Period))
	if err != nil {
		return false, err
	}
	key := []byte{byte(shard.Number)}
	stored, _, err := splitRevision(b.Get(key))
	if err != nil || stored != revision {
		return err == nil, err
	}
	return false, b.Put(key, data)
}
