package questionnaire

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/survey"
)

// The ids of labels, which may never change: answers are stored under them.
func TestDerivedIDs(t *testing.T) {
	for label, want := range map[string]string{
		"满意":                               "o_128ca464",
		"  Very   good ":                   "very_good",
		"Don't know":                       "dont_know",
		"Don’t know":                       "dont_know",
		"Yes, definitely!":                 "yes_definitely",
		"5":                                "5",
		"3.5":                              "3_5",
		"2–5":                              "o_f08de63e",
		"-5":                               "o_37aa1ccf",
		"C++":                              "o_f1deb75f",
		"null":                             "o_74234e98",
		"Café":                             "o_73473dcc",
		"Cafe\u0301":                       "o_73473dcc",
		"":                                 "",
		"\u3000":                           "",
		strings.Repeat("a", maxSlug):       strings.Repeat("a", maxSlug),
		strings.Repeat("a", maxSlug) + ".": strings.Repeat("a", maxSlug),
	} {
		if id := deriveID(optionPrefix, label); id != want {
			t.Errorf("%q: %q, not %q", label, id, want)
		}
	}
	if id := deriveID(optionPrefix, strings.Repeat("a", maxSlug+1)); !strings.HasPrefix(id, optionPrefix) {
		t.Errorf("a long label: %q", id)
	}
}

func FuzzDerivedID(f *testing.F) {
	for _, label := range []string{"满意", "Yes, I do", "...", "null", "é"} {
		f.Add(label)
	}
	f.Fuzz(func(t *testing.T, label string) {
		if id := deriveID(rowPrefix, label); strings.TrimSpace(label) != "" && (!choiceID.MatchString(id) || len(id) > maxID) {
			t.Errorf("%q: %q", label, id)
		}
	})
}

// Ids follow from the label in the default language alone.
func TestDerivedIDsStay(t *testing.T) {
	idsOf := func(head, options, rows string) map[string]string {
		s := parse(t, head+`
scales: {s: [满意, 不满意]}
sections:
  - questions:
      - id: q
        type: multi_choice
        label: "1"
        options: `+options+`
      - id: m
        type: matrix
        label: "2"
        scale: s
        rows: `+rows+`
`)
		ids := map[string]string{}
		for q := range s.Questions() {
			for _, o := range q.Options {
				ids["option "+o.Label.In("zh")] = o.ID
			}
			for _, r := range q.Rows {
				ids["row "+r.Label.In("zh")] = r.ID
			}
		}
		return ids
	}
	first := idsOf("title: 题", `[电话, 邮件, "5"]`, `[{label: 速度}, 态度]`)
	for _, other := range []map[string]string{
		idsOf("title: 题", `["5", {label: 邮件, exclusive: true}, 短信, 电话]`, `[态度, 环境, {label: 速度, weight: 2}]`),
		idsOf("title: 题", "\n        - 电话\n        - '邮件'\n        - |-\n          5\n", "\n        - 速度\n        - label: 态度\n"),
	} {
		for label, id := range first {
			if other[label] != id {
				t.Errorf("%s: %q, then %q", label, id, other[label])
			}
		}
	}
	one := parse(t, "title: 题\nsections: [{questions: [{id: q, type: single_choice, label: 甲, options: [是, 否]}]}]\n")
	two := parse(t, "title: {zh: 题, en: T}\nsections: [{questions: [{id: q, type: single_choice, label: \"1\", options: [{label: {zh: 是, en: \"Yes\"}}, {label: {en: \"No\", zh: 否}}]}]}]\n")
	for i, o := range questionOf(t, one, "q").Options {
		if id := questionOf(t, two, "q").Options[i].ID; id != o.ID {
			t.Errorf("%v: %s, then %s", o.Label, o.ID, id)
		}
	}
}

func questionOf(t *testing.T, s *survey.Survey, id string) *survey.Question {
	t.Helper()
	q, ok := s.Question(id)
	if !ok {
		t.Fatalf("no question %s", id)
	}
	return q
}

// Whatever the labels are, their ids are made from each alone.
func TestDerivedIDsOfAnyLabels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels := rapid.SliceOfNDistinct(rapid.StringMatching(`[A-Za-z0-9\p{Han}][A-Za-z0-9 \p{Han}!-]{0,12}[a-z\p{Han}]`), 2, 8, strings.ToLower).Draw(t, "labels")
		var options strings.Builder
		for _, label := range rapid.Permutation(labels).Draw(t, "order") {
			fmt.Fprintf(&options, "        - label: %s\n", singleQuoted(label))
		}
		s, problems := Parse("x.yaml", []byte("title: T\nsections:\n  - questions:\n    - id: q\n      type: multi_choice\n      label: L\n      options:\n"+options.String()))
		if len(problems) > 0 { // two labels may have one id
			return
		}
		for q := range s.Questions() {
			for _, o := range q.Options {
				if want := deriveID(optionPrefix, o.Label.In("en")); o.ID != want {
					t.Fatalf("%v: %q, not %q", o.Label, o.ID, want)
				}
			}
		}
	})
}
