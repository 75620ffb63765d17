package local

import (
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/message"
)

// A committer groups writes into commits: while one commit waits for the disk, further writes queue, and the next commit
// takes all of them. A lone writer never waits for others, and the busier the store is, the more writes share the cost of a
// commit. bbolt's own Batch makes every write wait for a fixed time, in which the disk is idle.
type committer struct {
	db     *bbolt.DB
	mu     sync.Mutex
	queued []queuedWrite
	busy   bool // run is running
}

type queuedWrite struct {
	do   func(*bbolt.Tx) error
	done chan<- error
}

// maxBatch bounds the writes of one commit, and so the time that a write waits for the commit under way.
const maxBatch = 1024

// update runs a write and returns when it is durable or has failed. If the write fails together with others, it is run once
// more, alone, so that its error is its own.
func (c *committer) update(do func(*bbolt.Tx) error) error {
	done := make(chan error, 1)
	c.mu.Lock()
	c.queued = append(c.queued, queuedWrite{do, done})
	if !c.busy {
		c.busy = true
		go c.run()
	}
	c.mu.Unlock()
	err := <-done
	if err == errAlone {
		return write(c.db, do)
	}
	return err
}

// errAlone tells update to run the write by itself.
var errAlone error = message.Key("to be run alone")

// run commits the queued writes until there are none.
func (c *committer) run() {
	last, before := 0, 0 // how many the last two commits made durable
	for {
		c.gather((last + before) / 2)
		c.mu.Lock()
		batch := c.queued
		if len(batch) == 0 {
			c.busy = false
			c.mu.Unlock()
			return
		}
		c.queued = nil
		if len(batch) > maxBatch {
			batch, c.queued = batch[:maxBatch:maxBatch], batch[maxBatch:]
		}
		c.mu.Unlock()
		last, before = len(batch), last
		c.commit(batch)
	}
}

// Small commits cost nearly as much as large ones. Without a short wait they would alternate: after a large commit, the
// first writer to return would get a commit of its own.
const (
	gatherStep = 500 * time.Microsecond
	maxGather  = 4 * time.Millisecond
)

// gather waits for about as many writes as the last commits had, as long as more arrive.
func (c *committer) gather(enough int) {
	if enough < 2 {
		return // a lone writer does not wait
	}
	before := 0
	for range maxGather / gatherStep {
		c.mu.Lock()
		queued := len(c.queued)
		c.mu.Unlock()
		if queued >= enough || queued > 0 && queued == before {
			return
		}
		before = queued
		time.Sleep(gatherStep)
	}
}

// commit runs writes in one transaction. Those that fail are left out, and run alone.
func (c *committer) commit(batch []queuedWrite) {
	for len(batch) > 0 {
		failed := -1
		err := write(c.db, func(tx *bbolt.Tx) error {
			for i, w := range batch {
				if err := callRecovering(w.do, tx); err != nil {
					failed = i
					return err
				}
			}
			return nil
		})
		if failed < 0 {
			for _, w := range batch {
				w.done <- err
			}
			return
		}
		batch[failed].done <- errAlone
		batch = append(batch[:failed], batch[failed+1:]...)
	}
}

// callRecovering runs a write and turns a panic into an error.
func callRecovering(do func(*bbolt.Tx) error, tx *bbolt.Tx) (err error) {
	defer guard(&err)()
	return do(tx)
}
