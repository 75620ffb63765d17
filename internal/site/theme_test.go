package site_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"glasspoll/internal/headers"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
	"glasspoll/internal/theme"
)

// pageBudget is the size of a form with its stylesheet, gzipped: ten TCP segments of 1,460 bytes are sent
// before the first acknowledgement (RFC 6928), and some of that is headers.
const pageBudget = 14_336

// thirty returns a questionnaire of thirty questions as companies write them: eight rated aspects with comments, choices, a
// matrix, a recommendation, and whom to answer; some are conditional.
func thirty(t *testing.T) *survey.Survey {
	t.Helper()
	var b strings.Builder
	b.WriteString(`title: {zh: 年度客户满意度调查, en: Annual customer satisfaction survey}
languages: [zh, en]
minutes: 8
intro:
  zh: |
    您好！感谢您一年来的信任。我们想知道哪些地方做得好，哪些地方还要改进，您的回答决定我们明年先做什么。

    - **怎样作答**：评价分五级，从“非常满意”到“非常不满意”；没有接触过的请选“没有接触过”，它不计入得分。
    - **答案的用途**：交给负责的部门，用来安排下一年的改进；汇总结果在结果页公布。
    - **隐私**：每次至少汇总五份答案才会公布；文字意见和联系方式绝不公开。
  en: |
    Thank you for working with us this year. We want to know what went well and what we should do better; your answers decide what we improve first.

    - **How to answer:** there are five grades, from "Very satisfied" to "Very dissatisfied". If you had nothing to do with something, choose "Not applicable".
    - **What the answers are for:** they go to the departments in charge. The summary is on the results page.
    - **Privacy:** figures are published only for at least five answers together. Comments and contact details never are.
contact: {name: {zh: 质量部 李女士, en: Ms Li of Quality}, email: quality@example.com, phone: 400-000-0000}
document: {number: QR-07-01, version: "3", approved_by: Li, approved_on: 2026-09-20}
window: {from: 2026-10-01, until: 2026-12-31}
timezone: Asia/Shanghai
results: {min_group: 5}
scales:
  agree:
    - {id: very_good, label: {zh: 非常满意, en: Very satisfied}, score: 5}
    - {id: good, label: {zh: 满意, en: Satisfied}, score: 4}
    - {id: fair, label: {zh: 一般, en: Neutral}, score: 3}
    - {id: bad, label: {zh: 不满意, en: Dissatisfied}, score: 2}
    - {id: very_bad, label: {zh: 非常不满意, en: Very dissatisfied}, score: 1}
    - {id: none, label: {zh: 没有接触过, en: Not applicable}}
sections:
`)
	aspects := [][2]string{
		{"产品质量", "the quality of our products"}, {"交货时间", "our delivery times"}, {"价格水平", "our prices"}, {"技术支持", "our technical support"},
		{"投诉处理", "the way we handle complaints"}, {"销售人员的服务态度", "the manner of our sales staff"}, {"网上订购系统", "our online ordering"}, {"包装与运输", "packaging and transport"},
	}
	for section := range 4 {
		title := aspects[section*2]
		fmt.Fprintf(&b, "  - title: {zh: %s等, en: %q}\n    questions:\n", title[0], "About "+title[1])
		for k, a := range aspects[section*2 : section*2+2] {
			n := section*2 + k
			fmt.Fprintf(&b, "      - {id: rate_%d, type: rating, scale: agree, required: true, label: {zh: 您对我们的%s满意吗？, en: %q}}\n", n, a[0], "How satisfied are you with "+a[1]+"?")
			fmt.Fprintf(&b, "      - {id: why_%d, type: long_text, show_if: 'rate_%d in [\"bad\", \"very_bad\"]', label: {zh: 您对%s有哪些具体的意见？, en: %q}}\n", n, n, a[0], "What should we change about "+a[1]+"?")
			if k == 0 {
				fmt.Fprintf(&b, "      - {id: more_%d, type: short_text, label: {zh: 关于%s，您最先想到的是什么？, en: %q}}\n", n, a[0], "What comes to your mind first about "+a[1]+"?")
			}
		}
	}
	b.WriteString(`  - title: {zh: 总体评价, en: All in all}
    questions:
      - id: aspects
        type: matrix
        scale: agree
        required: all
        label: {zh: 您对我们的以下方面满意吗？, en: 'How satisfied are you with the following?'}
        rows:
          - {id: speed, label: {zh: 回应的速度, en: Speed of response}}
          - {id: manner, label: {zh: 服务态度, en: Manner}}
          - {id: skill, label: {zh: 专业水平, en: Professional skill}}
          - {id: documents, label: {zh: 资料是否齐全, en: Completeness of documents}}
          - {id: solution, label: {zh: 解决问题的能力, en: Ability to solve problems}}
      - id: channels
        type: multi_choice
        label: {zh: 您通过哪些渠道了解我们？, en: 'Where do you hear about us?'}
        options:
          - {id: ads, label: {zh: 广告, en: Advertising}}
          - {id: friends, label: {zh: 同行推荐, en: Colleagues}}
          - {id: fairs, label: {zh: 展会, en: Trade fairs}}
          - {id: online, label: {zh: 网上, en: Online}}
        other: true
      - id: size
        type: single_choice
        label: {zh: 贵公司有多少员工？, en: 'How many people work at your company?'}
        options:
          - {id: s, label: {zh: 50人以下, en: Fewer than 50}}
          - {id: m, label: {zh: 50至500人, en: 50 to 500}}
          - {id: l, label: {zh: 500人以上, en: More than 500}}
      - {id: years, type: number, min: 0, max: 50, label: {zh: 您与我们合作几年了？, en: 'How many years have you worked with us?'}}
      - {id: recommend, type: nps, required: true, label: {zh: 您有多大可能把我们推荐给同行？, en: 'How likely are you to recommend us to a colleague?'}, low: {zh: 完全不可能, en: Not at all likely}, high: {zh: 非常可能, en: Extremely likely}}
      - {id: stars, type: rating, steps: 5, display: stars, label: {zh: 请给我们的服务打个总分, en: Please rate our service as a whole}}
      - {id: best, type: long_text, label: {zh: 我们哪一点做得最好？, en: 'What do we do best?'}}
      - {id: reply, type: yes_no, label: {zh: 希望我们回复您吗？, en: 'Would you like a reply?'}}
      - {id: name, type: short_text, private: true, show_if: reply, label: {zh: 您的姓名, en: Your name}}
      - {id: mail, type: email, show_if: reply, required: true, label: {zh: 您的电子邮箱, en: Your e-mail address}}
`)
	s, problems := questionnaire.Parse("thirty.yaml", []byte(b.String()))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	questions := 0
	for range s.Questions() {
		questions++
	}
	if questions != 30 {
		t.Fatalf("it has %d questions", questions)
	}
	return s
}

func gzipped(t *testing.T, content string) int {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte(content))
	w.Close()
	return b.Len()
}

var stylesheet = regexp.MustCompile(`<link rel="stylesheet" href="([^"]+)"`)

// A form is there with the first flight of packets: its page and the stylesheet, in both languages.
func TestFormIsLight(t *testing.T) {
	all := build(t, []*survey.Survey{thirty(t)})
	for _, name := range []string{"thirty/index.html", "thirty/en/index.html"} {
		page := all[name]
		m := stylesheet.FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("%s has no stylesheet", name)
		}
		style := all[path.Join(path.Dir(name), m[1])]
		if style == "" {
			t.Fatalf("%s: there is no %s", name, m[1])
		}
		html, css := gzipped(t, page), gzipped(t, style)
		t.Logf("%s: %d bytes of HTML and %d of CSS, gzipped %d + %d = %d", name, len(page), len(style), html, css, html+css)
		if html+css > pageBudget {
			t.Errorf("%s weighs %d + %d = %d bytes gzipped, more than %d", name, html, css, html+css, pageBudget)
		}
	}
}

// A theme is in the stylesheets and the icon, under another name than without it; its logo is a file of its own, and on
// every page.
func TestThemeIsBuiltIn(t *testing.T) {
	custom, problems := theme.Parse("theme.yaml", []byte("name: Lantern\nlogo: logo.svg\nlight: {accent: \"#7a1f5c\"}\n"), fstest.MapFS{
		"logo.svg": {Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"/>`)}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	surveys := []*survey.Survey{parse(t, "tea", "zh, en")}
	plain, themed := build(t, surveys), buildWith(t, surveys, custom)
	logo := ""
	for name, content := range themed {
		switch {
		case strings.HasPrefix(name, "assets/logo."):
			logo = name
		case strings.HasPrefix(name, "assets/print."), strings.HasPrefix(name, "assets/home."), strings.HasPrefix(name, "assets/style_full."), strings.HasPrefix(name, "assets/thanks."): // without colours of their own
		case strings.HasSuffix(name, ".css"):
			if _, same := plain[name]; same || !strings.Contains(content, "--accent:#7a1f5c") {
				t.Errorf("%s is not themed", name)
			}
		case strings.HasPrefix(name, "assets/icon.") && !strings.Contains(content, "#7a1f5c"):
			t.Errorf("%s does not have the accent: %s", name, content)
		}
	}
	for name, content := range plain {
		if strings.HasPrefix(name, "assets/icon.") && !strings.Contains(content, theme.DefaultLight()["accent"].Hex()) {
			t.Errorf("%s has not the design's accent, so that no theme could replace it", name)
		}
	}
	if logo == "" {
		t.Fatal("there is no logo")
	}
	for name, content := range themed {
		if _, moved := headers.MovedTo([]byte(content)); !moved && strings.HasSuffix(name, ".html") && !strings.Contains(content, logo+`" alt="Lantern" width="120" height="40"`) {
			t.Errorf("%s does not show the logo", name)
		}
	}
}
