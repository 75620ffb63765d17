package results

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"glasspoll/internal/release"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// asked returns a questionnaire with some questions.
func asked(t testing.TB, top string, questions ...string) *survey.Survey {
	t.Helper()
	return parsed(t, "title: {en: Asked, zh: 问}\nlanguages: [en, zh]\ntimezone: UTC\n"+top+"\nsections:\n  - questions:\n      - "+strings.Join(questions, "\n      - "))
}

const (
	rating5 = "{id: a, type: rating, steps: 5, label: {en: Alpha, zh: 甲}}"
	rating7 = "{id: a, type: rating, steps: 7, label: {en: Alpha, zh: 甲}}"
	yesNo   = "{id: a, type: yes_no, label: {en: Alpha, zh: 甲}}"
	other   = "{id: b, type: rating, steps: 5, label: {en: Beta, zh: 乙}}"
	gone    = "{id: c, type: single_choice, label: {en: Gamma, zh: 丙}, options: [{id: x, label: {en: Left, zh: 左}}, {id: y, label: {en: Right, zh: 右}}]}"
	grid5   = "{id: g, type: matrix, scale: five, label: {en: Grid, zh: 表}, rows: [{id: r, label: {en: Row, zh: 行}}, {id: s, label: {en: Second, zh: 次}}]}"
)

// A question whose scale is changed within a period is two items: the page says from when, and mixes nothing.
func TestChangedScale(t *testing.T) {
	before, after := asked(t, "", rating5, other), asked(t, "", rating7, other)
	p := newPeriod(t)
	p.answer(before, "2026-11-01", 10, "a=5 b=5")
	p.release(before, "2026-11-02", false)
	p.answer(after, "2026-11-03", 20, "a=7 b=4")
	p.release(after, "2026-11-04", false)
	page := p.page(after, "en")
	block := byID(t, parsePage(t, renderer(t), page), "q-a")
	has(t, textOf(block), "20 of 20 answered", "mean 7.00", "In this form since 4 November 2026", "As it was asked before: 2 November 2026 to 4 November 2026", "10 of 10 answered", "mean 5.00")
	now, earlier, _ := strings.Cut(textOf(block), "As it was asked before")
	hasNot(t, now, "30", "mean 5.00")
	hasNot(t, earlier, "20 of 20", "mean 7.00", "since Q")
	has(t, textOf(byID(t, parsePage(t, renderer(t), page), "q-b")), "30 of 30 answered")
	if n := jsonAt(t, page, "questions", "a", "earlier", 0, "counts", "5"); n != 10.0 {
		t.Errorf("results.json has %v of the earlier question", n)
	}
	if n := jsonAt(t, page, "questions", "a", "counts", "7"); n != 20.0 {
		t.Errorf("results.json has %v of the question", n)
	}
	sums := map[string]string{}
	for _, l := range csvOf(t, page) {
		if l["question"] == "a" && strings.HasSuffix(l["measure"], "answered") {
			sums[l["measure"]+l["since"]+l["until"]] = l["n"]
		}
	}
	if fmt.Sprint(sums) != "map[answered:20 earlier_answered2026-11-022026-11-04:10]" {
		t.Errorf("results.csv has %v", sums)
	}
}

// A type that changes under one id, and rows of a matrix, keep what was answered before.
func TestChangedTypeAndRows(t *testing.T) {
	scale := func(steps int) string {
		var b strings.Builder
		b.WriteString("scales:\n  five:\n")
		for i := range steps {
			fmt.Fprintf(&b, "    - {id: v%d, label: {en: V%[1]d, zh: V%[1]d}, score: %[1]d}\n", i+1)
		}
		return b.String()
	}
	before, after := asked(t, scale(5), yesNo, grid5), asked(t, scale(3), rating5, grid5)
	p := newPeriod(t)
	p.answer(before, "2026-11-01", 6, "a=yes g.r=v5 g.s=v4")
	p.answer(before, "2026-11-01", 4, "a=no g.r=v5 g.s=v4")
	p.release(before, "2026-11-02", false)
	p.answer(after, "2026-11-03", 5, "a=3 g.r=v3 g.s=v2")
	p.release(after, "2026-11-04", false)
	root := parsePage(t, renderer(t), p.page(after, "zh"))
	_, earlier, found := strings.Cut(textOf(byID(t, root, "q-a")), "改动之前的问法：2026年11月2日至2026年11月4日")
	if !found {
		t.Fatal(textOf(byID(t, root, "q-a")))
	}
	has(t, earlier, "10人中10人回答", "是 6 60.0%", "否 4 40.0%")
	_, earlier, _ = strings.Cut(textOf(byID(t, root, "q-g")), "改动之前的问法")
	has(t, earlier, "行 100 5.00", "次 100 4.00", "V1 V2 V3 v4 v5")
}

// A question that is removed is shown apart, and is not in the index.
func TestRemovedQuestion(t *testing.T) {
	before, after := asked(t, "", rating5, other, gone), asked(t, "", rating5)
	p := newPeriod(t)
	p.answer(before, "2026-11-01", 10, "a=3 b=5 c=x")
	p.release(before, "2026-11-02", false)
	p.answer(after, "2026-11-03", 60, "a=4")
	p.release(after, "2026-11-04", false)
	page := p.page(after, "en")
	whole := text(t, page)
	has(t, whole, "No longer asked", "c asked from 2 November 2026", "10 of 10 answered", "70 of 70 answered")
	derivation := textOf(byID(t, parsePage(t, renderer(t), page), "derivation"))
	has(t, derivation, "Alpha 70 270")
	hasNot(t, derivation, "Beta", "b 10")
	if n := jsonAt(t, page, "removed", "b", "n"); n != 10.0 {
		t.Errorf("results.json has %v of what is removed", n)
	}
	if v := jsonAt(t, page, "questions", "b"); v != nil {
		t.Errorf("results.json still asks %v", v)
	}
	var report bytes.Buffer
	if err := WriteReport(&report, renderer(t), os.DirFS("../../templates"), ReportPage{Page: page}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(report.String(), "No longer asked") {
		t.Error("the report does not say what is no longer asked")
	}
}

// A sensitive question says that it waits, and then how its numbers are to be read; it has no mean and no interval.
func TestSensitive(t *testing.T) {
	s := asked(t, "period: month", rating5, "{id: hurt, type: yes_no, sensitive: true, label: {en: Hurt, zh: 伤}}", "{id: ways, type: multi_choice, sensitive: true, label: {en: Ways, zh: 法}, options: [{id: x, label: {en: Left, zh: 左}}, {id: y, label: {en: Right, zh: 右}}]}")
	p := newPeriod(t)
	p.answer(s, "2026-11-01", 15, "a=3 hurt=no ways=x")
	p.answer(s, "2026-11-01", 6, "a=3 hurt=yes ways=x,y")
	p.answer(s, "2026-11-01", 2, "a=3")
	p.release(s, "2026-11-02", false)
	block := func() *html.Node { return byID(t, parsePage(t, renderer(t), p.page(s, "en")), "q-hurt") }
	has(t, textOf(block()), "A sensitive question: published once, when the period has ended")
	hasNot(t, textOf(block()), "Yes", "answered")
	p.release(s, "2026-12-02", true)
	has(t, textOf(block()), "numbers are rounded to multiples of 5, over 20 people in all", "No mean is worked out", "Yes 5 25.0%", "No 15 75.0%", "No answer 0 0.0%")
	hasNot(t, textOf(block()), "–", "mean 0", "23")
	page := p.page(s, "en")
	if v := jsonAt(t, page, "questions", "hurt", "left_out"); v != 0.0 {
		t.Errorf("results.json says that %v left it out", v)
	}
	for _, l := range csvOf(t, page) {
		if (l["question"] == "hurt" || l["question"] == "ways") && (l["low"] != "" || l["measure"] == "mean") {
			t.Errorf("results.csv has %v", l)
		}
	}
	ways := textOf(byID(t, parsePage(t, renderer(t), page), "q-ways"))
	has(t, ways, "Left 20 100.0%", "Right 5 25.0%")
}

// Under strict protection the page says so, and every question is coded.
func TestStrict(t *testing.T) {
	s := asked(t, "period: month\nresults: {protection: strict}", rating5, other)
	p := newPeriod(t)
	p.answer(s, "2026-11-01", 43, "a=4 b=5")
	p.release(s, "2026-12-02", true)
	page := text(t, p.page(s, "en"))
	has(t, page, "Strict protection: blocks of at least 10 people", "rounded to multiples of 10, over 40 people in all")
	hasNot(t, page, "mean 4", "Overall satisfaction index", "How the index")
	if got := jsonAt(t, p.page(s, "en"), "protection"); got != "strict" {
		t.Errorf("results.json says %v", got)
	}
}

// What a condition hides is not in the base; where answers decide it, the page says so.
func TestBase(t *testing.T) {
	s := asked(t, "channels: [web, phone]", rating5, `{id: call, type: yes_no, label: {en: Call, zh: 电}, show_if: channel == "phone"}`, other, "{id: why, type: yes_no, label: {en: Why, zh: 因}, show_if: a <= 2 or b >= 4}", "{id: low, type: yes_no, label: {en: Low, zh: 低}, show_if: a <= 2}")
	p := newPeriod(t)
	p.answer(s, "2026-11-01", 12, "channel:web a=2 b=1 why=yes low=no")
	p.answer(s, "2026-11-01", 8, "channel:phone a=4 b=3 call=no")
	p.answer(s, "2026-11-01", 2, "channel:phone a=4")
	p.release(s, "2026-11-02", true)
	root := parsePage(t, renderer(t), p.page(s, "en"))
	has(t, textOf(byID(t, root, "q-call")), "8 of the 10 who were asked answered")
	has(t, textOf(byID(t, root, "q-why")), "Why 12 answered Answer")
	has(t, textOf(byID(t, root, "q-low")), "12 of the 12 who were asked answered")
	if got := jsonAt(t, p.page(s, "en"), "questions", "call", "base"); got != 10.0 {
		t.Errorf("results.json has a base of %v", got)
	}
}

// What is not public yet is in no file: a release with what it holds makes the same bytes as without.
func TestHeldIsInNoFile(t *testing.T) {
	s := asked(t, "period: month", rating5, "{id: hurt, type: yes_no, sensitive: true, label: {en: Hurt, zh: 伤}}")
	files := func(yes int) string {
		p := newPeriod(t)
		p.answer(s, "2026-11-01", 20-yes, "a=3 hurt=no")
		p.answer(s, "2026-11-01", yes, "a=3 hurt=yes")
		p.release(s, "2026-11-02", false)
		p.answer(s, "2026-11-02", 3, "a=1 hurt=yes") // they wait
		var b bytes.Buffer
		page := Page{Set: NewSet(stats.NewReport(s, []*release.Release{p.last.Public()})), Language: "en"}
		for _, err := range []error{renderer(t).HTML(&b, page), renderer(t).JSON(&b, page), renderer(t).CSV(&b, page)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		return b.String()
	}
	if files(0) != files(19) {
		t.Error("what is held shows")
	}
}
