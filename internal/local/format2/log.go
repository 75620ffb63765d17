package format2

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

var (
	_ store.Reader = (*File)(nil)
	_ store.Finder = (*File)(nil)
)

var (
	idsBucket     = []byte("ids")
	privateBucket = []byte("private")
)

// logBucket returns the name of the bucket of a shard's log.
func logBucket(shard int) []byte { return strconv.AppendInt([]byte("log "), int64(shard), 10) }

// Periods implements [store.Log].
func (f *File) Periods(ctx context.Context, survey string) (periods []string, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) error {
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

// Ends implements [store.Log].
func (f *File) Ends(ctx context.Context, survey string) (ends map[string]string, err error) {
	periods, err := f.Periods(ctx, survey)
	if err != nil {
		return nil, err
	}
	ends = map[string]string{}
	err = f.view(ctx, func(tx *bbolt.Tx) error {
		for _, period := range periods {
			last := uint64(0)
			for _, log := range logs(tx, survey, period) {
				if k, _ := log.Cursor().Last(); k != nil {
					arrived, err := arrival(k)
					if err != nil {
						return message.Errorf("%s %s: %w", survey, period, err)
					}
					last = max(last, arrived)
				}
			}
			if last > 0 {
				ends[period] = formatCursor(last)
			}
		}
		return nil
	})
	return ends, err
}

// logs returns the logs of a period, by shard.
func logs(tx *bbolt.Tx, survey, period string) map[int]*bbolt.Bucket {
	found := map[int]*bbolt.Bucket{}
	for shard := range shards {
		if log := bucket(tx, responsesBucket, []byte(survey), []byte(period), logBucket(shard)); log != nil {
			found[shard] = log
		}
	}
	return found
}

// After implements [store.Log].
func (f *File) After(ctx context.Context, survey, period, cursor string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		after, err := parseCursor(cursor)
		if err != nil {
			yield(store.Entry{}, message.Errorf("store %s: %w", f.path, err))
			return
		}
		for item, err := range f.entries(ctx, survey, period, after) {
			if !yield(item.entry, err) || err != nil {
				return
			}
		}
	}
}

// item is an entry of the log of a shard.
type item struct {
	arrived uint64
	shard   int
	entry   store.Entry
}

// pageSize bounds the entries that are read in one transaction, so that whoever stops between two does not keep the file
// from being closed.
const pageSize = 1000

// entries yields the entries of all logs of a period that arrived after an instant, in the order of their arrivals. It stops
// at the first error, which it yields.
func (f *File) entries(ctx context.Context, survey, period string, after uint64) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for {
			page, err := f.page(ctx, survey, period, after)
			for _, item := range page {
				if !yield(item, nil) {
					return
				}
			}
			if err != nil {
				yield(item{}, err)
				return
			}
			if len(page) < pageSize {
				return
			}
			after = page[len(page)-1].arrived
		}
	}
}

// A head is where reading a log has come.
type head struct {
	shard   int
	cursor  *bbolt.Cursor
	arrived uint64
	body    []byte
}

// next moves to an entry of the log, or reports that there is none.
func (h *head) next(key, body []byte) (more bool, err error) {
	if key == nil {
		return false, nil
	}
	h.arrived, err = arrival(key)
	h.body = body
	return err == nil, err
}

// page returns the first entries that arrived after an instant.
func (f *File) page(ctx context.Context, survey, period string, after uint64) (page []item, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) error {
		if page, err = readPage(tx, survey, period, after); err != nil {
			return message.Errorf("%s %s: %w", survey, period, err)
		}
		return nil
	})
	return page, err
}

func readPage(tx *bbolt.Tx, survey, period string, after uint64) (page []item, err error) {
	var heads []*head
	for shard, log := range logs(tx, survey, period) {
		h := &head{shard: shard, cursor: log.Cursor()}
		more, err := h.next(h.cursor.Seek(binary.BigEndian.AppendUint64(nil, after+1)))
		if err != nil {
			return nil, err
		}
		if more {
			heads = append(heads, h)
		}
	}
	for len(heads) > 0 && len(page) < pageSize {
		first := 0
		for i, h := range heads {
			if h.arrived < heads[first].arrived {
				first = i
			}
		}
		h := heads[first]
		for i, other := range heads {
			if i != first && other.arrived == h.arrived {
				return page, message.Errorf("logs %d and %d both have an entry %d: %w", h.shard, other.shard, h.arrived, errCodec)
			}
		}
		r, err := decodeResponse(h.body)
		if err != nil {
			return page, message.Errorf("log %d, entry %d: %w", h.shard, h.arrived, err)
		}
		r.Survey, r.Period = survey, period
		page = append(page, item{h.arrived, h.shard, entryOf(h.arrived, r)})
		more, err := h.next(h.cursor.Next())
		if err != nil {
			return page, err
		}
		if !more {
			heads[first] = heads[len(heads)-1]
			heads = heads[:len(heads)-1]
		}
	}
	return page, nil
}

func arrival(key []byte) (uint64, error) {
	if len(key) != 8 {
		return 0, message.Errorf("entry %x: %w", key, errCodec)
	}
	return binary.BigEndian.Uint64(key), nil
}

func entryOf(arrived uint64, r answer.Response) store.Entry {
	return store.Entry{Cursor: formatCursor(arrived), Arrived: time.Unix(0, int64(arrived)), Response: r}
}

// formatCursor writes an arrival with 20 digits, so that cursors sort. The cursors of the tallies are of this form too.
func formatCursor(arrived uint64) string { return fmt.Sprintf("%020d", arrived) }

func parseCursor(cursor string) (uint64, error) {
	if cursor == "" {
		return 0, nil
	}
	arrived, err := strconv.ParseUint(cursor, 10, 64)
	if err != nil || len(cursor) != 20 {
		return 0, message.Errorf("%q is not a cursor of this store", cursor)
	}
	return arrived, nil
}

// Find implements [store.Finder]. An id was taken in one period, and could be used again in another one.
func (f *File) Find(ctx context.Context, id string) (found []store.Entry, err error) {
	surveys, err := f.Surveys(ctx)
	if err != nil {
		return nil, err
	}
	key := keyOf(id)
	for _, survey := range surveys {
		periods, err := f.Periods(ctx, survey)
		if err != nil {
			return nil, err
		}
		err = f.view(ctx, func(tx *bbolt.Tx) error {
			for _, period := range periods {
				entry, err := lookUp(tx, survey, period, key)
				if err != nil {
					return message.Errorf("%s %s, response %s: %w", survey, period, id, err)
				}
				if entry != nil {
					found = append(found, *entry)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// lookUp finds a response of a period; nil if there is none.
func lookUp(tx *bbolt.Tx, survey, period string, id idKey) (*store.Entry, error) {
	ids := bucket(tx, responsesBucket, []byte(survey), []byte(period), idsBucket)
	if ids == nil {
		return nil, nil
	}
	place := ids.Get(id[:])
	if place == nil {
		return nil, nil
	}
	if len(place) < 8 {
		return nil, errCodec
	}
	for _, log := range logs(tx, survey, period) {
		data := log.Get(place[:8])
		if data == nil {
			continue
		}
		r, err := decodeResponse(data)
		if err != nil {
			return nil, err
		}
		if keyOf(r.ID) != id {
			return nil, errCodec
		}
		r.Survey, r.Period = survey, period
		entry := entryOf(binary.BigEndian.Uint64(place), r)
		return &entry, nil
	}
	return nil, errCodec
}

// Private implements [store.PrivateAnswers].
func (f *File) Private(ctx context.Context, survey, period, id string) (answers []answer.Answer, err error) {
	err = f.view(ctx, func(tx *bbolt.Tx) (err error) {
		b := bucket(tx, responsesBucket, []byte(survey), []byte(period), privateBucket)
		if b == nil {
			return nil
		}
		key := keyOf(id)
		if data := b.Get(key[:]); data != nil {
			if answers, err = decodeAnswers(data); err != nil {
				return message.Errorf("%s %s, private answers of %s: %w", survey, period, id, err)
			}
		}
		return nil
	})
	return answers, err
}
