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

// blank stands for an answer that is not there yet.
const blankAnswer = "…"

// Texts writes an author's texts in one language, with the answers so far in the places that they have in them. The script
// writes them again when the answers change.
type Texts struct {
	survey   *survey.Survey
	words    *wording.Words
	language string
	state    answer.State // its zero value: nothing is answered
	typed    map[string][]string
}

// NewTexts writes a survey's texts before there are any answers.
func NewTexts(s *survey.Survey, words *wording.Words, language string) *Texts {
	return &Texts{survey: s, words: words, language: language}
}

// Plain is a text where no markup can stand.
func (sp *Texts) Plain(text string) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	var b strings.Builder
	for _, piece := range sp.survey.Pieces(text) {
		if piece.Answer != "" {
			b.WriteString(sp.answer(piece.Answer))
		} else {
			b.WriteString(piece.Text)
		}
	}
	return b.String()
}

// say says a plain text as HTML; answers in it are marked for the script.
func (sp *Texts) say(text string) template.HTML {
	if !strings.Contains(text, "{{") {
		return template.HTML(template.HTMLEscapeString(text))
	}
	var b strings.Builder
	for _, piece := range sp.survey.Pieces(text) {
		if piece.Answer != "" {
			sp.mark(&b, piece.Answer)
		} else {
			b.WriteString(template.HTMLEscapeString(piece.Text))
		}
	}
	return template.HTML(b.String())
}

// Markdown writes a Markdown text; answers in it are text, whatever they hold.
func (sp *Texts) Markdown(text string) template.HTML {
	written := markdown(text)
	if !strings.Contains(string(written), "{{") {
		return written
	}
	var b strings.Builder
	for rest := string(written); rest != ""; { // text, tag, text, …: a tag holds no > but its last
		words, tag, _ := strings.Cut(rest, "<")
		for _, piece := range sp.survey.Pieces(words) {
			if piece.Answer != "" {
				sp.mark(&b, piece.Answer)
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

func (sp *Texts) mark(b *strings.Builder, name string) {
	b.WriteString(`<span class="pipe" data-pipe="`)
	b.WriteString(name)
	b.WriteString(`" title="`)
	b.WriteString(template.HTMLEscapeString(sp.words.Say("pipe.title", "question", sp.about(name))))
	b.WriteString(`">`)
	b.WriteString(template.HTMLEscapeString(sp.answer(name)))
	b.WriteString(`</span>`)
}

// about is what the question of an answer says, without answers of its own.
func (sp *Texts) about(name string) string {
	text := ""
	if f, ok := sp.survey.Field(name); ok {
		text = f.Label().In(sp.language)
	} else if q := find(sp.survey, name); q != nil {
		text = q.Label.In(sp.language)
	}
	return NewTexts(sp.survey, sp.words, sp.language).Plain(text)
}

// answer says an answer: options by their labels, sets and rankings as an enumeration, all else as it was typed.
// Labels may show answers in turn, which are always those of earlier questions.
func (sp *Texts) answer(name string) string {
	options, order := pipedOptions(sp.survey, name)
	values := sp.state.Values[name]
	if order {
		values = sp.ranked(name, options)
	}
	if len(options) == 0 && len(values) > 0 {
		for _, typed := range sp.typed[name] {
			if typed = strings.TrimSpace(typed); typed != "" {
				return typed
			}
		}
		return values[0]
	}
	var texts []string
	for _, v := range values {
		at := slices.IndexFunc(options, func(o survey.Option) bool { return o.ID == v })
		if other := sp.state.Values[name+"."+survey.Other]; v == survey.Other && len(other) > 0 {
			texts = append(texts, other[0])
		} else if at >= 0 {
			texts = append(texts, sp.Plain(OptionLabel(sp.words, &options[at], sp.language)))
		}
	}
	return enumerate(texts, sp.words.Say("join.comma"), sp.words.Say("join.and"))
}

// ranked lists the options of a ranking that have a rank, the first one first.
func (sp *Texts) ranked(question string, options []survey.Option) []string {
	rank := func(id string) int {
		values := sp.state.Values[question+"."+id]
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

// enumerate joins texts; none are a blank.
func enumerate(texts []string, comma, last string) string {
	switch len(texts) {
	case 0:
		return blankAnswer
	case 1:
		return texts[0]
	}
	return strings.Join(texts[:len(texts)-1], comma) + last + texts[len(texts)-1]
}
