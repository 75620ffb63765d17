package publish

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/results"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// A Renderer writes the files of a report. The second and the third are for whole periods only.
type Renderer interface {
	HTML(w io.Writer, p results.Page) error
	JSON(w io.Writer, p results.Page) error
	CSV(w io.Writer, p results.Page) error
}

// A file is one file of results, and what it is made from.
type file struct {
	name     string
	page     results.Page
	write    func(io.Writer, results.Page) error
	newest   bool              // looked at in every run: it is what visitors see
	gone     bool              // results are not public: it takes the place of what is there, and is not written else
	revision int               // grows with every release that the file tells of
	inputs   [sha256.Size]byte // of all that it depends on: the same, the same file
}

// lookers is how many pages are looked at at a time.
const lookers = 16

// files reads what a survey's results are made from, and lists their files: those of the newest period at the survey's
// first address in the default language, and in every language under its own; those of a period and of a group at one
// address in each language.
func (p *Publisher) files(ctx context.Context, s *survey.Survey) ([]file, *stats.Report, error) {
	latest, err := p.releases.Latest(ctx, s.ID)
	if err != nil {
		return nil, nil, err
	}
	var actions survey.Actions
	if p.Sidecars != nil {
		if actions, err = p.Sidecars.Actions(ctx, s.ID); err != nil {
			return nil, nil, err
		}
	}
	report := stats.NewReport(s, latest)
	set := results.NewSet(report)
	folders := set.Folders()
	today := survey.Date(p.now().In(s.Location()).Format(time.DateOnly))
	basis := sha256.New()
	beside, err := json.Marshal(actions)
	if err != nil {
		return nil, nil, err
	}
	fmt.Fprintf(basis, "%s\n%v\n%s\n", s.Version, folders, beside)

	revisions := map[string]int{"": report.Revision} // by period: with all before it
	sum := 0
	for i := range report.Periods {
		sum += report.Periods[i].Release
		revisions[report.Periods[i].Name] = sum
	}
	gone := s.Results.Audience != "public" && s.Results.Audience != ""
	var all []file
	for _, f := range folders {
		newest := f.Period == "" || revisions[f.Period] == report.Revision
		state := fmt.Sprintf("%x %d", basis.Sum(nil), revisions[f.Period])
		if newest && f.Whole() && results.DatedMeasures(actions) {
			state += " " + string(today)
		}
		add := func(folder, language string) {
			folder += f.Path()
			page := results.Page{Set: set, Actions: actions, Today: today, Language: language, Root: strings.Repeat("../", strings.Count(folder, "/")), Folder: f}
			put := func(name string, write func(io.Writer, results.Page) error) {
				all = append(all, file{name: folder + name, page: page, write: write, newest: f == results.Folder{}, gone: gone, revision: revisions[f.Period],
					inputs: sha256.Sum256([]byte(state))})
			}
			put("index.html", p.renderer.HTML)
			if f.Whole() {
				put("results.json", p.renderer.JSON)
				put("results.csv", p.renderer.CSV)
			}
		}
		add(s.ID+"/", s.DefaultLanguage())
		for _, language := range s.Languages {
			if language != s.DefaultLanguage() || f == (results.Folder{}) {
				add(s.ID+"/"+language+"/", language)
			}
		}
	}
	return all, report, nil
}

// state is what a file was when it was looked at.
type state struct {
	tag      string
	revision int
}

// look finds out what is there now, of the newest files and of those that this publisher has not written as they should be.
func (p *Publisher) look(ctx context.Context, s *survey.Survey) (map[string]state, error) {
	files, _, err := p.files(ctx, s)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	seen := map[string]state{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookers)
	for _, f := range files {
		if !f.newest && p.wrote(f.name).inputs == f.inputs {
			continue
		}
		group.Go(func() error {
			tag, revision, err := p.pages.Page(ctx, f.name)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			seen[f.name] = state{tag, revision}
			return nil
		})
	}
	return seen, group.Wait()
}

// render writes the files that are out of date. It reports whether it must be done again: somebody else has written one
// meanwhile, or there is one that was not looked at.
func (p *Publisher) render(ctx context.Context, s *survey.Survey, seen map[string]state, out *Outcome) (again bool, err error) {
	files, report, err := p.files(ctx, s)
	if err != nil {
		return false, err
	}
	out.Report = report
	for _, f := range files {
		before, looked := seen[f.name]
		known := p.wrote(f.name)
		switch {
		case !looked:
			again = again || known.inputs != f.inputs
			continue
		case before.tag != "" && before.revision > f.revision:
			continue
		case known.tag != "" && known.tag == before.tag && known.inputs == f.inputs && before.revision == f.revision:
			continue
		}
		if f.gone && before.tag == "" {
			p.remember(f.name, page{inputs: f.inputs})
			continue
		}
		var body bytes.Buffer
		if err := f.write(&body, f.page); err != nil {
			return again, fmt.Errorf("render %s: %w", f.name, err)
		}
		hash := sha256.Sum256(body.Bytes())
		if before.tag != "" && before.revision == f.revision && known.tag == before.tag && known.hash == hash {
			p.remember(f.name, page{known.tag, hash, f.inputs})
			continue
		}
		tag, err := p.pages.Replace(ctx, f.name, before.tag, f.revision, body.Bytes())
		if errors.Is(err, store.ErrStale) {
			again = true
			continue
		}
		if err != nil {
			return again, err
		}
		p.remember(f.name, page{tag, hash, f.inputs})
		if tag != before.tag {
			out.Replaced++
		}
	}
	return again, nil
}

// page is what this publisher has last written to a file: its tag, the hash of what is in it, and what it was made from.
type page struct {
	tag          string
	hash, inputs [sha256.Size]byte
}

func (p *Publisher) wrote(name string) page {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written[name]
}

func (p *Publisher) remember(name string, written page) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written[name] = written
}
