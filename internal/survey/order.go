package survey

import (
	"slices"
	"strings"

	"glasspoll/internal/expression"
)

// Order lists the questions so that each comes after those that decide whether it is asked.
func (s *Survey) Order() []Placed { return s.order }

// Asked lists the questions in the questionnaire's order, notes included.
func (s *Survey) Asked() []Placed { return s.asked }

// Arrange sorts the questions for [Survey.Order]: each comes after all those that decide whether, or with which options, it
// is asked. It returns the ids of a cycle, if there is one.
func (s *Survey) Arrange() (cycle []string) {
	sorter := sorter{questions: map[string]Placed{}, done: map[string]bool{}}
	for _, q := range s.asked {
		sorter.questions[q.ID] = q
	}
	for q := range s.Questions() {
		if cycle = sorter.visit(q.ID); cycle != nil {
			break
		}
	}
	s.order = sorter.order
	return cycle
}

// A sorter sorts questions topologically, depth first.
type sorter struct {
	questions map[string]Placed
	done      map[string]bool
	path      []string // the questions being visited, each needed by the one before
	order     []Placed
}

// visit adds a question after those that it needs. It returns a cycle if it finds one.
func (s *sorter) visit(id string) (cycle []string) {
	q, ok := s.questions[id]
	if !ok || s.done[id] { // channel and language are names, but not questions
		return nil
	}
	if at := slices.Index(s.path, id); at >= 0 {
		return slices.Clone(s.path[at:])
	}
	s.path = append(s.path, id)
	for _, tree := range q.Conditions() {
		for _, name := range tree.Uses() {
			if cycle := s.visit(QuestionOf(name)); cycle != nil {
				return cycle
			}
		}
	}
	s.path = s.path[:len(s.path)-1]
	s.done[id] = true
	s.order = append(s.order, q)
	return nil
}

// Placed is a question and its place in the questionnaire.
type Placed struct {
	*Question
	Section    *Section
	Number     int // in the questionnaire's order, from 0; set by [Survey.Index]
	First, End int // its fields are those from First to before End of [Survey.Fields]; set by [Survey.Index]
}

// Conditions returns the conditions that decide whether the question is asked, and with which options.
func (p Placed) Conditions() []*expression.Tree {
	trees := []*expression.Tree{p.Section.ShowIf, p.ShowIf}
	for _, option := range p.Options {
		trees = append(trees, option.ShowIf)
	}
	return slices.DeleteFunc(trees, func(t *expression.Tree) bool { return t == nil })
}

// QuestionOf returns the id of the question that a field belongs to.
func QuestionOf(field string) string {
	id, _, _ := strings.Cut(field, ".")
	return id
}
