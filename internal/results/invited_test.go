package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/chart"
	"glasspoll/internal/invitation"
	"glasspoll/internal/release"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

const invitedTea = `
title: {en: Tea, zh: 茶, ar: شاي}
languages: [en, zh, ar]
channels: [mail, card]
access: ACCESS
sections:
  - questions:
      - {id: tier, type: hidden, segment: true, label: {en: Tier, zh: 级别, ar: الفئة}, options: [{id: a, label: {en: Key, zh: 重点, ar: أ}}, {id: b, label: {en: Regular, zh: 普通, ar: ب}}]}
      - {id: taste, type: rating, steps: 5, low: {en: Poor, zh: 差, ar: ضعيف}, high: {en: Good, zh: 好, ar: جيد}, label: {en: Taste, zh: 味道, ar: الطعم}}
`

// countersOf returns counters of a small survey: 60 issued to each tier, of which 2 were withdrawn and some came back.
func countersOf(bounced int64) map[string]int64 {
	counters := map[string]int64{}
	add := func(step invitation.Step, day, channel, tier string, n int64) {
		counters[invitation.Counter{Step: step, Day: survey.Date(day), Period: "all", Channel: channel, Values: map[string]string{"tier": tier}}.Name()] += n
	}
	add(invitation.Issued, "", "mail", "a", 60)
	add(invitation.Issued, "", "card", "b", 60)
	add(invitation.TakenBack, "", "card", "b", 2)
	add(invitation.Accepted, "2026-11-01", "mail", "a", 60)
	add(invitation.Bounced, "2026-11-01", "mail", "a", bounced)
	add(invitation.Opened, "2026-11-01", "mail", "a", 48)
	add(invitation.Started, "2026-11-01", "mail", "a", 41)
	add(invitation.Completed, "2026-11-01", "mail", "a", 37)
	add(invitation.Completed, "2026-11-02", "card", "b", 13)
	return counters
}

// invitedPage is a page of the survey on the third of November, with fifty answers.
func invitedPage(t *testing.T, access, typed string, counters map[string]int64, answered int, language string) Page {
	t.Helper()
	s := parsed(t, strings.Replace(invitedTea, "ACCESS", access, 1)+typed)
	p := newPeriod(t)
	p.answer(s, "2026-11-01", answered-13, "tier=a taste=4 channel:mail")
	p.answer(s, "2026-11-02", 13, "tier=b taste=3 channel:card")
	if next, left := release.NextInvited(s, p.forms, "all", "2026-11-03", p.last, p.tally, false, counters); next != nil {
		again, err := release.Decode(next.Encode())
		if err != nil {
			t.Fatal(err)
		}
		p.last, p.tally = again, left
	}
	return p.page(s, language)
}

// TestInvited: the page says how far invitations have come, and the response rate is of those who were asked.
func TestInvited(t *testing.T) {
	t.Parallel()
	said := text(t, invitedPage(t, "invited", "", countersOf(12), 50, "en"))
	has(t, said, "Of 108 people who were asked, 50 have answered: 46.3%.", "50 of 108 who were asked", "Issued 120", "Asked 108 100.0%", "Opened (about) 65 60.2%",
		"Started (about) 55 50.9%", "Completed 50 46.3%", "Accepted by the mail server: 60 · Returned: 12", "Key 60 70% 35 50 40", "Regular 60 25% 15 15 15",
		"With the returned invitations among those who were asked (RR1), the response rate is 41.7%.", "rounded to multiples of 5")
	hasNot(t, said, "Withdrawn", "From issued to completed") // two are not said
	has(t, said, "if 4 people of a block tell somebody")
	hasNot(t, said, "whoever sends 4 answers")
}

// TestTypedIssuedIsReplaced: what an author has typed in does not count where there are invitations.
func TestTypedIssuedIsReplaced(t *testing.T) {
	t.Parallel()
	typed := "audience: {issued: 999}\n"
	has(t, text(t, invitedPage(t, "invited", typed, countersOf(12), 50, "en")), "50 of 108 who were asked")
	hasNot(t, text(t, invitedPage(t, "invited", typed, nil, 50, "en")), "999")
}

// TestFewLeft: that fewer than k have not answered is said, and neither who were asked nor a rate.
func TestFewLeft(t *testing.T) {
	t.Parallel()
	for answered, few := range map[int]bool{108: false, 105: true, 104: true, 103: false} {
		page := invitedPage(t, "invited", "", countersOf(12), answered, "en")
		said := text(t, page)
		if got := strings.Contains(said, "but for fewer than 5"); got != few {
			t.Errorf("%d of 108: %t", answered, got)
		}
		v := jsonOf(t, page)
		if given := v["issued"] != nil || v["response_rate"] != nil; given == few {
			t.Errorf("%d of 108: issued %v, rate %v", answered, v["issued"], v["response_rate"])
		}
	}
}

// TestOpenHalf: of a survey that others can answer too, the rate is of the invited alone, as they are counted.
func TestOpenHalf(t *testing.T) {
	t.Parallel()
	said := text(t, invitedPage(t, "both", "", countersOf(12), 90, "en"))
	has(t, said, "50 of the 90 answers received came by an invitation", "50 of 108 who were asked")
	said = text(t, invitedPage(t, "both", "", countersOf(12), 53, "en")) // three others
	hasNot(t, said, "came by an invitation", "who were asked, 50", "Completed 50")
}

// TestInvitedFiles: results.json and results.csv say what the page does.
func TestInvitedFiles(t *testing.T) {
	t.Parallel()
	page := invitedPage(t, "invited", "", countersOf(12), 50, "en")
	v := jsonOf(t, page)
	i, _ := v["invitations"].(map[string]any)
	if got := fmt.Sprint(v["issued"], " ", v["response_rate"], " ", v["population"], " ", i["asked"], " ", i["bounced"], " ", i["withdrawn"], " ", i["completed"], " ", i["rate_of_issued"]); got != "120 46.2963 108 108 12 <nil> 50 41.6667" {
		t.Error(got)
	}
	if groups, _ := i["groups"].([]any); len(groups) != 4 || fmt.Sprint(groups[3]) != "map[accepted:<nil> asked:60 bounced:<nil> completed:15 issued:60 opened:15 option:b rate:25 segment:tier started:15 withdrawn:<nil>]" {
		t.Errorf("groups %v", groups)
	}
	var out bytes.Buffer
	if err := renderer(t).CSV(&out, page); err != nil {
		t.Fatal(err)
	}
	has(t, out.String(), ",,,,,,,asked,108,", "tier,a,,,,,completed,35,", ",,,,,mail,,opened,50,", ",accepted,60,,,,,2026-11-01,2026-11-01")
}

// TestInvitedWords: the page is made in each language.
func TestInvitedWords(t *testing.T) {
	t.Parallel()
	has(t, text(t, invitedPage(t, "invited", "", countersOf(12), 50, "zh")), "有效邀请108份，收回答卷50份，回收率46.3%", "打开（约） 65")
	has(t, text(t, invitedPage(t, "both", "", countersOf(12), 90, "ar")), "108")
}

func jsonOf(t *testing.T, page Page) map[string]any {
	t.Helper()
	var out bytes.Buffer
	if err := renderer(t).JSON(&out, page); err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestNonResponse: the report for management compares who has answered with who was invited.
func TestNonResponse(t *testing.T) {
	t.Parallel()
	s := parsed(t, strings.Replace(invitedTea, "ACCESS", "invited", 1))
	p := newPeriod(t)
	p.answer(s, "2026-11-01", 37, "tier=a taste=4 channel:mail")
	p.answer(s, "2026-11-02", 13, "tier=b taste=3 channel:card")
	all := release.Unsuppressed(s, p.forms, "all", "2026-11-03", p.tally)
	all.Invited = invitation.FactsOf(s, "all", "2026-11-03", true, 1, countersOf(12))
	tier := func(id string) map[string]string { return map[string]string{"tier": id} }
	invited := []invitation.Count{
		{Batch: "first", Channel: "mail", Values: tier("a"), Issued: 40, Redeemed: 30}, {Batch: "second", Channel: "mail", Values: tier("a"), Issued: 20, Redeemed: 7},
		{Batch: "second", Channel: "card", Values: tier("b"), Issued: 60, Withdrawn: 2, Redeemed: 13},
	}
	said := func(counts []invitation.Count) string {
		t.Helper()
		var b bytes.Buffer
		page := ReportPage{Page: Page{Set: NewSet(stats.NewReport(s, []*release.Release{all})), Today: "2026-11-03", Language: "en", Level: Management}, Invited: counts}
		if err := WriteReport(&b, renderer(t), os.DirFS("../../templates"), page); err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(b.String(), " ")), " ")
	}
	// 60·80 + 58·60 by 118, and weights 60/118 · 50/37 and 58/118 · 50/13
	has(t, said(invited), "Of 106 people who were asked, 50 have answered: 47.2%.", "Key 60 37 61.7% 49–73 0.69", "Regular 58 13 22.4% 14–35 1.89",
		"the index would be 70.2, and not 74.8", "mail 60 37", "first 40 30 75.0%", "second 78 20 25.6%")
	none := slices.Clone(invited)
	none[2].Redeemed = 0
	has(t, said(none), "second 78 7 9.0%")
	hasNot(t, said(nil), "Who has not answered")
}

// TestInvitedSlide: the steps are a chart of slides and workbooks, with the page's numbers.
func TestInvitedSlide(t *testing.T) {
	t.Parallel()
	deck, err := NewDeck(renderer(t), invitedPage(t, "invited", "", countersOf(12), 50, "en"))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(deck.Charts, func(c *chart.Chart) bool { return c.ID == "funnel" })
	if i < 0 {
		t.Fatal("no chart of the steps")
	}
	c := deck.Charts[i]
	if got := fmt.Sprint(c.Max, c.Rows); got != "120 [{Issued [120] <nil> <nil>} {Asked [108] <nil> <nil>} {Opened (about) [65] <nil> <nil>} {Started (about) [55] <nil> <nil>} {Completed [50] <nil> <nil>}]" {
		t.Error(got)
	}
	table, err := c.CSV()
	if err != nil || !strings.Contains(string(table), "Opened (about),65") {
		t.Errorf("%v: %s", err, table)
	}
}

// TestRateOfTooFew: of a group of which too few have answered, no rate is given, and not none either.
func TestRateOfTooFew(t *testing.T) {
	t.Parallel()
	counters := countersOf(12)
	for name := range counters {
		if c, ok := invitation.ParseCounter(name); ok && c.Step == invitation.Completed && c.Values["tier"] == "b" {
			counters[name] = 4
		}
	}
	page := invitedPage(t, "invited", "", counters, 50, "en")
	has(t, text(t, page), "Regular 60 – – – –")
	i, _ := jsonOf(t, page)["invitations"].(map[string]any)
	groups, _ := i["groups"].([]any)
	if last, _ := groups[len(groups)-1].(map[string]any); last["option"] != "b" || last["rate"] != nil {
		t.Errorf("%v", last)
	}
}
