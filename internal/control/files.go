package control

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Files are the files that one verb writes. The zero value is ready to use.
type Files struct {
	open map[*file]bool
}

// file appears when it is closed.
type file struct {
	*bufio.Writer
	all       *Files
	file      *os.File
	name      string
	temporary string // "" if it is written in place
}

// Create is a CreateFunc for files on this side.
func (o *Files) Create(name string, private bool) (io.WriteCloser, error) {
	mode := fs.FileMode(0o666)
	if private {
		mode = 0o600
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // such as /dev/stdout
		if info.IsDir() {
			return nil, fmt.Errorf("%s is a directory: name a file in it", name)
		}
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return o.add(&file{file: f}), nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return nil, err
	}
	// In the same directory, so that it can be renamed.
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-")
	if err != nil {
		return nil, err
	}
	temporary.Close()
	os.Remove(temporary.Name())
	f, err := os.OpenFile(temporary.Name(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) // with the umask, which CreateTemp does without
	if err != nil {
		return nil, err
	}
	return o.add(&file{file: f, name: name, temporary: f.Name()}), nil
}

func (o *Files) add(f *file) *file {
	if o.open == nil {
		o.open = map[*file]bool{}
	}
	f.all, f.Writer = o, bufio.NewWriterSize(f.file, 64<<10)
	o.open[f] = true
	return f
}

// Close puts the file in its place, durably.
func (f *file) Close() error {
	err := f.Flush()
	if err == nil && f.temporary != "" {
		err = f.file.Sync()
	}
	if closed := f.file.Close(); err == nil {
		err = closed
	}
	delete(f.all.open, f)
	if f.temporary == "" {
		return err
	}
	if err == nil {
		err = os.Rename(f.temporary, f.name)
	}
	if err != nil {
		os.Remove(f.temporary) // as well as it can; the error is the one that counts
	}
	return err
}

// Discard removes what was written of files that were not closed.
func (o *Files) Discard() {
	for f := range o.open {
		f.file.Close()
		if f.temporary != "" {
			os.Remove(f.temporary)
		}
	}
}
