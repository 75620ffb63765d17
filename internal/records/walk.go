package records

import (
	"context"
	"iter"
	"sync"

	"glasspoll/internal/store"
)

// batchSize is the number of entries that are read at once, while those before are worked on.
const batchSize = 500

// maxPeriods bounds the periods that are read at the same time. More would take more memory, and a store is not faster.
const maxPeriods = 4

// batch is some successive entries of a log, and the error that reading it has ended with.
type batch struct {
	entries []store.Entry
	err     error
}

// batches yields the entries of a period after a cursor ("" for all) up to another one ("" for all), in the order of the log. One
// goroutine reads and decodes ahead. It stops at the first error, which it yields.
func batches(ctx context.Context, log store.Log, survey, period, after, end string) iter.Seq2[[]store.Entry, error] {
	return func(yield func([]store.Entry, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		ahead := make(chan batch, 2)
		var reading sync.WaitGroup
		defer reading.Wait()
		defer cancel()
		reading.Go(func() {
			defer close(ahead)
			readAhead(ctx, log.After(ctx, survey, period, after), end, ahead)
		})
		for b := range ahead {
			if len(b.entries) > 0 && !yield(b.entries, nil) {
				return
			}
			if b.err != nil {
				yield(nil, b.err)
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err) // the reader may have stopped for it
		}
	}
}

// readAhead sends the entries of a log up to a cursor, until the context ends.
func readAhead(ctx context.Context, log iter.Seq2[store.Entry, error], end string, ahead chan<- batch) {
	send := func(b batch) bool {
		select {
		case ahead <- b:
			return true
		case <-ctx.Done():
			return false
		}
	}
	var entries []store.Entry
	for entry, err := range log {
		if err != nil {
			send(batch{entries, err})
			return
		}
		if end != "" && entry.Cursor > end {
			break
		}
		if entries = append(entries, entry); len(entries) == batchSize {
			if !send(batch{entries: entries}) {
				return
			}
			entries = make([]store.Entry, 0, batchSize)
		}
	}
	send(batch{entries: entries})
}

// arrivals yields the responses of a period in the order of its log, up to a cursor ("" for all), and stops at the first
// error, which it yields.
func arrivals(ctx context.Context, log store.Log, survey, period, end string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for entries, err := range batches(ctx, log, survey, period, "", end) {
			if err != nil {
				yield(store.Entry{}, err)
				return
			}
			for _, entry := range entries {
				if !yield(entry, nil) {
					return
				}
			}
		}
	}
}
