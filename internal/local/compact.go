package local

import (
	"context"
	"errors"
	"os"

	"go.etcd.io/bbolt"
)

// compactedAtOnce bounds the bytes that are written in one transaction of a compacted copy, which are kept in memory, and which the
// disk gets at once. Smaller transactions would write the pages at the end of a bucket more often.
const compactedAtOnce = pacedAtOnce

// compact writes the store as it is at one instant to an empty file, key by key in their order: what bbolt no longer uses,
// which tells what was written together, is not in the copy. Until it returns, the file cannot reuse space.
func (s *Store) compact(ctx context.Context, file *os.File) (size int64, err error) {
	db, err := openCopy(file.Name())
	if err != nil {
		return 0, err
	}
	err = s.view(ctx, func(from *bbolt.Tx) error {
		c := &compactor{pacer: pacer{ctx: ctx, file: file, rest: s.rest}, db: db}
		if err := c.begin(); err != nil {
			return err
		}
		defer c.tx.Rollback() // no effect after the commit
		err := from.ForEach(func(name []byte, b *bbolt.Bucket) error { return c.copy(b, name) })
		if err != nil {
			return err
		}
		return c.tx.Commit()
	})
	if err = errors.Join(err, db.Close()); err != nil {
		return 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// openCopy opens an empty file to be written. Whoever has made it makes it durable.
func openCopy(path string) (db *bbolt.DB, err error) {
	defer guard(&err)()
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	if err == nil {
		db.AllocSize = growth
	}
	return db, err
}

// A compactor writes what one file has to another one.
type compactor struct {
	pacer
	db   *bbolt.DB
	tx   *bbolt.Tx
	size int // of what the transaction has written
	txs  int // how many there have been
}

func (c *compactor) begin() (err error) {
	c.tx, err = c.db.Begin(true)
	c.size, c.txs = 0, c.txs+1
	return err
}

// next commits what has been written, if that is enough.
func (c *compactor) next(more int) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	if c.size += more; c.size <= compactedAtOnce {
		return nil
	}
	if err := c.tx.Commit(); err != nil {
		return err
	}
	if err := c.wrote(c.size); err != nil {
		return err
	}
	if err := c.begin(); err != nil {
		return err
	}
	c.size = more
	return nil
}

// copy copies a bucket to a path, with those inside.
func (c *compactor) copy(from *bbolt.Bucket, path ...[]byte) error {
	open := func() (*bbolt.Bucket, error) {
		to, err := makeBucket(c.tx, path...)
		if err == nil {
			to.FillPercent = 1
		}
		return to, err
	}
	to, err := open()
	if err != nil {
		return err
	}
	if err := to.SetSequence(from.Sequence()); err != nil {
		return err
	}
	opened := c.txs
	return from.ForEach(func(key, value []byte) error {
		if value == nil {
			return c.copy(from.Bucket(key), append(path[:len(path):len(path)], key)...)
		}
		if err := c.next(len(key) + len(value)); err != nil {
			return err
		}
		if opened != c.txs {
			if to, err = open(); err != nil {
				return err
			}
			opened = c.txs
		}
		return to.Put(key, value)
	})
}

// hasInvitations reports whether an invitation has ever been stored in the file.
func (s *Store) hasInvitations(ctx context.Context) (has bool, err error) {
	err = s.view(ctx, func(tx *bbolt.Tx) error {
		has = tx.Bucket(invitationsBucket) != nil
		return nil
	})
	return has, err
}
