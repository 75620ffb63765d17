package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"glasspoll/internal/console"
	"glasspoll/internal/records"
	"glasspoll/internal/results"
	"glasspoll/internal/survey"
)

// figures are those that a command writes.
type figures struct {
	ID       string // of the survey
	Level    string // one of results.Levels
	Period   string // "" is the last, or all
	Language string // "" is the survey's first
}

// of returns the survey, and the language to write in. It refuses a period without answers, a language that the survey does not
// have, and a level that its results are not for.
func (f figures) of(ctx context.Context, env *environment) (s *survey.Survey, language string, err error) {
	if s, err = records.Definition(ctx, env.store, f.ID); err != nil {
		return nil, "", err
	}
	if f.Period != "" {
		if _, err := records.Periods(ctx, env.store, f.ID, f.Period); err != nil {
			return nil, "", err
		}
	}
	language = cmp.Or(f.Language, s.DefaultLanguage())
	if !s.HasLanguage(language) {
		return nil, "", console.Usagef("--language %s: %s is written in %s", language, f.ID, strings.Join(s.Languages, " and "))
	}
	if slices.Index(results.Levels(), f.Level) < slices.Index(results.Levels(), s.Results.Audience) {
		return nil, "", console.Usagef("--level %s: the results of %s are for %s", f.Level, f.ID, s.Results.Audience)
	}
	return s, language, nil
}
