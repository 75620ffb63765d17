package render

import (
	"bytes"
	"strings"
	"testing"

	"glasspoll/internal/questionnaire"
)

// renderForm returns the empty form of a questionnaire with these sections.
func renderForm(t *testing.T, source string) string {
	t.Helper()
	s, problems := questionnaire.Parse("f.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var b bytes.Buffer
	if err := renderer(t).Survey(&b, s, SurveyPage{Language: "en", Root: "../"}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Options of a single choice have an order unless they are shuffled: they are one column, or one row where a wide window has
// room for all, and never several columns.
func TestOptionsInOrderAreNotBroken(t *testing.T) {
	five := "[{id: a, label: Never}, {id: b, label: Seldom}, {id: c, label: Monthly}, {id: d, label: Weekly}, {id: e, label: Daily}]"
	seven := strings.Replace(five, "]", ", {id: f, label: Hourly}, {id: g, label: Always}]", 1)
	long := strings.ReplaceAll(five, "label: ", "label: Misunderstandings")
	for _, c := range []struct{ keys, want string }{
		{"type: single_choice, options: " + five, `<div class="fit f4 wide"><div class="scale">`},
		{"type: single_choice, options: " + seven, `<div class="list">`},
		{"type: single_choice, options: " + long, `<div class="list">`},
		{"type: single_choice, other: true, options: " + five, `<div class="list">`},
		{"type: single_choice, shuffle: true, options: " + seven, `<div class="list short">`},
		{"type: multi_choice, options: " + seven, `<div class="list short">`},
	} {
		page := renderForm(t, "title: T\nlanguages: [en]\nsections:\n  - questions:\n      - {id: q, label: How often?, "+c.keys+"}\n")
		if !strings.Contains(page, c.want) {
			t.Errorf("%s: there is no %s in\n%s", c.keys, c.want, page)
		}
	}
}

// A section of private questions says once what that means, unless each question is a card of its own.
func TestPrivateSectionsSaySoOnce(t *testing.T) {
	const hint = "Kept apart from your other answers"
	private := "  - questions:\n      - {id: name, type: short_text, private: true, label: Name}\n      - {id: mail, type: email, label: Email}\n"
	mixed := "  - questions:\n      - {id: why, type: long_text, label: Why?}\n      - {id: tel, type: phone, label: Phone}\n"
	for _, c := range []struct {
		sections string
		want     int
		at       string // what follows the hint
	}{
		{private, 1, "<div class=\"q\" data-q=\"name\">"},
		{mixed, 1, "<input type=\"tel\""},
		{private + mixed, 2, ""},
		{private + "layout: cards\n", 2, ""},
	} {
		page := renderForm(t, "title: T\nlanguages: [en]\nsections:\n"+c.sections)
		if n := strings.Count(page, hint); n != c.want {
			t.Errorf("%s: said %d times instead of %d", c.sections, n, c.want)
		}
		_, after, _ := strings.Cut(page, hint)
		_, after, _ = strings.Cut(after, "</p>\n")
		if !strings.HasPrefix(after, c.at) {
			t.Errorf("%s: followed by %.80s", c.sections, after)
		}
	}
}
