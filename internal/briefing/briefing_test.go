package briefing

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/chart"
	"glasspoll/internal/paper"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/survey"
)

func words(t *testing.T, language string) Words {
	t.Helper()
	templates := os.DirFS("../../templates")
	renderer, err := render.New(templates, render.Assets{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := LoadWords(templates, renderer.Words(language), language)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func span(t *testing.T, name string) cases.Span {
	t.Helper()
	s, err := cases.ParseSpan(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// customerCases are cases of three months: of October two opened, two closed, one of them late, and two left open, one overdue.
func customerCases(t *testing.T) []*cases.Case {
	t.Helper()
	at := func(day string) time.Time {
		instant, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		return instant.Add(9 * time.Hour)
	}
	n := 0
	open := func(day, due, channel, subtype, owner string) *cases.Case {
		n++
		return &cases.Case{ID: fmt.Sprintf("%016d", n), Survey: "tea", Timezone: "UTC", Type: "complaint", Subtype: subtype, Channel: channel, Severity: survey.Major, Priority: survey.HighPriority,
			Owner: owner, Opened: at(day), Due: survey.Date(due), Status: cases.Open, Changes: []cases.Change{{At: at(day), What: cases.WasOpened}}}
	}
	closed := func(c *cases.Case, day string) *cases.Case {
		if err := c.Close(cases.Closing{Result: "replaced", Told: true, Agreed: cases.Agreed, By: "desk"}, at(day)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	overdue := open("2026-10-05", "2026-10-10", "phone", "late_delivery", "")
	instant := open("2026-10-20", "2026-12-01", "web", "", "repairs")
	instant.DueAt = at("2026-12-01")
	elsewhere := closed(open("2026-08-15", "2026-08-20", "phone", "", "repairs"), "2026-08-16")
	elsewhere.Survey = cases.NoSurvey
	return []*cases.Case{
		closed(open("2026-09-28", "2026-10-03", "phone", "late_delivery", "repairs"), "2026-10-01"),
		closed(open("2026-09-29", "2026-10-01", "web", "", "repairs"), "2026-10-07"),
		overdue, instant, elsewhere,
	}
}

func brief(title string) *results.Brief {
	none := paper.None()
	return &results.Brief{
		Title: title, Period: "2026年10月", Language: "zh", Sentences: []string{"81.3，达到目标80。"}, Sure: []string{"误差中等。"},
		Respondents: paper.Count(417), Received: paper.Count(420), Issued: none, Rate: none,
		Index: paper.Cell{Text: "81.3", Number: new(81.3), Format: "0.0"}, Interval: paper.Text("79.1–83.5"), Change: paper.Text("+2.7"), Target: paper.Text("80"), Band: none,
		Course: []results.CoursePoint{
			{Period: "2026年9月", Respondents: paper.Count(399), Index: paper.Cell{Text: "78.6", Number: new(78.6), Format: "0.0"}, Interval: none, Change: none, Rate: none, Band: none},
			{Period: "2026年10月", Respondents: paper.Count(417), Index: paper.Cell{Text: "81.3", Number: new(81.3), Format: "0.0"}, Interval: paper.Text("79.1–83.5"), Change: paper.Text("+2.7"), Rate: none, Band: none},
		},
		Charts: []*chart.Chart{{ID: "trend", Name: "走势", Kind: chart.Lines, Title: "历期走势", Head: "周期", Series: []string{"指数"}, Max: 100, Places: 1, Rows: []chart.Row{{Label: "9月", Values: []float64{78.6}}, {Label: "10月", Values: []float64{81.3}}}}},
		Best:   []results.BriefItem{{Label: "送货", Value: "92.4", Diff: "+11.1"}}, BestAs: "做得最好", Worst: []results.BriefItem{{Label: "<b>结账</b>", Value: "63.9", Diff: "−17.4"}}, WorstAs: "最需改进",
		Risen: []results.BriefItem{{Label: "交货方式", Value: "73.5", Diff: "+16.3"}}, Notes: []string{"没有下降的。"},
		Measures: []results.BriefMeasure{
			{About: "结账", Problem: "排队久", Measure: "加开收银台", Owner: "店长", Due: "2026年12月20日", State: "doing", Status: "进行中"},
			{Problem: "不准时", Measure: "加车", Owner: "物流主管", Due: "2026年10月1日", Effect: "从81%到95%", State: "overdue", Status: "已逾期"},
		},
		MeasuresAsOf: "2026年11月3日",
	}
}

func figures(t *testing.T, language string) Figures {
	t.Helper()
	return Figures{
		Span: span(t, "2026-10"), Level: results.Management, Now: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC), Today: "2026-11-03", Language: language, Company: "某公司", Number: "QR-08-2026-10", PreparedBy: "质量部",
		Surveys: []Survey{
			{Survey: &survey.Survey{ID: "tea", Version: "0123456789abcdef", Document: &survey.Document{Number: "QR-10-03", Version: "7", ApprovedBy: "总经理", ApprovedOn: "2026-09-25"},
				Plan: &survey.Plan{Document: &survey.Document{Number: "QR-10-04"}, Roles: []survey.PlanRole{{Who: survey.Text{"zh": "市场部", "en": "Marketing"}, Does: survey.Text{"zh": "设计问卷", "en": "Designs it"}}}}}, Period: "2026-10", Brief: brief("喝茶调查")},
			{Survey: &survey.Survey{ID: "new", Version: "fedcba9876543210"}, Brief: &results.Brief{Title: "新调查", Respondents: paper.Count(0), Index: paper.None(), Change: paper.None(), Rate: paper.None(), Interval: paper.None(), Target: paper.None(), Band: paper.None()}},
		},
		Cases: customerCases(t),
	}
}

// tableOf returns the table of a document with a name.
func tableOf(t *testing.T, d *paper.Document, name string) paper.Table {
	t.Helper()
	i := slices.IndexFunc(d.Tables(), func(t paper.Table) bool { return t.Name == name })
	if i < 0 {
		t.Fatalf("there is no table %s", name)
	}
	return d.Tables()[i]
}

// row returns the texts of a row of a table, by the heads.
func row(t *testing.T, from paper.Table, n int) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for i, c := range from.Rows[n] {
		texts[from.Head[i]] = c.Text
	}
	return texts
}

func TestCasesOfAReport(t *testing.T) {
	d := Make(figures(t, "zh"), words(t, "zh"))
	all := tableOf(t, d, "顾客事项")
	for head, want := range map[string]string{"报告期": "2026年10月", "收到": "2", "办结": "2", "按期": "1", "按期率": "50.0%", "已告知": "2", "征求意见": "2", "认可": "2", "平均天数": "5.5", "未办结": "2", "逾期": "1"} {
		if got := row(t, all, 0)[head]; got != want {
			t.Errorf("%s is %q, not %q", head, got, want)
		}
	}
	if got := row(t, all, 1); got["收到"] != "2" || got["未办结"] != "2" {
		t.Errorf("September is %v", got)
	}
	if got := row(t, all, 0); got["已撤回"] != "" {
		t.Error("there is a column of what no case has")
	}
	course := tableOf(t, d, "事项走势")
	if len(course.Rows) != 3 || row(t, course, 0)["报告期"] != "2026年8月" || row(t, course, 0)["收到"] != "1" {
		t.Errorf("the course is %v", course.Rows)
	}
	channels := tableOf(t, d, "按渠道")
	if len(channels.Rows) != 2 || row(t, channels, 0)["渠道"] != "电话" || row(t, channels, 0)["办结"] != "1" || row(t, channels, 1)["渠道"] != "网页" {
		t.Errorf("by channel: %v", channels.Rows)
	}
	if subtypes := tableOf(t, d, "按小类"); row(t, subtypes, 0)["小类"] != "未分小类" || row(t, subtypes, 1)["小类"] != "late delivery" {
		t.Errorf("by subtype: %v", subtypes.Rows)
	}
	open := tableOf(t, d, "未办结的事项")
	if len(open.Rows) != 2 || row(t, open, 0)["状态"] != "已逾期" || row(t, open, 0)["责任岗位"] != "尚无人负责" || row(t, open, 1)["期限"] != "2026年12月1日 09:00" {
		t.Errorf("open: %v", open.Rows)
	}
}

// TestReports checks that each language says everything, and that the page is one that needs and runs nothing.
func TestReports(t *testing.T) {
	for language, want := range map[string][]string{
		"zh": {"顾客沟通与服务状况报告", "2026年10月（2026年10月1日至2026年10月31日）", "《喝茶调查》：2026年10月指数81.3，达到目标80。", "《新调查》：报告期内没有可用的数字。", "办结2件，其中按期1件（50.0%）", "逾期1项", "QR-10-03", "QR-10-04", "《喝茶调查》调查方案", "市场部", "设计问卷", "总经理", "某公司", "管理层", "收到的顾客事项2件，2026年9月为2件。", "交货方式"},
		"en": {"Report on customers and service", "Cases opened: 2; closed: 2, of them in time: 1 (50.0%)", "Done: 0, under way: 1, planned: 0, overdue: 1", "For management only", "October 2026"},
		"ar": {"تقرير العملاء والخدمة", `dir="rtl"`, "للإدارة"},
	} {
		t.Run(language, func(t *testing.T) {
			d := Make(figures(t, language), words(t, language))
			var b bytes.Buffer
			if err := WriteHTML(&b, os.DirFS("../../templates"), d, "#123456"); err != nil {
				t.Fatal(err)
			}
			page := b.String()
			text := html.UnescapeString(page)
			for _, part := range want {
				if !strings.Contains(text, part) {
					t.Errorf("it does not say %s", part)
				}
			}
			for _, from := range d.Tables() {
				for _, row := range from.Rows {
					for _, c := range row {
						if c.Text != "" && !strings.Contains(text, c.Text) {
							t.Errorf("%s: %q is not on the page", from.Name, c.Text)
						}
					}
				}
			}
			if strings.Contains(page, "<b>结账") || regexp.MustCompile(`<script|<link|src=|url\(|https?://[^w]`).MatchString(page) || strings.Contains(page, "brief.") {
				t.Error("the page runs or loads something, or lacks a word")
			}
			style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
			sum := sha256.Sum256([]byte(style[1]))
			if !strings.Contains(text, "style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") || !strings.Contains(style[1], "--accent: #123456") {
				t.Error("the policy does not allow the page's style")
			}
			if len(d.Charts()) < 3 || strings.Count(page, "<svg ") != len(d.Charts()) {
				t.Errorf("%d charts, %d drawings", len(d.Charts()), strings.Count(page, "<svg "))
			}
			if before, rest := d.Page[0], d.Page[1]; before+rest+d.Page[2] == "" || strings.ContainsAny(before+rest+d.Page[2], "\x02\x03") {
				t.Errorf("the numbers of pages are %q", d.Page)
			}
		})
	}
}

// TestEmptyReport checks that a report of nothing says so.
func TestEmptyReport(t *testing.T) {
	f := figures(t, "en")
	f.Surveys, f.Cases, f.Level, f.Number = nil, nil, results.Staff, ""
	d := Make(f, words(t, "en"))
	var b bytes.Buffer
	if err := WriteHTML(&b, os.DirFS("../../templates"), d, "red;} body{display:none"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"There was no survey in the span.", "No case of a customer", "No measures are recorded.", "There are no figures that can be compared", "For staff only"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if strings.Contains(b.String(), "display:none") {
		t.Error("a colour that is none is in the stylesheet")
	}
}

// TestWords checks that every word that a report says is there, and that every one that is there is said.
func TestWords(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`(?:m\.say|fact)\("([a-z_]+)"[,)]`)
	named := regexp.MustCompile(`"([a-z_]+)"`)
	own, names := words(t, "en").Own(), map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range said.FindAllSubmatch(source, -1) {
			if !own.Has("brief." + string(m[1])) {
				t.Errorf("%s is said and has no words", m[1])
			}
		}
		for _, m := range named.FindAllSubmatch(source, -1) {
			names[string(m[1])] = true
		}
	}
	for _, key := range own.Keys() {
		name, ours := strings.CutPrefix(key, "brief.")
		known := names[name]
		for _, prefix := range []string{"notice_", "basis_", "data_index_", "by_", "head_"} {
			known = known || names[prefix] && strings.HasPrefix(name, prefix)
		}
		if ours && !known {
			t.Errorf("%s is not said", key)
		}
	}
}
