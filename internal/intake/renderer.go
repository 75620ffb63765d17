package intake

import (
	"io"

	"glasspoll/internal/answer"
	"glasspoll/internal/render"
	"glasspoll/internal/survey"
)

// Renderer writes the pages and texts of replies. *[render.Renderer] implements it.
type Renderer interface {
	Survey(w io.Writer, s *survey.Survey, p render.SurveyPage) error
	Thanks(w io.Writer, s *survey.Survey, p render.ThanksPage) error
	Withdraw(w io.Writer, s *survey.Survey, p render.WithdrawPage) error
	Notice(w io.Writer, p render.NoticePage) error
	Message(language string, p answer.Problem) string
	WorkScript() string
	Match(accept string, among ...string) string
}
