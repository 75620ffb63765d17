package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

var (
	idsBucket     = []byte("ids")
	privateBucket = []byte("private")
)

// logBucket returns the name of the bucket of a shard's log.
func logBucket(shard int) []byte { return strconv.AppendInt([]byte("log "), int64(shard), 10) }

// shardOf returns the shard of an id, by FNV-1a. It must never change: it says where a stored response is.
func shardOf(id idKey) int {
	h := uint32(2166136261)
	for _, c := range id {
		h = (h ^ uint32(c)) * 16777619
	}
	return int(h % store.Shards)
}

// A record is a response as it is stored, without its arrival.
type record struct {
	survey, period []byte
	id             idKey
	shard          int
	digest         [answer.DigestSize]byte // equal for equal answers
	body, private  []byte
}

func newRecord(r answer.Response) (record, error) {
	if err := store.CheckResponse(r); err != nil {
		return record{}, err
	}
	id := keyOf(r.ID)
	rec := record{
		survey: []byte(r.Survey), period: []byte(r.Period), id: id, shard: shardOf(id), digest: r.Digest(),
		body: appendResponse(make([]byte, 0, 1024), r),
	}
	if len(r.Private) > 0 {
		rec.private = appendAnswers(nil, r.Private)
	}
	return rec, nil
}

// Put implements [store.Responses].
func (s *Store) Put(ctx context.Context, r answer.Response, also ...store.Key) (created bool, err error) {
	rec, err := newRecord(r)
	if err != nil {
		return false, s.wrap(err)
	}
	var conflict bool // not an error: that would undo the transaction for every write that shares it
	err = s.update(ctx, func(tx *bbolt.Tx) (err error) {
		created, conflict, err = s.put(tx, rec, also)
		return err
	})
	switch {
	case err != nil:
		return false, err
	case conflict:
		return false, store.ErrConflict
	default:
		return created, nil
	}
}

func (s *Store) put(tx *bbolt.Tx, rec record, also []store.Key) (created, conflict bool, err error) {
	period, err := makeBucket(tx, responsesBucket, rec.survey, rec.period)
	if err != nil {
		return false, false, err
	}
	ids, err := period.CreateBucketIfNotExists(idsBucket)
	if err != nil {
		return false, false, err
	}
	if taken := ids.Get(rec.id[:]); taken != nil {
		return false, !sameAnswers(taken, rec), nil
	}
	for _, key := range also {
		other := bucket(tx, responsesBucket, rec.survey, []byte(key.Period), idsBucket)
		if other == nil || key.ID == "" {
			continue
		}
		id := keyOf(key.ID)
		if taken := other.Get(id[:]); taken != nil {
			return false, !sameAnswers(taken, rec), nil
		}
	}

	// Writes are serial, so this arrival is later than every one in the file.
	responses := tx.Bucket(responsesBucket)
	arrived := max(uint64(s.now().UnixNano()), responses.Sequence()+1)
	if err := responses.SetSequence(arrived); err != nil {
		return false, false, err
	}
	log, err := period.CreateBucketIfNotExists(logBucket(rec.shard))
	if err != nil {
		return false, false, err
	}
	log.FillPercent = 0.95 // a log grows at its end only
	stamp := binary.BigEndian.AppendUint64(make([]byte, 0, 8), arrived)
	if err := log.Put(stamp, rec.body); err != nil {
		return false, false, err
	}
	if rec.private != nil {
		private, err := period.CreateBucketIfNotExists(privateBucket)
		if err != nil {
			return false, false, err
		}
		if err := private.Put(rec.id[:], rec.private); err != nil {
			return false, false, err
		}
	}
	return true, false, ids.Put(rec.id[:], append(stamp[:8:8], rec.digest[:]...))
}

// sameAnswers reports whether the index entry of a taken id has the digest of a record.
func sameAnswers(taken []byte, rec record) bool {
	return len(taken) > 8 && bytes.Equal(taken[8:], rec.digest[:])
}

// Periods implements [store.Log].
func (s *Store) Periods(ctx context.Context, survey string) (periods []string, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		b := bucket(tx, responsesBucket, []byte(survey))
		if b == nil {
			return nil
		}
		return b.ForEachBucket(func(name []byte) error {
			periods = append(periods, string(name))
			return nil
		})
	})
	return periods, err
}

// pageSize bounds the entries that are read in one transaction. While a read transaction is open, the file cannot reuse space,
// and the caller may write between two entries.
const pageSize = 1000

// After implements [store.Log].
func (s *Store) After(ctx context.Context, shard store.Shard, cursor string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		after, err := parseCursor(cursor)
		if err != nil {
			yield(store.Entry{}, s.wrap(err))
			return
		}
		entries := make([]store.Entry, 0, 64)
		for {
			entries, after, err = s.page(ctx, entries[:0], shard, after)
			for _, entry := range entries {
				if !yield(entry, nil) {
					return
				}
			}
			if err != nil {
				yield(store.Entry{}, err)
				return
			}
			if len(entries) < pageSize {
				return
			}
		}
	}
}

// page appends a page of entries that arrived after an instant, and returns the arrival of the last one.
func (s *Store) page(ctx context.Context, entries []store.Entry, shard store.Shard, after uint64) ([]store.Entry, uint64, error) {
	err := s.view(ctx, func(tx *bbolt.Tx) error {
		log := bucket(tx, responsesBucket, []byte(shard.Survey), []byte(shard.Period), logBucket(shard.Number))
		if log == nil {
			return nil
		}
		c := log.Cursor()
		for k, v := c.Seek(binary.BigEndian.AppendUint64(nil, after+1)); k != nil && len(entries) < pageSize; k, v = c.Next() {
			r, err := decodeResponse(v)
			if err != nil || len(k) != 8 {
				return fmt.Errorf("%s %s, log %d, entry %x: %w", shard.Survey, shard.Period, shard.Number, k, errCodec)
			}
			r.Survey, r.Period = shard.Survey, shard.Period
			after = binary.BigEndian.Uint64(k)
			entries = append(entries, entryOf(after, r))
		}
		return nil
	})
	return entries, after, err
}

// entryOf returns the entry of a response. It is settled at once, because writes are serial.
func entryOf(arrived uint64, r answer.Response) store.Entry {
	return store.Entry{Cursor: formatCursor(arrived), Settled: true, Arrived: time.Unix(0, int64(arrived)), Response: r}
}

// formatCursor writes an arrival with 20 digits, so that cursors sort.
func formatCursor(arrived uint64) string {
	text := strconv.FormatUint(arrived, 10)
	return "00000000000000000000"[len(text):] + text
}

func parseCursor(cursor string) (uint64, error) {
	if cursor == "" {
		return 0, nil
	}
	arrived, err := strconv.ParseUint(cursor, 10, 64)
	if err != nil || len(cursor) != 20 {
		return 0, fmt.Errorf("%q is not a cursor of this store", cursor)
	}
	return arrived, nil
}

// Private implements [store.PrivateAnswers].
func (s *Store) Private(ctx context.Context, survey, period, id string) (answers []answer.Answer, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) (err error) {
		b := bucket(tx, responsesBucket, []byte(survey), []byte(period), privateBucket)
		if b == nil {
			return nil
		}
		key := keyOf(id)
		if data := b.Get(key[:]); data != nil {
			answers, err = decodeAnswers(data)
		}
		return err
	})
	return answers, err
}
