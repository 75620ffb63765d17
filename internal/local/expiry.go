package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"

	"glasspoll/internal/message"
	"glasspoll/internal/review"
	"glasspoll/internal/store"
)

var expiredBucket = []byte("expired")

// expiredEntries says what has been deleted from a log after a retention time.
type expiredEntries struct {
	entries    uint64
	tombstones uint64 // of these: their ids stay taken
	end        uint64 // the last position: no later entry gets it or one before
}

func (e expiredEntries) encode() []byte {
	data := binary.AppendUvarint(nil, e.entries)
	data = binary.AppendUvarint(data, e.tombstones)
	return binary.BigEndian.AppendUint64(data, e.end)
}

// expiredOf returns what has been deleted from a log; the zero value if that is nothing.
func expiredOf(tx *bbolt.Tx, survey, period []byte) (e expiredEntries, err error) {
	b := bucket(tx, expiredBucket, survey)
	if b == nil {
		return e, nil
	}
	data := b.Get(period)
	if data == nil {
		return e, nil
	}
	damaged := message.Errorf("%s %s, what was deleted after a retention time: %w", survey, period, errCodec)
	for _, value := range []*uint64{&e.entries, &e.tombstones} {
		n := 0
		if *value, n = binary.Uvarint(data); n <= 0 {
			return expiredEntries{}, damaged
		}
		data = data[n:]
	}
	if len(data) != 8 {
		return expiredEntries{}, damaged
	}
	e.end = binary.BigEndian.Uint64(data)
	return e, nil
}

// freedIDs returns how many ids of a survey are free again.
func freedIDs(tx *bbolt.Tx, survey []byte) (n int, err error) {
	b := bucket(tx, expiredBucket, survey)
	if b == nil {
		return 0, nil
	}
	err = b.ForEach(func(period, _ []byte) error {
		e, err := expiredOf(tx, survey, period)
		n += int(e.entries - min(e.tombstones, e.entries))
		return err
	})
	return n, err
}

// endOf returns the last position that any entry of a log has had; 0 if there was none.
func endOf(tx *bbolt.Tx, survey, period []byte) (uint64, error) {
	e, err := expiredOf(tx, survey, period)
	if err != nil {
		return 0, err
	}
	if log := bucket(tx, logBucket, survey, period); log != nil {
		if key, _ := log.Cursor().Last(); len(key) == 8 {
			return max(e.end, binary.BigEndian.Uint64(key)), nil
		}
	}
	return e.end, nil
}

// Expired implements [store.Expirer].
func (s *Store) Expired(ctx context.Context, survey, period string) (n int64, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		e, err := expiredOf(tx, []byte(survey), []byte(period))
		n = int64(e.entries)
		return err
	})
	return n, err
}

// Expire implements [store.Expirer]. What was deleted is overwritten by [Store.OverwriteExpired].
func (s *Store) Expire(ctx context.Context, survey, period string, entries []store.Entry, revision int) (deleted int, err error) {
	positions := make([]uint64, len(entries))
	for i, e := range entries {
		if positions[i], err = parseCursor(e.Cursor); err != nil {
			return 0, s.wrap(err)
		}
	}
	err = s.swap(ctx, func(tx *bbolt.Tx) (stale bool, err error) {
		deleted = 0
		if stale, err := hasOtherTally(tx, survey, period, revision); stale || err != nil {
			return stale, err
		}
		x := &expiring{tx: tx, survey: []byte(survey), period: []byte(period), gone: map[string]bool{}}
		if err := x.begin(); err != nil || x.log == nil {
			return false, err
		}
		for i, e := range entries {
			if err := x.delete(positions[i], e.Response.ID); err != nil {
				return false, err
			}
		}
		deleted = len(x.gone)
		return false, x.end()
	})
	if err != nil {
		return 0, err
	}
	return deleted, nil
}

// hasOtherTally reports whether the tally of a period has another revision than the given one.
func hasOtherTally(tx *bbolt.Tx, survey, period string, revision int) (bool, error) {
	b := bucket(tx, talliesBucket, []byte(survey))
	if b == nil {
		return revision != 0, nil
	}
	stored, _, err := splitRevision(b.Get([]byte(period)))
	return stored != revision, err
}

// expiring deletes entries of a log in one transaction.
type expiring struct {
	tx             *bbolt.Tx
	survey, period []byte
	number         uint64 // of the period
	log, ids       *bbolt.Bucket
	so             expiredEntries
	gone           map[string]bool // ids of the deleted
}

func (x *expiring) begin() (err error) {
	x.log, x.ids = bucket(x.tx, logBucket, x.survey, x.period), bucket(x.tx, idsBucket, x.survey)
	if x.number, err = knownPeriod(x.tx, x.survey, x.period); err != nil {
		return err
	}
	x.so, err = expiredOf(x.tx, x.survey, x.period)
	return err
}

// delete deletes an entry, unless it is gone or another one's.
func (x *expiring) delete(position uint64, id string) error {
	key, own := binary.BigEndian.AppendUint64(nil, position), keyOf(id)
	if !hasEntry(x.log, position, own[:]) {
		return nil
	}
	if err := x.log.Delete(key); err != nil {
		return err
	}
	x.so.entries++
	x.so.end = max(x.so.end, position)
	x.gone[id] = true
	if x.ids == nil {
		return nil
	}
	data := x.ids.Get(own[:])
	if data == nil {
		return nil
	}
	at, err := decodePlace(data)
	if err != nil {
		return err
	}
	if at.period != x.number || at.position != position { // the id is of another entry: verifying says so
		return nil
	}
	if len(at.digest) == 0 {
		x.so.tombstones++
		return x.ids.Put(own[:], place{period: x.number}.encode())
	}
	for _, name := range [][]byte{privateBucket, correctedBucket} {
		if b := bucket(x.tx, name, x.survey); b != nil {
			if err := b.Delete(own[:]); err != nil {
				return err
			}
		}
	}
	return x.ids.Delete(own[:])
}

// end removes what corrections say of the deleted, and notes what was deleted.
func (x *expiring) end() error {
	if len(x.gone) == 0 {
		return nil
	}
	if err := x.eraseCorrections(); err != nil {
		return err
	}
	b, err := makeBucket(x.tx, expiredBucket, x.survey)
	if err != nil {
		return err
	}
	if err := b.Put(x.period, x.so.encode()); err != nil {
		return err
	}
	if err := x.tx.Bucket(progressBucket).Put(overwriteKey, []byte("wanted")); err != nil {
		return err
	}
	return raiseFormat(x.tx, format)
}

func (x *expiring) eraseCorrections() error {
	said, reviews := bucket(x.tx, correctionsBucket, x.survey, x.period), bucket(x.tx, reviewsBucket, x.survey, x.period)
	if said == nil {
		return nil
	}
	var own [][]byte
	err := said.ForEach(func(number, _ []byte) error {
		if reviews == nil {
			return errCodec
		}
		d, err := review.Decode(1, reviews.Get(number))
		if err == nil && d.Correction != nil && x.gone[d.IDs[0]] {
			own = append(own, bytes.Clone(number))
		}
		return err
	})
	for _, number := range own {
		if err == nil {
			err = said.Delete(number)
		}
	}
	return err
}

// overwriteKey names, in the progress of tasks, what is left to do after entries were deleted.
var overwriteKey = []byte("expired/overwrite")

// OverwriteExpired overwrites what bbolt no longer uses if entries were deleted since it was last done. If the store is too busy
// for that, it says so, and the next call tries again.
func (s *Store) OverwriteExpired(ctx context.Context) error {
	wanted, err := s.Progress(ctx, string(overwriteKey))
	if err != nil || wanted == "" {
		return err
	}
	err = s.passes.share(func() error { return s.overwrite(ctx) })
	if errors.Is(err, ErrNotOverwritten) {
		err = errExpiredStay
	}
	if err != nil {
		return s.wrap(err)
	}
	return s.update(ctx, func(tx *bbolt.Tx) error { return tx.Bucket(progressBucket).Delete(overwriteKey) })
}

// errExpiredStay is [ErrNotOverwritten] of entries that were deleted after a retention time.
var errExpiredStay error = message.Key("deleted, but their old place in the file is not overwritten yet, because the store is busy")
