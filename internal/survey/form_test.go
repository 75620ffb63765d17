package survey_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

const formed = `
title: Formed
languages: [en]
timezone: UTC
sections:
  - id: all
    title: All
    questions:
      - {id: intro, type: note, label: Hello}
      - {id: q, type: single_choice, label: How, help: Say, options: [{id: a, label: Apple, score: 2}, {id: b, label: Pear, score: 1}], dimension: d}
      - {id: n, type: number, label: How many, unit: pieces, min: 1, max: 7}
scoring: {dimensions: [{id: d, label: Dee}], target: 80}
results: {crosstabs: [{rows: n, by: s}]}
`

func TestForm(t *testing.T) {
	source := strings.Replace(formed, "- {id: n", "- {id: s, type: yes_no, label: S, segment: true}\n      - {id: n", 1)
	parse := func(from, to string) *survey.Survey {
		s, problems := questionnaire.Parse("formed.yaml", []byte(strings.Replace(source, from, to, 1)))
		if s == nil {
			t.Fatal(problems)
		}
		return s
	}
	s := parse("", "")
	form := s.Form()
	for _, word := range []string{"Formed", "Hello", "How", "Say", "Apple", "Dee", "pieces"} {
		if bytes.Contains(form, []byte(word)) {
			t.Errorf("the form says %s", word)
		}
	}
	for from, to := range map[string]string{"Apple": "Aeple", "label: How,": "label: Why,", "Dee": "Dum", "Formed": "Framed", "Hello": "Hi"} {
		if !bytes.Equal(parse(from, to).Form(), form) {
			t.Errorf("%s makes another form", to)
		}
	}
	for from, to := range map[string]string{"score: 2": "score: 3", "max: 7": "max: 8", "target: 80": "target: 81", "dimension: d}": "dimension: d, weight: 2}"} {
		if bytes.Equal(parse(from, to).Form(), form) {
			t.Errorf("%s makes no other form", to)
		}
	}
	read, err := survey.DecodeForm(form, parse("Apple", "Aeple"))
	if err != nil {
		t.Fatal(err)
	}
	if f, _ := read.Field("q"); f.Options()[0].Label["en"] != "Aeple" || *f.Options()[0].Score != 2*survey.One || f.Label()["en"] != "How" || read.Scoring.Dimensions[0].Label["en"] != "Dee" {
		t.Errorf("%+v", f.Question)
	}
	for from, to := range map[string]string{"max: 7": "max: 80", "label: S,": "label: S, publish: true,", "target: 80": "overall: q"} {
		if other := parse(from, to); (other.Shape == s.Shape) != (from == "label: S,") {
			t.Errorf("%s: shape %s, was %s", to, other.Shape, s.Shape)
		}
	}
	if _, err := survey.DecodeForm([]byte("{"), s); err == nil {
		t.Error("a broken form is read")
	}
}

func TestBands(t *testing.T) {
	for _, c := range []struct {
		question string
		want     string
	}{
		{"min: 18, max: 99", "[10 20 30 40 50 60 70 80 90]"},
		{"min: 0, max: 100", "[0 10 20 30 40 50 60 70 80 90 100]"},
		{"min: 1, max: 7, step: 1", "[1 2 3 4 5 6 7]"},
		{"min: -5, max: 7.5", "[-6 -4 -2 0 2 4 6]"},
		{"min: 0, max: 0.002", "[0 0.001 0.002]"},
		{"min: 3, max: 3", "[3]"},
		{"min: -1000000000, max: 1000000000", "[-1000000000 -800000000 -600000000 -400000000 -200000000 0 200000000 400000000 600000000 800000000 1000000000]"},
		{"min: 3", "[]"}, {"max: 3", "[]"},
	} {
		s, problems := questionnaire.Parse("bands.yaml", []byte("title: T\nsections:\n  - questions:\n      - {id: n, type: number, label: N, "+c.question+"}\n"))
		if s == nil {
			t.Fatal(problems)
		}
		s.Legacy = true
		s.Index()
		f, _ := s.Field("n")
		var limits []string
		for _, band := range f.ValueBands() {
			limits = append(limits, band.ID)
		}
		if fmt.Sprint(limits) != c.want {
			t.Errorf("%s: %v, want %s", c.question, limits, c.want)
		}
	}
}
