package records

import (
	"context"
	"iter"

	"glasspoll/internal/store"
)

// arrivals yields the responses of a period in the order of their arrival, and stops at the first error. If ends is not
// nil, it has the last cursor of each shard that is read; the other shards are not.
func arrivals(ctx context.Context, log store.Log, survey, period string, ends map[store.Shard]string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		var m merger
		defer m.stop()
		for number := range store.Shards {
			shard := store.Shard{Survey: survey, Period: period, Number: number}
			if ends != nil && ends[shard] == "" {
				continue
			}
			m.add(log.After(ctx, shard, ""), ends[shard])
		}
		for {
			entry, err, ok := m.next()
			if !ok || !yield(entry, err) || err != nil {
				return
			}
		}
	}
}

// merger merges logs by cursor.
type merger struct {
	heads []*head
	err   error
}

// head is the first entry of a log that has not been merged yet.
type head struct {
	entry store.Entry
	end   string // the last cursor to merge; "" is no limit
	next  func() (store.Entry, error, bool)
	stop  func()
}

// add adds a log, which is merged up to a cursor; to its end if that is "".
func (m *merger) add(log iter.Seq2[store.Entry, error], end string) {
	h := &head{end: end}
	h.next, h.stop = iter.Pull2(log)
	m.heads = append(m.heads, h)
	m.advance(len(m.heads) - 1)
}

// advance reads the next entry of a log, which is dropped when it has no more.
func (m *merger) advance(i int) {
	h := m.heads[i]
	entry, err, ok := h.next()
	switch {
	case err != nil && ok:
		m.err = err
	case !ok || h.end != "" && entry.Cursor > h.end:
		h.stop()
		m.heads = append(m.heads[:i], m.heads[i+1:]...)
	default:
		h.entry = entry
	}
}

// next returns the first entry of all, or the error that reading one has ended with; false if there are no more.
func (m *merger) next() (store.Entry, error, bool) {
	if m.err != nil {
		return store.Entry{}, m.err, true
	}
	if len(m.heads) == 0 {
		return store.Entry{}, nil, false
	}
	first := 0
	for i, h := range m.heads {
		if h.entry.Cursor < m.heads[first].entry.Cursor {
			first = i
		}
	}
	entry := m.heads[first].entry
	m.advance(first)
	return entry, nil, true
}

func (m *merger) stop() {
	for _, h := range m.heads {
		h.stop()
	}
}
