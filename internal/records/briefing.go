package records

import (
	"cmp"
	"context"
	"io"
	"slices"
	"time"

	"glasspoll"
	"glasspoll/internal/briefing"
	"glasspoll/internal/cases"
	"glasspoll/internal/docx"
	"glasspoll/internal/message"
	"glasspoll/internal/paper"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/workbook"
)

// BriefingOptions are the options of the report on customers and service.
type BriefingOptions struct {
	briefing.Figures                           // but for surveys, cases and today, which are read
	IDs              []string                  // of the surveys; nil: all that are open in the span, or have cases in it
	Actions          map[string]survey.Actions // measures, by survey
	CompanyNames     survey.Text               // by language; "" is for all others
}

// Briefing is a report that has been made.
type Briefing struct {
	*paper.Document
	LeftOut []string // surveys whose results are for fewer readers than the report's

	words briefing.Words
}

// Brief makes the report on customers and service of a month or a quarter.
func Brief(ctx context.Context, records store.Records, o BriefingOptions) (*Briefing, error) {
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		return nil, err
	}
	b := &briefer{BriefingOptions: o, records: records, renderer: results.New(renderer)}
	if err := b.readSurveys(ctx); err != nil {
		return nil, err
	}
	if b.Language == "" {
		b.Language = b.surveys[0].DefaultLanguage()
		if !briefing.HasLanguage(glasspoll.Templates(), b.Language) {
			b.Language = "en"
		}
	}
	words, err := briefing.LoadWords(glasspoll.Templates(), renderer.Words(b.Language), b.Language)
	if err != nil {
		return nil, err
	}
	b.Figures.Company = cmp.Or(b.CompanyNames.In(b.Language), b.CompanyNames.In(""))
	if b.IDs == nil {
		if b.Cases, err = b.records.CasesOf(ctx, cases.NoSurvey); err != nil {
			return nil, err
		}
	}
	made := &Briefing{words: words}
	for _, s := range b.surveys {
		b.Today = max(b.Today, s.DateAt(b.Now))
		switch above := isAbove(s.Results.Audience, b.Level); {
		case above && b.IDs != nil:
			return nil, message.Errorf("--level %s: the results of %s are for %s", b.Level, s.ID, s.Results.Audience)
		case above:
			made.LeftOut = append(made.LeftOut, s.ID)
			continue
		}
		if err := b.add(ctx, s); err != nil {
			return nil, err
		}
	}
	made.Document = briefing.Make(b.Figures, words)
	return made, nil
}

// isAbove reports whether an audience is fewer readers than a level.
func isAbove(audience, level string) bool {
	levels := results.Levels()
	return slices.Index(levels, audience) > slices.Index(levels, level)
}

// briefer gathers the figures of a report.
type briefer struct {
	BriefingOptions
	records  store.Records
	renderer *results.Renderer
	surveys  []*survey.Survey
}

// readSurveys reads the definitions of the surveys.
func (b *briefer) readSurveys(ctx context.Context) error {
	ids := b.IDs
	if ids == nil {
		var err error
		if ids, err = b.records.Surveys(ctx); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		return message.Errorf("there is no survey here: is it the right --data or --table?")
	}
	for _, id := range ids {
		s, err := Definition(ctx, b.records, id)
		if err != nil {
			return err
		}
		b.surveys = append(b.surveys, s)
	}
	return nil
}

// add reads what there is of a survey.
func (b *briefer) add(ctx context.Context, s *survey.Survey) error {
	found, err := b.records.CasesOf(ctx, s.ID)
	if err != nil {
		return err
	}
	b.Cases = append(b.Cases, found...)
	report, err := b.report(ctx, s)
	if err != nil {
		return err
	}
	set := results.NewSet(report)
	period, shown := b.periodOf(s, set)
	hasCases := cases.Summarise(found, b.Span, b.Now).All != cases.Figures{}
	if b.IDs == nil && !shown && !hasCases && !b.isOpen(s) {
		return nil
	}
	page := results.Page{Set: set, Actions: b.Actions[s.ID], Today: s.DateAt(b.Now), Language: b.Language, Level: b.Level, Folder: results.Folder{Period: period}}
	if !shown {
		page.Set = results.NewSet(stats.NewReport(s, nil))
	}
	if !s.HasLanguage(page.Language) {
		page.Language = s.DefaultLanguage()
	}
	brief, err := results.NewBrief(b.renderer, page)
	if err != nil {
		return err
	}
	b.Surveys = append(b.Surveys, briefing.Survey{Survey: s, Period: period, Brief: brief})
	return nil
}

// report counts a survey up to the span's end, or reads what was released.
func (b *briefer) report(ctx context.Context, s *survey.Survey) (*stats.Report, error) {
	if b.Level != results.Management {
		return levelReport(ctx, b.records, s, PagesOptions{Level: b.Level, Now: b.Now})
	}
	last := Range{}
	if noon, err := time.ParseInLocation(time.DateOnly+" 15:04", string(b.Span.Until)+" 12:00", s.Location()); err == nil {
		last.Until = s.PeriodAt(noon)
	}
	counted, err := Count(ctx, b.records, s, last, b.Now)
	if err != nil {
		return nil, err
	}
	return counted.Report, nil
}

// isOpen reports whether a survey takes answers on some day of the span.
func (b *briefer) isOpen(s *survey.Survey) bool {
	return (s.Window.From == "" || s.Window.From <= b.Span.Until) && (s.Window.Until == "" || s.Window.Until >= b.Span.From)
}

// periodOf returns the last period with figures that may be shown of which some day is in the span; "" for that of a survey
// without periods.
func (b *briefer) periodOf(s *survey.Survey, set *results.Set) (period string, ok bool) {
	folders := set.Folders()
	for i := range slices.Backward(set.Report.Periods) {
		name := set.Report.Periods[i].Name
		from, until, bounded := daysOf(name)
		switch {
		case !bounded && !set.Empty() && b.isOpen(s):
			return "", true
		case bounded && from <= b.Span.Until && until >= b.Span.From && slices.Contains(folders, results.Folder{Period: name}):
			return name, true
		}
	}
	return "", false
}

// daysOf returns the first and the last day of a period, by its name; false for one that has no ends.
func daysOf(period string) (from, until survey.Date, ok bool) {
	if span, err := cases.ParseSpan(period); err == nil {
		return span.From, span.Until, true
	}
	if _, err := time.Parse("2006", period); err == nil {
		return survey.Date(period + "-01-01"), survey.Date(period + "-12-31"), true
	}
	return "", "", false
}

// Colours of a theme for files; empty ones are the design's.
type Colours = workbook.Colours

// Write writes the report in the format of a file's ending: .html, .docx or .xlsx.
func (b *Briefing) Write(w io.Writer, ending string, colours Colours) error {
	switch ending {
	case ".docx":
		return docx.Write(w, b.Document, docx.Options{Accent: colours.Accent})
	case ".xlsx":
		return workbook.Write(w, b.book(colours))
	}
	return briefing.WriteHTML(w, glasspoll.Templates(), b.Document, colours.Accent)
}

// book is the report as a workbook: its first page, and a sheet for each table and chart.
func (b *Briefing) book(colours Colours) *workbook.Book {
	d := b.Document
	book := &workbook.Book{Title: d.Title, About: d.Subtitle, Tables: d.Tables(), Charts: d.Charts(), Language: d.Language, Words: b.words.Own(), Colours: colours}
	if d.Company != "" {
		book.About = d.Company + " · " + book.About
	}
	book.Sentences = append(book.Sentences, d.Notice)
	for _, f := range d.Facts {
		book.Sentences = append(book.Sentences, f.Name+": "+f.Value)
	}
	for _, block := range d.Blocks {
		if points, ok := block.(paper.List); ok { // the summary
			book.Sentences = append(book.Sentences, points...)
			break
		}
	}
	book.Language = cmp.Or(book.Language, "en")
	return book
}
