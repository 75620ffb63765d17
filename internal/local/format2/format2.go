// Package format2 reads files of the embedded store's formats 1 and 2, which earlier versions of Glasspoll wrote. It never
// writes one: what such a file holds is carried over to a store of today's format, see [local.OldFormatError].
//
// The buckets, as paths:
//
//	meta                        "format" → the file's format
//	definitions/SURVEY          version → compiled survey
//	current                     survey → version in force
//	responses/SURVEY/PERIOD/
//	    log SHARD               arrival → response without its private answers
//	    ids                     id → arrival, digest of the answers
//	    private                 id → private answers
//	tallies/SURVEY/PERIOD       shard → revision, tally
//	releases/SURVEY/PERIOD      number → release
//	cases/SURVEY                id → revision, case
//	untold/SURVEY               id of a case in the outbox → nothing
//
// An arrival is the time in nanoseconds since 1970, 8 bytes, big-endian. No two responses of a file have the same one, so
// the logs of a period's shards are read as one log, in the order of arrivals. Format 1 has no tombstones.
package format2

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"glasspoll/internal/local"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// File is a file that is open for reading. It implements [store.Reader]. Any number of goroutines may use it, and any number
// of processes may read the same file; none can write it meanwhile.
type File struct {
	path        string
	format      int
	db          *bbolt.DB
	definitions sync.Map // by definitionKey: *survey.Survey
}

// The formats that this package reads.
const oldest, newest = 1, 2

// shards is the number of logs and tallies of each period.
const shards = 16

var (
	metaBucket        = []byte("meta")
	definitionsBucket = []byte("definitions")
	currentBucket     = []byte("current")
	responsesBucket   = []byte("responses")
	talliesBucket     = []byte("tallies")
	releasesBucket    = []byte("releases")
	casesBucket       = []byte("cases")
	pendingBucket     = []byte("untold")
	formatKey         = []byte("format")
)

// Open opens a file for reading. The file must exist; neither it nor its directory is changed.
func Open(path string) (*File, error) {
	db, err := openDB(path)
	if err != nil {
		return nil, message.Errorf("store %s: %w", path, err)
	}
	f := &File{path: path, db: db}
	if err := f.view(context.Background(), f.readFormat); err != nil {
		db.Close()
		return nil, err
	}
	return f, nil
}

func openDB(path string) (db *bbolt.DB, err error) {
	// bbolt panics on a damaged file, or reads beyond the end of the mapping.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if fault := recover(); fault != nil {
			err = damaged(fault)
		}
	}()
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: 600 * time.Millisecond})
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return nil, message.Errorf("another process has the file open, probably a running `glasspoll serve` of an earlier version: stop that one first")
	case errors.Is(err, bbolterrors.ErrInvalid), errors.Is(err, bbolterrors.ErrChecksum), errors.Is(err, bbolterrors.ErrVersionMismatch):
		return nil, message.Errorf("not a Glasspoll store, or damaged (%w): name another file, or restore it from a copy", err)
	case err != nil:
		return nil, err
	}
	err = db.View(func(tx *bbolt.Tx) error {
		info, err := os.Stat(path)
		if err == nil && info.Size() < tx.Size() {
			err = message.Errorf("the file is cut short, %d bytes of %d: restore it from a copy", info.Size(), tx.Size())
		}
		return err
	})
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func damaged(fault any) error {
	return message.Errorf("the file is damaged (%v): restore it from a copy", fault)
}

// readFormat checks that the file has one of the formats that this package reads.
func (f *File) readFormat(tx *bbolt.Tx) error {
	meta := tx.Bucket(metaBucket)
	if meta == nil {
		return message.Errorf("not a Glasspoll store: its format is missing")
	}
	format, err := strconv.Atoi(string(meta.Get(formatKey)))
	if err != nil {
		return message.Errorf("not a Glasspoll store: its format is missing")
	}
	if format < oldest || format > newest {
		return message.Errorf("the file has format %d, and only files of formats %d and %d are read like this", format, oldest, newest)
	}
	f.format = format
	return nil
}

// Close closes the file once all transactions have ended.
func (f *File) Close() error {
	if err := f.db.Close(); err != nil {
		return message.Errorf("store %s: %w", f.path, err)
	}
	return nil
}

// Records returns the file as a back end for operators' commands. It refuses to be changed with Refusal.
func (f *File) Records() store.Records { return store.ReadOnly(f, f.Refusal()) }

// Refusal says that the file can only be read, and what to do.
func (f *File) Refusal() error { return &local.OldFormatError{Path: f.path, Format: f.format} }

// view runs do in a read transaction. Its error names the file. A damaged file may make bbolt panic.
func (f *File) view(ctx context.Context, do func(*bbolt.Tx) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	err = f.db.View(func(tx *bbolt.Tx) (err error) {
		defer func() {
			if fault := recover(); fault != nil {
				err = damaged(fault)
			}
		}()
		return do(tx)
	})
	if err != nil {
		return message.Errorf("store %s: %w", f.path, err)
	}
	return nil
}

// bucket returns the bucket at a path; nil if there is none.
func bucket(tx *bbolt.Tx, path ...[]byte) *bbolt.Bucket {
	b := tx.Bucket(path[0])
	for _, name := range path[1:] {
		if b == nil {
			return nil
		}
		b = b.Bucket(name)
	}
	return b
}
