// Package results writes the results pages of a survey from its report: as HTML, JSON and CSV, and the report for
// management. Every file is a pure function of its arguments, and the same byte for byte each time.
package results

import (
	"fmt"
	"html/template"
	"io"
	"math/big"
	"slices"
	"strings"

	"glasspoll/internal/answer"
	"glasspoll/internal/render"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// Renderer writes results pages. It may be used by many goroutines at once.
type Renderer struct{ frame *render.Renderer }

// New returns a renderer whose pages have the frame, the templates and the words of another.
func New(frame *render.Renderer) *Renderer { return &Renderer{frame} }

// Page is one page of a survey's results. Without a period it is about the newest, without a segment about all.
type Page struct {
	Report   *stats.Report
	Actions  survey.Actions // measures, and reviewed quotes
	Today    survey.Date    // measures that are due before it are marked
	Language string
	Root     string // from the page to the site's root: "../../", "../../../", …
	Level    string // for whom it is: one of [Levels]; "" is the public
	Folder
}

// Folder is where one results page stands, and what it is about.
type Folder struct {
	Period          string // such as "2026-Q3"; "" for the newest
	Segment, Option string // a segment question and one of its answers; "" for everybody
}

// Path leads from the survey's address to the folder.
func (f Folder) Path() string {
	path := "results/"
	if f.Period != "" {
		path += f.Period + "/"
	}
	if f.Segment != "" {
		path += "by/" + f.Segment + "/" + f.Option + "/"
	}
	return path
}

// Whole reports whether the page is about everybody.
func (f Folder) Whole() bool { return f.Segment == "" }

const (
	// maxPeriods is how many periods have pages, and points in a trend: two years of months, six of quarters.
	maxPeriods = 24
	// maxPages is how many results pages a survey has in one language.
	maxPages = 200
)

// Folders lists all results pages that a report makes: the newest period's, which is always there; every period
// under its own name; and of each period, the newest first, the groups of at least k respondents. They are at most 200; the
// groups of the oldest periods go first.
func Folders(report *stats.Report) []Folder {
	all := []Folder{{}}
	shown := shownPeriods(report)
	var named []Folder // with each period's index beside it
	var at []int
	for i, index := range slices.Backward(shown) {
		name := report.Periods[index].Name
		if i == len(shown)-1 {
			named, at = append(named, Folder{}), append(at, index)
		}
		if name != noPeriod {
			all = append(all, Folder{Period: name})
			named, at = append(named, Folder{Period: name}), append(at, index)
		}
	}
	for i, f := range named {
		p := &report.Periods[at[i]]
		for _, segment := range p.Survey().Segments() {
			for _, o := range segment.Options() {
				if p.GroupSize(segment.Name, o.ID) < int64(max(p.MinGroup, 1)) {
					continue
				}
				if len(all) == maxPages {
					return all
				}
				all = append(all, Folder{f.Period, segment.Name, o.ID})
			}
		}
	}
	return all
}

// noPeriod names the one period of a survey that has none.
const noPeriod = "all"

// shownPeriods are the indexes of the newest periods that may be shown, oldest first.
func shownPeriods(report *stats.Report) []int {
	var shown []int
	for i := range report.Periods {
		if !withheld(&report.Periods[i]) {
			shown = append(shown, i)
		}
	}
	return shown[max(0, len(shown)-maxPeriods):]
}

// withheld holds the rule once more, on the way out: no figure describes fewer than k.
func withheld(p *stats.Period) bool { return p.Respondents < int64(p.MinGroup) || p.Respondents == 0 }

// HTML writes one results page, from released figures alone.
func (r *Renderer) HTML(w io.Writer, p Page) error {
	if p.withheld() {
		return r.frame.Notice(w, render.NoticePage{Language: p.Language, Root: p.Root, Code: answer.NotPublic})
	}
	d, err := r.drawing(p)
	if err != nil {
		return err
	}
	return r.frame.Execute(w, "results.html", d.words, d.results())
}

// drawing is what drawing one results page needs.
type drawing struct {
	*render.Texts
	canvas
	frame    *render.Renderer
	survey   *survey.Survey
	words    *wording.Words
	language string
	asked    Page
	whole    *stats.Report
	report   *stats.Report // of the group that the page is about, or of all
	folders  map[Folder]bool
	shown    []int         // indexes of the periods that the page looks back on, its own last
	period   *stats.Period // of the report; nil if nothing may be shown
	lines    map[string]*stats.Line
	items    map[string]*stats.Item
	names    map[string]string // of fields, as itemName says them
	course   *stats.Line       // of the index
	newest   bool

	percentSign [2]string // before a number and behind it
}

func (r *Renderer) drawing(p Page) (*drawing, error) {
	s, words := p.Report.Survey, r.frame.Words(p.Language)
	d := &drawing{
		Texts:  render.NewTexts(s, words, p.Language),
		canvas: canvas{mirrored: wording.Dir(p.Language) == "rtl"},
		frame:  r.frame, survey: s, words: words, language: p.Language, asked: p, whole: p.Report, report: p.Report,
		folders: map[Folder]bool{}, lines: map[string]*stats.Line{}, items: map[string]*stats.Item{}, names: map[string]string{},
	}
	d.percentSign[0], d.percentSign[1], _ = strings.Cut(d.words.Say("percent", "n", "0"), "0")
	for _, f := range Folders(p.Report) {
		d.folders[f] = true
	}
	if !d.folders[p.Folder] {
		return nil, fmt.Errorf("render results.html: %s has no %s", s.ID, p.Path())
	}
	d.shown = shownPeriods(p.Report)
	if len(d.shown) == 0 {
		return d, nil
	}
	last := len(d.shown) - 1
	at := last
	for i, index := range d.shown {
		if p.Period == p.Report.Periods[index].Name {
			at = i
		}
	}
	d.newest = at == last
	d.shown = d.shown[:at+1]
	if !p.Whole() {
		d.report = p.Report.Group(p.Segment, p.Option)
	}
	d.period = &d.report.Periods[d.shown[at]]
	for i := range d.report.Trend {
		line := &d.report.Trend[i]
		if line.Field.Question == nil {
			d.course = line
		} else {
			d.lines[line.Field.Name] = line
		}
	}
	for i := range d.period.Items {
		d.items[d.period.Items[i].Field.Name] = &d.period.Items[i]
	}
	return d, nil
}

// scoring is that of the page's period, which may differ from today's.
func (d *drawing) scoring() *survey.Scoring { return &d.period.Survey().Scoring }

// to leads to a results page, or to a file beside it.
func (d *drawing) to(f Folder, file string) string {
	return render.Address(d.survey, d.language, d.asked.Root, f.Path()+file)
}

// results is everything that results.html shows.
type results struct {
	render.Frame
	Heading     string
	Form        string // address of the survey
	Empty       bool   // nothing released yet
	Unprotected bool
	Level       string // what readers of pages that are not public must know
	K           int    // the fewest respondents that a figure may describe
	Over        string // period and group
	Facts       []string
	Filters     []filter
	Chapters    []chapter
	Head        head
	Findings    []finding
	Trend       *trendChart
	Courses     *courses // of all items
	Dimensions  []rankedItem
	Units       []rankedItem
	UnitsText   string
	Quadrants   []quadrants
	Ranked      ranking
	Measures    *measures
	Quotes      []quote // of no question
	Segments    []segmentTable
	CrossTabs   []*block
	Sections    []resultSection
	Channels    shares
	Funnel      shares
	Derivation  *derivation
	Method      *method
	Data, Table string // addresses of results.json and results.csv
}

// with is something that a template within the page shows, and the words to say it with.
type with struct {
	*wording.Words
	It any
}

// With hands something to a template within the page.
func (v *results) With(it any) with { return with{v.Words, it} }

// With hands something on.
func (w with) With(it any) with { return with{w.Words, it} }

// chapter is a part of the page that can be jumped to.
type chapter struct{ ID, Label string }

// filter is a row of links to other results pages.
type filter struct {
	Label string
	Links []filterLink
	Note  string // what has no link, and why
}

type filterLink struct {
	Href, Label string
	N           int64
	Current     bool
}

// bar is one line with a bar of a share.
type bar struct {
	Label, Href string
	N           int64
	Share       string
	Between     string
	Width       string
}

// shares is a table of bars.
type shares []bar

func (d *drawing) results() *results {
	s, p := d.survey, d.asked
	title := s.Title.In(p.Language)
	folder := p.Folder
	v := &results{
		Frame: d.frame.Frame("results", d.words.Say("results.of", "title", title), p.Language, p.Root,
			d.frame.LanguageLinks(s, p.Language, p.Root, folder.Path())),
		Heading: title, Form: render.Address(s, p.Language, p.Root, ""),
		Data: d.to(Folder{Period: folder.Period}, "results.json"), Table: d.to(Folder{Period: folder.Period}, "results.csv"),
		Unprotected: s.Results.MinGroup <= 1,
	}
	v.Private = s.Unlisted
	v.Share(render.Address(s, p.Language, "", folder.Path()), render.Description(s.Intro.In(p.Language)))
	v.Assets.Script = render.Asset{} // nothing on it needs one
	v.Level = d.level()
	v.Measures = d.measures()
	if d.period == nil {
		v.Empty = true
		v.Facts = render.Window(d.words, s)
		v.Method = d.method()
		return v
	}
	v.Unprotected, v.K = d.period.MinGroup <= 1 && p.Level != Management, d.period.MinGroup
	over := []string{periodName(d.words, d.period.Name), d.groupName()}
	v.Over = strings.Join(slices.DeleteFunc(over, func(s string) bool { return s == "" }), " · ")
	if v.Over != "" {
		v.Title = d.words.Say("results.of", "title", title+" · "+v.Over)
	}
	v.Filters = d.filters()
	v.Head = d.head()
	v.Trend = d.trend()
	v.Courses = d.courses()
	v.Dimensions = d.dimensions()
	v.Units, v.UnitsText = d.units()
	v.Ranked = d.ranked()
	v.Findings = d.findings(v.Ranked)
	if p.Whole() {
		v.Quadrants = d.quadrants()
		v.Segments = d.segments()
		v.CrossTabs = d.crossTabs()
		v.Channels, v.Funnel = d.channels(), d.funnel()
		v.Quotes = d.quotes("")
	}
	v.Sections = d.sections()
	v.Derivation = d.derivation()
	v.Method = d.method()
	for _, c := range []struct {
		there   bool
		id, key string
	}{
		{v.Trend != nil, "trend", "results.trend"}, {len(v.Dimensions) > 0, "areas", "results.dimensions"},
		{len(v.Ranked) > 1, "items", "results.items"}, {len(v.Quadrants) > 0, "priorities", "results.priorities"},
		{v.Measures != nil, "measures", "measures.title"}, {len(v.Segments) > 0, "groups", "results.groups"},
		{len(v.Sections) > 0, "questions", "results.questions"},
		{v.Derivation != nil, "derivation", "results.method"}, {true, "method", "method.title"},
	} {
		if c.there {
			v.Chapters = append(v.Chapters, chapter{c.id, d.words.Say(c.key)})
		}
	}
	return v
}

// groupName says of whom the page is: "Kind of customer: Gold"; "" for everybody.
func (d *drawing) groupName() string {
	if d.asked.Whole() {
		return ""
	}
	f, ok := d.period.Survey().Field(d.asked.Segment)
	if !ok {
		return d.asked.Option
	}
	for _, o := range f.Options() {
		if o.ID == d.asked.Option {
			return d.words.Say("results.group", "segment", d.label(f), "option", d.option(&o))
		}
	}
	return d.asked.Option
}

// filters link to the same page for other periods, and for other groups of the same period.
func (d *drawing) filters() []filter {
	var all []filter
	asked := d.asked.Folder
	periods := filter{Label: d.words.Say("results.period")}
	shown := shownPeriods(d.whole)
	for i, index := range slices.Backward(shown) {
		name := d.whole.Periods[index].Name
		f := Folder{name, asked.Segment, asked.Option}
		if i == len(shown)-1 {
			f.Period = ""
		}
		if !d.folders[f] { // the group is too small there
			f.Segment, f.Option = "", ""
		}
		periods.Links = append(periods.Links, filterLink{Href: d.to(f, ""), Label: periodName(d.words, name), Current: name == d.period.Name})
	}
	if len(periods.Links) > 1 {
		all = append(all, periods)
	}
	whole := &d.whole.Periods[d.shown[len(d.shown)-1]]
	for _, segment := range whole.Survey().Segments() {
		row := filter{Label: d.label(segment)}
		row.Links = append(row.Links, filterLink{Href: d.to(Folder{Period: asked.Period}, ""), Label: d.words.Say("results.everybody"), N: whole.Respondents,
			Current: asked.Segment != segment.Name})
		few := 0
		for _, o := range segment.Options() {
			f := Folder{asked.Period, segment.Name, o.ID}
			if !d.folders[f] {
				few++
				continue
			}
			row.Links = append(row.Links, filterLink{Href: d.to(f, ""), Label: d.option(&o), N: whole.GroupSize(segment.Name, o.ID),
				Current: asked.Segment == segment.Name && asked.Option == o.ID})
		}
		if few > 0 {
			row.Note = d.leftOut(few)
		}
		if len(row.Links) > 1 {
			all = append(all, row)
		}
	}
	return all
}

// leftOut says that so many groups are not shown: they are too small or, where everybody is counted, empty.
func (d *drawing) leftOut(groups int) string {
	if d.period.MinGroup <= 1 {
		return d.words.Say("results.empty_groups", "n", groups)
	}
	return d.words.Say("results.too_few", "n", groups, "k", d.period.MinGroup)
}

// label says what a field asks: a row or an option with its question only where that is needed.
func (d *drawing) label(f survey.Field) string {
	text := d.Plain(f.Label().In(d.language))
	switch {
	case text == "" && f.Option != nil:
		return d.option(f.Option)
	case text == "":
		return f.Name
	}
	return text
}

func (d *drawing) option(o *survey.Option) string {
	return d.Plain(render.OptionLabel(d.words, o, d.language))
}

// point is a field's, or with an empty name the index's, in the page's period.
func (d *drawing) point(field string) *stats.Point {
	line := d.lines[field]
	if field == "" {
		line = d.course
	}
	if line == nil {
		return nil
	}
	return &line.Points[d.shown[len(d.shown)-1]]
}

// change says what has become of a figure since the last period that has one: "+0.3", or that it cannot be compared.
func (d *drawing) change(field string, places int) string {
	point := d.point(field)
	switch {
	case point == nil:
		return ""
	case point.Broken:
		return broken
	}
	if change := point.Change(); change != nil {
		return d.signed(change, places)
	}
	return ""
}

// broken stands where two figures cannot be compared.
const broken = "≠"

// before is the last period before the page's own in which the index, or a field, has a value.
func (d *drawing) before(line *stats.Line) *stats.Period {
	if line == nil {
		return nil
	}
	for i := d.shown[len(d.shown)-1] - 1; i >= 0; i-- {
		if line.Points[i].Value != nil {
			return &d.report.Periods[i]
		}
	}
	return nil
}

// signed prints a difference with its sign, a true minus. Between words that run from right to left, a mark keeps the sign
// before the number.
func (d *drawing) signed(r *big.Rat, places int) string {
	text, mark := stats.Round(r, places), ""
	if d.mirrored {
		mark = "\u200e"
	}
	switch {
	case strings.HasPrefix(text, "-"):
		return mark + "−" + text[1:]
	case strings.Trim(text, "0.") == "":
		return mark + "±" + text
	}
	return mark + "+" + text
}

// periodName says a period: "2026-Q4", "2026-10", "2026"; "" for the one period of a survey without.
func periodName(w *wording.Words, name string) string {
	year, rest, _ := strings.Cut(name, "-")
	switch {
	case name == noPeriod:
		return ""
	case strings.HasPrefix(rest, "Q"):
		return w.Say("period.quarter", "year", year, "quarter", rest[1:])
	case rest != "":
		return w.Say("period.month", "year", year, "month", w.Say("month."+strings.TrimPrefix(rest, "0")))
	default:
		return w.Say("period.year", "year", year)
	}
}

// quote is a reviewed sentence of a respondent.
type quote struct{ Text, By string }

// quotes are those of a question or one of its fields; of none, with "".
func (d *drawing) quotes(question string) []quote {
	var all []quote
	for _, q := range d.asked.Actions.Quotes {
		of, _, _ := strings.Cut(q.Question, ".")
		if of != question || q.Period != "" && q.Period != d.period.Name || !d.asked.Whole() {
			continue
		}
		all = append(all, quote{q.Text.In(d.language), d.words.Say("quote.reviewed", "by", q.ReviewedBy.In(d.language), "date", d.words.Date(string(q.ReviewedOn)))})
	}
	return all
}

// measures is what is being done about the results.
type measures struct {
	AsOf string // "" where nothing depends on the day
	Rows []measure
}

type measure struct {
	Problem, Measure, Owner, Due, Effect string
	About, Anchor                        string // the question's name, and its id if its figures are on the page
	Status, State                        string // in words; and planned, doing, done, dropped or overdue
}

// measures are shown with the newest results of everybody.
func (d *drawing) measures() *measures {
	if !d.asked.Whole() || d.period != nil && !d.newest || len(d.asked.Actions.Measures) == 0 {
		return nil
	}
	v := &measures{}
	for _, m := range d.asked.Actions.Measures {
		row := measure{
			Problem: m.Problem.In(d.language), Measure: m.Measure.In(d.language), Owner: m.Owner.In(d.language), Effect: m.Effect.In(d.language),
			Due: d.words.Date(string(m.Due)), State: string(m.Status), Status: d.words.Say("measures." + string(m.Status)),
		}
		if m.Overdue(d.asked.Today) {
			row.State, row.Status = "overdue", d.words.Say("measures.overdue")
		}
		if (m.Status == survey.Planned || m.Status == survey.Doing) && m.Due != "" && d.asked.Today != "" {
			v.AsOf = d.words.Date(string(d.asked.Today))
		}
		if f, ok := d.survey.Field(m.Question); ok {
			row.About, row.Anchor = d.itemName(f), f.Question.ID
		} else if fields := d.survey.FieldsOf(&survey.Question{ID: m.Question}); len(fields) > 0 {
			row.About, row.Anchor = d.Plain(fields[0].Question.Label.In(d.language)), m.Question
		}
		if !slices.ContainsFunc(d.survey.Fields(), func(f survey.Field) bool {
			return f.Question.ID == row.Anchor && d.items[f.Name] != nil
		}) {
			row.Anchor = "" // its figures are not on the page
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// DatedMeasures reports whether a results page with these measures says another thing another day.
func DatedMeasures(a survey.Actions) bool {
	return slices.ContainsFunc(a.Measures, func(m survey.Measure) bool {
		return (m.Status == survey.Planned || m.Status == survey.Doing) && m.Due != ""
	})
}

// intro is what respondents were told before they answered.
func (d *drawing) intro() template.HTML { return d.Markdown(d.survey.Intro.In(d.language)) }
