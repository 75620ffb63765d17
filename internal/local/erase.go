package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// Find implements [store.Erasure].
func (s *Store) Find(ctx context.Context, id string) ([]store.Entry, error) {
	return store.Find(ctx, s, id)
}

// lookUp finds a response in a period's bucket: its log, its arrival there, and the response; nil if there is none.
func lookUp(period *bbolt.Bucket, id idKey) (log *bbolt.Bucket, stamp []byte, r *answer.Response, err error) {
	ids := period.Bucket(idsBucket)
	if ids == nil {
		return nil, nil, nil, nil
	}
	entry := ids.Get(id[:])
	if entry == nil {
		return nil, nil, nil, nil
	}
	if log = period.Bucket(logBucket(shardOf(id))); log == nil || len(entry) < 8 {
		return nil, nil, nil, errCodec
	}
	stamp = bytes.Clone(entry[:8])
	decoded, err := decodeResponse(log.Get(stamp))
	return log, stamp, &decoded, err
}

// Stored implements [store.Eraser].
func (s *Store) Stored(ctx context.Context, survey, period, id string) (found *store.Stored, err error) {
	key := keyOf(id)
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		responses := bucket(tx, responsesBucket, []byte(survey), []byte(period))
		if responses == nil {
			return nil
		}
		_, stamp, r, err := lookUp(responses, key)
		if err != nil {
			return fmt.Errorf("%s %s, response %s: %w", survey, period, id, err)
		}
		if r == nil {
			return nil
		}
		r.Survey, r.Period = survey, period
		shard := store.Shard{Survey: survey, Period: period, Number: shardOf(key)}
		found = &store.Stored{Shard: shard, Entry: entryOf(binary.BigEndian.Uint64(stamp), *r)}
		found.Replace = func(ctx context.Context, tombstone answer.Response, t *tally.Tally, revision int) error {
			return s.replace(ctx, shard, tombstone, t, revision)
		}
		return nil
	})
	return found, err
}

// replace puts a tombstone in the place of a response and saves the tally of its shard.
func (s *Store) replace(ctx context.Context, shard store.Shard, tombstone answer.Response, t *tally.Tally, revision int) error {
	key := keyOf(tombstone.ID)
	counted := withRevision(revision+1, t.Encode())
	return s.swap(ctx, func(tx *bbolt.Tx) (stale bool, err error) {
		responses := bucket(tx, responsesBucket, []byte(shard.Survey), []byte(shard.Period))
		if responses == nil {
			return true, nil
		}
		log, stamp, r, err := lookUp(responses, key)
		if err != nil || r == nil || r.Withdrawn {
			return err == nil, err
		}
		if stale, err := putTally(tx, shard, counted, revision); stale || err != nil {
			return stale, err
		}
		if private := responses.Bucket(privateBucket); private != nil {
			if err := private.Delete(key[:]); err != nil {
				return false, err
			}
		}
		if err := log.Put(stamp, appendResponse(nil, tombstone)); err != nil {
			return false, err
		}
		return false, responses.Bucket(idsBucket).Put(key[:], stamp)
	})
}

// Erase implements [store.Erasure]. What bbolt no longer uses still holds old content, so Erase overwrites that before it
// returns. If the store is too busy for that, the error is [ErrNotOverwritten], and erasing again tries again.
func (s *Store) Erase(ctx context.Context, survey, period, id string, keep []string) (erased bool, err error) {
	erased, err = store.Erase(ctx, s, survey, period, id, keep, s.now())
	if err != nil {
		return false, err
	}
	return erased, s.wrap(s.overwrite(ctx))
}

// ErrNotOverwritten says that a response was erased, but that its former place in the file is not overwritten yet.
var ErrNotOverwritten = errors.New("erased, but its old place in the file is not overwritten yet, because the store is busy: erase it again later")

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
	// After two more commits, not even the older of the file's two roots refers to what was freed.
	for range 2 {
		if err := s.db.Update(func(*bbolt.Tx) error { return nil }); err != nil {
			return err
		}
	}
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
		err := s.db.Update(func(tx *bbolt.Tx) (err error) {
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
