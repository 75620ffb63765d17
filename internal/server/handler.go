package server

import (
	"bytes"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/headers"
	"glasspoll/internal/intake"
	"glasspoll/internal/render"
)

// handler serves the current edition, and the results pages that have been published since.
type handler struct {
	builder
	current atomic.Pointer[edition]
	results *published
	live    *preview // nil if the server is not for authors
	log     *slog.Logger
}

func newHandler(results fs.FS, live *preview, log *slog.Logger) *handler {
	h := &handler{builder: builder{preview: live != nil}, live: live, log: log}
	h.results = newPublished(results, publishedRoom, func(name string, content []byte) *page { return h.page(name, content, cacheRevalidate) })
	return h
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		// net/http would name the visitor's address in its log.
		if fault := recover(); fault != nil && fault != http.ErrAbortHandler {
			h.log.Error("panic", "value", fault, "stack", intake.Trace())
			panic(http.ErrAbortHandler) // cut the connection: what was sent may be half a page
		}
	}()
	headers.SetSecurity(w.Header())
	e := h.current.Load()
	switch {
	case h.live != nil && strings.HasPrefix(r.URL.Path, previewPath):
		h.servePreview(e, w, r)
	case h.live != nil && isHandlers(r.URL.Path):
		reply := &previewWriter{ResponseWriter: w, root: rootOf(r.URL.Path)}
		e.intake.ServeHTTP(reply, r)
		reply.finish()
	case isHandlers(r.URL.Path):
		e.intake.ServeHTTP(w, r)
	default:
		h.servePage(e, w, r)
	}
}

// isHandlers reports whether an address is one of the handler that takes answers.
func isHandlers(path string) bool {
	return strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/i/")
}

func (h *handler) servePage(e *edition, w http.ResponseWriter, r *http.Request) {
	name, now := fileOf(r.URL.Path), time.Now()
	found := h.find(e, name, now)
	switch {
	case found == nil && h.isDirectory(e, name, now):
		// Relative, because a proxy may have put the site under any path.
		w.Header().Set("Location", path.Base(name)+"/"+queryOf(r.URL))
		w.Header()["Cache-Control"] = cacheMinute
		w.WriteHeader(http.StatusPermanentRedirect)
	case found == nil && h.live != nil && h.live.neverGood(name):
		h.serveWaiting(e, w, r)
	case found == nil && e.restricted(name):
		h.notice(e, w, r, http.StatusNotFound, answer.NotPublic)
	case found == nil:
		h.notice(e, w, r, http.StatusNotFound, answer.NotFound)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		h.notice(e, w, r, http.StatusMethodNotAllowed, answer.BadMethod)
	default:
		found.serve(w, r)
	}
}

// isDirectory reports whether a path has a page when a slash is added.
func (h *handler) isDirectory(e *edition, name string, now time.Time) bool {
	return h.find(e, name+"/index.html", now) != nil || h.live != nil && !strings.Contains(name, "/") && h.live.neverGood(name)
}

// fileOf returns the file at an address.
func fileOf(address string) string {
	name := strings.TrimPrefix(address, "/")
	if name == "" || strings.HasSuffix(name, "/") {
		name += "index.html"
	}
	return name
}

// rootOf leads from an address to the site's root.
func rootOf(address string) string {
	return strings.Repeat("../", max(0, strings.Count(address, "/")-1))
}

// find finds the page at a path, at a time at which the request had begun; nil if there is none. A results page is the published
// one, or the one that was built before anything was published; most are never built.
func (h *handler) find(e *edition, name string, now time.Time) *page {
	if survey, _, _ := strings.Cut(name, "/"); isResult(name) && e.page(survey+"/results/index.html") != nil { // else not public, or not any more
		if p := h.results.page(name, now); p != nil {
			return p
		}
	}
	return h.inPlace(e, name, now)
}

// isResult reports whether a path is below results/ of a survey, or of one of its languages, and not a hidden file, which a
// store of pages may keep there.
func isResult(name string) bool {
	_, inSurvey, _ := strings.Cut(name, "/")
	_, inLanguage, _ := strings.Cut(inSurvey, "/")
	return (strings.HasPrefix(inSurvey, "results/") || strings.HasPrefix(inLanguage, "results/")) && !strings.Contains(name, "/.")
}

// notice answers with a page that says why there is no other, in the visitor's language.
func (h *handler) notice(e *edition, w http.ResponseWriter, r *http.Request, status int, code answer.Code) {
	survey, _, _ := strings.Cut(fileOf(r.URL.Path), "/")
	var b bytes.Buffer
	err := e.renderer.Notice(&b, render.NoticePage{
		Language: e.languageOf(r),
		Root:     rootOf(r.URL.Path),
		Code:     code,
		Survey:   survey,
	})
	if err != nil {
		http.Error(w, http.StatusText(status), status)
		return
	}
	content := b.Bytes()
	if h.live != nil {
		var mark *string
		if status == http.StatusNotFound {
			mark = new(string) // of no page, so that it is replaced by one that comes here
		}
		content = injectPreview(content, rootOf(r.URL.Path), mark)
	}
	sendOnce(w, r, status, content)
}

// sendOnce answers with a page that is made for one request, in the visitor's language.
func sendOnce(w http.ResponseWriter, r *http.Request, status int, content []byte) {
	h := w.Header()
	h.Set("Vary", "Accept-Language")
	h.Set("Content-Type", headers.MediaType("page.html"))
	h["Cache-Control"] = cacheRevalidate
	h.Set("Content-Length", strconv.Itoa(len(content)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(content) // it is no error if the visitor has gone
	}
}
