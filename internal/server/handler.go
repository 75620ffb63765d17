package server

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/headers"
	"glasspoll/internal/publish"
	"glasspoll/internal/render"
	"glasspoll/internal/site"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

// edition is the whole site as it was built at one time. It is never changed, only replaced.
type edition struct {
	surveys   []*survey.Survey
	languages []string
	look      [sha256.Size]byte // of the templates and the theme
	renderer  *render.Renderer
	common    map[string]*page                 // assets, and home pages that have been drawn already, by path
	pages     map[string]map[string]*page      // the others, by survey and path
	home      func() (map[string]*page, error) // home pages that are drawn when they are first wanted; nil if there are none
	submit    http.Handler                     // the API
	publisher *publish.Publisher
}

// page finds a page by its path; nil if there is none.
func (e *edition) page(name string) *page {
	first, _, _ := strings.Cut(name, "/")
	if p := e.pages[first][name]; p != nil {
		return p
	}
	if p := e.common[name]; p != nil || e.home == nil {
		return p
	}
	home, _ := e.home() // warm has told of the error
	return home[name]
}

// unpublic reports whether a path is of results that are not public.
func (e *edition) unpublic(name string) bool {
	id, _, _ := strings.Cut(name, "/")
	s := e.survey(id)
	return s != nil && s.Results.Audience != "public" && isResult(name)
}

// warm draws what has not been drawn yet.
func (e *edition) warm() error {
	if e.home == nil {
		return nil
	}
	_, err := e.home()
	return err
}

// survey finds a survey by its id; nil if there is none.
func (e *edition) survey(id string) *survey.Survey {
	for _, s := range e.surveys {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// handler answers requests from the edition in force, and from the results pages that were published since.
type handler struct {
	current atomic.Pointer[edition]
	results fs.FS    // published results pages
	preview *preview // nil without live reload
	log     *slog.Logger

	mu        sync.Mutex
	published map[string]published // results pages as they were last read, by path
}

type published struct {
	content []byte
	page    *page
}

func (v *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		// net/http would name the visitor's address in its log.
		if fault := recover(); fault != nil && fault != http.ErrAbortHandler {
			v.log.Error("panic", "value", fault, "stack", string(debug.Stack()))
			panic(http.ErrAbortHandler) // cut the connection: what was sent may be half a page
		}
	}()
	for name, value := range headers.Security() {
		w.Header().Set(name, value)
	}
	e := v.current.Load()
	switch {
	case v.preview != nil && strings.HasPrefix(r.URL.Path, previewPath):
		v.servePreview(e, w, r)
	case v.preview != nil && strings.HasPrefix(r.URL.Path, "/api/"):
		reply := &previewedReply{ResponseWriter: w, root: rootOf(r.URL.Path)}
		e.submit.ServeHTTP(reply, r)
		reply.finish()
	case strings.HasPrefix(r.URL.Path, "/api/"):
		e.submit.ServeHTTP(w, r)
	default:
		v.servePage(e, w, r)
	}
}

func (v *handler) servePage(e *edition, w http.ResponseWriter, r *http.Request) {
	name := fileOf(r.URL.Path)
	found := v.find(e, name)
	switch {
	case found == nil && (v.find(e, name+"/index.html") != nil || v.preview != nil && !strings.Contains(name, "/") && v.preview.waitsFor(name)):
		// Relative, because a proxy may have put the site under any path.
		to := path.Base(name) + "/"
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		w.Header().Set("Location", to)
		w.Header().Set("Cache-Control", aMinute)
		w.WriteHeader(http.StatusPermanentRedirect)
	case found == nil && v.preview != nil && v.preview.waitsFor(name):
		v.serveWaiting(e, w, r)
	case found == nil && e.unpublic(name):
		v.notice(e, w, r, http.StatusNotFound, answer.NotPublic)
	case found == nil:
		v.notice(e, w, r, http.StatusNotFound, answer.NotFound)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		v.notice(e, w, r, http.StatusMethodNotAllowed, answer.BadMethod)
	default:
		found.serve(w, r, http.StatusOK)
	}
}

// fileOf is the file at an address.
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

// find finds a page by its path; nil if there is none. Of results it is the one that was published, in place of the one
// that was built before there were any; most have never been built.
func (v *handler) find(e *edition, name string) *page {
	built := e.page(name)
	survey, _, _ := strings.Cut(name, "/")
	if !isResult(name) || e.page(survey+"/results/index.html") == nil { // not, or not any more, public
		return built
	}
	content, err := fs.ReadFile(v.results, name)
	if err != nil {
		return built
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if known := v.published[name]; bytes.Equal(known.content, content) {
		return known.page // finished and packed already
	}
	p := v.finish(name, content, askFirst)
	v.published[name] = published{content, p}
	return p
}

// isResult reports whether a path is below results/ of a survey, or of one of its languages, and is no file of another
// kind that a store of pages may keep there.
func isResult(name string) bool {
	parts := strings.Split(name, "/")
	return (len(parts) > 2 && parts[1] == "results" || len(parts) > 3 && parts[2] == "results") && !strings.Contains(name, "/.")
}

// finish makes a page of a file, and adds to it what only this server has.
func (v *handler) finish(name string, content []byte, caching string) *page {
	if v.preview == nil || path.Ext(name) != ".html" {
		return newPage(name, content, caching)
	}
	mark := markOf(content)
	p := newPage(name, injectPreview(content, rootOf("/"+name), &mark), caching)
	p.mark = mark
	return p
}

// notice is a page that says why there is no other, in the visitor's language.
func (v *handler) notice(e *edition, w http.ResponseWriter, r *http.Request, status int, code answer.Code) {
	var b bytes.Buffer
	err := e.renderer.Notice(&b, render.NoticePage{
		Language: e.languageOf(r),
		Root:     rootOf(r.URL.Path),
		Code:     code,
	})
	if err != nil {
		http.Error(w, http.StatusText(status), status)
		return
	}
	content := b.Bytes()
	if v.preview != nil {
		var mark *string
		if status == http.StatusNotFound {
			mark = new(string) // of nothing, so that it makes way for a page that comes here
		}
		content = injectPreview(content, rootOf(r.URL.Path), mark)
	}
	w.Header().Add("Vary", "Accept-Language")
	newPage("notice.html", content, askFirst).serve(w, r, status)
}

// languageOf is the language that the address names, or else the one that the browser asks for.
func (e *edition) languageOf(r *http.Request) string {
	for part := range strings.SplitSeq(r.URL.Path, "/") {
		if slices.Contains(e.languages, part) {
			return part
		}
	}
	return e.renderer.Match(r.Header.Get("Accept-Language"), e.languages...)
}

// build makes an edition in memory, and lists the surveys whose pages are not those of the edition before. What has not
// changed since is taken over. Assets of the edition before stay, for pages that are still open.
func (v *handler) build(surveys []*survey.Survey, templates fs.FS, theirs *theme.Theme) (*edition, []*survey.Survey, error) {
	look, err := fingerprint(templates, theirs)
	if err != nil {
		return nil, nil, err
	}
	e := &edition{surveys: surveys, languages: site.Languages(surveys), look: look, common: map[string]*page{}, pages: map[string]map[string]*page{}}
	m := &memory{server: v, edition: e}
	for _, s := range surveys {
		e.pages[s.ID] = map[string]*page{}
	}
	before := v.current.Load()
	changed := surveys
	if before != nil && before.look == look {
		e.renderer, e.publisher, e.submit = before.renderer, before.publisher, before.submit
		changed, err = v.buildChanged(m, before)
	} else {
		var assets site.Assets
		if e.renderer, assets, err = site.NewRenderer(templates, theirs); err == nil {
			err = site.Build(surveys, e.renderer, assets, m)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	if before != nil {
		for name, p := range before.common {
			if strings.HasPrefix(name, "assets/") && e.common[name] == nil {
				e.common[name] = p
			}
		}
	}
	return e, changed, nil
}

// buildChanged draws what differs from an edition with the same templates.
func (v *handler) buildChanged(m *memory, before *edition) ([]*survey.Survey, error) {
	e := m.edition
	if err := site.Check(e.surveys); err != nil {
		return nil, err
	}
	old := make(map[string]*survey.Survey, len(before.surveys))
	for _, s := range before.surveys {
		old[s.ID] = s
	}
	var changed []*survey.Survey
	for _, s := range e.surveys {
		if old[s.ID] == s {
			e.pages[s.ID] = before.pages[s.ID]
		} else {
			changed = append(changed, s)
		}
	}
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for _, s := range changed {
		workers.Go(func() error {
			if err := site.BuildSurvey(s, e.renderer, m); err != nil {
				return fmt.Errorf("survey %s: %w", s.ID, err)
			}
			return nil
		})
	}
	if len(changed) == 0 && len(old) == len(e.surveys) {
		e.common, e.home = before.common, before.home
	} else { // it names every survey, so that it would be most of the work; and it is seldom what is looked at
		e.home = sync.OnceValues(func() (map[string]*page, error) {
			fresh := &memory{server: v, edition: &edition{common: map[string]*page{}}}
			err := site.BuildHome(e.surveys, e.renderer, fresh)
			if err != nil { // the last good one stays
				for _, name := range homePages(before.languages) {
					fresh.edition.common[name] = before.page(name)
				}
			}
			return fresh.edition.common, err
		})
	}
	return changed, workers.Wait()
}

// homePages are the paths of a site's home pages.
func homePages(languages []string) []string {
	names := []string{"index.html"}
	for _, l := range languages {
		names = append(names, l+"/index.html")
	}
	return names
}

// fingerprint tells one look, of templates and a theme, from another.
func fingerprint(templates fs.FS, theirs *theme.Theme) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	io.WriteString(h, theirs.Fingerprint())
	err = fs.WalkDir(templates, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(templates, name)
		fmt.Fprintf(h, "%q %d\n", name, len(content))
		h.Write(content)
		return err
	})
	return [sha256.Size]byte(h.Sum(nil)), err
}

// memory keeps a site as pages.
type memory struct {
	server  *handler
	mu      sync.Mutex
	edition *edition
}

func (m *memory) Write(name string, content []byte) error {
	caching := aMinute
	switch {
	case strings.HasPrefix(name, "assets/"):
		caching = forEver
	case m.server.preview != nil || isResult(name):
		caching = askFirst
	}
	p := m.server.finish(name, bytes.Clone(content), caching)
	first, _, _ := strings.Cut(name, "/")
	m.mu.Lock()
	defer m.mu.Unlock()
	if pages := m.edition.pages[first]; pages != nil {
		pages[name] = p
	} else {
		m.edition.common[name] = p
	}
	return nil
}
