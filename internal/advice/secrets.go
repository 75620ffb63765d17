package advice

import (
	"slices"
	"strings"

	"glasspoll/internal/expression"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// secrets reports what questions take over from those that they depend on, and conditions that tell answers.
func (a *adviser) secrets() {
	for i := range a.s.Sections {
		section := &a.s.Sections[i]
		read := a.answersIn(section.ShowIf)
		if len(read) > 1 && slices.ContainsFunc(section.Questions, func(q survey.Question) bool { return a.counted(&q) }) {
			a.joint(path{"sections", i, "show_if"}, message.New("the section"), read)
		}
		for j := range section.Questions {
			q := &section.Questions[j]
			at := path{"sections", i, "questions", j}
			a.inherited(q, at)
			if a.counted(q) {
				a.tells(survey.Placed{Question: q, Section: section}, at)
			}
		}
	}
	scoring := a.s.Scoring
	if a.s.Results.Protection == survey.Strict && (scoring.Overall != "" || scoring.Target != nil || scoring.Rule != nil || len(scoring.Bands)+len(scoring.Dimensions) > 0) {
		a.add(StrictIndex, path{"scoring"}, "remove it, or choose the standard protection", "the index is not published")
	}
}

// counted reports whether figures of a question are published.
func (a *adviser) counted(q *survey.Question) bool {
	return slices.ContainsFunc(a.s.FieldsOf(q), survey.Field.Counted)
}

// inherited reports a question that has figures, and is not published, or only as a sensitive one, because of another.
func (a *adviser) inherited(q *survey.Question, at path) {
	if !slices.ContainsFunc(a.s.FieldsOf(q), survey.Field.Countable) {
		return
	}
	if by := a.s.UnpublishedBy(q.ID); by != nil {
		why := message.New("not published")
		if source, ok := a.s.Question(by[len(by)-1]); ok && source.Private {
			why = message.New("private")
		}
		a.addFix(NotPublished, at, message.New("say so with \"publish: false\", or make it independent of '%s'", by[len(by)-1]), "question '%s' is not published, because it depends on '%s', which is %s%s", q.ID, by[len(by)-1], why, way(by))
		return
	}
	if by := a.s.SensitiveBy(q.ID); by != nil && a.counted(q) {
		a.addFix(BecomesSensitive, at, message.New("say so with \"sensitive: true\", or make it independent of '%s'", by[len(by)-1]), "question '%s' is sensitive, because it depends on '%s'%s", q.ID, by[len(by)-1], way(by))
	}
}

// way shows how a question depends on another one; "" if directly.
func way(by []string) message.Text {
	if len(by) == 2 {
		return message.Text{}
	}
	return message.New(" (%s)", strings.Join(by, " → "))
}

// tells reports conditions of a published question that tell more than its own answers.
func (a *adviser) tells(q survey.Placed, at path) {
	check := func(tree *expression.Tree, at path, what message.Text) {
		if read := a.answersIn(tree); len(read) > 1 {
			a.joint(at, what, read)
		}
	}
	if len(a.answersIn(q.ShowIf)) > 0 {
		check(expression.All(q.Section.ShowIf, q.ShowIf), at.to("show_if"), message.New("question '%s'", q.ID))
	}
	check(q.RequiredIf, at.to("required"), message.New("question '%s'", q.ID))
	for k := range q.Options {
		check(q.Options[k].ShowIf, at.to("options", k, "show_if"), message.New("an option of '%s'", q.ID))
	}
	read := a.answersIn(expression.All(q.Conditions()...))
	if q.Segment && len(read) > 0 {
		a.add(SegmentTells, at.to("segment"), "ask it of everybody, or take the value from the link", "who is in a group of '%s' may have had to answer '%s' in a certain way", q.ID, read[0])
	}
}

func (a *adviser) joint(at path, what message.Text, read []string) {
	a.add(JointCondition, at, "ask on one answer, or leave it unpublished", "%s depends on the answers to several questions: %s", what, list(read))
}

// answersIn lists the ids of the questions in a condition whose answers are no facts.
func (a *adviser) answersIn(tree *expression.Tree) []string {
	if tree == nil {
		return nil
	}
	var ids []string
	for _, name := range tree.Uses() {
		if id := survey.QuestionOf(name); !a.s.IsFact(name) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// list quotes ids, with commas.
func list(ids []string) message.Text {
	quoted := make([]message.Text, len(ids))
	for i, id := range ids {
		quoted[i] = message.New("'%s'", id)
	}
	return message.Join(", ", quoted...)
}
