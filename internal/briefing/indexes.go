package briefing

import (
	"strconv"
	"strings"

	"glasspoll/internal/paper"
	"glasspoll/internal/results"
)

// addIndexes is the chapter about satisfaction: the surveys beside each other, and then each.
func (m *maker) addIndexes() {
	m.heading(1, m.say("chapter_index"))
	if len(m.Surveys) == 0 {
		m.add(paper.Paragraph{Text: m.say("no_surveys")})
		return
	}
	t := paper.Table{Name: m.say("sheet_indexes"), Title: m.say("indexes"), Head: []string{m.say("survey"), m.say("period"), m.say("people"), m.say("rate"),
		m.pages.Say("results.points"), m.pages.Say("results.interval"), m.say("change"), m.say("target"), m.pages.Say("results.band")}}
	for _, s := range m.Surveys {
		b := s.Brief
		period := paper.Text(b.Period)
		switch {
		case len(b.Sentences) == 0: // nothing that may be shown
			period = paper.None()
		case b.Period == "":
			period = paper.Text(m.say("whole"))
		}
		t.Rows = append(t.Rows, []paper.Cell{paper.Text(b.Title), period, b.Respondents, b.Rate, b.Index, b.Interval, b.Change, b.Target, b.Band})
	}
	m.add(withoutEmpty(t))
	m.note(m.say("indexes_note"))
	for _, s := range m.Surveys {
		m.addSurvey(s)
	}
}

// addSurvey says how a survey's index has come to be what it is.
func (m *maker) addSurvey(s Survey) {
	b := s.Brief
	if len(b.Sentences) == 0 {
		return
	}
	m.heading(2, b.Title)
	for _, c := range b.Charts {
		about := *c
		about.Name = m.say("sheet_of", "survey", b.Title, "of", c.Name)
		m.add(paper.Chart{Chart: &about})
		if c.ID == "trend" {
			m.addCourse(b)
		}
	}
	if len(b.Best)+len(b.Worst) > 0 {
		t := paper.Table{Name: m.say("sheet_of", "survey", b.Title, "of", m.say("items")), Title: m.say("items_of", "survey", b.Title),
			Head: []string{m.say("standing"), m.pages.Say("results.item"), m.pages.Say("results.of_100"), m.pages.Say("results.diff")}, Wide: []int{3, 9, 3, 3}}
		t.Rows = append(itemRows(b.BestAs, b.Best), itemRows(b.WorstAs, b.Worst)...)
		m.add(t)
	}
	if len(b.Sure) > 0 {
		m.note(joined(b.Sure))
	}
}

func itemRows(called string, items []results.BriefItem) (rows [][]paper.Cell) {
	for _, item := range items {
		rows = append(rows, []paper.Cell{paper.Text(called), paper.Text(item.Label), figure(item.Value, "0.0"), figure(item.Diff, "+0.0;-0.0;0.0")})
	}
	return rows
}

// figure makes a cell of a printed figure.
func figure(text, format string) paper.Cell {
	c := paper.Text(text)
	if number, err := strconv.ParseFloat(strings.Replace(text, "−", "-", 1), 64); err == nil {
		c.Number, c.Format = &number, format
	}
	return c
}

// addCourse is the table of the index over the periods.
func (m *maker) addCourse(b *results.Brief) {
	t := paper.Table{Name: m.say("sheet_of", "survey", b.Title, "of", m.say("periods")), Title: m.say("course_of", "survey", b.Title),
		Head: []string{m.say("period"), m.say("people"), m.say("rate"), m.pages.Say("results.points"), m.pages.Say("results.interval"), m.pages.Say("results.change"), m.pages.Say("results.band")}}
	for _, p := range b.Course {
		t.Rows = append(t.Rows, []paper.Cell{paper.Text(p.Period), p.Respondents, p.Rate, p.Index, p.Interval, figure(p.Change.Text, "+0.0#;-0.0#;0.0#"), p.Band})
	}
	m.add(withoutEmpty(t))
}
