package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"
)

// TestOldOr asks what files are that could not be opened for writing.
func TestOldOr(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	path := filepath.Join(directory, "glasspoll.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	setFormat := func(value string) {
		t.Helper()
		err := s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(metaBucket).Put(formatKey, []byte(value)) })
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
	}
	setFormat("3")
	text := filepath.Join(directory, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("a text\n", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	var old *OldFormatError
	for _, name := range []string{path, text, filepath.Join(directory, "missing.db")} {
		refused := &fs.PathError{Op: "open", Path: name, Err: syscall.EROFS}
		err := openError(name, oldOr(name, refused))
		if errors.As(err, &old) || !errors.Is(err, syscall.EROFS) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.db, err = bbolt.Open(path, 0o600, nil); err != nil {
		t.Fatal(err)
	}
	setFormat("2")
	if err := openError(path, oldOr(path, syscall.EROFS)); !errors.As(err, &old) || old.Format != 2 || old.Path != path {
		t.Errorf("a file of format 2: %v", err)
	}
}
