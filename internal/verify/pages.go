package verify

import (
	"bytes"
	"context"
	"io"
	"time"

	"glasspoll"
	"glasspoll/internal/audit"
	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Published are the files with figures that visitors can read.
type Published struct {
	Pages store.Pages
	TagOf func(body []byte) string // the tag that a file with this content has
}

const (
	// pageTries bounds how often a file is compared that differs, because it may be being written, and pageWait is the time between.
	pageTries = 3
	pageWait  = time.Second
)

// ComparePages compares results.json and results.csv of a period, the table in all languages, with what follows from the latest releases,
// and adds what differs. A file that was written from earlier releases is left out: the publisher is about to write it.
func (v *Result) ComparePages(ctx context.Context, records store.Records, published Published) error {
	for try := 1; ; try++ {
		s, err := records.Definition(ctx, v.Survey, "")
		if err != nil || s.Results.Audience != "" && s.Results.Audience != "public" {
			return err // not public, or not any more
		}
		files, differing, err := comparePages(ctx, records, published, s, v.Period)
		if err != nil {
			return err
		}
		if len(differing) == 0 || try == pageTries {
			v.Pages = files
			for _, name := range differing {
				v.Findings = append(v.Findings, audit.Finding{Code: audit.PageDiffers, Message: message.New("%s is not what follows from the releases", name)})
			}
			v.Agree = len(v.Findings) == 0
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pageWait):
		}
	}
}

// comparePages returns how many files were compared, and the paths of those that differ.
func comparePages(ctx context.Context, records store.Records, published Published, s *survey.Survey, period string) (files int, differing []string, err error) {
	latest, err := records.Latest(ctx, s.ID)
	if err != nil || len(latest) == 0 {
		return 0, nil, err
	}
	public := make([]*release.Release, len(latest))
	for i, r := range latest {
		public[i] = r.Public()
	}
	frame, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		return 0, nil, err
	}
	report := stats.NewReport(s, public)
	c := &pageComparison{published: published, report: report, set: results.NewSet(report), renderer: results.New(frame)}
	for _, f := range c.set.Folders() {
		newest := f == (results.Folder{}) && latest[len(latest)-1].Period == period
		if !f.Whole() || f.Period != period && !newest || f.Period != "" && f == c.set.Newest() { // its address leads to the newest page
			continue
		}
		for _, language := range s.Languages {
			if err := c.compare(ctx, f, language); err != nil {
				return 0, nil, err
			}
		}
	}
	return c.files, c.differing, nil
}

// pageComparison compares the files of a survey.
type pageComparison struct {
	published Published
	report    *stats.Report
	set       *results.Set
	renderer  *results.Renderer
	files     int
	differing []string
}

// compare compares the files of one page in a language.
func (c *pageComparison) compare(ctx context.Context, f results.Folder, language string) error {
	folder := c.report.Survey.ID + "/"
	files := map[string]func(io.Writer, results.Page) error{"results.json": c.renderer.JSON, "results.csv": c.renderer.CSV}
	if language != c.report.Survey.DefaultLanguage() {
		folder += language + "/"
		delete(files, "results.json") // which leads to that of the first language
	}
	page := results.Page{Set: c.set, Language: language, Folder: f}
	for name, write := range files {
		path := folder + f.Path() + name
		tag, revision, err := c.published.Pages.Page(ctx, path)
		if err != nil {
			return err
		}
		if tag == "" || revision != c.report.RevisionOf(f.Period) {
			continue
		}
		var body bytes.Buffer
		if err := write(&body, page); err != nil {
			return err
		}
		if c.files++; c.published.TagOf(body.Bytes()) != tag {
			c.differing = append(c.differing, path)
		}
	}
	return nil
}
