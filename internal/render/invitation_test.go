package render

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/survey"
)

// inviting parses a survey with invitations, in every language of the interface.
func inviting(t *testing.T, keys string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("yearly.yaml", []byte(`title: {zh: 年度客户调查, en: Yearly survey, ar: الاستبيان السنوي}
languages: [zh, en, ar]
purpose: {zh: 用来改进服务。, en: To improve our service., ar: لتحسين خدمتنا.}
minutes: 4
contact: {name: {zh: 质量部, en: Quality, ar: قسم الجودة}, email: quality@example.com}
window: {from: 2026-10-01, until: 2026-10-31}
channels: [email]
`+keys+`
sections:
  - questions:
      - {id: overall, type: nps, label: {zh: 您愿意推荐我们吗？, en: Would you recommend us?, ar: هل توصي بنا؟}}
      - {id: region, type: hidden, label: {zh: 地区, en: Region, ar: المنطقة}, options: [{id: north, label: {zh: 北方, en: the north, ar: الشمال}}, {id: south, label: {zh: 南方, en: the south, ar: الجنوب}}]}
      - {id: why, type: long_text, label: {zh: "您在{{region}}，为什么这样评价？", en: "You are in {{region}}: why this mark?", ar: "أنت في {{region}}: لماذا هذا التقييم؟"}}
      - {id: reply, type: email, label: {zh: 邮箱, en: E-mail, ar: البريد}}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func write(t *testing.T, draw func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := draw(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const secret = "0123456789ABCDEF"

// invitee is who opens a form by an invitation.
func invitee(language string) SurveyPage {
	return SurveyPage{
		Language: language, Root: "../../../", ID: "0b1c", Channel: "email", Values: map[string][]string{"region": {"north"}},
		Invitee: &Invitee{Secret: secret, Draft: "ab12cd34"},
	}
}

// invitationCodes are those of the notices about invitations.
var invitationCodes = []answer.Problem{
	{Code: answer.InvitedOnly}, {Code: answer.InvitationUnknown}, {Code: answer.InvitationEarly, Args: []any{"date", survey.Date("2026-10-05")}},
	{Code: answer.InvitationExpired, Args: []any{"date", survey.Date("2026-10-20")}}, {Code: answer.InvitationWithdrawn}, {Code: answer.InvitationUsed}, {Code: answer.CookieNeeded},
}

func invitationPages(t *testing.T, language string) map[string][]byte {
	r, s := renderer(t), inviting(t, "access: invited")
	pages := map[string][]byte{
		"uninvited.html": write(t, func(w io.Writer) error { return r.Survey(w, s, SurveyPage{Language: language, Root: "../../"}) }),
		"invitee.html":   write(t, func(w io.Writer) error { return r.Survey(w, s, invitee(language)) }),
	}
	for _, p := range invitationCodes {
		pages[string(p.Code)+".html"] = write(t, func(w io.Writer) error {
			return r.Notice(w, NoticePage{Language: language, Root: "../", Code: p.Code, Args: p.Args, About: s})
		})
	}
	return pages
}

func TestInvitationGolden(t *testing.T) {
	like := map[string]string{}
	for _, p := range invitationCodes {
		like[string(p.Code)+".html"] = "uninvited.html"
	}
	languages := inviting(t, "access: invited").Languages
	shown := func(language string) map[string][]byte {
		pages := invitationPages(t, language)
		for _, alike := range []answer.Code{answer.InvitedOnly, answer.InvitationUnknown, answer.InvitationEarly, answer.InvitationWithdrawn, answer.CookieNeeded} {
			delete(pages, string(alike)+".html")
		}
		return pages
	}
	rendertest.Goldens(t, languages, shown, like)
	for _, language := range languages {
		for name, page := range invitationPages(t, language) {
			for _, fault := range rendertest.Faults(t, page) {
				t.Errorf("%s.%s: %s", language, name, fault)
			}
		}
	}
}

// Whoever has only the address of a survey for the invited is told how one answers: there is no form, no way to one, and no
// script. What was sent without an invitation stays on the page.
func TestUninvited(t *testing.T) {
	r, s := renderer(t), inviting(t, "access: invited")
	page := string(write(t, func(w io.Writer) error { return r.Survey(w, s, SurveyPage{Language: "en", Root: "../"}) }))
	for _, gone := range []string{"<form", "<script", "http-equiv=\"refresh\"", "recommend"} {
		if strings.Contains(page, gone) {
			t.Errorf("%q is in the page", gone)
		}
	}
	for _, want := range []string{"This survey is by invitation", "Please open the link in the invitation", "31 October 2026", "quality@example.com", "Confidential"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
	sent := SurveyPage{Language: "en", Root: "../../../", ID: "0b1c", Values: map[string][]string{"overall": {"7"}}, Notice: []answer.Problem{{Code: answer.InvitedOnly}}}
	page = string(write(t, func(w io.Writer) error { return r.Survey(w, s, sent) }))
	if controls(t, []byte(page))["overall"][0] != "7" || !strings.Contains(page, "This survey is by invitation") {
		t.Error("what was sent is lost")
	}
	for phase, want := range map[survey.Phase]string{survey.Early: "opens on", survey.Closed: "closed on"} {
		page := string(write(t, func(w io.Writer) error { return r.Survey(w, s, SurveyPage{Language: "en", Root: "../", Phase: phase}) }))
		if !strings.Contains(page, want) || strings.Contains(page, "by invitation") {
			t.Errorf("%d: the window decides, in\n%s", phase, page)
		}
	}
}

// The form of an invitee carries the invitation with the answers, and has its values; no address in it does.
func TestInviteesForm(t *testing.T) {
	r := renderer(t)
	for _, access := range []string{"invited", "both"} {
		s := inviting(t, "access: "+access)
		page := write(t, func(w io.Writer) error { return r.Survey(w, s, invitee("en")) })
		fields := controls(t, page)
		if fields["_invitation"][0] != secret || fields["region"][0] != "north" || strings.Count(string(page), secret) != 1 {
			t.Errorf("%s: %q", access, fields)
		}
		if !strings.Contains(string(page), `data-survey="yearly.ab12cd34"`) || strings.Contains(string(page), "data-link") || strings.Contains(string(page), "?region=") {
			t.Errorf("%s: the form takes values from its link, or a draft from others", access)
		}
		if text := rendertest.Text(t, page); !strings.Contains(text, "You are in the north") || !strings.Contains(text, "unless you say so yourself") {
			t.Error(text)
		}
		preview := write(t, func(w io.Writer) error {
			return r.Survey(w, s, SurveyPage{Language: "en", Root: "../", Invitee: &Invitee{}})
		})
		if _, sent := controls(t, preview)["_invitation"]; sent || !bytes.Contains(preview, []byte(`name="region" value="" data-link>`)) {
			t.Errorf("%s: a preview has an invitation, or no values\n%s", access, preview)
		}
	}
}

// What was sent under an invitation that is used up, or no longer valid, stays on the page, and cannot be sent again.
func TestInvitationThatIsOver(t *testing.T) {
	r, s := renderer(t), inviting(t, "access: invited")
	for _, p := range []answer.Problem{{Code: answer.InvitationUsed}, {Code: answer.InvitationExpired, Args: []any{"date", survey.Date("2026-10-20")}}, {Code: answer.InvitationWithdrawn}} {
		sent := invitee("en")
		sent.Notice, sent.Values["overall"] = []answer.Problem{p}, []string{"3"}
		page := write(t, func(w io.Writer) error { return r.Survey(w, s, sent) })
		if controls(t, page)["overall"][0] != "3" || strings.Contains(string(page), "<button data-busy") {
			t.Errorf("%s: the answers are gone, or can be sent", p.Code)
		}
	}
}

// The form that anybody may fill in does not take a value of the invitation from its link, and says nothing of invitations.
func TestFormForBoth(t *testing.T) {
	r, s := renderer(t), inviting(t, "access: both")
	page := write(t, func(w io.Writer) error { return r.Survey(w, s, SurveyPage{Language: "en", Root: "../"}) })
	fields := controls(t, page)
	if _, has := fields["_invitation"]; has || fields["region"][0] != "" || bytes.Contains(page, []byte("data-link")) || !bytes.Contains(page, []byte(`data-survey="yearly"`)) {
		t.Errorf("%q", fields)
	}
	if text := rendertest.Text(t, page); !strings.Contains(text, "Contact details optional") || strings.Contains(text, "Confidential") {
		t.Error(text)
	}
}

// What is known of the invited is said as a chip and, in a sentence, above the questions: no fold hides it.
func TestPromise(t *testing.T) {
	r := renderer(t)
	for _, c := range []struct {
		anonymity survey.Anonymity
		private   bool
		k         int
		chips     []string
		says      string
	}{
		{survey.Anonymous, false, 5, []string{"Anonymous"}, "Nobody can tell which answers are yours, and neither can we."},
		{survey.Confidential, false, 5, []string{"Confidential"}, "keep no record of which answers are yours."},
		{survey.Confidential, true, 5, []string{"Confidential"}, "unless you say so yourself in the survey."},
		{survey.Identified, true, 5, []string{"With your name"}, "stored with your name"},
		{survey.Identified, true, 1, []string{"With your name", "Trial: every answer counts at once in the results, without protection (k = 1)"}, "stored with your name"},
	} {
		s := &survey.Survey{ID: "a", Languages: []string{"en"}, Timezone: "UTC", Access: survey.InvitedAccess, Anonymity: c.anonymity, Results: survey.Results{MinGroup: c.k}}
		s.Sections = []survey.Section{{Questions: []survey.Question{{ID: "b", Type: survey.LongText, Private: c.private}}}}
		for _, purpose := range []string{"", "To improve."} {
			s.Purpose = survey.Text{"en": purpose}
			o := newOpening(r.words.In("en"), s, "en", true)
			if !slices.Equal(o.Chips, c.chips) || !strings.Contains(o.Promise, c.says) || o.Folds {
				t.Errorf("%s, %q: %+v", c.anonymity, purpose, o)
			}
		}
	}
}

// A survey for the invited alone is listed without a button, and does not count as one that can be answered here.
func TestHomeInvited(t *testing.T) {
	closed := listed(t, "old", "until: 2026-01-31", "")
	invited, both := listed(t, "members", "until: 2026-10-31", ""), listed(t, "all", "until: 2026-10-31", "")
	invited.Access, both.Access = survey.InvitedAccess, survey.BothAccess
	page := homeOf(t, renderer(t), []*survey.Survey{invited, closed})
	if !strings.Contains(page, "By invitation") || !strings.Contains(page, "There are no surveys at the moment.") || strings.Contains(page, "Take the survey") {
		t.Error(page)
	}
	page = homeOf(t, renderer(t), []*survey.Survey{invited, both})
	if open, by := strings.Index(page, "Open now"), strings.Index(page, "By invitation"); open < 0 || by < open || strings.Count(page, "Take the survey") != 1 {
		t.Error(page)
	}
}
