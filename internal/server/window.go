package server

import (
	"fmt"
	"strings"
	"sync"
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
	first, _, _ := strings.Cut(name, "/")
	if s := e.survey(first); s != nil {
		dir, isForm := strings.CutSuffix(name, "index.html")
		phase := s.PhaseAt(at)
		if h.live != nil {
			phase = survey.Open
		}
		form := e.page(dir + render.FormName(phase))
		if !isForm || form == nil {
			return p
		}
		return untilNext(form, []*survey.Survey{s}, at)
	}
	if !strings.HasSuffix(name, "index.html") || h.live != nil {
		return p
	}
	if turned := e.homes.at(h.builder, e, at)[name]; turned != nil {
		p = turned
	}
	return untilNext(p, e.surveys, at)
}

// untilNext returns a page that browsers keep until the next end of a window, if that comes before the page would expire.
func untilNext(p *page, surveys []*survey.Survey, at time.Time) *page {
	next, ok := survey.NextPhase(surveys, at)
	if left := next.Sub(at); ok && left < time.Minute && p.caching == cacheMinute {
		short := *p
		short.caching = fmt.Sprintf("public, max-age=%d", left/time.Second)
		return &short
	}
	return p
}

// homes are the home pages of an edition after an end of a window since it was built.
type homes struct {
	mu    sync.Mutex
	built time.Time        // when the pages were
	pages map[string]*page // nil as long as those of the edition are right
}

// at returns the home pages for an instant; none if those of the edition are right.
func (c *homes) at(b builder, e *edition, at time.Time) map[string]*page {
	c.mu.Lock()
	defer c.mu.Unlock()
	if next, ok := survey.NextPhase(e.surveys, c.built); !ok || at.Before(next) {
		return c.pages
	}
	turned := &edition{common: map[string]*page{}}
	if err := site.BuildHome(e.surveys, e.renderer, at, &output{builder: b, edition: turned}); err == nil { // else the old ones stay
		c.pages, c.built = turned.common, at
	}
	return c.pages
}
