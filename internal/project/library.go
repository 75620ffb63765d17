// Package project reads the author's folder: questionnaires with their sidecars, the theme, and templates.
package project

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"glasspoll/internal/message"
	"glasspoll/internal/picture"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/site"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

// Library is a directory of questionnaires. It may be read again and again: a file that has not changed is not parsed
// again. It may be used by one goroutine at a time.
type Library struct {
	dir      string
	demands  Demands
	files    []*Questionnaire // sorted by path
	sidecars []*Sidecar       // sorted by path
	theme    *theme.Theme     // the last that had no problems; nil until the first Read
	covers   coverCopies      // of the theme's
}

// Questionnaire is one file of a library.
type Questionnaire struct {
	Path     string // as the user would write it
	Source   []byte
	Survey   *survey.Survey // nil if there are problems
	Problems questionnaire.Problems

	good         *survey.Survey // the last survey without problems; nil if there has been none
	pictures     []*pictureUse  // that the source names
	goodPictures []*pictureUse  // that good names
	look         *theme.Theme   // of good; nil for the site's
	under        string         // fingerprint of the site's theme that look is made with
	keys         keysFile       // of an anonymous survey
}

// NewLibrary returns a library of a directory, which is not read yet.
func NewLibrary(dir string) *Library { return &Library{dir: dir} }

// Read reads the directory. It returns the surveys without problems, sorted by id, and the problems of the others. The
// error is an *EmptyError if there are no questionnaires.
func (l *Library) Read() (surveys []*survey.Survey, problems questionnaire.Problems, err error) {
	err = Reread(func() (err error) {
		surveys, problems, err = l.Each(Visitor{Keep: true})
		return err
	})
	return surveys, problems, err
}

func (l *Library) readTheme() (questionnaire.Problems, error) {
	read, problems, err := theme.ReadWith(os.DirFS(l.dir), filepath.Join(l.dir, theme.File), l.covers.copies)
	switch {
	case err != nil:
		return nil, err
	case read != nil:
		l.theme = read
	case l.theme == nil:
		l.theme = &theme.Theme{}
	}
	return problems, nil
}

// coverCopies remembers the copies of one picture, which take longer to make than all else.
type coverCopies struct {
	sum   [sha256.Size]byte
	known []picture.Copy
}

func (c *coverCopies) copies(content []byte) ([]picture.Copy, error) {
	if sum := sha256.Sum256(content); c.known == nil || sum != c.sum {
		known, err := picture.Copies(content, survey.OnCover)
		if err != nil {
			return nil, err
		}
		c.sum, c.known = sum, known
	}
	return c.known, nil
}

// LastGood returns each survey as it was when its file last had no problems, sorted by id.
func (l *Library) LastGood() []*survey.Survey {
	files := make([]*Questionnaire, len(l.files))
	for i, f := range l.files {
		files[i] = &Questionnaire{Path: f.Path, Survey: f.good}
	}
	surveys, _ := collect(files)
	return surveys
}

// Questionnaires returns the files that were read last, sorted by path.
func (l *Library) Questionnaires() []*Questionnaire { return l.files }

// Sidecars returns the sidecars that were read last, sorted by path.
func (l *Library) Sidecars() []*Sidecar { return l.sidecars }

// Theme returns the theme as it was when it last had no problems, with the looks of the last good surveys; nil if the directory
// has not been read.
func (l *Library) Theme() *theme.Theme {
	if l.theme == nil {
		return nil
	}
	t := *l.theme
	t.Looks = map[string]*theme.Theme{}
	for _, q := range l.files {
		if q.good != nil && q.look != nil {
			t.Looks[q.good.ID] = q.look
		}
	}
	return &t
}

// File finds a questionnaire by its path; nil if there is none.
func (l *Library) File(path string) *Questionnaire {
	for _, f := range l.files {
		if f.Path == path {
			return f
		}
	}
	return nil
}

// Find finds the questionnaire whose last good survey has an id; nil if there is none.
func (l *Library) Find(id string) *Questionnaire {
	for _, f := range l.files {
		if f.good != nil && f.good.ID == id {
			return f
		}
	}
	return nil
}

// WasGood reports whether the questionnaire has ever been read without problems.
func (q *Questionnaire) WasGood() bool { return q.good != nil }

// IDs returns the ids that the survey of a file may have: one, once it has been read without problems. Until then,
// mistakes may keep the id from being read, and it may be either the file's name or what follows "id:".
func (q *Questionnaire) IDs() []string {
	if q.good != nil {
		return []string{q.good.ID}
	}
	name := filepath.Base(q.Path)
	ids := []string{strings.TrimSuffix(name, filepath.Ext(name))}
	if m := idLine.FindSubmatch(q.Source); m != nil && string(m[1]) != ids[0] {
		ids = append(ids, string(m[1]))
	}
	return ids
}

var idLine = regexp.MustCompile(`(?m)^id:[ \t]*["']?([a-z][a-z0-9_-]*)`)

// EmptyError says that a directory has no questionnaires.
type EmptyError struct{ Dir string }

func (e *EmptyError) Error() string { return e.Message().String() }

// Message returns the text of the error.
func (e *EmptyError) Message() message.Text {
	return message.New("%s has no questionnaires (*.yaml) in it: add one, or name another directory with --surveys DIR", e.Dir)
}

// Check returns an error if a directory cannot be read or has no questionnaires.
func Check(dir string) error {
	_, err := questionnairePaths(dir)
	return err
}

// questionnairePaths lists the questionnaires of a directory, sorted. The error is an *EmptyError if there are none.
func questionnairePaths(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, message.Errorf("there is no directory %s: make it and put questionnaires (*.yaml) into it, or name another with --surveys DIR", dir)
	}
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if name := e.Name(); !e.IsDir() && questionnaire.IsFile(name) {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	if len(paths) == 0 {
		return nil, &EmptyError{dir}
	}
	return paths, nil
}

// maxSource is more than the parser takes: of a longer file, this much is read, which the parser refuses.
const maxSource = 1 << 20

func readSource(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var content bytes.Buffer
	if info, err := f.Stat(); err == nil {
		content.Grow(int(min(info.Size(), maxSource)) + bytes.MinRead) // so that it is read at once
	}
	_, err = content.ReadFrom(io.LimitReader(f, maxSource))
	return content.Bytes(), err
}

// Parse parses one questionnaire of a site with a theme.
func Parse(path string, source []byte, of *theme.Theme) *Questionnaire {
	return reparse(path, source, nil, fixedTheme(of))
}

// reparse parses a questionnaire, or returns before if neither its source nor its pictures and keys have changed, nor the site's
// theme under its own.
func reparse(path string, source []byte, before *Questionnaire, of siteTheme) *Questionnaire {
	if before != nil && bytes.Equal(before.Source, source) && before.isUnder(of) && !before.picturesChanged() && !before.keys.changed() {
		return before
	}
	q := &Questionnaire{Path: path, Source: source}
	pictures := pictureReader{dir: filepath.Dir(path)}
	if before != nil {
		pictures.known = slices.Concat(before.pictures, before.goodPictures)
	}
	var look *theme.Theme
	q.Survey, q.Problems = questionnaire.ParseWith(path, source, questionnaire.Files{Picture: pictures.read, Theme: func(own *survey.Theme) (faults []questionnaire.ThemeFault) {
		site, under := of()
		q.under = under
		pictures.watch(own.Logo)
		pictures.watch(own.LogoDark)
		look, faults = site.For(own, os.DirFS(pictures.dir))
		return faults
	}, Keys: func(id string) (*survey.Keys, error) { return q.keys.read(pictures.dir, id) }})
	q.pictures = pictures.uses
	if len(q.Problems) > 0 {
		q.Survey = nil
	}
	switch {
	case before == nil || before.good == nil:
		q.good = q.Survey
	case q.Survey == nil || q.Survey.Version == before.good.Version: // only a comment, say, has changed: no page has
		q.good = before.good
	default:
		q.good = q.Survey
	}
	switch {
	case q.Survey != nil:
		q.goodPictures, q.look = q.pictures, look
	case before != nil:
		q.goodPictures, q.look = before.goodPictures, before.look
	}
	return q
}

// isUnder reports whether the questionnaire was parsed under a site's theme, if it depends on that.
func (q *Questionnaire) isUnder(of siteTheme) bool {
	if q.under == "" {
		return true
	}
	_, under := of()
	return q.under == under
}

// collect returns the surveys of several files, sorted by id, and the problems of each file and between them.
func collect(files []*Questionnaire) ([]*survey.Survey, questionnaire.Problems) {
	var surveys []*survey.Survey
	var problems questionnaire.Problems
	from := map[string]string{} // paths by id
	for _, f := range files {
		problems = append(problems, f.Problems...)
		if f.Survey == nil {
			continue
		}
		if first, taken := from[f.Survey.ID]; taken {
			problems = append(problems, questionnaire.Problem{File: f.Path, Line: 1, Column: 1,
				Message: message.New("the id '%s' is already taken by %s: give one of them another id", f.Survey.ID, first)})
			continue
		}
		from[f.Survey.ID] = f.Path
		surveys = append(surveys, f.Survey)
	}
	slices.SortFunc(surveys, func(a, b *survey.Survey) int { return strings.Compare(a.ID, b.ID) })
	var conflict *site.Conflict
	for errors.As(site.Check(surveys), &conflict) {
		problems = append(problems, questionnaire.Problem{File: from[conflict.ID], Line: 1, Column: 1, Message: conflict.Message()})
		surveys = slices.DeleteFunc(surveys, func(s *survey.Survey) bool { return s.ID == conflict.ID })
	}
	return surveys, problems
}
