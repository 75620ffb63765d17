package results

import (
	"html/template"
	"slices"
	"strings"

	"glasspoll/internal/render"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// view is the data of results.html.
type view struct {
	render.Frame
	Heading     string
	Form        string   // address of the survey
	Empty       bool     // nothing released yet
	Protection  []string // that there is none, or more than usual
	Level       string   // a note on pages that are not public
	K           int      // the fewest respondents that a figure may describe
	About       string   // period and group
	Facts       []string
	Filters     []filter
	Chapters    []chapter
	Head        head
	Summary     summary
	Standing    []finding // the best and the weakest items
	Moved       []finding // those that differ from the last period
	FindingNote string
	Trend       *trendChart
	ItemTrends  *itemTrends
	IndexAxis   template.HTML // ticks above bars on the scale of the index
	ItemAxis    template.HTML // and on that of items, 0 to 100
	Dimensions  []scoreRow
	Units       []scoreRow
	UnitsText   string
	Weighted    *weighted
	EarlyLate   *earlyLate
	Quadrants   []quadrantChart
	Ranking     ranking
	Measures    *measures
	Quotes      []quote // of no question
	Segments    []segmentTable
	CrossTabs   []*block
	Sections    []section
	Channels    shareTable
	Funnel      shareTable
	Invited     *invitedView
	Derivation  *derivation
	Method      *method
	Data, Table string // addresses of results.json and results.csv
}

// Findings returns the lists of items of the summary.
func (v *view) Findings() []finding { return slices.Concat(v.Standing, v.Moved) }

// scoped is the data of a template within the page, with the words to print it with.
type scoped struct {
	*wording.Words
	Data any
}

// With makes the argument of a template within the page.
func (v *view) With(data any) scoped { return scoped{v.Words, data} }

// With makes the argument of a template within a template.
func (s scoped) With(data any) scoped { return scoped{s.Words, data} }

// chapter is a part of the page that can be jumped to.
type chapter struct{ ID, Label string }

// filter is a row of links to other results pages.
type filter struct {
	Label string
	Links []filterLink
	Note  string // which options have no link, and why
}

type filterLink struct {
	Href, Label string
	Year        string // shown before the link, where it changes
	Of          string // the year of a label without it, for screen readers
	N           int64
	Current     bool
}

func (d *document) view() *view {
	s, p := d.survey, d.page
	title := s.Title.In(p.Language)
	whole := Folder{Period: p.Period} // where the files are
	v := &view{
		Frame: d.frame.Frame("results", d.words.Say("results.of", "title", title), p.Language, p.Root,
			d.frame.LanguageLinks(s, p.Language, p.Root, p.Path())),
		Heading: title, Form: render.Address(s, p.Language, p.Root, ""),
		Data: render.Address(s, s.DefaultLanguage(), p.Root, whole.Path()+"results.json"), Table: d.link(whole, "results.csv"),
		Protection: d.protection(), Level: d.level(), Measures: d.measures(),
	}
	v.Of(s.ID)
	v.Private = s.Unlisted
	if !s.IsOpenToAll() {
		v.Form = "" // the invited answer by their links
	}
	v.Share(render.Address(s, p.Language, "", p.Path()), render.Purpose(s, p.Language))
	if d.period == nil {
		v.Empty = true
		v.Facts = render.Window(d.words, s)
	} else {
		d.fill(v)
		v.Chapters = d.chapters(v)
	}
	v.Method = d.method()
	return v
}

// fill adds the figures of the page's period.
func (d *document) fill(v *view) {
	v.K = d.period.MinGroup
	about := []string{d.periodName(d.period.Name), d.groupName()}
	v.About = strings.Join(slices.DeleteFunc(about, func(s string) bool { return s == "" }), " · ")
	if v.About != "" {
		v.Title = d.words.Say("results.of", "title", v.Heading+" · "+v.About)
	}
	v.Filters = d.filters()
	v.Head = d.head()
	v.Summary = d.summary(&v.Head, v.Measures)
	v.Trend = d.trend()
	v.ItemTrends = d.itemTrends()
	v.IndexAxis, v.ItemAxis = d.axis(d.best), d.axis(100)
	v.Dimensions = d.dimensions()
	v.Units, v.UnitsText = d.units()
	if v.Ranking = d.ranking(); len(v.Ranking) < 2 {
		v.Ranking = nil // it is the index itself
	}
	standing, notes := d.standing()
	moved, more := d.moved()
	v.Standing, v.Moved, v.FindingNote = standing, moved, sentences(append(notes, more...)...)
	v.Weighted = d.weighted()
	v.EarlyLate = d.earlyLate()
	if d.page.Whole() {
		v.Quadrants = d.quadrants()
		v.Segments = d.segments()
		v.CrossTabs = d.crossTabs()
		v.Channels, v.Funnel, v.Invited = d.channels(), d.funnel(), d.invited()
		v.Quotes = d.quotes("")
	}
	v.Sections = d.sections()
	v.Derivation = d.derivation()
}

func (d *document) chapters(v *view) []chapter {
	var chapters []chapter
	for _, c := range []struct {
		shown   bool
		id, key string
	}{
		{len(v.Dimensions) > 0, "areas", "results.dimensions"}, {v.Ranking != nil, "items", "results.items"},
		{v.Trend != nil, "trend", "results.trend"}, {len(v.Segments) > 0, "groups", "results.groups"},
		{v.Weighted != nil, "weighted", "results.weighted"}, {len(v.Quadrants) > 0, "priorities", "results.priorities"},
		{v.Measures != nil, "measures", "measures.title"},
		{len(v.Sections) > 0, "questions", "results.questions"},
		{v.Invited != nil, "funnel", "invited.chapter"},
		{v.Derivation != nil, "derivation", "results.method"}, {true, "method", "method.title"},
	} {
		if c.shown {
			chapters = append(chapters, chapter{c.id, d.words.Say(c.key)})
		}
	}
	return chapters
}

// protection says if small groups are not protected, and if they are protected strictly.
func (d *document) protection() []string {
	s := d.survey
	unprotected := s.K() <= 1 || d.period != nil && d.period.MinGroup <= 1 && d.page.Level != Management
	switch {
	case unprotected:
		return []string{d.words.Say("results.unprotected")}
	case d.period != nil && d.period.LeastK() <= 1 && d.page.Level != Management:
		return []string{d.words.Say("results.was_unprotected")}
	case s.Results.Protection == survey.Strict && d.page.Level != Management:
		return []string{d.words.Say("results.strict", "k", s.K())}
	}
	return nil
}

// filters link to the same page for other periods, and for groups of the same period.
func (d *document) filters() []filter {
	var all []filter
	if periods := d.periodFilter(); len(periods.Links) > 1 {
		all = append(all, periods)
	}
	if !d.page.Whole() {
		return append(all, d.groupFilter())
	}
	page, everybody := d.page.Folder, d.everybody()
	for _, segment := range everybody.Segments() {
		row := filter{Label: d.short(segment)}
		row.Links = append(row.Links, filterLink{Href: d.link(Folder{Period: page.Period}, ""), Label: d.words.Say("results.everybody"),
			N: everybody.Respondents, Current: true})
		omitted := 0
		for _, o := range segment.Options() {
			f := Folder{page.Period, segment.Name, o.ID}
			if !d.set.exists[f] {
				omitted++
				continue
			}
			row.Links = append(row.Links, filterLink{Href: d.link(f, ""), Label: d.groupOption(segment, &o), N: everybody.GroupSize(segment.Name, o.ID)})
		}
		if omitted > 0 {
			row.Note = d.omittedGroups(omitted)
		}
		if len(row.Links) > 1 {
			all = append(all, row)
		}
	}
	return all
}

// groupFilter links from a group's page to everybody's, and to the other groups of its segment if they are few; their numbers are on
// everybody's page, so that a group's page changes with the group alone.
func (d *document) groupFilter() filter {
	f, known := d.period.Survey().Field(d.page.Segment)
	everybody := Folder{Period: d.page.Period}
	row := filter{Label: d.page.Segment, Links: []filterLink{{Href: d.link(everybody, ""), Label: d.words.Say("results.everybody")}}}
	if !known {
		return row
	}
	row.Label = d.short(f)
	siblings := d.set.siblings(d.page.Folder)
	for _, o := range f.Options() {
		switch to := (Folder{d.page.Period, d.page.Segment, o.ID}); {
		case o.ID == d.page.Option || slices.Contains(siblings, to):
			row.Links = append(row.Links, filterLink{Href: d.link(to, ""), Label: d.groupOption(f, &o), Current: o.ID == d.page.Option})
		}
	}
	if siblings == nil {
		row.Links = append(row.Links, filterLink{Href: d.link(everybody, "") + "#groups", Label: d.words.Say("results.other_groups")})
	}
	return row
}

// periodFilter links to the periods, the newest first: to the same group's page, or to everybody's where the group is too
// small.
func (d *document) periodFilter() filter {
	row := filter{Label: d.words.Say("results.period")}
	shown := ""
	for i, index := range slices.Backward(d.set.periods) {
		name := d.set.Report.Periods[index].Name
		f := Folder{name, d.page.Segment, d.page.Option}
		if i == len(d.set.periods)-1 {
			f.Period = ""
		}
		if !d.set.exists[f] {
			f.Segment, f.Option = "", ""
		}
		link := filterLink{Href: d.link(f, ""), Current: name == d.period.Name}
		if link.Label, link.Of = d.periodLabel(name); link.Of != shown {
			link.Year, shown = link.Of, link.Of
		}
		row.Links = append(row.Links, link)
	}
	return row
}

// intro returns the questionnaire's introduction.
func (d *document) intro() template.HTML { return d.Markdown(d.survey.Intro.In(d.language)) }
