package publish

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/release"
	"glasspoll/internal/results"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Renderer writes the files of a page. JSON and CSV are for pages of whole periods only.
type Renderer interface {
	HTML(w io.Writer, p results.Page) error
	JSON(w io.Writer, p results.Page) error
	CSV(w io.Writer, p results.Page) error
}

// file is one file of results, and what it is made from.
type file struct {
	path     string
	page     results.Page
	write    func(io.Writer, results.Page) error
	revision int               // grows with every release that the file depends on
	inputs   [sha256.Size]byte // of everything that the file depends on: equal inputs make equal files
	group    bool              // of a group's page: a release of others leaves it as it is, and its inputs do not tell the revision
	former   bool              // see former.go

	moved  []byte // its content, if it leads to another file: see moved.go
	wanted bool   // of a moved file: it is written also where there is none
}

// address is one of the places where a page is, and its language there.
type address struct{ folder, language string }

// addresses lists the places where a page is: one in each language, that of the first without the language's name.
func addresses(s *survey.Survey, f results.Folder) []address {
	all := []address{{s.ID + "/" + f.Path(), s.DefaultLanguage()}}
	for _, language := range s.Languages {
		if language != s.DefaultLanguage() {
			all = append(all, address{s.ID + "/" + language + "/" + f.Path(), language})
		}
	}
	return all
}

const indexName, figuresName = "index.html", "results.json"

// fileNames returns the files of a page.
func fileNames(f results.Folder) []string {
	if f.Whole() {
		return []string{indexName, figuresName, "results.csv"}
	}
	return []string{indexName}
}

// readFirstTags reads the tags of the newest files, and once a day of those that lead there from under the first language's name.
func (r *run) readFirstTags(ctx context.Context) error {
	paths := newestPaths(r.survey)
	moves := firstLanguage(r.survey)
	for _, a := range addresses(r.survey, results.Folder{})[1:] {
		moves = append(moves, oneForAll(r.survey, a, results.Folder{}))
	}
	for _, m := range moves {
		if r.seen.files[m.path].inputs != m.inputs(r) {
			paths = append(paths, m.path)
		}
	}
	err := r.readTags(ctx, paths)
	r.removed = r.seen.files[paths[0]].tag == ""
	return err
}

// newestPaths returns the files of the newest period, which every survey has. Their tags are read in every run, because they
// are what visitors see first.
func newestPaths(s *survey.Survey) []string {
	var paths []string
	for i, a := range addresses(s, results.Folder{}) {
		for _, name := range fileNames(results.Folder{}) {
			if i == 0 || name != figuresName {
				paths = append(paths, a.folder+name)
			}
		}
	}
	return paths
}

// files lists the files that a report makes, in the order in which they are written: pages of earlier periods first, and what leads
// there, so that at no time the address of a period leads to figures of the next one, then the newest pages, what leads to those, and
// groups.
func (r *run) files(report *stats.Report) ([]file, error) {
	set := results.NewSet(report)
	folders := set.Folders()
	actions, err := json.Marshal(r.actions)
	if err != nil {
		return nil, err
	}
	common := sha256.Sum256(fmt.Appendf(nil, "%s\n%v\n%s\n", r.survey.Version, folders, actions))
	today := r.survey.DateAt(r.now())
	var all []file
	listed := map[string]bool{}
	add := func(moves []move) {
		for _, m := range moves {
			all = append(all, r.movedFile(m, report.RevisionOf(m.period)))
			listed[m.path] = true
		}
	}
	add(r.unlisted(set))
	for _, f := range r.inOrder(set) {
		if hidden(r.survey) && f.Period != "" && f.Whole() {
			continue // leads to the newest page: see moves
		}
		revision := report.RevisionOf(f.Period)
		inputs := fmt.Sprintf("%x %d", common, revision)
		group := !f.Whole() && !hidden(r.survey)
		switch {
		case group:
			inputs = r.survey.Version + " " + string(set.GroupInputs(f))
		case revision == report.Revision && f.Whole() && results.DatedMeasures(r.actions):
			inputs += " " + string(today)
		}
		for i, a := range addresses(r.survey, f) {
			page := results.Page{Set: set, Actions: r.actions, Today: today, Language: a.language, Root: strings.Repeat("../", strings.Count(a.folder, "/")), Folder: f}
			for _, name := range fileNames(f) {
				listed[a.folder+name] = true
				if i > 0 && name == figuresName {
					all = append(all, r.movedFile(oneForAll(r.survey, a, f), revision))
					continue
				}
				all = append(all, file{path: a.folder + name, page: page, write: r.writer(name), revision: revision, inputs: sha256.Sum256([]byte(inputs)), group: group})
			}
		}
		if f == (results.Folder{}) {
			add(r.moves(set))
		}
	}
	return append(all, r.formerFiles(listed, set)...), nil
}

// inOrder returns the folders of pages in the order in which they are written, without those of the newest period's own address,
// which lead to its pages at the newest address. Where results are not public, nothing says which period is the newest.
func (r *run) inOrder(set *results.Set) []results.Folder {
	var earlier, others []results.Folder
	newest := set.Newest().Period
	for _, f := range set.Folders() {
		switch {
		case f.Period != "" && f.Period == newest && (f.Whole() || !hidden(r.survey)):
		case f.Period != "":
			earlier = append(earlier, f)
		default:
			others = append(others, f)
		}
	}
	return append(earlier, others...)
}

// writer returns what writes files with a name.
func (r *run) writer(name string) func(io.Writer, results.Page) error {
	switch path.Ext(name) {
	case ".json":
		return r.renderer.JSON
	case ".csv":
		return r.renderer.CSV
	}
	return r.renderer.HTML
}

// hidden reports whether a survey's results are not public.
func hidden(s *survey.Survey) bool {
	return s.Results.Audience != "public" && s.Results.Audience != ""
}

// parallelTags bounds the tags that are read at the same time.
const parallelTags = 16

// readTags reads the tags of files.
func (r *run) readTags(ctx context.Context, paths []string) error {
	var mu sync.Mutex
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(parallelTags)
	for _, path := range paths {
		group.Go(func() error {
			tag, revision, err := r.pages.Page(within, path)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			was := r.seen.files[path]
			if was.tag != tag {
				was = written{tag: tag} // by another publisher
			}
			was.revision = revision
			r.seen.files[path] = was
			r.read[path] = true
			return nil
		})
	}
	return group.Wait()
}

// writeFiles writes the files that are out of date. While there are files whose tag is not known, or has changed, it reads
// their tags, then the releases and sidecars again.
func (r *run) writeFiles(ctx context.Context) error {
	files, err := r.report()
	for range attempts {
		if err != nil {
			return err
		}
		var unknown []string
		for _, f := range files {
			known, err := r.writeFile(ctx, f)
			if err != nil {
				return err
			}
			if !known {
				unknown = append(unknown, f.path)
			}
		}
		if len(unknown) == 0 {
			r.rememberAll(r.survey.ID)
			return nil
		}
		if err := r.readTags(ctx, unknown); err != nil {
			return err
		}
		latest, actions := r.latest, r.actions
		if err := r.readInputs(ctx); err != nil {
			return err
		}
		if !sameReleases(latest, r.latest) || !reflect.DeepEqual(actions, r.actions) {
			files, err = r.report()
		}
	}
	return fmt.Errorf("pages: %w %d times", store.ErrStale, attempts)
}

// report makes the report of the run and lists its files. What the releases hold back is out of reach from here on.
func (r *run) report() ([]file, error) {
	public := make([]*release.Release, len(r.latest))
	for i, one := range r.latest {
		public[i] = one.Public()
	}
	r.out.Report = stats.NewReport(r.survey, public)
	return r.files(r.out.Report)
}

// sameReleases compares releases by period and number: a release never changes.
func sameReleases(a, b []*release.Release) bool {
	return slices.EqualFunc(a, b, func(a, b *release.Release) bool { return a.Period == b.Period && a.Number == b.Number })
}

// writeFile writes a file if it is out of date. It returns false if it could not, because the file's tag is not known or
// has changed. A tag that is only remembered is enough to replace the file, because it is compared then; to leave the file
// alone, for another reason than that nothing has changed, the tag has to be read.
func (r *run) writeFile(ctx context.Context, f file) (known bool, err error) {
	if f.moved != nil {
		return r.writeMoved(ctx, f)
	}
	was, seen := r.seen.files[f.path]
	read := r.read[f.path]
	switch {
	case !seen && !r.seen.complete:
		return false, nil
	case (hidden(r.survey) || f.former) && !read: // another publisher may have written results that are not to be public
		return false, nil
	case was.inputs == f.inputs && (was.revision == f.revision || f.group && was.revision < f.revision):
		return true, nil
	case was.tag != "" && was.revision > f.revision:
		if read {
			r.remember(r.survey.ID, f.path, was)
		}
		return read, nil
	case was.tag == "" && (hidden(r.survey) || f.former): // what has no figures only replaces results
		r.remember(r.survey.ID, f.path, written{"", f.revision, [sha256.Size]byte{}, f.inputs})
		return true, nil
	}
	var body bytes.Buffer
	if err := f.write(&body, f.page); err != nil {
		return true, fmt.Errorf("render %s: %w", f.path, err)
	}
	tag, hash := was.tag, sha256.Sum256(body.Bytes())
	// Of results that are not public, nothing is written because of a release: the time of a write is public.
	switch same := was.tag != "" && (was.revision == f.revision || f.group || hidden(r.survey)) && (was.hash == hash || was.tag == r.tagOf(body.Bytes())); {
	case same && !read:
		return false, nil
	case !same:
		tag, err = r.pages.Replace(ctx, f.path, was.tag, f.revision, body.Bytes())
		if errors.Is(err, store.ErrStale) {
			return false, nil
		}
		if err != nil {
			return true, err
		}
		if tag != was.tag {
			r.out.Replaced++
		}
	}
	now := written{tag, f.revision, hash, f.inputs}
	if f.group && tag == was.tag {
		now.revision = was.revision
	}
	r.seen.files[f.path] = now
	r.remember(r.survey.ID, f.path, now)
	return true, nil
}

// written is what a publisher knows of a file. If it has not written the file itself, hash and inputs are zero.
type written struct {
	tag          string // "": there is no such file
	revision     int
	hash, inputs [sha256.Size]byte // of the content, and of what it was made from
}

// memory is what a publisher knows of a survey's files.
type memory struct {
	files map[string]written // by path
	// complete says that a run has ended. A file that is not in files did not exist then, and probably does not exist now:
	// it is written without reading its tag, which fails if it does exist.
	complete bool
}

// remembered returns a copy of the memory of a survey's files.
func (p *Publisher) remembered(survey string) *memory {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.memories[survey]
	if m == nil {
		return &memory{files: map[string]written{}}
	}
	return &memory{maps.Clone(m.files), m.complete}
}

// remember updates the memory of a file.
func (p *Publisher) remember(survey, path string, w written) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.memory(survey).files[path] = w
}

// rememberAll records that all files of a survey are known.
func (p *Publisher) rememberAll(survey string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.memory(survey).complete = true
}

// memory returns the memory of a survey's files. The caller holds p.mu.
func (p *Publisher) memory(survey string) *memory {
	if p.memories[survey] == nil {
		p.memories[survey] = &memory{files: map[string]written{}}
	}
	return p.memories[survey]
}
