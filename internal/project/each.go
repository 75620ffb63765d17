package project

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/picture"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

// A Source is the file of a questionnaire with its sidecars, as they were read.
type Source struct {
	Name     string // of the file, without its directory
	content  []byte
	path     string
	sidecars []sidecarSource // sorted by path
	demands  Demands
}

type sidecarSource struct {
	path    string
	content []byte
}

// A Key is a hash of everything in the folder that a questionnaire is compiled from, but the theme: questionnaires with equal keys
// under the same theme have the same pages, and neither they nor their sidecars have problems.
type Key [sha256.Size]byte

// Key returns the key of a questionnaire that needs the given files (see [Questionnaire.Needs]), which are read as they are now.
func (s *Source) Key(needs []string) Key {
	sums := make([]need, len(needs))
	for i, name := range needs {
		sums[i] = need{name, sumOf(readPicture(filepath.Dir(s.path), name))}
	}
	return s.key(sums)
}

// A need is a file beside a questionnaire, and the hash of its content or of why it could not be read.
type need struct {
	name string
	sum  [sha256.Size]byte
}

func (s *Source) key(needs []need) Key {
	h := sha256.New()
	flags := byte(0)
	if s.demands.Approved {
		flags |= 1
	}
	if s.demands.IDs {
		flags |= 2
	}
	h.Write([]byte{flags})
	writePart(h, []byte(s.Name))
	writePart(h, s.content)
	for _, part := range s.sidecars {
		writePart(h, []byte(filepath.Base(part.path)))
		writePart(h, part.content)
	}
	h.Write([]byte("needs"))
	for _, n := range needs {
		writePart(h, []byte(n.name))
		h.Write(n.sum[:])
	}
	return Key(h.Sum(nil))
}

// writePart writes a part with its length, so that no two lists of parts are the same bytes.
func writePart(h hash.Hash, part []byte) {
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
	h.Write(part)
}

// needs lists the files beside a questionnaire that it was parsed with, as they were then: pictures, and the file of keys.
func (q *Questionnaire) needs() []need {
	var all []need
	for _, u := range q.pictures {
		all = append(all, need{u.name, u.sum})
	}
	if q.keys.name != "" {
		all = append(all, need{filepath.Base(q.keys.name), q.keys.sum()})
	}
	slices.SortFunc(all, func(a, b need) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(all, func(a, b need) bool { return a.name == b.name })
}

// A Visitor is handed the questionnaires of a directory by [Library.Each], several at a time.
type Visitor struct {
	// Known returns the id and the languages of a questionnaire that need not be parsed; ok is false if it must be. Nil: all must.
	Known func(s *Source) (id string, languages []string, ok bool)

	// Visit takes a questionnaire without problems in it or its sidecars, its key, and the names of the files that it needs. Nil:
	// nobody does.
	Visit func(q *Questionnaire, key Key, needs []string)

	// ThemeIsKnown says that the theme has no problems, so that it is not read unless a questionnaire has a look of its own.
	ThemeIsKnown bool

	// Keep says that the library keeps what it reads, as [Library.Read] does.
	Keep bool
}

// siteTheme returns the theme of the site, and its fingerprint.
type siteTheme func() (*theme.Theme, string)

// fixedTheme is a theme that has been read.
func fixedTheme(t *theme.Theme) siteTheme {
	return sync.OnceValues(func() (*theme.Theme, string) { return t, t.Fingerprint() })
}

// A removedError says that a questionnaire was listed and then could not be found: it was renamed or removed meanwhile, or it is
// a link that leads nowhere. Whoever reads the directory once more finds out.
type removedError struct{ err error }

func (e *removedError) Error() string { return e.err.Error() }
func (e *removedError) Unwrap() error { return e.err }

// maxReadings bounds how often a directory is read because of a removedError.
const maxReadings = 4

// Reread calls what reads a directory with [Library.Each], again if a questionnaire was removed while it was read.
func Reread(read func() error) error {
	for reading := 1; ; reading++ {
		err := read()
		if removed := new(removedError); !errors.As(err, &removed) || reading == maxReadings {
			return err
		}
	}
}

// Each reads the directory, and hands on each questionnaire as soon as it is compiled, so that without Keep the memory it takes does
// not grow with the surveys. It returns the surveys without problems, sorted by id, of which without Keep only ID and Languages are
// set, and the problems of the others. The error is an *EmptyError if there are no questionnaires.
func (l *Library) Each(v Visitor) ([]*survey.Survey, questionnaire.Problems, error) {
	paths, err := questionnairePaths(l.dir)
	if empty := new(EmptyError); errors.As(err, &empty) {
		l.files = nil // the last one was removed
	}
	if err != nil {
		return nil, nil, err
	}
	whole := sync.OnceValues(l.readTheme)
	if !v.ThemeIsKnown {
		if _, err := whole(); err != nil {
			return nil, nil, err
		}
	}
	sidecars, err := sidecarPaths(l.dir)
	if err != nil {
		return nil, nil, err
	}
	e := each{Visitor: v, demands: l.demands, before: l, theme: sync.OnceValues(func() (*theme.Theme, string) {
		v.ThemeIsKnown = false
		if _, err := whole(); err != nil || l.theme == nil { // which is reported below
			l.theme = &theme.Theme{}
		}
		return l.theme, l.theme.Fingerprint()
	})}
	files, found, err := e.read(paths, sidecars)
	if errors.Is(err, fs.ErrNotExist) {
		err = &removedError{err}
	}
	if err != nil {
		return nil, nil, err
	}
	var themeProblems questionnaire.Problems
	if !v.ThemeIsKnown {
		if themeProblems, err = whole(); err != nil {
			return nil, nil, err
		}
	}
	if v.Keep {
		l.files, l.sidecars = files, found
	}
	surveys, problems := collect(files)
	return surveys, slices.Concat(problems, sidecarProblems(found), themeProblems), nil
}

// each reads questionnaires with their sidecars, several at a time.
type each struct {
	Visitor
	demands Demands
	theme   siteTheme
	before  *Library // whose files are taken over if they have not changed
}

// read returns the questionnaires at paths and all sidecars, which belong to these or to none, each sorted by path.
func (e *each) read(paths, sidecars []string) ([]*Questionnaire, []*Sidecar, error) {
	owners := map[string]string{} // paths of questionnaires, without extension: the last of two is that of the sidecars
	for _, path := range paths {
		owners[strings.TrimSuffix(path, filepath.Ext(path))] = path
	}
	beside := map[string][]string{} // paths of sidecars by that of their questionnaire; "" for those without one
	for _, path := range sidecars {
		name, _ := questionnaire.Sidecar(filepath.Base(path))
		owner := owners[filepath.Join(filepath.Dir(path), name)]
		beside[owner] = append(beside[owner], path)
	}
	knownFiles, knownSidecars := map[string]*Questionnaire{}, map[string]*Sidecar{}
	for _, q := range e.before.files {
		knownFiles[q.Path] = q
	}
	for _, s := range e.before.sidecars {
		knownSidecars[s.Path] = s
	}
	files, found := make([]*Questionnaire, len(paths)), make([][]*Sidecar, len(paths)+1)
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i, path := range paths {
		workers.Go(func() (err error) {
			files[i], found[i], err = e.one(path, beside[path], knownFiles[path], knownSidecars)
			return err
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, nil, err
	}
	alone, err := sidecarSources(beside[""])
	if err != nil {
		return nil, nil, err
	}
	for _, part := range alone {
		found[len(paths)] = append(found[len(paths)], parseSidecar(part, nil, knownSidecars[part.path]))
	}
	all := slices.Concat(found...)
	slices.SortFunc(all, func(a, b *Sidecar) int { return strings.Compare(a.Path, b.Path) })
	return files, all, nil
}

// one reads one questionnaire with its sidecars.
func (e *each) one(path string, beside []string, before *Questionnaire, known map[string]*Sidecar) (*Questionnaire, []*Sidecar, error) {
	content, err := readSource(path)
	if err != nil {
		return nil, nil, err
	}
	parts, err := sidecarSources(beside)
	if err != nil {
		return nil, nil, err
	}
	s := &Source{Name: filepath.Base(path), content: content, path: path, sidecars: parts, demands: e.demands}
	if e.Known != nil {
		if id, languages, ok := e.Known(s); ok {
			q := &Questionnaire{Path: path}
			q.keepOnly(id, languages)
			return q, nil, nil
		}
	}
	q := reparse(path, content, before, e.theme)
	e.demands.meet(q)
	var sidecars []*Sidecar
	for _, part := range parts {
		sidecars = append(sidecars, parseSidecar(part, q, known[part.path]))
	}
	markClashes(sidecars)
	if e.Visit != nil && q.Survey != nil && len(sidecarProblems(sidecars)) == 0 {
		needs := q.needs()
		names := make([]string, len(needs))
		for i, n := range needs {
			names[i] = n.name
		}
		e.Visit(q, s.key(needs), names)
	}
	if !e.Keep {
		if q.Survey != nil {
			q.keepOnly(q.Survey.ID, q.Survey.Languages)
		}
		for _, part := range sidecars {
			*part = Sidecar{Path: part.Path, problems: part.problems, clash: part.clash}
		}
	}
	return q, sidecars, nil
}

// sidecarSources reads sidecars. One that is gone was removed after it was listed.
func sidecarSources(paths []string) ([]sidecarSource, error) {
	var parts []sidecarSource
	for _, path := range paths {
		content, err := readSource(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, sidecarSource{path, content})
	}
	return parts, nil
}

// keepOnly drops all of a questionnaire without problems but what tells it from others.
func (q *Questionnaire) keepOnly(id string, languages []string) {
	s := &survey.Survey{ID: strings.Clone(id)}
	for _, l := range languages {
		s.Languages = append(s.Languages, strings.Clone(l))
	}
	*q = Questionnaire{Path: q.Path, Survey: s, good: s}
}

// PictureFiles calls write with each file that the pages of a questionnaire without problems load of its pictures. Those of its
// look are among the look's.
func (q *Questionnaire) PictureFiles(write func(path string, content []byte) error) error {
	for _, u := range q.goodPictures {
		for _, c := range u.copies {
			if err := write(c.Path, c.Content); err != nil {
				return err
			}
		}
	}
	return nil
}

// Look returns the look of a questionnaire without problems; nil if it has that of its site.
func (q *Questionnaire) Look() *theme.Theme { return q.look }

// SiteTheme returns the theme without the looks of surveys, as it was read last.
func (l *Library) SiteTheme() *theme.Theme { return l.theme }

// SketchTheme reads the theme without making the copies of a cover's picture, which takes longer than all else. The fingerprint of
// a sketch changes with that of the theme. It is nil if the theme has problems.
func (l *Library) SketchTheme() (*theme.Theme, error) {
	named := func(content []byte) ([]picture.Copy, error) {
		sum := sha256.Sum256(content)
		return []picture.Copy{{PictureCopy: survey.PictureCopy{Path: string(sum[:])}}}, nil
	}
	t, _, err := theme.ReadWith(os.DirFS(l.dir), filepath.Join(l.dir, theme.File), named)
	return t, err
}
