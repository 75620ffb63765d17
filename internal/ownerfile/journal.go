package ownerfile

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"glasspoll/internal/durable"
	"glasspoll/internal/message"
)

// ownerOnly is the mode of all files.
const ownerOnly = 0o600

// A journal is a file of lines to which lines are added. One process at a time may have it open.
type journal struct {
	name   string
	lock   *flock.Flock
	file   writer
	size   int64 // of what counts
	failed error // of a write: what is in the file is not certain any more
}

// A writer is what a journal needs of an *os.File.
type writer interface {
	WriteAt(text []byte, at int64) (int, error)
	Truncate(size int64) error
	Sync() error
	Close() error
}

// open opens a journal for adding, made with the given first line if it does not exist. decode reads the content and returns how
// many bytes of it count; what is behind was not written whole, and is removed.
func open(name string, wait Waiting, first func() ([]byte, error), decode func(content []byte) (int, error)) (*journal, error) {
	lock := flock.New(lockName(name), flock.SetPermissions(ownerOnly))
	locked, err := wait.lock(name, lock)
	switch {
	case err != nil:
		return nil, err
	case !locked:
		return nil, message.Errorf("%s is in use by another command: wait until it has ended, or stop it", name)
	}
	j := &journal{name: name, lock: lock}
	if err := j.begin(first, decode); err != nil {
		lock.Unlock() // err says what is wrong
		return nil, err
	}
	return j, nil
}

// Waiting says what happens if another command has a file open.
type Waiting struct {
	For  time.Duration     // how long it is waited for; 0: not at all
	Tell func(name string) // called before waiting; nil: nothing is
}

// lockEvery is the time between two tries.
const lockEvery = 50 * time.Millisecond

// lock locks a file, once it is free. It is not locked if it has not become free in time.
func (w Waiting) lock(name string, l *flock.Flock) (locked bool, err error) {
	locked, err = l.TryLock()
	if locked || err != nil || w.For <= 0 {
		return locked, err
	}
	if w.Tell != nil {
		w.Tell(name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), w.For)
	defer cancel()
	locked, err = l.TryLockContext(ctx, lockEvery)
	if errors.Is(err, context.DeadlineExceeded) {
		return false, nil
	}
	return locked, err
}

// lockName returns the name of the file that is locked: another one, because a copy may be put in a file's place.
func lockName(name string) string {
	return filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".lock")
}

func (j *journal) begin(first func() ([]byte, error), decode func([]byte) (int, error)) error {
	content, err := os.ReadFile(j.name)
	if errors.Is(err, fs.ErrNotExist) {
		if content, err = first(); err == nil {
			err = durable.WriteFile(j.name, content, ownerOnly)
		}
	}
	if err != nil {
		return err
	}
	counts, err := decode(content)
	if err != nil {
		return message.Errorf("%s: %w", j.name, err)
	}
	file, err := os.OpenFile(j.name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	j.file, j.size = file, int64(counts)
	err = file.Chmod(ownerOnly)
	if err == nil && counts < len(content) {
		err = errors.Join(file.Truncate(j.size), file.Sync())
	}
	if err == nil && content[counts-1] != '\n' { // left out by an editor
		err = j.add([]byte("\n"))
	}
	if err != nil {
		file.Close()
	}
	return err
}

// add adds lines, durably. After an error nothing more can be added: open the journal again, which finds out what is in it.
func (j *journal) add(lines ...[]byte) error {
	if j.failed != nil {
		return j.failed
	}
	text := bytes.Join(lines, nil)
	if len(text) == 0 {
		return nil
	}
	_, err := j.file.WriteAt(text, j.size)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		j.failed = message.Errorf("%s: %w", j.name, err)
		j.file.Truncate(j.size) // best effort: what is left is read as far as it is whole
		return j.failed
	}
	j.size += int64(len(text))
	return nil
}

// Close closes the file, and lets others open it.
func (j *journal) Close() error { return errors.Join(j.file.Close(), j.lock.Unlock()) }

// rewrite puts what change makes of the content into its place, durably; nothing of what was before stays in the directory. The
// journal must be opened again: it takes nothing more.
func (j *journal) rewrite(change func(content []byte) ([]byte, error)) error {
	if j.failed != nil {
		return j.failed
	}
	before, err := os.ReadFile(j.name)
	if err != nil {
		return err
	}
	after, err := change(before)
	if err != nil {
		return message.Errorf("%s: %w", j.name, err)
	}
	if err := j.removeUnfinished(); err != nil {
		return err
	}
	j.failed = message.Errorf("%s was written anew", j.name)
	return durable.Replace(j.name, before, after)
}

// removeUnfinished removes what a killed process has left of an earlier rewriting: it has what was to be forgotten later.
func (j *journal) removeUnfinished() error {
	name, err := filepath.EvalSymlinks(j.name)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil {
		return err
	}
	for _, e := range entries {
		unfinished := filepath.Join(filepath.Dir(name), e.Name())
		if strings.HasPrefix(e.Name(), "."+filepath.Base(name)+".") && unfinished != lockName(name) && unfinished != lockName(j.name) {
			if err := os.Remove(unfinished); err != nil {
				return err
			}
		}
	}
	return nil
}
