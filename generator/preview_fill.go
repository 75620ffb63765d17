package main

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// filler makes up answers for a form in a tester's browser.
type filler struct {
	survey            *survey.Survey
	language, channel string
	linked            map[string][]string // hidden questions that the link has answered
}

// typedAnswers is what is typed or chosen, by field; nothing clears a field.
type typedAnswers map[string][]string

// fillAttempts is how often answers are made up until the survey accepts them.
const fillAttempts = 50

// plausible answers every question that is asked. The survey accepts the answers, unless its checks are so strict that
// no such answers come to mind.
func (f *filler) plausible(seed uint64) typedAnswers {
	c := newCrowd(f.survey, seed)
	values := map[string][]string{}
	for range fillAttempts {
		r := f.respondent(c)
		for _, q := range f.survey.Order() { // what decides on other questions comes before them
			f.answer(r, q.Question)
		}
		r.mend()
		values = r.look().Values
		if f.accepts(values) {
			break
		}
	}
	return f.complete(values)
}

func (f *filler) respondent(c *crowd) *respondent {
	r := &respondent{crowd: c, language: f.language, channel: f.channel, mood: c.liking, values: map[string][]string{}}
	if !f.survey.Speaks(r.language) {
		r.language = f.survey.DefaultLanguage()
	}
	if !slices.Contains(f.survey.Channels, r.channel) {
		r.channel = ""
	}
	for name, values := range f.linked {
		if field, ok := f.survey.Field(name); ok && field.Question.Type == survey.Hidden && answer.Readable(f.survey, name, values) {
			r.values[name] = values
		}
	}
	return r
}

// answer answers a question if it is asked, whether it must be answered or not: testers want to see everything filled.
func (f *filler) answer(r *respondent, q *survey.Question) {
	state := r.look()
	if !state.Asked[q.ID] || q.Type == survey.Hidden {
		return
	}
	state.Required[q.ID] = true
	for _, field := range f.survey.FieldsOf(q) {
		state.Required[field.Name] = true
	}
	r.fill(q, state, false)
}

func (f *filler) accepts(values map[string][]string) bool {
	return len(f.problems(values)) == 0
}

func (f *filler) problems(values map[string][]string) []answer.Problem {
	form := url.Values{"_language": {f.language}}
	if slices.Contains(f.survey.Channels, f.channel) {
		form.Set("_channel", f.channel)
	}
	maps.Copy(form, values)
	_, _, problems := answer.Check(f.survey, answer.FromForm(form))
	return problems
}

// complete names every field that a form shows, so that what was there before goes. Hidden questions stay as the link
// has answered them.
func (f *filler) complete(values map[string][]string) typedAnswers {
	all := typedAnswers{}
	for _, field := range f.survey.Fields() {
		if field.Question.Type != survey.Hidden {
			all[field.Name] = append([]string{}, values[field.Name]...)
		}
	}
	return all
}

// nonsense answers so that every question shows a message that can show one, but for those on which it depends whether
// others are asked: these are answered plausibly, so that the others show theirs. If all would be well then, these
// show theirs as well.
func (f *filler) nonsense(seed uint64) typedAnswers {
	values := f.spoilt(seed, f.decisive())
	if f.accepts(values) {
		values = f.spoilt(seed, nil)
	}
	return f.complete(values)
}

// spoilt answers every question, wrongly but for some.
func (f *filler) spoilt(seed uint64, spared map[string]bool) map[string][]string {
	r := f.respondent(newCrowd(f.survey, seed))
	typed := map[string][]string{}
	for _, q := range f.survey.Order() {
		f.answer(r, q.Question)
		if !spared[q.ID] && q.Type != survey.Hidden && r.look().Asked[q.ID] {
			maps.Copy(typed, f.wrong(r, q.Question))
		}
	}
	return with(r.look().Values, typed)
}

// decisive lists the questions on which it depends whether other questions, or their options, are shown.
func (f *filler) decisive() map[string]bool {
	decides := map[string]bool{}
	note := func(names []string) {
		for _, name := range names {
			id, _, _ := strings.Cut(name, ".")
			decides[id] = true
		}
	}
	for i := range f.survey.Sections {
		section := &f.survey.Sections[i]
		if section.ShowIf != nil {
			note(section.ShowIf.Uses())
		}
		for j := range section.Questions {
			q := &section.Questions[j]
			if q.ShowIf != nil {
				note(q.ShowIf.Uses())
			}
			for _, o := range q.Options {
				if o.ShowIf != nil {
					note(o.ShowIf.Uses())
				}
			}
		}
	}
	return decides
}

// wrong is something that may be typed into a question's fields and that the survey refuses; if nothing is, the
// question is left open, which is refused where it must be answered.
func (f *filler) wrong(r *respondent, q *survey.Question) map[string][]string {
	fields := f.survey.FieldsOf(q)
	if broken := f.againstCheck(r, q, fields); broken != nil {
		return broken
	}
	typed := map[string][]string{}
	for _, field := range fields {
		typed[field.Name] = nil
	}
	if len(fields) == 0 {
		return typed
	}
	for _, mistake := range f.mistakes(q, fields) {
		values := with(typed, mistake)
		refused := slices.ContainsFunc(f.problems(with(r.look().Values, values)), func(p answer.Problem) bool { return p.Question == q.ID })
		if refused {
			return values
		}
	}
	return typed
}

func with(values, more map[string][]string) map[string][]string {
	all := maps.Clone(values)
	maps.Copy(all, more)
	return all
}

// mistakes are what people type by mistake, and what a form lets them; not all of it is one for every question.
func (f *filler) mistakes(q *survey.Question, fields []survey.Field) []map[string][]string {
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

// againstCheck finds answers that one of the question's own checks refuses; nil if none come to mind.
func (f *filler) againstCheck(r *respondent, q *survey.Question, fields []survey.Field) map[string][]string {
	if len(q.Checks) == 0 {
		return nil
	}
	before := maps.Clone(r.values)
	defer func() { r.values, r.wild = before, false }()
	r.wild = true
	for range fillAttempts {
		f.answer(r, q)
		if len(r.look().Failed[q.ID]) == 0 {
			continue
		}
		found := map[string][]string{}
		for _, field := range fields {
			found[field.Name] = r.values[field.Name]
		}
		return found
	}
	return nil
}
