package main

import (
	"bytes"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"glasspoll/internal/answer"
	"glasspoll/internal/publish"
	"glasspoll/internal/render"
	"glasspoll/internal/site"
	"glasspoll/internal/survey"
)

// edition is the whole site as it was built at one time. It is never changed, only replaced.
type edition struct {
	surveys   []*survey.Survey
	languages []string
	renderer  *render.Renderer
	files     map[string]*page
	submit    http.Handler // the API
	publisher *publish.Publisher
}

// server answers requests from the edition in force, and from the results pages that were published since.
type server struct {
	current atomic.Pointer[edition]
	results fs.FS    // published results pages
	preview *preview // nil without live reload
	log     *slog.Logger

	mu        sync.Mutex
	published map[string]*page // results pages as they were last read, by path
}

func (v *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		// net/http would name the visitor's address in its log.
		if fault := recover(); fault != nil && fault != http.ErrAbortHandler {
			v.log.Error("panic", "value", fault, "stack", string(debug.Stack()))
			panic(http.ErrAbortHandler) // cut the connection: what was sent may be half a page
		}
	}()
	for name, value := range render.Headers() {
		w.Header().Set(name, value)
	}
	e := v.current.Load()
	switch {
	case v.preview != nil && r.URL.Path == previewScriptPath:
		v.preview.script.serve(w, r, http.StatusOK)
	case v.preview != nil && r.URL.Path == previewEventsPath:
		v.preview.ServeHTTP(w, r)
	case strings.HasPrefix(r.URL.Path, "/api/"):
		e.submit.ServeHTTP(w, r)
	default:
		v.servePage(e, w, r)
	}
}

func (v *server) servePage(e *edition, w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	switch {
	case e.files[name] == nil && e.files[name+"/index.html"] != nil:
		// Relative, because a proxy may have put the site under any path.
		to := path.Base(name) + "/"
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		w.Header().Set("Location", to)
		w.Header().Set("Cache-Control", aMinute)
		w.WriteHeader(http.StatusPermanentRedirect)
	case e.files[name] == nil:
		v.notice(e, w, r, http.StatusNotFound, render.NotFound)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		v.notice(e, w, r, http.StatusMethodNotAllowed, render.BadMethod)
	default:
		v.newest(e, name).serve(w, r, http.StatusOK)
	}
}

// newest is the published page in place of the one that was built before there were results.
func (v *server) newest(e *edition, name string) *page {
	built := e.files[name]
	if !isResult(name) {
		return built
	}
	content, err := fs.ReadFile(v.results, name)
	if err != nil {
		return built
	}
	content = v.finish(name, content)
	v.mu.Lock()
	defer v.mu.Unlock()
	if known := v.published[name]; known != nil && bytes.Equal(known.content, content) {
		return known
	}
	p := newPage(name, content, askFirst)
	v.published[name] = p
	return p
}

func isResult(name string) bool {
	return path.Base(path.Dir(name)) == "results"
}

// finish adds to a page what only this server has.
func (v *server) finish(name string, content []byte) []byte {
	if v.preview == nil || path.Ext(name) != ".html" {
		return content
	}
	return injectPreview(content, strings.Repeat("../", strings.Count(name, "/")))
}

// notice is a page that says why there is no other, in the visitor's language.
func (v *server) notice(e *edition, w http.ResponseWriter, r *http.Request, status int, code answer.Code) {
	var b bytes.Buffer
	err := e.renderer.Notice(&b, render.NoticePage{
		Language: e.languageOf(r),
		Root:     strings.Repeat("../", max(0, strings.Count(r.URL.Path, "/")-1)),
		Code:     code,
	})
	if err != nil {
		http.Error(w, http.StatusText(status), status)
		return
	}
	w.Header().Add("Vary", "Accept-Language")
	newPage("notice.html", v.finish("notice.html", b.Bytes()), askFirst).serve(w, r, status)
}

// languageOf is the language that the address names, or else the one that the browser asks for.
func (e *edition) languageOf(r *http.Request) string {
	for part := range strings.SplitSeq(r.URL.Path, "/") {
		if slices.Contains(e.languages, part) {
			return part
		}
	}
	if accepted := r.Header.Get("Accept-Language"); accepted != "" {
		return e.renderer.Match(accepted)
	}
	return e.languages[0]
}

// build makes an edition in memory. Assets of the edition before stay, for pages that are still open.
func (v *server) build(surveys []*survey.Survey, templates fs.FS) (*edition, error) {
	renderer, assets, err := newRenderer(templates)
	if err != nil {
		return nil, err
	}
	m := &memory{server: v, files: map[string]*page{}}
	if err := site.Build(surveys, renderer, assets, m); err != nil {
		return nil, err
	}
	if before := v.current.Load(); before != nil {
		for name, p := range before.files {
			if strings.HasPrefix(name, "assets/") && m.files[name] == nil {
				m.files[name] = p
			}
		}
	}
	return &edition{surveys: surveys, languages: site.Languages(surveys), renderer: renderer, files: m.files}, nil
}

// memory keeps a site as pages.
type memory struct {
	server *server
	mu     sync.Mutex
	files  map[string]*page
}

func (m *memory) Write(name string, content []byte) error {
	caching := aMinute
	switch {
	case strings.HasPrefix(name, "assets/"):
		caching = forEver
	case m.server.preview != nil || isResult(name):
		caching = askFirst
	}
	p := newPage(name, bytes.Clone(m.server.finish(name, content)), caching)
	m.mu.Lock()
	m.files[name] = p
	m.mu.Unlock()
	return nil
}
