package xlsform

import (
	"slices"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/draft"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/survey"
)

// A gridLook is an appearance that makes a grid of questions: label for the one that shows the options' labels,
// list-nolabel for those below it.
type gridLook struct {
	name string
	at   *report.Atom
}

// A table is a group whose questions share their options, shown as a grid.
type table struct {
	*draft.Group
	within *draft.Group
	look   *report.Atom
}

// alike reports whether questions differ in no more than the rows of a matrix do.
func alike(questions []*draft.Question) bool {
	return !slices.ContainsFunc(questions, func(q *draft.Question) bool {
		return q.Kind != survey.SingleChoice || q.Other || q.Show != nil || q.Constraint != nil || q.Help != nil || q.RequiredIf != nil || q.Shuffle ||
			q.Options != questions[0].Options || q.Required != questions[0].Required
	})
}

// makeMatrix turns such a group into one question, if its questions are as alike as a matrix needs.
func (f *form) makeMatrix(t table) {
	var rows []*draft.Question
	for _, child := range t.Children {
		if q, ok := child.(*draft.Question); ok {
			rows = append(rows, q)
		}
	}
	if len(rows) < 2 || len(rows) < len(t.Children) || t.Title == nil || !alike(rows) {
		f.Drop(t.look, "table-list: its questions differ in more than their labels, so they are asked one by one")
		return
	}
	f.Change(t.look, "the group became one question, a matrix with a row for each of its questions")
	m := &draft.Question{At: t.At, Atoms: append(slices.Clone(t.Atoms), t.Title.Atoms()...), Source: t.Source, Label: t.Title, Help: t.Intro, Show: t.Show}
	f.matrix(m, rows)
	i := slices.IndexFunc(t.within.Children, func(c any) bool { return c == any(t.Group) })
	t.within.Children[i] = m
}

// grids turns questions with the appearance list-nolabel, below one with the appearance label, into matrices.
func (f *form) grids(g *draft.Group) {
	var children []any
	for i := 0; i < len(g.Children); i++ {
		child := g.Children[i]
		if inner, ok := child.(*draft.Group); ok {
			f.grids(inner)
		}
		head, ok := child.(*draft.Question)
		if !ok || f.looks[head].name != "label" {
			children = append(children, child)
			continue
		}
		var rows []*draft.Question
		for _, next := range g.Children[i+1:] {
			q, ok := next.(*draft.Question)
			if !ok || f.looks[q].name != "list-nolabel" || q.Options != head.Options {
				break
			}
			rows = append(rows, q)
		}
		if len(rows) < 2 || !alike(rows) || head.Show != nil {
			children = append(children, child)
			continue
		}
		f.Change(f.looks[head].at, "the questions below it became the rows of a matrix, of which this is the heading")
		for _, q := range rows {
			f.Change(f.looks[q].at, "a row of the matrix '%s'", head.ID)
			delete(f.looks, q)
		}
		delete(f.looks, head)
		if head.Label == nil {
			head.Label, g.Title = g.Title, nil
		}
		delete(f.Taken, head.ID)
		m := &draft.Question{At: head.At, Atoms: head.Atoms, Source: head.Source, Label: head.Label, Help: head.Help}
		f.matrix(m, rows)
		children = append(children, m)
		i += len(rows)
	}
	g.Children = children
	for _, child := range children {
		if q, ok := child.(*draft.Question); ok && f.looks[q].at != nil {
			f.Drop(f.looks[q].at, "the appearance %s: the questions around it do not make a matrix", report.Quote(f.looks[q].name))
		}
	}
}

// matrix makes questions the rows of one.
func (f *form) matrix(m *draft.Question, rows []*draft.Question) {
	m.Kind, m.Options, m.Required = survey.Matrix, rows[0].Options, rows[0].Required
	for _, q := range rows {
		delete(f.Taken, q.ID)
	}
	f.AssignID(m, nil)
	taken := map[string]int{}
	for _, q := range rows {
		row := &draft.Option{At: q.At, Source: q.Source, Label: q.Label, Atoms: q.Atoms, ID: draft.NewID(q.Source, taken, true, "row")}
		if row.Label == nil {
			row.Label = row.Label.Add("", q.Source, nil)
		}
		m.Rows = append(m.Rows, row)
		m.Atoms = append(m.Atoms, q.Atoms...)
		*f.Scope[q.Source] = condition.Target{Field: m.ID + "." + row.ID, Kind: condition.Choice, Options: q.Options.IDs()}
	}
	f.Scope[m.Source] = &condition.Target{Field: m.ID, Kind: condition.Group}
}
