package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"gopkg.in/yaml.v3"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/simulate"
	"glasspoll/internal/survey"
)

// longWords have nothing to break at: a word of 85 letters, a code, and an address.
var longWords = []string{
	strings.Repeat("Abcdefghijklmnopq", 5),
	"QX" + strings.Repeat("0123456789ABCDEF", 5) + "ZZZ",
	"https://example.com/" + strings.Repeat("survey", 11),
}

// leavers lists the texts of a page that leave their box, or a box around it; what scrolls within a box of its own does not. Questions' numbers
// hang in the margin.
const leavers = `(() => {
	const scrolled = e => !!e && (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolled(e.parentElement));
	const found = [], root = document.documentElement;
	if (root.scrollWidth > root.clientWidth) {
		const widest = [...document.body.querySelectorAll("*")].filter(e => e.checkVisibility() && !scrolled(e.parentElement)).sort((a, b) => b.getBoundingClientRect().right - a.getBoundingClientRect().right)[0];
		found.push("the page is " + root.scrollWidth + " wide: " + widest.outerHTML.slice(0, 60));
	}
	const texts = [], collect = root => {
		for (const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT); walker.nextNode();) {
			if (walker.currentNode.nodeType === Node.TEXT_NODE) texts.push(walker.currentNode);
			else if (walker.currentNode.shadowRoot) collect(walker.currentNode.shadowRoot);
		}
	};
	collect(document.body);
	for (const node of texts) {
		const parent = node.parentElement;
		if (!parent || !node.data.trim() || parent.closest("script, style, noscript, select, textarea, svg, .n") || !parent.checkVisibility({visibilityProperty: true})) continue;
		const range = document.createRange();
		range.selectNodeContents(node);
		const rects = [...range.getClientRects()].filter(r => r.width > 0);
		const left = Math.min(...rects.map(r => r.left)), right = Math.max(...rects.map(r => r.right));
		let fault = "";
		for (let box = parent; box && box !== document.body; box = box.parentElement) {
			const style = getComputedStyle(box);
			if (style.clipPath !== "none" || style.position === "absolute" && box.matches(".skip")) { fault = ""; break; } // for screen readers
			if (style.display === "inline" || style.display === "contents") continue;
			if (/auto|scroll/.test(style.overflowX)) break;
			const around = box.getBoundingClientRect();
			if (!fault && (right > around.right + 2 || left < around.left - 2))
				fault = box.localName + "." + box.className + " " + Math.round(around.left) + "–" + Math.round(around.right) + ": text at " + Math.round(left) + "–" + Math.round(right) + ", " + parent.outerHTML.slice(0, 60);
		}
		if (fault) found.push(fault);
	}
	return found.slice(0, 12);
})()`

// furtherSlots is a questionnaire of the texts that every.yaml has none of.
const furtherSlots = `
id: slots
title: {zh: 其他文字, en: Further texts}
languages: [zh, en]
purpose: {zh: 用来改进。, en: To improve.}
layout: LAYOUT
theme: {name: {zh: 明灯, en: Lantern}, cover: {file: wide.png, alt: {zh: 门面, en: Our front}}}
contact: {name: {zh: 客服部, en: Customer service}, email: abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz@example.com}
thanks: {zh: 多谢！, en: Thank you!}
results: {min_group: 1, crosstabs: [{rows: counter, by: member}]}
plan:
  purpose: {zh: 了解顾客是否满意, en: To learn whether customers are content}
  target: {zh: 全部顾客, en: All customers}
  method: {zh: 网上填写, en: On the web}
  dates: {design: {when: {zh: 九月, en: In September}}, collection: {when: {zh: 十月, en: In October}}, analysis: {when: {zh: 十一月, en: In November}}}
privacy:
  controller: {zh: 明灯公司, en: Lantern}
  purpose: {zh: 改进服务, en: To improve our service}
  keep: {months: 18}
  contact: {name: {zh: 客服部, en: Customer service}, phone: "+86 10 1234"}
  officer: {name: {zh: 法务部, en: Legal department}, phone: "+86 10 5678"}
scales:
  agree:
    - {id: "yes", label: {zh: 同意, en: I agree}, short: {zh: 同意, en: Agree}, score: 5}
    - {id: "no", label: {zh: 不同意, en: I do not}, short: {zh: 不同意, en: Not}, score: 1}
sections:
  - id: one
    title: {zh: 第一部分, en: Part one}
    intro: {zh: 请看图。, en: Look at the pictures.}
    questions:
      - id: member
        type: yes_no
        segment: true
        required: true
        label: {zh: 您是会员吗？, en: "Are you a member?"}
        short: {zh: 会员, en: Members}
        short_no: {zh: 非会员, en: Others}
      - id: counter
        type: single_choice
        display: image_choice
        segment: true
        label: {zh: 哪一个？, en: "Which one?"}
        help: {zh: 选一张, en: Choose one}
        short: {zh: 柜台, en: Counter}
        image: {file: small.png, alt: {zh: 两个柜台, en: Two counters}}
        options:
          - {id: a, label: {zh: 左边, en: The left one}, short: {zh: 左, en: Left}, image: {file: small.png, alt: {zh: 左边的, en: The left counter}}}
          - {id: b, label: {zh: 右边, en: The right one}, short: {zh: 右, en: Right}, image: {file: small.png, alt: {zh: 右边的, en: The right counter}}}
        other: {zh: 别的, en: Another}
      - {id: rate, type: rating, steps: 5, low: {zh: 差, en: Poor}, high: {zh: 好, en: Good}, label: {zh: 打分, en: Mark}}
      - {id: agreed, type: rating, scale: agree, label: {zh: 同意吗？, en: "Do you agree?"}}
      - id: parts
        type: matrix
        scale: agree
        label: {zh: 各方面, en: Aspects}
        rows: [{id: speed, label: {zh: 速度快, en: They are fast}, short: {zh: 速度, en: Speed}}, {id: care, label: {zh: 用心, en: They take care}, short: {zh: 用心, en: Care}}]
      - {id: plate, type: short_text, pattern: "[A-Z]{2}[0-9]{4}", message: {zh: 两个字母加四位数字, en: Two letters and four digits}, label: {zh: 车牌, en: Plate}}
      - {id: said, type: long_text, check: {that: answered(member), message: {zh: 请先回答第一题, en: Answer the first question}}, label: {zh: 建议, en: Suggestions}}
scoring:
  model: percent_of_max
  dimensions: [{id: main, label: {zh: 主要, en: Main}, weight: 1}]
  bands: [{from: 80, label: {zh: 优, en: Good}}, {from: 0, label: {zh: 差, en: Poor}}]
alerts: [{when: rate <= 3, open: complaint, owner: OWNER}]
`

// sidecars are what is said beside a questionnaire.
const (
	longMeasures = `
- {problem: {zh: 太慢, en: Too slow}, measure: {zh: 加人, en: More staff}, question: QUESTION, owner: {zh: 店长, en: Manager}, due: 2026-01-01, status: doing}
- {problem: {zh: 太贵, en: Too dear}, measure: {zh: 降价, en: Lower prices}, owner: {zh: 店长, en: Manager}, due: 2026-01-01, status: done, effect: {zh: 便宜了, en: Cheaper}}
`
	longQuotes = `
- {text: {zh: 很好, en: Fine}, question: QUESTION, reviewed_by: {zh: 质量部, en: Quality}, reviewed_on: 2026-11-01}
`
)

// longTheme has a name as long as it may be.
var longTheme = "name: " + longWords[0][:60] + "\n"

// textSlots returns the keys of the format that take a text, as paths from the top without lists; "*" is a name of an author's.
func textSlots(t *testing.T) map[string]bool {
	t.Helper()
	printed, err := exec.Command(binary, "schema").Output()
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(printed, &schema); err != nil {
		t.Fatal(err)
	}
	defs := schema["$defs"].(map[string]any)
	slots := map[string]bool{}
	var walk func(node any, path string)
	walk = func(node any, path string) {
		switch node := node.(type) {
		case []any:
			for _, part := range node {
				walk(part, path)
			}
		case map[string]any:
			if ref, ok := node["$ref"].(string); ok {
				name := strings.TrimPrefix(ref, "#/$defs/")
				if name == "text" {
					slots[path] = true
					return
				}
				walk(defs[name], path)
			}
			for _, key := range []string{"anyOf", "oneOf", "allOf", "then", "else", "items"} {
				walk(node[key], path)
			}
			properties, _ := node["properties"].(map[string]any)
			for key, property := range properties {
				walk(property, strings.TrimPrefix(path+"."+key, "."))
			}
			if more, ok := node["additionalProperties"].(map[string]any); ok {
				walk(more, path+".*")
			}
		}
	}
	walk(schema, "")
	if len(slots) < 20 {
		t.Fatalf("only %d texts in the schema", len(slots))
	}
	return slots
}

// filledSlots removes from slots those in which a questionnaire has a long word.
func filledSlots(t *testing.T, source string, slots map[string]bool) {
	t.Helper()
	var document any
	if err := yaml.Unmarshal([]byte(source), &document); err != nil {
		t.Fatal(err)
	}
	var walk func(node any, path string)
	walk = func(node any, path string) {
		switch node := node.(type) {
		case []any:
			for _, part := range node {
				walk(part, path)
			}
		case map[string]any:
			if text, ok := node["en"].(string); ok && slices.ContainsFunc(longWords, func(word string) bool { return strings.Contains(text, word) }) {
				delete(slots, path)
				return
			}
			for key, value := range node {
				next := strings.TrimPrefix(path+"."+key, ".")
				if path == "scales" {
					next = "scales.*"
				}
				walk(value, next)
			}
		}
	}
	walk(document, "")
}

// picture is a PNG of a size.
func picture(t *testing.T, width, height int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// longAnswer sends the answers of a made-up respondent, in whose texts there are long words.
func longAnswer(t *testing.T, address, source string, seed uint64) {
	t.Helper()
	s, problems := questionnaire.Parse("every.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	made, err := simulate.New(s, seed).Next()
	if err != nil {
		t.Fatal(err)
	}
	for q := range s.Questions() {
		if _, given := made.Answers[q.ID]; given && (q.Type == survey.ShortText || q.Type == survey.LongText) && q.Pattern == "" && (q.MaxLength == 0 || q.MaxLength > 90) {
			made.Answers[q.ID] = longWords[0]
		}
	}
	body, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(address+"api/surveys/"+s.ID+"/responses", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		text, _ := io.ReadAll(response.Body)
		t.Fatalf("%s: %s", response.Status, text)
	}
}

// TestLongWords puts a word that has no place to break at into every text that the format has, into the texts beside a
// questionnaire, and into answers. On no page, on screens from the narrowest to a desktop's, does anything leave its box.
func TestLongWords(t *testing.T) {
	t.Parallel()
	long := func(place int) string { return fmt.Sprintf("%d%s", place, longWords[place%len(longWords)]) }
	replaced := func(source string) string {
		out, _ := replaceTexts(t, source, long)
		return out
	}
	every := replaced(everyQuestionInOrder(t))
	files := map[string]string{"every.yaml": every, "small.png": picture(t, 400, 300), "wide.png": picture(t, 800, 160), "theme.yaml": longTheme}
	slots := textSlots(t)
	filledSlots(t, every, slots)
	for _, layout := range []string{"page", "cards", "steps"} {
		id := map[string]string{"page": "slots", "cards": "cards", "steps": "steps"}[layout]
		files[id+".yaml"] = replaced(strings.NewReplacer("id: slots", "id: "+id, "LAYOUT", layout, "OWNER", longWords[0][:64]).Replace(furtherSlots))
		filledSlots(t, files[id+".yaml"], slots)
	}
	delete(slots, "scales.*.image.alt") // refused: several questions share a scale
	if len(slots) > 0 {
		t.Errorf("the format has texts in which there is no long word: %v", slices.Sorted(maps.Keys(slots)))
	}
	for id, question := range map[string]string{"every": "single", "slots": "counter"} {
		files[id+".actions.yaml"] = replaced(strings.ReplaceAll(longMeasures, "QUESTION", question))
		files[id+".quotes.yaml"] = replaced(strings.ReplaceAll(longQuotes, "QUESTION", question))
	}
	files["past.yaml"] = replaced(surveyWithWindow("{from: 2020-01-01, until: 2020-01-31}"))
	files["future.yaml"] = replaced(surveyWithWindow("{from: 2999-01-01, until: 2999-01-31}"))
	dir, data := writeSurveys(t, files), t.TempDir()
	p := startWithReload(t, dir, data)
	demo := exec.Command(binary, "demo", "--url", p.url, "--answers", "12", "--surveys", dir)
	if out, err := demo.CombinedOutput(); err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	for seed := range uint64(3) {
		longAnswer(t, p.url, every, 100+seed)
	}
	p.waitForRespondents(t, "every", 15)
	p.waitForRespondents(t, "slots", 12)

	ctx := newWindow(t, "", 1280)
	check := func(where string) {
		t.Helper()
		do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => { d.open = true; })`))
		for _, width := range []int64{320, 768, 1280} {
			do(t, ctx, chromedp.EmulateViewport(width, 900))
			for _, fault := range read(t, ctx, chromedp.Evaluate[[]string](leavers)) {
				t.Errorf("%s, %d pixels: %s", where, width, fault)
			}
		}
	}
	for _, language := range []string{"", "en/"} {
		paths := []string{language, "past/" + language, "future/" + language, "nowhere/" + language, "_preview/every/"}
		for _, id := range []string{"every", "slots", "cards", "steps"} {
			for _, page := range []string{"", "thanks/", "plan/", "privacy/", "withdraw/"} {
				paths = append(paths, id+"/"+language+page)
			}
		}
		for _, path := range paths {
			load(t, ctx, chromedp.Navigate(p.url+path))
			check("/" + path)
		}
		for _, id := range []string{"every", "slots"} {
			load(t, ctx, chromedp.Navigate(p.url+id+"/"+language+"results/"))
			check("/" + id + "/" + language + "results/")
			groups := read(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll(".filters a")].map(a => a.href)`))
			if len(groups) == 0 {
				t.Errorf("%s has no groups", id)
			}
			for _, group := range groups[:min(len(groups), 1)] { // their pages differ in figures and in a name, and all names are on each
				load(t, ctx, chromedp.Navigate(group))
				check(group)
			}
			// What is typed is quoted in other texts; what is hidden may be shown to somebody.
			load(t, ctx, chromedp.Navigate(p.url+id+"/"+language))
			do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelectorAll("form[data-survey] :is(input[type=text], textarea)").forEach(e => {
				e.value = %q;
				e.dispatchEvent(new Event("input", {bubbles: true}));
			})`, longWords[0])))
			check("typed into /" + id + "/" + language)
			submitWithoutScript(t, ctx, 422)
			check("mistakes in /" + id + "/" + language)
			report := filepath.Join(t.TempDir(), "report.html")
			arguments := []string{"results", "report", id, "--texts", "--data", data, "--surveys", dir, "--out", report}
			if language != "" {
				arguments = append(arguments, "--language", strings.TrimSuffix(language, "/"))
			}
			if out, err := exec.Command(binary, arguments...).CombinedOutput(); err != nil {
				t.Fatalf("report: %v\n%s", err, out)
			}
			do(t, ctx, chromedp.Navigate("file://"+report))
			check("the report on " + id + ", " + language)
		}
	}

	// The overlay of the preview quotes what is wrong.
	load(t, ctx, chromedp.Navigate(p.url+"every/"))
	broken := strings.Replace(every, "id: every", "id: every\n"+longWords[0]+": "+longWords[2], 1)
	if err := os.WriteFile(filepath.Join(dir, "every.yaml"), []byte(broken), 0o666); err != nil {
		t.Fatal(err)
	}
	waitFor(t, ctx, "the problem", `!!document.querySelector("glasspoll-preview")?.shadowRoot.querySelector(".problems")?.textContent.includes("`+longWords[0]+`")`)
	check("the overlay")
}
