// Package records reads a store back: for exports, reports, pages and archives. It does not read the author's folder: callers
// pass what is needed from it.
package records

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"glasspoll"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// Definition returns the questionnaire of a survey that is in force. The error names the surveys that there are if there is
// no such one.
func Definition(ctx context.Context, records store.Records, id string) (*survey.Survey, error) {
	s, err := records.Definition(ctx, id, "")
	if !errors.Is(err, store.ErrUnknown) {
		return s, err
	}
	known, err := records.Surveys(ctx)
	if err != nil {
		return nil, err
	}
	if len(known) == 0 {
		return nil, message.Errorf("there is no survey %s here, nor any other: is it the right --data or --table?", id)
	}
	return nil, message.Errorf("there is no survey %s here: there are %s", id, strings.Join(known, ", "))
}

// Periods lists the periods of a survey that have any response; only the given one if period is not "". It is an error if
// that has none.
func Periods(ctx context.Context, log store.Log, id, period string) ([]string, error) {
	periods, err := log.Periods(ctx, id)
	if err != nil || period == "" {
		return periods, err
	}
	if !slices.Contains(periods, period) {
		if len(periods) == 0 {
			return nil, message.Errorf("%s has no answers yet", id)
		}
		return nil, message.Errorf("%s has no answers of %s: there are some of %s", id, period, strings.Join(periods, ", "))
	}
	return []string{period}, nil
}

// CollectedPeriods collects the responses that are not in the log yet, and lists the periods as [Periods] does.
func CollectedPeriods(ctx context.Context, records interface {
	store.Collector
	store.Log
}, id, period string) ([]string, error) {
	var given []string
	if period != "" {
		given = []string{period}
	}
	if err := records.Collect(ctx, id, given...); err != nil {
		return nil, err
	}
	return Periods(ctx, records, id, period)
}

// definitions finds a survey's definitions by version, each once. It may be used by one goroutine.
type definitions struct {
	store store.Definitions
	id    string
	known map[string]*survey.Survey
}

func (d *definitions) version(ctx context.Context, version string) (*survey.Survey, error) {
	if s := d.known[version]; s != nil {
		return s, nil
	}
	s, err := d.store.Definition(ctx, d.id, version)
	if err != nil {
		return nil, message.Errorf("version %s of %s: %w", version, d.id, err)
	}
	if d.known == nil {
		d.known = map[string]*survey.Survey{}
	}
	d.known[version] = s
	return s, nil
}

// templates returns the folder of the templates and wording of exports and reports.
func templates() fs.FS {
	sub, err := fs.Sub(glasspoll.Templates(), "report")
	if err != nil {
		panic(err) // report/ is embedded
	}
	return sub
}

// Words returns the wording of exports in a language, or, if that is "", in a survey's first.
func Words(language string, s *survey.Survey) (*wording.Words, error) {
	catalog, err := wording.Load(templates())
	if err != nil {
		return nil, err
	}
	if language == "" {
		language = s.DefaultLanguage()
	}
	return catalog.In(language), nil
}
