package intake

import (
	"context"
	"errors"
	"io"

	"glasspoll/internal/answer"
	"glasspoll/internal/render"
	"glasspoll/internal/survey"
)

// Definitions finds compiled questionnaires.
type Definitions interface {
	// Definition returns a survey in the given version, or in the one in force if version is "".
	// The survey is shared and read only. The error is ErrUnknown if there is no such survey or version.
	Definition(ctx context.Context, id, version string) (*survey.Survey, error)
}

// Responses takes answers. It cannot give one back.
type Responses interface {
	// Put stores a response, unless its id is taken in its period, and returns only when it is durable. It stamps the
	// response's arrival. If the id is taken, by the same answers Put returns false and no error, by others
	// ErrConflict. The same holds for each id in also, looked up in the period beside it: such a response is another
	// form of this one. ErrTooLarge says that it can never be stored. Any other error means: not known to be stored, try
	// again.
	Put(ctx context.Context, r answer.Response, also ...Key) (created bool, err error)
}

// Renderer writes what the handler answers with: a *[render.Renderer], or what makes one when it is needed.
type Renderer interface {
	Survey(w io.Writer, s *survey.Survey, p render.SurveyPage) error
	Notice(w io.Writer, p render.NoticePage) error
	Message(language string, p answer.Problem) string
	Match(accept string, among ...string) string
}

// Key names a stored response of the same survey.
type Key struct{ Period, ID string }

// ErrUnknown says that there is no such survey, or no such version of it.
var ErrUnknown = errors.New("no such survey")

// ErrTooLarge says that the answers are more than can be stored of one respondent.
var ErrTooLarge = errors.New("more than can be stored of one respondent")

// ErrConflict says that an id is taken by other answers.
var ErrConflict = errors.New("this id has been used for other answers")
