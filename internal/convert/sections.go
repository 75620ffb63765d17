package convert

import "slices"

// A section is a part of the questionnaire as it is written: groups within groups have been taken apart.
type section struct {
	at *atom
	id string
	heading
	show      []*condition
	questions []*question
}

// A heading is what stands above questions.
type heading struct {
	title *words
	intro *words
}

// under is a heading with another one above it.
func (h heading) under(outer heading) heading {
	switch {
	case outer.title == nil:
	case h.title == nil:
		h.title = outer.title
	default:
		h.title = joined(outer.title, h.title)
	}
	switch {
	case outer.intro == nil:
	case h.intro == nil:
		h.intro = outer.intro
	default:
		h.intro = followed(outer.intro, "\n\n", h.intro)
	}
	return h
}

// flattener takes groups within groups apart, since a section holds only questions.
type flattener struct {
	*draft
	sections []*section
	taken    map[string]int
}

func (d *draft) sections() []*section {
	f := flattener{draft: d, taken: map[string]int{}}
	f.empty(d.root)
	if d.root.questions() > 0 {
		f.group(d.root, nil, heading{}, true)
	}
	return f.sections
}

// questions counts those in a group and in the groups within it.
func (g *group) questions() (n int) {
	for _, child := range g.children {
		switch child := child.(type) {
		case *question:
			if !child.dropped {
				n++
			}
		case *group:
			n += child.questions()
		}
	}
	return n
}

// empty takes out the groups in which there are no questions, and reports their texts and conditions.
func (f *flattener) empty(g *group) {
	g.children = slices.DeleteFunc(g.children, func(child any) bool {
		switch child := child.(type) {
		case *question:
			return child.dropped
		case *group:
			f.empty(child)
			if child.questions() > 0 {
				return false
			}
			for _, a := range slices.Concat(child.title.all(), child.intro.all(), conditionAtoms(child.show)) {
				f.lost(a, "left out: the group has no questions that were carried over")
			}
		}
		return true
	})
}

// group lays out a group: shown if the outer conditions hold, under what no section has had above it yet.
func (f *flattener) group(g *group, outer []*condition, above heading, top bool) {
	show := slices.Concat(outer, g.show)
	above = g.heading.under(above)
	var current *section
	continued := false
	open := func() *section {
		if current != nil {
			return current
		}
		current = &section{at: g.at, heading: above, show: show}
		above = heading{}
		source := g.source
		if source == "" {
			source = "section"
		}
		current.id = name(source, f.taken, false, "section")
		if continued && g.at != nil && g.title != nil {
			f.changed(g.at, "sections hold no groups: what follows the inner group stands in the section %s, without a title", quoted(current.id))
		}
		f.sections = append(f.sections, current)
		return current
	}
	var lay func(children []any, extra []*condition)
	lay = func(children []any, extra []*condition) {
		for _, child := range children {
			switch child := child.(type) {
			case *question:
				child.show = slices.Concat(extra, child.show)
				s := open()
				s.questions = append(s.questions, child)
			case *group:
				if child.heading == (heading{}) && !top {
					if child.at != nil {
						f.changed(child.at, "a group without a title: its questions stand in the section around it%s", eachCondition(child))
					}
					lay(child.children, slices.Concat(extra, child.show))
					continue
				}
				if !top && child.at != nil {
					f.changed(child.at, "sections hold no groups: the inner group has become a section of its own")
				}
				f.group(child, slices.Concat(show, extra), above, false)
				above, continued, current = heading{}, true, nil
			}
		}
	}
	lay(g.children, nil)
}

func eachCondition(g *group) string {
	if len(g.show) > 0 {
		return ", each with the group's condition"
	}
	return ""
}

// joined is the titles of an outer and an inner group as one.
func joined(outer, inner *words) *words { return followed(outer, " – ", inner) }
