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
	"time"

	"glasspoll/internal/headers"
)

// page is one file of the site, ready to be sent. Values of headers are made once; neither they nor bodies are ever changed.
type page struct {
	content   []byte
	mediaType []string // Content-Type
	caching   []string // Cache-Control
	moved     string   // where its address leads to instead; "": nowhere
	mark      string   // markOf the content before the preview's script was added
	plain     *variant
	gzipped   func() *variant // makes it once; plain if that is smaller
}

// A variant is what is sent of a page in one content coding.
type variant struct {
	body   []byte
	coding []string // Content-Encoding; nil: none
	tag    []string // ETag: strong, of the body, so that the same bytes have the same one in every edition
	length []string // Content-Length
}

// How long a visitor's browser may show a file without asking.
var (
	cacheForever    = []string{headers.Immutable} // its name changes with its content
	cacheMinute     = []string{"public, max-age=60"}
	cacheRevalidate = []string{"no-cache"} // keep it, but ask each time whether it is still current
)

var (
	codingGzip   = []string{"gzip"}
	varyEncoding = []string{"Accept-Encoding"}
)

func newPage(name string, content []byte, caching []string) *page {
	p := &page{content: content, mediaType: []string{headers.MediaType(name)}, caching: caching, plain: newVariant(content, nil)}
	p.moved, _ = headers.MovedTo(content)
	p.gzipped = sync.OnceValue(func() *variant {
		if small := compress(content); len(small) < len(content) {
			return newVariant(small, codingGzip)
		}
		return p.plain
	})
	return p
}

func newVariant(body []byte, coding []string) *variant {
	sum := sha256.Sum256(body)
	return &variant{body, coding, []string{`"` + hex.EncodeToString(sum[:16]) + `"`}, []string{strconv.Itoa(len(body))}}
}

func compress(content []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return content // the level is a constant
	}
	w.Write(content) // to memory: cannot fail
	w.Close()
	return bytes.Clone(b.Bytes()) // without the buffer's reserve
}

// serve answers with the page, with a part of it, or says that the visitor has it already. It says no time: to the second, that would tell
// when somebody of a group answered.
func (p *page) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Cache-Control"] = p.caching
	if p.moved != "" {
		h.Set("Location", p.moved)
		w.WriteHeader(http.StatusFound) // the first language, or the newest period, may become another one
		return
	}
	v := p.plain
	if acceptsGzip(r.Header) {
		v = p.gzipped()
	}
	h["Vary"] = append(varyEncoding[:1:1], h["Vary"]...)
	h["Etag"] = v.tag
	h["Content-Type"] = p.mediaType
	if v.coding != nil {
		h["Content-Encoding"] = v.coding
	}
	if strings.Contains(r.Header.Get("Range"), ",") {
		r.Header.Del("Range") // several parts, of which thousands can be asked for in one request, are more work than the whole
	}
	content := bytes.NewReader(v.body)
	http.ServeContent(&memoryWriter{w, v, content}, r, "", time.Time{}, content)
}

// memoryWriter sends a body that is in memory as it is, and with its length. [http.ServeContent] would copy it into the
// connection's buffer piece by piece, and says no length of an encoded body.
type memoryWriter struct {
	http.ResponseWriter
	*variant
	content *bytes.Reader // of the variant's body
}

func (m *memoryWriter) WriteHeader(status int) {
	if status == http.StatusOK {
		m.Header()["Content-Length"] = m.length
	}
	m.ResponseWriter.WriteHeader(status)
}

// ReadFrom implements [io.ReaderFrom], for what is left of m.content.
func (m *memoryWriter) ReadFrom(src io.Reader) (int64, error) {
	part, ok := src.(*io.LimitedReader)
	if !ok || part.R != io.Reader(m.content) {
		return io.Copy(m.ResponseWriter, src)
	}
	start := int64(len(m.body) - m.content.Len())
	n, err := m.ResponseWriter.Write(m.body[start : start+min(part.N, int64(m.content.Len()))])
	return int64(n), err
}

// acceptsGzip reports whether a client prefers gzip, or takes it as well as what is not encoded (RFC 9110, section 12.5.3).
func acceptsGzip(header http.Header) bool {
	gzip, identity, any := -1.0, -1.0, -1.0 // not named
	for _, line := range header["Accept-Encoding"] {
		for one := range strings.SplitSeq(line, ",") {
			coding, parameter, _ := strings.Cut(one, ";")
			q := quality(parameter)
			switch strings.ToLower(strings.TrimSpace(coding)) {
			case "gzip", "x-gzip":
				gzip = q
			case "identity":
				identity = q
			case "*":
				any = q
			}
		}
	}
	if gzip < 0 {
		gzip = any
	}
	return gzip > 0 && gzip >= identity
}

// quality returns the weight that a parameter gives, 1 if there is none and 0 if it cannot be read.
func quality(parameter string) float64 {
	if parameter = strings.TrimSpace(parameter); parameter == "" {
		return 1
	}
	name, value, _ := strings.Cut(parameter, "=")
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !strings.EqualFold(strings.TrimSpace(name), "q") || !(q >= 0 && q <= 1) {
		return 0
	}
	return q
}
