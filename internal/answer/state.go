package answer

import (
	"slices"

	"glasspoll/internal/survey"
)

// State is what a questionnaire asks of a respondent, given the answers so far. The page's script works out the same.
type State struct {
	Values   map[string][]string // by field: answers to what is asked, in canonical form
	Asked    map[string]bool     // by question
	Withheld map[string][]string // by question: options that are not offered
	Required map[string]bool     // by field; of a ranking or constant_sum, by question
	Failed   map[string][]int    // by question: the checks that its answer does not meet
	Thanks   int                 // which thank-you text applies
}

// Look works out the state. values are all fields that could be read, within their limits or not; channel and language
// are "" where unknown.
func Look(s *survey.Survey, values map[string][]string, channel, language string) State {
	state := State{
		Values: make(map[string][]string, len(values)), Asked: map[string]bool{}, Withheld: map[string][]string{},
		Required: map[string]bool{}, Failed: map[string][]int{},
	}
	get := func(name string) []string {
		switch {
		case name == "channel" && channel != "":
			return []string{channel}
		case name == "language" && language != "":
			return []string{language}
		}
		return state.Values[name]
	}
	for _, q := range s.Order() {
		if q.Section.ShowIf != nil && !q.Section.ShowIf.Holds(get) || q.ShowIf != nil && !q.ShowIf.Holds(get) {
			continue
		}
		state.Asked[q.ID] = true
		for _, o := range q.Options {
			if o.ShowIf != nil && !o.ShowIf.Holds(get) {
				state.Withheld[q.ID] = append(state.Withheld[q.ID], o.ID)
			}
		}
		given := false
		for _, f := range s.FieldsOf(q.Question) {
			if kept := state.offered(f, values[f.Name]); len(kept) > 0 {
				state.Values[f.Name] = kept
				given = true
			}
		}
		if q.Type == survey.ConstantSum && given {
			state.fillShares(s.FieldsOf(q.Question))
		}
	}
	for q := range s.Questions() {
		if state.Asked[q.ID] {
			state.require(s, q, get)
			state.test(s, q, get)
		}
	}
	for i, t := range s.Thanks {
		if state.Thanks = i; t.ShowIf == nil || t.ShowIf.Holds(get) {
			break
		}
	}
	return state
}

// offers reports whether a field is there at all, given that its question is asked.
func (state *State) offers(f survey.Field) bool {
	withheld := state.Withheld[f.Question.ID]
	return !(f.Option != nil && slices.Contains(withheld, f.Option.ID) || f.Part == survey.OtherPart && slices.Contains(withheld, survey.Other))
}

// offered leaves out the values that are not offered.
func (state *State) offered(f survey.Field, values []string) []string {
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

// fillShares reads what is left blank beside a share as none.
func (state *State) fillShares(fields []survey.Field) {
	for _, f := range fields {
		if state.offers(f) && len(state.Values[f.Name]) == 0 {
			state.Values[f.Name] = []string{"0"}
		}
	}
}

// Readable reports whether values could be taken for a field.
func Readable(s *survey.Survey, field string, values []string) bool {
	f, ok := s.Field(field)
	if !ok {
		return false
	}
	read, problem := read(f, values)
	return problem == "" && (len(read) == 0 || limit(f, read) == nil)
}

func (state *State) require(s *survey.Survey, q *survey.Question, get func(string) []string) {
	always := q.RequiredIf != nil && q.RequiredIf.Holds(get)
	if wholly(q) {
		if always || q.Required {
			state.Required[q.ID] = true
		}
		return
	}
	for _, f := range s.FieldsOf(q) {
		if f.Part != survey.OtherPart && (always || f.Required()) {
			state.Required[f.Name] = true
		}
	}
}

// wholly reports whether a question is answered by all its fields together.
func wholly(q *survey.Question) bool {
	return q.Type == survey.Ranking || q.Type == survey.ConstantSum
}

func (state *State) test(s *survey.Survey, q *survey.Question, get func(string) []string) {
	answered := slices.ContainsFunc(s.FieldsOf(q), func(f survey.Field) bool { return len(state.Values[f.Name]) > 0 })
	if !answered {
		return
	}
	for i, rule := range q.Checks {
		if !rule.That.Holds(get) {
			state.Failed[q.ID] = append(state.Failed[q.ID], i)
		}
	}
}
