// Package local implements the contract of storage on one machine: pages in a directory, everything else in one bbolt
// file. It needs no account and no other process.
package local

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"glasspoll/internal/durable"
	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/sleep"
	"glasspoll/internal/store"
)

// Store is one bbolt file. Any number of goroutines may use it, but only one process at a time.
//
// The buckets, as paths:
//
//	meta                     "format" → the file's format; "secret" → 32 random bytes that ids are keyed with; "erased" → number of
//	                         the last erasure, until what it has left in the file is overwritten
//	definitions/SURVEY       version → compiled survey
//	current                  survey → version in force
//	ids/SURVEY               id → number of the period, position in its log, digest of the answers; a tombstone has no digest
//	periods/SURVEY           period → its number
//	log/SURVEY/PERIOD        position → arrival, response without its private answers
//	private/SURVEY           id → private answers
//	tallies/SURVEY           period → revision, tally
//	releases/SURVEY          period → number, latest release
//	added/SURVEY/PERIOD      number → what the release adds to the one before it
//	cases/SURVEY             id → revision, case
//	news/SURVEY              id → revision, item of news in the outbox
//	untold/SURVEY            id of a case in the outbox of earlier versions → nothing
//	invitations              hash → invitation and its mark
//	counted/SURVEY           name → count
//	reviews/SURVEY/PERIOD    number → decisions about responses
//	corrections/SURVEY/PERIOD  number → what a correction says; nothing if its response was erased
//	corrected/SURVEY         id → private answers of corrections
//	signing/SURVEY           id → private key of a group of invitees
//	expired/SURVEY           period → what was deleted from its log after a retention time
//	progress                 name of a task → how far it has come
//
// A position is a time in nanoseconds since 1970, 8 bytes, big-endian, raised above every earlier one; the last one is the
// sequence of the bucket "log". That of a response whose arrival is kept to the day is raised above those of its log alone, so
// that it tells no time either. So logs grow at their end only, and the pages written at random are those of the small index
// of ids. docs/formats.md describes the values.
type Store struct {
	path      string
	db        *bbolt.DB
	committer committer
	now       func() time.Time
	rest      func(context.Context, time.Duration) error // between parts of a copy
	store.Transient
	definitions  sync.Map     // by definitionKey: *survey.Survey
	vocabularies sync.Map     // by definitionKey: *answer.Vocabulary
	inForce      sync.Map     // by survey: versionInForce
	written      atomic.Int64 // how often definitions have been written

	mu     sync.Mutex
	latest map[periodKey]*release.Release

	passes passes // of overwriting what was erased
}

// periodKey names a period of a survey.
type periodKey struct{ survey, period string }

var (
	metaBucket        = []byte("meta")
	definitionsBucket = []byte("definitions")
	currentBucket     = []byte("current")
	idsBucket         = []byte("ids")
	periodsBucket     = []byte("periods")
	logBucket         = []byte("log")
	privateBucket     = []byte("private")
	talliesBucket     = []byte("tallies")
	releasesBucket    = []byte("releases")
	addedBucket       = []byte("added")
	invitationsBucket = []byte("invitations")
	countedBucket     = []byte("counted")
	progressBucket    = []byte("progress")
	formatKey         = []byte("format")
)

// Open opens a store. It makes the file and its directories if they do not exist.
func Open(path string) (*Store, error) {
	directory := filepath.Dir(path)
	if err := durable.MkdirAll(directory, 0o700); err != nil {
		return nil, message.Errorf("store %s: %w", path, err)
	}
	_, missing := os.Stat(path)
	db, err := openDB(path)
	if errors.Is(missing, fs.ErrNotExist) && err != nil && !errors.Is(err, errInUse) {
		os.Remove(path) // as on a full disk: a part of it would be taken for a damaged file
	}
	if err != nil {
		return nil, openError(path, err)
	}
	s := &Store{path: path, db: db, committer: committer{db: db}, now: time.Now, rest: sleep.For, latest: map[periodKey]*release.Release{}}
	if err := errors.Join(s.prepare(), durable.SyncDir(directory)); err != nil {
		db.Close()
		return nil, openError(path, err)
	}
	return s, nil
}

func openError(path string, err error) error {
	if old := new(OldFormatError); errors.As(err, &old) {
		return old
	}
	return message.Errorf("store %s: %w", path, err)
}

// initialMapping is the address space in bytes that is reserved for a file from the start, at least: twice as much as it takes. A file that
// outgrows it is mapped again, which waits for every reader: a smaller reserve would let a write wait for a whole backup. It takes no memory.
const initialMapping = 1 << 30

// growth is the number of bytes by which the file grows. A smaller one would let more writes wait for growth, a larger one
// makes every file and its copies longer than what is in them.
const growth = 1 << 20

// errInUse says that another process has the file open.
var errInUse error = message.Key("another process has the file open, probably a running `glasspoll serve`: stop that one first, or use another data directory")

func openDB(path string) (db *bbolt.DB, err error) {
	defer guard(&err)()
	options := &bbolt.Options{Timeout: 600 * time.Millisecond, FreelistType: bbolt.FreelistMapType}
	if runtime.GOOS != "windows" { // which makes the file as long as its mapping
		options.InitialMmapSize = initialMapping
		if info, err := os.Stat(path); err == nil && info.Size() < math.MaxInt/2 {
			options.InitialMmapSize = max(initialMapping, 2*int(info.Size()))
		}
	}
	db, err = bbolt.Open(path, 0o600, options)
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return nil, oldOr(path, errInUse)
	case errors.Is(err, bbolterrors.ErrInvalid), errors.Is(err, bbolterrors.ErrChecksum), errors.Is(err, bbolterrors.ErrVersionMismatch):
		return nil, message.Errorf("not a Glasspoll store, or damaged (%w): name another file, or restore it from a copy", err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return nil, oldOr(path, message.Errorf("%w: it must be writable, also for commands that only read: run glasspoll as the user that owns it, or copy the data directory to where it can be written", err))
	case err != nil:
		return nil, err
	}
	db.AllocSize = growth
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

// guard is deferred, as in defer guard(&err)(), by what calls bbolt, which panics on a damaged file or reads beyond the end of
// the mapping. It turns that into an error.
func guard(err *error) (recovering func()) {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		if fault := recover(); fault != nil {
			*err = store.Permanent(message.Errorf("the file is damaged (%v): restore it from a copy", fault))
		}
	}
}

// prepare checks the format of the file and makes the buckets.
func (s *Store) prepare() (err error) {
	defer guard(&err)()
	return s.db.Update(func(tx *bbolt.Tx) error {
		if tx.Bucket(metaBucket) != nil {
			version, err := formatOf(tx)
			if err != nil {
				return err
			}
			if version < plainFormat {
				return &OldFormatError{s.path, version}
			}
			if version > format {
				return message.Errorf("the file has format %d, and this program reads format %d and earlier ones: use the newer glasspoll that wrote it", version, format)
			}
		} else if first, _ := tx.Cursor().First(); first != nil {
			return message.Errorf("not a Glasspoll store: it is another program's bbolt file (bucket %q)", first)
		}
		for _, name := range [][]byte{metaBucket, definitionsBucket, currentBucket, logBucket, progressBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		if err := makeSecret(tx); err != nil {
			return err
		}
		if meta := tx.Bucket(metaBucket); meta.Get(formatKey) == nil {
			return meta.Put(formatKey, []byte(strconv.Itoa(plainFormat)))
		}
		return nil
	})
}

// Close closes the file once all transactions have ended.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return message.Errorf("store %s: %w", s.path, err)
	}
	return nil
}

// view runs f in a read transaction. Its error names the file.
func (s *Store) view(ctx context.Context, f func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.wrap(read(s.db, f))
}

// read runs f in a read transaction.
func read(db *bbolt.DB, f func(*bbolt.Tx) error) (err error) {
	defer guard(&err)()
	return db.View(f)
}

// write runs f in a write transaction, alone.
func write(db *bbolt.DB, f func(*bbolt.Tx) error) (err error) {
	defer guard(&err)()
	return db.Update(f)
}

// update runs f in a write transaction, together with other writes that are waiting. It may run f twice.
func (s *Store) update(ctx context.Context, f func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.wrap(s.committer.update(f))
}

// swap is update for a compare-and-swap: it returns ErrStale if f reports that it has found another value than expected.
// f must have changed nothing then. That is no error of the transaction, which would undo the writes that share it.
func (s *Store) swap(ctx context.Context, f func(*bbolt.Tx) (stale bool, err error)) error {
	var stale bool
	err := s.update(ctx, func(tx *bbolt.Tx) (err error) {
		stale, err = f(tx)
		return err
	})
	if err == nil && stale {
		return store.ErrStale
	}
	return err
}

func (s *Store) wrap(err error) error {
	if err == nil {
		return nil
	}
	wrapped := message.Errorf("store %s: %w", s.path, err)
	for _, lasting := range lastingFaults {
		if errors.Is(err, lasting) {
			return store.Permanent(wrapped)
		}
	}
	return wrapped
}

// lastingFaults are those that do not end before somebody mends something. A full disk is none: whoever makes room on it need not know of
// this program, and what is sent again is then stored.
var lastingFaults = []error{
	errCodec, store.ErrDamaged, bbolterrors.ErrDatabaseReadOnly, bbolterrors.ErrInvalid, bbolterrors.ErrChecksum,
	fs.ErrPermission, syscall.EROFS, syscall.EIO,
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

// makeBucket returns the bucket at a path, which it makes if there is none.
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
