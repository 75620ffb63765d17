package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll/internal/console"
)

// A directory that cannot be written is an error that names it.
func TestNewFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), []string{"new", "--title-en", "Tea", "--out", filepath.Join(dir, "file", "tea.yaml")}, strings.NewReader(""), &stdout, &stderr)
	if code != console.ExitFailed || !strings.Contains(stderr.String(), "file") || stdout.Len() > 0 {
		t.Errorf("exit %d: %s%s", code, stdout.String(), stderr.String())
	}
}
