package survey

import (
	"slices"
	"strings"

	"glasspoll/internal/expression"
)

// Arrange puts the questions in an order in which each comes after all those that decide whether, or with which options,
// it is asked. It returns the questions of a circle, if there is one.
func (s *Survey) Arrange() (cycle []string) {
	s.order = nil
	needs := map[string][]string{}
	byID := map[string]Placed{}
	for i := range s.Sections {
		for j := range s.Sections[i].Questions {
			q := &s.Sections[i].Questions[j]
			byID[q.ID] = Placed{q, &s.Sections[i]}
			for _, tree := range byID[q.ID].Conditions() {
				for _, name := range tree.Uses() {
					needs[q.ID] = append(needs[q.ID], QuestionOf(name))
				}
			}
		}
	}
	done := map[string]bool{}
	var path []string
	var visit func(id string) bool
	visit = func(id string) bool {
		q, known := byID[id]
		if !known || done[id] { // channel and language need nothing
			return true
		}
		if at := slices.Index(path, id); at >= 0 {
			cycle = slices.Clone(path[at:])
			return false
		}
		path = append(path, id)
		for _, need := range needs[id] {
			if !visit(need) {
				return false
			}
		}
		path = path[:len(path)-1]
		done[id] = true
		s.order = append(s.order, q)
		return true
	}
	for q := range s.Questions() {
		if !visit(q.ID) {
			return cycle
		}
	}
	return nil
}

// Placed is a question and the section that it stands in.
type Placed struct {
	*Question
	Section *Section
}

// Conditions decide whether the question is asked, and with which options.
func (p Placed) Conditions() []*expression.Tree {
	trees := []*expression.Tree{p.Section.ShowIf, p.ShowIf}
	for _, option := range p.Options {
		trees = append(trees, option.ShowIf)
	}
	return slices.DeleteFunc(trees, func(t *expression.Tree) bool { return t == nil })
}

// Order lists the questions so that each comes after those that its being asked depends on.
func (s *Survey) Order() []Placed { return s.order }

// QuestionOf is the question that a field belongs to.
func QuestionOf(field string) string {
	id, _, _ := strings.Cut(field, ".")
	return id
}
