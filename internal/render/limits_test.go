package render

import (
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
)

// TestOwnMessages checks that an author's message stands in place of the wording's, in the script's data and from the handler.
func TestOwnMessages(t *testing.T) {
	r := renderer(t)
	s, problems := questionnaire.Parse("own.yaml", []byte(`title: {en: Own, zh: 自己的}
languages: [en, zh]
sections:
  - questions:
      - {id: n, type: number, label: "1", min: 1, step: 1, message: {en: "One or more", zh: "至少 1"}}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	q := &s.Sections[0].Questions[0]
	for language, want := range map[string]string{"en": "One or more", "zh": "至少 1"} {
		for _, l := range limits(q, r.words.In(language), language) {
			if l.message != want {
				t.Errorf("%s, %s: the script says %q", language, l.code, l.message)
			}
		}
		for value, own := range map[string]bool{"0": true, "1.5": true, "x": false} {
			_, _, problems := answer.Check(s, answer.Posted{Language: language, Fields: map[string][]string{"n": {value}}})
			if len(problems) != 1 || (r.Message(language, problems[0]) == want) != own {
				t.Errorf("%s, %s: the handler says %+v", language, value, problems)
			}
		}
	}
}
