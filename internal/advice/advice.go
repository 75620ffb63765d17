// Package advice reports what an experienced author would change in a valid questionnaire: questions that
// ask two things at once, scales with unequal sides, languages out of step, a survey longer than it promises. Advice is
// never an error: it can be wrong, and a comment in the file silences it (see [Silencing]). It is pure.
package advice

import (
	"cmp"
	"slices"

	"golang.org/x/text/language"

	"glasspoll/internal/message"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// Advice is one thing that is worth changing, at a place.
type Advice struct {
	questionnaire.Place
	Code     string       // of a [Rule]; stable
	Sentence message.Text // what is wrong
	Fix      message.Text
}

// String formats the advice as one line in English, beginning with file:line:column.
func (a Advice) String() string { return a.In(message.English) }

// In formats the advice as one line in a language.
func (a Advice) In(language string) string {
	return message.New("%s:%d:%d: advice: %s: %s (%s)", a.File, a.Line, a.Column, a.Sentence, a.Fix, a.Code).In(language)
}

// Of returns the advice about a valid survey, sorted by place. source is the file that it was compiled from.
func Of(s *survey.Survey, file string, source []byte) []Advice {
	a := &adviser{s: s, places: questionnaire.Locate(file, source)}
	a.questions()
	a.scales()
	a.languages()
	a.duration()
	a.wholeSurvey()
	a.numberings()
	a.missingIDs(file, source)
	return a.sorted(file, source)
}

// OfMeasures returns the advice about valid measures. source is the file that they were read from.
func OfMeasures(measures []survey.Measure, file string, source []byte) []Advice {
	a := &adviser{places: questionnaire.Locate(file, source)}
	for i, m := range measures {
		if m.Status == survey.Done && len(m.Effect) == 0 {
			a.add(DoneWithoutEffect, path{i, "status"}, "add \"effect: …\"", "the measure is done, and nothing says what has come of it")
		}
	}
	return a.sorted(file, source)
}

// sorted returns the advice that is not silenced, by place.
func (a *adviser) sorted(file string, source []byte) []Advice {
	silenced := readSilences(file, source)
	found := slices.DeleteFunc(a.found, silenced.covers)
	found = append(found, silenced.unknown...)
	slices.SortFunc(found, func(a, b Advice) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Sentence.String(), b.Sentence.String()))
	})
	return slices.Compact(found)
}

// An adviser collects the advice about one survey.
type adviser struct {
	s      *survey.Survey
	places questionnaire.Places
	found  []Advice
	asked  bool // for personal data, without a notice
}

// A path leads to a part of the file; see [questionnaire.Places.At].
type path []any

// to returns the path extended by keys or indexes.
func (p path) to(steps ...any) path { return append(slices.Clip(slices.Clone(p)), steps...) }

func (a *adviser) add(code string, at path, fix message.Key, format string, args ...any) {
	a.addFix(code, at, fix.Text(), format, args...)
}

// addFix is add with a fix that names something.
func (a *adviser) addFix(code string, at path, fix message.Text, format string, args ...any) {
	a.found = append(a.found, Advice{Place: a.places.At(at...), Code: code, Sentence: message.New(format, args...), Fix: fix})
}

// eachQuestion calls visit for every question.
func (a *adviser) eachQuestion(visit func(q *survey.Question, at path)) {
	for i := range a.s.Sections {
		for j := range a.s.Sections[i].Questions {
			visit(&a.s.Sections[i].Questions[j], path{"sections", i, "questions", j})
		}
	}
}

// baseLanguage returns a language without its script and region: zh for zh-Hant.
func baseLanguage(code string) string {
	b, _ := language.Make(code).Base()
	return b.String()
}

// languageName returns the name of a language in a sentence.
func languageName(code string) message.Text {
	switch baseLanguage(code) {
	case "zh":
		return message.New("Chinese")
	case "en":
		return message.New("English")
	}
	return message.New("'%s'", code)
}
