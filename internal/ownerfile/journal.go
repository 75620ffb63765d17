package ownerfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

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
func open(name string, first func() ([]byte, error), decode func(content []byte) (int, error)) (*journal, error) {
	lock := flock.New(lockName(name), flock.SetPermissions(ownerOnly))
	locked, err := lock.TryLock()
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
