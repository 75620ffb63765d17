package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// Collect implements [store.Collector]: Put writes the log itself.
func (s *Store) Collect(ctx context.Context, _ string, _ ...string) error { return ctx.Err() }

// Periods implements [store.Log]. A period whose log is lost is one of them, so that its loss is noticed.
func (s *Store) Periods(ctx context.Context, survey string) (periods []string, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		all := map[string]bool{}
		if b := bucket(tx, logBucket, []byte(survey)); b != nil {
			if err := b.ForEachBucket(func(name []byte) error {
				all[string(name)] = true
				return nil
			}); err != nil {
				return err
			}
		}
		if b := bucket(tx, periodsBucket, []byte(survey)); b != nil {
			if err := b.ForEach(func(name, _ []byte) error {
				all[string(name)] = true
				return nil
			}); err != nil {
				return err
			}
		}
		periods = slices.Sorted(maps.Keys(all))
		return nil
	})
	return periods, err
}

// Ends implements [store.Log].
func (s *Store) Ends(ctx context.Context, survey string) (ends map[string]string, err error) {
	ends = map[string]string{}
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		b := bucket(tx, logBucket, []byte(survey))
		if b == nil {
			return nil
		}
		return b.ForEachBucket(func(name []byte) error {
			end, err := endOf(tx, []byte(survey), name)
			if end > 0 {
				ends[string(name)] = formatCursor(end)
			}
			return err
		})
	})
	return ends, err
}

// A page is bounded by its entries and by their bytes. While a read transaction is open, the file cannot reuse space, and the
// caller may write between two entries.
const (
	pageSize  = 1000
	pageBytes = 1 << 20
)

// After implements [store.Log].
func (s *Store) After(ctx context.Context, survey, period, cursor string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		after, err := parseCursor(cursor)
		if err != nil {
			yield(store.Entry{}, s.wrap(err))
			return
		}
		p := page{Store: s, survey: survey, period: period, after: after}
		for {
			if err := p.read(ctx); err != nil {
				yield(store.Entry{}, err)
				return
			}
			if len(p.entries) == 0 {
				return
			}
			for _, e := range p.entries {
				entry, err := p.decode(ctx, e)
				if !yield(entry, err) || err != nil {
					return
				}
			}
		}
	}
}

// page is a part of a log that is read in one transaction, and decoded after it.
type page struct {
	*Store
	survey, period string
	after          uint64 // the position of the last entry that has been read
	entries        []pageEntry
}

type pageEntry struct {
	position uint64
	data     []byte
}

// read reads the entries after those read before; none at the end of the log.
func (p *page) read(ctx context.Context) error {
	p.entries = p.entries[:0]
	if p.after == math.MaxUint64 {
		return nil
	}
	return p.view(ctx, func(tx *bbolt.Tx) error {
		log := bucket(tx, logBucket, []byte(p.survey), []byte(p.period))
		if log == nil {
			return nil
		}
		c, size := log.Cursor(), 0
		for k, v := c.Seek(binary.BigEndian.AppendUint64(nil, p.after+1)); k != nil && len(p.entries) < pageSize && size < pageBytes; k, v = c.Next() {
			if len(k) != 8 {
				return message.Errorf("%s %s, entry %x: %w", p.survey, p.period, k, errCodec)
			}
			p.after = binary.BigEndian.Uint64(k)
			p.entries = append(p.entries, pageEntry{p.after, bytes.Clone(v)})
			size += len(v)
		}
		return nil
	})
}

func (p *page) decode(ctx context.Context, e pageEntry) (store.Entry, error) {
	return p.entryOf(ctx, p.survey, p.period, e.position, e.data)
}

// entryOf decodes an entry of a log.
func (s *Store) entryOf(ctx context.Context, survey, period string, position uint64, data []byte) (store.Entry, error) {
	arrived, body, err := splitLogEntry(position, data)
	var r answer.Response
	if err == nil {
		r, err = answer.Decode(body, func(version string) (*answer.Vocabulary, error) { return s.vocabulary(ctx, survey, version) })
	}
	if err != nil {
		return store.Entry{}, s.wrap(message.Errorf("%s %s, entry %d: %w", survey, period, position, err))
	}
	r.Survey, r.Period = survey, period
	return store.Entry{Cursor: formatCursor(position), Arrived: time.Unix(0, arrived), Response: r}, nil
}

// formatCursor writes a position with 20 digits, so that cursors sort.
func formatCursor(position uint64) string {
	text := strconv.FormatUint(position, 10)
	return "00000000000000000000"[len(text):] + text
}

func parseCursor(cursor string) (uint64, error) {
	if cursor == "" {
		return 0, nil
	}
	position, err := strconv.ParseUint(cursor, 10, 64)
	if err != nil || len(cursor) != 20 {
		return 0, message.Errorf("%q is not a cursor of this store", cursor)
	}
	return position, nil
}
