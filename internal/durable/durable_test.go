package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// names lists the files of a directory.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func wantContent(t *testing.T, name, want string) {
	t.Helper()
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", name, got, err, want)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a.txt")
	for _, content := range []string{"one", "", "two"} {
		if err := WriteFile(name, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
		wantContent(t, name, content)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm()&^0o640 != 0 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if got := names(t, dir); got != "a.txt" {
		t.Errorf("the directory holds %s", got)
	}
	if err := WriteFile(filepath.Join(dir, "none", "a.txt"), nil, 0o644); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("wrote into a directory that does not exist: %v", err)
	}
	t.Chdir(dir)
	if err := WriteFile("b.txt", []byte("three"), 0o644); err != nil { // no directory in the name
		t.Fatal(err)
	}
	wantContent(t, "b.txt", "three")
}

func TestCommitAndDiscard(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a.txt")
	write := func(content string) *File {
		t.Helper()
		f, err := Create(name, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(content); err != nil {
			t.Fatal(err)
		}
		return f
	}
	first := write("first")
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there before Commit: %v", err)
	}
	if err := first.Commit(); err != nil {
		t.Fatal(err)
	}
	first.Discard()
	wantContent(t, name, "first")
	if err := first.Commit(); err == nil {
		t.Error("committed twice")
	}
	second, third := write("second"), write("third") // two at once do not meet
	second.Discard()
	second.Discard()
	if err := second.Commit(); err == nil {
		t.Error("committed after Discard")
	}
	if err := third.Commit(); err != nil {
		t.Fatal(err)
	}
	wantContent(t, name, "third")
	if got := names(t, dir); got != "a.txt" {
		t.Errorf("the directory holds %s", got)
	}
}

// failing fails at the nth operation from now on.
type failing struct {
	paths
	left *int
}

var errInjected = errors.New("injected")

func (f failing) step() error {
	if *f.left--; *f.left == 0 {
		return errInjected
	}
	return nil
}

func (f failing) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	return f.paths.OpenFile(name, flag, perm)
}

func (f failing) Rename(from, to string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.paths.Rename(from, to)
}

// TestFaultLeavesTheOldFile fails each operation in turn. The content is the old one, or, once the file has been renamed,
// the new one; no temporary file is left.
func TestFaultLeavesTheOldFile(t *testing.T) {
	for n := 1; ; n++ {
		dir := t.TempDir()
		name := filepath.Join(dir, "a.txt")
		if err := WriteFile(name, []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		left := n
		err := write(failing{left: &left}, name, []byte("new"), 0o644)
		if err == nil {
			if n < 4 {
				t.Errorf("only %d operations", n-1)
			}
			return
		}
		if !errors.Is(err, errInjected) {
			t.Fatal(err)
		}
		want := "old"
		if n > 2 {
			want = "new"
		}
		wantContent(t, name, want)
		if got := names(t, dir); got != "a.txt" {
			t.Errorf("after operation %d has failed the directory holds %s", n, got)
		}
	}
}

func TestMkdirAll(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, "a", "b", "c")
	for range 2 {
		if err := MkdirAll(deep, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(deep); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"file", "file/x"} {
		if err := MkdirAll(filepath.Join(dir, name), 0o700); err == nil {
			t.Errorf("made a directory at %s", name)
		}
	}
	t.Chdir(dir)
	for _, name := range []string{".", "x/y", "/"} {
		if err := MkdirAll(name, 0o700); err != nil {
			t.Error(err)
		}
	}
}

func TestRoot(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := root.MkdirAll("a/b", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"top.txt", "a/b/c.txt"} {
		for _, content := range []string{"first", "inside"} {
			if err := errors.Join(PlaceFileIn(root, name, []byte(content), 0o644, content == "inside"), SyncDirIn(root, filepath.Dir(name))); err != nil {
				t.Fatal(err)
			}
			wantContent(t, filepath.Join(dir, filepath.FromSlash(name)), content)
		}
	}
	if got := names(t, filepath.Join(dir, "a", "b")); got != "c.txt" {
		t.Errorf("the directory holds %s", got)
	}
	if err := PlaceFileIn(root, "../outside.txt", nil, 0o644, true); err == nil {
		t.Error("wrote outside of the root")
	}
	if err := SyncDirIn(root, "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("synced a directory that does not exist: %v", err)
	}
}

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	name, link := filepath.Join(dir, "a.txt"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(name, []byte("one"), 0o600), os.Chmod(name, 0o646), os.Symlink("a.txt", link)); err != nil {
		t.Fatal(err)
	}
	if err := Replace(link, []byte("one"), []byte("two")); err != nil {
		t.Fatal(err)
	}
	wantContent(t, name, "two")
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o646 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if to, err := os.Readlink(link); err != nil || to != "a.txt" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if err := Replace(name, []byte("one"), []byte("three")); !errors.Is(err, ErrChanged) {
		t.Errorf("replaced what was changed: %v", err)
	}
	wantContent(t, name, "two")
	if err := Replace(filepath.Join(dir, "none"), nil, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("made a file: %v", err)
	}
	if got := names(t, dir); got != "a.txt link" {
		t.Errorf("the directory holds %s", got)
	}
}
