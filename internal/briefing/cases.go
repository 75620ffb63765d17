package briefing

import (
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/cases"
	"glasspoll/internal/chart"
	"glasspoll/internal/paper"
	"glasspoll/internal/render"
)

// addCases is the chapter about what customers have said and what has become of it.
func (m *maker) addCases() {
	m.heading(1, m.say("chapter_cases"))
	m.add(paper.Paragraph{Text: m.casesSentence()})
	if !hasNone(m.summary.All) || !hasNone(m.before.All) {
		t := m.caseTable(m.say("sheet_cases"), m.say("cases_all"), m.say("span"))
		t.Rows = [][]paper.Cell{m.caseRow(render.PeriodName(m.pages, m.Span.Name), m.summary.All), m.caseRow(render.PeriodName(m.pages, m.before.Span.Name), m.before.All)}
		m.add(t)
		m.note(m.say("cases_note"))
	}
	m.addSpans()
	for i := 0; i < len(m.summary.Groups); {
		by := m.summary.Groups[i].By
		end := i
		for end < len(m.summary.Groups) && m.summary.Groups[end].By == by {
			end++
		}
		m.addGroup(by, m.summary.Groups[i:end])
		i = end
	}
	m.addOpen()
}

// caseFigure is a column of the tables of cases.
type caseFigure struct {
	key   string // of its head
	share int    // of the width
	rare  bool   // left out where every case of the report lacks it
	of    func(cases.Figures) paper.Cell
}

// caseFigures are the columns of the tables of cases.
func (m *maker) caseFigures() []caseFigure {
	count := func(of func(cases.Figures) int) func(cases.Figures) paper.Cell {
		return func(f cases.Figures) paper.Cell { return paper.Count(of(f)) }
	}
	all := []caseFigure{
		{"opened", 4, false, count(func(f cases.Figures) int { return f.Opened })},
		{"closed", 4, false, count(func(f cases.Figures) int { return f.Closed })},
		{"in_time", 4, false, count(func(f cases.Figures) int { return f.InTime })},
		{"in_time_rate", 5, false, func(f cases.Figures) paper.Cell { return m.share(f.InTime, f.Closed) }},
		{"told", 5, false, count(func(f cases.Figures) int { return f.CustomerTold })},
		{"asked", 5, true, count(func(f cases.Figures) int { return f.Asked })},
		{"agreed", 4, true, count(func(f cases.Figures) int { return f.Agreed })},
		{"days", 5, false, meanDays},
		{"open", 4, false, count(func(f cases.Figures) int { return f.Open })},
		{"overdue", 4, false, overdue},
		{"withdrawn", 4, true, count(func(f cases.Figures) int { return f.Withdrawn })},
	}
	return slices.DeleteFunc(all, func(c caseFigure) bool {
		return c.rare && !slices.ContainsFunc(m.spans, func(s cases.Summary) bool { return *c.of(s.All).Number > 0 })
	})
}

func meanDays(f cases.Figures) paper.Cell {
	mean, ok := f.MeanDays()
	if !ok {
		return paper.None()
	}
	return paper.Cell{Text: strconv.FormatFloat(mean, 'f', 1, 64), Number: &mean, Format: "0.0"}
}

func overdue(f cases.Figures) paper.Cell {
	c := paper.Count(f.Overdue)
	c.Bad = f.Overdue > 0
	return c
}

// caseTable is a table of cases without rows.
func (m *maker) caseTable(name, title, head string) paper.Table {
	t := paper.Table{Name: name, Title: title, Head: []string{head}, Wide: []int{9}}
	for _, c := range m.caseFigures() {
		t.Head, t.Wide = append(t.Head, m.say(c.key)), append(t.Wide, c.share)
	}
	return t
}

func (m *maker) caseRow(label string, f cases.Figures) []paper.Cell {
	row := []paper.Cell{paper.Text(label)}
	for _, c := range m.caseFigures() {
		row = append(row, c.of(f))
	}
	return row
}

// maxSpans bounds the course of cases: half a year of months, a year and a half of quarters.
const maxSpans = 6

// setSpans counts the cases of the spans up to the report's own.
func (m *maker) setSpans() {
	m.summary = cases.Summarise(m.Cases, m.Span, m.Now)
	m.spans = []cases.Summary{m.summary}
	for span := m.Span; len(m.spans) < maxSpans; {
		span = span.Before()
		m.spans = append(m.spans, cases.Summarise(m.Cases, span, m.Now))
	}
	m.before = m.spans[1]
	slices.Reverse(m.spans)
}

// addSpans is the course of cases over the spans up to the report's own. Spans before the first case are left out.
func (m *maker) addSpans() {
	all := m.spans
	for len(all) > 0 && hasNone(all[0].All) {
		all = all[1:]
	}
	if len(all) < 2 {
		return
	}
	m.heading(2, m.say("cases_course"))
	c := &chart.Chart{ID: "cases", Name: m.say("cases_course"), Kind: chart.Lines, Title: m.say("cases_course_chart"), About: m.say("cases_course_about"), Language: m.Language,
		Head: m.say("span"), Series: []string{m.say("opened")}}
	t := m.caseTable(m.say("sheet_spans"), "", m.say("span"))
	for _, s := range all {
		name := render.PeriodName(m.pages, s.Span.Name)
		c.Rows = append(c.Rows, chart.Row{Label: name, Values: []float64{float64(s.All.Opened)}})
		t.Rows = append(t.Rows, m.caseRow(name, s.All))
	}
	m.add(paper.Chart{Chart: c}, t)
}

// charted are the properties whose groups are drawn.
var charted = []string{"type", "channel"}

// addGroup is the cases by one property.
func (m *maker) addGroup(by string, groups []cases.Group) {
	title := by
	if m.own.Has("brief.by_" + by) {
		title = m.say("by_" + by)
	}
	m.heading(2, title)
	head := strings.ReplaceAll(by, "_", " ")
	if m.own.Has("brief.head_" + by) {
		head = m.say("head_" + by)
	}
	t := m.caseTable(title, "", head)
	c := &chart.Chart{ID: "cases-" + by, Name: m.say("chart_of", "of", title), Kind: chart.Bars, Title: m.say("opened_of", "of", title), About: m.say("cases_course_about"), Language: m.Language,
		Head: head, Series: []string{m.say("opened")}}
	drawn := false
	for _, g := range groups {
		label := m.groupName(by, g.Value)
		t.Rows = append(t.Rows, m.caseRow(label, g.Figures))
		c.Rows = append(c.Rows, chart.Row{Label: label, Values: []float64{float64(g.Opened)}})
		drawn = drawn || g.Opened > 0
	}
	if drawn && slices.Contains(charted, by) && len(groups) > 1 {
		m.add(paper.Chart{Chart: c})
	}
	m.add(t)
}

// groupName says a value of a property of cases.
func (m *maker) groupName(by, value string) string {
	switch {
	case value == "" && by == "owner":
		return m.say("nobody")
	case value == "" && by == "subtype":
		return m.say("no_subtype")
	case value == "":
		return m.say("unknown")
	case by == "severity" && m.own.Has("case_severity."+value):
		return m.own.Say("case_severity." + value)
	case by == "channel" && m.pages.Has("channel."+value):
		return m.pages.Say("channel." + value)
	case by == "channel" && m.own.Has("case_channel."+value):
		return m.own.Say("case_channel." + value)
	case by == "type" && m.own.Has("case_type."+value):
		return m.own.Say("case_type." + value)
	case by == "owner":
		return value
	}
	return strings.ReplaceAll(value, "_", " ")
}

// maxOpen bounds the list of open cases: the most pressing ones are what management reads.
const maxOpen = 20

// addOpen lists the cases that were open at the end of the span, or are today.
func (m *maker) addOpen() {
	var open []*cases.Case
	for _, c := range m.Cases {
		if is, _ := c.OpenIn(m.Span, m.Now); is {
			open = append(open, c)
		}
	}
	if len(open) == 0 {
		return
	}
	cases.Sort(open, m.Now)
	m.heading(2, m.say("open_cases"))
	titles := map[string]string{cases.NoSurvey: m.say("no_survey")}
	for _, s := range m.Surveys {
		titles[s.ID] = s.Brief.Title
	}
	t := paper.Table{Name: m.say("open_cases"),
		Head: []string{m.own.Say("cases.case"), m.say("survey"), m.own.Say("cases.type"), m.own.Say("cases.severity"), m.own.Say("cases.owner"), m.own.Say("cases.due"), m.say("case_state")}, Wide: []int{39, 26, 21, 17, 21, 29, 17}}
	for _, c := range open[:min(len(open), maxOpen)] {
		_, overdue := c.OpenIn(m.Span, m.Now)
		state := paper.Text(m.say("is_open"))
		switch {
		case c.Status == cases.Closed:
			state.Text = m.say("closed_on", "date", m.date(c.Day(c.Closed)))
		case overdue:
			state = paper.Cell{Text: m.pages.Say("measures.overdue"), Bad: true}
		}
		title := titles[c.Survey]
		if title == "" {
			title = c.Survey
		}
		t.Rows = append(t.Rows, []paper.Cell{paper.Text(c.ID), paper.Text(title), paper.Text(m.groupName("type", c.Type)), paper.Text(m.groupName("severity", string(c.Severity))),
			paper.Text(m.groupName("owner", c.Owner)), paper.Text(m.due(c)), state})
	}
	m.add(t)
	if left := len(open) - maxOpen; left > 0 {
		m.note(m.own.Say("cases.left", "n", left))
	}
}

// due says until when a case is to be closed.
func (m *maker) due(c *cases.Case) string {
	if c.DueAt.IsZero() {
		return m.date(c.Due)
	}
	return m.date(c.Day(c.DueAt)) + " " + c.DueAt.In(c.Location()).Format("15:04")
}
