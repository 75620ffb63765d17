package main

import (
	"context"
	"iter"

	"glasspoll/internal/store"
)

// arrivals yields the responses of a period in the order of their arrival, up to the end that each shard is given, and
// stops at the first error. A shard that is given none ends before it begins; with nil ends, all are walked to where they
// end.
func arrivals(ctx context.Context, records store.Log, survey, period string, ends map[store.Shard]string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		type head struct {
			entry store.Entry
			next  func() (store.Entry, error, bool)
			end   string
		}
		var heads []*head
		// advance reads the next entry of a shard, and reports whether there is one.
		advance := func(h *head) (bool, error) {
			entry, err, ok := h.next()
			if !ok || err == nil && ends != nil && entry.Cursor > h.end {
				return false, nil
			}
			h.entry = entry
			return err == nil, err
		}
		for number := range store.Shards {
			shard := store.Shard{Survey: survey, Period: period, Number: number}
			if ends != nil && ends[shard] == "" {
				continue
			}
			next, stop := iter.Pull2(records.After(ctx, shard, ""))
			defer stop()
			h := &head{next: next, end: ends[shard]}
			more, err := advance(h)
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
			more, err := advance(heads[first])
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
