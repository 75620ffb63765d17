package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"glasspoll/internal/release"
	"glasspoll/internal/store"
)

// Latest implements [store.Releases].
func (s *Store) Latest(ctx context.Context, survey string) (latest []*release.Release, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		b := bucket(tx, releasesBucket, []byte(survey))
		if b == nil {
			return nil
		}
		return b.ForEachBucket(func(period []byte) error {
			_, data := b.Bucket(period).Cursor().Last()
			if data == nil {
				return nil
			}
			r, err := decodeRelease(survey, string(period), data)
			latest = append(latest, r)
			return err
		})
	})
	return latest, err
}

// Append implements [store.Releases].
func (s *Store) Append(ctx context.Context, r *release.Release) error {
	data, err := json.Marshal(r)
	if err != nil {
		return s.wrap(err)
	}
	return s.swap(ctx, func(tx *bbolt.Tx) (stale bool, err error) {
		b, err := makeBucket(tx, releasesBucket, []byte(r.Survey), []byte(r.Period))
		if err != nil {
			return false, err
		}
		last := 0
		if number, _ := b.Cursor().Last(); number != nil {
			last = int(binary.BigEndian.Uint64(number))
		}
		if stale, err := store.CheckNext(r, last); stale || err != nil {
			return stale, err
		}
		return false, b.Put(binary.BigEndian.AppendUint64(nil, uint64(r.Number)), data)
	})
}

// History implements [store.History]. It reads each release in a transaction of its own, so that the caller may write
// between two.
func (s *Store) History(ctx context.Context, survey, period string) iter.Seq2[*release.Release, error] {
	return func(yield func(*release.Release, error) bool) {
		var number []byte
		for {
			r, next, err := s.releaseAfter(ctx, survey, period, number)
			if err != nil {
				yield(nil, err)
				return
			}
			if r == nil || !yield(r, nil) {
				return
			}
			number = next
		}
	}
}

// releaseAfter reads the release that follows a number (nil: the first one), and its number; nil if there is none.
func (s *Store) releaseAfter(ctx context.Context, survey, period string, after []byte) (r *release.Release, number []byte, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) (err error) {
		b := bucket(tx, releasesBucket, []byte(survey), []byte(period))
		if b == nil {
			return nil
		}
		c := b.Cursor()
		k, v := c.Seek(after)
		if k != nil && bytes.Equal(k, after) {
			k, v = c.Next()
		}
		if k == nil {
			return nil
		}
		number = bytes.Clone(k)
		r, err = decodeRelease(survey, period, v)
		return err
	})
	return r, number, err
}

func decodeRelease(survey, period string, data []byte) (*release.Release, error) {
	r := &release.Release{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("release of %s %s: %w", survey, period, err)
	}
	return r, nil
}
