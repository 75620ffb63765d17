package local

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// Tally implements [store.Tallies].
func (s *Store) Tally(ctx context.Context, shard store.Shard) (t *tally.Tally, revision int, err error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	err = s.view(func(tx *bbolt.Tx) (err error) {
		b := bucket(tx, talliesBucket, []byte(shard.Survey), []byte(shard.Period))
		if b == nil {
			return nil
		}
		data := b.Get([]byte{byte(shard.Number)})
		if data == nil {
			return nil
		}
		if revision, err = tallyRevision(data); err != nil {
			return err
		}
		if t, err = tally.Decode(data[8:]); err != nil {
			return fmt.Errorf("%s %s, shard %d: %w", shard.Survey, shard.Period, shard.Number, err)
		}
		return nil
	})
	return t, revision, err
}

// tallyRevision reads the revision that stands before a tally; of no data it is 0.
func tallyRevision(data []byte) (int, error) {
	if data == nil {
		return 0, nil
	}
	if len(data) < 8 {
		return 0, errCodec
	}
	return int(binary.BigEndian.Uint64(data)), nil
}

// SaveTally implements [store.Tallies].
func (s *Store) SaveTally(ctx context.Context, shard store.Shard, t *tally.Tally, revision int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stale := false
	err := s.update(func(tx *bbolt.Tx) (err error) {
		stale, err = putTally(tx, shard, t, revision)
		return err
	})
	if err == nil && stale {
		return store.ErrStale
	}
	return err
}

// putTally replaces the tally of a shard if it has the given revision; stale says that it has another one.
func putTally(tx *bbolt.Tx, shard store.Shard, t *tally.Tally, revision int) (stale bool, err error) {
	b, err := makeBucket(tx, talliesBucket, []byte(shard.Survey), []byte(shard.Period))
	if err != nil {
		return false, err
	}
	key := []byte{byte(shard.Number)}
	stored, err := tallyRevision(b.Get(key))
	if err != nil || stored != revision {
		return err == nil, err
	}
	return false, b.Put(key, append(binary.BigEndian.AppendUint64(nil, uint64(revision)+1), t.Encode()...))
}

// Latest implements [store.Releases].
func (s *Store) Latest(ctx context.Context, survey string) (latest []*release.Release, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.view(func(tx *bbolt.Tx) error {
		b := bucket(tx, releasesBucket, []byte(survey))
		if b == nil {
			return nil
		}
		return b.ForEachBucket(func(period []byte) error {
			_, data := b.Bucket(period).Cursor().Last()
			if data == nil {
				return nil
			}
			r := &release.Release{}
			if err := json.Unmarshal(data, r); err != nil {
				return fmt.Errorf("release of %s %s: %w", survey, period, err)
			}
			latest = append(latest, r)
			return nil
		})
	})
	return latest, err
}

// Append implements [store.Releases].
func (s *Store) Append(ctx context.Context, r *release.Release) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	data, err := json.Marshal(r)
	if err != nil {
		return s.wrap(err)
	}
	stale := false
	err = s.update(func(tx *bbolt.Tx) error {
		b, err := makeBucket(tx, releasesBucket, []byte(r.Survey), []byte(r.Period))
		if err != nil {
			return err
		}
		last := uint64(0)
		if key, _ := b.Cursor().Last(); key != nil {
			last = binary.BigEndian.Uint64(key)
		}
		number := uint64(r.Number)
		if stale = number >= 1 && number <= last; stale {
			return nil
		}
		if number != last+1 {
			return fmt.Errorf("release %d of %s %s does not follow release %d", r.Number, r.Survey, r.Period, last)
		}
		return b.Put(binary.BigEndian.AppendUint64(nil, number), data)
	})
	if err == nil && stale {
		return store.ErrStale
	}
	return err
}
