package briefing

import (
	"strings"

	"glasspoll/internal/paper"
	"glasspoll/internal/render"
	"glasspoll/internal/survey"
)

// addMeasures is the chapter about improvements.
func (m *maker) addMeasures() {
	m.heading(1, m.say("chapter_measures"))
	m.add(paper.Paragraph{Text: m.measuresSentence()})
	several := len(m.Surveys) > 1
	t := paper.Table{Name: m.say("sheet_measures"), Head: []string{m.say("problem"), m.say("measure"), m.own.Say("measures.owner"), m.own.Say("measures.due"), m.own.Say("measures.status"), m.pages.Say("measures.effect")}, Wide: []int{7, 8, 4, 6, 4, 7}}
	if several {
		t.Head, t.Wide = append([]string{m.say("survey")}, t.Head...), append([]int{5}, t.Wide...)
	}
	asOf := ""
	for _, s := range m.Surveys {
		for _, measure := range s.Brief.Measures {
			problem := measure.Problem
			if measure.About != "" {
				problem = m.say("about", "problem", problem, "about", measure.About)
			}
			row := paper.Texts(problem, measure.Measure, measure.Owner, measure.Due, measure.Status, measure.Effect)
			row[4].Bad = measure.State == "overdue"
			if several {
				row = append(paper.Texts(s.Brief.Title), row...)
			}
			t.Rows = append(t.Rows, row)
		}
		if s.Brief.MeasuresAsOf != "" {
			asOf = s.Brief.MeasuresAsOf
		}
	}
	if len(t.Rows) == 0 {
		return
	}
	m.add(t)
	if asOf != "" {
		m.note(m.pages.Say("measures.as_of", "date", asOf))
	}
}

// addChanges is the chapter about what is not as it was.
func (m *maker) addChanges() {
	m.heading(1, m.say("chapter_changes"))
	t := paper.Table{Name: m.say("sheet_changes"), Title: m.say("items_changed"), Head: []string{m.say("survey"), m.say("direction"), m.pages.Say("results.item"), m.pages.Say("results.of_100"), m.pages.Say("results.change")}, Wide: []int{5, 3, 8, 3, 3}}
	var points paper.List
	for _, s := range m.Surveys {
		b := s.Brief
		if b.Change.Text != paper.None().Text {
			points = append(points, m.say("index_changed", "survey", b.Title, "change", b.Change.Text))
		}
		for _, note := range b.Notes {
			points = append(points, m.say("says", "survey", b.Title, "say", note))
		}
		for _, row := range itemRows(m.say("up"), b.Risen) {
			t.Rows = append(t.Rows, append(paper.Texts(b.Title), row...))
		}
		for _, row := range itemRows(m.say("down"), b.Fell) {
			t.Rows = append(t.Rows, append(paper.Texts(b.Title), row...))
		}
	}
	if now, then := m.summary.All, m.before.All; !hasNone(now) || !hasNone(then) {
		points = append(points, m.say("cases_changed", "now", now.Opened, "then", then.Opened, "span", render.PeriodName(m.pages, m.before.Span.Name)))
		if now.Closed > 0 && then.Closed > 0 {
			points = append(points, m.say("in_time_changed", "now", m.share(now.InTime, now.Closed).Text, "then", m.share(then.InTime, then.Closed).Text))
		}
	}
	if len(points) == 0 {
		points = append(points, m.say("nothing_changed"))
	}
	m.add(points)
	if len(t.Rows) > 0 {
		m.add(t)
	}
}

// addData is the chapter about where the figures come from, and which documents control them.
func (m *maker) addData() {
	m.heading(1, m.say("chapter_data"))
	t := paper.Table{Name: m.say("sheet_documents"), Title: m.say("documents"), Head: []string{m.say("survey"), m.say("number"), m.say("version"), m.say("approved"), m.say("approved_on"), m.say("edition")}, Wide: []int{8, 5, 3, 5, 5, 5}}
	for _, s := range m.Surveys {
		t.Rows = append(t.Rows, m.controlled(s.Brief.Title, s.Document, s.Version))
		if s.Plan != nil && s.Plan.Document != nil {
			t.Rows = append(t.Rows, m.controlled(m.say("plan_of", "survey", s.Brief.Title), s.Plan.Document, ""))
		}
	}
	if len(t.Rows) > 0 {
		m.add(t)
	}
	m.addRoles()
	m.add(paper.List{m.say("data_index_" + m.Level), m.say("data_periods"), m.say("data_interval"), m.say("data_cases"), m.say("data_measures")})
}

// controlled says by which document a questionnaire or a plan is controlled.
func (m *maker) controlled(name string, control *survey.Document, edition string) []paper.Cell {
	if control == nil {
		control = &survey.Document{}
	}
	return paper.Texts(name, orNone(control.Number), orNone(control.Version), orNone(control.ApprovedBy), orNone(m.date(control.ApprovedOn)), orNone(edition))
}

// addRoles lists who does what, as the plans of the surveys say.
func (m *maker) addRoles() {
	t := paper.Table{Name: m.say("sheet_roles"), Title: m.say("roles"), Head: []string{m.say("survey"), m.say("role"), m.say("does")}, Wide: []int{4, 4, 8}}
	for _, s := range m.Surveys {
		if s.Plan == nil {
			continue
		}
		for _, r := range s.Plan.Roles {
			t.Rows = append(t.Rows, paper.Texts(s.Brief.Title, r.Who.In(s.Brief.Language), r.Does.In(s.Brief.Language)))
		}
	}
	if len(t.Rows) > 0 {
		m.add(t)
	}
}

func orNone(text string) string {
	if text == "" {
		return paper.None().Text
	}
	return text
}

// joined joins sentences, with a space where the script has one.
func joined(all []string) string {
	var b strings.Builder
	for i, s := range all {
		if i > 0 && !strings.HasSuffix(all[i-1], "。") {
			b.WriteByte(' ')
		}
		b.WriteString(s)
	}
	return b.String()
}
