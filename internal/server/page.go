package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"glasspoll/internal/headers"
)

// page is one file of the site, ready to be sent.
type page struct {
	content   []byte
	mediaType string
	caching   string        // Cache-Control
	tag       string        // strong, without quotes
	moved     string        // where its address leads to instead; "": nowhere
	mark      string        // markOf the content before the preview's script was added
	gzipped   func() []byte // compresses it once
}

// How long a visitor's browser may show a file without asking.
const (
	cacheForever    = headers.Immutable // its name changes with its content
	cacheMinute     = "public, max-age=60"
	cacheRevalidate = "no-cache" // keep it, but ask each time whether it is still current
)

func newPage(name string, content []byte, caching string) *page {
	sum := sha256.Sum256(content)
	moved, _ := headers.MovedTo(content)
	p := &page{moved: moved, content: content, mediaType: headers.MediaType(name), caching: caching, tag: hex.EncodeToString(sum[:16])}
	p.gzipped = sync.OnceValue(func() []byte {
		var b bytes.Buffer
		w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err != nil {
			return content // the level is a constant
		}
		w.Write(content) // to memory: cannot fail
		w.Close()
		return b.Bytes()
	})
	return p
}

// serve answers with the page, or says that the visitor has it already.
func (p *page) serve(w http.ResponseWriter, r *http.Request, status int) {
	body, tag := p.content, p.tag
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		if small := p.gzipped(); len(small) < len(body) {
			body, tag = small, tag+"-gz"
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	h.Set("Cache-Control", p.caching)
	if p.moved != "" {
		h.Set("Location", p.moved)
		w.WriteHeader(http.StatusFound) // the first language, or the newest period, may become another one
		return
	}
	if status == http.StatusOK && matchesETag(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if len(body) != len(p.content) {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", p.mediaType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		io.Copy(w, bytes.NewReader(body)) // it is no error if the visitor has gone
	}
}

// acceptsGzip reports whether an Accept-Encoding header allows gzip.
func acceptsGzip(header string) bool {
	for one := range strings.SplitSeq(header, ",") {
		coding, quality, _ := strings.Cut(one, ";")
		if coding = strings.TrimSpace(coding); coding == "gzip" || coding == "*" {
			q, found := strings.CutPrefix(strings.ReplaceAll(quality, " ", ""), "q=")
			value, err := strconv.ParseFloat(q, 64)
			return !found || err == nil && value > 0
		}
	}
	return false
}

// matchesETag reports whether an If-None-Match header, which compares weakly, has a tag.
func matchesETag(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == "*" || one == `"`+tag+`"` {
			return true
		}
	}
	return false
}
