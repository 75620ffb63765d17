package draft

import (
	"slices"

	"glasspoll/internal/convert/report"
)

// A section is a section of the questionnaire as it is written. It holds only questions, while a group may hold groups.
type section struct {
	at *report.Atom
	id string
	Heading
	show      []*Condition
	never     bool // found to be never shown
	questions []*Question
}

// A Heading is a text above questions.
type Heading struct {
	Title *Text
	Intro *Text
}

// under returns the heading with that of the group outside above it.
func (h Heading) under(outer Heading) Heading {
	switch {
	case outer.Title == nil:
	case h.Title == nil:
		h.Title = outer.Title
	default:
		h.Title = JoinTitles(outer.Title, h.Title)
	}
	switch {
	case outer.Intro == nil:
	case h.Intro == nil:
		h.Intro = outer.Intro
	default:
		h.Intro = Concat(outer.Intro, "\n\n", h.Intro)
	}
	return h
}

// A flattener turns groups into sections.
type flattener struct {
	*Draft
	sections []*section
	ids      IDs
}

func (d *Draft) sections() []*section {
	f := &flattener{Draft: d, ids: IDs{}}
	f.dropEmpty(d.Root)
	if d.Root.questions() > 0 {
		root := groupFlattener{flattener: f, group: d.Root, show: d.Root.Show, above: d.Root.Heading, root: true}
		root.flatten()
	}
	return f.sections
}

// questions counts the questions in a group and in the groups within it.
func (g *Group) questions() (n int) {
	for _, child := range g.Children {
		switch child := child.(type) {
		case *Question:
			if !child.Dropped {
				n++
			}
		case *Group:
			n += child.questions()
		}
	}
	return n
}

// dropEmpty removes the groups without questions, and reports their texts and conditions.
func (f *flattener) dropEmpty(g *Group) {
	g.Children = slices.DeleteFunc(g.Children, func(child any) bool {
		switch child := child.(type) {
		case *Question:
			return child.Dropped
		case *Group:
			f.dropEmpty(child)
			if child.questions() > 0 {
				return false
			}
			for _, a := range slices.Concat(child.Title.Atoms(), child.Intro.Atoms(), ConditionAtoms(child.Show)) {
				f.Drop(a, "left out: the group has no questions that were carried over")
			}
			if child.At != nil {
				f.Drop(child.At, "the group %s has no questions that were carried over", report.Quote(child.Source))
			}
		}
		return true
	})
}

// A groupFlattener turns one group, and the groups within it, into sections.
type groupFlattener struct {
	*flattener
	group     *Group
	show      []*Condition // those of the groups outside included
	above     Heading      // of the next section; those of the groups outside included
	root      bool
	section   *section // the one that questions are added to; nil if the next question begins one
	continued bool     // an inner group came before
}

func (g *groupFlattener) flatten() {
	before := len(g.sections)
	g.add(g.group.Children, nil)
	if g.group.At != nil && !slices.ContainsFunc(g.sections[before:], func(s *section) bool { return s.at == g.group.At }) {
		g.reportMerged(g.group, "it has no section of its own: its questions stand in those of the groups within it")
	}
}

// add adds children, which have extra conditions.
func (g *groupFlattener) add(children []any, extra []*Condition) {
	for _, child := range children {
		switch child := child.(type) {
		case *Question:
			child.Show = slices.Concat(extra, child.Show)
			if g.section == nil {
				g.begin()
			}
			g.section.questions = append(g.section.questions, child)
		case *Group:
			g.addGroup(child, extra)
		}
	}
}

// begin begins a section.
func (g *groupFlattener) begin() {
	source := g.group.Source
	if source == "" {
		source = "section"
	}
	g.section = &section{at: g.group.At, id: g.ids.Name(source, "section"), Heading: g.above, show: g.show}
	g.above = Heading{}
	if g.continued && g.group.At != nil && g.group.Title != nil {
		g.Change(g.group.At, "sections hold no groups: what follows the inner group stands in the section '%s', without a title", g.section.id)
	}
	g.sections = append(g.sections, g.section)
}

// addGroup adds a group within: as part of the section if it has no heading, else as a section of its own.
func (g *groupFlattener) addGroup(inner *Group, extra []*Condition) {
	if inner.Heading == (Heading{}) && !g.root {
		if inner.At != nil {
			if len(inner.Show) > 0 {
				g.reportMerged(inner, "a group without a title: its questions stand in the section around it, each with the group's condition")
			} else {
				g.reportMerged(inner, "a group without a title: its questions stand in the section around it")
			}
		}
		g.add(inner.Children, slices.Concat(extra, inner.Show))
		return
	}
	if !g.root && inner.At != nil {
		g.Change(inner.At, "sections hold no groups: the inner group has become a section of its own")
	}
	within := groupFlattener{flattener: g.flattener, group: inner, show: slices.Concat(g.show, extra, inner.Show), above: inner.Heading.under(g.above)}
	within.flatten()
	g.above, g.continued, g.section = Heading{}, true, nil
}

// reportMerged reports a group that has no section of its own.
func (f *flattener) reportMerged(g *Group, format string, args ...any) {
	f.MarkAll(report.Changed, g.At.At, append(slices.Clone(g.Atoms), g.At)[:max(1, len(g.Atoms))], format, args...)
}
