package main

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

const (
	progressEvery = 500 * time.Millisecond
	progressStep  = 256 // responses between looks at the clock
)

// progress shows on one line of a terminal how many responses have been read. Several goroutines may add to it.
type progress struct {
	to *console.Console // nil: nothing is shown

	done  atomic.Int64
	mu    sync.Mutex
	text  func(done int64) message.Text
	shown time.Time
	width int // of the line
}

// newProgress shows it on c's error stream if somebody looks there.
func newProgress(c *console.Console, terminal bool) *progress {
	if !terminal {
		return &progress{}
	}
	return &progress{to: c}
}

// begin begins to count what text says, from 0.
func (p *progress) begin(text func(done int64) message.Text) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done.Store(0)
	p.text, p.shown = text, time.Now()
}

func (p *progress) add() {
	if done := p.done.Add(1); done%progressStep == 0 {
		p.show(done)
	}
}

func (p *progress) show(done int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.to == nil || time.Since(p.shown) < progressEvery {
		return
	}
	p.shown = time.Now()
	text := p.text(done).In(p.to.Language)
	width := console.Columns(text)
	fmt.Fprintf(p.to.Err, "\r%s%s", text, strings.Repeat(" ", max(0, p.width-width)))
	p.width = width
}

// end removes the line.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.width > 0 {
		fmt.Fprintf(p.to.Err, "\r%s\r", strings.Repeat(" ", p.width))
		p.width = 0
	}
}

// watch yields entries, and counts them.
func (p *progress) watch(entries iter.Seq2[store.Entry, error]) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for entry, err := range entries {
			if p.add(); !yield(entry, err) {
				return
			}
		}
	}
}

// watchedRecords counts the entries of logs that are read.
type watchedRecords struct {
	store.Records
	progress *progress
}

func (w watchedRecords) After(ctx context.Context, survey, period, cursor string) iter.Seq2[store.Entry, error] {
	return w.progress.watch(w.Records.After(ctx, survey, period, cursor))
}
