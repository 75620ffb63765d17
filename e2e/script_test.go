package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A gate is the way to a running program: what is sent through it may be lost before it arrives, or its answer on the
// way back.
type gate struct {
	url string

	mu     sync.Mutex
	mode   string // "", "dead", "lost" (the answer is), or what is answered: "503", "429", "portal"
	ids    []string
	bodies []string
}

func (g *gate) set(mode string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mode = mode
}

// sent lists the ids of the submissions that were tried to be sent.
func (g *gate) sent() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.ids...)
}

// passed reports whether a submission with a text in it was tried to be sent.
func (g *gate) passed(text string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.ContainsFunc(g.bodies, func(body string) bool { return strings.Contains(body, text) })
}

func through(t *testing.T, p *program) *gate {
	t.Helper()
	to, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	g := &gate{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			proxy.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		var s struct{ ID string }
		json.Unmarshal(body, &s) // what it is without a script is no matter here
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		g.mu.Lock()
		g.ids, g.bodies = append(g.ids, s.ID), append(g.bodies, string(body))
		mode := g.mode
		g.mu.Unlock()
		switch mode {
		case "dead", "lost":
			if mode == "lost" {
				proxy.ServeHTTP(httptest.NewRecorder(), r)
			}
			if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
				connection.Close()
			}
		case "503", "429":
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(map[string]int{"503": 503, "429": 429}[mode])
		case "413":
			http.Error(w, "<html>too large</html>", http.StatusRequestEntityTooLarge)
		case "portal": // as the network of a hotel does
			fmt.Fprint(w, "<html>Please pay first</html>")
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	g.url = server.URL + "/"
	return g
}

// visitor is a browser whose page may answer with any status, but whose script may not fail. Dialogs are answered as told,
// and counted.
type visitor struct {
	context.Context
	mu      sync.Mutex
	accept  bool
	dialogs []string
}

func (v *visitor) asked() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.dialogs)
}

func visit(t *testing.T, width int64) *visitor {
	t.Helper()
	return watchDialogs(t, newWindow(t, "", width))
}

// another opens one more page that shares its storage with v, in a window of its own: a tab in the background would draw
// nothing, and there would be nothing to click at.
func another(t *testing.T, v *visitor, width int64) *visitor {
	t.Helper()
	ctx, cancel := chromedp.NewContext(v.Context)
	t.Cleanup(cancel)
	prepare(t, ctx, width)
	return watchDialogs(t, ctx)
}

func watchDialogs(t *testing.T, ctx context.Context) *visitor {
	t.Helper()
	v := &visitor{Context: ctx, accept: true}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("the script failed: %s %+v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)
		case *page.EventJavascriptDialogOpening:
			v.mu.Lock()
			v.dialogs = append(v.dialogs, string(e.Type)+" "+e.Message)
			accept := v.accept
			v.mu.Unlock()
			go chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: accept})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	call(t, ctx, runtime.Enable, cdp.Empty{})
	call(t, ctx, page.Enable, page.EnableParams{})
	return v
}

// press clicks the button that leads on; what comes of it is for the caller to wait for.
func press(t *testing.T, v *visitor) {
	t.Helper()
	do(t, v, chromedp.Click(css(".send button:not([type])")))
}

// tick clicks the label of a choice, however it looks.
func tick(name, value string) step {
	return chromedp.Click(css(fmt.Sprintf(`label:has(> input[name=%q][value=%q])`, name, value)))
}

// received waits for the thank-you page, and returns the receipt.
func received(t *testing.T, v *visitor) string {
	t.Helper()
	becomes(t, v, "the thanks", `document.readyState === "complete" && !!document.querySelector("[data-thanks]") && location.hash.length > 4`)
	return read(t, v, chromedp.Evaluate[string](`document.querySelector("#receipt code").textContent`))
}

func holds(t *testing.T, v *visitor, facts map[string]string) {
	t.Helper()
	for what, expression := range facts {
		if !is(t, v, "!!("+expression+")") {
			t.Errorf("not so: %s: %s", what, expression)
		}
	}
}

// retype replaces what is in a box, and leaves it.
func retype(t *testing.T, v *visitor, name, text string) {
	t.Helper()
	run(t, v, fmt.Sprintf(`document.querySelector("[name=%s]").select()`, name))
	do(t, v, chromedp.SendKeys(css("[name="+name+"]"), text), chromedp.Blur(css("[name="+name+"]")))
}

func run(t *testing.T, v *visitor, script string) {
	t.Helper()
	do(t, v, chromedp.Evaluate[chromedp.Void](script))
}

const walkSurvey = `title: {zh: 满意度调查, en: Service survey}
languages: [zh, en]
layout: steps
channels: [web, phone]
results: {min_group: 1}
intro: {zh: 请按实际感受作答。, en: Please answer as you feel.}
sections:
  - title: {zh: 总体, en: Overall}
    questions:
      - {id: taste, type: rating, steps: 5, display: stars, required: true, label: {zh: 味道, en: Taste}}
      - {id: cups, type: number, min: 1, max: 20, label: {zh: 几杯, en: Cups}}
  - title: {zh: 不满之处, en: What was wrong}
    show_if: taste == 1
    questions:
      - {id: wrong, type: short_text, required: true, label: {zh: 哪里, en: What}}
  - title: {zh: 细节, en: Details}
    questions:
      - id: why
        type: multi_choice
        min: 2
        label: {zh: 为什么, en: Why}
        options: [{id: warm, label: {zh: 暖和, en: Warm}}, {id: cheap, label: {zh: 便宜, en: Cheap}}, {id: habit, label: {zh: 习惯, en: Habit}}]
      - id: parts
        type: matrix
        required: all
        scale: how
        label: {zh: 各项, en: Items}
        rows: [{id: cup, label: {zh: 杯子, en: Cup}}, {id: water, label: {zh: 水, en: Water}}]
      - {id: code, type: short_text, pattern: "(ab?|ba?)*", label: {zh: 编号, en: Code}}
  - title: {zh: 联系, en: Contact}
    questions:
      - {id: mail, type: email, label: {zh: 邮箱, en: E-mail}}
      - {id: remark, type: long_text, label: {zh: 意见, en: Remark}}
scales:
  how: [{id: good, label: {zh: 好, en: Good}, score: 2}, {id: bad, label: {zh: 差, en: Bad}, score: 1}]
`

const focused = `document.activeElement`

// TestSteps walks through a questionnaire in steps: messages beside the questions before one goes on, what does not apply
// left out of the way and of the count, the browser's own back button, and what the handler alone finds shown on its step.
func TestSteps(t *testing.T) {
	t.Parallel()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": walkSurvey}), t.TempDir())
	v := visit(t, 360)
	do(t, v, chromedp.Navigate(p.url+"tea/"))
	holds(t, v, map[string]string{
		"in words":      `document.getElementById("progress").textContent.trim() === "第 1 步，共 3 步"`,
		"as a bar":      `document.querySelector("progress").value === 1 && document.querySelector("progress").max === 3`,
		"one section":   `[...document.querySelectorAll("section")].filter(s => s.getClientRects().length).length === 1`,
		"on to next":    `document.querySelector(".send button:not([type])").textContent === "下一步"`,
		"no way back":   `document.getElementById("back").hidden`,
		"nothing wrong": `!document.querySelector(".err")`,
	})
	shot(t, v, "steps-first-zh-360")
	id := read(t, v, chromedp.Evaluate[string](`document.querySelector("[name=_id]").value`))

	do(t, v, chromedp.SendKeys(css("[name=cups]"), "99"), chromedp.KeyEvent(kb.Enter))
	becomes(t, v, "the messages", `document.getElementById("e-taste")?.textContent === "请回答此题。" && document.getElementById("e-cups")?.textContent === "数值不能大于20。"`)
	holds(t, v, map[string]string{
		"still the first step":      `document.querySelector("progress").value === 1`,
		"focus on the first":        focused + `.name === "taste"`,
		"read out with the name":    `document.querySelector("[data-q=taste] legend #e-taste") && document.querySelector("label[for=q-cups] #e-cups")`,
		"marked for those who hear": `document.querySelector("[name=cups]").getAttribute("aria-invalid") === "true" && document.querySelector("[data-q=taste]").getAttribute("aria-invalid") === "true"`,
	})
	shot(t, v, "steps-wrong-zh-360")
	axe(t, v, "a step with messages")
	do(t, v, tick("taste", "1"))
	retype(t, v, "cups", "2")
	becomes(t, v, "no messages", `!document.querySelector(".err, .bad, [aria-invalid=true]")`)
	holds(t, v, map[string]string{"one step more": `document.getElementById("progress").textContent.includes("共 4 步")`})
	do(t, v, tick("taste", "5"))
	press(t, v)
	becomes(t, v, "the second step", `document.querySelector("progress").value === 2`)
	holds(t, v, map[string]string{
		"without what does not apply": `document.getElementById("progress").textContent.trim() === "第 2 步，共 3 步"`,
		"its heading has the focus":   focused + `.textContent === "细节"`,
		"and says where one is":       focused + `.getAttribute("aria-describedby") === "progress"`,
		"no intro any more":           `document.querySelector(".intro").hidden`,
	})
	do(t, v, tick("why", "warm"))
	time.Sleep(400 * time.Millisecond) // a message would be there by now
	holds(t, v, map[string]string{"one may go on choosing": `!document.querySelector(".err")`})
	press(t, v)
	becomes(t, v, "what is missing", `document.getElementById("e-why")?.textContent === "请至少选择2项。" && document.getElementById("e-parts.cup")?.textContent === "请回答此题。"`)
	shot(t, v, "steps-missing-zh-360")
	do(t, v, tick("why", "habit"), tick("parts.cup", "good"), chromedp.SendKeys(css("[name=code]"), "xyz"))
	do(t, v, chromedp.Focus(css(`[name="parts.water"][value=good]`), chromedp.NodeReady), chromedp.KeyEvent(" "))
	becomes(t, v, "all answered", `!document.querySelector(".err")`)
	press(t, v)
	becomes(t, v, "the last step", `document.querySelector("progress").value === 3 && document.querySelector(".send button:not([type])").textContent === "提交问卷"`)

	do(t, v, chromedp.NavigateBack())
	becomes(t, v, "a step back", `document.querySelector("progress").value === 2`)
	do(t, v, chromedp.NavigateForward())
	becomes(t, v, "a step on", `document.querySelector("progress").value === 3`)
	do(t, v, chromedp.Click(css("#back")))
	becomes(t, v, "back by the page's button", `document.querySelector("progress").value === 2`)
	do(t, v, chromedp.NavigateForward())
	becomes(t, v, "which went back in the history", `document.querySelector("progress").value === 3`)
	v.accept = true
	do(t, v, chromedp.Reload())
	becomes(t, v, "the same step after a reload", `document.readyState === "complete" && document.querySelector("progress").value === 3`)
	holds(t, v, map[string]string{
		"the same submission": fmt.Sprintf(`document.querySelector("[name=_id]").value === %q`, id),
		"the same answers":    `document.querySelector("[name=taste]:checked").value === "5" && document.querySelector("[name=code]").value === "xyz"`,
	})

	do(t, v, chromedp.SendKeys(css("[name=mail]"), "li@example.com"), chromedp.KeyEvent(kb.Enter))
	time.Sleep(500 * time.Millisecond)
	holds(t, v, map[string]string{"Enter in a box does not send": `!!document.querySelector("form") && document.getElementById("state").textContent === ""`})
	press(t, v) // what the handler alone knows: the pattern is too tangled for a browser
	becomes(t, v, "the handler's problem on its step", `document.querySelector("progress").value === 2 && document.getElementById("e-code")?.textContent === "填写的内容不符合要求的格式。"`)
	holds(t, v, map[string]string{
		"a list on top":          `document.querySelectorAll("#errors li a").length === 1 && document.getElementById("errors") === ` + focused,
		"nothing is sent yet":    `document.querySelector("#errors h2").textContent.startsWith("尚未提交")`,
		"still the same":         fmt.Sprintf(`document.querySelector("[name=_id]").value === %q`, id),
		"what was typed is kept": `document.querySelector("[name=mail]").value === "li@example.com"`,
	})
	shot(t, v, "steps-refused-zh-360")
	axe(t, v, "a step with the handler's messages")
	do(t, v, chromedp.Click(css("#back")))
	becomes(t, v, "the first step", `document.querySelector("progress").value === 1`)
	do(t, v, chromedp.Click(css("#errors a")))
	becomes(t, v, "the link leads to the step", `document.querySelector("progress").value === 2 && `+focused+`.name === "code"`)
	retype(t, v, "code", "ab")
	becomes(t, v, "mended", `!document.querySelector(".err")`)
	press(t, v)
	becomes(t, v, "the last step", `document.querySelector("progress").value === 3`)
	do(t, v, chromedp.DoubleClick(css(".send button:not([type])")))
	receipt := received(t, v)
	shot(t, v, "steps-thanks-zh-360")
	axe(t, v, "the copy of one's own answers")
	holds(t, v, map[string]string{
		"a copy of one's own answers": `[...document.querySelectorAll("#copy dt")].map(e => e.textContent).join() === "味道,几杯,为什么,各项,编号,邮箱"`,
		"as one knows them":           `[...document.querySelectorAll("#copy dd")].map(e => e.textContent).join("|").endsWith("|2|暖和|习惯|杯子：好|水：好|ab|li@example.com")`,
		"kept in this tab alone":      `!localStorage.length && JSON.stringify(sessionStorage).includes("li@example.com")`,
		"a way to print it":           `document.querySelector("#copy button").textContent === "打印"`,
	})
	if receipt == "" || v.asked() != 1 { // at the reload
		t.Errorf("receipt %q, dialogs %q", receipt, v.dialogs)
	}
	p.respondents(t, "tea", 1)

	fresh := another(t, v, 360)
	do(t, fresh, chromedp.Navigate(read(t, v, chromedp.Location())))
	holds(t, fresh, map[string]string{"the copy is not in another tab": `document.getElementById("copy").hidden`})

	plain := visit(t, 360)
	call(t, plain, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	do(t, plain, chromedp.Navigate(p.url+"tea/"))
	holds(t, plain, map[string]string{
		"one page without a script": `[...document.querySelectorAll("section")].every(s => s.getClientRects().length)`,
		"with one button":           `[...document.querySelectorAll("button")].filter(b => b.getClientRects().length).length === 1`,
		"and nothing of the rest":   `["progress", "kept", "idle", "staff"].every(id => document.getElementById(id).hidden)`,
	})
}

const onePage = `title: {zh: 喝茶, en: Tea}
languages: [zh, en]
channels: [web, phone]
results: {min_group: 1}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: {zh: 味道, en: Taste}}
      - {id: cups, type: number, min: 1, max: 20, label: {zh: 几杯, en: Cups}}
      - {id: mail, type: email, label: {zh: 邮箱, en: E-mail}}
      - {id: note, type: short_text, private: true, label: {zh: 附注, en: Note}}
      - {id: remark, type: long_text, label: {zh: 意见, en: Remark}}
`

func teaHouse(t *testing.T) (*program, *gate) {
	t.Helper()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": onePage}), t.TempDir())
	return p, through(t, p)
}

// TestDrafts leaves a form half filled and comes back: what is not private is there again, says so, and can be cleared.
func TestDrafts(t *testing.T) {
	t.Parallel()
	p, g := teaHouse(t)
	v := visit(t, 360)
	do(t, v, chromedp.Navigate(g.url+"tea/en/"), tick("taste", "4"), chromedp.SendKeys(css("[name=mail]"), "secret@example.com"),
		chromedp.SendKeys(css("[name=note]"), "sesame"), chromedp.SendKeys(css("[name=remark]"), "好茶 & <b>谢谢</b>"))
	becomes(t, v, "kept", `(localStorage.getItem("glasspoll:tea") || "").includes("好茶")`)
	holds(t, v, map[string]string{
		"nothing private on the device": `!/secret|sesame/.test(JSON.stringify(localStorage) + JSON.stringify(sessionStorage))`,
		"the page says so":              `!document.getElementById("kept").hidden && document.getElementById("kept").textContent.startsWith("Not sent yet")`,
	})
	shot(t, v, "draft-en-360")
	v.accept = false
	run(t, v, `location.href = "../../"`)
	becomes(t, v, "a warning before leaving", `true`)
	for deadline := time.Now().Add(patience); v.asked() == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no warning before leaving")
		}
	}
	holds(t, v, map[string]string{"one can stay": `document.querySelector("[name=note]").value === "sesame"`})

	back := another(t, v, 360)
	do(t, back, chromedp.Navigate(g.url+"tea/")) // in the other language
	holds(t, back, map[string]string{
		"what was chosen":        `document.querySelector("[name=taste]:checked")?.value === "4"`,
		"what was written":       `document.querySelector("[name=remark]").value === "好茶 & <b>谢谢</b>"`,
		"nothing private":        `document.querySelector("[name=mail]").value + document.querySelector("[name=note]").value === ""`,
		"a line that says so":    `/^尚未提交。您于.+填写的内容已保存在本设备上。 单独保存的内容不会留在设备上/.test(document.getElementById("kept").textContent)`,
		"another submission":     `document.querySelector("[name=_id]").value !== JSON.parse(localStorage.getItem("glasspoll:tea")).id`,
		"the line is on the top": `document.getElementById("kept").getBoundingClientRect().top < document.querySelector("section").getBoundingClientRect().top`,
	})
	shot(t, back, "draft-restored-zh-360")
	axe(t, back, "a draft that was restored")

	// An older version's draft is restored for the questions there still are; one of a month ago not at all.
	run(t, back, `{const d = JSON.parse(localStorage.getItem("glasspoll:tea")); d.version = "old"; d.answers.push(["gone", ["x"]], ["cups", ["3"]]); localStorage.setItem("glasspoll:tea", JSON.stringify(d));}`)
	old := another(t, v, 360)
	do(t, old, chromedp.Navigate(g.url+"tea/en/"))
	holds(t, old, map[string]string{"questions that still exist": `document.querySelector("[name=taste]:checked")?.value === "4" && document.querySelector("[name=cups]").value === "3"`})
	old.accept = true
	do(t, old, chromedp.Click(css("#clear")))
	becomes(t, old, "cleared", `!document.querySelector("[name=taste]:checked") && document.querySelector("[name=remark]").value === "" && localStorage.length === 0 && document.getElementById("kept").hidden`)
	run(t, old, `localStorage.setItem("glasspoll:tea", JSON.stringify({version: "old", time: Date.now() - 31 * 864e5, id: "x", answers: [["cups", ["3"]]]}))`)
	late := another(t, v, 360)
	do(t, late, chromedp.Navigate(g.url+"tea/en/"))
	holds(t, late, map[string]string{"too old": `document.querySelector("[name=cups]").value === ""`})

	// What is on the screen stays when another tab keeps something else, and goes with the language.
	run(t, late, `localStorage.clear()`)
	do(t, late, tick("taste", "2"), chromedp.SendKeys(css("[name=note]"), "mine"))
	do(t, late, chromedp.Click(css(".langs a[lang=zh]")))
	becomes(t, late, "in Chinese", `document.readyState === "complete" && document.documentElement.lang === "zh"`)
	holds(t, late, map[string]string{
		"everything came along":  `document.querySelector("[name=taste]:checked")?.value === "2" && document.querySelector("[name=note]").value === "mine"`,
		"and no warning":         `true`,
		"nothing private stayed": `!JSON.stringify(localStorage).includes("mine")`,
	})
	if late.asked() != 0 {
		t.Errorf("going to another language asked %q", late.dialogs)
	}
	press(t, late)
	received(t, late)
	holds(t, late, map[string]string{"the draft is gone": `localStorage.length === 0`})
	p.respondents(t, "tea", 1)
}

// TestSendingOverADeadNetwork presses the button in a tunnel: the page never says that anything was sent, keeps trying under
// one id, also after a reload, and counts once, even if only the answer was lost.
func TestSendingOverADeadNetwork(t *testing.T) {
	t.Parallel()
	p, g := teaHouse(t)
	v := visit(t, 360)
	g.set("dead")
	do(t, v, chromedp.Navigate(g.url+"tea/en/"), tick("taste", "4"), chromedp.SendKeys(css("[name=mail]"), "li@example.com"))
	do(t, v, chromedp.Reload())
	becomes(t, v, "all there after a reload, what is private as well", `document.readyState === "complete" && document.querySelector("[name=taste]:checked")?.value === "4" && document.querySelector("[name=mail]").value === "li@example.com"`)
	press(t, v)
	becomes(t, v, "not sent yet", `document.getElementById("state").textContent.startsWith("Not sent yet")`)
	shot(t, v, "waiting-en-360")
	axe(t, v, "waiting for the network")
	holds(t, v, map[string]string{
		"nothing private on the device": `!JSON.stringify(localStorage).includes("li@")`,
		"but in this tab":               `JSON.stringify(sessionStorage).includes("li@")`,
	})
	do(t, v, chromedp.Reload())
	becomes(t, v, "still not sent after a reload", `document.readyState === "complete" && document.getElementById("state").textContent.startsWith("Not sent yet")`)
	holds(t, v, map[string]string{"everything is there": `document.querySelector("[name=taste]:checked")?.value === "4" && document.querySelector("[name=mail]").value === "li@example.com"`})
	g.set("lost")
	run(t, v, `dispatchEvent(new Event("online"))`)
	p.respondents(t, "tea", 1)
	holds(t, v, map[string]string{"the page knows nothing of it": `!document.querySelector("[data-thanks]")`})
	g.set("")
	run(t, v, `dispatchEvent(new Event("online"))`)
	received(t, v)
	p.respondents(t, "tea", 1)
	holds(t, v, map[string]string{"nothing is left": `localStorage.length === 0 && sessionStorage.getItem("glasspoll:tea") === null`})
	if ids := g.sent(); len(ids) < 4 || strings.Count(strings.Join(ids, " "), ids[0]) != len(ids) {
		t.Errorf("sent under the ids %q", ids)
	}

	// Back in the network by itself, without anybody's doing; and what is not the handler's answer is none.
	for _, mode := range []string{"503", "429", "portal"} {
		g.set(mode)
		next := another(t, v, 360)
		do(t, next, chromedp.Navigate(g.url+"tea/en/"), tick("taste", "4"))
		press(t, next)
		becomes(t, next, "not sent yet: "+mode, `document.getElementById("state").textContent.startsWith("Not sent yet")`)
		g.set("")
		received(t, next)
	}
	p.respondents(t, "tea", 4)

	// A new visit takes up what was on its way; but not without what is private.
	g.set("dead")
	last := another(t, v, 360)
	do(t, last, chromedp.Navigate(g.url+"tea/en/"), tick("taste", "3"))
	press(t, last)
	becomes(t, last, "not sent yet", `document.getElementById("state").textContent.startsWith("Not sent yet")`)
	g.set("")
	again := another(t, v, 360)
	do(t, again, chromedp.Navigate(g.url+"tea/"))
	received(t, again)
	p.respondents(t, "tea", 5)
	received(t, last) // it tries too, under the same id
	p.respondents(t, "tea", 5)

	g.set("dead")
	private := another(t, v, 360)
	do(t, private, chromedp.Navigate(g.url+"tea/en/"), tick("taste", "3"), chromedp.SendKeys(css("[name=note]"), "sesame"))
	press(t, private)
	becomes(t, private, "not sent yet", `document.getElementById("state").textContent.startsWith("Not sent yet")`)
	do(t, private, chromedp.SendKeys(css("[name=note]"), "!")) // now it is for the respondent to send it
	becomes(t, private, "waiting for the respondent", `document.getElementById("state").textContent === "" && sessionStorage.getItem("glasspoll:tea") === null`)
	g.set("")
	run(t, private, `dispatchEvent(new Event("online"))`)
	time.Sleep(500 * time.Millisecond)
	if g.passed("sesame!") { // what it was before may be on its way still
		t.Errorf("what was edited was sent by itself")
	}
	press(t, private)
	received(t, private)
	p.respondents(t, "tea", 6)

	// An answer that says no, in plain words, and nothing lost.
	g.set("413")
	large := another(t, v, 360)
	do(t, large, chromedp.Navigate(g.url+"tea/en/"), tick("taste", "3"))
	press(t, large)
	becomes(t, large, "a plain word", `document.querySelector("#errors li")?.textContent.startsWith("Your answers could not be stored")`)
	holds(t, large, map[string]string{"nothing is lost": `document.querySelector("[name=taste]:checked").value === "3" && localStorage.length === 1`})
}

// TestBackAndSendAgain goes back from the thanks and sends the same again, which is one submission, and something else,
// which is refused; two tabs are two submissions.
func TestBackAndSendAgain(t *testing.T) {
	t.Parallel()
	p, g := teaHouse(t)
	v := visit(t, 360)
	do(t, v, chromedp.Navigate(g.url+"tea/en/"), tick("taste", "4"))
	second := another(t, v, 360)
	do(t, second, chromedp.Navigate(g.url+"tea/en/"))
	press(t, v)
	receipt := received(t, v)
	// A page that comes back as it was left loads nothing that the driver would notice: from here on it is driven from inside.
	back := func() { run(t, v, `setTimeout(() => history.back())`) }
	press := func() { run(t, v, `document.querySelector(".send button:not([type])").click()`) }
	for range 2 {
		back()
		becomes(t, v, "back at the form", `document.readyState === "complete" && document.querySelector("[name=taste]:checked")?.value === "4" && !document.querySelector(".send [aria-disabled]")`)
		press()
		if again := received(t, v); again != receipt {
			t.Errorf("sent again: receipt %s, before it was %s", again, receipt)
		}
	}
	p.respondents(t, "tea", 1)
	back()
	becomes(t, v, "back at the form", `document.readyState === "complete" && document.querySelector("[name=taste]:checked")?.value === "4"`)
	run(t, v, `document.querySelector("[name=taste][value='1']").click()`)
	press()
	becomes(t, v, "told why not", `document.querySelector("#errors li")?.textContent.startsWith("Other answers were received from this form earlier, and they count.")`)

	do(t, second, tick("taste", "4"), chromedp.Click(css(".send button:not([type])")))
	if other := received(t, second); other == receipt {
		t.Error("two tabs are one submission")
	}
	r := p.respondents(t, "tea", 2)
	if r.Questions["taste"].Counts["4"] != 2 {
		t.Errorf("counts %v", r.Questions["taste"].Counts)
	}
}

// TestClosed sends to a survey that has closed in the meantime.
func TestClosed(t *testing.T) {
	t.Parallel()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": onePage + "window: {until: 2020-01-31}\n"}), t.TempDir())
	v := visit(t, 360)
	do(t, v, chromedp.Navigate(p.url+"tea/en/"), tick("taste", "4"))
	press(t, v)
	becomes(t, v, "told so", `document.querySelector("#errors li")?.textContent === "This survey closed on 31 January 2020. Answers are no longer accepted."`)
	holds(t, v, map[string]string{"nothing is lost": `document.querySelector("[name=taste]:checked").value === "4"`})
}

// TestKiosk fills a form on a machine that many people use: nobody finds anything of the one before.
func TestKiosk(t *testing.T) {
	t.Parallel()
	p, g := teaHouse(t)
	v := visit(t, 768)
	ownClock(t, v)
	do(t, v, chromedp.Navigate(g.url+"tea/en/?kiosk"), tick("taste", "4"), chromedp.SendKeys(css("[name=note]"), "sesame"))
	holds(t, v, map[string]string{"the browser offers nothing that others typed": `[...document.querySelectorAll("form, form input:not([type=hidden]), form textarea")].every(box => box.autocomplete === "off")`})
	length := read(t, v, chromedp.Evaluate[int](`history.length`))
	press(t, v)
	received(t, v)
	holds(t, v, map[string]string{
		"it says when it begins anew": `/^Starting again in \d+ s$/.test(document.querySelector("#again span").textContent)`,
		"no copy":                     `document.getElementById("copy").hidden`,
		"no way out":                  `[...document.querySelectorAll("a")].filter(a => a.checkVisibility() && !a.matches(".langs a, .skip, #again a")).length === 0`,
		"nothing is kept":             `localStorage.length + sessionStorage.length === 0`,
		"no way back":                 fmt.Sprintf(`history.length === %d`, length),
	})
	shot(t, v, "kiosk-thanks-en-768")
	do(t, v, chromedp.Click(css("#again a")))
	empty := `document.readyState === "complete" && !!document.querySelector("form") && !document.querySelector("[name=taste]:checked") && document.querySelector("[name=note]").value === "" && location.search === "?kiosk"`
	becomes(t, v, "empty again", empty)
	do(t, v, tick("taste", "3"))
	press(t, v)
	received(t, v)
	left := func(what string, seconds int) {
		t.Helper()
		becomes(t, v, what, fmt.Sprintf(`document.querySelector("#again span").textContent === "Starting again in %d s"`, seconds))
	}
	pass(t, v, 19)
	left("a second is left", 1)
	do(t, v, chromedp.KeyEvent("\t"))
	left("somebody is still there", 20)
	pass(t, v, 19)
	left("a second is left again", 1)
	pass(t, v, 1)
	becomes(t, v, "empty again, by itself", empty)
	holds(t, v, map[string]string{"no way back": fmt.Sprintf(`history.length === %d`, length)})
	p.respondents(t, "tea", 2)

	do(t, v, chromedp.Navigate(g.url+"tea/en/?kiosk=180"), tick("taste", "2"))
	pass(t, v, 179)
	becomes(t, v, "a word of warning", `!document.getElementById("idle").hidden`)
	shot(t, v, "kiosk-idle-en-768")
	do(t, v, chromedp.Click(css("#idle button")))
	holds(t, v, map[string]string{"somebody is there": `document.getElementById("idle").hidden && document.querySelector("[name=taste]:checked")?.value === "2"`})
	pass(t, v, 181)
	becomes(t, v, "cleared when nobody is", `document.readyState === "complete" && !document.querySelector("[name=taste]:checked")`)
	if v.asked() != 0 {
		t.Errorf("it asked %q", v.dialogs)
	}
	// Not while something is on its way.
	g.set("dead")
	do(t, v, tick("taste", "5"))
	press(t, v)
	becomes(t, v, "not sent yet", `document.getElementById("state").textContent.startsWith("Not sent yet")`)
	// Longer than it waits for anybody; it looks twice a second.
	pass(t, v, 1000)
	looked := chromedp.Evaluate[bool](`new Promise(done => setTimeout(() => done(true), 1100))`, chromedp.EvalAwaitPromise)
	if !read(t, v, looked) {
		t.Error("the page was left")
	}
	holds(t, v, map[string]string{"not cleared": `document.querySelector("[name=taste]:checked")?.value === "5"`})
	g.set("")
	received(t, v)
	p.respondents(t, "tea", 3)
}

// TestTelephone writes down what is said on the telephone, one after the other.
func TestTelephone(t *testing.T) {
	t.Parallel()
	p, g := teaHouse(t)
	v := visit(t, 1280)
	do(t, v, chromedp.Navigate(g.url+"tea/?c=phone"))
	holds(t, v, map[string]string{"it says who writes": `document.getElementById("staff").checkVisibility() && document.getElementById("staff").textContent === "工作人员代填：电话"`})
	for n := range 2 {
		do(t, v, tick("taste", "4"), chromedp.SendKeys(css("[name=note]"), "sesame"))
		time.Sleep(600 * time.Millisecond) // a draft would be there by now
		holds(t, v, map[string]string{"nothing is kept": `localStorage.length === 0`})
		press(t, v)
		received(t, v)
		p.respondents(t, "tea", n+1)
		do(t, v, chromedp.Click(css("#another a")))
		becomes(t, v, "an empty form for the next", `document.readyState === "complete" && location.search === "?c=phone" && !!document.querySelector("form") && !document.querySelector("[name=taste]:checked") && document.querySelector("[name=note]").value === "" && sessionStorage.length === 0`)
	}
	do(t, v, chromedp.Navigate(g.url+"tea/"))
	holds(t, v, map[string]string{"not for respondents": `document.getElementById("staff").hidden`})
}

// TestStorageBlocked fills a form in a browser that lets pages keep nothing.
func TestStorageBlocked(t *testing.T) {
	t.Parallel()
	p, g := teaHouse(t)
	v := visit(t, 360)
	call(t, v, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, {get() { throw new DOMException("no", "SecurityError"); }});`})
	do(t, v, chromedp.Navigate(g.url+"tea/en/"), tick("taste", "4"), chromedp.SendKeys(css("[name=remark]"), "x"))
	g.set("dead")
	press(t, v)
	becomes(t, v, "not sent yet", `document.getElementById("state").textContent.startsWith("Not sent yet")`)
	g.set("")
	received(t, v)
	p.respondents(t, "tea", 1)
}

// TestOddNames asks questions whose names mean something to a form.
func TestOddNames(t *testing.T) {
	t.Parallel()
	var y strings.Builder
	y.WriteString("title: T\nlayout: steps\nresults: {min_group: 1}\nsections:\n")
	names := []string{"action", "elements", "dataset", "submit", "children", "before", "method", "name", "reset", "hidden", "constructor", "id", "length"}
	for _, name := range names {
		fmt.Fprintf(&y, "  - questions:\n      - {id: %s, type: short_text, required: true, label: %s}\n", name, name)
	}
	p := start(t, writeSurveys(t, map[string]string{"odd.yaml": y.String()}), t.TempDir())
	v := visit(t, 360)
	do(t, v, chromedp.Navigate(p.url+"odd/"))
	for i, name := range names {
		becomes(t, v, name, fmt.Sprintf(`document.querySelector("progress").value === %d`, i+1))
		do(t, v, chromedp.SendKeys(css("[name="+name+"]"), "x"))
		press(t, v)
	}
	received(t, v)
	p.respondents(t, "odd", 1)
}

const keysSurvey = `title: T
results: {min_group: 1}
sections:
  - questions:
      - {id: stars, type: rating, steps: 5, display: stars, label: Stars}
      - {id: faces, type: rating, steps: 5, display: faces, label: Faces}
      - {id: nps, type: nps, label: Recommend}
      - {id: warm, type: number, min: 0, max: 10, display: slider, label: Warm}
      - {id: first, type: ranking, label: Order, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]}
      - {id: again, type: yes_no, label: Again}
`

// TestKeys fills what has a look of its own by keyboard alone, and sees where it is.
func TestKeys(t *testing.T) {
	t.Parallel()
	p := start(t, writeSurveys(t, map[string]string{"keys.yaml": keysSurvey}), t.TempDir())
	v := visit(t, 768)
	do(t, v, chromedp.Navigate(p.url+"keys/"))
	key := func(keys ...string) {
		t.Helper()
		for _, k := range keys {
			do(t, v, chromedp.KeyEvent(k))
		}
	}
	visible := func(what string) {
		t.Helper()
		if !is(t, v, `(() => { for (let e = document.activeElement; e && e.tagName !== "FIELDSET"; e = e.parentElement) { const s = getComputedStyle(e); if (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2) return true; } return false; })()`) {
			t.Errorf("one does not see that the focus is on %s", what)
		}
	}
	run(t, v, `document.querySelector("h1").tabIndex = -1; document.querySelector("h1").focus()`)
	key(kb.Tab)
	for !is(t, v, focused+`.name === "stars"`) {
		key(kb.Tab)
	}
	key(" ", kb.ArrowRight, kb.ArrowRight, kb.ArrowRight)
	visible("a star")
	key(kb.Tab, " ", kb.ArrowRight)
	visible("a face")
	key(kb.Tab, kb.ArrowLeft)
	visible("a number")
	key(kb.Tab, kb.ArrowRight)
	visible("the slider")
	holds(t, v, map[string]string{
		"stars":  `document.querySelector("[name=stars]:checked")?.value === "4"`,
		"faces":  `document.querySelector("[name=faces]:checked")?.value === "2"`,
		"nps":    `document.querySelector("[name=nps]:checked")?.value === "10"`,
		"slider": `document.querySelector("[name=warm]").value === "6"`,
	})
	for !is(t, v, focused+`.className === "pick"`) {
		key(kb.Tab)
	}
	key(" ", kb.Tab, kb.Tab) // A is first; what can be moved comes between
	for !is(t, v, focused+`.className === "pick" && `+focused+`.textContent.includes("C")`) {
		key(kb.Tab)
	}
	key(kb.Enter)
	visible("an option")
	holds(t, v, map[string]string{
		"ranks":             `["a", "b", "c"].map(o => document.querySelector("[name='first." + o + "']").value).join() === "1,,2"`,
		"focus stays there": focused + `.textContent.includes("C")`,
	})
	key(kb.Tab, kb.Enter)
	holds(t, v, map[string]string{"moved up": `["a", "b", "c"].map(o => document.querySelector("[name='first." + o + "']").value).join() === "2,,1"`})
	for !is(t, v, focused+`.name === "again"`) {
		key(kb.Tab)
	}
	key(" ", kb.Tab)
	visible("the button")
	key(kb.Enter) // B is missing
	becomes(t, v, "the rank that is missing is no problem, or said", `!!document.querySelector("[data-thanks]") || !!document.querySelector(".err")`)
	received(t, v)
	p.respondents(t, "keys", 1)
}
