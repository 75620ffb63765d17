package briefing

import (
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/cases"
	"glasspoll/internal/chart"
	"glasspoll/internal/paper"
	"glasspoll/internal/results"
)

// addCases is the chapter about what customers have said and what has become of it.
func (m *maker) addCases() {
	m.heading(1, m.say("chapter_cases"))
	m.add(paper.Paragraph{Text: m.casesSentence()})
	if !hasNone(m.summary.All) || !hasNone(m.before.All) {
		t := m.caseTable(m.say("sheet_cases"), m.say("cases_all"), m.say("span"))
		t.Rows = [][]paper.Cell{m.caseRow(results.PeriodName(m.pages, m.Span.Name), m.summary.All), m.caseRow(results.PeriodName(m.pages, m.before.Span.Name), m.before.All)}
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

func (m *maker) caseTable(name, title, head string) paper.Table {
	return paper.Table{Name: name, Title: title, Head: []string{head, m.say("opened"), m.say("closed"), m.say("in_time"), m.say("in_time_rate"), m.say("told"), m.say("days"), m.say("open"), m.say("overdue"), m.say("withdrawn")},
		Wide: []int{9, 4, 4, 4, 5, 5, 5, 4, 4, 4}}
}

func (m *maker) caseRow(label string, f cases.Figures) []paper.Cell {
	days := paper.None()
	if mean, ok := f.MeanDays(); ok {
		days = paper.Cell{Text: strconv.FormatFloat(mean, 'f', 1, 64), Number: &mean, Format: "0.0"}
	}
	overdue := paper.Count(f.Overdue)
	overdue.Bad = f.Overdue > 0
	return []paper.Cell{paper.Text(label), paper.Count(f.Opened), paper.Count(f.Closed), paper.Count(f.InTime), m.share(f.InTime, f.Closed), paper.Count(f.CustomerTold), days, paper.Count(f.Open), overdue, paper.Count(f.Withdrawn)}
}

// maxSpans bounds the course of cases: half a year of months, a year and a half of quarters.
const maxSpans = 6

// addSpans is the course of cases over the spans up to the report's own. Spans before the first case are left out.
func (m *maker) addSpans() {
	all := []cases.Summary{m.summary}
	for span := m.Span; len(all) < maxSpans; {
		span = span.Before()
		all = append(all, cases.Summarise(m.Cases, span, m.Now))
	}
	slices.Reverse(all)
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
		name := results.PeriodName(m.pages, s.Span.Name)
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
	case value == "":
		return m.say("unknown")
	case by == "severity" && m.own.Has("case_severity."+value):
		return m.own.Say("case_severity." + value)
	case by == "channel" && m.pages.Has("channel."+value):
		return m.pages.Say("channel." + value)
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
		if is, _ := c.OpenOn(min(c.Day(m.Now), m.Span.Until)); is {
			open = append(open, c)
		}
	}
	if len(open) == 0 {
		return
	}
	cases.Sort(open, m.Now)
	m.heading(2, m.say("open_cases"))
	titles := map[string]string{}
	for _, s := range m.Surveys {
		titles[s.ID] = s.Brief.Title
	}
	t := paper.Table{Name: m.say("open_cases"),
		Head: []string{m.own.Say("cases.case"), m.say("survey"), m.own.Say("cases.type"), m.own.Say("cases.severity"), m.own.Say("cases.owner"), m.own.Say("cases.due"), m.say("case_state")}, Wide: []int{39, 26, 21, 17, 21, 29, 17}}
	for _, c := range open[:min(len(open), maxOpen)] {
		_, overdue := c.OpenOn(min(c.Day(m.Now), m.Span.Until))
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
			paper.Text(m.groupName("owner", c.Owner)), paper.Text(m.date(c.Due)), state})
	}
	m.add(t)
	if left := len(open) - maxOpen; left > 0 {
		m.note(m.own.Say("cases.left", "n", left))
	}
}
