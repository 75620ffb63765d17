package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// Find returns the entries of all responses with an id, of any survey and period: one, unless a client has used an id
// twice.
func (s *Store) Find(ctx context.Context, id string) (found []store.Entry, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	key := keyOf(id)
	err = s.view(func(tx *bbolt.Tx) error {
		surveys := tx.Bucket(responsesBucket)
		return surveys.ForEachBucket(func(survey []byte) error {
			periods := surveys.Bucket(survey)
			return periods.ForEachBucket(func(name []byte) error {
				period := periods.Bucket(name)
				_, _, r, err := lookUp(period, key)
				if err != nil {
					return fmt.Errorf("%s %s, response %s: %w", survey, name, id, err)
				}
				if r == nil {
					return nil
				}
				r.Survey, r.Period = string(survey), string(name)
				stamp := binary.BigEndian.Uint64(period.Bucket(idsBucket).Get(key[:]))
				found = append(found, store.Entry{Cursor: formatCursor(stamp), Settled: true, Arrived: time.Unix(0, int64(stamp)), Response: *r})
				return nil
			})
		})
	})
	return found, err
}

// lookUp finds a response of a period: its log, its key there, and the response; nil if there is none.
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

// Erase puts a tombstone in the place of a response: its id, so that it cannot come again, its version, its arrival, and
// those of its answers whose fields are kept. The rest is gone, and so are its private answers, the hash by which it would
// be known again, and the shard's tally, which will be folded anew. It returns false if there is no such response, or only
// its tombstone.
//
// What bbolt no longer uses still holds old content, so that is overwritten before Erase returns; if the store is too busy
// for that, the error is [ErrNotOverwritten], and erasing again tries again.
func (s *Store) Erase(ctx context.Context, survey, period, id string, keep []string) (erased bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	key := keyOf(id)
	shard := []byte{byte(shardOf(key))}
	err = s.update(func(tx *bbolt.Tx) error {
		erased = false
		responses := bucket(tx, responsesBucket, []byte(survey), []byte(period))
		if responses == nil {
			return nil
		}
		log, stamp, r, err := lookUp(responses, key)
		if err != nil || r == nil || r.Withdrawn {
			return err
		}
		erased = true
		left := answer.Response{ID: r.ID, Version: r.Version, Withdrawn: true}
		for _, a := range r.Answers {
			if slices.Contains(keep, a.Field()) {
				left.Answers = append(left.Answers, a)
			}
		}
		if err := log.Put(stamp, appendResponse(nil, left)); err != nil {
			return err
		}
		if private := responses.Bucket(privateBucket); private != nil {
			if err := private.Delete(key[:]); err != nil {
				return err
			}
		}
		if err := responses.Bucket(idsBucket).Put(key[:], stamp); err != nil {
			return err
		}
		// Not deleted: whoever has folded meanwhile must find another revision than the one read.
		tallies, err := makeBucket(tx, talliesBucket, []byte(survey), []byte(period))
		if err != nil {
			return err
		}
		counted := tallies.Get(shard)
		revision, err := tallyRevision(counted)
		if err != nil {
			return err
		}
		var before *tally.Tally
		if counted != nil {
			if before, err = tally.Decode(counted[8:]); err != nil {
				return err
			}
		}
		nothing := tally.Empty(before)
		return tallies.Put(shard, append(binary.BigEndian.AppendUint64(nil, uint64(revision)+1), nothing.Encode()...))
	})
	if err != nil {
		return false, err
	}
	return erased, s.wrap(s.overwrite(ctx))
}

// ErrNotOverwritten says that something was erased, but that its former place in the file could not be overwritten.
var ErrNotOverwritten = errors.New("erased, but the place where it stood in the file is not overwritten yet, because the store is busy: do the same again later")

const (
	// slice is how many pages are overwritten before waiting writers have their turn.
	overwriteSlice = 4096
	// The pages that nobody uses any more may still be read by a transaction that began before; readers take
	// milliseconds, so that there is soon an instant without any.
	overwriteWait, overwriteTries = 200 * time.Millisecond, 20
)

// overwrite fills all free pages of the file with zeros. bbolt never changes a page that is in use: it writes a copy and
// sets the old page free, with what stood in it.
func (s *Store) overwrite(ctx context.Context) error {
	// After two more commits, not even the older of the two roots in the file leads to what was set free.
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

// unread waits until no reader is left that began before the write transaction under way. Those that begin later see none
// of the pages that are free.
func (s *Store) unread() bool {
	for range overwriteWait / (5 * time.Millisecond) {
		time.Sleep(5 * time.Millisecond) // also for readers that have begun and are not counted yet
		if s.db.Stats().OpenTxN == 0 {
			return true
		}
	}
	return false
}

// zero overwrites the free ones among some pages, and returns the end.
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
