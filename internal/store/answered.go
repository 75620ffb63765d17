package store

import (
	"context"
	"errors"
	"time"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
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

// Fold folds an entry into a tally, by the questionnaire that it answers, in a log where some responses are settled.
func (a *Answered) Fold(ctx context.Context, t *tally.Tally, settled Settled, e Entry) error {
	answered, err := a.Survey(ctx, e.Response.Version)
	if err != nil {
		return err
	}
	settled.Fold(t, answered, e)
	return nil
}

// Forms returns the questionnaires of parts, by their shapes, given a version of each. A part whose version is not known, or
// has another shape today, has none.
func (a *Answered) Forms(ctx context.Context, versions map[string]string) (map[string]*survey.Survey, error) {
	forms := make(map[string]*survey.Survey, len(versions))
	for shape, version := range versions {
		s, err := a.Survey(ctx, version)
		if err != nil {
			return nil, err
		}
		if s != nil && s.Shape == shape {
			forms[shape] = s
		}
	}
	return forms, nil
}
