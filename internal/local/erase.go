package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// Find implements [store.Erasure].
func (s *Store) Find(ctx context.Context, id string) ([]store.Entry, error) {
	return store.Find(ctx, s, id)
}

// lookUp finds a response of a survey: its period, its place, and its entry in the log; nil if there is none, or no longer.
func lookUp(tx *bbolt.Tx, survey []byte, id idKey) (period string, at place, entry []byte, err error) {
	ids := bucket(tx, idsBucket, survey)
	if ids == nil {
		return "", place{}, nil, nil
	}
	data := ids.Get(id[:])
	if data == nil {
		return "", place{}, nil, nil
	}
	if at, err = decodePlace(data); err != nil || at.isExpired() {
		return "", at, nil, err
	}
	if period, err = periodOf(tx, survey, at.period); err != nil {
		return "", place{}, nil, err
	}
	log := bucket(tx, logBucket, survey, []byte(period))
	if log == nil {
		return "", place{}, nil, errCodec
	}
	if entry = log.Get(binary.BigEndian.AppendUint64(nil, at.position)); entry == nil {
		return "", place{}, nil, errCodec
	}
	return period, at, entry, nil
}

// Stored implements [store.Eraser].
func (s *Store) Stored(ctx context.Context, survey, id string) (*store.Stored, error) {
	key := keyOf(id)
	var period string
	var at place
	var data []byte
	err := s.view(ctx, func(tx *bbolt.Tx) (err error) {
		period, at, data, err = lookUp(tx, []byte(survey), key)
		if err != nil {
			return message.Errorf("%s, response %s: %w", survey, id, err)
		}
		data = bytes.Clone(data)
		return nil
	})
	if err != nil || data == nil {
		return nil, err
	}
	entry, err := s.entryOf(ctx, survey, period, at.position, data)
	if err != nil {
		return nil, err
	}
	return &store.Stored{Entry: entry, Replace: func(ctx context.Context, tombstone answer.Response, t *tally.Tally, revision int) error {
		return s.replace(ctx, tombstone, t, revision)
	}}, nil
}

// replace puts a tombstone in the place of a response and saves the tally of its period.
func (s *Store) replace(ctx context.Context, tombstone answer.Response, t *tally.Tally, revision int) error {
	rec, err := s.newRecord(ctx, tombstone)
	if err != nil {
		return err
	}
	counted := withRevision(revision+1, t.Encode())
	return s.swap(ctx, func(tx *bbolt.Tx) (stale bool, err error) {
		period, at, data, err := lookUp(tx, rec.survey, rec.id)
		if err != nil || data == nil || len(at.digest) == 0 {
			return err == nil, err
		}
		arrived, _, err := splitLogEntry(at.position, data)
		if err != nil {
			return false, err
		}
		if stale, err := putTally(tx, tombstone.Survey, period, counted, revision); stale || err != nil {
			return stale, err
		}
		if private := bucket(tx, privateBucket, rec.survey); private != nil {
			if err := private.Delete(rec.id[:]); err != nil {
				return false, err
			}
		}
		if err := eraseCorrections(tx, rec.survey, []byte(period), tombstone.ID, rec.id); err != nil {
			return false, err
		}
		log := bucket(tx, logBucket, rec.survey, []byte(period))
		if err := log.Put(binary.BigEndian.AppendUint64(nil, at.position), logEntry(at.position, arrived, rec.body)); err != nil {
			return false, err
		}
		at.digest = nil
		if err := bucket(tx, idsBucket, rec.survey).Put(rec.id[:], at.encode()); err != nil {
			return false, err
		}
		return false, noteErased(tx)
	})
}

// Erase implements [store.Erasure]. What bbolt no longer uses still holds old content, so Erase overwrites that before it
// returns. If the store is too busy for that, the error is [ErrNotOverwritten], and erasing again tries again.
func (s *Store) Erase(ctx context.Context, survey, id string, keep []string) (erased bool, err error) {
	erased, err = store.Erase(ctx, s, survey, id, keep, s.now())
	if err != nil {
		return false, err
	}
	return erased, s.wrap(s.overwrite(ctx))
}

// erasedKey is there, in meta, from an erasure until what it has left in the file is overwritten. Its value is the number of the erasure.
var erasedKey = []byte("erased")

// noteErased notes in the transaction of an erasure that its former place is to be overwritten.
func noteErased(tx *bbolt.Tx) error {
	meta := tx.Bucket(metaBucket)
	number, err := meta.NextSequence()
	if err != nil {
		return err
	}
	return meta.Put(erasedKey, binary.BigEndian.AppendUint64(nil, number))
}

// FinishErasing overwrites what erasures have left in the file that were interrupted, as by the end of the process. If there is nothing,
// it does nothing.
func (s *Store) FinishErasing(ctx context.Context) error {
	var left bool
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		left = tx.Bucket(metaBucket).Get(erasedKey) != nil
		return nil
	})
	if err != nil || !left {
		return err
	}
	return s.wrap(s.passes.share(func() error { return s.overwrite(ctx) }))
}

// ErrNotOverwritten says that a response was erased, but that its former place in the file is not overwritten yet.
var ErrNotOverwritten error = message.Key("erased, but its old place in the file is not overwritten yet, because the store is busy: erase it again later")

const (
	// overwriteSlice bounds the pages that are overwritten in one transaction, so that writers need not wait long.
	overwriteSlice = 4096
	// A free page may still be read by a transaction that began before it was free. Reads take milliseconds, so an instant
	// without readers comes soon.
	overwriteWait, overwriteTries = 200 * time.Millisecond, 20
)

// overwrite fills all free pages of the file with zeros. bbolt never changes a page in use: it writes a copy and frees the
// old page, content and all.
func (s *Store) overwrite(ctx context.Context) error {
	var last []byte // erasure before the pass
	// After two more commits, not even the older of the file's two roots refers to what was freed.
	for i := range 2 {
		err := write(s.db, func(tx *bbolt.Tx) error {
			if i == 0 {
				last = bytes.Clone(tx.Bucket(metaBucket).Get(erasedKey))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := s.overwriteFree(ctx); err != nil {
		return err
	}
	return write(s.db, func(tx *bbolt.Tx) error {
		if meta := tx.Bucket(metaBucket); bytes.Equal(meta.Get(erasedKey), last) {
			return meta.Delete(erasedKey)
		}
		return nil
	})
}

// overwriteFree overwrites the free pages, slice by slice.
func (s *Store) overwriteFree(ctx context.Context) error {
	file, err := os.OpenFile(s.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	tries := 0
	for next := 2; ; { // the first two pages are the roots
		if err := ctx.Err(); err != nil {
			return err
		}
		before := next
		var end int
		err := write(s.db, func(tx *bbolt.Tx) (err error) {
			end = int(tx.Size()) / s.db.Info().PageSize
			if !s.unread() {
				return nil
			}
			next, err = s.zero(tx, file, next, min(next+overwriteSlice, end))
			return err
		})
		switch {
		case err != nil:
			return err
		case next >= end:
			return file.Sync()
		case next == before:
			if tries++; tries == overwriteTries {
				return ErrNotOverwritten
			}
			time.Sleep(overwriteWait)
		}
	}
}

// unread waits until every reader has ended that began before the current write transaction, and reports whether that
// happened in time. Later readers see no free page.
func (s *Store) unread() bool {
	for range overwriteWait / (5 * time.Millisecond) {
		time.Sleep(5 * time.Millisecond) // also because a reader is counted only after it has begun
		if s.db.Stats().OpenTxN == 0 {
			return true
		}
	}
	return false
}

// zero overwrites the free pages from one page to another, and returns the page to go on with.
func (s *Store) zero(tx *bbolt.Tx, file *os.File, from, end int) (int, error) {
	size := s.db.Info().PageSize
	zeros := make([]byte, size)
	for id := from; id < end; id++ {
		page, err := tx.Page(id)
		if err != nil {
			return from, err
		}
		if page == nil || page.Type != "free" {
			continue
		}
		if _, err := file.WriteAt(zeros, int64(id)*int64(size)); err != nil {
			return from, err
		}
	}
	return end, nil
}
