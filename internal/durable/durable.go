// Package durable writes files whole or not at all. A file is written under a temporary name in its own directory, synced,
// and renamed; then the directory is synced, so that after a crash or a loss of power the name leads to the old content
// or to the new, never to a part of it, and once a call has returned, to the new.
//
// To write content that is at hand:
//
//	err := durable.WriteFile(path, content, 0o644)
//
// To write it piece by piece, with the chance to drop it:
//
//	f, err := durable.Create(path, 0o644)
//	…
//	defer f.Discard() // does nothing after Commit
//	… write to f …
//	err = f.Commit()
package durable

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"glasspoll/internal/message"
)

// A File is a new file that appears under its name with Commit. Until then it has a temporary name, a dot before and
// random letters after its own; a killed process leaves that behind.
type File struct {
	*os.File
	dir       directory
	name      string
	temporary string
	done      bool
}

// Create begins to write a file. Its directory must exist; an existing file of the name stays until Commit replaces it. The
// file's mode is perm, before the umask.
func Create(name string, perm fs.FileMode) (*File, error) { return create(paths{}, name, perm) }

// WriteFile puts a file of the given content in place, durably. Its directory must exist.
func WriteFile(name string, content []byte, perm fs.FileMode) error {
	return write(paths{}, name, content, perm)
}

// PlaceFileIn puts a file of the given content in place below a root, for a caller that writes many: a killed process leaves the old
// content or the new. Until [SyncDirIn] of its directory, a loss of power may bring the old one back; if it is not to be synced, it
// may also leave a part of the new.
func PlaceFileIn(root *os.Root, name string, content []byte, perm fs.FileMode, synced bool) error {
	f, err := create(root, name, perm)
	if err != nil {
		return err
	}
	defer f.Discard()
	_, err = f.Write(content)
	if err == nil && synced {
		err = f.Sync()
	}
	if err != nil {
		return err
	}
	return f.place()
}

// ErrChanged means that a file no longer has the content that was to be replaced.
var ErrChanged error = message.Key("the file has been changed meanwhile")

// Replace replaces the content of a file that still is before, and keeps its mode. A symbolic link stays one. A file that may
// not be written is not replaced.
func Replace(name string, before, after []byte) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	writable, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := writable.Stat()
	writable.Close()
	if err != nil {
		return err
	}
	f, err := Create(name, info.Mode().Perm())
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(after); err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(info.Mode().Perm()), f.Sync()); err != nil {
		return err
	}
	switch now, err := os.ReadFile(name); {
	case err != nil:
		return err
	case !bytes.Equal(now, before):
		return ErrChanged
	}
	return f.Commit()
}

// MkdirAll makes a directory and its parents, durably, and does nothing if it exists.
func MkdirAll(name string, perm fs.FileMode) error {
	err := os.Mkdir(name, perm)
	parent := filepath.Dir(name)
	if errors.Is(err, fs.ErrNotExist) && parent != name {
		if err := MkdirAll(parent, perm); err != nil {
			return err
		}
		err = os.Mkdir(name, perm)
	}
	switch {
	case err == nil:
		return SyncDir(parent)
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	info, statErr := os.Stat(name)
	if statErr != nil {
		return statErr
	}
	if !info.IsDir() {
		return err // a file of the name exists
	}
	return nil
}

// SyncDir makes the names in a directory durable: of files that were created, renamed or removed in it.
func SyncDir(name string) error { return syncDir(paths{}, name) }

// SyncDirIn is SyncDir for a name below a root.
func SyncDirIn(root *os.Root, name string) error { return syncDir(root, name) }

// Commit puts the file in place, durably. After an error nothing has changed, or, if it is the directory that could not be
// synced, the new file is in place but may be lost with the power.
func (f *File) Commit() error {
	if f.done {
		return os.ErrClosed
	}
	if err := f.Sync(); err != nil {
		f.Discard()
		return err
	}
	if err := f.place(); err != nil {
		return err
	}
	return syncDir(f.dir, filepath.Dir(f.name))
}

// place gives the file its name.
func (f *File) place() error {
	f.done = true
	err := f.Close()
	if err == nil {
		err = f.dir.Rename(f.temporary, f.name)
	}
	if err != nil {
		f.dir.Remove(f.temporary) // best effort: err says what is wrong
	}
	return err
}

// Discard drops the file. After Commit it does nothing.
func (f *File) Discard() {
	if f.done {
		return
	}
	f.done = true
	f.Close()
	f.dir.Remove(f.temporary)
}

// A directory is the part of a file system that is needed here: an *os.Root, or [paths].
type directory interface {
	OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error)
	Rename(from, to string) error
	Remove(name string) error
}

// paths are names as the operating system takes them.
type paths struct{}

func (paths) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, perm)
}
func (paths) Rename(from, to string) error { return os.Rename(from, to) }
func (paths) Remove(name string) error     { return os.Remove(name) }

func create(dir directory, name string, perm fs.FileMode) (*File, error) {
	folder, base := filepath.Split(name)
	temporary := folder + "." + base + "-" + rand.Text()
	file, err := dir.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return nil, err
	}
	return &File{File: file, dir: dir, name: name, temporary: temporary}, nil
}

func write(dir directory, name string, content []byte, perm fs.FileMode) error {
	f, err := create(dir, name, perm)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.Commit()
}

func syncDir(dir directory, name string) error {
	if runtime.GOOS == "windows" {
		return nil // which cannot sync a directory, and keeps names in a journal
	}
	f, err := dir.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
