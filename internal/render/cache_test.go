package render

import (
	"bytes"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/survey"
	"glasspoll/internal/wording"
)

// strange has texts that could break a cached question: markup, the placeholders themselves, answers in labels.
const strange = `
title: {zh: 怪, en: Strange}
languages: [zh, en]
sections:
  - questions:
      - {id: a, type: rating, steps: 5, label: {zh: "<b>&\"'+", en: "<b>&\"'+ no-body"}}
      - {id: b, type: rating, steps: 5, label: {zh: no-body-name, en: "no-body-label 7046309581"}}
      - {id: c, type: rating, steps: 5, label: {zh: "{{a}} 怎样", en: "And {{a}}?"}}
      - {id: d, type: rating, steps: 5, high: {zh: no-body-name, en: "7046309581"}, low: {zh: 低, en: Low}, label: {zh: 丁, en: D}}
      - {id: e, type: single_choice, display: dropdown, label: {zh: 戊, en: E}, options: [{id: x, label: {zh: no-body-label, en: "{{a}}"}}, {id: y, label: {zh: 乙, en: Y}}]}
      - {id: f, type: single_choice, label: {zh: 己, en: F}, help: {zh: 帮助, en: Help <i>}, options: [{id: x, label: {zh: 甲, en: X}}, {id: y, label: {zh: 乙, en: Y}, show_if: a == 5}]}
      - {id: g, type: single_choice, label: {zh: 庚, en: G}, options: [{id: x, label: {zh: 甲, en: X}}, {id: y, label: {zh: 乙, en: Y}}], show_if: f == "x", required: a == 1}
      - {id: h, type: consent, label: {zh: 辛, en: H}}
      - {id: i, type: consent, required: true, label: {zh: 壬, en: I}}
      - {id: j, type: email, label: {zh: 癸, en: J}}
      - {id: k, type: number, min: 0, max: 10, display: slider, label: {zh: 子, en: K}}
      - {id: l, type: number, min: 0, max: 10, label: {zh: 丑, en: L}}
      - {id: m, type: number, min: 0, max: 11, display: slider, label: {zh: 寅, en: M}}
`

// A cached question is identical to what the template renders.
func TestCachedQuestions(t *testing.T) {
	paths, err := filepath.Glob("../../surveys/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	var surveys []*survey.Survey
	for _, path := range paths {
		if questionnaire.IsFile(filepath.Base(path)) {
			surveys = append(surveys, rendertest.Shipped(t, strings.TrimSuffix(filepath.Base(path), ".yaml")))
		}
	}
	s, problems := questionnaire.Parse("strange.yaml", []byte(strange))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r := renderer(t)
	cacheable := 0
	for _, s := range append(surveys, s) {
		for _, language := range s.Languages {
			p := SurveyPage{Language: language, Root: "../"}
			b := r.builder(r.form(s, p), p)
			uncached := r.builder(r.form(s, p), p)
			uncached.empty = false
			for q := range s.Questions() {
				if b.question(q).cacheable() {
					cacheable++
				}
				for range 2 { // the second time it comes from the cache, if it can
					if got, want := b.render(b.question(q)), uncached.render(uncached.question(q)); got != want {
						t.Errorf("%s %s %s:\n%s\nwant\n%s", s.ID, language, q.ID, got, want)
					}
				}
			}
			if b.err != nil || uncached.err != nil {
				t.Fatal(b.err, uncached.err)
			}
		}
	}
	if cached := len(r.questions.byKey); cacheable < 100 || cached > cacheable*2/3 {
		t.Errorf("%d cacheable questions are cached as %d", cacheable, cached)
	}
}

// TestCacheKeyIsComplete changes every field of a question and of an option in turn: either the cache key changes with it,
// or the question is no longer cacheable, or it is one of the fields that are filled in.
func TestCacheKeyIsComplete(t *testing.T) {
	base := func() *question {
		return &question{Words: &wording.Words{}, Name: "q", Label: "Label", Number: 3, Options: []option{{ID: "q-q", Value: "a"}, {Value: "b"}}}
	}
	filledIn := []string{"Words", "Name", "Label", "Described", "Choices", "Heads", "Linked"} // Heads: of questions with rows only; Linked: of hidden ones only; Words: by its language; Described: from the name
	check := func(name string, change func(*question)) {
		t.Helper()
		v := base()
		change(v)
		if v.cacheable() && bytes.Equal(v.cacheKey("en"), base().cacheKey("en")) {
			t.Errorf("%s is not in the cache key", name)
		}
	}
	set := func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			v.SetString("x")
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Int:
			v.SetInt(v.Int() + 7)
		case reflect.Slice:
			one := reflect.New(v.Type().Elem()).Elem()
			if one.Kind() == reflect.String {
				one.SetString("x")
			}
			v.Set(reflect.Append(v, one))
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
		default:
			t.Fatalf("this test does not know how to set a field of kind %s", v.Kind())
		}
	}
	for i := range reflect.TypeFor[question]().NumField() {
		name := reflect.TypeFor[question]().Field(i).Name
		switch {
		case slices.Contains(filledIn, name):
		case name == "Number": // filled in, but for whether there is one
			check(name, func(v *question) { v.Number = 0 })
		default:
			check(name, func(v *question) { set(reflect.ValueOf(v).Elem().Field(i)) })
		}
	}
	for i := range reflect.TypeFor[option]().NumField() {
		check("option."+reflect.TypeFor[option]().Field(i).Name, func(v *question) { set(reflect.ValueOf(&v.Options[1]).Elem().Field(i)) })
	}
	if bytes.Equal(base().cacheKey("en"), base().cacheKey("zh")) {
		t.Error("the language is not in the cache key")
	}
	// Adjacent texts are delimited.
	a, b := base(), base()
	a.Low, a.High, b.Low, b.High = "xy", "", "x", "y"
	if bytes.Equal(a.cacheKey("en"), b.cacheKey("en")) {
		t.Error("two keys are the same")
	}
}

// TestCacheIsBounded checks that the cache stays small, no matter how many different questions are rendered.
func TestCacheIsBounded(t *testing.T) {
	var c questionCache
	for i := range 3 * maxCachedQuestions {
		c.put([]byte(strings.Repeat("x", i%7)+string(rune('0'+i))), []fragment{{}})
	}
	if len(c.byKey) > maxCachedQuestions {
		t.Errorf("%d questions are cached", len(c.byKey))
	}
}
