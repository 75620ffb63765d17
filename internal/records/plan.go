package records

import (
	"bytes"

	"glasspoll"
	"glasspoll/internal/render"
	"glasspoll/internal/survey"
)

// Plan returns the plan of a survey, which must have one, as an HTML page that stands alone. Without a style it has the
// design's own.
func Plan(s *survey.Survey, language, style string) ([]byte, error) {
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		return nil, err
	}
	if style == "" {
		if style, err = render.Stylesheet(glasspoll.Templates(), "tokens.css", "page.css", "document.css"); err != nil {
			return nil, err
		}
	}
	var page bytes.Buffer
	err = renderer.Plan(&page, s, render.PlanPage{CompanionPage: render.CompanionPage{Language: language}, Alone: &render.AloneStyle{Style: style}})
	return page.Bytes(), err
}
