package surveyjs

import (
	"fmt"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

func (e *element) readMatrix() (why message.Text) {
	if n := e.take("cellType"); n != nil {
		if report.Carry(n.leaves()...); n.str() == "checkbox" {
			return message.New("several answers in one row cannot be given here")
		}
	}
	q := e.q
	q.Kind = survey.Matrix
	q.Options = &draft.List{At: q.At, Source: q.Source}
	rows := &draft.List{}
	e.readOptions("columns", q.Options, "a column")
	e.readOptions("rows", rows, "a row")
	if len(rows.Items) == 0 || len(q.Options.Items) < 2 {
		return message.New("it needs rows, and two columns at least")
	}
	e.drop("cells", "cells have no texts of their own")
	if n := e.take("eachRowUnique"); n.isTrue() {
		e.Drop(n.first(), "rows may have the same answer here")
	} else {
		report.Carry(n.leaves()...)
	}
	e.drop("rowsOrder", "rows stand in the order in which they are written")
	e.AssignOptionIDs(q.Options, "option")
	e.AssignOptionIDs(rows, "row")
	q.Rows = rows.Items
	if n := e.takeAny("eachRowRequired", "isAllRowRequired"); n != nil {
		q.Required = n.isTrue()
		report.Carry(n.leaves()...)
	}
	if n := e.get("isRequired"); n.isTrue() && !q.Required {
		e.Change(n.first(), "one row had to be answered: here all of them have to be")
		q.Required = true
	}
	return message.Text{}
}

// A dropdownMatrix is a matrix with options of its own in each column. Each column that has some becomes a matrix.
type dropdownMatrix struct {
	*element
	title, help *draft.Text
	rows        []*draft.Option
	cellType    string // of columns that have none
	choices     *node  // of columns that have none
	choicesUsed bool
	show        []*draft.Condition
	required    bool
	made        int
}

func (e *element) readDropdownMatrix() (why message.Text) {
	m := &dropdownMatrix{element: e, title: e.localized("title"), help: e.localized("description"), cellType: "dropdown"}
	rows := &draft.List{}
	e.readOptions("rows", rows, "a row")
	columns := e.list("columns")
	if len(rows.Items) == 0 || len(columns) == 0 {
		return message.New("it needs rows and columns")
	}
	e.AssignOptionIDs(rows, "row")
	m.rows = rows.Items
	if m.title == nil {
		m.title = m.title.Add("", e.q.Source, e.q.At)
	}
	if n := e.take("cellType"); n != nil {
		m.cellType = n.str()
		report.Carry(n.leaves()...)
	}
	m.choices = e.take("choices")
	e.readShowIf(&m.show, condition.True, condition.NotFalse)
	m.required = e.flag("isRequired")
	for _, n := range columns {
		m.readColumn(e.reader.object(n))
	}
	if m.made == 0 {
		return message.New("none of its columns becomes a question here")
	}
	report.Carry(e.q.At)
	report.Carry(m.title.Atoms()...)
	if m.choices != nil && !m.choicesUsed {
		e.MarkAll(report.Ignored, m.choices.at, m.choices.leaves(), "all columns have options of their own")
	}
	e.Change(e.q.At, "each column became a matrix of its own: there are %d", m.made)
	e.DefineMissing(e.q.Source, "which became several questions")
	e.reportRest("a matrixdropdown")
	return message.Text{}
}

func (m *dropdownMatrix) readColumn(c *object) {
	name, cellType := c.take("name"), m.cellType
	if t := c.take("cellType"); t != nil && t.str() != "default" {
		cellType = t.str()
		m.Ignore(t.first(), "options look alike in all matrices")
	}
	source := m.q.Source + "." + name.str()
	q := &draft.Question{
		At: c.first(), Atoms: c.leaves(), Source: source, Kind: survey.Matrix, Show: m.show, Help: m.help, Rows: m.rows,
		Options: &draft.List{At: c.first(), Source: m.q.Source + "_" + name.str()},
	}
	if name != nil {
		q.At = name.first()
		report.Carry(name.first())
	}
	m.readColumnOptions(c, cellType, q.Options)
	label := c.localized("title")
	if label == nil && name != nil {
		label = label.Add("", name.str(), name.first())
	}
	if len(q.Options.Items) < 2 || name == nil {
		m.MarkAll(report.Dropped, c.at, c.leaves(), "the column %s: only columns with options become questions here, not those of type %s", report.Quote(name.str()), report.Quote(cellType))
		for _, r := range m.rows {
			m.DefineMissing(m.cell(r, name), "which was not carried over")
		}
		return
	}
	m.AssignOptionIDs(q.Options, "option")
	q.Label = draft.JoinTitles(m.title, label)
	q.Required = c.flag("isRequired") || m.required
	for _, key := range []string{"visibleIf", "requiredIf", "enableIf"} {
		c.drop(key, "a condition for single cells cannot be expressed here")
	}
	c.drop("validators", "single cells are not checked here")
	c.reportRest("a column")
	q.ID = m.NewQuestionID(m.q.Source + "_" + name.str())
	for _, r := range m.rows {
		part := draft.TargetOfRow(q, r)
		q.Parts = append(q.Parts, part)
		m.reader.define(m.cell(r, name), part)
	}
	q.Target = draft.TargetOf(q)
	m.within.Children = append(m.within.Children, q)
	m.made++
}

// readColumnOptions reads the options of a column: its own, or those that columns without any have.
func (m *dropdownMatrix) readColumnOptions(c *object, cellType string, into *draft.List) {
	choices := c.take("choices")
	if choices == nil {
		choices = m.choices
	}
	if choices == nil || cellType != "dropdown" && cellType != "radiogroup" && cellType != "buttongroup" {
		return
	}
	m.choicesUsed = m.choicesUsed || choices == m.choices
	for _, n := range choices.items {
		m.readOption(n, into, "a choice")
	}
}

// cell is what conditions call the answer of a row in a column.
func (m *dropdownMatrix) cell(row *draft.Option, column *node) string {
	return fmt.Sprintf("%s.%s.%s", m.q.Source, row.Source, column.str())
}
