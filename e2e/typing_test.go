package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const typingSurvey = `title: {zh: 登记, en: Details, ar: تفاصيل}
languages: [zh, en, ar]
results: {min_group: 1}
sections:
  - questions:
      - {id: cups, type: number, min: 0, max: 10, label: {zh: 几杯？, en: Cups?, ar: أكواب؟}}
      - {id: day, type: date, label: {zh: 日期, en: Day, ar: اليوم}}
      - {id: hour, type: time, label: {zh: 时间, en: Hour, ar: الساعة}}
      - {id: tel, type: phone, label: {zh: 电话, en: Phone, ar: هاتف}}
      - {id: mail, type: email, label: {zh: 邮箱, en: E-mail, ar: البريد}}
      - {id: warm, type: number, display: slider, min: 0, max: 10, step: 1, label: {zh: 冷热, en: Warmth, ar: الدفء}}
      - {id: remark, type: long_text, required: true, label: {zh: 意见, en: Remark, ar: ملاحظة}}
      - {id: origin, type: hidden, label: {zh: 来源, en: Origin, ar: المصدر}}
`

func startTyping(t *testing.T) (p *server, data string) {
	t.Helper()
	data = t.TempDir()
	return start(t, writeSurveys(t, map[string]string{"details.yaml": typingSurvey}), data), data
}

// insert types a text as an input method does.
func insert(t *testing.T, v *visitor, name, text string) {
	t.Helper()
	do(t, v, chromedp.Focus(byName(name)))
	call(t, v, input.InsertText, input.InsertTextParams{Text: text})
}

// TestDigitsOfOtherScripts fills in a form with an Arabic keyboard. Boxes for dates and times become boxes for text.
func TestDigitsOfOtherScripts(t *testing.T) {
	t.Parallel()
	p, data := startTyping(t)
	v := newVisitor(t, 360)
	do(t, v, chromedp.Navigate(p.url+"details/ar/"))
	check(t, v, map[string]string{
		"machine text runs from left to right": `["tel", "mail"].every(name => getComputedStyle(document.querySelector("[name=" + name + "]")).direction === "ltr")`,
		"so do groups of Arabic digits": `(() => {
			const {direction, unicodeBidi} = getComputedStyle(document.querySelector("[name=tel]")), line = document.createElement("p"), range = document.createRange();
			Object.assign(line.style, {direction, unicodeBidi});
			line.append("٩٦٦ ٥٠");
			document.body.append(line);
			const left = (i) => { range.setStart(line.firstChild, i); range.setEnd(line.firstChild, i + 1); return range.getBoundingClientRect().left; };
			const ordered = left(0) < left(5);
			line.remove();
			return ordered;
		})()`,
		"all other text follows the page": `getComputedStyle(document.querySelector("[name=remark]")).direction === "rtl"`,
	})
	insert(t, v, "cups", "\u200f٣٫٥")
	insert(t, v, "tel", "+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧")
	insert(t, v, "mail", "\u200eli٤٢@example.com")
	insert(t, v, "remark", "نعم")
	for _, typed := range [][2]string{{"day", "٢٠٢٦/١١/٢٩"}, {"hour", "٩:٣٠"}} {
		do(t, v, chromedp.Focus(byName(typed[0])))
		for _, c := range typed[1] {
			call(t, v, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kb.KeyDown, Key: string(c), Text: string(c)})
			call(t, v, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kb.KeyUp, Key: string(c)})
		}
		check(t, v, map[string]string{typed[0]: fmt.Sprintf(`document.querySelector("[name=%s]").value === %q`, typed[0], typed[1])})
	}
	// The slider's arrows follow the writing direction.
	do(t, v, chromedp.Focus(css(".slide [type=range]")), chromedp.KeyEvent(kb.ArrowLeft))
	check(t, v, map[string]string{"left is more": `document.querySelector("[name=warm]").value === "6"`})
	do(t, v, chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
	check(t, v, map[string]string{"right is less": `document.querySelector("[name=warm]").value === "4"`})
	waitFor(t, v, "the stored draft", `(localStorage.getItem("glasspoll:details") || "").includes("\"warm\"")`)

	// A draft brings the texts back as they were typed.
	back := newTab(t, v, 360)
	do(t, back, chromedp.Navigate(p.url+"details/ar/"))
	check(t, back, map[string]string{"the draft": `document.querySelector("[name=day]").value === "٢٠٢٦/١١/٢٩" && document.querySelector("[name=hour]").value === "٩:٣٠"`})

	pressSubmit(t, v)
	waitForReceipt(t, v)
	check(t, v, map[string]string{"the receipt runs from left to right": `getComputedStyle(document.querySelector("#receipt code")).direction === "ltr"`})
	checkOneStored(t, p.killAndReadAnswers(t, data, "details"), map[string]string{"cups": "3.5", "day": "2026-11-29", "hour": "09:30",
		"tel": "+966 50 123 4567", "mail": "li42@example.com", "warm": "4", "remark": "نعم"})
}

// TestHalfTypedDate types a part of a date and of a time. They are not sent, and not thanked for, until they are whole.
func TestHalfTypedDate(t *testing.T) {
	t.Parallel()
	p, data := startTyping(t)
	for language, sentence := range map[string]string{"en": "This is not complete yet.", "zh": "还没有填完整", "ar": "لم يكتمل بعد."} {
		v := newVisitor(t, 360)
		do(t, v, chromedp.Navigate(p.url+"details/"+language+"/"))
		insert(t, v, "remark", "x")
		do(t, v, chromedp.Focus(byName("day")), chromedp.KeyEvent("11"), chromedp.Focus(byName("hour")), chromedp.KeyEvent("0"))
		pressSubmit(t, v)
		waitFor(t, v, "the messages", `document.querySelectorAll(".err").length === 2`)
		check(t, v, map[string]string{
			"at their questions": fmt.Sprintf(`["day", "hour"].every(q => document.getElementById("e-" + q).textContent.startsWith(%q) && document.querySelector("[name=" + q + "]").getAttribute("aria-invalid") === "true")`, sentence),
			"on the page":        `!!document.querySelector("form")`,
		})
		if language != "en" {
			continue
		}
		do(t, v, chromedp.SetValue(byName("day"), "2026-11-29"), chromedp.SetValue(byName("hour"), "09:30"))
		pressSubmit(t, v)
		waitForReceipt(t, v)
	}
	checkOneStored(t, p.killAndReadAnswers(t, data, "details"), map[string]string{"day": "2026-11-29", "hour": "09:30", "remark": "x"})
}

// TestHalfTypedDateWithoutScript checks that the browser itself does not send what is half typed, and sends all else.
func TestHalfTypedDateWithoutScript(t *testing.T) {
	t.Parallel()
	p, data := startTyping(t)
	ctx := openPage(t, 360)
	openWithoutScript(t, ctx, p.url+"details/en/")
	do(t, ctx, chromedp.SendKeys(byName("remark"), "x"), chromedp.SendKeys(byName("mail"), "李@例子.中国"),
		chromedp.Focus(byName("day")), chromedp.KeyEvent("11"), clickOn(".send button"))
	waitFor(t, ctx, "the browser's message", `document.activeElement.name === "day"`)
	do(t, ctx, chromedp.KeyEvent("11292026"))
	waitFor(t, ctx, "the date", `document.querySelector("[name=day]").value === "2026-11-29"`)
	do(t, ctx, clickOn(".send button"))
	waitForThanks(t, ctx)
	checkOneStored(t, p.killAndReadAnswers(t, data, "details"), map[string]string{"day": "2026-11-29", "mail": "李@例子.中国", "remark": "x"})
}

// TestKeptIsTrue checks that the page says that answers are kept on the device only if they are.
func TestKeptIsTrue(t *testing.T) {
	t.Parallel()
	p, _ := startTyping(t)
	for name, broken := range map[string]string{
		"full":   `Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };`,
		"silent": `Storage.prototype.setItem = () => {};`,
		"off":    `for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, {get() { throw new DOMException("no", "SecurityError"); }});`,
		"none":   `for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, {value: null});`,
	} {
		v := newVisitor(t, 360)
		call(t, v, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: broken})
		do(t, v, chromedp.Navigate(p.url+"details/en/"))
		insert(t, v, "remark", "x")
		do(t, v, chromedp.Evaluate[chromedp.Void](`new Promise(done => setTimeout(done, 600))`, chromedp.EvalAwaitPromise)) // longer than the page waits before it saves
		check(t, v, map[string]string{name: `document.getElementById("kept").hidden`})
	}
	v := newVisitor(t, 360)
	do(t, v, chromedp.Navigate(p.url+"details/en/"))
	insert(t, v, "remark", "x")
	waitFor(t, v, "the line", `!document.getElementById("kept").hidden`)
	runScript(t, v, `Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }`)
	insert(t, v, "remark", "y")
	waitFor(t, v, "no line any more", `document.getElementById("kept").hidden`)
}

// TestDamagedDrafts opens the form with drafts that this script has not stored: it works, with what can be used of them.
func TestDamagedDrafts(t *testing.T) {
	t.Parallel()
	p, _ := startTyping(t)
	const id = "6f1c3f0e-52f1-8d6b-9a52-0b4f3f1f7a11"
	whole := func(answers, more string) string {
		return fmt.Sprintf(`{"version": "old", "time": NOW, "id": %q, "pending": false, "step": 0, "answers": %s%s}`, id, answers, more)
	}
	drafts := []string{
		`5`, `{}`, `null`, `true`, `"x"`, `[]`, `[[]]`, `{`, ``, `{"time": NOW}`, `{"time": {}, "id": [], "answers": {}}`,
		whole(`null`, ``), whole(`5`, ``), whole(`"cups"`, ``), whole(`{"cups": ["3"]}`, ``), whole(`[5]`, ``), whole(`["cups"]`, ``), whole(`[[]]`, ``),
		whole(`[["cups"]]`, ``), whole(`[["cups", "3"]]`, ``), whole(`[["cups", 3]]`, ``), whole(`[["cups", [3]]]`, ``), whole(`[[["cups"], ["3"]]]`, ``),
		whole(`[["cups", []]]`, ``), whole(`[["a\"]", ["3"]], ["cups\"], *", ["3"]], ["cups.\"", ["3"]], ["\\", ["3"]]]`, ``),
		whole(`[["_version", ["x"]], ["_id", ["x"]], ["gone", ["x"]], ["", ["x"]], ["constructor", ["x"]], ["__proto__", ["x"]]]`, ``),
		whole(`[["day", ["\"><script>"]], ["hour", ["99:99"]], ["cups", ["\u202e"]]]`, ``),
		whole(`[["cups", ["3"]]]`, `, "step": "length"`), whole(`[["cups", ["3"]]]`, `, "step": {"a": 1}`), whole(`[["cups", ["3"]]]`, `, "lacks": 7, "moved": []`),
		`{"version": 5, "time": "soon", "id": "` + id + `", "answers": []}`, `{"time": NOW, "id": 5, "answers": [["cups", ["3"]]]}`,
		`{"time": NOW, "id": "x\"y", "answers": [["cups", ["3"]]]}`, `{"time": 1e308, "id": "` + id + `", "answers": [["cups", ["3"]]]}`,
	}
	v := newVisitor(t, 360)
	texts, err := json.Marshal(drafts)
	if err != nil {
		t.Fatal(err)
	}
	call(t, v, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(`{
		const at = new URLSearchParams(location.search).get("at"), text = %s[at];
		if (at) for (const storage of [localStorage, sessionStorage]) {
			storage.clear();
			for (const key of ["glasspoll:details", "glasspoll.said", "glasspoll.copy"]) storage.setItem(key, text.replace("NOW", Date.now()));
		}
	}`, texts)})
	for i, draft := range drafts {
		do(t, v, chromedp.Navigate(fmt.Sprintf("%sdetails/en/?at=%d", p.url, i)))
		runScript(t, v, `document.querySelector("[name=cups]").value = "99"; document.querySelector("[name=cups]").dispatchEvent(new Event("change", {bubbles: true}))`)
		waitFor(t, v, "a message after the draft "+draft, `!!document.getElementById("e-cups")`)
		check(t, v, map[string]string{
			"the fields of the form after " + draft: `document.querySelector("[name=_version]").value.length === 16 && /^[0-9a-f-]{36}$/.test(document.querySelector("[name=_id]").value)`,
		})
		do(t, v, chromedp.Navigate(fmt.Sprintf("%sdetails/en/thanks/?at=%d#7D9JD-Z8A0F-1H8P3-4ABCD-EFGHJK", p.url, i)))
		waitFor(t, v, "the receipt after "+draft, `!document.getElementById("receipt").hidden`)
	}
}

// TestReceiptHasItsForm opens the thank-you page with fragments that are no receipts.
func TestReceiptHasItsForm(t *testing.T) {
	t.Parallel()
	p, _ := startTyping(t)
	v := newVisitor(t, 360)
	for _, fragment := range []string{"", "call-0900-123456", "7D9JDZ8A0F1H8P34ABCDEFGHJK", "7d9jd-z8a0f-1h8p3-4abcd-efghjk", "7D9JD-Z8A0F-1H8P3-4ABCD-EFGHJU", "7D9JD-Z8A0F-1H8P3-4ABCD-EFGHJKX", "x7D9JD-Z8A0F-1H8P3-4ABCD-EFGHJK"} {
		do(t, v, chromedp.Navigate("about:blank"), chromedp.Navigate(p.url+"details/en/thanks/#"+fragment))
		waitFor(t, v, "the page", `document.readyState === "complete" && !!document.querySelector("[data-thanks]")`)
		check(t, v, map[string]string{fragment: `document.getElementById("receipt").hidden`})
	}
}

// TestHiddenValues sends a form with a value from the link that has 200 characters, and 400 in canonical form; and shows what a
// reply says of a hidden question.
func TestHiddenValues(t *testing.T) {
	t.Parallel()
	p, data := startTyping(t)
	v := newVisitor(t, 360)
	do(t, v, chromedp.Navigate(p.url+"details/en/?origin="+url.QueryEscape(strings.Repeat("\u0958", 200))))
	insert(t, v, "remark", "x")
	pressSubmit(t, v)
	waitForReceipt(t, v)

	do(t, v, chromedp.Navigate(p.url+"details/en/?origin=a"))
	runScript(t, v, `window.fetch = async () => new Response('{"problems": [{"question": "origin", "field": "origin", "code": "too_long", "message": "The origin is odd."}]}', {status: 422})`)
	insert(t, v, "remark", "y")
	pressSubmit(t, v)
	waitFor(t, v, "the message", `/The origin is odd/.test(document.getElementById("errors")?.textContent)`)
	checkOneStored(t, p.killAndReadAnswers(t, data, "details"), map[string]string{"remark": "x", "origin": strings.Repeat("\u0915\u093c", 100)})
}

// TestNothingIsSaidThatIsNot reads the copy of one's answers, and the line about a draft, where nothing is behind them.
func TestNothingIsSaidThatIsNot(t *testing.T) {
	t.Parallel()
	p, _ := startTyping(t)
	v := newVisitor(t, 360)
	do(t, v, chromedp.Navigate(p.url+"details/en/"))
	insert(t, v, "cups", "\u200b")
	insert(t, v, "tel", "\u2060 ")
	insert(t, v, "remark", "x")
	pressSubmit(t, v)
	waitForReceipt(t, v)
	check(t, v, map[string]string{"only what is stored": `[...document.querySelectorAll("#copy dt")].map(e => e.textContent).join() === "Remark"`})

	for answers, isHidden := range map[string]bool{`[]`: true, `[["gone", ["x"]]]`: true, `[["day", [""]]]`: true, `[["cups", ["3"]]]`: false} {
		runScript(t, v, fmt.Sprintf(`localStorage.setItem("glasspoll:details", JSON.stringify({version: "old", time: Date.now(), id: "6f1c3f0e-52f1-8d6b-9a52-0b4f3f1f7a11", pending: false, step: 0, answers: %s}))`, answers))
		do(t, v, chromedp.Navigate(p.url+"details/en/?"+url.QueryEscape(answers)))
		check(t, v, map[string]string{"the line of " + answers: fmt.Sprintf(`document.getElementById("kept").hidden === %v`, isHidden)})
	}
}

// TestNumbersFromRightToLeft looks at where the characters of a telephone number and of a word stand in the copy of one's answers.
func TestNumbersFromRightToLeft(t *testing.T) {
	t.Parallel()
	p, _ := startTyping(t)
	v := newVisitor(t, 360)
	do(t, v, chromedp.Navigate(p.url+"details/ar/"))
	insert(t, v, "tel", "+86 138 0013 8000")
	insert(t, v, "remark", "نعم شكرا")
	pressSubmit(t, v)
	waitForReceipt(t, v)
	runScript(t, v, `window.at = (n, i) => {
		const text = document.createTreeWalker(document.querySelectorAll("#copy dd")[n], NodeFilter.SHOW_TEXT).nextNode(), range = document.createRange();
		range.setStart(text, i < 0 ? text.length + i : i);
		range.setEnd(text, range.startOffset + 1);
		return range.getBoundingClientRect();
	}`)
	check(t, v, map[string]string{
		"the number from left to right": `at(0, 0).left < at(0, -1).left`,
		"the word from right to left":   `at(1, 0).left > at(1, -1).left`,
		"both end at the right":         `Math.abs(at(0, -1).right - at(1, 0).right) < 2`,
	})
}

// TestShortcutsStay presses a shortcut with a digit in a half typed date.
func TestShortcutsStay(t *testing.T) {
	t.Parallel()
	p, _ := startTyping(t)
	v := newVisitor(t, 360)
	do(t, v, chromedp.Navigate(p.url+"details/ar/"), chromedp.Focus(byName("day")), chromedp.KeyEvent("11"))
	for _, key := range []string{"ctrlKey", "metaKey"} {
		check(t, v, map[string]string{key: `document.querySelector("[name=day]").dispatchEvent(new KeyboardEvent("keydown", {key: "٥", ` + key + `: true, bubbles: true, cancelable: true}))
			&& document.querySelector("[name=day]").validity.badInput`})
	}
}

// TestBeginAnew starts another answer after one that was refused for good: with what is filled in, or without.
func TestBeginAnew(t *testing.T) {
	t.Parallel()
	p, data := startTyping(t)
	v := newVisitor(t, 360)
	v.accept = false
	do(t, v, chromedp.Navigate(p.url+"details/en/?c=web"))
	insert(t, v, "remark", "one")
	pressSubmit(t, v)
	waitForReceipt(t, v)
	refuse := func(text string) {
		t.Helper()
		runScript(t, v, `setTimeout(() => history.back())`)
		waitFor(t, v, "back at the form", `document.readyState === "complete" && !!document.querySelector("form")`)
		runScript(t, v, fmt.Sprintf(`document.querySelector("[name=remark]").value = %q; document.querySelector("[name=remark]").dispatchEvent(new Event("input", {bubbles: true})); document.querySelector(".send button:not([type])").click()`, text))
		waitFor(t, v, "the refusal", `!!document.querySelector("#errors #anew")`)
		check(t, v, map[string]string{"its title": `document.querySelector("#errors h2").textContent === "These answers were sent before"`})
	}
	refuse("two")
	id := read(t, v, chromedp.Evaluate[string](`document.querySelector("[name=_id]").value`))
	runScript(t, v, `setTimeout(() => document.getElementById("anew").click())`)
	waitFor(t, v, "another id", fmt.Sprintf(`document.querySelector("[name=_id]").value !== %q && !document.getElementById("errors")`, id))
	check(t, v, map[string]string{"what was typed stays": `document.querySelector("[name=remark]").value === "two"`})
	runScript(t, v, `document.querySelector(".send button:not([type])").click()`)
	waitForReceipt(t, v)

	refuse("three")
	v.accept = true
	runScript(t, v, `setTimeout(() => document.getElementById("anew").click())`)
	waitFor(t, v, "an empty form", `document.readyState === "complete" && document.querySelector("[name=remark]")?.value === "" && location.search === "?c=web"`)
	runScript(t, v, `document.querySelector("[name=remark]").value = "four"; document.querySelector(".send button:not([type])").click()`)
	waitForReceipt(t, v)
	var remarks []string
	for _, r := range p.killAndReadAnswers(t, data, "details") {
		remarks = append(remarks, r["remark"])
	}
	if want := []string{"one", "two", "four"}; !slices.Equal(remarks, want) {
		t.Errorf("stored are %q, want %q", remarks, want)
	}
}

// TestUnicodeOfBrowser checks that the browser has the decimal digits, marks and invisible characters that the handler has.
func TestUnicodeOfBrowser(t *testing.T) {
	t.Parallel()
	v := newVisitor(t, 360)
	for name, table := range map[string]*unicode.RangeTable{"Nd": unicode.Nd, "Cf": unicode.Cf, "Cc": unicode.Cc, "Z": unicode.Z, "M": unicode.M} {
		var want []int
		for c := rune(0); c <= unicode.MaxRune; c++ {
			if unicode.Is(table, c) {
				want = append(want, int(c))
			}
		}
		got := read(t, v, chromedp.Evaluate[[]int](fmt.Sprintf(`(() => {
			const found = [];
			for (let c = 0; c <= 0x10ffff; c++) if (/[\p{%s}]/u.test(String.fromCodePoint(c))) found.push(c);
			return found;
		})()`, name)))
		for _, c := range want {
			if _, there := slices.BinarySearch(got, c); !there {
				t.Errorf("%s: the browser lacks %U", name, c)
			}
		}
	}
}

// TestMessagesAreAlike compares what the script says of mistakes with what the handler's page says of the same: where, in which
// element, with which role, marks, and lines of the summary.
func TestMessagesAreAlike(t *testing.T) {
	t.Parallel()
	p := start(t, writeSurveys(t, map[string]string{"every.yaml": everyQuestion(t)}), t.TempDir())
	for _, language := range []string{"en", "zh"} {
		v := newVisitor(t, 768)
		do(t, v, chromedp.Navigate(p.url+"every/"+language+"/"))
		runScript(t, v, `{
			const type = (name, text) => { document.querySelector("[name='" + name + "']").value = text; };
			type("visits", "many"); type("mail", "nobody"); type("tel", "1"); type("site", "x"); type("split.price", "1");
			for (const [name, value] of [["many", "none"], ["many", "a"], ["weight.price.importance", "high"]]) document.querySelector("[name='" + name + "'][value='" + value + "']").checked = true;
			document.querySelector("[name=single]").dispatchEvent(new Event("input", {bubbles: true}));
		}`)
		pressSubmit(t, v)
		waitFor(t, v, "the messages", `!!document.getElementById("errors")`)
		different := read(t, v, chromedp.Evaluate[[]string](`(async () => {
			const form = document.querySelector("form[data-survey]");
			const reply = await fetch(form.getAttribute("action"), {method: "POST", body: new URLSearchParams(new FormData(form))});
			const page = new DOMParser().parseFromString(await reply.text(), "text/html");
			const marks = (of) => [...of.querySelectorAll("[data-q], [role=radiogroup], [aria-invalid], .err")].map((e) => [
				e.tagName, e.getAttribute("name"), e.dataset.q, e.getAttribute("role"), e.getAttribute("aria-invalid"), e.getAttribute("aria-describedby"),
				e.getAttribute("aria-labelledby"), e.classList.contains("bad"),
				e.matches(".err") && [e.id, e.parentNode.tagName, e.parentNode.id, e.parentNode.textContent.replace(/\s+/g, " ").trim()],
			].join("|"));
			const lines = (of) => [...of.querySelectorAll("#errors li")].map((e) => e.textContent.replace(/\s+/g, " ").trim());
			const before = [...marks(document), ...lines(document)], after = [...marks(page), ...lines(page)];
			return [String(reply.status), String(page.querySelectorAll(".err").length), ...before.filter((x) => !after.includes(x)).map((x) => "script  " + x), ...after.filter((x) => !before.includes(x)).map((x) => "handler " + x)];
		})()`, chromedp.EvalAwaitPromise))
		if different[0] != "422" || different[1] == "0" || len(different) > 2 {
			t.Errorf("%s: %s", language, strings.Join(different, "\n"))
		}
	}
}
