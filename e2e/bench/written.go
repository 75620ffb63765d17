package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fsnotify/fsnotify"
)

// writtenFiles counts the files that appear under a directory, in place of others too. Temporary files are not counted: their names
// begin with a point.
type writtenFiles struct {
	watcher *fsnotify.Watcher
	done    chan struct{}
	files   int
	bytes   int64
	err     error
}

func watchFiles(dir string) (*writtenFiles, error) {
	watcher, err := fsnotify.NewBufferedWatcher(4096)
	if err != nil {
		return nil, err
	}
	w := &writtenFiles{watcher: watcher, done: make(chan struct{})}
	if err := w.watch(dir); err != nil {
		watcher.Close()
		return nil, err
	}
	go func() {
		defer close(w.done)
		for event := range watcher.Events {
			if event.Has(fsnotify.Create) {
				w.see(event.Name)
			}
		}
	}()
	return w, nil
}

func (w *writtenFiles) see(path string) {
	info, err := os.Stat(path)
	switch {
	case err != nil: // a temporary file that has got its name
	case info.IsDir():
		w.err = errors.Join(w.err, w.watch(path))
	case !strings.HasPrefix(filepath.Base(path), "."):
		w.files++
		w.bytes += info.Size()
	}
}

func (w *writtenFiles) watch(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			return w.watcher.Add(path)
		}
		return err
	})
}

// end returns how many files have been written, and their bytes. Events that the kernel dropped are an error.
func (w *writtenFiles) end() (files int, bytes int64, err error) {
	select {
	case err = <-w.watcher.Errors:
	default:
	}
	err = errors.Join(err, w.watcher.Close())
	<-w.done
	return w.files, w.bytes, errors.Join(err, w.err)
}
