// Package local keeps everything on one machine: definitions, responses, tallies and releases in one bbolt file, pages
// in a directory. No account and no other process is needed.
package local

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"glasspoll/internal/durable"
)

// Store is one file. It may be used by any number of goroutines, but by one process at a time.
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
//	untold/SURVEY               id of a case that is to be told of → nothing
//
// An arrival is the time in nanoseconds since 1970, 8 bytes, big-endian, made greater than any before; the last one is
// the sequence of the bucket "responses". So logs only grow at their end, and the pages written at random are those of
// the small index of ids.
type Store struct {
	path        string
	db          *bbolt.DB
	committer   committer
	now         func() time.Time
	definitions sync.Map // by definitionKey: *survey.Survey
}

// format is what this program writes. A file of a greater one is not touched. Format 2 has tombstones.
const format = 2

var (
	metaBucket        = []byte("meta")
	definitionsBucket = []byte("definitions")
	currentBucket     = []byte("current")
	responsesBucket   = []byte("responses")
	talliesBucket     = []byte("tallies")
	releasesBucket    = []byte("releases")
	formatKey         = []byte("format")
)

// Open opens a store, and makes it, with its directories, if there is none.
func Open(path string) (*Store, error) {
	directory := filepath.Dir(path)
	if err := durable.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	db, err := openDB(path)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	s := &Store{path: path, db: db, committer: committer{db: db}, now: time.Now}
	if err := errors.Join(s.prepare(), durable.SyncDir(directory)); err != nil {
		db.Close()
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	return s, nil
}

// mapped is how much address space the file has from the start. What outgrows it must be mapped anew, which waits for
// every reader: without it, a write could wait for a whole backup. It takes up no memory.
const mapped = 1 << 30

func openDB(path string) (db *bbolt.DB, err error) {
	// What is damaged, bbolt meets with a panic, or reads beyond the end of the mapped file.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the file is damaged (%v): restore it from a copy", fault)
		}
	}()
	options := &bbolt.Options{Timeout: 600 * time.Millisecond, FreelistType: bbolt.FreelistMapType}
	if runtime.GOOS != "windows" { // where the file would be made as long as what is mapped
		options.InitialMmapSize = mapped
	}
	db, err = bbolt.Open(path, 0o600, options)
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return nil, errors.New("another process has the file open, probably a running `glasspoll serve`: stop that one first, or use another data directory")
	case errors.Is(err, bbolterrors.ErrInvalid), errors.Is(err, bbolterrors.ErrChecksum), errors.Is(err, bbolterrors.ErrVersionMismatch):
		return nil, fmt.Errorf("not a Glasspoll store, or damaged (%w): name another file, or restore it from a copy", err)
	case err != nil:
		return nil, err
	}
	err = db.View(func(tx *bbolt.Tx) error {
		info, err := os.Stat(path)
		if err == nil && info.Size() < tx.Size() {
			err = fmt.Errorf("the file is cut short, %d bytes of %d: restore it from a copy", info.Size(), tx.Size())
		}
		return err
	})
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// prepare checks the file's format and makes its buckets.
func (s *Store) prepare() error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		if meta := tx.Bucket(metaBucket); meta != nil {
			version, err := strconv.Atoi(string(meta.Get(formatKey)))
			if err != nil {
				return errors.New("not a Glasspoll store: it does not say its format")
			}
			if version > format {
				return fmt.Errorf("the file has format %d, and this program knows formats up to %d: use the newer glasspoll that wrote it", version, format)
			}
		} else if first, _ := tx.Cursor().First(); first != nil {
			return fmt.Errorf("not a Glasspoll store: it is another program's bbolt file (bucket %q)", first)
		}
		for _, name := range [][]byte{metaBucket, definitionsBucket, currentBucket, responsesBucket, talliesBucket, releasesBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		value := []byte(strconv.Itoa(format))
		if meta := tx.Bucket(metaBucket); !bytes.Equal(meta.Get(formatKey), value) {
			return meta.Put(formatKey, value)
		}
		return nil
	})
}

// Close closes the file, when all that is under way has ended.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("store %s: %w", s.path, err)
	}
	return nil
}

// view runs a read, whose error names the file.
func (s *Store) view(f func(*bbolt.Tx) error) error { return s.wrap(s.db.View(f)) }

// update runs a write, together with others that are waiting. It may run it twice.
func (s *Store) update(f func(*bbolt.Tx) error) error { return s.wrap(s.committer.update(f)) }

func (s *Store) wrap(err error) error {
	if err != nil {
		return fmt.Errorf("store %s: %w", s.path, err)
	}
	return nil
}

// bucket finds a bucket by its path, or nil.
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

// makeBucket finds or makes a bucket by its path.
func makeBucket(tx *bbolt.Tx, path ...[]byte) (*bbolt.Bucket, error) {
	b, err := tx.CreateBucketIfNotExists(path[0])
	for _, name := range path[1:] {
		if err != nil {
			return nil, err
		}
		b, err = b.CreateBucketIfNotExists(name)
	}
	return b, err
}
