package draft

import (
	"slices"

	"glasspoll/internal/convert/markup"
	"glasspoll/internal/convert/report"
)

// A Text is one text in several languages; "" is the language of texts that name none. The nil Text is empty.
type Text struct {
	byLanguage map[string]string
	atoms      map[string]*report.Atom
	order      []string       // of the languages
	builtinFor *report.Atom   // what made a text of our own necessary
	sources    []*report.Atom // of the texts that it was made of
	find       Find           // finds the questions whose answers it shows; nil for any question by its name
}

// Within makes a text find the questions whose answers it shows.
func (t *Text) Within(find Find) *Text {
	if t != nil {
		t.find = find
	}
	return t
}

func (t *Text) finder(otherwise Find) Find {
	if t.find != nil {
		return t.find
	}
	return otherwise
}

// Builtin returns a text of our own, in the languages that we can write. a is what makes it necessary.
func Builtin(a *report.Atom, en, zh string) *Text {
	return &Text{byLanguage: map[string]string{"en": en, "zh": zh}, atoms: map[string]*report.Atom{}, order: []string{"en", "zh"}, builtinFor: a}
}

// plainText returns a text that names no language and comes from no atom; nil if it is blank.
func plainText(text string) *Text { return (*Text)(nil).Add("", text, nil) }

// Add adds the text in a language, unless it is blank, and returns the result: t itself, or a new Text if t is nil.
func (t *Text) Add(language, text string, a *report.Atom) *Text {
	if text = markup.Clean(text); text == "" {
		return t
	}
	if t == nil {
		t = &Text{byLanguage: map[string]string{}, atoms: map[string]*report.Atom{}}
	}
	if _, ok := t.byLanguage[language]; !ok {
		t.order = append(t.order, language)
	}
	t.byLanguage[language], t.atoms[language] = text, a
	return t
}

// Has reports whether there is a text in the language.
func (t *Text) Has(language string) bool {
	if t == nil {
		return false
	}
	_, ok := t.byLanguage[language]
	return ok
}

// In returns the text in a language. Without one, it returns that in the first language.
func (t *Text) In(language string) string {
	if t.Has(language) {
		return t.byLanguage[language]
	}
	return t.byLanguage[t.order[0]]
}

// Is reports whether the text is the given one, in a single language.
func (t *Text) Is(text string) bool { return len(t.order) == 1 && t.In("") == text }

// Texts returns the text in all languages.
func (t *Text) Texts() []string {
	if t == nil {
		return nil
	}
	var all []string
	for _, l := range t.order {
		all = append(all, t.byLanguage[l])
	}
	return all
}

// Atoms returns where the text comes from.
func (t *Text) Atoms() []*report.Atom {
	if t == nil {
		return nil
	}
	out := slices.Clone(t.sources)
	for _, l := range t.order {
		if a := t.atoms[l]; a != nil && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// place returns where the report places the text.
func (t *Text) place() report.Place {
	if t == nil {
		return report.Place{}
	}
	if t.builtinFor != nil {
		return t.builtinFor.At
	}
	for _, l := range t.order {
		if a := t.atoms[l]; a != nil {
			return a.At
		}
	}
	return report.Place{}
}

// Concat joins two texts. If one of them lacks a language, its first language is used instead.
func Concat(first *Text, between string, second *Text) *Text {
	if first == nil {
		return second
	} else if second == nil {
		return first
	}
	both := &Text{byLanguage: map[string]string{}, atoms: map[string]*report.Atom{}, sources: slices.Concat(first.Atoms(), second.Atoms()), find: second.find}
	if both.find == nil {
		both.find = first.find
	}
	for _, t := range []*Text{first, second} {
		for _, l := range t.order {
			if both.Has(l) {
				continue
			}
			both.order = append(both.order, l)
			both.byLanguage[l] = first.In(l) + between + second.In(l)
			both.atoms[l] = t.atoms[l]
		}
	}
	return both
}

// JoinTitles joins the titles of an outer and an inner group.
func JoinTitles(outer, inner *Text) *Text { return Concat(outer, " – ", inner) }
