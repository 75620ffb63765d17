package local

import (
	"bytes"
	"context"
	"errors"

	"go.etcd.io/bbolt"

	"glasspoll/internal/codec"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// Tally implements [store.Tallies].
func (s *Store) Tally(ctx context.Context, survey, period string) (t *tally.Tally, revision int, err error) {
	var data []byte
	var cut error // it is too short even for its revision
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if b := bucket(tx, talliesBucket, []byte(survey)); b != nil {
			revision, data, cut = splitRevision(b.Get([]byte(period)))
			data = bytes.Clone(data)
		}
		return nil
	})
	if err != nil || revision == 0 && cut == nil {
		return nil, 0, err
	}
	if err = cut; err == nil {
		t, err = tally.Decode(data)
	}
	if errors.Is(err, codec.ErrNewer) {
		return nil, 0, s.wrap(message.Errorf("tally of %s %s: %w", survey, period, err))
	}
	if err != nil {
		return nil, revision, s.wrap(message.Errorf("tally of %s %s: %w: %w", survey, period, store.ErrDamaged, err))
	}
	return t, revision, nil
}

// SaveTally implements [store.Tallies].
func (s *Store) SaveTally(ctx context.Context, survey, period string, t *tally.Tally, revision int) error {
	data := withRevision(revision+1, t.Encode())
	return s.swap(ctx, func(tx *bbolt.Tx) (stale bool, err error) { return putTally(tx, survey, period, data, revision) })
}

// putTally replaces the tally of a period if it has the given revision; stale says that it has another one.
func putTally(tx *bbolt.Tx, survey, period string, data []byte, revision int) (stale bool, err error) {
	b, err := makeBucket(tx, talliesBucket, []byte(survey))
	if err != nil {
		return false, err
	}
	stored, _, _ := splitRevision(b.Get([]byte(period))) // 0 if it is damaged, as Tally says
	if stored != revision {
		return true, nil
	}
	return false, b.Put([]byte(period), data)
}

// Progress implements [store.Progress].
func (s *Store) Progress(ctx context.Context, name string) (value string, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		value = string(tx.Bucket(progressBucket).Get([]byte(name)))
		return nil
	})
	return value, err
}

// SaveProgress implements [store.Progress].
func (s *Store) SaveProgress(ctx context.Context, name, value string) error {
	return s.update(ctx, func(tx *bbolt.Tx) error { return tx.Bucket(progressBucket).Put([]byte(name), []byte(value)) })
}

var _ store.Progress = (*Store)(nil)
