package local

import (
	"strconv"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/message"
)

// The formats of files that this program reads and writes. A file has the lowest one until an invitation is stored in it, or an
// answer is deleted after a retention time: so an earlier program opens it until then, and not afterwards, when it would take
// answers without asking for an invitation, or give a place in a log for the second time.
// Files of formats 1 and 2 can be read: see package format2.
const (
	plainFormat   = 3
	invitedFormat = 4 // with invitations
	format        = 5 // with logs from which entries were deleted
)

// raiseFormat writes the format of a file unless it has a higher one.
func raiseFormat(tx *bbolt.Tx, to int) error {
	version, err := formatOf(tx)
	if err != nil || version >= to {
		return err
	}
	return tx.Bucket(metaBucket).Put(formatKey, []byte(strconv.Itoa(to)))
}

// OldFormatError says that a file has an earlier format, in which nothing can be written any more.
type OldFormatError struct {
	Path   string
	Format int
}

func (e *OldFormatError) Error() string { return e.Message().String() }

// Message returns the text of the error.
func (e *OldFormatError) Message() message.Text {
	return message.New("store %s: the file has format %d, of an earlier version of Glasspoll: it can be read, and takes no answers any more. Carry everything over with `glasspoll results move OLD NEW`, where OLD is this data directory and NEW a new one, and use the new one", e.Path, e.Format)
}

// formatOf returns the format of a file.
func formatOf(tx *bbolt.Tx) (int, error) {
	if meta := tx.Bucket(metaBucket); meta != nil {
		if version, err := strconv.Atoi(string(meta.Get(formatKey))); err == nil {
			return version, nil
		}
	}
	return 0, message.Errorf("not a Glasspoll store: its format is missing")
}

// oldOr returns why a file could not be opened for writing, unless it is one of an earlier format, which need not be: others
// may read it at the same time, and it may stand where nothing can be written.
func oldOr(path string, refused error) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: 600 * time.Millisecond})
	if err != nil {
		return refused
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		if version, err := formatOf(tx); err == nil && version < plainFormat {
			return &OldFormatError{path, version}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return refused
}
