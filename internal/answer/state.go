package answer

import (
	"slices"

	"glasspoll/internal/expression"
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
	given, _, _ := fieldsOf(s, values)
	return evaluate(s, given, channel, language).state()
}

// EvaluateTyped computes the state of a form as it was filled in so far: what cannot be read counts as unanswered, what is
// beyond its limits as answered.
func EvaluateTyped(s *survey.Survey, typed map[string][]string, channel, language string) State {
	as, _, _ := fieldsOf(s, typed)
	values, _ := readAll(s, as)
	return evaluate(s, values, channel, language).state()
}

// An evaluation computes what a questionnaire asks, as [State] describes it.
type evaluation struct {
	survey            *survey.Survey
	given             [][]string // by field: what could be read
	channel, language []string   // as values; nil if unknown
	answers           expression.Answers

	values         [][]string // by field: answers to what is asked
	required       []bool     // by field
	questions      []asking   // by their number
	thanks         int
	postedLanguage string // "" if unknown
}

// asking is how one question is asked.
type asking struct {
	asked    bool
	required bool     // of a ranking or constant_sum
	withheld []string // options that are not offered
	failed   []int    // the checks that its answer does not meet
}

// evaluate evaluates a questionnaire. values are by field.
func evaluate(s *survey.Survey, values [][]string, channel, language string) *evaluation {
	e := &evaluation{
		survey: s, given: values, postedLanguage: language,
		values: make([][]string, len(values)), required: make([]bool, len(values)), questions: make([]asking, len(s.Asked())),
	}
	if channel != "" {
		e.channel = []string{channel}
	}
	if language != "" {
		e.language = []string{language}
	}
	e.answers = e.valuesOf
	for _, q := range s.Order() {
		e.ask(q)
	}
	for _, q := range s.Asked() {
		if e.questions[q.Number].asked {
			e.require(q)
			e.check(q)
		}
	}
	for i, t := range s.Thanks {
		if e.thanks = i; t.ShowIf == nil || t.ShowIf.Holds(e.answers) {
			break
		}
	}
	return e
}

// state returns what was evaluated by the names of questions and fields.
func (e *evaluation) state() State {
	s := State{
		Values: map[string][]string{}, Asked: map[string]bool{}, Withheld: map[string][]string{},
		Required: map[string]bool{}, Failed: map[string][]int{}, Thanks: e.thanks,
	}
	for i, f := range e.survey.Fields() {
		if len(e.values[i]) > 0 {
			s.Values[f.Name] = e.values[i]
		}
		if e.required[i] {
			s.Required[f.Name] = true
		}
	}
	for _, q := range e.survey.Asked() {
		of := e.questions[q.Number]
		if of.asked {
			s.Asked[q.ID] = true
		}
		if of.required {
			s.Required[q.ID] = true
		}
		if of.withheld != nil {
			s.Withheld[q.ID] = of.withheld
		}
		if of.failed != nil {
			s.Failed[q.ID] = of.failed
		}
	}
	return s
}

// valuesOf returns the values of a field, the channel or the language, for conditions.
func (e *evaluation) valuesOf(name string) []string {
	switch {
	case name == "channel" && e.channel != nil:
		return e.channel
	case name == "language" && e.language != nil:
		return e.language
	}
	if i := e.survey.FieldIndex(name); i >= 0 {
		return e.values[i]
	}
	return nil
}

// ask sets whether a question is asked, with which options, and its values.
func (e *evaluation) ask(q survey.Placed) {
	if q.Section.ShowIf != nil && !q.Section.ShowIf.Holds(e.answers) || q.ShowIf != nil && !q.ShowIf.Holds(e.answers) {
		return
	}
	of := &e.questions[q.Number]
	of.asked = true
	for i := range q.Options {
		if o := &q.Options[i]; o.ShowIf != nil && !o.ShowIf.Holds(e.answers) {
			of.withheld = append(of.withheld, o.ID)
		}
	}
	answered := false
	for i := q.First; i < q.End; i++ {
		if values := e.offeredValues(q, i); len(values) > 0 {
			e.values[i] = values
			answered = true
		}
	}
	if q.Type == survey.ConstantSum && answered {
		e.fillShares(q)
	}
}

// offers reports whether a field is part of its question, given that the question is asked.
func (e *evaluation) offers(q survey.Placed, f survey.Field) bool {
	withheld := e.questions[q.Number].withheld
	return !(f.Option != nil && slices.Contains(withheld, f.Option.ID) || f.Part == survey.OtherPart && slices.Contains(withheld, survey.Other))
}

// offeredValues returns those values of a field that are offered.
func (e *evaluation) offeredValues(q survey.Placed, field int) []string {
	withheld, values, f := e.questions[q.Number].withheld, e.given[field], &e.survey.Fields()[field]
	switch {
	case len(withheld) == 0:
		return values
	case !e.offers(q, *f):
		return nil
	case f.Row != nil || f.Option != nil || f.Part == survey.OtherPart:
		return values
	}
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return slices.Contains(withheld, v) })
}

// fillShares sets the shares that are left blank beside others to 0.
func (e *evaluation) fillShares(q survey.Placed) {
	for i := q.First; i < q.End; i++ {
		if len(e.values[i]) == 0 && e.offers(q, e.survey.Fields()[i]) {
			e.values[i] = noShare
		}
	}
}

// noShare are the values of a share that is left blank.
var noShare = []string{"0"}

// require sets which fields of a question are required.
func (e *evaluation) require(q survey.Placed) {
	all := q.RequiredIf != nil && q.RequiredIf.Holds(e.answers)
	if isAnsweredWhole(q.Question) {
		e.questions[q.Number].required = all || q.Required
		return
	}
	for i := q.First; i < q.End; i++ {
		f := &e.survey.Fields()[i]
		e.required[i] = f.Part != survey.OtherPart && (all || f.Required())
	}
}

// isAnsweredWhole reports whether a question is answered by all its fields together.
func isAnsweredWhole(q *survey.Question) bool {
	return q.Type == survey.Ranking || q.Type == survey.ConstantSum
}

// check sets which checks the answer to a question fails.
func (e *evaluation) check(q survey.Placed) {
	if len(q.Checks) == 0 || !slices.ContainsFunc(e.values[q.First:q.End], func(values []string) bool { return len(values) > 0 }) {
		return
	}
	for i, rule := range q.Checks {
		if !rule.That.Holds(e.answers) {
			e.questions[q.Number].failed = append(e.questions[q.Number].failed, i)
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
