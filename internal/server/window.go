package server

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"glasspoll/internal/render"
	"glasspoll/internal/site"
	"glasspoll/internal/survey"
)

// inPlace returns the page that is at a path at an instant; nil if there is none. A survey's form and the home pages change at
// the ends of windows, and nothing has to be built in time for that. To authors a form is always open.
func (h *handler) inPlace(e *edition, name string, at time.Time) *page {
	p := e.page(name)
	if p == nil {
		return nil
	}
	dir, isIndex := strings.CutSuffix(name, "index.html")
	if !isIndex {
		return p
	}
	first, _, _ := strings.Cut(name, "/")
	if w := e.windows[first]; w != nil {
		part, phase := w.at(at), survey.Open
		if h.live == nil {
			phase = part.phase
		}
		if form := e.page(dir + render.FormName(phase)); form != nil {
			return part.page(form, at)
		}
		return p
	}
	if h.live != nil {
		return p
	}
	pages, part := e.homes.at(h.builder, e, at)
	if turned := pages[name]; turned != nil {
		p = turned
	}
	return part.page(p, at)
}

// A window is that of some surveys together. Its parts are worked out when one is first wanted.
type window struct {
	surveys []*survey.Survey
	last    atomic.Pointer[part]
}

// A part of a window is the time from one end of a survey's window to the next. In it nothing changes.
type part struct {
	from, until time.Time    // from is where it was looked at first
	ends        bool         // or else until means nothing
	phase       survey.Phase // of the first survey
}

// at returns the part in which an instant is.
func (w *window) at(t time.Time) *part {
	if p := w.last.Load(); p != nil && !t.Before(p.from) && (!p.ends || t.Before(p.until)) {
		return p
	}
	p := &part{from: t}
	p.until, p.ends = survey.NextPhase(w.surveys, t)
	if len(w.surveys) > 0 {
		p.phase = w.surveys[0].PhaseAt(t)
	}
	w.last.Store(p)
	return p
}

// page returns a page that browsers keep until the end of the part, if that comes before the page would expire.
func (p *part) page(whole *page, at time.Time) *page {
	if left := p.until.Sub(at); p.ends && left < time.Minute && whole.caching[0] == cacheMinute[0] {
		short := *whole
		short.caching = []string{fmt.Sprintf("public, max-age=%d", left/time.Second)}
		return &short
	}
	return whole
}

// homes are the home pages of an edition after an end of a window since it was built.
type homes struct {
	window
	mu    sync.Mutex
	built *part            // in which the pages were built
	pages map[string]*page // nil as long as those of the edition are right
}

func newHomes(surveys []*survey.Survey, built time.Time) *homes {
	h := &homes{window: window{surveys: surveys}}
	h.built = h.window.at(built)
	return h
}

// at returns the home pages for an instant, none if those of the edition are right, and the part in which it is.
func (h *homes) at(b builder, e *edition, t time.Time) (map[string]*page, *part) {
	now := h.window.at(t)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.built.ends && !t.Before(h.built.until) {
		turned := &edition{common: map[string]*page{}}
		if err := site.BuildHome(e.surveys, e.renderer, t, &output{builder: b, edition: turned}); err == nil { // else the old ones stay
			h.pages, h.built = turned.common, now
		}
	}
	return h.pages, now
}
