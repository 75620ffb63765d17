// Package staging changes a directory of files as a whole.
package staging

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gofrs/flock"

	"glasspoll/internal/durable"
	"glasspoll/internal/message"
)

// Folder writes a site into a directory as one change: new and changed files are written to a staging directory inside
// it first, and moved into place only when every file of the site is on the disk. So a page is never half written, and
// an error, such as a full disk, leaves the old site unchanged. A manifest lists what was written; other files in the
// directory are never touched.
//
// One build at a time has the directory: another one waits. Beside the manifest there may be a record of what was built from what,
// of which the folder knows nothing but the bytes.
type Folder struct {
	dir     string
	lock    *flock.Flock    // of the directory; it is not locked where the system cannot
	created bool            // the directory did not exist; Discard removes it
	owned   map[string]bool // written by an earlier build

	mu      sync.Mutex
	written map[string]bool
	changed int
	existed map[string]bool // by first segment of the path: whether anything was there before
	made    map[string]bool // directories made in the staging directory
}

const (
	manifestName   = ".glasspoll-build"
	manifestHeader = "# Written by glasspoll build, which may replace and remove these files.\n"
	stagingName    = ".glasspoll-staging"
	recordName     = ".glasspoll-record"
)

// Open prepares a directory, made if it does not exist, for one build. Either Commit or Discard must follow, and then Close. If
// another build has the directory, waiting is called, and Open returns when that one has ended.
func Open(dir string, waiting func()) (*Folder, error) {
	f := &Folder{dir: dir, owned: map[string]bool{}, written: map[string]bool{}, existed: map[string]bool{}, made: map[string]bool{}}
	if err := f.acquire(waiting); err != nil {
		return nil, err
	}
	if err := f.begin(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// acquire makes the directory and locks it.
func (f *Folder) acquire(waiting func()) error {
	for {
		if _, err := os.Stat(f.dir); errors.Is(err, fs.ErrNotExist) {
			f.created = true
		}
		if err := os.MkdirAll(f.dir, 0o777); err != nil {
			return err
		}
		f.lock = flock.New(f.dir, flock.SetFlag(os.O_RDONLY))
		locked, err := f.lock.TryLock()
		if err == nil && !locked {
			waiting()
			err = f.lock.Lock()
		}
		if err != nil {
			return nil // the file system has no locks
		}
		held, err := f.lock.Stat()
		if err != nil {
			return err
		}
		if there, err := os.Stat(f.dir); err == nil && os.SameFile(held, there) {
			return nil
		}
		f.Close() // whoever had the lock has removed the directory
	}
}

// Close lets others build in the directory.
func (f *Folder) Close() { f.lock.Close() }

// begin reads the manifest and makes the staging directory.
func (f *Folder) begin() error {
	dir := f.dir
	manifest, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for line := range strings.Lines(string(manifest)) {
		if line = strings.TrimSuffix(line, "\n"); filepath.IsLocal(line) && line[0] != '#' {
			f.owned[line] = true
		}
	}
	staging := filepath.Join(dir, stagingName)
	if err := os.RemoveAll(staging); err != nil { // left by a build that was killed
		return err
	}
	return os.Mkdir(staging, 0o777)
}

// Paths returns the paths of all files written, sorted.
func (f *Folder) Paths() []string { return slices.Sorted(maps.Keys(f.written)) }

// Changed returns how many of them are new or differ from what was there before.
func (f *Folder) Changed() int { return f.changed }

// Keep keeps files as they are in the directory, as if they had been written with the content that they have.
func (f *Folder) Keep(paths ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, path := range paths {
		f.written[path] = true
	}
}

// Write takes one file of the site, by its slash-separated path. It appears in the directory with Commit. Write may be
// called concurrently. A file that is kept, or was written before, is left alone: a path has one content.
func (f *Folder) Write(path string, content []byte) error {
	f.mu.Lock()
	if f.written[path] {
		f.mu.Unlock()
		return nil
	}
	f.written[path] = true
	existed, err := f.segmentExisted(path)
	f.mu.Unlock()
	if err != nil {
		return err
	}
	if existed {
		target := filepath.Join(f.dir, filepath.FromSlash(path))
		switch old, err := os.ReadFile(target); {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case bytes.Equal(old, content):
			return nil
		case !f.owned[path]:
			return message.Errorf("%s is not from an earlier build, and is left alone: move it away, or choose another --out", target)
		}
	}
	staged := filepath.Join(f.dir, stagingName, filepath.FromSlash(path))
	if err := f.stageDirectory(filepath.Dir(staged)); err != nil {
		return err
	}
	return os.WriteFile(staged, content, 0o666)
}

// segmentExisted reports whether the first segment of a path existed before. It saves a system call for each file of a new
// survey.
func (f *Folder) segmentExisted(path string) (bool, error) {
	segment, _, _ := strings.Cut(path, "/")
	if existed, known := f.existed[segment]; known {
		return existed, nil
	}
	_, err := os.Lstat(filepath.Join(f.dir, segment))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	f.existed[segment] = err == nil
	return err == nil, nil
}

// stageDirectory makes the directory of a file that is about to be staged, and counts the file.
func (f *Folder) stageDirectory(dir string) error {
	f.mu.Lock()
	made := f.made[dir]
	f.changed++
	f.mu.Unlock()
	if made {
		return nil
	}
	// Mostly the parent exists already.
	err := os.Mkdir(dir, 0o777)
	if errors.Is(err, fs.ErrNotExist) {
		err = os.MkdirAll(dir, 0o777)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	f.mu.Lock()
	f.made[dir] = true
	f.mu.Unlock()
	return nil
}

// Commit moves the new and changed files into place and removes those that an earlier build wrote and this one did not.
func (f *Folder) Commit() error {
	// The manifest first: if this is killed at any point, the next build still knows which files are from builds.
	all := maps.Clone(f.owned)
	maps.Copy(all, f.written)
	if len(all) > len(f.owned) {
		if err := f.saveManifest(all); err != nil {
			return err
		}
	}
	if err := moveInto(f.dir, filepath.Join(f.dir, stagingName)); err != nil {
		return err
	}
	var removed []string
	for path := range f.owned {
		if !f.written[path] {
			removed = append(removed, path)
		}
	}
	slices.Sort(removed)
	for _, path := range removed {
		target := filepath.Join(f.dir, filepath.FromSlash(path))
		if err := os.Remove(target); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// Remove fails on a directory that is not empty, which stays.
		for parent := filepath.Dir(path); parent != "." && os.Remove(filepath.Join(f.dir, parent)) == nil; {
			parent = filepath.Dir(parent)
		}
	}
	if len(removed) > 0 {
		if err := f.saveManifest(f.written); err != nil {
			return err
		}
	}
	return os.RemoveAll(filepath.Join(f.dir, stagingName))
}

// moveInto moves the content of a staging directory into dir, whole directories where dir has none of the name.
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

// Discard removes the staging directory, so that nothing has changed.
func (f *Folder) Discard() {
	os.RemoveAll(filepath.Join(f.dir, stagingName))
	if f.created {
		os.Remove(f.dir)
	}
}

// A Stamp tells whether any of several files has been written, replaced or removed since, as far as the file system knows: it is
// a hash of their sizes and of when each was changed.
type Stamp [sha256.Size]byte

// Stamp returns the stamp of files. Ok is false if one is missing or is not from a build. It reads no content: after a loss of
// power, a file whose content was lost is shorter.
func (f *Folder) Stamp(paths []string) (stamp Stamp, ok bool) {
	f.mu.Lock()
	foreign := slices.ContainsFunc(paths, func(path string) bool { return !f.owned[path] && !f.written[path] })
	f.mu.Unlock()
	if foreign {
		return Stamp{}, false
	}
	h := sha256.New()
	var each []byte
	for _, path := range paths {
		info, err := os.Lstat(filepath.Join(f.dir, filepath.FromSlash(path)))
		if err != nil || !info.Mode().IsRegular() {
			return Stamp{}, false
		}
		each = binary.BigEndian.AppendUint64(each[:0], uint64(info.Size()))
		each = binary.BigEndian.AppendUint64(each, uint64(info.ModTime().UnixNano()))
		each = binary.BigEndian.AppendUint64(each, uint64(statusChanged(info)))
		h.Write(each)
	}
	return Stamp(h.Sum(nil)), true
}

// Record returns the record that SaveRecord has saved; nil if there is none that can be read.
func (f *Folder) Record() []byte {
	record, err := os.ReadFile(filepath.Join(f.dir, recordName))
	if err != nil {
		return nil
	}
	return record
}

// SaveRecord replaces the record. It is for the owner of the directory alone, and not synced: whoever reads it must recognize a
// part of it.
func (f *Folder) SaveRecord(record []byte) error {
	target := filepath.Join(f.dir, recordName)
	err := os.WriteFile(target+"-new", record, 0o600)
	if err == nil {
		err = os.Rename(target+"-new", target)
	}
	if err != nil {
		os.Remove(target + "-new") // best effort: err says what is wrong
	}
	return err
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func (f *Folder) saveManifest(paths map[string]bool) error {
	var b strings.Builder
	b.WriteString(manifestHeader)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		b.WriteString(path + "\n")
	}
	target := filepath.Join(f.dir, manifestName)
	if old, err := os.ReadFile(target); err == nil && string(old) == b.String() {
		return nil
	}
	return durable.WriteFile(target, []byte(b.String()), 0o666)
}
