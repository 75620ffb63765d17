package draft

import (
	"slices"

	"glasspoll/internal/convert/condition"
	"glasspoll/internal/convert/report"
	"glasspoll/internal/message"
)

// dropNever leaves out what is never shown: sections, questions and options whose conditions no answers meet. What depends on
// the answers to them may be never shown either.
func (w *writer) dropNever() {
	for changed := true; changed; {
		changed = false
		for _, s := range w.sections {
			if never := w.neverMet(s.show, nil, s.never); never != nil {
				w.dropNeverSection(s, never)
				changed = true
				continue
			}
			s.questions = slices.DeleteFunc(s.questions, func(q *Question) bool {
				never := w.neverMet(q.Show, q.Target, q.Never)
				if never != nil {
					w.dropNeverQuestion(q, never)
				}
				changed = changed || never != nil
				return never != nil || w.dropNeverOptions(q, &changed)
			})
		}
		w.sections = slices.DeleteFunc(w.sections, func(s *section) bool {
			if len(s.questions) > 0 {
				return false
			}
			for _, a := range slices.Concat(s.Title.Atoms(), s.Intro.Atoms(), ConditionAtoms(s.show)) {
				if a.Outcome != report.Dropped {
					w.Drop(a, "left out: the group has no questions that were carried over")
				}
			}
			return true
		})
	}
}

// neverMet returns the condition that no answers meet, if there is one; known says that there is.
func (w *writer) neverMet(conditions []*Condition, self *condition.Target, known bool) *Condition {
	all := condition.Always
	for _, c := range conditions {
		e, err := w.condition(c, self, true)
		if err != nil {
			continue
		}
		if all = condition.Combine("and", all, e.Expr); all == condition.Never {
			return c
		}
	}
	if known && len(conditions) > 0 {
		return conditions[0]
	}
	return nil
}

func (w *writer) dropNeverSection(s *section, never *Condition) {
	var atoms []*report.Atom
	for _, q := range s.questions {
		atoms = append(atoms, q.allAtoms()...)
		w.answerNothing(q)
	}
	atoms = slices.Concat(atoms, s.Title.Atoms(), s.Intro.Atoms(), ConditionAtoms(s.show))
	if s.at != nil {
		atoms = append(atoms, s.at)
	}
	w.MarkAll(report.Dropped, never.At.At, atoms, "%s is true for no answers, so this is never shown, and was left out", report.Quote(never.At.Text))
	w.sayWhyNever(never, nil)
	s.questions = nil
}

// sayWhyNever reports what makes a condition one that no answers meet, if that is not plain from it.
func (w *writer) sayWhyNever(c *Condition, self *condition.Target) {
	e, err := w.condition(c, self, true)
	if err != nil {
		return
	}
	for _, note := range e.Notes {
		w.Remark(report.Dropped, c.At.At, "%s: %s", report.Quote(c.At.Text), note)
	}
}

func (w *writer) dropNeverQuestion(q *Question, never *Condition) {
	w.sayWhyNever(never, q.Target)
	w.MarkAll(report.Dropped, never.At.At, q.allAtoms(), "%s is true for no answers, so '%s' is never shown, and was left out", report.Quote(never.At.Text), q.Source)
	w.answerNothing(q)
}

// allAtoms returns the atoms of a question, and of what it has in common with others that were made of the same.
func (q *Question) allAtoms() []*report.Atom {
	conditions := slices.Clone(q.Show)
	for _, c := range []*Condition{q.RequiredIf, q.Constraint} {
		if c != nil {
			conditions = append(conditions, c)
		}
	}
	all := slices.Concat(q.Atoms, q.Label.Atoms(), q.Help.Atoms())
	for _, r := range q.Rows {
		all = append(all, r.Atoms...)
	}
	for _, a := range ConditionAtoms(conditions) {
		if !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// answerNothing makes a question one that never has an answer.
func (w *writer) answerNothing(q *Question) {
	for _, to := range append(q.Parts, q.Target) {
		if to != nil && to.Kind != condition.Missing {
			*to = condition.Target{Kind: condition.Nothing, Why: message.New("it is never shown")}
		}
	}
}

// dropNeverOptions leaves out the options of a question that are never offered. It reports whether that leaves none.
func (w *writer) dropNeverOptions(q *Question, changed *bool) bool {
	if q.Options == nil || !slices.ContainsFunc(q.Options.Items, func(o *Option) bool { return len(o.Show) > 0 }) {
		return false
	}
	var left []*Option
	for _, o := range q.Options.Items {
		never := w.neverMet(o.Show, nil, o.Never)
		if never == nil {
			left = append(left, o)
			continue
		}
		w.unoffered = append(w.unoffered, o.Atoms...)
		w.Change(never.At, "%s is true for no answers, so what it is for is never offered, and was left out: %s", report.Quote(never.At.Text), report.Quote(o.Source))
		w.sayWhyNever(never, nil)
	}
	if len(left) == len(q.Options.Items) {
		return false
	}
	*changed = true
	q.Options.Items = left
	if !w.FitOptions(q, q.At) {
		w.answerNothing(q)
		return true
	}
	*q.Target = *TargetOf(q)
	return false
}
