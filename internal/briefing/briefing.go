// Package briefing makes the report on customers and service of a month or a quarter: the results of some surveys, the cases
// that customers have opened, what was done about them, and what has changed. It makes a document of them, which packages
// below write as Word files and workbooks; here is its HTML. It is pure.
package briefing

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/paper"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// Figures are what a report says, and to whom.
type Figures struct {
	Span     cases.Span
	Level    string // one of results.Levels: staff, what is released, or management, all that is counted
	Now      time.Time
	Today    survey.Date
	Surveys  []Survey
	Cases    []*cases.Case // of these surveys, and of none
	Language string
	Company  string
	Number   string // of the document

	PreparedBy, ReviewedBy, ApprovedBy string // roles or names; "" leaves room to write them
}

// Survey is one survey of a report.
type Survey struct {
	*survey.Survey
	Period string // of its figures, such as 2026-Q4; "" without any
	Brief  *results.Brief
}

// Words are those of a report.
type Words struct {
	own   *wording.Words // of reports
	pages *wording.Words // of results pages
}

// LoadWords reads the words of a language from the templates. It is an error if reports have none.
func LoadWords(templates fs.FS, pages *wording.Words, language string) (Words, error) {
	own, err := catalog(templates)
	if err != nil {
		return Words{}, err
	}
	if !own.HasLanguage(language) {
		return Words{}, message.Errorf("a report is written in %s, not in %s", message.Words(own.Languages()...), language)
	}
	return Words{own.In(language), pages}, nil
}

// HasLanguage reports whether reports have words in a language.
func HasLanguage(templates fs.FS, language string) bool {
	own, err := catalog(templates)
	return err == nil && own.HasLanguage(language)
}

func catalog(templates fs.FS) (*wording.Catalog, error) {
	files, err := fs.Sub(templates, "report")
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	own, err := wording.Load(files)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return own, nil
}

// Own returns the words that files of reports have themselves.
func (w Words) Own() *wording.Words { return w.own }

// maker makes one report.
type maker struct {
	Figures
	Words
	blocks  []paper.Block
	summary cases.Summary
	before  cases.Summary   // of the span before
	spans   []cases.Summary // of the last spans, the report's own at the end
}

// Make makes the report.
func Make(f Figures, w Words) *paper.Document {
	m := &maker{Figures: f, Words: w}
	m.setSpans()
	m.addSummary()
	m.addIndexes()
	m.addCases()
	m.addMeasures()
	m.addChanges()
	m.addData()
	return m.document()
}

func (m *maker) say(key string, args ...any) string { return m.own.Say("brief."+key, args...) }

func (m *maker) add(blocks ...paper.Block) { m.blocks = append(m.blocks, blocks...) }

func (m *maker) heading(level int, text string) { m.add(paper.Heading{Level: level, Text: text}) }

func (m *maker) note(text string) { m.add(paper.Paragraph{Text: text, Note: true}) }

// document is the first page, and the blocks.
func (m *maker) document() *paper.Document {
	span := render.PeriodName(m.pages, m.Span.Name)
	d := &paper.Document{
		Language: m.Language, RTL: m.own.Dir() == "rtl", Company: m.Company, Title: m.say("title"), Subtitle: span, Number: m.Number,
		Contents: m.say("contents"), Page: m.pageWords(), Blocks: m.blocks, Notice: m.say("notice_" + m.Level),
	}
	fact := func(key, value string) {
		if value != "" {
			d.Facts = append(d.Facts, paper.Fact{Name: m.say(key), Value: value})
		}
	}
	fact("number", m.Number)
	fact("span", m.say("span_of", "span", span, "from", m.date(m.Span.From), "until", m.date(m.Span.Until)))
	var titles []string
	for _, s := range m.Surveys {
		titles = append(titles, s.Brief.Title)
	}
	fact("surveys", strings.Join(titles, m.say("and")))
	fact("basis", m.say("basis_"+m.Level))
	fact("made", m.date(m.Today))
	if m.isRunning() {
		fact("state", m.say("running", "date", m.date(m.Today)))
	}
	sign := &paper.Table{Name: m.say("signatures"), Head: []string{m.say("signed"), m.say("role"), m.say("signature"), m.say("day")}, Wide: []int{2, 4, 4, 3}}
	for _, row := range [][2]string{{"prepared", m.PreparedBy}, {"reviewed", m.ReviewedBy}, {"approved", m.ApprovedBy}} {
		sign.Rows = append(sign.Rows, paper.Texts(m.say(row[0]), row[1], "", ""))
	}
	d.Sign = sign
	return d
}

// isRunning reports whether the span has not ended.
func (m *maker) isRunning() bool { return m.Today <= m.Span.Until }

// pageWords are what stands around the number of a page and that of all pages.
func (m *maker) pageWords() [3]string {
	const page, pages = "\x02", "\x03"
	text := m.say("page", "page", page, "pages", pages)
	before, rest, _ := strings.Cut(text, page)
	between, after, _ := strings.Cut(rest, pages)
	return [3]string{before, between, after}
}

func (m *maker) date(day survey.Date) string { return m.pages.Date(string(day)) }

// addSummary says the report in a few sentences.
func (m *maker) addSummary() {
	m.heading(1, m.say("chapter_summary"))
	var points paper.List
	for _, s := range m.Surveys {
		if len(s.Brief.Sentences) == 0 {
			points = append(points, m.say("no_figures_of", "survey", s.Brief.Title))
			continue
		}
		said := joined(s.Brief.Sentences)
		switch {
		case s.Brief.Period == "":
		case s.Brief.Index.Number != nil:
			said = m.say("index_in_period", "period", s.Brief.Period, "say", said)
		default:
			said = m.say("in_period", "period", s.Brief.Period, "say", said)
		}
		points = append(points, m.say("says", "survey", s.Brief.Title, "say", said))
	}
	points = append(points, m.casesSentence(), m.measuresSentence())
	m.add(points)
}

// hasNone reports whether no case was open, opened or closed.
func hasNone(f cases.Figures) bool { return f == cases.Figures{} }

func (m *maker) casesSentence() string {
	f := m.summary.All
	switch {
	case hasNone(f):
		return m.say("no_cases")
	case f.Closed == 0:
		return m.say("cases_open", "opened", f.Opened, "open", f.Open, "overdue", f.Overdue)
	}
	return m.say("cases", "opened", f.Opened, "closed", f.Closed, "intime", f.InTime, "rate", m.share(f.InTime, f.Closed).Text, "open", f.Open, "overdue", f.Overdue)
}

// share is the percentage that some of all are.
func (m *maker) share(some, all int) paper.Cell {
	if all <= 0 {
		return paper.None()
	}
	tenths := (2000*some + all) / (2 * all)
	text := m.pages.Say("percent", "n", fmt.Sprintf("%d.%d", tenths/10, tenths%10))
	return paper.Cell{Text: text, Number: new(float64(tenths) / 1000), Format: "0.0%"}
}

// states are those of measures, in the order in which they are counted.
var states = []string{string(survey.Done), string(survey.Doing), string(survey.Planned), "overdue", string(survey.Dropped)}

func (m *maker) measuresSentence() string {
	counts, n := map[string]int{}, 0
	for _, s := range m.Surveys {
		for _, measure := range s.Brief.Measures {
			counts[measure.State]++
			n++
		}
	}
	if n == 0 {
		return m.say("no_measures")
	}
	args := []any{"n", n}
	for _, state := range states {
		args = append(args, state, counts[state])
	}
	return m.say("measures", args...)
}

// withoutEmpty leaves out the columns that hold nothing but what is missing, the first one aside.
func withoutEmpty(t paper.Table) paper.Table {
	for column := len(t.Head) - 1; column > 0; column-- {
		empty := !slices.ContainsFunc(t.Rows, func(row []paper.Cell) bool {
			return column < len(row) && row[column].Text != "" && row[column].Text != paper.None().Text
		})
		if !empty {
			continue
		}
		t.Head = slices.Delete(slices.Clone(t.Head), column, column+1)
		for i, row := range t.Rows {
			if column < len(row) {
				t.Rows[i] = slices.Delete(slices.Clone(row), column, column+1)
			}
		}
	}
	return t
}
