package questionnaire

import (
	"cmp"
	"slices"

	"gopkg.in/yaml.v3"

	"glasspoll/internal/expression"
	"glasspoll/internal/survey"
)

// The words of alerts, and the type and id of the default alert.
const (
	defaultWord = "default"
	noneWord    = "none"
	lowScore    = "low_score"
)

// alertWord reads one of the words that may stand for all alerts.
func (o object) alertWord(n *yaml.Node) string {
	words := []string{defaultWord, noneWord}
	if slices.Contains(words, n.Value) {
		return n.Value
	}
	if meant := nearest(n.Value, words); meant != "" {
		o.fail(n, "alerts must be %s, or a list, not %s%s", oneOf(words), quote(n.Value), suggest(n.Value, words))
		return meant
	}
	o.list("alerts") // says that it is none
	return ""
}

// defaultAlert sets the condition of the alert with an id, once all questions are known. at is where it is asked for.
func (o object) defaultAlert(at *yaml.Node, id string) {
	o.addCheck(func(s *survey.Survey) {
		i := slices.IndexFunc(s.Alerts, func(a survey.Alert) bool { return a.ID == id })
		if i < 0 {
			return // it has a problem
		}
		if low := lowScores(s); low != nil {
			s.Alerts[i].When = *low
			return
		}
		s.Alerts = slices.Delete(s.Alerts, i, i+1) // nothing can be rated low
	})
}

// lowScores returns the condition that an item, or a row of a matrix, is rated at or below the middle of its scale: 3 of 5, 2
// of 4, 4 of 7, 5 of 10. Items are those of the index, and recommendations. It is nil if there are none.
func lowScores(s *survey.Survey) *expression.Tree {
	var each []expression.Tree
	for _, f := range s.Fields() {
		if !f.Scored() && (f.Question.Type != survey.NPS || !f.Counted() || f.Sensitive()) {
			continue
		}
		middle, ok := middleOf(f)
		if !ok {
			continue
		}
		item := expression.Tree{Op: "score", Names: []string{f.Name}}
		if v := variableOf(s, f); v.Kind == expression.Number {
			item.Op = string(expression.Number)
		} else {
			item.Scores = v.Scores
		}
		each = append(each, expression.Tree{Op: "<=", Args: []expression.Tree{item, {Op: "literal", Number: &middle}}})
	}
	if len(each) == 0 {
		return nil
	}
	low := expression.Any(each)
	return &low
}

// middleOf returns the score in the middle of a field's scale, the lower one of two; false if nothing is above it.
func middleOf(f survey.Field) (survey.Decimal, bool) {
	var scores []survey.Decimal
	for _, option := range f.Options() {
		if option.Score != nil {
			scores = append(scores, *option.Score)
		}
	}
	slices.SortFunc(scores, cmp.Compare)
	scores = slices.Compact(scores)
	if len(scores) < 2 {
		return 0, false
	}
	return scores[(len(scores)-1)/2], true
}
