package results

import (
	"slices"
	"strings"

	"glasspoll/internal/survey"
)

// quote is a reviewed sentence of a respondent.
type quote struct{ Text, By string }

// quotes returns the quotes about a question or one of its fields; with "", those about no question.
func (d *document) quotes(question string) []quote {
	if !d.page.Whole() {
		return nil
	}
	var all []quote
	for _, q := range d.page.Actions.Quotes {
		of, _, _ := strings.Cut(q.Question, ".")
		if of == question && (q.Period == "" || q.Period == d.period.Name) {
			by := d.words.Say("quote.reviewed", "by", q.ReviewedBy.In(d.language), "date", d.words.Date(string(q.ReviewedOn)))
			all = append(all, quote{q.Text.In(d.language), by})
		}
	}
	return all
}

// measures is the list of measures taken after the results.
type measures struct {
	AsOf string // the day that the states are of; "" where none depends on it
	Rows []measure
}

type measure struct {
	Problem, Measure, Owner, Due, Effect string
	About, Anchor                        string // the question's name, and its id if its figures are on the page
	Status, State                        string // in words; and planned, doing, done, dropped or overdue
}

// measures are shown with the newest results of everybody.
func (d *document) measures() *measures {
	if d.page.Whole() && (d.period == nil || d.newest) {
		return d.allMeasures()
	}
	return nil
}

func (d *document) allMeasures() *measures {
	if len(d.page.Actions.Measures) == 0 {
		return nil
	}
	v := &measures{}
	for i := range d.page.Actions.Measures {
		m := &d.page.Actions.Measures[i]
		row := measure{
			Problem: m.Problem.In(d.language), Measure: m.Measure.In(d.language), Owner: m.Owner.In(d.language), Effect: m.Effect.In(d.language),
			Due: d.words.Date(string(m.Due)), State: string(m.Status), Status: d.words.Say("measures." + string(m.Status)),
		}
		if m.Overdue(d.page.Today) {
			row.State, row.Status = "overdue", d.words.Say("measures.overdue")
		}
		if dated(m) && d.page.Today != "" {
			v.AsOf = d.words.Date(string(d.page.Today))
		}
		row.About, row.Anchor = d.measured(m.Question)
		v.Rows = append(v.Rows, row)
	}
	return v
}

// measured returns the name of the field or question that a measure is about, and its anchor if its figures are on the page.
func (d *document) measured(name string) (label, anchor string) {
	question := name
	if f, ok := d.survey.Field(name); ok {
		label, question = d.itemName(f), f.Question.ID
	} else if fields := d.survey.FieldsOf(&survey.Question{ID: name}); len(fields) > 0 {
		label = d.Plain(fields[0].Question.Short(d.language))
	}
	for _, f := range d.survey.Fields() {
		if f.Question.ID == question && d.items[f.Name] != nil {
			return label, question
		}
	}
	return label, ""
}

// dated reports whether a measure can become overdue.
func dated(m *survey.Measure) bool {
	return (m.Status == survey.Planned || m.Status == survey.Doing) && m.Due != ""
}

// DatedMeasures reports whether a results page with these measures changes from day to day.
func DatedMeasures(a survey.Actions) bool {
	return slices.ContainsFunc(a.Measures, func(m survey.Measure) bool { return dated(&m) })
}
