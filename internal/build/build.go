// Package build makes a site in a directory from an author's folder, and draws only what has changed since the site was built last.
// The result is byte for byte what a build into an empty directory makes.
//
// Beside the site there is a record of what was drawn from what: for each survey a hash of all that its pages follow from (the
// questionnaire, its sidecars, the pictures and keys that it names, what is demanded of it), a hash of what all pages follow from
// (the program with what is embedded in it, the templates, the theme), and the files that were written, with a stamp of their
// sizes and times. A survey is left alone if both hashes are the same, the window of the survey is in the same phase, and its files
// have the same stamp. So a file that somebody has changed, replaced or removed is drawn again, and a record that is missing,
// damaged, of another program or of another directory means that everything is. Questionnaires with problems are never in the
// record, so that their problems are found in each build.
//
// A questionnaire is compiled, drawn and dropped before others are read; of each survey, what the home page shows is kept.
package build

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/message"
	"glasspoll/internal/project"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/site"
	"glasspoll/internal/staging"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

// Options say what is built, and where.
type Options struct {
	Surveys   string // directory of questionnaires
	Templates string // directory of templates in place of the built-in ones of the same name; "" for none
	Out       string // directory of the site
	Demands   project.Demands
	Now       time.Time // decides which surveys are open
	Keep      bool      // all questionnaires are compiled, and kept in the result
	Waiting   func()    // called if another build has the directory, before waiting for it
}

// A Result is a site that has been built.
type Result struct {
	Paths   []string // of all files, sorted
	Changed int      // how many files are new or have another content than before
	Drawn   int      // how many surveys were drawn
	Count   int      // how many there are

	// With Keep:
	Library  *project.Library
	Surveys  []*survey.Survey // sorted by id
	Renderer *render.Renderer // of pages that are not part of the site
	Assets   render.Assets    // that they link to
}

// Run builds a site. If there are problems, or after an error, nothing in the directory has changed.
func Run(o Options) (result *Result, problems questionnaire.Problems, err error) {
	err = project.Reread(func() (err error) {
		result, problems, err = run(o)
		return err
	})
	return result, problems, err
}

func run(o Options) (*Result, questionnaire.Problems, error) {
	if err := project.Check(o.Surveys); err != nil {
		return nil, nil, err
	}
	b := &builder{Options: o, library: project.NewLibraryFor(o.Demands, o.Surveys), before: decodeRecord(nil), now: map[string]*entry{}}
	var err error
	if b.templates, err = project.Templates(o.Templates); err != nil {
		b.fail(err)
	} else if b.folder, err = staging.Open(o.Out, o.Waiting); err != nil {
		b.fail(building(err))
	} else {
		defer b.folder.Close()
		b.compare(decodeRecord(b.folder.Record()))
	}
	surveys, problems, err := b.read()
	if err == nil && len(problems) == 0 {
		err = b.finish()
	}
	if err != nil || len(problems) > 0 {
		if b.folder != nil {
			b.folder.Discard()
		}
		return nil, problems, err
	}
	result := &Result{Paths: b.folder.Paths(), Changed: b.folder.Changed(), Drawn: b.drawn, Count: len(surveys)}
	if o.Keep {
		renderer, assets, err := site.NewRenderer(b.templates, b.library.Theme())
		if err != nil {
			return nil, nil, building(err)
		}
		result.Library, result.Surveys, result.Renderer, result.Assets = b.library, surveys, renderer, assets.Links
	}
	return result, nil, nil
}

func building(err error) error { return message.Errorf("building: %w", err) }

// builder is one build.
type builder struct {
	Options
	library   *project.Library
	templates fs.FS
	folder    *staging.Folder // nil if it could not be opened
	program   []byte          // see programID; nil if it cannot be told: then everything is drawn and nothing recorded
	site      []byte          // see record.Site; nil as program
	before    *record         // of the build before, if that was of the same site
	hasCommon bool            // the common assets are there
	common    func() (common, error)

	mu    sync.Mutex
	err   error // the first one of drawing, after which nothing is drawn
	now   map[string]*entry
	drawn int
}

// common is what all surveys share.
type common struct {
	renderer *render.Renderer
	links    render.Assets
	paths    []string // of the files, if they have been written
}

// fail keeps the first error of drawing. All questionnaires are read nevertheless: their problems come before it.
func (b *builder) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.err = err
	}
}

func (b *builder) failed() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// compare takes the record of the build before, if what all pages follow from is the same.
func (b *builder) compare(before *record) {
	b.program, _ = programID()
	b.site = b.siteKey()
	if b.site != nil && bytes.Equal(b.site, before.Site) {
		b.before = before
		b.hasCommon = before.Common.areThere(b.folder)
	}
	b.common = sync.OnceValues(b.makeCommon)
}

// siteKey returns the hash of what all pages follow from; nil if it cannot be told.
func (b *builder) siteKey() []byte {
	if b.program == nil {
		return nil
	}
	look, err := b.library.SketchTheme()
	if err != nil || look == nil {
		return nil
	}
	pages, err := site.Fingerprint(b.templates, look)
	if err != nil {
		return nil
	}
	sum := sha256.Sum256(append(pages[:], b.program...))
	return sum[:]
}

// read reads the directory of questionnaires and draws those that have changed.
func (b *builder) read() ([]*survey.Survey, questionnaire.Problems, error) {
	v := project.Visitor{Visit: b.visit, ThemeIsKnown: b.hasCommon && !b.Keep, Keep: b.Keep}
	if !b.Keep {
		v.Known = b.known
	}
	surveys, problems, err := b.library.Each(v)
	if err != nil || len(problems) > 0 {
		return nil, problems, err
	}
	return surveys, nil, b.failed()
}

// makeCommon writes the common assets, unless they are there, and makes the renderer of pages that link to them.
func (b *builder) makeCommon() (c common, err error) {
	if b.hasCommon {
		err = json.Unmarshal(b.before.Links, &c.links)
	} else {
		var assets site.Assets
		if assets, err = site.CommonAssets(b.templates, b.library.SiteTheme()); err == nil {
			out := &output{folder: b.folder}
			err = assets.Write(out)
			c.links, c.paths = assets.Links, out.paths
		}
	}
	if err != nil {
		return common{}, err
	}
	c.renderer, err = render.New(b.templates, c.links)
	return c, err
}

// known reports whether a questionnaire needs neither be compiled nor drawn.
func (b *builder) known(s *project.Source) (id string, languages []string, ok bool) {
	was := b.before.Surveys[s.Name]
	if was == nil || !b.keep(s.Name, s.Key(was.Needs)) {
		return "", nil, false
	}
	return was.ID, was.Languages, true
}

// keep leaves the files of a survey alone, if it has not changed and they are there.
func (b *builder) keep(name string, key project.Key) bool {
	was := b.before.Surveys[name]
	if was == nil || !bytes.Equal(key[:], was.Key) || !was.isAt(b.Now) || !was.Files.areThere(b.folder) {
		return false
	}
	b.folder.Keep(was.Files.Paths...)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now[name] = was
	return true
}

// visit draws a survey, unless it has not changed.
func (b *builder) visit(q *project.Questionnaire, key project.Key, needs []string) {
	name := filepath.Base(q.Path)
	if b.failed() != nil || b.keep(name, key) {
		return
	}
	drawn, err := b.draw(q)
	if err != nil {
		b.fail(building(err))
		return
	}
	drawn.Key, drawn.Needs = key[:], needs
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now[name] = drawn
	b.drawn++
}

// draw writes the files of a survey.
func (b *builder) draw(q *project.Questionnaire) (*entry, error) {
	c, err := b.common()
	if err != nil {
		return nil, err
	}
	s, renderer, out := q.Survey, c.renderer, &output{folder: b.folder}
	e := &entry{ID: s.ID, Languages: s.Languages, Outline: s.Outline().Encode(), Phase: int(s.PhaseAt(b.Now))}
	if s.Window != (survey.Window{}) {
		e.Since = b.Now.Unix()
		if next, ok := s.NextPhase(b.Now); ok {
			e.Until = next.Unix()
		}
	}
	if own := q.Look(); own != nil {
		look, err := site.LookAssets(b.templates, b.library.SiteTheme(), own)
		if err == nil {
			err = look.Write(out)
		}
		if err != nil {
			return nil, message.Errorf("survey %s: %w", s.ID, err)
		}
		links := c.links
		links.Looks = map[string]render.Look{s.ID: look.Look}
		renderer = renderer.With(links)
		mark := b.library.SiteTheme().Mark(own)
		e.HasLook, e.Light, e.Dark = true, mark.Light, mark.Dark
	}
	err = q.PictureFiles(out.Write)
	if err == nil {
		err = site.BuildSurvey(s, renderer, b.Now, out)
	}
	if err != nil {
		return nil, message.Errorf("survey %s: %w", s.ID, err)
	}
	e.Files.Paths = out.paths
	return e, nil
}

// finish writes what surveys share and the home pages, puts everything in place, and saves the record.
func (b *builder) finish() error {
	after := &record{Site: b.site, Surveys: b.now, HomeKey: b.homeKey(), Common: b.before.Common, Links: b.before.Links, Home: b.before.Home}
	hasHome := bytes.Equal(after.HomeKey, b.before.HomeKey) && b.before.Home.areThere(b.folder)
	if !b.hasCommon || !hasHome {
		c, err := b.common()
		if err != nil {
			return building(err)
		}
		if !b.hasCommon {
			after.Common.Paths, after.Common.Stamp = c.paths, nil
			if after.Links, err = json.Marshal(c.links); err != nil {
				return err
			}
		}
		if !hasHome {
			if after.Home.Paths, err = b.drawHome(c); err != nil {
				return building(err)
			}
			after.Home.Stamp = nil
		}
	}
	b.folder.Keep(after.Common.Paths...)
	b.folder.Keep(after.Home.Paths...)
	if err := b.folder.Commit(); err != nil {
		return building(err)
	}
	if b.drawn > 0 || !b.hasCommon || !hasHome || len(b.now) != len(b.before.Surveys) {
		b.save(after)
	}
	return nil
}

// names returns the names of the questionnaires, in the order of their surveys' ids.
func (b *builder) names() []string {
	return slices.SortedFunc(maps.Keys(b.now), func(x, y string) int { return strings.Compare(b.now[x].ID, b.now[y].ID) })
}

// homeKey returns the hash of what the home pages show.
func (b *builder) homeKey() []byte {
	h := sha256.New()
	for _, name := range b.names() {
		e := b.now[name]
		fmt.Fprintf(h, "%d %d %t %q %q\n", len(e.Outline), e.Phase, e.HasLook, e.Light, e.Dark)
		h.Write(e.Outline)
	}
	return h.Sum(nil)
}

// drawHome writes the home pages and what they alone load, and returns the paths.
func (b *builder) drawHome(c common) ([]string, error) {
	var surveys []*survey.Survey
	marks, links := map[string]theme.Mark{}, c.links
	links.Looks = map[string]render.Look{}
	for _, name := range b.names() {
		e := b.now[name]
		s, err := survey.Decode(e.Outline)
		if err != nil {
			return nil, err
		}
		surveys = append(surveys, s)
		if e.HasLook {
			marks[s.ID], links.Looks[s.ID] = e.mark(), render.Look{}
		}
	}
	assets, err := site.HomeAssets(b.templates, marks)
	if err != nil {
		return nil, err
	}
	out := &output{folder: b.folder}
	if err := assets.Write(out); err != nil {
		return nil, err
	}
	links.HomeStyle = assets.Links.HomeStyle
	err = site.BuildHome(surveys, c.renderer.With(links), b.Now, out)
	return out.paths, err
}

// save takes the stamps of what has been drawn and saves the record. If that fails, the site is complete nevertheless, and the
// next build draws more than it would have to. If templates or theme were changed meanwhile, nobody knows which pages were drawn
// with what: then there is no record.
func (b *builder) save(after *record) {
	if b.site == nil || !bytes.Equal(b.site, b.siteKey()) {
		after = &record{}
	}
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	stamp := func(f *files) {
		if len(f.Stamp) == 0 {
			workers.Go(func() error { f.stamp(b.folder); return nil })
		}
	}
	stamp(&after.Common)
	stamp(&after.Home)
	for _, e := range after.Surveys {
		stamp(&e.Files)
	}
	workers.Wait()
	b.folder.SaveRecord(after.encode())
}
