package project

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"glasspoll"
	"glasspoll/internal/message"
)

// Templates returns the embedded templates, with the files of a directory, if it is not "", in place of those of the same
// name.
func Templates(dir string) (fs.FS, error) {
	if dir == "" {
		return glasspoll.Templates(), nil
	}
	if err := checkDirectory(dir); err != nil {
		return nil, message.Errorf("--templates: %w", err)
	}
	return overlay{os.DirFS(dir), glasspoll.Templates()}, nil
}

func checkDirectory(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return message.Errorf("%s is not a directory", dir)
	}
	return nil
}

// overlay reads a file from over, or where that has none, from under.
type overlay struct{ over, under fs.FS }

func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.over.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return o.under.Open(name)
	}
	return f, err
}

func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	over, err := fs.ReadDir(o.over, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	under, underErr := fs.ReadDir(o.under, name)
	if underErr != nil && err != nil {
		return nil, underErr
	}
	entries := slices.Clone(over)
	for _, u := range under {
		if !slices.ContainsFunc(over, func(e fs.DirEntry) bool { return e.Name() == u.Name() }) {
			entries = append(entries, u)
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}
