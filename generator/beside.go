package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"

	"glasspoll/internal/survey"
)

// neighbour is a file that stands beside a questionnaire: NAME.actions.yaml or NAME.quotes.yaml beside NAME.yaml.
type neighbour struct {
	path     string
	kind     string // survey.ActionsFile or QuotesFile
	source   []byte
	of       *questionnaire // nil: there is none
	survey   *survey.Survey // that it was read for; nil if it was not read
	entries  survey.Actions // of its kind; none if there are problems
	problems survey.Problems
	clash    survey.Problems // another file stands beside the same questionnaire
	good     survey.Actions  // the last entries that had none
}

// neighbourPaths lists the files of a directory that stand beside questionnaires, sorted.
func neighbourPaths(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if _, kind := survey.Beside(e.Name()); kind != "" && !e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}

// readNeighbours reads the files that stand beside questionnaires, taking over from known what has not changed.
func readNeighbours(paths []string, files []*questionnaire, known []*neighbour) ([]*neighbour, error) {
	var all []*neighbour
	for _, path := range paths {
		source, err := readQuestionnaire(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone since it was listed
		}
		if err != nil {
			return nil, err
		}
		var before *neighbour
		if i := slices.IndexFunc(known, func(n *neighbour) bool { return n.path == path }); i >= 0 {
			before = known[i]
		}
		all = append(all, readNeighbour(path, source, files, before))
	}
	for i, n := range all {
		for _, first := range all[:i] {
			if n.of != nil && n.of == first.of && n.kind == first.kind {
				n.clash = survey.Problems{{File: n.path, Line: 1, Column: 1, Message: fmt.Sprintf("%s stands beside the same questionnaire: keep one of the two", first.path)}}
			}
		}
	}
	return all, nil
}

func readNeighbour(path string, source []byte, files []*questionnaire, before *neighbour) *neighbour {
	name, kind := survey.Beside(filepath.Base(path))
	n := &neighbour{path: path, kind: kind, source: source}
	for _, f := range files {
		if strings.TrimSuffix(f.path, filepath.Ext(f.path)) == filepath.Join(filepath.Dir(path), name) {
			n.of = f
		}
	}
	if before != nil {
		n.good = before.good
	}
	switch {
	case n.of == nil:
		n.problems = survey.Problems{{File: path, Line: 1, Column: 1,
			Message: fmt.Sprintf("there is no questionnaire %s.yaml beside it: give it the name of its questionnaire, as in service.%s.yaml beside service.yaml", name, kind)}}
		n.good = survey.Actions{}
		return n
	case n.of.survey == nil: // its problems come first
		return n
	case before != nil && before.survey == n.of.survey && before.kind == kind && bytes.Equal(before.source, source):
		n.survey, n.entries, n.problems = before.survey, before.entries, before.problems
		return n
	}
	n.survey = n.of.survey
	if kind == survey.ActionsFile {
		n.entries.Measures, n.problems = survey.ParseMeasures(path, source, n.survey)
	} else {
		n.entries.Quotes, n.problems = survey.ParseQuotes(path, source, n.survey)
	}
	if len(n.problems) == 0 {
		n.good = n.entries
	}
	return n
}

// problemsBeside gathers what is wrong with neighbours.
func problemsBeside(all []*neighbour) survey.Problems {
	var problems survey.Problems
	for _, n := range all {
		problems = append(append(problems, n.problems...), n.clash...)
	}
	return problems
}

// actions are what stands beside each survey, by its id, as it was when its files last had no problems.
func (l *library) actions() map[string]survey.Actions {
	all := map[string]survey.Actions{}
	for _, n := range l.beside {
		if n.of == nil || n.of.good == nil || n.clash != nil {
			continue
		}
		a := all[n.of.good.ID]
		a.Measures = append(a.Measures, n.good.Measures...)
		a.Quotes = append(a.Quotes, n.good.Quotes...)
		all[n.of.good.ID] = a
	}
	return all
}

// shelf holds what stands beside questionnaires, as it was read last, for the publisher.
type shelf struct {
	current atomic.Pointer[map[string]survey.Actions]
}

// Actions implements store.Sidecars.
func (s *shelf) Actions(_ context.Context, id string) (survey.Actions, error) {
	if all := s.current.Load(); all != nil {
		return (*all)[id], nil
	}
	return survey.Actions{}, nil
}

// describe says what is in the file.
func (n *neighbour) describe() string {
	if n.kind == survey.QuotesFile {
		return count(len(n.entries.Quotes), "quote")
	}
	return count(len(n.entries.Measures), "measure")
}

// extensions of YAML files.
var extensions = []string{".yaml", ".yml"}

// questionnaireOf finds the questionnaire beside which a file stands; "" if there is none.
func questionnaireOf(path string) string {
	name, _ := survey.Beside(filepath.Base(path))
	return firstThere(filepath.Join(filepath.Dir(path), name))
}

// neighboursOf finds the files that stand beside a questionnaire.
func neighboursOf(path string) []string {
	var found []string
	for _, kind := range []string{survey.ActionsFile, survey.QuotesFile} {
		for _, extension := range extensions {
			if name := strings.TrimSuffix(path, filepath.Ext(path)) + "." + kind + extension; exists(name) {
				found = append(found, name)
			}
		}
	}
	return found
}

func firstThere(stem string) string {
	for _, extension := range extensions {
		if exists(stem + extension) {
			return stem + extension
		}
	}
	return ""
}

// put replaces what is on the shelf, and returns the surveys for which that is something else.
func (s *shelf) put(all map[string]survey.Actions) (changed []string) {
	var before map[string]survey.Actions
	if p := s.current.Swap(&all); p != nil {
		before = *p
	}
	for id, a := range all {
		if !reflect.DeepEqual(before[id], a) {
			changed = append(changed, id)
		}
	}
	for id := range before {
		if _, still := all[id]; !still {
			changed = append(changed, id)
		}
	}
	slices.Sort(changed)
	return changed
}
