package project

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"

	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// Sidecar is a file that belongs to a questionnaire: NAME.actions.yaml or NAME.quotes.yaml beside NAME.yaml.
type Sidecar struct {
	Path    string
	Kind    string // questionnaire.ActionsFile or QuotesFile
	Source  []byte
	Survey  *survey.Survey // that it was parsed for; nil if it was not parsed
	Entries survey.Actions // of its kind; none if there are problems

	questionnaire *Questionnaire // nil: there is none
	problems      questionnaire.Problems
	clash         questionnaire.Problems // another file is the same questionnaire's sidecar of this kind
	good          survey.Actions         // the last entries without problems
}

// Problems returns the problems of the file itself and with other files.
func (s *Sidecar) Problems() questionnaire.Problems { return slices.Concat(s.problems, s.clash) }

// IDs returns the ids that the survey of the sidecar's questionnaire may have; none if there is no questionnaire.
func (s *Sidecar) IDs() []string {
	if s.questionnaire == nil {
		return nil
	}
	return s.questionnaire.IDs()
}

// sidecarPaths lists the sidecars of a directory, sorted.
func sidecarPaths(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if _, kind := questionnaire.Sidecar(e.Name()); kind != "" && !e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}

// markClashes finds sidecars of one kind that belong to the same questionnaire.
func markClashes(all []*Sidecar) {
	for i, s := range all {
		for _, first := range all[:i] {
			if s.questionnaire != nil && s.questionnaire == first.questionnaire && s.Kind == first.Kind {
				s.clash = questionnaire.Problems{{File: s.Path, Line: 1, Column: 1, Message: message.New("%s belongs to the same questionnaire: keep one of the two", first.Path)}}
			}
		}
	}
}

// parseSidecar parses a sidecar of a questionnaire, nil if there is none, or takes the result from before if neither of the two has
// changed.
func parseSidecar(from sidecarSource, of *Questionnaire, before *Sidecar) *Sidecar {
	path, source := from.path, from.content
	name, kind := questionnaire.Sidecar(filepath.Base(path))
	s := &Sidecar{Path: path, Kind: kind, Source: source, questionnaire: of}
	if before != nil {
		s.good = before.good
	}
	switch {
	case s.questionnaire == nil:
		s.problems = questionnaire.Problems{{File: path, Line: 1, Column: 1,
			Message: message.New("there is no questionnaire %s.yaml beside it: give it the name of its questionnaire, as in service.%s.yaml beside service.yaml", name, kind)}}
		s.good = survey.Actions{}
		return s
	case s.questionnaire.Survey == nil: // its problems come first
		return s
	case before != nil && before.Survey == s.questionnaire.Survey && before.Kind == kind && bytes.Equal(before.Source, source):
		s.Survey, s.Entries, s.problems = before.Survey, before.Entries, before.problems
		return s
	}
	s.Survey = s.questionnaire.Survey
	if kind == questionnaire.ActionsFile {
		s.Entries.Measures, s.problems = questionnaire.ParseMeasures(path, source, s.Survey)
	} else {
		s.Entries.Quotes, s.problems = questionnaire.ParseQuotes(path, source, s.Survey)
	}
	if len(s.problems) == 0 {
		s.good = s.Entries
	}
	return s
}

func sidecarProblems(all []*Sidecar) questionnaire.Problems {
	var problems questionnaire.Problems
	for _, s := range all {
		problems = append(problems, s.Problems()...)
	}
	return problems
}

// Actions returns the measures and quotes of each survey, by its id, as they were when its sidecars last had no problems.
func (l *Library) Actions() map[string]survey.Actions {
	all := map[string]survey.Actions{}
	for _, s := range l.sidecars {
		if s.questionnaire == nil || s.questionnaire.good == nil || s.clash != nil {
			continue
		}
		id := s.questionnaire.good.ID
		a := all[id]
		a.Measures = append(a.Measures, s.good.Measures...)
		a.Quotes = append(a.Quotes, s.good.Quotes...)
		all[id] = a
	}
	return all
}

// CurrentActions holds the measures and quotes of all surveys, as they were read last. It may be used concurrently.
type CurrentActions struct {
	all atomic.Pointer[map[string]survey.Actions]
}

// Actions returns the measures and quotes of a survey.
func (c *CurrentActions) Actions(_ context.Context, id string) (survey.Actions, error) {
	if all := c.all.Load(); all != nil {
		return (*all)[id], nil
	}
	return survey.Actions{}, nil
}

// Replace takes the measures and quotes of all surveys, by id, and returns the ids of those that have changed, sorted.
func (c *CurrentActions) Replace(all map[string]survey.Actions) (changed []string) {
	var before map[string]survey.Actions
	if p := c.all.Swap(&all); p != nil {
		before = *p
	}
	for id, a := range all {
		if !reflect.DeepEqual(before[id], a) {
			changed = append(changed, id)
		}
	}
	for id := range before {
		if _, ok := all[id]; !ok {
			changed = append(changed, id)
		}
	}
	slices.Sort(changed)
	return changed
}
