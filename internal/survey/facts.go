package survey

import (
	"maps"
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
	for q := range s.placed() {
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
	joined := map[string][]string{}
	for q := range s.placed() {
		for _, id := range slices.Concat(s.reads[q.ID], s.shown(q)) {
			joined[q.ID], joined[id] = append(joined[q.ID], id), append(joined[id], q.ID)
		}
	}
	inNone := func(id string) bool {
		q := s.questions[id]
		return q == nil || q.isFact() || q.Type == Note
	}
	var bundles [][]string
	done := map[string]bool{}
	for q := range s.Questions() {
		if done[q.ID] || inNone(q.ID) {
			continue
		}
		bundle := map[string]bool{q.ID: true}
		for queue := []string{q.ID}; len(queue) > 0; queue = queue[1:] {
			for _, id := range joined[queue[0]] {
				if !bundle[id] && !inNone(id) {
					bundle[id] = true
					queue = append(queue, id)
				}
			}
		}
		maps.Copy(done, bundle)
		bundles = append(bundles, s.inOrder(bundle))
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
