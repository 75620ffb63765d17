package draft

import (
	"slices"

	"glasspoll/internal/convert/report"
)

// A section is a part of the questionnaire as it is written: groups within groups have been taken apart.
type section struct {
	at *report.Atom
	id string
	Heading
	show      []*Condition
	questions []*Question
}

// A Heading is what stands above questions.
type Heading struct {
	Title *Text
	Intro *Text
}

// under is a heading with another one above it.
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

// flattener takes groups within groups apart, since a section holds only questions.
type flattener struct {
	*Draft
	sections []*section
	taken    map[string]int
}

func (d *Draft) sections() []*section {
	f := flattener{Draft: d, taken: map[string]int{}}
	f.empty(d.Root)
	if d.Root.questions() > 0 {
		f.group(d.Root, nil, Heading{}, true)
	}
	return f.sections
}

// questions counts those in a group and in the groups within it.
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

// empty takes out the groups in which there are no questions, and reports their texts and conditions.
func (f *flattener) empty(g *Group) {
	g.Children = slices.DeleteFunc(g.Children, func(child any) bool {
		switch child := child.(type) {
		case *Question:
			return child.Dropped
		case *Group:
			f.empty(child)
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

// group lays out a group: shown if the outer conditions hold, under what no section has had above it yet.
func (f *flattener) group(g *Group, outer []*Condition, above Heading, top bool) {
	show := slices.Concat(outer, g.Show)
	above = g.Heading.under(above)
	var current *section
	continued := false
	open := func() *section {
		if current != nil {
			return current
		}
		current = &section{at: g.At, Heading: above, show: show}
		above = Heading{}
		source := g.Source
		if source == "" {
			source = "section"
		}
		current.id = NewID(source, f.taken, false, "section")
		if continued && g.At != nil && g.Title != nil {
			f.Change(g.At, "sections hold no groups: what follows the inner group stands in the section %s, without a title", quoted(current.id))
		}
		f.sections = append(f.sections, current)
		return current
	}
	var lay func(children []any, extra []*Condition)
	lay = func(children []any, extra []*Condition) {
		for _, child := range children {
			switch child := child.(type) {
			case *Question:
				child.Show = slices.Concat(extra, child.Show)
				s := open()
				s.questions = append(s.questions, child)
			case *Group:
				if child.Heading == (Heading{}) && !top {
					if child.At != nil {
						f.regrouped(child, "a group without a title: its questions stand in the section around it"+eachCondition(child))
					}
					lay(child.Children, slices.Concat(extra, child.Show))
					continue
				}
				if !top && child.At != nil {
					f.Change(child.At, "sections hold no groups: the inner group has become a section of its own")
				}
				f.group(child, slices.Concat(show, extra), above, false)
				above, continued, current = Heading{}, true, nil
			}
		}
	}
	before := len(f.sections)
	lay(g.Children, nil)
	if g.At != nil && !slices.ContainsFunc(f.sections[before:], func(s *section) bool { return s.at == g.At }) {
		f.regrouped(g, "it has no section of its own: its questions stand in those of the groups within it")
	}
}

// regrouped reports a group that leaves no trace of its own.
func (f *flattener) regrouped(g *Group, how string) {
	f.MarkAll(report.Changed, g.At.At, append(slices.Clone(g.Atoms), g.At)[:max(1, len(g.Atoms))], "%s", how)
}

func eachCondition(g *Group) string {
	if len(g.Show) > 0 {
		return ", each with the group's condition"
	}
	return ""
}

// JoinTitles is the titles of an outer and an inner group as one.
func JoinTitles(outer, inner *Text) *Text { return Concat(outer, " – ", inner) }
