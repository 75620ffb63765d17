package render

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/survey"
)

// noticed returns a survey with a notice, of which more says what else there is.
func noticed(t *testing.T, more ...string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("noticed.yaml", []byte(strings.Join(append(more, noticedYAML), "\n")))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

const noticedYAML = `
title: {zh: 顾客之声, en: Customers' voice, ar: صوت العملاء}
languages: [zh, en, ar]
purpose: {zh: 用来改进服务。, en: To improve our service., ar: لتحسين خدمتنا.}
contact: {name: {zh: 客服部, en: Customer service, ar: خدمة العملاء}, email: ask@example.com}
privacy: {controller: {zh: 明灯公司, en: Lantern Ltd, ar: شركة الفانوس}, keep: {years: 2}}
sections:
  - questions:
      - {id: overall, type: nps, label: {zh: 总体, en: Overall, ar: عمومًا}}
      - {id: mail, type: email, label: {zh: 邮箱, en: E-mail, ar: البريد}}
      - {id: age, type: single_choice, sensitive: true, label: {zh: 年龄, en: Age, ar: العمر}, options: [{id: a, label: {zh: 五十岁以下, en: Under 50, ar: أقل من 50}}, {id: b, label: {zh: 五十岁及以上, en: 50 and over, ar: 50 فأكثر}}]}
window: {until: 2026-12-31}
`

// TestPrivacyGolden compares notices and pages of withdrawal in three languages, of a survey by invitation.
func TestPrivacyGolden(t *testing.T) {
	r, s := renderer(t), noticed(t, "access: invited")
	rendertest.Goldens(t, s.Languages, func(language string) map[string][]byte {
		out := map[string][]byte{}
		for name, write := range map[string]func(io.Writer) error{
			"notice_invited.html": func(w io.Writer) error { return r.Privacy(w, s, CompanionPage{Language: language, Root: "../../"}) },
			"withdraw_done.html": func(w io.Writer) error {
				return r.Withdraw(w, s, WithdrawPage{CompanionPage: CompanionPage{Language: language, Root: "../"}, Done: true})
			},
			"withdraw_later.html": func(w io.Writer) error {
				return r.Withdraw(w, s, WithdrawPage{CompanionPage: CompanionPage{Language: language, Root: "../"}, Pending: true})
			},
			"withdraw_asks.html": func(w io.Writer) error {
				return r.Withdraw(w, s, WithdrawPage{CompanionPage: CompanionPage{Language: language, Root: "../"}})
			},
		} {
			var page bytes.Buffer
			if err := write(&page); err != nil {
				t.Fatal(err)
			}
			for _, fault := range rendertest.Faults(t, page.Bytes()) {
				t.Errorf("%s.%s: %s", language, name, fault)
			}
			out[name] = page.Bytes()
		}
		return out
	}, map[string]string{"withdraw_done.html": "withdraw_asks.html", "withdraw_later.html": "withdraw_asks.html"})
}

const sealed = "seal: {keys: [sealkey1.BNXle5AhbjTJKWT6G1J8HCPs1h3tcFmFoxUcGXnURQvL83I1ZnQYjuG56AD-tLWMV1RjNDNJBF_oh4zGYKmVjd8]}"

// A notice says what the questionnaire does: who reads results, of how many, what is asked, and which rights follow.
func TestNoticeFollowsTheQuestionnaire(t *testing.T) {
	r := renderer(t)
	for name, c := range map[string]struct {
		more, old, now string
		has, lacks     []string
	}{
		"as it is":       {has: []string{"kept for 2 years", "To improve our service.", "at least 5 people", "The results are public.", "withdraw your consent", "E-mail", "Age", "ask@example.com", "Nobody else", "range of network addresses"}, lacks: []string{"personal link", "no record of which answers"}},
		"identified":     {more: "access: invited\nanonymity: identified", has: []string{"personal link", "stored with your name"}, lacks: []string{"the receipt number is all"}},
		"confidential":   {more: "access: invited", has: []string{"no record of which answers are yours", "the receipt number is all", "nothing that is stored says at what time"}, lacks: []string{"range of network addresses"}},
		"for staff":      {more: "results: {audience: staff, min_group: 8}", has: []string{"for our staff", "at least 8 people"}, lacks: []string{"results are public"}},
		"no protection":  {more: "results: {min_group: 1}", has: []string{"each answer is counted at once"}, lacks: []string{"at least 1"}},
		"for a month":    {old: "{years: 2}", now: "{days: 1}", has: []string{"kept for 1 day after"}},
		"by a duty":      {old: "keep: {years: 2}", now: "keep: {months: 3}, basis: legal_obligation", has: []string{"a duty that the law", "because the law requires it", "3 months"}, lacks: []string{"consent at any time", "voluntary"}},
		"by interests":   {old: "keep: {years: 2}", now: "keep: {years: 2}, basis: legitimate_interests, interests: {zh: 质, en: Quality., ar: ج}", has: []string{"Quality.", "object to their use"}, lacks: []string{"consent at any time"}},
		"for the top":    {more: "results: {audience: management}", has: []string{"for our management"}, lacks: []string{"people together"}},
		"sealed":         {more: sealed, has: []string{"can be read only by those who hold the key"}, lacks: []string{"are not encrypted"}},
		"sealed in part": {more: sealed, old: "age, type: single_choice, sensitive: true", now: "age, sealed: false, private: true, type: single_choice", has: []string{"are not encrypted: Age"}, lacks: []string{"encrypted: E-mail"}},
		"a web page":     {more: sealed, old: "type: nps", now: "type: url", has: []string{"are not encrypted: Overall"}},
		"asks nothing":   {old: "type: email", now: "type: yes_no", has: []string{"does not ask who you are"}, lacks: []string{"kept apart from the others"}},
	} {
		source := strings.Replace(noticedYAML, c.old, c.now, 1)
		s, problems := questionnaire.Parse("noticed.yaml", []byte(c.more+"\n"+source))
		if len(problems) > 0 {
			t.Fatal(name, problems)
		}
		var page bytes.Buffer
		if err := r.Privacy(&page, s, CompanionPage{Language: "en", Root: "../"}); err != nil {
			t.Fatal(name, err)
		}
		text := strings.Join(strings.Fields(rendertest.Text(t, page.Bytes())), " ")
		for _, has := range c.has {
			if !strings.Contains(text, has) {
				t.Errorf("%s: it does not say %q:\n%s", name, has, text)
			}
		}
		for _, lacks := range c.lacks {
			if strings.Contains(text, lacks) {
				t.Errorf("%s: it says %q", name, lacks)
			}
		}
	}
}
