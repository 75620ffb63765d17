package server

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasspoll"
	"glasspoll/internal/project"
)

// nowhere is a reply that nobody reads.
type nowhere struct {
	header http.Header
	status int
}

func (n *nowhere) Header() http.Header               { return n.header }
func (n *nowhere) Write(content []byte) (int, error) { return len(content), nil }
func (n *nowhere) WriteHeader(status int)            { n.status = status }

// BenchmarkServe answers requests for a form, for results of 100 KB, and for both when the browser has them already.
func BenchmarkServe(b *testing.B) {
	dir := b.TempDir()
	results := filepath.Join(dir, "retail", "en", "results")
	if err := os.MkdirAll(results, 0o700); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(results, "index.html"), []byte(strings.Repeat("<tr><td>Taste<td>4.25\n", 5000)), 0o600); err != nil {
		b.Fatal(err)
	}
	library := project.NewLibrary("../../surveys")
	if _, _, err := library.Read(); err != nil {
		b.Fatal(err)
	}
	h := newHandler(os.DirFS(dir), nil, slog.New(slog.NewTextHandler(io.Discard, nil)))
	e, _, err := h.build(library.LastGood(), glasspoll.Templates(), library.Theme(), library.Pictures(), nil)
	if err != nil {
		b.Fatal(err)
	}
	h.current.Store(e)
	for _, c := range []struct{ name, path string }{{"form", "/retail/en/"}, {"results", "/retail/en/results/"}} {
		for _, known := range []bool{false, true} {
			r := httptest.NewRequest("GET", c.path, nil)
			r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
			want, name := http.StatusOK, c.name
			if known {
				w := &nowhere{header: http.Header{}}
				h.ServeHTTP(w, r)
				r.Header.Set("If-None-Match", w.header.Get("ETag"))
				want, name = http.StatusNotModified, name+"/known"
			}
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					w := &nowhere{header: http.Header{}, status: http.StatusOK}
					if h.ServeHTTP(w, r); w.status != want {
						b.Fatal(w.status)
					}
				}
			})
		}
	}
}
