package gateway

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

// pages creates the renderer when the first page is needed: most submissions are answered with a redirect, and parsing the
// templates would take most of a cold start.
type pages struct {
	readAssets func(context.Context) (assets render.Assets, known bool, err error)
	log        *slog.Logger

	mu       sync.Mutex
	renderer *render.Renderer
	assets   render.Assets
}

// forTexts returns a renderer with any assets, for texts, which need none.
func (p *pages) forTexts() *render.Renderer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.renderer == nil {
		r, err := render.New(glasspoll.Pages(), p.assets)
		if err != nil {
			panic(fmt.Sprintf("built with faulty templates: %v", err)) // a test checks them
		}
		p.renderer = r
	}
	return p.renderer
}

// current returns a renderer with the current assets of the site. If they cannot be read, pages have no style but are complete.
func (p *pages) current(ctx context.Context) *render.Renderer {
	assets, known, err := p.readAssets(ctx)
	if err != nil || !known {
		p.log.Warn("the site's assets are not known", "error", err)
		return p.forTexts()
	}
	r := p.forTexts()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.assets.Equal(assets) {
		p.renderer, p.assets = r.With(assets), assets
	}
	return p.renderer
}

// renderer implements [intake.Renderer] for one request.
type renderer struct {
	ctx   context.Context
	pages *pages
}

func (r renderer) Survey(w io.Writer, s *survey.Survey, p render.SurveyPage) error {
	return r.pages.current(r.ctx).Survey(w, s, p)
}

func (r renderer) Thanks(w io.Writer, s *survey.Survey, p render.ThanksPage) error {
	return r.pages.current(r.ctx).Thanks(w, s, p)
}

func (r renderer) Withdraw(w io.Writer, s *survey.Survey, p render.WithdrawPage) error {
	return r.pages.current(r.ctx).Withdraw(w, s, p)
}

func (r renderer) Notice(w io.Writer, p render.NoticePage) error {
	return r.pages.current(r.ctx).Notice(w, p)
}

func (r renderer) WorkScript() string { return r.pages.current(r.ctx).WorkScript() }

func (r renderer) Message(language string, p answer.Problem) string {
	return r.pages.forTexts().Message(language, p)
}

func (r renderer) Match(accept string, among ...string) string {
	return r.pages.forTexts().Match(accept, among...)
}
