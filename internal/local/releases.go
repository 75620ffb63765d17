package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"iter"

	"go.etcd.io/bbolt"

	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// Latest implements [store.Releases]. A release that it has returned before is not decoded again.
func (s *Store) Latest(ctx context.Context, survey string) (latest []*release.Release, err error) {
	type stored struct {
		period string
		data   []byte // nil if the release is known
		known  *release.Release
	}
	var all []stored
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		b := bucket(tx, releasesBucket, []byte(survey))
		if b == nil {
			return nil
		}
		return b.ForEach(func(period, value []byte) error {
			number, data, err := splitRevision(value)
			if err != nil {
				return message.Errorf("release of %s %s: %w", survey, period, err)
			}
			one := stored{period: string(period), known: s.knownRelease(survey, string(period), number)}
			if one.known == nil {
				one.data = bytes.Clone(data)
			}
			all = append(all, one)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		r := one.known
		if r == nil {
			if r, err = release.Decode(one.data); err != nil {
				return nil, s.wrap(message.Errorf("%s %s: %w", survey, one.period, err))
			}
			s.remember(r)
		}
		latest = append(latest, r)
	}
	return latest, nil
}

// knownRelease returns a period's latest release if it has been decoded or appended by this store and has the number.
func (s *Store) knownRelease(survey, period string, number int) *release.Release {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.latest[periodKey{survey, period}]; r != nil && r.Number == number {
		return r
	}
	return nil
}

// remember keeps a period's latest release for [Store.Latest].
func (s *Store) remember(r *release.Release) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := periodKey{r.Survey, r.Period}
	if before := s.latest[key]; before == nil || before.Number < r.Number {
		s.latest[key] = r
	}
}

// Append implements [store.Releases]. It stores the release, as the latest one, what it adds to the one before, and the tally.
func (s *Store) Append(ctx context.Context, r *release.Release, t *tally.Tally, revision int) error {
	whole, counted := withRevision(r.Number, r.Encode()), withRevision(revision+1, t.Encode())
	err := s.swap(ctx, func(tx *bbolt.Tx) (stale bool, err error) {
		last, addition, err := s.nextAddition(tx, r)
		if err != nil {
			return false, err
		}
		if stale, err := store.CheckNext(r, last); stale || err != nil {
			return stale, err
		}
		if stale, err := putTally(tx, r.Survey, r.Period, counted, revision); stale || err != nil {
			return stale, err
		}
		added, err := makeBucket(tx, addedBucket, []byte(r.Survey), []byte(r.Period))
		if err != nil {
			return false, err
		}
		if err := added.Put(binary.BigEndian.AppendUint64(nil, uint64(r.Number)), addition.Encode()); err != nil {
			return false, err
		}
		b, err := makeBucket(tx, releasesBucket, []byte(r.Survey))
		if err != nil {
			return false, err
		}
		return false, b.Put([]byte(r.Period), whole)
	})
	if err == nil {
		s.remember(r)
	}
	return err
}

// nextAddition returns the number of a period's last release, and what r adds to that; nil if r does not follow it.
func (s *Store) nextAddition(tx *bbolt.Tx, r *release.Release) (last int, a *release.Addition, err error) {
	var before *release.Release
	if b := bucket(tx, releasesBucket, []byte(r.Survey)); b != nil {
		var data []byte
		if last, data, err = splitRevision(b.Get([]byte(r.Period))); err != nil || r.Number != last+1 {
			return last, nil, err
		}
		if before = s.knownRelease(r.Survey, r.Period, last); before == nil && last > 0 {
			if before, err = release.Decode(data); err != nil {
				return last, nil, err
			}
		}
	}
	return last, release.Added(before, r), nil
}

// History implements [store.History]. It reads what each release adds in a transaction of its own, so that the caller may
// write between two.
func (s *Store) History(ctx context.Context, survey, period string) iter.Seq2[*release.Release, error] {
	return func(yield func(*release.Release, error) bool) {
		var r *release.Release
		for number := uint64(1); ; number++ {
			data, err := s.addition(ctx, survey, period, number)
			if err == nil && data == nil {
				return
			}
			if err == nil {
				r, err = plus(r, data)
				if err != nil {
					err = s.wrap(message.Errorf("%s %s, release %d: %w", survey, period, number, err))
				}
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// addition reads what a release adds; nil if there is no such release.
func (s *Store) addition(ctx context.Context, survey, period string, number uint64) (data []byte, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		if b := bucket(tx, addedBucket, []byte(survey), []byte(period)); b != nil {
			data = bytes.Clone(b.Get(binary.BigEndian.AppendUint64(nil, number)))
		}
		return nil
	})
	return data, err
}

// plus returns the release that adds an encoded addition to another one.
func plus(r *release.Release, data []byte) (*release.Release, error) {
	a, err := release.DecodeAddition(data)
	if err != nil {
		return nil, err
	}
	return r.Plus(a)
}
