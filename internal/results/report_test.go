package results

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
	"glasspoll/internal/wording"
)

func reportPage(t *testing.T, language string) (ReportPage, *survey.Survey) {
	t.Helper()
	s := rendertest.Shipped(t, "packaging")
	report := quarterlyReport(t, s, 3, 60)
	field, _ := s.Field("suggestions")
	for _, f := range s.Fields() {
		if f.Question.Type == survey.LongText {
			field = f
		}
	}
	return ReportPage{
		Page:   Page{Set: NewSet(report), Actions: testActions(report.Periods[2].Ranked()[0].Field.Name), Today: "2026-11-22", Language: language},
		Public: 55, Withdrawn: 2, Style: ":root { --accent: #0a6a5c }\n",
		Cases: &CaseFigures{Opened: 3, Closed: 1, Told: 1, Open: []OpenCase{{ID: "7K3M", Type: "complaint", Severity: "major", Owner: "repairs", Due: "2026-11-01", Overdue: true}}},
		Texts: []TextAnswers{{Field: field, Answers: []string{"<script>alert(1)</script><details>", "多谢", "顺路", "多谢", "多谢"}, Left: 4}},
	}, s
}

// TestManagementReport checks that the report is one page that needs no other file, has every chapter, and nothing that a
// browser would run.
func TestManagementReport(t *testing.T) {
	templates := os.DirFS("../../templates")
	r := renderer(t)
	for _, language := range []string{"zh", "en"} {
		p, _ := reportPage(t, language)
		var b bytes.Buffer
		if err := WriteReport(&b, r, templates, p); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		for _, id := range []string{"purpose", "how", "sample", "results", "problems", "measures", "texts"} {
			if strings.Count(page, `id="`+id+`"`) != 1 {
				t.Errorf("%s: no chapter %s", language, id)
			}
		}
		for _, want := range map[string][]string{
			"zh": {"统计分析报告", "内部资料", "一、调查结果", "四、调查目的", "二、存在问题", "投诉", "严重", "2026年11月1日", "其中55份已计入公布的数字", "2026年11月22日", "共开出3件", "多谢 × 3", "另有4条", "逾期", "物流主管"},
			"en": {"statistical analysis report", "Confidential", "1. Results", "4. Purpose", "2. Problems", "Complaint", "1 November 2026", "55 of them in public figures", "22 November 2026", "Opened: 3. Closed: 1", "4 more are in the export", "Head of logistics"},
		}[language] {
			if !strings.Contains(rendertest.Text(t, b.Bytes()), want) {
				t.Errorf("%s: no %q", language, want)
			}
		}
		for _, not := range []string{"<script", "style=\"", "<link", "src=", "url(", "@import", "&lt;details open", "href=\"..", "href=\"packaging"} {
			if strings.Contains(page, not) {
				t.Errorf("%s: has %q", language, not)
			}
		}
		if !strings.Contains(page, "&lt;script&gt;") || strings.Contains(page, "<details>") {
			t.Errorf("%s: what was written is not escaped, or something is folded", language)
		}
		style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(page)
		sum := sha256.Sum256([]byte(style[1]))
		if !strings.Contains(page, "style-src &#39;sha256-"+strings.ReplaceAll(base64.StdEncoding.EncodeToString(sum[:]), "+", "&#43;")+"&#39;") {
			t.Errorf("%s: the policy does not let the page's own style through", language)
		}
		var again bytes.Buffer
		if err := WriteReport(&again, r, templates, p); err != nil || !bytes.Equal(again.Bytes(), b.Bytes()) {
			t.Errorf("%s: another page the second time, %v", language, err)
		}
	}
}

// Of many open cases, the most pressing are listed, and all are counted.
func TestReportOfManyCases(t *testing.T) {
	p, _ := reportPage(t, "en")
	for i := range 30 {
		p.Cases.Open = append(p.Cases.Open, OpenCase{ID: fmt.Sprintf("CASE%02d", i), Type: "late_delivery", Severity: "minor"})
	}
	var b bytes.Buffer
	if err := WriteReport(&b, renderer(t), os.DirFS("../../templates"), p); err != nil {
		t.Fatal(err)
	}
	text := rendertest.Text(t, b.Bytes())
	for _, want := range []string{"Still open: 31", "CASE08", "late delivery", "21 more are listed by glasspoll cases list"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(text, "CASE09") {
		t.Error("more than ten cases are listed")
	}
}

// How the index is worked out is part of the method, after the results.
func TestReportBeginsWithResults(t *testing.T) {
	p, _ := reportPage(t, "en")
	var b bytes.Buffer
	if err := WriteReport(&b, renderer(t), os.DirFS("../../templates"), p); err != nil {
		t.Fatal(err)
	}
	page, at := b.String(), 0
	for _, want := range []string{`id="results"`, `class="headline"`, `class="rows`, `id="problems"`, `id="measures"`, `id="purpose"`, `id="how"`, `class="derivation"`, `id="sample"`} {
		i := strings.Index(page[at:], want)
		if i < 0 {
			t.Fatalf("no %s where it is expected", want)
		}
		at += i
	}
	if strings.Count(page, "Each item gives its mean") > 1 {
		t.Error("how the index is worked out is said twice")
	}
}

func TestReportOfNothing(t *testing.T) {
	p, s := reportPage(t, "en")
	p.Set, p.Cases, p.Texts, p.Actions = NewSet(quarterlyReport(t, s, 0, 0)), nil, nil, survey.Actions{}
	var b bytes.Buffer
	if err := WriteReport(&b, renderer(t), os.DirFS("../../templates"), p); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"There are no answers yet", "Nothing stands out", "No measures are recorded"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q", want)
		}
	}
}

// TestReportWords checks that all keys that the report, the codebook and exports use exist in the wording, and all of its
// keys are used.
func TestReportWords(t *testing.T) {
	catalog, err := wording.Load(os.DirFS("../../templates/report"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	say := regexp.MustCompile(`(?:Say|SayOwn|add|own)\(?[ (]"([a-z_.]+)"`)
	begins := regexp.MustCompile(`Say\("([a-z_]+\.)"\s*\+`)
	prefixes := []string{"brief.", "case_channel."} // of the report on customers and service, whose package checks them
	for _, file := range []string{"report.go", "nonresponse.go", "../../templates/report/report.html", "../../templates/report/codebook.html", "../export/plan.go", "../export/codebook.go", "../export/xlsx.go", "../export/spss.go", "../workbook/workbook.go", "../workbook/sheet.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range say.FindAllSubmatch(source, -1) {
			used[string(m[1])] = true
		}
		for _, m := range begins.FindAllSubmatch(source, -1) {
			prefixes = append(prefixes, string(m[1]))
		}
	}
	own, pages := catalog.In("en"), renderer(t).frame.Words("en")
	for key := range used {
		if !own.Has(key) && !pages.Has(key) && !strings.HasSuffix(key, ".") {
			t.Errorf("%s is used and has no words", key)
		}
	}
	for _, key := range own.Keys() {
		known := used[key]
		for _, prefix := range prefixes {
			known = known || strings.HasPrefix(key, prefix)
		}
		if !known {
			t.Errorf("%s is not used", key)
		}
	}
}

// TestLevels checks that a page says for whom it is, and shows no figures to others.
func TestLevels(t *testing.T) {
	s := rendertest.Shipped(t, "packaging")
	for _, audience := range Levels() {
		s.Results.Audience = audience
		report := quarterlyReport(t, s, 1, 60)
		for i, level := range []string{"", Staff, Management} {
			p := Page{Set: NewSet(report), Language: "en", Root: "../../", Level: level}
			var html, doc, table bytes.Buffer
			r := renderer(t)
			if err := r.HTML(&html, p); err != nil {
				t.Fatal(err)
			}
			if err := r.JSON(&doc, p); err != nil {
				t.Fatal(err)
			}
			if err := r.CSV(&table, p); err != nil {
				t.Fatal(err)
			}
			allowed := i >= map[string]int{"public": 0, Staff: 1, Management: 2}[audience]
			if shown := strings.Contains(html.String(), "dial"); shown != allowed || strings.Contains(html.String(), "These results are not public") == allowed {
				t.Errorf("%s results for %q: shown %t", audience, level, shown)
			}
			if shown := strings.Contains(doc.String(), "overall"); shown != allowed {
				t.Errorf("%s results.json for %q: shown %t", audience, level, shown)
			}
			if shown := strings.Count(table.String(), "\n") > 1; shown != allowed {
				t.Errorf("%s results.csv for %q: shown %t", audience, level, shown)
			}
			if marked := strings.Contains(html.String(), `class="level"`); marked != (allowed && level != "") {
				t.Errorf("%s results for %q: marked %t", audience, level, marked)
			}
		}
	}
}

// TestReportHidesNoGroup checks that where everybody is counted, as in the report, a page mentions empty groups and
// respondents whose group is not known, never groups that are too small.
func TestReportHidesNoGroup(t *testing.T) {
	s, problems := questionnaire.Parse("few.yaml", []byte(`
title: {zh: 少, en: Few, ar: قليل}
languages: [zh, en, ar]
sections:
  - questions:
      - {id: branch, type: single_choice, segment: true, label: {zh: 分店, en: Branch, ar: فرع}, options: [{id: x, label: {zh: 甲, en: X, ar: س}}, {id: y, label: {zh: 乙, en: Y, ar: ص}}, {id: z, label: {zh: 丙, en: Z, ar: ع}}]}
      - {id: liked, type: rating, steps: 5, label: {zh: 满意, en: Liked, ar: الرضا}}
      - {id: why, type: multi_choice, label: {zh: 原因, en: Why, ar: السبب}, options: [{id: m, label: {zh: 子, en: M, ar: م}}, {id: n, label: {zh: 丑, en: N, ar: ن}}]}
results: {min_group: 5, crosstabs: [{rows: liked, by: branch}, {rows: why, by: branch}]}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	folded := tally.New()
	folded.Fold(s, "1", "2026-11-21", answer.Response{Answers: []answer.Answer{{"branch", "x"}, {"liked", "4"}, {"why", "m"}}})
	for _, cursor := range []string{"2", "3"} {
		folded.Fold(s, cursor, "2026-11-21", answer.Response{Answers: []answer.Answer{{"liked", "2"}}})
	}
	all := release.Unsuppressed(s, map[string]*survey.Survey{s.Shape: s}, "", "2026-11-22", folded)
	report := stats.NewReport(s, []*release.Release{all.Public()})
	for language, want := range map[string]struct{ unknown, empty string }{
		"zh": {"另有2人没有这一项的信息，只计入总体", "另有2组没有人回答，未列出"},
		"en": {"For 2 people this is not known; they count in the overall figures only", "2 groups without answers are left out"},
		"ar": {"شخصان (2) لا يُعرف", "فئتان (2) بلا إجابات"},
	} {
		p := Page{Set: NewSet(report), Today: "2026-11-22", Language: language}
		for name, draw := range map[string]func(io.Writer) error{
			"report": func(w io.Writer) error {
				return WriteReport(w, renderer(t), os.DirFS("../../templates"), ReportPage{Page: p})
			},
			"results": func(w io.Writer) error { return renderer(t).HTML(w, p) },
		} {
			var b bytes.Buffer
			if err := draw(&b); err != nil {
				t.Fatal(err)
			}
			page := rendertest.Text(t, b.Bytes())
			empty := map[string]int{"report": 2, "results": 3}[name] // at the cross-tabulations, and after the links to the groups
			if strings.Count(page, want.unknown) != 1 || strings.Count(page, want.empty) != empty {
				t.Errorf("%s, %s: %d times %q, want 1; %d times %q, want %d", language, name, strings.Count(page, want.unknown), want.unknown, strings.Count(page, want.empty), want.empty, empty)
			}
			for _, not := range []string{"不足", "fewer than", "أقل من 1"} {
				if strings.Contains(page, not) {
					t.Errorf("%s, %s: says %q", language, name, not)
				}
			}
		}
	}
}
