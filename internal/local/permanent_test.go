package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"glasspoll/internal/store"
)

// A fault that somebody must mend lasts; a disk that is full, and an end that is awaited, pass.
func TestFaultsThatLast(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for fault, lasts := range map[error]bool{
		syscall.EROFS: true, syscall.EIO: true, os.ErrPermission: true, errCodec: true,
		syscall.ENOSPC: false, syscall.EDQUOT: false, context.Canceled: false, errors.New("odd"): false,
	} {
		wrapped := s.wrap(fmt.Errorf("writing: %w", &os.PathError{Op: "write", Path: "glasspoll.db", Err: fault}))
		if errors.Is(wrapped, store.ErrPermanent) != lasts || !errors.Is(wrapped, fault) {
			t.Errorf("%v lasts: %t", wrapped, !lasts)
		}
	}
	s.damage(t, func(tx *bbolt.Tx) error {
		versions, err := makeBucket(tx, definitionsBucket, []byte("tea"))
		if err != nil {
			return err
		}
		return versions.Put([]byte("1"), []byte("damaged"))
	})
	if _, err := s.Definition(t.Context(), "tea", "1"); !errors.Is(err, store.ErrPermanent) {
		t.Errorf("a damaged definition: %v", err)
	}
}
