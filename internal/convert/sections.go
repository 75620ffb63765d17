package convert

import "slices"

// A section is a part of the questionnaire as it is written: groups within groups have been taken apart.
type section struct {
	at        *atom
	id        string
	title     *words
	intro     *words
	show      []*condition
	questions []*question
}

// flattener takes groups within groups apart, since a section holds only questions.
type flattener struct {
	*draft
	sections []*section
	taken    map[string]int
}

func (d *draft) sections() []*section {
	f := flattener{draft: d, taken: map[string]int{}}
	f.group(d.root, nil, nil, true)
	f.empty(d.root)
	return slices.DeleteFunc(f.sections, func(s *section) bool { return len(s.questions) == 0 })
}

// empty reports the texts and conditions of groups in which there are no questions.
func (f *flattener) empty(g *group) (questions int) {
	for _, child := range g.children {
		switch child := child.(type) {
		case *question:
			if !child.dropped {
				questions++
			}
		case *group:
			questions += f.empty(child)
		}
	}
	if questions > 0 || g == f.root {
		return questions
	}
	for _, a := range slices.Concat(g.title.all(), g.intro.all(), conditionAtoms(g.show)) {
		f.lost(a, "left out: the group has no questions that were carried over")
	}
	return 0
}

// group lays out a group: shown if the outer conditions hold, under a title that none of its sections has had yet.
func (f *flattener) group(g *group, outer []*condition, pending *words, top bool) {
	show := slices.Concat(outer, g.show)
	title := g.title
	if pending != nil && title != nil {
		title = joined(pending, title)
	} else if title == nil {
		title = pending
	}
	var current *section
	continued := false
	open := func() *section {
		if current != nil {
			return current
		}
		current = &section{at: g.at, title: title, intro: g.intro, show: show}
		name := g.source
		if name == "" {
			name = "section"
		}
		current.id = sectionID(name, f.taken)
		if continued {
			current.title, current.intro = nil, nil
			if g.at != nil && title != nil {
				f.changed(g.at, "sections hold no groups: what follows the inner group stands in the section %s, without a title", quoted(current.id))
			}
		}
		f.sections = append(f.sections, current)
		title = nil
		return current
	}
	var lay func(children []any, extra []*condition)
	lay = func(children []any, extra []*condition) {
		for _, child := range children {
			switch child := child.(type) {
			case *question:
				if child.dropped {
					continue
				}
				child.show = slices.Concat(extra, child.show)
				s := open()
				s.questions = append(s.questions, child)
			case *group:
				if child.title == nil && child.intro == nil && !top {
					if child.at != nil {
						f.changed(child.at, "a group without a title: its questions stand in the section around it%s", ifShown(child))
					}
					lay(child.children, slices.Concat(extra, child.show))
					continue
				}
				if !top && child.at != nil {
					f.changed(child.at, "sections hold no groups: the inner group has become a section of its own")
				}
				before := title
				if current != nil {
					before = nil
				}
				f.group(child, slices.Concat(show, extra), before, false)
				if before != nil && len(f.sections) > 0 {
					title = nil
				}
				continued = continued || current != nil || !top
				current = nil
			}
		}
	}
	lay(g.children, nil)
}

func ifShown(g *group) string {
	if len(g.show) > 0 {
		return ", each with the group's condition"
	}
	return ""
}

func sectionID(source string, taken map[string]int) string {
	return name(source, taken, false, "section")
}

// joined is the titles of an outer and an inner group as one.
func joined(outer, inner *words) *words { return followed(outer, " – ", inner) }
