package server

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A shelf is published over a directory, which counts the files that are opened.
type shelf struct {
	*testing.T
	*published
	dir    string
	opened atomic.Int64
}

func newShelf(t *testing.T, room int) *shelf {
	s := &shelf{T: t, dir: t.TempDir()}
	s.published = newPublished(s, room, func(name string, content []byte) *page { return newPage(name, content, cacheRevalidate) })
	return s
}

func (s *shelf) Open(name string) (fs.File, error) {
	s.opened.Add(1)
	return os.DirFS(s.dir).Open(name)
}

func (s *shelf) Stat(name string) (fs.FileInfo, error) { return fs.Stat(os.DirFS(s.dir), name) }

// write replaces a file by one that was last changed at a time.
func (s *shelf) write(name, content string, changed time.Time) {
	s.Helper()
	file := filepath.Join(s.dir, name)
	if err := errors.Join(os.WriteFile(file+".new", []byte(content), 0o600), os.Chtimes(file+".new", changed, changed), os.Rename(file+".new", file)); err != nil {
		s.Fatal(err)
	}
}

// want asks for a file now, and checks its content ("": there is none) and how many files have been opened.
func (s *shelf) want(name, content string, opened int64) *page {
	s.Helper()
	p, got := s.page(name, time.Now()), ""
	if p != nil {
		got = string(p.content)
	}
	if got != content || s.opened.Load() != opened {
		s.Errorf("%s: %q, want %q; %d files opened, want %d", name, got, content, s.opened.Load(), opened)
	}
	return p
}

func TestPublishedFilesAreReadOnce(t *testing.T) {
	t.Parallel()
	s, old := newShelf(t, publishedRoom), time.Now().Add(-time.Hour)
	s.want("a.html", "", 0)
	s.write("a.html", "one", old)
	first := s.want("a.html", "one", 1)
	if s.want("a.html", "one", 1) != first {
		t.Error("an unchanged file is another page")
	}
	s.write("a.html", "two", old) // as long, and as old
	second := s.want("a.html", "two", 2)
	s.want("a.html", "two", 2)
	s.write("a.html", "two", old.Add(time.Minute))
	if again := s.want("a.html", "two", 3); again != second || first.plain.tag[0] == second.plain.tag[0] {
		t.Error("tags do not follow the content")
	}
	s.write("a.html", "two and more", old)
	s.want("a.html", "two and more", 4)

	// What may have been written within the tick in which it was read is read again: here in place, at a time to come.
	file, soon := filepath.Join(s.dir, "a.html"), time.Now().Add(time.Hour)
	for n := range int64(3) {
		content := fmt.Sprint("place ", n)
		if err := errors.Join(os.WriteFile(file, []byte(content), 0o600), os.Chtimes(file, soon, soon)); err != nil {
			t.Fatal(err)
		}
		s.want("a.html", content, 5+n)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	s.want("a.html", "", 7)
	if len(s.known) > 0 || s.held != 0 {
		t.Errorf("%d files, %d bytes are kept of what is gone", len(s.known), s.held)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.html", "../" + filepath.Base(s.dir) + "/a.html", "a\x00", "", "/", "a.html/..", strings.Repeat("a", 5000)} {
		s.want(name, "", 7)
	}
}

func TestPublishedFilesInMemoryAreBounded(t *testing.T) {
	t.Parallel()
	const size = 10_000
	s, old := newShelf(t, 5*(size*5/4+entrySize)), time.Now().Add(-time.Hour)
	content := strings.Repeat("x", size)
	for n := range 20 {
		s.write(fmt.Sprint(n), content, old)
		s.want(fmt.Sprint(n), content, int64(n+1))
		if n > 0 {
			s.page("0", time.Now()) // which is used all the time
		}
		if len(s.known) > 5 || s.held > s.room {
			t.Fatalf("%d files, %d bytes of %d", len(s.known), s.held, s.room)
		}
	}
	if len(s.known) < 4 {
		t.Errorf("%d files are kept", len(s.known))
	}
	large := strings.Repeat("x", s.room)
	s.write("large", large, old)
	if p := s.page("large", time.Now()); p == nil || string(p.content) != large || s.held > s.room {
		t.Errorf("what has no room is not served, or kept: %d bytes of %d", s.held, s.room)
	}
}

// TestPublishedWhileReleased replaces a file from two writers while others ask for it: each gets one content as a whole, with its
// own tag, and none that had been replaced when it asked.
func TestPublishedWhileReleased(t *testing.T) {
	t.Parallel()
	s := newShelf(t, publishedRoom)
	text := func(n int64) string { return strings.Repeat(fmt.Sprintf("%06d\n", n), 50+int(n)%7*100) }
	s.write("a.html", text(0), time.Now())
	var (
		writing sync.Mutex
		done    atomic.Int64 // number of the last one that is in place
		tags    sync.Map     // number, by tag
		writers sync.WaitGroup
		readers sync.WaitGroup
		over    atomic.Bool
	)
	for range 2 {
		writers.Go(func() {
			for range 100 {
				writing.Lock()
				n := done.Load() + 1
				s.write("a.html", text(n), time.Now())
				done.Store(n)
				writing.Unlock()
			}
		})
	}
	for range 4 {
		readers.Go(func() {
			codings := []string{"gzip", "identity"}
			for last := false; !last; {
				last = over.Load() // once more afterwards
				before, coding := done.Load(), codings[rand.N(2)]
				r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
				r.Header.Set("Accept-Encoding", coding)
				now := time.Now()
				p := s.page("a.html", now)
				if p == nil {
					t.Error("there is no page")
					return
				}
				p.serve(w, r)
				body := string(p.content)
				number, _, _ := strings.Cut(body, "\n")
				n, err := strconv.ParseInt(number, 10, 64)
				if err != nil || body != text(n) || n < before {
					t.Errorf("%d after %d, %v, %d bytes", n, before, err, len(body))
					return
				}
				if known, _ := tags.LoadOrStore(w.Header().Get("ETag"), n); known != n {
					t.Errorf("%d and %d have one tag", known, n)
				}
				if want := map[string][]byte{"gzip": p.gzipped().body, "identity": p.plain.body}[coding]; !slices.Equal(w.Body.Bytes(), want) {
					t.Errorf("%d: %s is not what belongs to the page", n, coding)
				}
			}
		})
	}
	writers.Wait()
	over.Store(true)
	readers.Wait()
}
