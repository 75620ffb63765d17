package control

import (
	"bufio"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"glasspoll/internal/durable"
	"glasspoll/internal/message"
)

// Files creates the files that one verb writes on the client's side. The zero value is ready to use.
type Files struct {
	open map[*file]bool
}

// file appears when it is closed.
type file struct {
	*bufio.Writer
	all *Files
	to  destination
}

// destination is a *durable.File or a device.
type destination interface {
	io.Writer
	Commit() error
	Discard()
}

// device is a file that is written in place, such as /dev/stdout.
type device struct{ *os.File }

func (d device) Commit() error { return d.Close() }
func (d device) Discard()      { d.Close() }

// Create implements [CreateFunc].
func (a *Files) Create(name string, private bool) (io.WriteCloser, error) {
	to, err := openFile(name, private)
	if err != nil {
		return nil, err
	}
	if a.open == nil {
		a.open = map[*file]bool{}
	}
	f := &file{bufio.NewWriterSize(to, 64<<10), a, to}
	a.open[f] = true
	return f, nil
}

func openFile(name string, private bool) (destination, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return nil, message.Errorf("%s is a directory: name a file in it", name)
		}
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		return device{f}, err
	}
	if err := durable.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return nil, err
	}
	mode := fs.FileMode(0o666)
	if private {
		mode = 0o600
	}
	return durable.Create(name, mode)
}

// Close puts the file in its place, durably.
func (f *file) Close() error {
	if !f.all.open[f] {
		return os.ErrClosed
	}
	delete(f.all.open, f)
	if err := f.Flush(); err != nil {
		f.to.Discard()
		return err
	}
	return f.to.Commit()
}

// Discard removes what was written of files that were not closed.
func (a *Files) Discard() {
	for f := range a.open {
		f.to.Discard()
	}
	clear(a.open)
}
