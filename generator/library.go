package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/site"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

// library reads a directory of questionnaires, again and again: a file that has not changed is not parsed again.
type library struct {
	dir    string
	files  []*questionnaire // sorted by name
	beside []*neighbour     // sorted by name
	theme  *theme.Theme     // as it was when it last had no problems; never nil once read
}

type questionnaire struct {
	path     string // as the user would write it
	source   []byte
	survey   *survey.Survey // nil if there are problems
	problems survey.Problems
	good     *survey.Survey // the last survey that had none; nil if there was none yet
}

// read returns the surveys that are good, in the order of their ids, and the problems of the others.
func (l *library) read() ([]*survey.Survey, survey.Problems, error) {
	var files []*questionnaire
	for attempt := 0; ; attempt++ {
		paths, err := questionnairePaths(l.dir)
		if empty := new(noQuestionnaires); errors.As(err, &empty) {
			l.files = nil // the last one has gone
		}
		if err != nil {
			return nil, nil, err
		}
		files, err = parseFiles(paths, l.files)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || attempt == listings { // else one has gone since they were listed
			return nil, nil, err
		}
	}
	l.files = files
	look, amiss, err := theme.Read(os.DirFS(l.dir), filepath.Join(l.dir, theme.File))
	switch {
	case err != nil:
		return nil, nil, err
	case look != nil:
		l.theme = look
	case l.theme == nil:
		l.theme = &theme.Theme{}
	}
	paths, err := neighbourPaths(l.dir)
	if err == nil {
		l.beside, err = readNeighbours(paths, l.files, l.beside)
	}
	if err != nil {
		return nil, nil, err
	}
	surveys, problems := collect(l.files)
	return surveys, append(append(problems, problemsBeside(l.beside)...), amiss...), nil
}

// listings is how often a directory is listed again because it changes meanwhile.
const listings = 3

// lastGood returns the surveys as they were when their files last had no problems.
func (l *library) lastGood() []*survey.Survey {
	files := make([]*questionnaire, len(l.files))
	for i, f := range l.files {
		files[i] = &questionnaire{path: f.path, survey: f.good}
	}
	surveys, _ := collect(files)
	return surveys
}

// file finds a file by its path; nil if there is none.
func (l *library) file(path string) *questionnaire {
	for _, f := range l.files {
		if f.path == path {
			return f
		}
	}
	return nil
}

// ids are the surveys that a file is: one, once it has been good. Before, mistakes may keep its id from being read, and
// it may be either the file's name or what stands after "id:".
func (q *questionnaire) ids() []string {
	if q.good != nil {
		return []string{q.good.ID}
	}
	name := filepath.Base(q.path)
	ids := []string{strings.TrimSuffix(name, filepath.Ext(name))}
	if said := idLine.FindSubmatch(q.source); said != nil && string(said[1]) != ids[0] {
		ids = append(ids, string(said[1]))
	}
	return ids
}

var idLine = regexp.MustCompile(`(?m)^id:[ \t]*["']?([a-z][a-z0-9_-]*)`)

// noQuestionnaires says that a directory has none.
type noQuestionnaires struct{ dir string }

func (n *noQuestionnaires) Error() string {
	return n.dir + " has no questionnaires (*.yaml) in it: add one, or name another directory with --surveys DIR"
}

// questionnairePaths lists the questionnaires of a directory, sorted. The error is a *noQuestionnaires if it has none.
func questionnairePaths(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no directory %s: make it and put questionnaires (*.yaml) into it, or name another with --surveys DIR", dir)
	}
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if name := e.Name(); !e.IsDir() && survey.IsQuestionnaire(name) {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	if len(paths) == 0 {
		return nil, &noQuestionnaires{dir}
	}
	return paths, nil
}

// parseFiles parses each file, taking over from known what has not changed.
func parseFiles(paths []string, known []*questionnaire) ([]*questionnaire, error) {
	files := make([]*questionnaire, len(paths))
	before := make(map[string]*questionnaire, len(known))
	for _, q := range known {
		before[q.path] = q
	}
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i, path := range paths {
		workers.Go(func() error {
			source, err := readQuestionnaire(path)
			if err != nil {
				return err
			}
			files[i] = parseAgain(path, source, before[path])
			return nil
		})
	}
	return files, workers.Wait()
}

// readQuestionnaire reads a file, or as much of it as the parser needs to refuse it.
func readQuestionnaire(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 1<<20))
}

func parseAgain(path string, source []byte, before *questionnaire) *questionnaire {
	if before != nil && bytes.Equal(before.source, source) {
		return before
	}
	q := &questionnaire{path: path, source: source}
	q.survey, q.problems = survey.Parse(path, source)
	if len(q.problems) > 0 {
		q.survey = nil
	}
	switch {
	case before == nil || before.good == nil:
		q.good = q.survey
	case q.survey == nil || q.survey.Version == before.good.Version: // a comment, say, has changed: no page has
		q.good = before.good
	default:
		q.good = q.survey
	}
	return q
}

// collect gathers what several files say, and what is wrong between them.
func collect(files []*questionnaire) ([]*survey.Survey, survey.Problems) {
	var surveys []*survey.Survey
	var problems survey.Problems
	from := map[string]string{}
	for _, f := range files {
		problems = append(problems, f.problems...)
		if f.survey == nil {
			continue
		}
		if first, taken := from[f.survey.ID]; taken {
			problems = append(problems, survey.Problem{File: f.path, Line: 1, Column: 1,
				Message: fmt.Sprintf("the id '%s' is already taken by %s: give one of them another id", f.survey.ID, first)})
			continue
		}
		from[f.survey.ID] = f.path
		surveys = append(surveys, f.survey)
	}
	slices.SortFunc(surveys, func(a, b *survey.Survey) int { return strings.Compare(a.ID, b.ID) })
	var conflict *site.Conflict
	for errors.As(site.Check(surveys), &conflict) {
		problems = append(problems, survey.Problem{File: from[conflict.ID], Line: 1, Column: 1, Message: conflict.Error()})
		surveys = slices.DeleteFunc(surveys, func(s *survey.Survey) bool { return s.ID == conflict.ID })
	}
	return surveys, problems
}
