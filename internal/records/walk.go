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
		var heads []*head
		for number := range store.Shards {
			shard := store.Shard{Survey: survey, Period: period, Number: number}
			if ends != nil && ends[shard] == "" {
				continue
			}
			next, stop := iter.Pull2(log.After(ctx, shard, ""))
			defer stop()
			h := &head{next: next, limited: ends != nil, end: ends[shard]}
			more, err := h.advance()
			if err != nil {
				yield(store.Entry{}, err)
				return
			}
			if more {
				heads = append(heads, h)
			}
		}
		for len(heads) > 0 {
			first := 0
			for i, h := range heads {
				if h.entry.Cursor < heads[first].entry.Cursor {
					first = i
				}
			}
			if !yield(heads[first].entry, nil) {
				return
			}
			more, err := heads[first].advance()
			if err != nil {
				yield(store.Entry{}, err)
				return
			}
			if !more {
				heads = append(heads[:first], heads[first+1:]...)
			}
		}
	}
}

// head is the next entry of a shard that is being merged with others.
type head struct {
	entry   store.Entry
	next    func() (store.Entry, error, bool)
	limited bool
	end     string // the last cursor to read, if limited
}

// advance reads the next entry, and reports whether there is one.
func (h *head) advance() (bool, error) {
	entry, err, ok := h.next()
	if !ok || err == nil && h.limited && entry.Cursor > h.end {
		return false, nil
	}
	h.entry = entry
	return err == nil, err
}
