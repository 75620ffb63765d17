package store

import (
	"context"
	"iter"
	"sync"
)

// batchSize is the number of entries that are read at once, while those before are worked on.
const batchSize = 500

// batch is some successive entries of a log, and the error that reading it has ended with.
type batch struct {
	entries []Entry
	err     error
}

// Batches yields the entries of a period after a cursor ("" for all) up to another one ("" for all), in the order of the log. One
// goroutine reads and decodes ahead. It stops at the first error, which it yields.
func Batches(ctx context.Context, log Log, survey, period, after, end string) iter.Seq2[[]Entry, error] {
	return func(yield func([]Entry, error) bool) {
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
func readAhead(ctx context.Context, log iter.Seq2[Entry, error], end string, ahead chan<- batch) {
	send := func(b batch) bool {
		select {
		case ahead <- b:
			return true
		case <-ctx.Done():
			return false
		}
	}
	var entries []Entry
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
			entries = make([]Entry, 0, batchSize)
		}
	}
	send(batch{entries: entries})
}
