package simulate

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// Form is a form in a tester's browser that is to be filled in.
type Form struct {
	Survey            *survey.Survey
	Language, Channel string
	Linked            map[string][]string // answers to hidden questions that the page's address has
}

// Values holds what is typed or chosen in a form, by field; an empty list clears a field.
type Values map[string][]string

// maxFills is how often answers are made up until the survey accepts them.
const maxFills = 50

// Plausible answers every question that is asked. The survey accepts the answers, unless its checks are so strict that
// no such answers are found.
func (f *Form) Plausible(seed uint64) Values {
	m := New(f.Survey, seed)
	values := map[string][]string{}
	for range maxFills {
		r := f.respondent(m)
		for _, q := range f.Survey.Order() { // a question comes after those that its conditions name
			f.answer(r, q.Question)
		}
		r.repair()
		values = r.state().Values
		if len(f.problems(values)) == 0 {
			break
		}
	}
	return f.complete(values)
}

// Invalid answers so that every question that can show a message does. Questions on which it depends whether others are
// asked get plausible answers, so that the others show theirs; if nothing would be refused then, they are answered
// wrongly as well.
func (f *Form) Invalid(seed uint64) Values {
	values := f.invalid(seed, f.decisive())
	if len(f.problems(values)) == 0 {
		values = f.invalid(seed, nil)
	}
	return f.complete(values)
}

func (f *Form) respondent(m *Simulator) *respondent {
	r := &respondent{Simulator: m, language: f.Language, channel: f.Channel, mood: m.approval, values: map[string][]string{}, said: map[string]bool{}}
	if !f.Survey.HasLanguage(r.language) {
		r.language = f.Survey.DefaultLanguage()
	}
	if !slices.Contains(f.Survey.Channels, r.channel) {
		r.channel = ""
	}
	for name, values := range f.Linked {
		if field, ok := f.Survey.Field(name); ok && field.Question.Type == survey.Hidden && answer.Readable(f.Survey, name, values) {
			r.values[name] = values
		}
	}
	return r
}

// answer answers a question if it is asked, even if it is optional: testers want to see everything filled in.
func (f *Form) answer(r *respondent, q *survey.Question) {
	state := r.state()
	if !state.Asked[q.ID] || q.Type == survey.Hidden {
		return
	}
	state.Required[q.ID] = true
	for _, field := range f.Survey.FieldsOf(q) {
		state.Required[field.Name] = true
	}
	r.fill(q, state, false)
}

// problems returns the problems of values.
func (f *Form) problems(values map[string][]string) []answer.Problem {
	form := url.Values{"_language": {f.Language}}
	if slices.Contains(f.Survey.Channels, f.Channel) {
		form.Set("_channel", f.Channel)
	}
	maps.Copy(form, values)
	_, _, problems := answer.Check(f.Survey, answer.FromForm(form))
	return problems
}

// complete adds every other field of the form, empty, so that earlier input is cleared. Hidden questions are left out:
// they keep the answers that the address has.
func (f *Form) complete(values map[string][]string) Values {
	all := Values{}
	for _, field := range f.Survey.Fields() {
		if field.Question.Type != survey.Hidden {
			all[field.Name] = append([]string{}, values[field.Name]...)
		}
	}
	return all
}

// invalid answers every question wrongly but those in spared.
func (f *Form) invalid(seed uint64, spared map[string]bool) map[string][]string {
	r := f.respondent(New(f.Survey, seed))
	typed := map[string][]string{}
	for _, q := range f.Survey.Order() {
		f.answer(r, q.Question)
		if !spared[q.ID] && q.Type != survey.Hidden && r.state().Asked[q.ID] {
			maps.Copy(typed, f.wrong(r, q.Question))
		}
	}
	return with(r.state().Values, typed)
}

// decisive returns the questions on which it depends whether other questions, or their options, are shown.
func (f *Form) decisive() map[string]bool {
	decisive := map[string]bool{}
	add := func(names []string) {
		for _, name := range names {
			id, _, _ := strings.Cut(name, ".")
			decisive[id] = true
		}
	}
	for i := range f.Survey.Sections {
		section := &f.Survey.Sections[i]
		if section.ShowIf != nil {
			add(section.ShowIf.Uses())
		}
		for j := range section.Questions {
			q := &section.Questions[j]
			if q.ShowIf != nil {
				add(q.ShowIf.Uses())
			}
			for _, o := range q.Options {
				if o.ShowIf != nil {
					add(o.ShowIf.Uses())
				}
			}
		}
	}
	return decisive
}

// wrong returns values of a question's fields that the survey refuses; if none are found, it leaves the question open,
// which is refused if it is required.
func (f *Form) wrong(r *respondent, q *survey.Question) map[string][]string {
	fields := f.Survey.FieldsOf(q)
	if failing := f.failCheck(r, q, fields); failing != nil {
		return failing
	}
	empty := map[string][]string{}
	for _, field := range fields {
		empty[field.Name] = nil
	}
	if len(fields) == 0 {
		return empty
	}
	for _, mistake := range mistakes(q, fields) {
		values := with(empty, mistake)
		refused := slices.ContainsFunc(f.problems(with(r.state().Values, values)), func(p answer.Problem) bool { return p.Question == q.ID })
		if refused {
			return values
		}
	}
	return empty
}

func with(values, more map[string][]string) map[string][]string {
	all := maps.Clone(values)
	maps.Copy(all, more)
	return all
}

// mistakes are values that people type by mistake and that a form lets them type. Not all of them are mistakes in every
// question.
func mistakes(q *survey.Question, fields []survey.Field) []map[string][]string {
	var mistakes []map[string][]string
	put := func(field survey.Field, values ...string) {
		mistakes = append(mistakes, map[string][]string{field.Name: values})
	}
	first, last := fields[0], fields[len(fields)-1]
	switch q.Type {
	case survey.Number:
		if q.Max != nil {
			put(first, (*q.Max + survey.One).String())
		}
		if q.Min != nil {
			put(first, (*q.Min - survey.One).String())
		}
		put(first, "about ten")
	case survey.ShortText, survey.LongText:
		put(first, "?")
		put(first, strings.Repeat("blah ", q.MaxLength/5+1))
	case survey.Email:
		put(first, "someone at example")
	case survey.Phone:
		put(first, "call me")
	case survey.URL:
		put(first, "no address")
	case survey.DateType: // a browser's date box lets only dates through
		put(first, "0001-01-01")
		put(first, "9999-12-31")
	case survey.MultiChoice:
		var all, named []string
		for _, o := range q.Options {
			all = append(all, o.ID)
			if !o.Exclusive && o.ID != survey.Other {
				named = append(named, o.ID)
			}
		}
		put(first, all...)
		put(first, named[:min(1, len(named))]...)
	case survey.SingleChoice:
		if q.HasOther() { // a text for "other" beside another choice
			mistakes = append(mistakes, map[string][]string{first.Name: {q.Options[0].ID}, last.Name: {"?"}})
		}
	case survey.Ranking:
		mistakes = append(mistakes, map[string][]string{first.Name: {"1"}, last.Name: {"1"}})
		put(first, "2")
	case survey.ConstantSum:
		put(first, (*q.Total + survey.One).String())
	}
	return mistakes
}

// failCheck finds values that one of the question's own checks refuses; nil if it finds none.
func (f *Form) failCheck(r *respondent, q *survey.Question, fields []survey.Field) map[string][]string {
	if len(q.Checks) == 0 {
		return nil
	}
	before := maps.Clone(r.values)
	defer func() { r.values, r.arbitrary = before, false }()
	r.arbitrary = true
	for range maxFills {
		f.answer(r, q)
		if len(r.state().Failed[q.ID]) == 0 {
			continue
		}
		failing := map[string][]string{}
		for _, field := range fields {
			failing[field.Name] = r.values[field.Name]
		}
		return failing
	}
	for _, value := range r.edges(q) { // a check may refuse so few values that chance does not find them
		r.values[q.ID] = []string{value}
		if len(r.state().Failed[q.ID]) > 0 && f.onlyFails(r, q) {
			return map[string][]string{q.ID: {value}}
		}
	}
	return nil
}

// onlyFails reports whether a question's answer has no other problem than that it fails a check.
func (f *Form) onlyFails(r *respondent, q *survey.Question) bool {
	return !slices.ContainsFunc(f.problems(r.state().Values), func(p answer.Problem) bool {
		return p.Question == q.ID && p.Code != answer.Failed
	})
}

// edges are the values of a number, a date or a time at which checks turn: its bounds, and those of the answers that its checks
// name, with their neighbours. Some may be out of bounds.
func (r *respondent) edges(q *survey.Question) []string {
	var edges []string
	switch q.Type {
	case survey.Number:
		edges = append(edges, r.number(q, 0), r.number(q, 1))
	case survey.DateType:
		edges = append(edges, string(q.Earliest), string(q.Latest))
	case survey.Time:
		edges = append(edges, "00:00", "23:59")
	default:
		return nil
	}
	for _, check := range q.Checks {
		for _, name := range check.That.Uses() {
			if other, ok := r.survey.Field(name); ok && name != q.ID && other.Question.Type == q.Type && len(r.values[name]) > 0 {
				edges = append(edges, neighbours(q, r.values[name][0])...)
			}
		}
	}
	return slices.DeleteFunc(edges, func(value string) bool { return value == "" })
}

// neighbours returns a value of a question's type, with the ones before and after it.
func neighbours(q *survey.Question, value string) []string {
	if q.Type == survey.Number {
		step := survey.Decimal(survey.One)
		if q.Step != nil {
			step = *q.Step
		}
		if x, err := survey.ParseDecimal(value); err == nil {
			return []string{value, (x - step).String(), (x + step).String()}
		}
		return nil
	}
	layout, step := time.DateOnly, 24*time.Hour
	if q.Type == survey.Time {
		layout, step = "15:04", time.Minute
	}
	at, err := time.Parse(layout, value)
	if err != nil {
		return nil
	}
	return []string{value, at.Add(-step).Format(layout), at.Add(step).Format(layout)}
}
