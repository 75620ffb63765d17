package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"time"
)

// TestProgress shows how many of 1,024 responses have been read: on a terminal alone, on one line, which is removed at the end.
func TestProgress(t *testing.T) {
	entries := func(yield func(store.Entry, error) bool) {
		for range 4 * progressStep {
			time.Sleep(progressEvery / progressStep * 2)
			if !yield(store.Entry{}, nil) {
				return
			}
		}
	}
	for _, terminal := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var shown bytes.Buffer
			p := newProgress(&console.Console{Err: &shown}, terminal)
			p.begin(func(done int64) message.Text { return message.New("written: %d of %d", done, 1024) })
			n := 0
			for range p.watch(entries) {
				n++
			}
			p.end()
			want := ""
			if terminal {
				want = "\rwritten: 256 of 1024\rwritten: 512 of 1024\rwritten: 768 of 1024\rwritten: 1024 of 1024\r" + strings.Repeat(" ", 21) + "\r"
			}
			if n != 1024 || shown.String() != want {
				t.Errorf("%d entries, terminal %t: %q, want %q", n, terminal, &shown, want)
			}
		})
	}
}
