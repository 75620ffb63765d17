package server

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/headers"
	"glasspoll/internal/server/servertest"
	"glasspoll/internal/survey"
)

func TestExcerpt(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("长", 300) + "X" + strings.Repeat("y", 300)
	source := "\ufeffone\r\ntwo\rthree\n\tfour: 四季\nfive\nsix\n" + long + "\n"
	lines := linesOf([]byte(source))
	for _, c := range []struct {
		line, column int
		want         string
	}{
		{1, 2, "1:one[o] 2:two 3:three"},
		{4, 8, "2:two 3:three 4:\tfour: 四季[\tfour: ] 5:five 6:six"},
		{4, 99, "2:two 3:three 4:\tfour: 四季[\tfour: 四季] 5:five 6:six"},
		{5, 0, "3:three 4:\tfour: 四季 5:five 6:six 7:" + strings.Repeat("长", 160) + "…"},
		{7, 301, "5:… 6:… 7:…" + strings.Repeat("长", 120) + "X" + strings.Repeat("y", 39) + "…[…" + strings.Repeat("长", 120) + "]"},
		{0, 0, ""},
		{99, 1, ""},
	} {
		var got []string
		for _, l := range excerpt(lines, c.line, c.column) {
			one := fmt.Sprintf("%d:%s", l.Number, l.Text)
			if l.Here {
				one += "[" + l.Before + "]"
			}
			got = append(got, one)
		}
		if joined := strings.Join(got, " "); joined != c.want {
			t.Errorf("%d:%d\n got %q\nwant %q", c.line, c.column, joined, c.want)
		}
	}
}

func TestProblemsOnPages(t *testing.T) {
	t.Parallel()
	r := serveFiles(t, Options{Preview: true}, map[string]string{
		"surveys/tea.yaml": servertest.TeaSurvey,
		// Never good; its id is not its file's name, and a message quotes what could be markup.
		"surveys/draft.yaml": "id: coffee\ntitle: Coffee\nsections:\n  - questions:\n      - {id: a, type: \"<b>\", label: A}\n",
	})
	for _, address := range []string{"/draft/", "/coffee/", "/coffee/en/thanks/", "/_preview/coffee/"} {
		response, body := r.Do(t, "GET", address, map[string]string{"Accept-Language": "en"}, "")
		for _, want := range []string{"draft.yaml:5:23", "&lt;b&gt;", `<details open>`, "as soon as this is fixed", `role="alert"`, "not ready yet", `preview.js" data-mark="waiting"`} {
			if response.StatusCode != 503 || !strings.Contains(body, want) {
				t.Errorf("GET %s: %d without %q:\n%s", address, response.StatusCode, want, body)
			}
		}
		if strings.Contains(body, "<b>") {
			t.Errorf("GET %s: a questionnaire's text has become markup:\n%s", address, body)
		}
		if got := response.Header.Get("Content-Security-Policy"); got != headers.Security()["Content-Security-Policy"] {
			t.Errorf("GET %s: policy %q", address, got)
		}
	}
	if response, body := r.Do(t, "GET", "/coffee/", map[string]string{"Accept-Language": "zh-CN"}, ""); !strings.Contains(body, "有 1 处错误") || !strings.Contains(body, "不认识的题型“&lt;b&gt;”") || !strings.Contains(body, `lang="zh"`) {
		t.Errorf("in Chinese: %d\n%s", response.StatusCode, body)
	}
	if response, _ := r.Get(t, "/coffee"); response.StatusCode != 308 || response.Header.Get("Location") != "coffee/" {
		t.Errorf("GET /coffee: %d to %q", response.StatusCode, response.Header.Get("Location"))
	}
	if response, _ := r.Get(t, "/other/"); response.StatusCode != 404 {
		t.Errorf("GET /other/: %d", response.StatusCode)
	}

	// Elsewhere they are there to be opened.
	if n := r.listen(t, "language=zh&page=tea/")("an event", anyEvent); !strings.Contains(n.Problems, "<details>") || !strings.Contains(n.Problems, "draft.yaml") || !strings.Contains(n.Problems, "不认识的题型“&lt;b&gt;”") {
		t.Errorf("on another survey's page: %s", n.Problems)
	}
	if n := r.listen(t, "language=en&page=")("an event", anyEvent); !strings.Contains(n.Problems, "<details open>") {
		t.Errorf("on the home page: %s", n.Problems)
	}

	// Once it is fixed, the survey appears.
	next := r.listen(t, "language=en&page=coffee/")
	if n := next("an event", anyEvent); n.Marks["coffee/"] != waitingMark {
		t.Errorf("before: %+v", n)
	}
	r.Write(t, "surveys/draft.yaml", strings.Replace(servertest.TeaSurvey, "title:", "id: coffee\ntitle:", 1))
	next("the survey, fixed", func(n event) bool {
		return n.Problems == "" && n.Marks["coffee/"] != waitingMark && n.Marks["coffee/"] != ""
	})
	if response, _ := r.Get(t, "/coffee/"); response.StatusCode != 200 {
		t.Errorf("GET /coffee/, fixed: %d", response.StatusCode)
	}
	if response, _ := r.Get(t, "/draft/"); response.StatusCode != 404 {
		t.Errorf("GET /draft/, fixed: %d", response.StatusCode)
	}
}

func TestTemplateProblems(t *testing.T) {
	t.Parallel()
	r := serveFiles(t, Options{Preview: true}, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey})
	next := r.listen(t, "language=en&page=tea/")
	next("an event", anyEvent)
	for _, c := range []struct{ file, content, place, line string }{
		{"home.html", "one\n{{if}}\nthree", "home.html:2", "{{if}}"},
		{"script.js", "let a;\nlet b = ;\n", "script.js:2:9", `<span class="before">let b = </span>^`},
		{"thanks.html", "{{.Heading}}\n{{.Nowhere}}", "thanks.html:2:2", `<span class="before">{</span>^`},
	} {
		r.Write(t, "templates/"+c.file, c.content)
		n := next(c.file, func(n event) bool { return strings.Contains(n.Problems, c.file) })
		if said := html.UnescapeString(n.Problems); !strings.Contains(said, filepath.Join(r.Dir, "templates", c.place)) || !strings.Contains(said, c.line) || !strings.Contains(said, "<details open>") {
			t.Errorf("%s: %s", c.file, said)
		}
		if err := os.Remove(filepath.Join(r.Dir, "templates", c.file)); err != nil {
			t.Fatal(err)
		}
		next("an end to it", good)
	}
}

// previewTypes has every question type, conditions, and checks.
const previewTypes = `title: {zh: 各种题型, en: Every type}
languages: [zh, en]
channels: [web, phone]
scales:
  grade:
    - {id: good, label: {zh: 好, en: Good}, score: 5}
    - {id: fair, label: {zh: 一般, en: Fair}, score: 3}
    - {id: poor, label: {zh: 差, en: Poor}, score: 1}
  weight:
    - {id: high, label: {zh: 重要, en: Important}, score: 2}
    - {id: low, label: {zh: 不重要, en: Unimportant}, score: 1}
sections:
  - id: all
    questions:
      - {id: tier, type: hidden, label: {zh: 等级, en: Tier}, options: [{id: a, label: {zh: A, en: A}}, {id: b, label: {zh: B, en: B}}]}
      - {id: visited, type: yes_no, required: true, label: {zh: 来过吗, en: Visited}}
      - {id: why, type: multi_choice, required: true, min: 2, max: 2, show_if: visited, other: true, label: {zh: 为何, en: Why}, options: [{id: near, label: {zh: 近, en: Near}}, {id: good, label: {zh: 好, en: Good}}, {id: none, exclusive: true, label: {zh: 没有, en: None}}]}
      - {id: one, type: single_choice, required: true, other: true, label: {zh: 选, en: One}, options: [{id: x, label: {zh: 甲, en: X}}, {id: y, label: {zh: 乙, en: Y}}]}
      - {id: rate, type: rating, steps: 5, required: true, label: {zh: 评, en: Rate}}
      - {id: again, type: nps, required: true, label: {zh: 推荐, en: Again}}
      - {id: parts, type: matrix, required: all, scale: grade, label: {zh: 表, en: Parts}, rows: [{id: a, label: {zh: 甲, en: A}}, {id: b, label: {zh: 乙, en: B}}]}
      - {id: matters, type: importance_matrix, required: all, scale: grade, importance_scale: weight, label: {zh: 表, en: Matters}, rows: [{id: a, label: {zh: 甲, en: A}}]}
      - {id: order, type: ranking, required: true, label: {zh: 排, en: Order}, options: [{id: x, label: {zh: 甲, en: X}}, {id: y, label: {zh: 乙, en: Y}}, {id: z, label: {zh: 丙, en: Z}}]}
      - {id: share, type: constant_sum, total: 100, required: true, label: {zh: 分, en: Share}, options: [{id: x, label: {zh: 甲, en: X}}, {id: y, label: {zh: 乙, en: Y}}]}
      - {id: low, type: number, min: 10, max: 50, required: true, label: {zh: 低, en: Low}}
      - {id: high, type: number, min: 10, max: 60, required: true, label: {zh: 高, en: High}, check: {that: high > low, message: {zh: 应更高, en: Must be higher}}}
      - {id: code, type: short_text, pattern: "[A-Z]{2}[0-9]{3}", required: true, label: {zh: 码, en: Code}}
      - {id: remark, type: long_text, min_length: 5, max_length: 60, required: true, label: {zh: 说, en: Remark}}
      - {id: mail, type: email, required: true, label: {zh: 邮, en: Mail}}
      - {id: call, type: phone, required: true, label: {zh: 电, en: Call}}
      - {id: site, type: url, required: true, label: {zh: 网, en: Site}}
      - {id: day, type: date, min: 2026-01-01, max: 2026-01-31, required: true, label: {zh: 日, en: Day}}
      - {id: at, type: time, required: true, label: {zh: 时, en: At}}
      - {id: agree, type: consent, label: {zh: 同意, en: Agree}}
      - {id: vip, type: rating, steps: 5, required: true, show_if: tier == "a" and channel == "phone", label: {zh: 贵宾, en: VIP}}
`

// filled gets made-up answers as an open page does, and checks them.
func (r *running) filled(t *testing.T, id, query string, hidden url.Values) (typed map[string][]string, problems []answer.Problem) {
	t.Helper()
	response, body := r.Get(t, "/_preview/_fill?survey="+id+"&"+query)
	if response.StatusCode != 200 {
		t.Fatalf("%d %s", response.StatusCode, body)
	}
	if err := json.Unmarshal([]byte(body), &typed); err != nil {
		t.Fatal(err)
	}
	_, definition := r.Get(t, "/"+id+"/definition.json")
	s, err := survey.Decode([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	asked, _ := url.ParseQuery(query)
	form := url.Values{"_language": {asked.Get("language")}, "_channel": {asked.Get("channel")}}
	for _, values := range []map[string][]string{typed, hidden} {
		for name, v := range values {
			form[name] = v
		}
	}
	_, _, problems = answer.Check(s, answer.FromForm(form))
	return typed, problems
}

func TestFill(t *testing.T) {
	t.Parallel()
	r := serveFiles(t, Options{Preview: true}, map[string]string{"surveys/every.yaml": previewTypes})
	for seed := range 50 {
		query := fmt.Sprintf("kind=plausible&language=en&seed=%d", seed)
		hidden := url.Values{}
		if seed%2 == 0 {
			query, hidden = query+"&channel=phone&link.tier=a&link.low=99&link.nobody=1", url.Values{"tier": {"a"}}
		}
		typed, problems := r.filled(t, "every", query, hidden)
		if len(problems) > 0 {
			t.Errorf("%s is refused: %v\n%v", query, problems, typed)
		}
		for name, values := range typed {
			follows := name == "why" || name == "vip"
			if strings.HasSuffix(name, "._other") || follows && (name == "vip") != (seed%2 == 0) {
				continue
			}
			if visited := typed["visited"][0] == "yes"; len(values) > 0 != (!follows || name == "why" && visited || name == "vip" && seed%2 == 0) {
				t.Errorf("%s: %s is %v, visited is %v", query, name, values, visited)
			}
		}
		if _, named := typed["tier"]; named {
			t.Error("what the link says is overwritten")
		}

		query = strings.Replace(query, "plausible", "nonsense", 1)
		typed, problems = r.filled(t, "every", query, hidden)
		said := map[string]answer.Code{}
		for _, p := range problems {
			said[p.Question] = p.Code
		}
		want := map[string]answer.Code{
			"one": answer.OtherUnmeant, "rate": answer.Required, "again": answer.Required, "parts": answer.Required, "matters": answer.Required,
			"order": answer.RankTwice, "share": answer.WrongSum, "low": answer.TooLarge, "high": answer.Failed, "code": answer.BadPattern,
			"remark": answer.TooShort, "mail": answer.BadEmail, "call": answer.BadPhone, "site": answer.BadURL, "day": answer.TooEarly,
			"at": answer.Required, "agree": answer.MustConsent,
		}
		if typed["visited"][0] == "yes" {
			want["why"] = answer.Exclusive
		}
		if seed%2 == 0 {
			want["vip"] = answer.Required
		}
		for id, code := range want {
			if said[id] != code && !(id == "high" && said[id] == "") { // a check may be impossible to fail when its other question has a mistake
				t.Errorf("%s: %s says %q, want %q; typed %v", query, id, said[id], code, typed[id])
			}
		}
	}
	if response, _ := r.Get(t, "/_preview/_fill?survey=nothing"); response.StatusCode != 404 {
		t.Errorf("answers for no survey: %d", response.StatusCode)
	}
}

func TestSideBySide(t *testing.T) {
	t.Parallel()
	r := serveFiles(t, Options{Preview: true}, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey})
	response, _ := r.Get(t, "/_preview/tea?c=web")
	if response.StatusCode != 307 || response.Header.Get("Location") != "tea/?c=web" {
		t.Errorf("%d to %q", response.StatusCode, response.Header.Get("Location"))
	}
	for accept, headings := range map[string][]string{
		"en": {"<h1>Tea</h1>", "<h2>Chinese</h2>", "<h2>English</h2>"},
		"zh": {"<h1>喝茶</h1>", "<h2>中文</h2>", "<h2>英语</h2>"},
		"":   {"<h1>喝茶</h1>", "<h2>中文</h2>", "<h2>英语</h2>"},
	} {
		response, body := r.Do(t, "GET", "/_preview/tea/", map[string]string{"Accept-Language": accept}, "")
		for _, want := range headings {
			if !strings.Contains(body, want) {
				t.Errorf("in %s without %s:\n%s", accept, want, body)
			}
		}
		if got, want := response.Header.Get("Content-Security-Policy"), headers.Security()["Content-Security-Policy"]+"; frame-src 'self'"; got != want {
			t.Errorf("policy %q", got)
		}
		if inline := regexp.MustCompile(`<style|<script>| style=| on\w+=`).FindString(body); inline != "" {
			t.Errorf("the policy forbids %q", inline)
		}
	}
	_, body := r.Get(t, "/_preview/tea/")
	for _, frame := range []string{"zh-360", "zh-1280", "en-360", "en-1280"} {
		language, width, _ := strings.Cut(frame, "-")
		if !regexp.MustCompile(`<iframe name="` + frame + `" title="[^"]+" width="` + width + `" height="\d+" data-src="../../tea/` + language + `/">`).MatchString(body) {
			t.Errorf("no frame %s:\n%s", frame, body)
		}
	}
	for _, asset := range []string{"preview.js", "preview.css", "side.css"} {
		if response, _ := r.Get(t, "/_preview/"+asset); response.StatusCode != 200 {
			t.Errorf("%s: %d", asset, response.StatusCode)
		}
	}
	for path, want := range map[string]int{"/_preview/": 404, "/_preview/nothing/": 404, "/_preview/tea/more": 404, "/_preview/preview.html": 404} {
		if response, _ := r.Get(t, path); response.StatusCode != want {
			t.Errorf("GET %s: %d", path, response.StatusCode)
		}
	}
	if response, _ := r.Do(t, "POST", "/_preview/tea/", nil, ""); response.StatusCode != 405 {
		t.Errorf("POST: %d", response.StatusCode)
	}

	// Only this page may hold frames, and a form that comes back has the buttons, but is never loaded again.
	if response, _ := r.Get(t, "/tea/"); strings.Contains(response.Header.Get("Content-Security-Policy"), "frame-src") {
		t.Error("other pages may hold frames")
	}
	response, body = r.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, "_language=en")
	if response.StatusCode != 422 || !strings.Contains(body, `<script src="../../../_preview/preview.js" defer></script>`) {
		t.Errorf("a form that comes back: %d\n%s", response.StatusCode, body)
	}
}
