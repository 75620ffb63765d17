package stats

import (
	"slices"

	"glasspoll/internal/survey"
)

// CrossTab is one field's figures by the values of a segment.
type CrossTab struct {
	Rows, By survey.Field
	Cells    []Cell // in the questionnaire's order
}

// Cell is a field's figures among those who gave one answer to the segment question.
type Cell struct {
	Option *survey.Option
	Item   Item
}

// CrossTabs breaks fields down as declared in the questionnaire in force, or for the newest period in today's.
func (p *Period) CrossTabs() []CrossTab {
	var tabs []CrossTab
	segments := p.Segments()
	for _, c := range p.tabs {
		i := slices.IndexFunc(segments, func(f survey.Field) bool { return f.Name == c.By })
		if i < 0 {
			continue
		}
		by := segments[i]
		for _, name := range p.form.fieldsOf(c.Rows) {
			tabs = append(tabs, p.crossTab(name, by))
		}
	}
	return tabs
}

// fieldsOf returns the indexes of a field, or of all fields of a question with that id, that have figures.
func (f *form) fieldsOf(name string) []int {
	if at, ok := f.indexes[name]; ok {
		return []int{at}
	}
	var all []int
	for i := range f.counted {
		if f.counted[i].Question.ID == name {
			all = append(all, i)
		}
	}
	return all
}

func (p *Period) crossTab(at int, by survey.Field) CrossTab {
	options := by.Options()
	tab := CrossTab{Rows: p.form.counted[at].Field, By: by, Cells: make([]Cell, len(options))}
	cell := &Period{parts: p.parts} // p is shared
	for i := range options {
		item := p.current[at].now.item(cell, p.groupOf(by.Name, options[i].ID), by.Name+"="+options[i].ID)
		tab.Cells[i] = Cell{&options[i], item}
	}
	return tab
}
