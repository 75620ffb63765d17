package local

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"glasspoll/internal/store"
)

// A file of before has no secret, and gets one when it is opened; each file has its own; a copy has that of the file.
func TestSecretOfAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func(path string) *Store {
		s, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	secretOf := func(s *Store) []byte {
		secret, err := s.Secret(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	path := filepath.Join(dir, "glasspoll.db")
	s := open(path)
	first := secretOf(s)
	if bytes.Equal(first, secretOf(open(filepath.Join(dir, "other.db")))) {
		t.Error("two files have one secret")
	}
	copied, _, err := s.Backup(t.Context(), filepath.Join(dir, "copies"))
	if err != nil {
		t.Fatal(err)
	}
	if got := secretOf(open(copied)); !bytes.Equal(got, first) {
		t.Error("the copy has another secret")
	}
	set := func(value []byte) {
		t.Helper()
		err := s.db.Update(func(tx *bbolt.Tx) error {
			if value == nil {
				return tx.Bucket(metaBucket).Delete(secretKey)
			}
			return tx.Bucket(metaBucket).Put(secretKey, value)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	set(first[1:])
	if _, err := s.Secret(t.Context()); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("a short secret: %v", err)
	}
	set(nil)
	if _, err := s.Secret(t.Context()); !errors.Is(err, store.ErrNoSecret) {
		t.Errorf("none: %v", err)
	}
	s.Close()
	if again := secretOf(open(path)); bytes.Equal(again, first) {
		t.Error("the secret that was taken away is back")
	}
}
