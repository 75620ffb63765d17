package survey

import (
	"slices"

	"glasspoll/internal/expression"
)

// IsFact reports whether others may know a name's value of a respondent without the answers: the channel, the language, what
// comes from the link or the invitation, and segments.
func (s *Survey) IsFact(name string) bool {
	if name == "channel" || name == "language" {
		return true
	}
	q, ok := s.questions[QuestionOf(name)]
	return ok && q.isFact()
}

func (q *Question) isFact() bool { return q.Type == Hidden || q.Segment }

// FactCondition returns the conditions that depend on facts among those that decide who is asked a field and what may be
// answered: conditions of its question and, transitively, of the questions that it reads. Facts are given, so the conditions
// of facts are not among them. Respondents for whom [expression.Tree.Given] leaves the same of each are in the same class.
func (s *Survey) FactCondition(f Field) []*expression.Tree {
	within := map[string]bool{}
	for _, id := range s.closure(f.Question.ID, func(id string) bool { return s.questions[id].isFact() }) {
		within[id] = id == f.Question.ID || !s.questions[id].isFact()
	}
	var trees []*expression.Tree
	add := func(tree *expression.Tree) {
		if slices.ContainsFunc(tree.Uses(), s.IsFact) {
			trees = append(trees, tree)
		}
	}
	for _, q := range s.placed() {
		if within[q.ID] {
			for _, tree := range q.Decides() {
				add(tree)
			}
		}
		for i := range q.Checks {
			that := &q.Checks[i].That
			if within[q.ID] || slices.ContainsFunc(that.Uses(), func(name string) bool { return within[QuestionOf(name)] }) {
				add(that)
			}
		}
	}
	return trees
}

// ReadsSegment reports whether a field's question depends on a segment, directly or not. Its figures tell something about
// the segments of those who were asked.
func (s *Survey) ReadsSegment(f Field) bool {
	return slices.ContainsFunc(s.closure(f.Question.ID, func(string) bool { return false }), func(id string) bool {
		return id != f.Question.ID && s.questions[id].Segment
	})
}

// Bundles groups the ids of the questions, those that are facts aside, by the conditions, checks and texts that join them:
// a question that reads or shows the answer to another is in its bundle. Bundles, and the ids within one, are in the
// questionnaire's order.
func (s *Survey) Bundles() [][]string {
	joined := map[string]map[string]bool{}
	join := func(a, b string) {
		for _, pair := range [][2]string{{a, b}, {b, a}} {
			if joined[pair[0]] == nil {
				joined[pair[0]] = map[string]bool{}
			}
			joined[pair[0]][pair[1]] = true
		}
	}
	for _, q := range s.placed() {
		for _, id := range s.reads[q.ID] {
			join(q.ID, id)
		}
		for _, id := range s.shown(q) {
			join(q.ID, id)
		}
	}
	var bundles [][]string
	in := map[string]bool{}
	for q := range s.Questions() {
		if q.Type == Note || q.isFact() || in[q.ID] {
			continue
		}
		in[q.ID] = true
		queue := []string{q.ID}
		for i := 0; i < len(queue); i++ { // queue grows
			for id := range joined[queue[i]] {
				if other := s.questions[id]; other != nil && !other.isFact() && other.Type != Note && !in[id] {
					in[id] = true
					queue = append(queue, id)
				}
			}
		}
		var bundle []string
		for q := range s.Questions() {
			if slices.Contains(queue, q.ID) {
				bundle = append(bundle, q.ID)
			}
		}
		bundles = append(bundles, bundle)
	}
	return bundles
}

// shown lists the ids of the questions whose answers a question's texts and those of its section show.
func (s *Survey) shown(q Placed) []string {
	texts := []Text{q.Label, q.Help, q.Section.Title, q.Section.Intro}
	for _, o := range q.Options {
		texts = append(texts, o.Label)
	}
	for _, row := range q.Rows {
		texts = append(texts, row.Label)
	}
	var ids []string
	for _, text := range texts {
		for _, words := range text {
			for _, p := range Pipes(words) {
				if id := QuestionOf(p.Name); s.Shows(p.Name) && id != q.ID && !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
			}
		}
	}
	slices.Sort(ids)
	return ids
}
