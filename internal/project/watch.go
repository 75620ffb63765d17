package project

import (
	"io/fs"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"glasspoll/internal/message"
)

// quietTime is how long files must be unchanged before they are read: an editor writes one in several steps, or writes
// another and renames it.
const quietTime = 10 * time.Millisecond

// Watcher reports that files in directories have changed. It watches directories, not files, because many editors
// replace a file instead of writing into it.
type Watcher struct {
	notify *fsnotify.Watcher
}

// Watch begins to watch directories and all below them. Close must follow.
func Watch(dirs ...string) (*Watcher, error) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, message.Errorf("watching files: %w", err)
	}
	w := &Watcher{notify}
	for _, dir := range dirs {
		if err := w.addTree(dir); err != nil {
			notify.Close()
			return nil, message.Errorf("watching %s: %w", dir, err)
		}
	}
	return w, nil
}

func (w *Watcher) addTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return w.notify.Add(path)
	})
}

// Run calls changed after every change, once the files are quiet, until the watcher is closed. Calls never overlap.
// Errors of watching go to failed.
func (w *Watcher) Run(changed func(), failed func(error)) {
	quiet := time.NewTimer(quietTime)
	quiet.Stop()
	for {
		select {
		case event, open := <-w.notify.Events:
			if !open {
				return
			}
			if event.Op == fsnotify.Chmod {
				continue
			}
			if event.Has(fsnotify.Create) {
				w.addTree(event.Name) // fails for a file, or if it is gone again: there is nothing to watch
			}
			quiet.Reset(quietTime)
		case err, open := <-w.notify.Errors:
			if !open {
				return
			}
			failed(err)
			quiet.Reset(quietTime) // events may have been lost
		case <-quiet.C:
			changed()
		}
	}
}

// Close ends Run.
func (w *Watcher) Close() error { return w.notify.Close() }
