package survey

import (
	"iter"
	"regexp"
	"slices"

	"glasspoll/internal/expression"
)

// traits are what a question has of its own or inherits from the questions that it reads.
type traits struct {
	unpublished bool // private or unpublished
	sensitive   bool
	byFacts     bool // facts decide who is asked it, or what may be answered
	strict      bool // the survey's protection is strict
	legacy      bool // see [Survey.Legacy]

	ranks   []Option       // of a ranking
	pattern *regexp.Regexp // of a text that has one that can be compiled
}

// Reads lists the ids of the questions that a question reads directly, in the questionnaire's order: those in its conditions
// and its section's, in what makes it required, in its options' conditions, and in its checks. A check says something about
// every question that it names, so these read each other.
func (s *Survey) Reads(id string) []string { return s.reads[id] }

// readConditions derives the reads.
func (s *Survey) readConditions() {
	reads := map[string]map[string]bool{}
	add := func(from, to string) {
		if _, asked := s.questions[to]; from == to || !asked { // channel and language are names, but not questions
			return
		}
		if reads[from] == nil {
			reads[from] = map[string]bool{}
		}
		reads[from][to] = true
	}
	for _, q := range s.asked {
		for _, tree := range q.Decides() {
			for _, to := range questionsIn(tree) {
				add(q.ID, to)
			}
		}
		for i := range q.Checks {
			tied := append(questionsIn(&q.Checks[i].That), q.ID)
			for _, from := range tied {
				for _, to := range tied {
					add(from, to)
				}
			}
		}
	}
	s.reads = map[string][]string{}
	for q := range s.Questions() {
		if read := reads[q.ID]; read != nil {
			s.reads[q.ID] = s.inOrder(read)
		}
	}
}

// questionsIn lists the ids that a condition names.
func questionsIn(tree *expression.Tree) []string {
	ids := tree.Uses()
	for i := range ids {
		ids[i] = QuestionOf(ids[i])
	}
	return ids
}

// inOrder lists ids in the questionnaire's order.
func (s *Survey) inOrder(ids map[string]bool) []string {
	var sorted []string
	for q := range s.Questions() {
		if ids[q.ID] {
			sorted = append(sorted, q.ID)
		}
	}
	return sorted
}

// placed iterates over all questions with their sections, in the file's order.
func (s *Survey) placed() iter.Seq[Placed] {
	return func(yield func(Placed) bool) {
		for i := range s.Sections {
			section := &s.Sections[i]
			for j := range section.Questions {
				if !yield(Placed{Question: &section.Questions[j], Section: section}) {
					return
				}
			}
		}
	}
}

// Decides returns the conditions that decide whether the question is asked, with which options, and whether it must be
// answered.
func (p Placed) Decides() []*expression.Tree {
	trees := p.Conditions()
	if p.RequiredIf != nil {
		trees = append(trees, p.RequiredIf)
	}
	return trees
}

// inherit derives the traits of all questions.
func (s *Survey) inherit() {
	for q := range s.Questions() {
		q.traits = traits{
			unpublished: q.isUnpublished() || s.path(q.ID, (*Question).isUnpublished) != nil,
			sensitive:   q.Sensitive || s.path(q.ID, (*Question).isSensitive) != nil,
			byFacts:     len(s.FactCondition(Field{Question: q})) > 0,
			strict:      s.Results.Protection == Strict,
			legacy:      s.Legacy,
			ranks:       q.ranks(),
			pattern:     q.compilePattern(),
		}
	}
}

func (q *Question) isUnpublished() bool { return q.Private || q.Unpublished }

func (q *Question) isSensitive() bool { return q.Sensitive }

// UnpublishedBy returns, for a question that is not published only because of what it reads, the ids that lead from it to
// the nearest private or unpublished question, both included; nil for any other.
func (s *Survey) UnpublishedBy(id string) []string {
	return s.inheritedBy(id, (*Question).isUnpublished)
}

// SensitiveBy is [Survey.UnpublishedBy] for sensitive questions.
func (s *Survey) SensitiveBy(id string) []string { return s.inheritedBy(id, (*Question).isSensitive) }

// MakesSensitive reports whether s, the questionnaire in force, makes a question of another one sensitive, or one that it depends
// on there.
func (s *Survey) MakesSensitive(other *Survey, question string) bool {
	return slices.ContainsFunc(other.DependsOn(question), func(id string) bool {
		q, asks := s.questions[id]
		return asks && (q.traits.sensitive || q.traits.strict)
	})
}

func (s *Survey) inheritedBy(id string, has func(*Question) bool) []string {
	if q, ok := s.questions[id]; !ok || has(q) {
		return nil
	}
	return s.path(id, has)
}

// path returns the shortest way from a question along its reads to another one that has a property, both included; nil if
// there is none.
func (s *Survey) path(id string, has func(*Question) bool) []string {
	from := map[string]string{id: ""}
	queue := []string{id}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if at != id && has(s.questions[at]) {
			var path []string
			for ; at != ""; at = from[at] {
				path = append(path, at)
			}
			slices.Reverse(path)
			return path
		}
		for _, next := range s.reads[at] {
			if _, seen := from[next]; !seen {
				from[next] = at
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// Unpublished reports whether a question is private or unpublished, or depends on one that is.
func (s *Survey) Unpublished(id string) bool {
	q, asked := s.questions[id]
	return asked && q.traits.unpublished
}

// DependsOn lists a question and all that it reads, directly or not, in no particular order.
func (s *Survey) DependsOn(id string) []string {
	return s.closure(id, func(string) bool { return false })
}

// closure lists a question and all that it reads, directly or not, in no particular order. It does not go on from questions
// for which stop holds.
func (s *Survey) closure(id string, stop func(id string) bool) []string {
	all := []string{id}
	for i := 0; i < len(all); i++ { // all grows
		if i > 0 && stop(all[i]) {
			continue
		}
		for _, next := range s.reads[all[i]] {
			if !slices.Contains(all, next) {
				all = append(all, next)
			}
		}
	}
	return all
}
