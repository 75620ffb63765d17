package store

import (
	"context"
	"errors"
	"time"

	"glasspoll/internal/survey"
)

// Day returns the day of the arrival in the timezone of the questionnaire that was answered; in UTC if that is not known.
func (e Entry) Day(answered *survey.Survey) string {
	location := time.UTC
	if answered != nil {
		location = answered.Location()
	}
	return e.Arrived.In(location).Format(time.DateOnly)
}

// Answered finds the questionnaires that the responses of a survey were answered under, each once. It is for one goroutine.
type Answered struct {
	definitions Definitions
	survey      string
	known       map[string]*survey.Survey // by version; nil: unknown
}

// NewAnswered returns one that knows some questionnaires of the survey already.
func NewAnswered(d Definitions, id string, known ...*survey.Survey) *Answered {
	a := &Answered{d, id, map[string]*survey.Survey{}}
	for _, s := range known {
		a.known[s.Version] = s
	}
	return a
}

// Survey returns the survey in a version; nil if there is none.
func (a *Answered) Survey(ctx context.Context, version string) (*survey.Survey, error) {
	if s, known := a.known[version]; known || version == "" {
		return s, nil
	}
	s, err := a.definitions.Definition(ctx, a.survey, version)
	switch {
	case errors.Is(err, ErrUnknown):
		s = nil
	case err != nil:
		return nil, err
	}
	a.known[version] = s
	return s, nil
}
