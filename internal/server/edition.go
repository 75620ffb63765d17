package server

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/message"
	"glasspoll/internal/publish"
	"glasspoll/internal/render"
	"glasspoll/internal/site"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

// edition is the whole site, built from the questionnaires, templates and theme as they were at one time. It is never changed, only
// replaced.
type edition struct {
	surveys     []*survey.Survey
	windows     map[string]*window // of surveys, by id
	languages   []string
	fingerprint [sha256.Size]byte // of the templates and the theme
	renderer    *render.Renderer
	common      map[string]*page                 // assets, and home pages that are built already, by path
	pages       map[string]map[string]*page      // the others, by survey and path
	home        func() (map[string]*page, error) // builds the home pages when they are first wanted; nil if they are in common
	homes       *homes                           // those in common or home, after an end of a window
	intake      http.Handler                     // the API
	publisher   *publish.Publisher
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
	home, _ := e.home() // buildHome returns the error
	return home[name]
}

// buildHome builds the home pages, if that has not been done yet.
func (e *edition) buildHome() error {
	if e.home == nil {
		return nil
	}
	_, err := e.home()
	return err
}

// survey finds a survey by its id; nil if there is none.
func (e *edition) survey(id string) *survey.Survey {
	if w := e.windows[id]; w != nil {
		return w.surveys[0]
	}
	return nil
}

// restricted reports whether a path is of results that are not public.
func (e *edition) restricted(name string) bool {
	id, _, _ := strings.Cut(name, "/")
	s := e.survey(id)
	return s != nil && s.Results.Audience != "public" && isResult(name)
}

// languageOf returns the language in the address, or else the best match for the browser.
func (e *edition) languageOf(r *http.Request) string {
	for part := range strings.SplitSeq(r.URL.Path, "/") {
		if slices.Contains(e.languages, part) {
			return part
		}
	}
	return e.renderer.Match(r.Header.Get("Accept-Language"), e.languages...)
}

// builder builds editions.
type builder struct {
	preview bool // for authors: pages carry the preview's script and are never shown without asking
}

// build builds an edition with the pictures of questionnaires, by path, and lists the surveys whose pages differ from those of
// the edition before, which may be nil. What has not changed is shared with the edition before, whose assets are kept for pages
// that are still open.
func (b builder) build(surveys []*survey.Survey, templates fs.FS, custom *theme.Theme, pictures map[string][]byte, before *edition) (*edition, []*survey.Survey, error) {
	sum, err := site.Fingerprint(templates, custom)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	e := &edition{homes: newHomes(surveys, now), surveys: surveys, windows: map[string]*window{}, languages: site.Languages(surveys), fingerprint: sum, common: map[string]*page{}, pages: map[string]map[string]*page{}}
	for _, s := range surveys {
		e.pages[s.ID] = map[string]*page{}
		e.windows[s.ID] = &window{surveys: []*survey.Survey{s}}
	}
	changed := surveys
	if before != nil && before.fingerprint == sum {
		e.renderer, e.publisher, e.intake = before.renderer, before.publisher, before.intake
		changed, err = b.buildChanged(e, before)
	} else {
		var assets site.Assets
		if e.renderer, assets, err = site.NewRenderer(templates, custom); err == nil {
			err = site.Build(surveys, e.renderer, assets, now, &output{builder: b, edition: e})
		}
	}
	if err != nil {
		return nil, nil, err
	}
	out := &output{builder: b, edition: e}
	if b.preview {
		for _, s := range changed {
			if err := site.BuildInvitees(s, e.renderer, out); err != nil {
				return nil, nil, message.Errorf("survey %s: %w", s.ID, err)
			}
		}
	}
	for name, content := range pictures {
		if before != nil && before.common[name] != nil {
			continue
		}
		if err := out.Write(name, content); err != nil {
			return nil, nil, err
		}
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

// buildChanged builds the pages of surveys that differ from those of an edition with the same templates, and returns
// these surveys.
func (b builder) buildChanged(e, before *edition) ([]*survey.Survey, error) {
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
	if len(changed) == 0 && len(old) == len(e.surveys) {
		e.common, e.home, e.homes = before.common, before.home, before.homes
		return nil, nil
	}
	// A home page names every survey, so that it takes longer than a survey's pages; and it is seldom the page that is open.
	e.home = sync.OnceValues(func() (map[string]*page, error) { return b.homePages(e, before) })
	out := &output{builder: b, edition: e}
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for _, s := range changed {
		workers.Go(func() error {
			if err := site.BuildSurvey(s, e.renderer, time.Now(), out); err != nil {
				return message.Errorf("survey %s: %w", s.ID, err)
			}
			return nil
		})
	}
	return changed, workers.Wait()
}

// homePages builds the home pages of an edition. If it cannot, those of the edition before stay.
func (b builder) homePages(e, before *edition) (map[string]*page, error) {
	home := &edition{common: map[string]*page{}}
	err := site.BuildHome(e.surveys, e.renderer, time.Now(), &output{builder: b, edition: home})
	if err != nil {
		home.common["index.html"] = before.page("index.html")
		for _, l := range before.languages {
			home.common[l+"/index.html"] = before.page(l + "/index.html")
		}
	}
	return home.common, err
}

// page makes a page of a file. A preview's pages carry its script.
func (b builder) page(name string, content []byte, caching []string) *page {
	if !b.preview || !strings.HasSuffix(name, ".html") {
		return newPage(name, content, caching)
	}
	mark := markOf(content)
	p := newPage(name, injectPreview(content, rootOf("/"+name), &mark), caching)
	p.mark = mark
	return p
}

// output keeps a site as pages of an edition.
type output struct {
	builder
	mu      sync.Mutex
	edition *edition
}

func (o *output) Write(name string, content []byte) error {
	caching := cacheMinute
	switch {
	case strings.HasPrefix(name, "assets/"):
		caching = cacheForever
	case o.preview || isResult(name):
		caching = cacheRevalidate
	}
	p := o.page(name, bytes.Clone(content), caching)
	first, _, _ := strings.Cut(name, "/")
	o.mu.Lock()
	defer o.mu.Unlock()
	if pages := o.edition.pages[first]; pages != nil {
		pages[name] = p
	} else {
		o.edition.common[name] = p
	}
	return nil
}
