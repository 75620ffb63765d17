package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long files must be quiet before they are read: an editor writes one in several steps, or writes another
// and renames it.
const settle = 10 * time.Millisecond

// watcher tells when files in directories change. It watches directories, not files, because many editors replace a
// file instead of writing into it.
type watcher struct {
	*fsnotify.Watcher
}

func newWatcher(dirs ...string) (*watcher, error) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watching files: %w", err)
	}
	w := &watcher{notify}
	for _, dir := range dirs {
		if err := w.addTree(dir); err != nil {
			notify.Close()
			return nil, fmt.Errorf("watching %s: %w", dir, err)
		}
	}
	return w, nil
}

func (w *watcher) addTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return w.Add(path)
	})
}

// run calls changed after every change, once the files are quiet, until the watcher is closed. It never calls it twice
// at the same time.
func (w *watcher) run(changed func(), failed func(error)) {
	quiet := time.NewTimer(settle)
	quiet.Stop()
	for {
		select {
		case event, open := <-w.Events:
			if !open {
				return
			}
			if event.Op == fsnotify.Chmod {
				continue
			}
			if event.Has(fsnotify.Create) {
				w.addTree(event.Name) // a file, or gone again: nothing to watch
			}
			quiet.Reset(settle)
		case err, open := <-w.Errors:
			if !open {
				return
			}
			failed(err)
			quiet.Reset(settle) // events may have been lost
		case <-quiet.C:
			changed()
		}
	}
}
