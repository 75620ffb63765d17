package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"iter"

	"go.etcd.io/bbolt"

	"glasspoll/internal/message"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

var (
	reviewsBucket     = []byte("reviews")
	correctionsBucket = []byte("corrections")
	correctedBucket   = []byte("corrected")
)

// Decisions implements [store.Reviews]. It reads each in a transaction of its own, so that the caller may write between two.
func (s *Store) Decisions(ctx context.Context, survey, period string) iter.Seq2[review.Decisions, error] {
	return func(yield func(review.Decisions, error) bool) {
		for number := 1; ; number++ {
			var data, said []byte
			err := s.view(ctx, func(tx *bbolt.Tx) error {
				if b := bucket(tx, reviewsBucket, []byte(survey), []byte(period)); b != nil {
					data = bytes.Clone(b.Get(decisionsKey(number)))
				}
				if b := bucket(tx, correctionsBucket, []byte(survey), []byte(period)); b != nil {
					said = bytes.Clone(b.Get(decisionsKey(number)))
				}
				return nil
			})
			if err == nil && data == nil {
				return
			}
			var d review.Decisions
			if err == nil {
				if d, err = review.Decode(number, data); err == nil && d.Correction != nil {
					err = d.Correction.Decode(said)
				}
				if err != nil {
					err = s.wrap(message.Errorf("%s %s, decisions %d: %w", survey, period, number, err))
				}
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

func decisionsKey(number int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(number)) }

// Decide implements [store.Reviews].
func (s *Store) Decide(ctx context.Context, survey, period string, d review.Decisions, t *tally.Tally, revision int) error {
	counted := withRevision(revision+1, t.Encode())
	return s.swap(ctx, func(tx *bbolt.Tx) (stale bool, err error) {
		b, err := makeBucket(tx, reviewsBucket, []byte(survey), []byte(period))
		if err != nil {
			return false, err
		}
		last, err := lastNumber(b)
		if err != nil {
			return false, err
		}
		if stale, err := store.CheckDecisions(d, last); stale || err != nil {
			return stale, err
		}
		if d.Correction != nil {
			if held, err := presenceOf(tx, survey, d.IDs[0]); held != isHere || err != nil {
				return err == nil, err
			}
		}
		if stale, err := putTally(tx, survey, period, counted, revision); stale || err != nil {
			return stale, err
		}
		if d.Correction != nil {
			if err := putCorrection(tx, survey, period, d); err != nil {
				return false, err
			}
		}
		return false, b.Put(decisionsKey(d.Number), d.Encode())
	})
}

// lastNumber returns the last number that is a key of a bucket; 0 if there is none.
func lastNumber(b *bbolt.Bucket) (int, error) {
	key, _ := b.Cursor().Last()
	switch len(key) {
	case 0:
		return 0, nil
	case 8:
		return int(binary.BigEndian.Uint64(key)), nil
	}
	return 0, errCodec
}

// ImportDecisions implements [store.Reviews].
func (s *Store) ImportDecisions(ctx context.Context, survey, period string, d review.Decisions) (stored bool, err error) {
	err = s.update(ctx, func(tx *bbolt.Tx) error {
		stored = false
		b, err := makeBucket(tx, reviewsBucket, []byte(survey), []byte(period))
		if err != nil {
			return err
		}
		if data := b.Get(decisionsKey(d.Number)); data != nil {
			if !bytes.Equal(data, d.Encode()) {
				return message.Errorf("%s %s, decisions %d: %w", survey, period, d.Number, store.ErrOtherDecisions)
			}
			if d.Correction != nil {
				return putCorrection(tx, survey, period, d)
			}
			return nil
		}
		last, err := lastNumber(b)
		if err != nil {
			return err
		}
		if _, err := store.CheckDecisions(d, last); err != nil {
			return err
		}
		if d.Correction != nil {
			if err := putCorrection(tx, survey, period, d); err != nil {
				return err
			}
		}
		stored = true
		return b.Put(decisionsKey(d.Number), d.Encode())
	})
	return stored, err
}

var _ store.Reviews = (*Store)(nil)
