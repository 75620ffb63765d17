package format2

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/internal/local"
)

// TestOpenWithoutWritePermission opens files that may only be read, in a directory that may only be read: one of an earlier
// format is recognized, one of today's is refused with what to do.
func TestOpenWithoutWritePermission(t *testing.T) {
	t.Parallel()
	old := fixture(t)
	today := filepath.Join(t.TempDir(), "glasspoll.db")
	s, err := local.Open(today)
	must(t, err)
	must(t, s.Close())
	for _, path := range []string{old, today} {
		must(t, os.Chmod(path, 0o400))
		must(t, os.Chmod(filepath.Dir(path), 0o500))
		t.Cleanup(func() { os.Chmod(filepath.Dir(path), 0o700) })
	}
	f, err := os.OpenFile(old, os.O_RDWR, 0)
	if err == nil {
		f.Close()
		t.Skip("this user may write what is not writable")
	}
	var refusal *local.OldFormatError
	if _, err := local.Open(old); !errors.As(err, &refusal) || refusal.Format != 2 {
		t.Errorf("an old file: %v", err)
	}
	if _, err := local.Open(today); err == nil || errors.As(err, &refusal) || !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "as the user that owns it") {
		t.Errorf("a file of today's format: %v", err)
	}
	opened, err := Open(old)
	must(t, err)
	must(t, opened.Close())
}
