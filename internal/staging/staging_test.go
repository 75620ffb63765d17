package staging

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestErrorChangesNothing checks that a build that fails leaves the old site as it was.
func TestErrorChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	build := func(files map[string]string, end func(*Folder) error) {
		t.Helper()
		f, err := Open(dir, func() {})
		if err != nil {
			t.Fatal(err)
		}
		for path, content := range files {
			if err := f.Write(path, []byte(content)); err != nil {
				t.Fatal(err)
			}
		}
		defer f.Close()
		if err := end(f); err != nil {
			t.Fatal(err)
		}
	}
	discard := func(f *Folder) error { f.Discard(); return nil }

	build(map[string]string{"a/index.html": "one"}, discard)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a discarded first build leaves its directory: %v", err)
	}
	build(map[string]string{"a/index.html": "one", "b/index.html": "two"}, (*Folder).Commit)
	before := tree(t, dir)
	build(map[string]string{"a/index.html": "changed", "c/index.html": "new"}, discard)
	if after := tree(t, dir); after != before {
		t.Errorf("a discarded build changed the directory from\n%s\nto\n%s", before, after)
	}

	// Killed in the middle of commit, or before: the next build repairs it.
	f, err := Open(dir, func() {})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write("c/index.html", []byte("new")); err != nil {
		t.Fatal(err)
	}
	if err := f.saveManifest(map[string]bool{"a/index.html": true, "b/index.html": true, "c/index.html": true}); err != nil {
		t.Fatal(err)
	}
	if err := moveInto(dir, filepath.Join(dir, stagingName)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "c", "index.html")); err != nil {
		t.Fatal(err)
	}
	f.Close() // as the system does for a killed process
	build(map[string]string{"a/index.html": "one", "b/index.html": "two"}, (*Folder).Commit)
	if after := tree(t, dir); after != before {
		t.Errorf("after a killed build, the directory is\n%s\nwant\n%s", after, before)
	}
}

// TestManifestPathsOutsideAreIgnored checks that nothing outside the directory is removed, whatever the manifest says.
func TestManifestPathsOutsideAreIgnored(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "site")
	outside := filepath.Join(parent, "precious")
	if err := errors.Join(
		os.Mkdir(dir, 0o777),
		os.WriteFile(outside, nil, 0o666),
		os.WriteFile(filepath.Join(dir, manifestName), []byte("../precious\n"+outside+"\n\n"), 0o666),
	); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir, func() {})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}

// tree prints every file of a directory with its content.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		fmt.Fprintf(&b, "%s: %s\n", path, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
