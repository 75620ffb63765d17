package render

import (
	"bytes"
	"html/template"
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

// strange has texts that a filled-in question could get wrong: markup, the placeholders themselves, answers in labels.
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

// A question that is filled into what was drawn for another one is, to the byte, what it is when drawn by itself.
func TestFilledInIsDrawn(t *testing.T) {
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
	filled := 0
	for _, s := range append(surveys, s) {
		for _, language := range s.Languages {
			p := SurveyPage{Language: language, Root: "../"}
			b := r.builder(r.form(s, p), p)
			alone := r.builder(r.form(s, p), p)
			alone.plain = false
			for q := range s.Questions() {
				if b.question(q).plain() {
					filled++
				}
				for range 2 { // the second time it is surely filled in, if it can be
					if got, want := b.draw(b.question(q)), alone.draw(alone.question(q)); got != want {
						t.Errorf("%s %s %s:\n%s\nwant\n%s", s.ID, language, q.ID, got, want)
					}
				}
			}
			if b.err != nil || alone.err != nil {
				t.Fatal(b.err, alone.err)
			}
		}
	}
	if kinds := len(r.blanks.drawn); filled < 100 || kinds > filled*2/3 {
		t.Errorf("%d questions could be filled in, into %d that were drawn", filled, kinds)
	}
}

// TestLookIsComplete changes every field of a question and of an option in turn: either the look changes with it, or the
// question is no longer filled in, or it is one of the fields that are filled in.
func TestLookIsComplete(t *testing.T) {
	base := func() *question {
		return &question{Words: &wording.Words{}, Name: "q", Label: "Label", Number: 3, Options: []option{{ID: "q-q", Value: "a"}, {Value: "b"}}}
	}
	filledIn := []string{"Words", "Name", "Label", "Described", "Choices"} // Words: by its language; Described: from the name
	seen := func(name string, change func(*question)) {
		t.Helper()
		v := base()
		change(v)
		if v.plain() && bytes.Equal(v.look("en"), base().look("en")) {
			t.Errorf("%s is not in a question's look", name)
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
			t.Fatalf("a field of kind %s: teach this test", v.Kind())
		}
	}
	for i := range reflect.TypeFor[question]().NumField() {
		name := reflect.TypeFor[question]().Field(i).Name
		switch {
		case slices.Contains(filledIn, name):
		case name == "Number": // filled in, but for whether there is one
			seen(name, func(v *question) { v.Number = 0 })
		default:
			seen(name, func(v *question) { set(reflect.ValueOf(v).Elem().Field(i)) })
		}
	}
	for i := range reflect.TypeFor[option]().NumField() {
		seen("option."+reflect.TypeFor[option]().Field(i).Name, func(v *question) { set(reflect.ValueOf(&v.Options[1]).Elem().Field(i)) })
	}
	if bytes.Equal(base().look("en"), base().look("zh")) {
		t.Error("the language is not in a question's look")
	}
	// Texts that stand side by side do not run into each other.
	a, b := base(), base()
	a.Low, a.High, b.Low, b.High = "xy", "", "x", "y"
	if bytes.Equal(a.look("en"), b.look("en")) {
		t.Error("two looks are one")
	}
	a, b = base(), base()
	a.Help, b.Heads = []template.HTML{"x"}, []template.HTML{"x"}
	if bytes.Equal(a.look("en"), b.look("en")) {
		t.Error("two looks are one")
	}
}

// TestBlanksAreBounded: whatever authors write, and however often they change it, what is kept stays small.
func TestBlanksAreBounded(t *testing.T) {
	var b blanks
	for i := range 3 * maxBlanks {
		b.put([]byte(strings.Repeat("x", i%7)+string(rune('0'+i))), []piece{{}})
	}
	if len(b.drawn) > maxBlanks {
		t.Errorf("%d are kept", len(b.drawn))
	}
}
