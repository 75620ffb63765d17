package server

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestPageReplies asks for one page in every way.
func TestPageReplies(t *testing.T) {
	t.Parallel()
	content := []byte(strings.Repeat("<p>tea</p>\n", 300))
	p := newPage("tea/results/index.html", content, cacheRevalidate)
	plain, small := p.plain.tag[0], p.gzipped().tag[0]
	if plain == small {
		t.Fatal("both codings have one tag")
	}
	const later = "Wed, 01 Oct 2098 12:00:09 GMT"
	zipped := string(p.gzipped().body)
	headers := map[string][]string{"Cache-Control": {"no-cache"}, "Vary": {"Accept-Encoding"}, "Accept-Ranges": {"bytes"}, "Content-Type": {"text/html; charset=utf-8"}}
	for _, c := range []struct {
		name, method string
		ask          map[string]string
		status       int
		body         string
		differ       map[string]string // headers; "": it is not there
	}{
		{"as it is", "GET", nil, 200, string(content), map[string]string{"Etag": plain}},
		{"compressed", "GET", map[string]string{"Accept-Encoding": "br, gzip"}, 200, zipped, map[string]string{"Etag": small, "Content-Encoding": "gzip"}},
		{"head", "HEAD", nil, 200, "", map[string]string{"Etag": plain, "Content-Length": strconv.Itoa(len(content))}},
		{"head, compressed", "HEAD", map[string]string{"Accept-Encoding": "gzip"}, 200, "", map[string]string{"Etag": small, "Content-Encoding": "gzip", "Content-Length": strconv.Itoa(len(zipped))}},
		{"known by its tag", "GET", map[string]string{"If-None-Match": `"x", W/` + plain}, 304, "", map[string]string{"Etag": plain, "Content-Type": ""}},
		{"known in the other coding", "GET", map[string]string{"If-None-Match": small}, 200, string(content), map[string]string{"Etag": plain}},
		{"known compressed", "GET", map[string]string{"If-None-Match": small, "Accept-Encoding": "gzip"}, 304, "", map[string]string{"Etag": small, "Content-Type": ""}},
		{"any is known", "HEAD", map[string]string{"If-None-Match": "*"}, 304, "", map[string]string{"Etag": plain, "Content-Type": ""}},
		{"a time", "GET", map[string]string{"If-Modified-Since": later}, 200, string(content), map[string]string{"Etag": plain}},
		{"the tag says more than the time", "GET", map[string]string{"If-None-Match": `"x"`, "If-Modified-Since": later}, 200, string(content), map[string]string{"Etag": plain}},
		{"no time", "GET", map[string]string{"If-Modified-Since": "yesterday"}, 200, string(content), map[string]string{"Etag": plain}},
		{"only if another", "GET", map[string]string{"If-Match": `"x"`}, 412, "", map[string]string{"Etag": plain}},
		{"a part", "GET", map[string]string{"Range": "bytes=3-5"}, 206, "tea", map[string]string{"Etag": plain, "Content-Range": "bytes 3-5/3300", "Content-Length": "3"}},
		{"the end", "GET", map[string]string{"Range": "bytes=-5"}, 206, "</p>\n", map[string]string{"Etag": plain, "Content-Range": "bytes 3295-3299/3300", "Content-Length": "5"}},
		{"a part, compressed", "GET", map[string]string{"Range": "bytes=2-9", "Accept-Encoding": "gzip"}, 206, zipped[2:10], map[string]string{"Etag": small, "Content-Encoding": "gzip", "Content-Range": "bytes 2-9/" + strconv.Itoa(len(zipped)), "Content-Length": "8"}},
		{"a part of the same", "GET", map[string]string{"Range": "bytes=3-5", "If-Range": plain}, 206, "tea", map[string]string{"Etag": plain, "Content-Range": "bytes 3-5/3300", "Content-Length": "3"}},
		{"a part of the other coding", "GET", map[string]string{"Range": "bytes=3-5", "If-Range": small}, 200, string(content), map[string]string{"Etag": plain}},
		{"beyond the end", "GET", map[string]string{"Range": "bytes=9999-"}, 416, "invalid range: failed to overlap\n", map[string]string{"Content-Range": "bytes */3300", "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cache-Control": "", "Accept-Ranges": ""}},
		{"no range", "GET", map[string]string{"Range": "lines=1-2"}, 416, "invalid range\n", map[string]string{"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff", "Cache-Control": "", "Accept-Ranges": ""}},
		{"several parts", "GET", map[string]string{"Range": "bytes=0-0,5-5"}, 200, string(content), map[string]string{"Etag": plain}},
	} {
		r := httptest.NewRequest(c.method, "/", nil)
		for name, value := range c.ask {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		p.serve(w, r)
		want := maps.Clone(headers)
		if c.status == 200 {
			want["Content-Length"] = []string{strconv.Itoa(len(c.body))}
		}
		if c.status == 304 || c.status == 412 {
			delete(want, "Accept-Ranges")
		}
		for name, value := range c.differ {
			if want[name] = []string{value}; value == "" {
				delete(want, name)
			}
		}
		if got := w.Body.String(); w.Code != c.status || got != c.body {
			t.Errorf("%s: %d, want %d; %d bytes, want %d: %.40q", c.name, w.Code, c.status, len(got), len(c.body), got)
		}
		if got := w.Header(); !maps.EqualFunc(got, want, slices.Equal[[]string]) {
			t.Errorf("%s:\n got %v\nwant %v", c.name, got, want)
		}
	}
	unpacker, err := gzip.NewReader(strings.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, err := io.ReadAll(unpacker); err != nil || !bytes.Equal(unpacked, content) {
		t.Errorf("gzip holds something else: %v", err)
	}
	if again := newPage("index.html", bytes.Clone(content), cacheMinute); again.plain.tag[0] != plain || again.gzipped().tag[0] != small {
		t.Error("the same content has got another tag")
	}
	if tiny := newPage("x.json", []byte("{}"), cacheMinute); tiny.gzipped() != tiny.plain {
		t.Error("what gets larger is compressed")
	}
}

func TestAcceptsGzip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lines []string
		want  bool
	}{
		{nil, false},
		{[]string{""}, false},
		{[]string{"gzip"}, true},
		{[]string{"GZip"}, true},
		{[]string{"x-gzip"}, true},
		{[]string{"gzip, deflate, br, zstd"}, true},
		{[]string{"br;q=1.0, gzip;q=0.8"}, true},
		{[]string{"br", "gzip"}, true},
		{[]string{"gzipped"}, false},
		{[]string{"br"}, false},
		{[]string{"*"}, true},
		{[]string{"*;q=0"}, false},
		{[]string{"*;q=0, gzip"}, true},
		{[]string{"gzip;q=0, *"}, false},
		{[]string{"gzip;q=0"}, false},
		{[]string{"gzip; q = 0.000"}, false},
		{[]string{"gzip ;Q=0.001"}, true},
		{[]string{"gzip;q=x"}, false},
		{[]string{"gzip;q=NaN"}, false},
		{[]string{"gzip;q=2"}, false},
		{[]string{"gzip;q=0.5, identity"}, false},
		{[]string{"gzip;q=0.5, identity;q=0.5"}, true},
		{[]string{"identity;q=0, *;q=0.1"}, true},
	} {
		if got := acceptsGzip(http.Header{"Accept-Encoding": c.lines}); got != c.want {
			t.Errorf("%q: %v", c.lines, got)
		}
	}
}
