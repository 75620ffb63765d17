package render

import (
	"html/template"
	"slices"
	"strconv"
	"strings"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// noAnswer is shown in the place of an answer that has not been given.
const noAnswer = "…"

// Texts writes an author's texts in one language. Names of questions in double braces are replaced by the answers so far;
// the page's script does so again when answers change.
type Texts struct {
	survey   *survey.Survey
	words    *wording.Words
	language string
	state    answer.State        // its zero value: nothing is answered
	typed    map[string][]string // by field; nil without answers
}

// NewTexts returns a writer of a survey's texts for a form without answers.
func NewTexts(s *survey.Survey, words *wording.Words, language string) *Texts {
	return &Texts{survey: s, words: words, language: language}
}

// Plain returns a text without markup.
func (t *Texts) Plain(text string) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	var b strings.Builder
	for _, piece := range t.survey.Pieces(text) {
		if piece.Answer != "" {
			b.WriteString(t.answer(piece.Answer))
		} else {
			b.WriteString(piece.Text)
		}
	}
	return b.String()
}

// html returns a plain text as HTML. Answers in it are marked for the script.
func (t *Texts) html(text string) template.HTML {
	if !strings.Contains(text, "{{") {
		return template.HTML(template.HTMLEscapeString(text))
	}
	var b strings.Builder
	for _, piece := range t.survey.Pieces(text) {
		if piece.Answer != "" {
			t.mark(&b, piece.Answer)
		} else {
			b.WriteString(template.HTMLEscapeString(piece.Text))
		}
	}
	return template.HTML(b.String())
}

// Markdown returns a Markdown text as HTML. Answers in it are text, whatever they hold.
func (t *Texts) Markdown(text string) template.HTML {
	converted := markdown(text)
	if !strings.Contains(string(converted), "{{") {
		return converted
	}
	var b strings.Builder
	for rest := string(converted); rest != ""; { // text, tag, text, …: the only > of a tag is its last character
		words, tag, _ := strings.Cut(rest, "<")
		for _, piece := range t.survey.Pieces(words) {
			if piece.Answer != "" {
				t.mark(&b, piece.Answer)
			} else {
				b.WriteString(piece.Text)
			}
		}
		rest = ""
		if tag != "" {
			within, after, _ := strings.Cut(tag, ">")
			b.WriteString("<" + within + ">")
			rest = after
		}
	}
	return template.HTML(b.String())
}

// mark writes an answer in an element by which the script finds it.
func (t *Texts) mark(b *strings.Builder, name string) {
	b.WriteString(`<span class="pipe" data-pipe="`)
	b.WriteString(name)
	b.WriteString(`" title="`)
	b.WriteString(template.HTMLEscapeString(t.words.Say("pipe.title", "question", t.questionOf(name))))
	b.WriteString(`">`)
	b.WriteString(template.HTMLEscapeString(t.answer(name)))
	b.WriteString(`</span>`)
}

// questionOf returns the text of the question that an answer belongs to, without answers of its own.
func (t *Texts) questionOf(name string) string {
	text := ""
	if f, ok := t.survey.Field(name); ok {
		text = f.Label().In(t.language)
	} else if q := find(t.survey, name); q != nil {
		text = q.Label.In(t.language)
	}
	return NewTexts(t.survey, t.words, t.language).Plain(text)
}

// answer returns an answer in words: options by their labels, sets and rankings as an enumeration, all else as it was typed.
// Labels may contain answers in turn, which are always those of earlier questions.
func (t *Texts) answer(name string) string {
	options, ranking := answerOptions(t.survey, name)
	values := t.state.Values[name]
	if ranking {
		values = t.ranked(name, options)
	}
	if len(options) == 0 && len(values) > 0 {
		for _, typed := range t.typed[name] {
			if typed = answer.Trim(typed); typed != "" {
				return typed
			}
		}
		return values[0]
	}
	var texts []string
	for _, v := range values {
		at := slices.IndexFunc(options, func(o survey.Option) bool { return o.ID == v })
		if other := t.state.Values[name+"."+survey.Other]; v == survey.Other && len(other) > 0 {
			texts = append(texts, other[0])
		} else if at >= 0 {
			texts = append(texts, t.Plain(OptionLabel(t.words, &options[at], t.language)))
		}
	}
	return enumerate(texts, t.words.Say("join.comma"), t.words.Say("join.and"))
}

// ranked lists the ids of a ranking's options that have a rank, the first one first.
func (t *Texts) ranked(question string, options []survey.Option) []string {
	rank := func(id string) int {
		values := t.state.Values[question+"."+id]
		if len(values) == 0 {
			return 0
		}
		n, err := strconv.Atoi(values[0])
		if err != nil {
			return 0
		}
		return n
	}
	given := slices.DeleteFunc(ids(options), func(id string) bool { return rank(id) == 0 })
	slices.SortStableFunc(given, func(a, b string) int { return rank(a) - rank(b) })
	return given
}

// answerOptions lists the options whose labels stand for an answer; ranking is true for a ranking as a whole. An answer
// without any is shown as it was typed.
func answerOptions(s *survey.Survey, name string) (options []survey.Option, ranking bool) {
	f, ok := s.Field(name)
	if !ok {
		return s.FieldsOf(find(s, name))[0].Question.Options, true
	}
	switch f.Question.Type {
	case survey.Number, survey.ConstantSum, survey.Ranking: // a rank is a number
		return nil, false
	}
	return f.Options(), false
}

// enumerate joins texts, with last before the last one.
func enumerate(texts []string, comma, last string) string {
	switch len(texts) {
	case 0:
		return noAnswer
	case 1:
		return texts[0]
	}
	return strings.Join(texts[:len(texts)-1], comma) + last + texts[len(texts)-1]
}

// OptionLabel returns the name of an option; that of a step without one is its number.
func OptionLabel(w *wording.Words, o *survey.Option, language string) string {
	if text := o.Label.In(language); text != "" {
		return text
	}
	switch o.ID {
	case survey.Other:
		return w.Say("other")
	case "yes":
		return w.Say("yes")
	case "no":
		return w.Say("no")
	}
	return o.ID
}

// namesIn lists the names in a text's double braces.
func namesIn(s *survey.Survey, text string) []string {
	var names []string
	if strings.Contains(text, "{{") {
		for _, piece := range s.Pieces(text) {
			if piece.Answer != "" && !slices.Contains(names, piece.Answer) {
				names = append(names, piece.Answer)
			}
		}
	}
	return names
}

// find returns the question with an id; nil if there is none.
func find(s *survey.Survey, id string) *survey.Question {
	for q := range s.Questions() {
		if q.ID == id {
			return q
		}
	}
	return nil
}

// width returns the width of a text, in halves of a Chinese character's width.
func width(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r >= 0x2e80 { // CJK: twice as wide
			n++
		}
	}
	return n
}

// PeriodName says a period: "2026-Q4", "2026-10", "2026"; "" for the one period of a survey without.
func PeriodName(w *wording.Words, name string) string {
	year, rest, _ := strings.Cut(name, "-")
	switch {
	case name == survey.OnePeriod:
		return ""
	case strings.HasPrefix(rest, "Q"):
		return w.Say("period.quarter", "year", year, "quarter", rest[1:])
	case rest != "":
		return w.Say("period.month", "year", year, "month", w.Say("month."+strings.TrimPrefix(rest, "0")))
	default:
		return w.Say("period.year", "year", year)
	}
}
