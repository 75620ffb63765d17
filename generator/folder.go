package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// folder writes a site into a directory as one change: new and changed files are written to a staging directory inside
// it first, and moved into place only when every file of the site is on the disk. So a page is never half written, and
// an error, such as a full disk, leaves the old site as it was. It remembers what it wrote in a manifest; other files in
// the directory are never touched.
type folder struct {
	dir     string
	created bool            // the directory is ours to remove again
	ours    map[string]bool // written by an earlier build

	mu      sync.Mutex
	written map[string]bool
	changed int
	there   map[string]bool // by first segment of the path: whether anything was there before
	staged  map[string]bool // directories that the staging directory has already
}

const (
	manifestName   = ".glasspoll-build"
	manifestHeader = "# Written by glasspoll build, which may replace and remove these files.\n"
	stagingName    = ".glasspoll-staging"
)

// openFolder prepares a directory for one build. Either commit or discard must follow.
func openFolder(dir string) (*folder, error) {
	f := &folder{dir: dir, ours: map[string]bool{}, written: map[string]bool{}, there: map[string]bool{}, staged: map[string]bool{}}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		f.created = true
	}
	manifest, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(manifest)) {
		if line = strings.TrimSuffix(line, "\n"); filepath.IsLocal(line) && line[0] != '#' {
			f.ours[line] = true
		}
	}
	staging := filepath.Join(dir, stagingName)
	if err := os.RemoveAll(staging); err != nil { // a killed build's
		return nil, err
	}
	if err := os.MkdirAll(staging, 0o777); err != nil {
		return nil, err
	}
	return f, nil
}

// Write takes one file of the site. Nothing is seen of it before commit.
func (f *folder) Write(path string, content []byte) error {
	f.mu.Lock()
	f.written[path] = true
	there, err := f.anythingAt(path)
	f.mu.Unlock()
	if err != nil {
		return err
	}
	if there {
		target := filepath.Join(f.dir, filepath.FromSlash(path))
		switch old, err := os.ReadFile(target); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case bytes.Equal(old, content):
			return nil
		case !f.ours[path]:
			return fmt.Errorf("%s is not from an earlier build, and is left alone: move it away, or choose another --out", target)
		}
	}
	staged := filepath.Join(f.dir, stagingName, filepath.FromSlash(path))
	if err := f.stageDirectory(filepath.Dir(staged)); err != nil {
		return err
	}
	return os.WriteFile(staged, content, 0o666)
}

// anythingAt saves looking for every file of a site that is new.
func (f *folder) anythingAt(path string) (bool, error) {
	segment, _, _ := strings.Cut(path, "/")
	there, known := f.there[segment]
	if known {
		return there, nil
	}
	_, err := os.Lstat(filepath.Join(f.dir, segment))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	f.there[segment] = err == nil
	return err == nil, nil
}

// stageDirectory makes a directory for a file that is about to be staged.
func (f *folder) stageDirectory(dir string) error {
	f.mu.Lock()
	made := f.staged[dir]
	f.changed++
	f.mu.Unlock()
	if made {
		return nil
	}
	// Mostly all but the last step of the way is there.
	err := os.Mkdir(dir, 0o777)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.MkdirAll(dir, 0o777)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	f.mu.Lock()
	f.staged[dir] = true
	f.mu.Unlock()
	return nil
}

// commit moves the new and changed files into place and removes what an earlier build wrote and this one did not.
func (f *folder) commit() error {
	// Killed at any point from here, the next build still knows what is ours.
	all := map[string]bool{}
	for path := range f.ours {
		all[path] = true
	}
	for path := range f.written {
		all[path] = true
	}
	if err := f.saveManifest(all); err != nil {
		return err
	}
	if err := moveInto(f.dir, filepath.Join(f.dir, stagingName)); err != nil {
		return err
	}
	for _, path := range sortedKeys(f.ours) {
		if f.written[path] {
			continue
		}
		target := filepath.Join(f.dir, filepath.FromSlash(path))
		if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// Remove fails on a directory that is not empty, which is as it should be.
		for parent := filepath.Dir(path); parent != "." && os.Remove(filepath.Join(f.dir, parent)) == nil; {
			parent = filepath.Dir(parent)
		}
	}
	if err := f.saveManifest(f.written); err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(f.dir, stagingName))
}

// moveInto moves what a staging directory holds into another directory: whole directories where there is none yet.
func moveInto(dir, staging string) error {
	entries, err := os.ReadDir(staging)
	if err != nil {
		return err
	}
	for _, e := range entries {
		from, to := filepath.Join(staging, e.Name()), filepath.Join(dir, e.Name())
		move := os.Rename
		if e.IsDir() && exists(to) {
			move = func(from, to string) error { return moveInto(to, from) }
		}
		if err := move(from, to); err != nil {
			return err
		}
	}
	return nil
}

// discard leaves the directory as it was before.
func (f *folder) discard() {
	os.RemoveAll(filepath.Join(f.dir, stagingName))
	if f.created {
		os.Remove(f.dir)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func (f *folder) saveManifest(paths map[string]bool) error {
	var b strings.Builder
	b.WriteString(manifestHeader)
	for _, path := range sortedKeys(paths) {
		b.WriteString(path + "\n")
	}
	target := filepath.Join(f.dir, manifestName)
	if old, err := os.ReadFile(target); err == nil && string(old) == b.String() {
		return nil
	}
	staged := filepath.Join(f.dir, stagingName, ".manifest")
	if err := os.WriteFile(staged, []byte(b.String()), 0o666); err != nil {
		return err
	}
	return os.Rename(staged, target)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
