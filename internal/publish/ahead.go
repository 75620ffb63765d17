package publish

import (
	"iter"

	"glasspoll/internal/store"
)

// What is read ahead is bounded, because a response may have 200 KB.
const (
	aheadEntries = 32 // in a batch
	aheadBatches = 4
)

// readAhead yields what entries yields, and reads the next ones meanwhile: a log is read and decoded while what came before
// is counted.
func readAhead(entries iter.Seq2[store.Entry, error]) iter.Seq2[store.Entry, error] {
	type batch struct {
		entries []store.Entry
		err     error // after the entries
	}
	return func(yield func(store.Entry, error) bool) {
		batches, stop := make(chan batch, aheadBatches), make(chan struct{})
		go func() {
			defer close(batches)
			var next batch
			for e, err := range entries {
				if err != nil {
					next.err = err
					break
				}
				if next.entries = append(next.entries, e); len(next.entries) == aheadEntries {
					select {
					case batches <- next:
					case <-stop:
						return
					}
					next = batch{}
				}
			}
			select {
			case batches <- next:
			case <-stop:
			}
		}()
		defer func() { // the reader has ended when readAhead ends
			close(stop)
			for range batches {
			}
		}()
		for b := range batches {
			for _, e := range b.entries {
				if !yield(e, nil) {
					return
				}
			}
			if b.err != nil {
				yield(store.Entry{}, b.err)
				return
			}
		}
	}
}
