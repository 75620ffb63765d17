package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/render"
	"glasspoll/internal/survey"
)

// pages makes the renderer when first a page is needed: most submissions are answered by a redirection, and parsing the
// templates is the most of a start.
type pages struct {
	known func(context.Context) (assets render.Assets, known bool, err error)
	log   *slog.Logger

	mu       sync.Mutex
	renderer *render.Renderer
	assets   render.Assets
}

// words is the renderer for what needs no assets.
func (p *pages) words() *render.Renderer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.renderer == nil {
		r, err := render.New(glasspoll.Pages(), p.assets)
		if err != nil {
			panic(fmt.Sprintf("built with faulty templates: %v", err)) // a test holds that they are not
		}
		p.renderer = r
	}
	return p.renderer
}

// current is the renderer for the assets that the site has now. Without them pages are plain, but they are there.
func (p *pages) current(ctx context.Context) *render.Renderer {
	assets, known, err := p.known(ctx)
	if err != nil || !known {
		p.log.Warn("the site's assets are not known", "error", err)
		return p.words()
	}
	r := p.words()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.assets.Equal(assets) {
		p.renderer, p.assets = r.With(assets), assets
	}
	return p.renderer
}

// renderer is [intake.Renderer] within one request.
type renderer struct {
	ctx   context.Context
	pages *pages
}

func (r renderer) Survey(w io.Writer, s *survey.Survey, p render.SurveyPage) error {
	return r.pages.current(r.ctx).Survey(w, s, p)
}

func (r renderer) Notice(w io.Writer, p render.NoticePage) error {
	return r.pages.current(r.ctx).Notice(w, p)
}

func (r renderer) Message(language string, p answer.Problem) string {
	return r.pages.words().Message(language, p)
}

func (r renderer) Match(accept string, among ...string) string {
	return r.pages.words().Match(accept, among...)
}
