package questionnaire_test

import (
	"testing"

	"glasspoll/internal/questionnaire"
)

func TestPlaces(t *testing.T) {
	source := "\uFEFF# a comment\r\ntitle: &t {en: Tea, zh: 茶}\r\nsections:\r\n  - questions:\r\n      - id: taste\r\n        label: *t\r\n"
	places := questionnaire.Locate("tea.yaml", []byte(source))
	for _, c := range []struct {
		path         []any
		line, column int
	}{
		{nil, 2, 1},
		{[]any{"title"}, 2, 8},
		{[]any{"title", "zh"}, 2, 25},
		{[]any{"sections", 0, "questions", 0, "id"}, 5, 13},
		{[]any{"sections", 0, "questions", 0, "label", "en"}, 2, 16}, // through the alias
		{[]any{"sections", 0, "questions", 0, "help", "en"}, 5, 9},   // not written: the question
		{[]any{"sections", 7}, 4, 3},
		{[]any{"thanks"}, 2, 1},
	} {
		want := questionnaire.Place{File: "tea.yaml", Line: c.line, Column: c.column}
		if got := places.At(c.path...); got != want {
			t.Errorf("%v stands at %v, want %v", c.path, got, want)
		}
	}
	if id, ok := places.Plain("sections", 0, "questions", 0, "id"); !ok || id != "taste" {
		t.Errorf("plain id: %q, %v", id, ok)
	}
	if _, ok := places.Plain("title"); ok {
		t.Error("a mapping is no plain value")
	}
	if places.Has("sections", 0, "questions", 0, "help") || !places.Has("title", "en") {
		t.Error("Has is wrong")
	}
	for _, source := range []string{"a: [", "", "# a comment\n"} {
		if got := questionnaire.Locate("broken.yaml", []byte(source)).At("a"); got.Line != 1 || got.Column != 1 {
			t.Errorf("a broken file %q: %v", source, got)
		}
	}
}
