package records

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"glasspoll"
	"glasspoll/internal/chart"
	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/workbook"
)

// PagesOptions are the options of results pages for a level.
type PagesOptions struct {
	Level   string         // one of results.Levels
	Actions survey.Actions // the survey's measures and quotes
	Links   render.Assets  // what pages load
	Now     time.Time
}

// Pages makes the results pages of a survey for a level, in all languages, with their JSON and CSV. It hands each file to
// write, with a path that starts with the survey's id, and stops at the first error.
func Pages(ctx context.Context, records store.Records, s *survey.Survey, o PagesOptions, write func(path string, content []byte) error) error {
	report, err := levelReport(ctx, records, s, o)
	if err != nil {
		return err
	}
	renderer, err := render.New(glasspoll.Templates(), o.Links)
	if err != nil {
		return err
	}
	p := &levelPages{PagesOptions: o, survey: s, set: results.NewSet(report), renderer: results.New(renderer), write: write}
	for _, language := range s.Languages {
		for _, folder := range p.set.Folders() {
			if err := p.writeFolder(language, folder); err != nil {
				return err
			}
		}
	}
	return nil
}

// ChartsOptions are the options of charts that stand alone.
type ChartsOptions struct {
	Level    string // one of results.Levels
	Period   string // "" is the last
	Language string
	Now      time.Time
}

// Charts returns the charts of a survey's results for a level.
func Charts(ctx context.Context, records store.Records, s *survey.Survey, o ChartsOptions) ([]*chart.Chart, error) {
	deck, err := deck(ctx, records, s, o)
	if err != nil {
		return nil, err
	}
	return deck.Charts, nil
}

// Workbook writes the charts of a survey's results for a level as an Excel workbook, and returns how many there are. Without any
// it writes nothing.
func Workbook(ctx context.Context, w io.Writer, records store.Records, s *survey.Survey, o ChartsOptions, colours workbook.Colours) (charts int, err error) {
	deck, err := deck(ctx, records, s, o)
	if err != nil || len(deck.Charts) == 0 {
		return 0, err
	}
	words, err := Words(o.Language, s)
	if err != nil {
		return 0, err
	}
	return len(deck.Charts), workbook.Write(w, &workbook.Book{
		Title: deck.Title, About: deck.About, Sentences: deck.Sentences, Charts: deck.Charts, Language: o.Language, Words: words, Colours: colours,
	})
}

// deck returns what charts that stand alone are made of.
func deck(ctx context.Context, records store.Records, s *survey.Survey, o ChartsOptions) (*results.Deck, error) {
	report, err := levelReport(ctx, records, s, PagesOptions{Level: o.Level, Now: o.Now})
	if err != nil {
		return nil, err
	}
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		return nil, err
	}
	page := results.Page{Set: results.NewSet(report), Today: s.DateAt(o.Now), Language: o.Language, Folder: results.Folder{Period: o.Period}}
	if o.Level != "public" {
		page.Level = o.Level
	}
	if o.Period != "" && !slices.Contains(page.Set.Folders(), page.Folder) {
		return &results.Deck{}, nil
	}
	return results.NewDeck(results.New(renderer), page)
}

// SheetOptions are the options of a results page that stands alone.
type SheetOptions struct {
	PagesOptions
	results.Folder
	results.Alone // its style is that of results pages; what only pages that stand alone need is added
	Language      string
}

// Sheet returns one results page of a survey for a level, or its summary, as HTML that stands alone.
func Sheet(ctx context.Context, records store.Records, s *survey.Survey, o SheetOptions) ([]byte, error) {
	report, err := levelReport(ctx, records, s, o.PagesOptions)
	if err != nil {
		return nil, err
	}
	set := results.NewSet(report)
	switch {
	case set.Empty():
		return nil, message.Errorf("%s has no figures that may be shown yet", s.ID)
	case !slices.Contains(set.Folders(), o.Folder) && o.Whole():
		return nil, message.Errorf("%s has no figures of %s that may be shown", s.ID, o.Period)
	case !slices.Contains(set.Folders(), o.Folder):
		return nil, message.Errorf("%s has no figures of the group %s=%s that may be shown: %s", s.ID, o.Segment, o.Option, groupsOf(set, o.Period))
	}
	own, err := fs.ReadFile(glasspoll.Templates(), "alone.css")
	if err != nil {
		return nil, err
	}
	renderer, err := render.New(glasspoll.Templates(), o.Links)
	if err != nil {
		return nil, err
	}
	page := results.Page{Set: set, Actions: o.Actions, Today: s.DateAt(o.Now), Language: o.Language, Folder: o.Folder}
	if o.Level != "public" {
		page.Level = o.Level
	}
	o.Alone.Style += string(own)
	var out bytes.Buffer
	if err := results.WriteAlone(&out, results.New(renderer), page, o.Alone); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// groupsOf lists the groups of a period that have results pages.
func groupsOf(set *results.Set, period string) message.Text {
	var names []string
	for _, f := range set.Folders() {
		if f.Period == period && !f.Whole() {
			names = append(names, f.Segment+"="+f.Option)
		}
	}
	if len(names) == 0 {
		return message.New("there are none")
	}
	return message.New("there are %s", message.Words(names...))
}

// levelReport reports what a level may see: all that was counted, or what was released.
func levelReport(ctx context.Context, records store.Records, s *survey.Survey, o PagesOptions) (*stats.Report, error) {
	if o.Level == results.Management {
		counted, err := Count(ctx, records, s, Range{}, o.Now)
		if err != nil {
			return nil, err
		}
		return counted.Report, nil
	}
	latest, err := records.Latest(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	public := make([]*release.Release, len(latest))
	for i, r := range latest {
		public[i] = r.Public()
	}
	return stats.NewReport(s, public), nil
}

// levelPages writes the results pages of one level.
type levelPages struct {
	PagesOptions
	survey   *survey.Survey
	set      *results.Set
	renderer *results.Renderer
	write    func(path string, content []byte) error
}

// writeFolder writes the files of one results page.
func (p *levelPages) writeFolder(language string, folder results.Folder) error {
	dir := path.Join(p.survey.ID, folder.Path())
	if language != p.survey.DefaultLanguage() {
		dir = path.Join(p.survey.ID, language, folder.Path())
	}
	page := results.Page{
		Set: p.set, Actions: p.Actions, Today: p.survey.DateAt(p.Now), Language: language,
		Root: strings.Repeat("../", strings.Count(dir, "/")+1), Folder: folder,
	}
	if p.Level != "public" {
		page.Level = p.Level
	}
	files := map[string]func(io.Writer, results.Page) error{"index.html": p.renderer.HTML}
	if folder.Whole() {
		files["results.json"], files["results.csv"] = p.renderer.JSON, p.renderer.CSV
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		var b bytes.Buffer
		if err := files[name](&b, page); err != nil {
			return err
		}
		if err := p.write(path.Join(dir, name), b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
