package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

const conditionalSurvey = `title: {zh: 满意度调查, en: Service survey, ar: استبيان}
languages: [zh, en, ar]
results: {min_group: 1}
%s
sections:
  - title: {zh: 总体, en: Overall, ar: عام}
    questions:
      - {id: taste, type: rating, steps: 5, label: {zh: 味道, en: Taste, ar: الطعم}}
      - {id: wrong, type: short_text, show_if: taste <= 2, required: true, min_length: 2, label: {zh: 哪里不好, en: What was wrong, ar: ماذا}}
      - {id: hello, type: note, label: {zh: 谢谢, en: Thank you, ar: شكرا}}
      - {id: name, type: short_text, label: {zh: 姓名, en: Name, ar: الاسم}}
  - title: {zh: 细节, en: Details, ar: تفاصيل}
    questions:
      - {id: why, type: short_text, show_if: taste >= 4, label: {zh: "{{name}}为什么喜欢？", en: "{{name}}, why?", ar: "{{name}} لماذا؟"}}
      - {id: cups, type: number, label: {zh: 几杯, en: Cups, ar: أكواب}}
      - {id: agree, type: consent, label: {zh: 同意, en: I agree, ar: أوافق}}
`

// shownNumbers are the numbers of the visible questions of all sections, in their order.
const shownNumbers = `[...document.querySelectorAll("[data-q]:not([hidden]) .n")].map(n => n.textContent).join()`

// TestNumbersHaveNoGaps checks that the questions that apply are numbered from 1 without gaps, on one page and in steps.
func TestNumbersHaveNoGaps(t *testing.T) {
	t.Parallel()
	p := start(t, writeSurveys(t, map[string]string{"page.yaml": fmt.Sprintf(conditionalSurvey, "layout: page"), "steps.yaml": fmt.Sprintf(conditionalSurvey, "layout: steps")}), t.TempDir())
	for _, id := range []string{"page", "steps"} {
		v := newVisitor(t, 360)
		do(t, v, chromedp.Navigate(p.url+id+"/en/"))
		check(t, v, map[string]string{"the numbers without answers": shownNumbers + ` === "1,2,3"`})
		do(t, v, clickLabel("taste", "1"))
		waitFor(t, v, "one more question", shownNumbers+` === "1,2,3,4"`)
		check(t, v, map[string]string{"in its order": `document.querySelector("[data-q=wrong] .n").textContent === "2" && document.querySelector("[data-q=cups] .n").textContent === "4"`})
		do(t, v, clickLabel("taste", "5"))
		waitFor(t, v, "another question instead", shownNumbers+` === "1,2,3,4" && document.querySelector("[data-q=name] .n").textContent === "2" && document.querySelector("[data-q=why] .n").textContent === "3"`)
	}
}

// TestComposition writes Chinese with an input method, which composes a text in steps, in a box with a message: the page does not
// interfere with the composition, and checks the text at its end.
func TestComposition(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": fmt.Sprintf(conditionalSurvey, "")}), data)
	v := newVisitor(t, 360)
	do(t, v, chromedp.Navigate(p.url+"tea/"), clickLabel("taste", "1"))
	waitFor(t, v, "the question", `!document.querySelector("[data-q=wrong]").hidden`)
	pressSubmit(t, v)
	waitFor(t, v, "the message", `!!document.getElementById("e-wrong") && document.activeElement.name === "wrong"`)
	runScript(t, v, `window.ended = []; for (const kind of ["compositionend", "blur"]) document.querySelector("[name=wrong]").addEventListener(kind, e => ended.push(e.type + " " + (e.data || "")))`)
	for _, box := range []struct{ name, text string }{{"wrong", "茶凉了"}, {"name", "茗😀"}} {
		do(t, v, chromedp.Focus(byName(box.name)))
		for _, typed := range []string{"c", "ch", "cha", "cha'l", "茶l", "茶li"} {
			call(t, v, input.ImeSetComposition, input.ImeSetCompositionParams{Text: typed, SelectionStart: int64(len([]rune(typed))), SelectionEnd: int64(len([]rune(typed)))})
			if !isTrue(t, v, fmt.Sprintf(`document.activeElement.name === %q && document.activeElement.value === %q`, box.name, typed)) {
				t.Fatalf("%s: the composed text is %s", box.name, read(t, v, chromedp.Evaluate[string](`document.activeElement.name + " " + document.activeElement.value`)))
			}
		}
		call(t, v, input.InsertText, input.InsertTextParams{Text: box.text})
		check(t, v, map[string]string{"the text of " + box.name: fmt.Sprintf(`document.querySelector("[name=%s]").value === %q`, box.name, box.text)})
		if box.name == "wrong" {
			check(t, v, map[string]string{"one composition": `ended.length === 1 && ended[0] === "compositionend 茶凉了"`})
		}
	}
	waitFor(t, v, "no message", `!document.getElementById("e-wrong")`)
	do(t, v, clickLabel("agree", "yes"))
	pressSubmit(t, v)
	waitForReceipt(t, v)
	checkOneStored(t, p.killAndReadAnswers(t, data, "tea"), map[string]string{"taste": "1", "wrong": "茶凉了", "name": "茗😀", "agree": "yes"})
}

// TestUnusualCharacters answers with a text that changes the writing direction and has an emoji of several code points. It is
// stored unchanged, is piped into a later question, and does not change the direction of the text there.
func TestUnusualCharacters(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": fmt.Sprintf(conditionalSurvey, "")}), data)
	const name = "\u202Eاسم \u200Fabc 👩‍👩‍👧 $& <b>"
	for _, language := range []string{"en", "ar"} {
		v := newVisitor(t, 320)
		do(t, v, chromedp.Navigate(p.url+"tea/"+language+"/"), clickLabel("taste", "5"), chromedp.Focus(byName("name")))
		call(t, v, input.InsertText, input.InsertTextParams{Text: name})
		waitFor(t, v, "the name in the question", fmt.Sprintf(`document.querySelector("[data-q=why] [data-pipe]").textContent === %q`, strings.TrimSpace(name)))
		check(t, v, map[string]string{
			"the text after it stays in its place": `(() => {
				const rest = document.querySelector("[data-q=why] .t").lastChild, range = document.createRange();
				range.selectNodeContents(rest);
				const pieces = of => [...of.getClientRects()].filter(r => r.width), rtl = document.dir === "rtl";
				return rest.nodeType === 3 && pieces(range).length && pieces(rest.previousSibling).every(a => pieces(range).every(b =>
					b.top > a.top + a.height / 2 || (rtl ? b.right <= a.left + 1 : a.right <= b.left + 1)));
			})()`,
			"not wider than the window": `document.documentElement.scrollWidth <= document.documentElement.clientWidth`,
		})
		screenshot(t, v, "odd-characters-"+language+"-320")
		do(t, v, clickLabel("agree", "yes"))
		pressSubmit(t, v)
		waitForReceipt(t, v)
		check(t, v, map[string]string{"the copy has answers, and no remarks of the page": `/agree|أوافق/.test(document.getElementById("copy").textContent) && !/required|مطلوب/.test(document.getElementById("copy").textContent)`})
		waitFor(t, v, "the copy", fmt.Sprintf(`document.getElementById("copy").textContent.includes(%q)`, name))
		screenshot(t, v, "odd-characters-copy-"+language+"-320")
	}
	for _, got := range p.killAndReadAnswers(t, data, "tea") {
		checkAnswers(t, got, map[string]string{"taste": "5", "name": name, "agree": "yes"})
	}
}
