package local

import (
	"context"
	"os"
	"time"
)

const (
	// pacedAtOnce is the number of bytes that the disk gets at once. It writes them before it completes the write of an answer that
	// comes meanwhile.
	pacedAtOnce = 4 << 20
	// maxRest bounds a rest, should a disk be very slow.
	maxRest = time.Second
)

// A pacer lets answers be stored while a large file is written: after each part of it, it waits until the disk has that, and leaves
// the disk to others for as long again. Else the system keeps much of the file in memory, which the disk then writes before all else.
type pacer struct {
	ctx  context.Context
	file *os.File
	rest func(context.Context, time.Duration) error
	more int // bytes since the last rest
}

// wrote is called after n bytes have been written to the file.
func (p *pacer) wrote(n int) error {
	if p.more += n; p.more < pacedAtOnce {
		return p.ctx.Err()
	}
	p.more = 0
	began := time.Now()
	if err := writeBack(p.file); err != nil {
		return err
	}
	return p.rest(p.ctx, min(time.Since(began), maxRest))
}

// Write writes to the file.
func (p *pacer) Write(data []byte) (n int, err error) {
	if n, err = p.file.Write(data); err != nil {
		return n, err
	}
	return n, p.wrote(n)
}
