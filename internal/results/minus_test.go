package results

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// hyphenated matches a negative number with a hyphen in place of a minus.
var hyphenated = regexp.MustCompile(`(?:^|[^\d\p{L}])-\d[\d.]*`)

// Pages say every negative number with a true minus, which stays before it where scripts run from right to left.
func TestOneMinus(t *testing.T) {
	s := parsed(t, `
title: {en: Cold, zh: 冷, ar: برد}
languages: [en, zh, ar]
timezone: UTC
results: {min_group: 1, crosstabs: [{rows: degrees, by: tier}]}
sections:
  - id: all
    title: {en: All, zh: 全, ar: كل}
    questions:
      - {id: tier, type: single_choice, segment: true, label: {en: Tier, zh: 级, ar: د}, options: [{id: x, label: {en: X, zh: x, ar: x}}, {id: y, label: {en: Y, zh: y, ar: y}}]}
      - {id: degrees, type: number, min: -40, max: 40, label: {en: Degrees, zh: 度, ar: درجة}}
      - {id: change, type: number, label: {en: Change, zh: 变, ar: تغير}}
      - {id: mood, type: single_choice, label: {en: Mood, zh: 心情, ar: مزاج}, options: [{id: bad, label: {en: Bad, zh: 坏, ar: سيئ}, score: 1}, {id: good, label: {en: Good, zh: 好, ar: جيد}, score: 2}]}
      - {id: fond, type: nps, label: {en: Fond, zh: 喜欢, ar: حب}}
`)
	p := newPeriod(t)
	p.answer(s, "2026-10-01", 20, "tier=x degrees=-12.5 change=-3 mood=bad fond=2")
	p.answer(s, "2026-10-01", 20, "tier=y degrees=-30 change=4 mood=bad fond=1")
	p.release(s, "2026-10-02", true)
	for _, language := range s.Languages {
		page := p.page(s, language)
		for _, folder := range []Folder{{}, {Segment: "tier", Option: "x"}} {
			page.Folder = folder
			shown := text(t, page)
			has(t, shown, "−15.00", "−100")
			if found := hyphenated.FindAllString(shown, -1); len(found) > 0 {
				t.Errorf("%s, %v: %q", language, folder, found)
			}
			if n := strings.Count(shown, "\u200e−"); language == "ar" && n != strings.Count(shown, "−") || language != "ar" && n > 0 {
				t.Errorf("%s, %v: %d signs have a mark: %s", language, folder, n, shown)
			}
		}
		var report bytes.Buffer
		if err := WriteReport(&report, renderer(t), os.DirFS("../../templates"), ReportPage{Page: page, Style: "a { color: red }"}); err != nil {
			t.Fatal(err)
		}
		root, err := html.Parse(&report)
		if err != nil {
			t.Fatal(err)
		}
		for _, style := range elements(root, func(n *html.Node) bool { return n.Data == "style" }) {
			style.Parent.RemoveChild(style)
		}
		if found := hyphenated.FindAllString(textOf(root), -1); len(found) > 0 {
			t.Errorf("%s, report: %q", language, found)
		}
	}
}
