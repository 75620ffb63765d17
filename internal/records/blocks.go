package records

import (
	"iter"
	"runtime"
	"sync"

	"glasspoll/internal/export"
	"glasspoll/internal/store"
)

// blockRows is the number of rows that are encoded together: some 200 kB of a wide table.
const blockRows = 256

// A block is encoded by one goroutine while others encode those before and after it.
type block struct {
	export.Block
	done  chan struct{} // one value when it is encoded
	fault any           // that encoding has panicked with
}

func (b *block) encode(encoder export.Encoder) {
	defer func() {
		b.fault = recover()
		b.done <- struct{}{}
	}()
	encoder.Encode(&b.Block)
}

// writeTable writes the rows of entries, withdrawn ones left out. Blocks of them are encoded on all cores and written in their order.
// A panic of encoding is one of writeTable.
func writeTable(table export.Table, plan *export.Plan, entries iter.Seq2[store.Entry, error]) error {
	workers := runtime.GOMAXPROCS(0)
	todo := make(chan *block, workers)
	order := make(chan *block, 2*workers) // all that are under way: they bound the memory
	free := make(chan *block, cap(order)+1)
	for range cap(free) {
		free <- &block{done: make(chan struct{}, 1)}
	}
	var encoding sync.WaitGroup
	for range workers {
		encoding.Go(func() {
			encoder := table.Encoder()
			for b := range todo {
				b.encode(encoder)
			}
		})
	}
	writing := &writing{table: table, free: free, failed: make(chan struct{})}
	written := make(chan struct{})
	go func() {
		defer close(written)
		writing.run(order)
	}()
	err := func() error {
		defer close(order) // also if reading panics
		defer close(todo)
		return writing.fill(plan, entries, func(b *block) {
			todo <- b
			order <- b
		})
	}()
	encoding.Wait()
	<-written
	if writing.fault != nil {
		panic(writing.fault)
	}
	if writing.err != nil {
		return writing.err
	}
	return err
}

// writing writes blocks.
type writing struct {
	table  export.Table
	free   chan *block
	failed chan struct{} // closed once a block could not be written
	err    error
	fault  any
}

// run writes encoded blocks in their order; none after one that could not be written.
func (w *writing) run(order <-chan *block) {
	for b := range order {
		<-b.done
		if w.err == nil && w.fault == nil {
			if w.fault = b.fault; w.fault == nil {
				w.err = w.table.Write(&b.Block)
			}
			if w.err != nil || w.fault != nil {
				close(w.failed)
			}
		}
		w.free <- b
	}
}

// fill puts the records of entries into blocks and passes these on, until there are no more or one could not be written.
func (w *writing) fill(plan *export.Plan, entries iter.Seq2[store.Entry, error], pass func(*block)) error {
	b := <-w.free
	b.Reset(0)
	room := w.table.Room(0, blockRows)
	for entry, err := range entries {
		if err != nil {
			return err
		}
		if entry.Response.Withdrawn {
			continue
		}
		b.Records = append(b.Records, plan.Record(entry.Response, entry.Arrived))
		if len(b.Records) < room {
			continue
		}
		next := b.First + len(b.Records)
		pass(b)
		select {
		case <-w.failed:
			return nil // the error is that of writing
		default:
		}
		b = <-w.free
		b.Reset(next)
		room = w.table.Room(next, blockRows)
	}
	if len(b.Records) > 0 {
		pass(b)
	}
	return nil
}
