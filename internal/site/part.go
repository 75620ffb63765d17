package site

import (
	"glasspoll/internal/render"
	"glasspoll/internal/survey"
)

// BuildSurvey writes one survey's pages as Build would, for a site of which only that survey has changed.
func BuildSurvey(s *survey.Survey, renderer *render.Renderer, out Output) error {
	return buildSurvey(s, renderer, out)
}

// BuildHome writes the home page as Build would.
func BuildHome(surveys []*survey.Survey, renderer *render.Renderer, out Output) error {
	return buildHome(surveys, renderer, out)
}
