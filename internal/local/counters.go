package local

import (
	"context"
	"encoding/binary"

	"go.etcd.io/bbolt"

	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// Count implements [store.Counters].
func (s *Store) Count(ctx context.Context, survey, name string) error {
	if err := store.CheckCounter(survey, name); err != nil {
		return s.wrap(err)
	}
	return s.update(ctx, func(tx *bbolt.Tx) error {
		b, err := makeBucket(tx, countedBucket, []byte(survey))
		if err != nil {
			return err
		}
		n, err := decodeCount(b.Get([]byte(name)))
		if err != nil {
			return err
		}
		return b.Put([]byte(name), binary.BigEndian.AppendUint64(nil, n+1))
	})
}

// decodeCount decodes a counter; none is 0.
func decodeCount(data []byte) (uint64, error) {
	switch len(data) {
	case 0:
		return 0, nil
	case 8:
		return binary.BigEndian.Uint64(data), nil
	}
	return 0, errCodec
}

// Counted implements [store.Counters].
func (s *Store) Counted(ctx context.Context, survey string) (all map[string]int64, err error) {
	all = map[string]int64{}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		b := bucket(tx, countedBucket, []byte(survey))
		if b == nil {
			return nil
		}
		return b.ForEach(func(name, data []byte) error {
			n, err := decodeCount(data)
			if err != nil {
				return message.Errorf("%s, counter %s: %w", survey, string(name), err)
			}
			all[string(name)] = int64(n)
			return nil
		})
	})
	return all, err
}

// Raise implements [store.Totals].
func (s *Store) Raise(ctx context.Context, survey string, counts map[string]int64) error {
	if err := store.CheckCounters(survey, counts); err != nil {
		return s.wrap(err)
	}
	if len(counts) == 0 {
		return nil
	}
	return s.update(ctx, func(tx *bbolt.Tx) error {
		b, err := makeBucket(tx, countedBucket, []byte(survey))
		if err != nil {
			return err
		}
		for name, n := range counts {
			known, err := decodeCount(b.Get([]byte(name)))
			if err != nil {
				return message.Errorf("%s, counter %s: %w", survey, name, err)
			}
			if known >= uint64(n) {
				continue
			}
			if err := b.Put([]byte(name), binary.BigEndian.AppendUint64(nil, uint64(n))); err != nil {
				return err
			}
		}
		return nil
	})
}
