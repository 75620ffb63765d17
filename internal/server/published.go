package server

import (
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// published holds results pages as they are in their files, as far as there is room. Files are replaced by releases, of this
// process or another one, and by hand: so each request looks at the file, and reads it again if it may be another one.
type published struct {
	files fs.FS
	make  func(name string, content []byte) *page
	room  int // bytes of pages, compressed ones included

	mu    sync.RWMutex
	known map[string]*publishedFile // by path
	held  int                       // bytes of all in known
}

func newPublished(files fs.FS, room int, make func(name string, content []byte) *page) *published {
	return &published{files: files, make: make, room: room, known: map[string]*publishedFile{}}
}

const (
	publishedRoom = 64 << 20 // about 700 results pages, or 500 with their data
	entrySize     = 1 << 10  // a bound of what a file takes besides its content
)

type publishedFile struct {
	reading sync.Mutex // by one request at a time
	last    atomic.Pointer[reading]
	used    atomic.Bool // since room was last needed
	size    int         // in published.held
}

// A reading is a file's content, and what tells that the file is still the same.
type reading struct {
	begun time.Time
	info  fs.FileInfo
	page  *page
}

// timestep is longer than the time between two ticks of the clock that files get their times from, which is 10 ms on Linux at most.
const timestep = 100 * time.Millisecond

// page returns the page of a file as it is at some time after the request began; nil if there is none.
func (p *published) page(name string, began time.Time) *page {
	info, err := fs.Stat(p.files, name)
	if err != nil || !info.Mode().IsRegular() {
		p.forget(name)
		return nil
	}
	p.mu.RLock()
	f := p.known[name]
	p.mu.RUnlock()
	if f == nil {
		f = p.add(name)
	}
	if last := f.last.Load(); last.serves(info, began) {
		if !f.used.Load() {
			f.used.Store(true)
		}
		return last.page
	}
	f.reading.Lock()
	defer f.reading.Unlock()
	if last := f.last.Load(); last.serves(info, began) {
		return last.page // read while this request waited
	}
	now, err := p.read(name)
	if err != nil {
		return nil
	}
	if last := f.last.Load(); last != nil && last.page.plain.tag[0] == now.page.plain.tag[0] {
		now.page = last.page // with its compressed form
	}
	f.last.Store(now)
	p.hold(name, f, len(now.page.content)*5/4+entrySize) // gzip leaves a fifth of HTML
	return now.page
}

// serves reports whether a reading can be sent to a request that began at some time and has seen the file since. Either it was
// read after that, or the file is the same. A file that replaces another one has another inode, or, if it got one that had become
// free, another time: unless both were written within one tick of the clock, before the reading.
func (r *reading) serves(info fs.FileInfo, began time.Time) bool {
	return r != nil && (!r.begun.Before(began) ||
		r.begun.Sub(r.info.ModTime()) > timestep && r.info.ModTime().Equal(info.ModTime()) && r.info.Size() == info.Size() && os.SameFile(r.info, info))
}

func (p *published) read(name string) (*reading, error) {
	begun := time.Now()
	file, err := p.files.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	content := make([]byte, info.Size())
	if _, err := io.ReadFull(file, content); err != nil {
		return nil, err // cut short meanwhile, which no release does
	}
	return &reading{begun, info, p.make(name, content)}, nil
}

func (p *published) add(name string) *publishedFile {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.known[name]
	if f == nil {
		f = &publishedFile{}
		p.known[name] = f
	}
	return f
}

func (p *published) forget(name string) {
	p.mu.RLock()
	f := p.known[name]
	p.mu.RUnlock()
	if f == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known[name] == f {
		p.drop(name, f)
	}
}

// hold counts a file that has been read, and makes room for it among those that have not been used for longest, about.
func (p *published) hold(name string, f *publishedFile, size int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known[name] != f {
		return // dropped while it was read
	}
	p.held += size - f.size
	f.size = size
	for p.held > p.room {
		for other, g := range p.known {
			if p.held <= p.room {
				return
			}
			if !g.used.Swap(false) {
				p.drop(other, g)
			}
		}
	}
}

// drop takes a file out; p.mu must be held.
func (p *published) drop(name string, f *publishedFile) {
	delete(p.known, name)
	p.held -= f.size
	f.size = 0
}
