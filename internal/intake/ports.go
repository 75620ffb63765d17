package intake

import (
	"io"

	"glasspoll/internal/answer"
	"glasspoll/internal/render"
	"glasspoll/internal/survey"
)

// Renderer writes what the handler answers with: a *[render.Renderer], or what makes one when it is needed.
type Renderer interface {
	Survey(w io.Writer, s *survey.Survey, p render.SurveyPage) error
	Notice(w io.Writer, p render.NoticePage) error
	Message(language string, p answer.Problem) string
	Match(accept string, among ...string) string
}
