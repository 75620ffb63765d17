package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/render"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/soak"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// parsed returns a questionnaire.
func parsed(t testing.TB, source string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("sentences.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// A period is one that people answer, day by day.
type period struct {
	t     testing.TB
	tally *tally.Tally
	forms map[string]*survey.Survey
	last  *release.Release
	n     int
}

func newPeriod(t testing.TB) *period {
	return &period{t: t, tally: tally.New(), forms: map[string]*survey.Survey{}}
}

// answer adds n respondents of a questionnaire who say the same: "a=5 b=x,y channel:web".
func (p *period) answer(s *survey.Survey, day string, n int, said string) {
	p.forms[s.Shape] = s
	var r answer.Response
	for _, word := range strings.Fields(said) {
		if channel, ok := strings.CutPrefix(word, "channel:"); ok {
			r.Channel = channel
			continue
		}
		field, value, _ := strings.Cut(word, "=")
		r.Answers = append(r.Answers, append(answer.Answer{field}, strings.Split(value, ",")...))
	}
	for range n {
		p.n++
		p.tally.Fold(s, fmt.Sprintf("%09d", p.n), day, r)
	}
}

// release makes a release under the questionnaire in force; closed ends the period.
func (p *period) release(s *survey.Survey, day string, closed bool) {
	p.releaseIn("all", s, day, closed)
}

// releaseIn makes a release of a period with a name.
func (p *period) releaseIn(name string, s *survey.Survey, day string, closed bool) {
	p.forms[s.Shape] = s
	if next, left := release.Next(s, p.forms, name, day, p.last, p.tally, closed); next != nil {
		p.last, p.tally = next, left
	}
}

func (p *period) page(s *survey.Survey, language string) Page {
	p.t.Helper()
	if p.last == nil {
		p.t.Fatal("nothing was released")
	}
	return Page{Set: NewSet(stats.NewReport(s, []*release.Release{p.last.Public()})), Language: language, Root: "../"}
}

// text returns what a page says, in one line.
func text(t testing.TB, page Page) string {
	t.Helper()
	return textOf(parsePage(t, renderer(t), page))
}

func has(t testing.TB, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in: %s", want, text)
		}
	}
}

func hasNot(t testing.TB, text string, nots ...string) {
	t.Helper()
	for _, not := range nots {
		if at := strings.Index(text, not); at >= 0 {
			t.Errorf("%q is said: %s", not, text[max(0, at-80):min(len(text), at+80)])
		}
	}
}

// jsonAt returns a value of results.json by its path.
func jsonAt(t testing.TB, page Page, path ...any) any {
	t.Helper()
	var file bytes.Buffer
	if err := renderer(t).JSON(&file, page); err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(file.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	for _, step := range path {
		switch step := step.(type) {
		case string:
			v = v.(map[string]any)[step]
		case int:
			v = v.([]any)[step]
		}
	}
	return v
}

func csvOf(t testing.TB, page Page) []record {
	t.Helper()
	var file bytes.Buffer
	if err := renderer(t).CSV(&file, page); err != nil {
		t.Fatal(err)
	}
	return csvLines(t, file.Bytes())
}

const one = `
title: {en: One, zh: 一, ar: واحد}
languages: [en, zh, ar]
timezone: UTC
%s
sections:
  - questions:
      - {id: a, type: rating, steps: 5, label: {en: Alpha, zh: 甲, ar: أ}}
      - {id: b, type: rating, steps: 5, label: {en: Beta, zh: 乙, ar: ب}}
      - {id: fond, type: nps, label: {en: Fond, zh: 推荐, ar: ج}}
`

// Five people who all give the best mark make no certainty.
func TestBestMarks(t *testing.T) {
	s := parsed(t, fmt.Sprintf(one, "scoring: {overall: a}\naudience: {issued: 5}"))
	p := newPeriod(t)
	p.answer(s, "2026-11-01", 5, "a=5 b=5 fond=10")
	p.release(s, "2026-11-02", true)
	page := text(t, p.page(s, "en"))
	hasNot(t, page, "±", "100.0 and 100.0", "100.0–100.0", "5.00–5.00", "relied on")
	has(t, page, "+100 95% interval", "5.00 (", "widest that there can be", "“Alpha”, the question about the whole, is one of these items and counts in the index")
	s = parsed(t, fmt.Sprintf(one, "scoring: {overall: a}\naudience: {population: 5}"))
	p = newPeriod(t)
	p.answer(s, "2026-11-01", 5, "a=5 b=5 fond=10")
	p.release(s, "2026-11-02", true)
	page = text(t, p.page(s, "en"))
	has(t, page, "All 5 people have answered: there is no sampling error", "mean 5.00 / 5")
	hasNot(t, page, "±", "very likely", "widest that")
}

// More answers than there are people is an error, not certainty.
func TestMoreThanPopulation(t *testing.T) {
	s := parsed(t, fmt.Sprintf(one, "audience: {population: 9, issued: 8}"))
	p := newPeriod(t)
	p.answer(s, "2026-11-01", 5, "a=5 b=4 fond=10")
	p.answer(s, "2026-11-01", 5, "a=4 b=3 fond=10")
	p.release(s, "2026-11-02", true)
	page := text(t, p.page(s, "en"))
	has(t, page, "More people have answered (10) than there are on record (9)", "More answers came in (10) than were given out on record (8)")
	hasNot(t, page, "no sampling error", "very likely", "corrected for a population", "relied on")
	if kind := jsonAt(t, p.page(s, "en"), "problems", 1, "kind"); kind != "more_than_population" {
		t.Errorf("results.json names %v", kind)
	}
}

// With a deduction, what would be if everyone had answered is said of the index before it.
func TestDeductionIsSaidApart(t *testing.T) {
	s := parsed(t, fmt.Sprintf(one, "audience: {issued: 400}\nscoring: {response_rate_rule: {floor: 50, per: 5, deduct: 1, mode: step}}"))
	p := newPeriod(t)
	p.answer(s, "2026-11-01", 50, "a=5 b=4 fond=10")
	p.answer(s, "2026-11-01", 50, "a=4 b=3 fond=7")
	p.release(s, "2026-11-02", true)
	page := text(t, p.page(s, "en"))
	has(t, page, "75.0 on a scale", "Before the deduction for the response rate the index is 80.0; if everyone had answered", "nothing would be deducted")
	hasNot(t, page, "If everyone had answered, the index", "relied on")
	low, high := jsonAt(t, p.page(s, "en"), "overall", "raw_interval", 0).(float64), jsonAt(t, p.page(s, "en"), "overall", "raw_interval", 1).(float64)
	if low >= 80 || high <= 80 || low < 75 || high > 85 {
		t.Errorf("the raw index of 80 is between %v and %v", low, high)
	}
}

// A score just under a band's limit, or under the target, is not printed as the limit.
func TestJustUnderALimit(t *testing.T) {
	s := parsed(t, fmt.Sprintf(one, "scoring: {target: 80, bands: [{from: 80, label: {en: High, zh: 高, ar: عال}}, {from: 0, label: {en: Low, zh: 低, ar: دان}}]}"))
	p := newPeriod(t)
	p.answer(s, "2026-11-01", 499, "a=4 b=4")
	p.answer(s, "2026-11-01", 1, "a=3 b=3")
	p.release(s, "2026-11-02", true)
	page := text(t, p.page(s, "en"))
	has(t, page, "79.96 Low", "−0.04 target missed", "= 79.96")
	hasNot(t, page, "80.0 Low ")
}

// An item is among the best or the weakest, never both, and among neither where the difference is noise.
func TestBestOrWeakest(t *testing.T) {
	s := parsed(t, fmt.Sprintf(one, ""))
	p := newPeriod(t)
	p.answer(s, "2026-11-01", 10, "a=5 b=4")
	p.answer(s, "2026-11-01", 10, "a=4 b=5")
	p.answer(s, "2026-11-01", 1, "a=4 b=4")
	p.release(s, "2026-11-02", true)
	page := text(t, p.page(s, "en"))
	has(t, page, "No item stands out as best or weakest")
	hasNot(t, page, "Best Alpha", "Best Beta", "Weakest Alpha", "Weakest Beta")
	for seed := range uint64(soak.Cases(5, 200)) {
		s := rendertest.Thirty(t)
		report := stats.NewReport(s, []*release.Release{randomRelease(t, s, "2026-Q4", "2026-11-20", 20+30*int(seed%5), 0.7, seed)})
		root := parsePage(t, renderer(t), Page{Set: NewSet(report), Language: "en", Root: "../"})
		seen := map[string]string{}
		for _, list := range elements(root, func(n *html.Node) bool { return n.Data == "div" && hasClass(n, "findings") }) {
			for _, a := range elements(list, func(n *html.Node) bool { return n.Data == "a" }) {
				title := textOf(a.Parent.Parent.Parent.FirstChild)
				if other, twice := seen[textOf(a)]; twice {
					t.Errorf("seed %d: %s is in %s and in %s", seed, textOf(a), other, title)
				}
				seen[textOf(a)] = title
			}
		}
	}
}

// One name for one thing: the words of pages call the index 总体满意度指数 and nothing else so.
func TestOneNameForTheIndex(t *testing.T) {
	for _, file := range []string{"wording/zh.yaml", "report/zh.yaml"} {
		source, err := os.ReadFile("../../templates/" + file)
		if err != nil {
			t.Fatal(err)
		}
		plain := strings.ReplaceAll(string(source), "总体满意度指数", "")
		for _, not := range []string{"总体满意度", "总体得分", "总得分"} {
			if strings.Contains(plain, not) {
				t.Errorf("%s says %s", file, not)
			}
		}
	}
	s := parsed(t, strings.Replace(fmt.Sprintf(one, "scoring: {overall: a}"), "id: a, type: rating, steps: 5", "id: a, type: rating, steps: 5, weight: 0", 1))
	p := newPeriod(t)
	p.answer(s, "2026-11-01", 9, "a=5 b=4")
	p.release(s, "2026-11-02", true)
	has(t, text(t, p.page(s, "zh")), "总体满意度指数 80.0", "“甲”是问总体的题，不在这些项目之中，不计入指数")
}

// With k = 1 every page says that there is no protection: everybody's, a group's, and one without figures.
func TestUnprotectedIsSaidEverywhere(t *testing.T) {
	s := parsed(t, strings.Replace(fmt.Sprintf(one, "results: {min_group: 1}"), "questions:", "questions:\n      - {id: tier, type: single_choice, segment: true, label: {en: T, zh: 级, ar: د}, options: [{id: x, label: {en: X, zh: x, ar: x}}, {id: y, label: {en: Y, zh: y, ar: y}}]}", 1))
	p := newPeriod(t)
	p.answer(s, "2026-11-01", 2, "tier=x a=5 b=4")
	p.release(s, "2026-11-02", false)
	for language, want := range map[string]string{"en": "Protection is off (k = 1)", "zh": "未启用保护（k = 1）", "ar": "الحماية متوقفة (k = 1)"} {
		whole := p.page(s, language)
		folders := whole.Set.Folders()
		if len(folders) != 2 {
			t.Fatal(folders)
		}
		for _, f := range folders {
			page := whole
			page.Folder = f
			has(t, text(t, page), want)
		}
		has(t, text(t, Page{Set: NewSet(stats.NewReport(s, nil)), Language: language, Root: "../"}), want)
		var form bytes.Buffer
		if err := renderer(t).frame.Survey(&form, s, render.SurveyPage{Language: language, Root: "../"}); err != nil {
			t.Fatal(err)
		}
		has(t, form.String(), "k = 1")
	}
}

// Where protection is switched on later, pages say that some answers went out without.
func TestProtectionSwitchedOn(t *testing.T) {
	before, after := parsed(t, fmt.Sprintf(one, "results: {min_group: 1}")), parsed(t, fmt.Sprintf(one, "results: {min_group: 5}"))
	p := newPeriod(t)
	p.answer(before, "2026-11-01", 6, "a=5 b=4")
	p.release(before, "2026-11-02", false)
	p.answer(after, "2026-11-03", 6, "a=4 b=4")
	p.release(after, "2026-11-04", false)
	page := text(t, p.page(after, "en"))
	has(t, page, "12 of 12 answered", "published one by one, without protection (k = 1), before it was switched on")
	hasNot(t, page, "Protection is off")
}

// Facts are shown whatever is released, and withdrawals and annulments once they may be.
func TestFacts(t *testing.T) {
	s := parsed(t, fmt.Sprintf(one, "audience: {issued: 40}"))
	p := newPeriod(t)
	p.answer(s, "2026-11-01", 7, "a=5 b=4")
	p.answer(s, "2026-11-02", 9, "a=3 b=4")
	for i := range 6 {
		p.tally.Unfold(s, fmt.Sprintf("%09d", i+2), answer.Response{Answers: []answer.Answer{{"a", "5"}, {"b", "4"}}})
	}
	p.release(s, "2026-11-03", false)
	p.last.Annulled = []release.Annulment{{Release: 1, Respondents: 5, Reason: "Sent by a program.", Date: "2026-11-03"}}
	page := text(t, p.page(s, "en"))
	has(t, page, "40.0% 16 of 40 questionnaires Highest", "Received 16, as of 3 November 2026", "In these figures 10",
		"Withdrawn afterwards 6", "They are deleted and in no later figure", "Taken out on 3 November 2026: a block of 5 answers of release 1. Reason: Sent by a program.")
	if got := jsonAt(t, p.page(s, "en"), "annulled", 0, "reason"); got != "Sent by a program." {
		t.Errorf("results.json gives the reason %v", got)
	}
}

// A group is compared with the rest, in words that a test is behind, and a sum by what each answer makes.
func TestGroupsAgainstTheRest(t *testing.T) {
	groups := `
      - {id: tier, type: single_choice, segment: true, label: {en: Tier, zh: 级, ar: د}, options: [{id: x, label: {en: X, zh: x, ar: x}}, {id: y, label: {en: Y, zh: y, ar: y}}, {id: z, label: {en: Z, zh: z, ar: z}}]}`
	for model, heading := range map[string]string{"percent_of_max": "Index", "weighted_count": "Per answer"} {
		s := parsed(t, strings.Replace(fmt.Sprintf(one, "scoring: {model: "+model+"}"), "questions:", "questions:"+groups, 1))
		p := newPeriod(t)
		for i := range 3 {
			p.answer(s, "2026-11-01", 20, fmt.Sprintf("tier=x a=%d b=5", 3+i))
			p.answer(s, "2026-11-01", 5, fmt.Sprintf("tier=y a=%d b=3", 2+i))
			p.answer(s, "2026-11-01", 5, fmt.Sprintf("tier=z a=%d b=3", 2+i))
		}
		p.release(s, "2026-11-02", true)
		root := parsePage(t, renderer(t), p.page(s, "en"))
		table := tables(byID(t, root, "groups"))[0]
		has(t, textOf(table), heading, "vs the rest")
		verdicts := map[string]string{}
		for _, row := range bodyCells(table) {
			verdicts[row[0]] = row[5]
		}
		if verdicts["X"] != "clearly higher (large)" || verdicts["Y"] != "clearly lower (large)" && verdicts["Y"] != "clearly lower (medium)" {
			t.Errorf("%s: %v", model, verdicts)
		}
		page := p.page(s, "en")
		page.Folder = Folder{Segment: "tier", Option: "x"}
		if said := text(t, page); strings.Contains(said, "the rest") {
			t.Errorf("the page of a group says something of the others: %s", said)
		}
	}
}

// Weighted and unweighted figures stand side by side, with what the weights cost; where weighting is not possible the page
// says why.
func TestWeighting(t *testing.T) {
	groups := `
      - {id: tier, type: single_choice, segment: true, label: {en: Tier, zh: 级, ar: د}, options: [{id: x, label: {en: X, zh: x, ar: x}}, {id: y, label: {en: Y, zh: y, ar: y}}]}`
	s := parsed(t, strings.Replace(fmt.Sprintf(one, "weighting: {by: {tier: {x: 20, y: 80}}}"), "questions:", "questions:"+groups, 1))
	p := newPeriod(t)
	p.answer(s, "2026-11-01", 20, "tier=x a=5 b=5 fond=10")
	p.answer(s, "2026-11-01", 20, "tier=x a=4 b=5 fond=10")
	p.answer(s, "2026-11-01", 10, "tier=y a=3 b=2 fond=3")
	p.answer(s, "2026-11-01", 6, "a=3 b=2 fond=3") // in no group
	p.release(s, "2026-11-02", true)
	page := p.page(s, "en")
	rows := bodyCells(byID(t, parsePage(t, renderer(t), page), "weighted"))
	find := func(label string) []string {
		at := slices.IndexFunc(rows, func(row []string) bool { return row[0] == label })
		if at < 0 {
			t.Fatalf("no %s in %v", label, rows)
		}
		return rows[at]
	}
	// In the sample 40 of 50 are X, of the population 20 %: X weighs 0.25 and Y 4. a: 0.2·4.5 + 0.8·3 = 3.3 of 5
	// (unweighted of 56: 228/56).
	if row := find("Alpha"); row[1] != "81.4" || !strings.HasPrefix(row[2], "66.0 ") {
		t.Errorf("%q", row)
	}
	if row := find("Fond"); row[2] != "−60.0" { // 20 - 80
		t.Errorf("%q", row)
	}
	if row := find("Overall satisfaction index"); !strings.HasPrefix(row[2], "59.0 ") { // (3.3 + 2.6) / 10
		t.Errorf("%q", row)
	}
	if row := find("Tier: X"); row[1] != "80.0%" || row[2] != "20.0%" {
		t.Errorf("%q", row)
	}
	// Kish: 50² / (40·0.25² + 10·4²) = 2500/162.5 = 15.4; here sums of weights are 50.
	has(t, text(t, page), "50 respondents are worth 15 of equal weight (design effect 3.25)", "6 more cannot be weighted")
	if got := jsonAt(t, page, "weighted", "margins", "tier", "y", "weighted"); got != 80.0 {
		t.Errorf("results.json weights Y to %v", got)
	}
	p = newPeriod(t)
	p.answer(s, "2026-11-01", 20, "tier=x a=5 b=5")
	p.release(s, "2026-11-02", true)
	has(t, text(t, p.page(s, "en")), "Weighting is not possible: nobody of “Tier: Y” is in the figures")
}

// Cross-tabulations have a column for other answers, and channels their own response rates.
func TestOtherAndChannels(t *testing.T) {
	s := asked(t, "channels: [web, phone]\naudience: {issued: {web: 20, phone: 40}}\nresults: {crosstabs: [{rows: pick, by: tier}]}",
		"{id: tier, type: single_choice, segment: true, label: {en: Tier, zh: 级}, options: [{id: x, label: {en: X, zh: X}}, {id: y, label: {en: Y, zh: Y}}]}",
		"{id: pick, type: single_choice, other: true, label: {en: Pick, zh: 选}, options: [{id: m, label: {en: M, zh: M}}]}")
	p := newPeriod(t)
	p.answer(s, "2026-11-01", 6, "channel:web tier=x pick=m")
	p.answer(s, "2026-11-01", 4, "channel:phone tier=x pick=_other")
	p.release(s, "2026-11-02", true)
	root := parsePage(t, renderer(t), p.page(s, "en"))
	has(t, textOf(byID(t, root, "groups")), "Pick, by Tier", "M Other People Mean X 60.0% 6 40.0% 4 10")
	has(t, textOf(byID(t, root, "channels")), "web 6 60.0% 30.0% of 20 issued", "telephone 4 40.0% 10.0% of 40 issued")
}
