package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"glasspoll/internal/durable"
)

// TestDirectoriesAreSyncedOnce counts the syncs of directories: none while pages are replaced, and then one of each in which a page or a
// directory is new.
func TestDirectoriesAreSyncedOnce(t *testing.T) {
	t.Parallel()
	pages, err := OpenPages(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer pages.Close()
	var synced []string
	failing := ""
	pages.syncDir = func(root *os.Root, name string) error {
		synced = append(synced, name)
		if name == failing {
			return errors.New("full")
		}
		return durable.SyncDirIn(root, name)
	}
	tags := map[string]string{}
	replace := func(body string, names ...string) {
		t.Helper()
		for _, name := range names {
			if tags[name], err = pages.Replace(t.Context(), name, tags[name], len(body), []byte(body)); err != nil {
				t.Fatal(err)
			}
		}
		if len(synced) > 0 {
			t.Errorf("pages are replaced, and %q synced", synced)
		}
	}
	sync := func(want ...string) {
		t.Helper()
		if err := pages.Sync(t.Context()); (err != nil) != (failing != "") {
			t.Error(err)
		}
		if !slices.Equal(synced, want) {
			t.Errorf("synced %q, want %q", synced, want)
		}
		synced = nil
	}
	sync()
	replace("1", "tea/results/index.html", "tea/results/results.json", "tea/results/by/tier/a/index.html", "tea/en/results/index.html")
	sync(".", "tea", "tea/en", "tea/en/results", "tea/results", "tea/results/by", "tea/results/by/tier", "tea/results/by/tier/a")
	sync()
	for i := range 10 {
		replace(fmt.Sprint("12", i), "tea/results/index.html", "tea/results/results.json", "tea/results/by/tier/a/index.html")
	}
	failing = "tea/results"
	sync("tea/results")
	failing = ""
	sync("tea/results", "tea/results/by/tier/a")
	replace("129", "tea/results/index.html") // which is there
	sync()
}

// TestNoteIsLost takes a page's note away, or a part of it, as a loss of power may: the page has revision 0, and is written again.
func TestNoteIsLost(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	pages, err := OpenPages(directory)
	if err != nil {
		t.Fatal(err)
	}
	defer pages.Close()
	tag, err := pages.Replace(t.Context(), "a/b.html", "", 3, []byte("three"))
	if err != nil {
		t.Fatal(err)
	}
	note := filepath.Join(directory, revisionsFolder, "a", "b.html")
	for _, damage := range []func() error{func() error { return os.Remove(note) }, func() error { return os.Truncate(note, 0) }, func() error { return os.Truncate(note, 20) }} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if now, revision, err := pages.Page(t.Context(), "a/b.html"); now != tag || revision != 0 || err != nil {
			t.Errorf("%q, %d, %v", now, revision, err)
		}
		if now, err := pages.Replace(t.Context(), "a/b.html", tag, 3, []byte("three")); now != tag || err != nil {
			t.Errorf("%q, %v", now, err)
		}
		if _, revision, err := pages.Page(t.Context(), "a/b.html"); revision != 3 || err != nil {
			t.Errorf("%d, %v", revision, err)
		}
	}
}
