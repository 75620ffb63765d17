package export

import "io"

// A Table is a file of one format. Its rows are encoded in blocks, by as many goroutines as there are encoders, and the blocks are
// written one by one in their order.
type Table interface {
	// Encoder returns an encoder for one goroutine.
	Encoder() Encoder
	// Room returns how many of n rows from number first on, counted from 0, fit in one block.
	Room(first, n int) int
	// Write writes an encoded block.
	Write(b *Block) error
	// Close writes what comes after the last row.
	Close() error
}

// An Encoder encodes blocks.
type Encoder interface {
	Encode(b *Block)
}

// A Block is some successive rows. Its memory may be used for further ones.
type Block struct {
	First   int // the number of its first row
	Records []Record

	data   []byte
	packed []byte // data, compressed
}

// Reset makes a block of no rows, from number first on.
func (b *Block) Reset(first int) {
	clear(b.Records) // which keep answers in memory
	b.First, b.Records, b.data, b.packed = first, b.Records[:0], b.data[:0], b.packed[:0]
}

// lines is what formats share whose rows are lines.
type lines struct{ to io.Writer }

func (lines) Room(_, n int) int { return n }

func (l lines) Write(b *Block) error {
	_, err := l.to.Write(b.data)
	return err
}

func (lines) Close() error { return nil }
