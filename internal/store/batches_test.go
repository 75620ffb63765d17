package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
)

// numbered is a Log of so many entries, which ends with an error.
type numbered struct {
	Log
	n   int
	err error
}

func cursor(i int) string { return fmt.Sprintf("%06d", i) }

func (l *numbered) After(_ context.Context, _, _, after string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for i := 1; i <= l.n; i++ {
			if cursor(i) > after && !yield(Entry{Cursor: cursor(i)}, nil) {
				return
			}
		}
		if l.err != nil {
			yield(Entry{}, l.err)
		}
	}
}

// Entries come in order, from one cursor to another, whatever the size of batches; an error comes after those before it.
func TestBatches(t *testing.T) {
	for _, c := range []struct {
		n          int
		after, end string
		err        error
		want       int
	}{
		{n: 0},
		{n: 7, want: 7},
		{n: batchSize, want: batchSize},
		{n: 3*batchSize + 1, want: 3*batchSize + 1},
		{n: 3 * batchSize, after: cursor(10), end: cursor(batchSize + 20), want: batchSize + 10},
		{n: batchSize + 5, err: errors.New("broken"), want: batchSize + 5},
	} {
		l, got := &numbered{n: c.n, err: c.err}, 0
		var failed error
		for entries, err := range Batches(t.Context(), l, "tea", "all", c.after, c.end) {
			failed = err
			for _, entry := range entries {
				got++
				if first := len(c.after); first > 0 && entry.Cursor != cursor(10+got) {
					t.Fatalf("%+v: %s after %d", c, entry.Cursor, got)
				}
			}
		}
		if got != c.want || !errors.Is(failed, c.err) {
			t.Errorf("%+v: %d entries, %v", c, got, failed)
		}
	}
	for range Batches(t.Context(), &numbered{n: 10 * batchSize}, "tea", "all", "", "") {
		break // must not leak or hang
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ended := false
	for _, err := range Batches(ctx, &numbered{n: 10 * batchSize}, "tea", "all", "", "") {
		ended = errors.Is(err, context.Canceled)
	}
	if !ended {
		t.Error("a log that was not read to its end looks whole")
	}
}
