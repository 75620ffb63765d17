package xlsform

import (
	"slices"

	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/survey"
)

// A gridAppearance makes a grid of questions: label for the one that shows the options' labels, list-nolabel for those
// below it.
type gridAppearance struct {
	name string
	at   *report.Atom
}

// A tableList is a group whose questions share their options, shown as a grid.
type tableList struct {
	*draft.Group
	within     *draft.Group
	appearance *report.Atom
}

// sameButLabel reports whether questions differ in no more than the rows of a matrix do.
func sameButLabel(questions []*draft.Question) bool {
	first := questions[0]
	return !slices.ContainsFunc(questions, func(q *draft.Question) bool {
		return q.Kind != survey.SingleChoice || q.Other || q.Show != nil || q.Constraint != nil || q.Help != nil || q.RequiredIf != nil || q.Shuffle ||
			q.Options != first.Options || q.Required != first.Required
	})
}

// makeTableMatrix turns a table-list into a matrix, if its questions are alike enough.
func (f *form) makeTableMatrix(t tableList) {
	var rows []*draft.Question
	for _, child := range t.Children {
		if q, ok := child.(*draft.Question); ok {
			rows = append(rows, q)
		}
	}
	if len(rows) < 2 || len(rows) < len(t.Children) || t.Title == nil || !sameButLabel(rows) {
		f.Drop(t.appearance, "table-list: its questions differ in more than their labels, so they are asked one by one")
		return
	}
	f.Change(t.appearance, "the group became one question, a matrix with a row for each of its questions")
	m := &draft.Question{At: t.At, Atoms: append(slices.Clone(t.Atoms), t.Title.Atoms()...), Source: t.Source, Label: t.Title, Help: t.Intro, Show: t.Show}
	f.fillMatrix(m, rows)
	i := slices.IndexFunc(t.within.Children, func(c any) bool { return c == any(t.Group) })
	t.within.Children[i] = m
}

// makeGrids turns questions with the appearance list-nolabel, below one with the appearance label, into matrices.
func (f *form) makeGrids(g *draft.Group) {
	var children []any
	for i := 0; i < len(g.Children); i++ {
		child := g.Children[i]
		if inner, ok := child.(*draft.Group); ok {
			f.makeGrids(inner)
		}
		children = append(children, child)
		head, ok := child.(*draft.Question)
		if !ok || f.gridAppearances[head].name != "label" {
			continue
		}
		if rows := f.gridRows(head, g.Children[i+1:]); len(rows) >= 2 && sameButLabel(rows) && head.Show == nil {
			children[len(children)-1] = f.makeGrid(g, head, rows)
			i += len(rows)
		}
	}
	g.Children = children
	for _, child := range children {
		if q, ok := child.(*draft.Question); ok && f.gridAppearances[q].at != nil {
			f.Drop(f.gridAppearances[q].at, "the appearance %s: the questions around it do not make a matrix", report.Quote(f.gridAppearances[q].name))
		}
	}
}

// gridRows returns the questions below a grid's head that belong to it.
func (f *form) gridRows(head *draft.Question, below []any) (rows []*draft.Question) {
	for _, child := range below {
		q, ok := child.(*draft.Question)
		if !ok || f.gridAppearances[q].name != "list-nolabel" || q.Options != head.Options {
			break
		}
		rows = append(rows, q)
	}
	return rows
}

// makeGrid turns a grid into a matrix. Without a label of its own, the matrix gets the group's title.
func (f *form) makeGrid(g *draft.Group, head *draft.Question, rows []*draft.Question) *draft.Question {
	f.Change(f.gridAppearances[head].at, "the questions below it became the rows of a matrix, of which this is the heading")
	for _, q := range rows {
		f.Change(f.gridAppearances[q].at, "a row of the matrix '%s'", head.ID)
		delete(f.gridAppearances, q)
	}
	delete(f.gridAppearances, head)
	if head.Label == nil {
		head.Label, g.Title = g.Title, nil
	}
	f.FreeID(head.ID)
	m := &draft.Question{At: head.At, Atoms: head.Atoms, Source: head.Source, Label: head.Label, Help: head.Help}
	f.fillMatrix(m, rows)
	return m
}

// fillMatrix makes questions the rows of a matrix.
func (f *form) fillMatrix(m *draft.Question, rows []*draft.Question) {
	m.Kind, m.Options, m.Required = survey.Matrix, rows[0].Options, rows[0].Required
	for _, q := range rows {
		f.FreeID(q.ID)
	}
	f.AssignID(m, nil)
	ids := draft.IDs{}
	for _, q := range rows {
		row := &draft.Option{At: q.At, Source: q.Source, Label: q.Label, Atoms: q.Atoms, ID: ids.Value(q.Source, "row")}
		if row.Label == nil {
			row.Label = row.Label.Add("", q.Source, nil)
		}
		m.Rows = append(m.Rows, row)
		m.Atoms = append(m.Atoms, q.Atoms...)
		*q.Target = *draft.TargetOfRow(m, row)
		m.Parts = append(m.Parts, q.Target)
	}
	m.Target = draft.TargetOf(m)
	f.Scope[m.Source] = m.Target
}
