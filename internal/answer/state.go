package answer

import (
	"slices"

	"glasspoll/internal/survey"
)

// State holds what a questionnaire asks of a respondent, given the answers so far. The page's script computes the same.
type State struct {
	Values   map[string][]string // by field: answers to what is asked, in canonical form
	Asked    map[string]bool     // by question
	Withheld map[string][]string // by question: options that are not offered
	Required map[string]bool     // by field; of a ranking or constant_sum, by question
	Failed   map[string][]int    // by question: the checks that its answer does not meet
	Thanks   int                 // which thank-you text applies
}

// Evaluate computes the state. values are all fields that could be read, within their limits or not; channel and language
// are "" if unknown.
func Evaluate(s *survey.Survey, values map[string][]string, channel, language string) State {
	e := evaluation{survey: s, values: values, channel: channel, language: language, State: State{
		Values: make(map[string][]string, len(values)), Asked: map[string]bool{}, Withheld: map[string][]string{},
		Required: map[string]bool{}, Failed: map[string][]int{},
	}}
	for _, q := range s.Order() {
		e.ask(q)
	}
	for q := range s.Questions() {
		if e.Asked[q.ID] {
			e.require(q)
			e.check(q)
		}
	}
	for i, t := range s.Thanks {
		if e.Thanks = i; t.ShowIf == nil || t.ShowIf.Holds(e.valuesOf) {
			break
		}
	}
	return e.State
}

// EvaluateTyped computes the state of a form as it was filled in so far: what cannot be read counts as unanswered, what is
// beyond its limits as answered.
func EvaluateTyped(s *survey.Survey, typed map[string][]string, channel, language string) State {
	values, _ := readAll(s, typed)
	return Evaluate(s, values, channel, language)
}

// An evaluation computes a state.
type evaluation struct {
	State
	survey            *survey.Survey
	values            map[string][]string
	channel, language string
}

// valuesOf returns the values of a field, the channel or the language, for conditions.
func (e *evaluation) valuesOf(name string) []string {
	switch {
	case name == "channel" && e.channel != "":
		return []string{e.channel}
	case name == "language" && e.language != "":
		return []string{e.language}
	}
	return e.Values[name]
}

// ask sets whether a question is asked, with which options, and its values.
func (e *evaluation) ask(q survey.Placed) {
	if q.Section.ShowIf != nil && !q.Section.ShowIf.Holds(e.valuesOf) || q.ShowIf != nil && !q.ShowIf.Holds(e.valuesOf) {
		return
	}
	e.Asked[q.ID] = true
	for _, o := range q.Options {
		if o.ShowIf != nil && !o.ShowIf.Holds(e.valuesOf) {
			e.Withheld[q.ID] = append(e.Withheld[q.ID], o.ID)
		}
	}
	answered := false
	fields := e.survey.FieldsOf(q.Question)
	for _, f := range fields {
		if values := e.offeredValues(f, e.values[f.Name]); len(values) > 0 {
			e.Values[f.Name] = values
			answered = true
		}
	}
	if q.Type == survey.ConstantSum && answered {
		e.fillShares(fields)
	}
}

// offers reports whether a field is part of its question, given that the question is asked.
func (state *State) offers(f survey.Field) bool {
	withheld := state.Withheld[f.Question.ID]
	return !(f.Option != nil && slices.Contains(withheld, f.Option.ID) || f.Part == survey.OtherPart && slices.Contains(withheld, survey.Other))
}

// offeredValues returns those values that are offered.
func (state *State) offeredValues(f survey.Field, values []string) []string {
	withheld := state.Withheld[f.Question.ID]
	switch {
	case len(withheld) == 0:
		return values
	case !state.offers(f):
		return nil
	case f.Row != nil || f.Option != nil || f.Part == survey.OtherPart:
		return values
	}
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return slices.Contains(withheld, v) })
}

// fillShares sets the shares that are left blank beside others to 0.
func (state *State) fillShares(fields []survey.Field) {
	for _, f := range fields {
		if state.offers(f) && len(state.Values[f.Name]) == 0 {
			state.Values[f.Name] = []string{"0"}
		}
	}
}

// require sets which fields of a question are required.
func (e *evaluation) require(q *survey.Question) {
	all := q.RequiredIf != nil && q.RequiredIf.Holds(e.valuesOf)
	if isAnsweredWhole(q) {
		if all || q.Required {
			e.Required[q.ID] = true
		}
		return
	}
	for _, f := range e.survey.FieldsOf(q) {
		if f.Part != survey.OtherPart && (all || f.Required()) {
			e.Required[f.Name] = true
		}
	}
}

// isAnsweredWhole reports whether a question is answered by all its fields together.
func isAnsweredWhole(q *survey.Question) bool {
	return q.Type == survey.Ranking || q.Type == survey.ConstantSum
}

// check sets which checks the answer to a question fails.
func (e *evaluation) check(q *survey.Question) {
	answered := slices.ContainsFunc(e.survey.FieldsOf(q), func(f survey.Field) bool { return len(e.Values[f.Name]) > 0 })
	if !answered {
		return
	}
	for i, rule := range q.Checks {
		if !rule.That.Holds(e.valuesOf) {
			e.Failed[q.ID] = append(e.Failed[q.ID], i)
		}
	}
}

// Readable reports whether values can be read as an answer to a field, within its limits.
func Readable(s *survey.Survey, field string, values []string) bool {
	f, ok := s.Field(field)
	if !ok {
		return false
	}
	read, problem := readField(s, f, values)
	return problem == "" && (len(read) == 0 || isSealed(s, f, read) || checkLimits(f, read) == nil)
}
