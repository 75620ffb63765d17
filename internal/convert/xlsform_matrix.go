package convert

import (
	"slices"

	"glasspoll/internal/survey"
)

// A gridLook is an appearance that makes a grid of questions: label for the one that shows the options' labels,
// list-nolabel for those below it.
type gridLook struct {
	name string
	at   *atom
}

// A table is a group whose questions share their options, shown as a grid.
type table struct {
	*group
	within *group
	look   *atom
}

// alike reports whether questions differ in no more than the rows of a matrix do.
func alike(questions []*question) bool {
	return !slices.ContainsFunc(questions, func(q *question) bool {
		return q.kind != survey.SingleChoice || q.other || q.show != nil || q.constraint != nil || q.help != nil || q.requiredIf != nil || q.shuffle ||
			q.options != questions[0].options || q.required != questions[0].required
	})
}

// makeMatrix turns such a group into one question, if its questions are as alike as a matrix needs.
func (f *form) makeMatrix(t table) {
	var rows []*question
	for _, child := range t.children {
		if q, ok := child.(*question); ok {
			rows = append(rows, q)
		}
	}
	if len(rows) < 2 || len(rows) < len(t.children) || t.title == nil || !alike(rows) {
		f.lost(t.look, "table-list: its questions differ in more than their labels, so they are asked one by one")
		return
	}
	f.changed(t.look, "the group became one question, a matrix with a row for each of its questions")
	m := &question{at: t.at, atoms: append(slices.Clone(t.atoms), t.title.all()...), source: t.source, label: t.title, help: t.intro, show: t.show}
	f.matrix(m, rows)
	i := slices.IndexFunc(t.within.children, func(c any) bool { return c == any(t.group) })
	t.within.children[i] = m
}

// grids turns questions with the appearance list-nolabel, below one with the appearance label, into matrices.
func (f *form) grids(g *group) {
	var children []any
	for i := 0; i < len(g.children); i++ {
		child := g.children[i]
		if inner, ok := child.(*group); ok {
			f.grids(inner)
		}
		head, ok := child.(*question)
		if !ok || f.looks[head].name != "label" {
			children = append(children, child)
			continue
		}
		var rows []*question
		for _, next := range g.children[i+1:] {
			q, ok := next.(*question)
			if !ok || f.looks[q].name != "list-nolabel" || q.options != head.options {
				break
			}
			rows = append(rows, q)
		}
		if len(rows) < 2 || !alike(rows) || head.show != nil {
			children = append(children, child)
			continue
		}
		f.changed(f.looks[head].at, "the questions below it became the rows of a matrix, of which this is the heading")
		for _, q := range rows {
			f.changed(f.looks[q].at, "a row of the matrix %s", quoted(head.id))
			delete(f.looks, q)
		}
		delete(f.looks, head)
		if head.label == nil {
			head.label, g.title = g.title, nil
		}
		delete(f.taken, head.id)
		m := &question{at: head.at, atoms: head.atoms, source: head.source, label: head.label, help: head.help}
		f.matrix(m, rows)
		children = append(children, m)
		i += len(rows)
	}
	g.children = children
	for _, child := range children {
		if q, ok := child.(*question); ok && f.looks[q].at != nil {
			f.lost(f.looks[q].at, "the appearance %s: the questions around it do not make a matrix", show(f.looks[q].name))
		}
	}
}

// matrix makes questions the rows of one.
func (f *form) matrix(m *question, rows []*question) {
	m.kind, m.options, m.required = survey.Matrix, rows[0].options, rows[0].required
	for _, q := range rows {
		delete(f.taken, q.id)
	}
	f.named(m, nil)
	taken := map[string]int{}
	for _, q := range rows {
		row := &option{at: q.at, source: q.source, label: q.label, atoms: q.atoms, id: name(q.source, taken, true, "row")}
		if row.label == nil {
			row.label = row.label.add("", q.source, nil)
		}
		m.rows = append(m.rows, row)
		m.atoms = append(m.atoms, q.atoms...)
		*f.scope[q.source] = target{field: m.id + "." + row.id, kind: choiceKind, options: q.options.byValue()}
	}
	f.scope[m.source] = &target{field: m.id, kind: groupKind}
}
