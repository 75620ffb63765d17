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
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A faultyProxy passes requests on to a server. It can lose submissions or their replies, or reply itself.
type faultyProxy struct {
	url string

	mu     sync.Mutex
	mode   string // for submissions: "" passes on, "dead" loses them, "lost" loses the reply, others reply
	ids    []string
	bodies []string
}

func (g *faultyProxy) setMode(mode string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mode = mode
}

// sentIDs returns the id of each submission that has arrived here.
func (g *faultyProxy) sentIDs() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.ids...)
}

// sentText reports whether a submission that contains a text has arrived here.
func (g *faultyProxy) sentText(text string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.ContainsFunc(g.bodies, func(body string) bool { return strings.Contains(body, text) })
}

func newFaultyProxy(t *testing.T, p *server) *faultyProxy {
	t.Helper()
	to, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	g := &faultyProxy{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			proxy.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		var s struct{ ID string }
		json.Unmarshal(body, &s) // a form sent without a script has no id here
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
		case "503":
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		case "API 429", "API 500": // of an API on AWS, before any handler
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(map[string]int{"API 429": 429, "API 500": 500}[mode])
			fmt.Fprint(w, `{"message":"Too Many Requests"}`)
		case "CDN 504":
			http.Error(w, "<html>504 Gateway Timeout</html>", http.StatusGatewayTimeout)
		case "unstorable":
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, `{"problems":[{"question":"","code":"unstorable","message":"Your answers could not be stored: a fault has to be mended."}]}`)
		case "413":
			http.Error(w, "<html>too large</html>", http.StatusRequestEntityTooLarge)
		case "portal": // a captive portal
			fmt.Fprint(w, "<html>Please pay first</html>")
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	g.url = server.URL + "/"
	return g
}

// visitor is a page that may get any status, but whose script may not fail. It accepts or refuses dialogs, and records them.
type visitor struct {
	context.Context
	mu      sync.Mutex
	accept  bool
	dialogs []string
}

func (v *visitor) dialogCount() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.dialogs)
}

func newVisitor(t *testing.T, width int64) *visitor {
	t.Helper()
	return watchDialogs(t, newWindow(t, "", width))
}

// newTab opens another page that shares its storage with v. It has its own window: a tab in the background is not drawn, and
// cannot be clicked.
func newTab(t *testing.T, v *visitor, width int64) *visitor {
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
			t.Errorf("a script failed: %s %+v", e.ExceptionDetails.Text, e.ExceptionDetails.Exception)
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

// pressSubmit clicks the button that sends the form or shows the next step. The caller waits for what is to happen.
func pressSubmit(t *testing.T, v *visitor) {
	t.Helper()
	do(t, v, clickOn(".send button:not([type])"))
}

// clickLabel clicks the label of a choice.
func clickLabel(name, value string) action {
	return chromedp.Click(css(fmt.Sprintf(`label:has(> input[name=%q][value=%q])`, name, value)))
}

// waitForReceipt waits for the thank-you page, and returns its receipt.
func waitForReceipt(t *testing.T, v *visitor) string {
	t.Helper()
	waitFor(t, v, "the thank-you page", `document.readyState === "complete" && !!document.querySelector("[data-thanks]") && location.hash.length > 4`)
	return read(t, v, chromedp.Evaluate[string](`document.querySelector("#receipt code").textContent`))
}

// check fails for each expression that is false in the page. Its key says what the expression stands for.
func check(t *testing.T, v *visitor, expressions map[string]string) {
	t.Helper()
	for what, expression := range expressions {
		if !isTrue(t, v, "!!("+expression+")") {
			t.Errorf("%s: false: %s", what, expression)
		}
	}
}

// retype replaces the text of a box, and moves the focus out of it.
func retype(t *testing.T, v *visitor, name, text string) {
	t.Helper()
	runScript(t, v, fmt.Sprintf(`document.querySelector("[name=%s]").select()`, name))
	do(t, v, chromedp.SendKeys(css("[name="+name+"]"), text), chromedp.Blur(css("[name="+name+"]")))
}

func runScript(t *testing.T, v *visitor, script string) {
	t.Helper()
	do(t, v, chromedp.Evaluate[chromedp.Void](script))
}

const stepsSurvey = `title: {zh: 满意度调查, en: Service survey}
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

// TestSteps fills in a questionnaire in steps: messages appear beside the questions before the next step, sections that do not
// apply are neither shown nor counted, the browser's back button goes a step back, and a problem that only the handler finds is
// shown on its step.
func TestSteps(t *testing.T) {
	t.Parallel()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": stepsSurvey}), t.TempDir())
	v := newVisitor(t, 360)
	do(t, v, chromedp.Navigate(p.url+"tea/"))
	check(t, v, map[string]string{
		"progress text":  `document.getElementById("progress").textContent.trim() === "第 1 步，共 3 步"`,
		"progress bar":   `document.querySelector("progress").value === 1 && document.querySelector("progress").max === 4`,
		"one section":    `[...document.querySelectorAll("section")].filter(s => s.getClientRects().length).length === 1`,
		"button":         `document.querySelector(".send button:not([type])").textContent === "下一步"`,
		"no back button": `document.getElementById("back").hidden`,
		"no messages":    `!document.querySelector(".err")`,
	})
	screenshot(t, v, "steps-first-zh-360")
	id := read(t, v, chromedp.Evaluate[string](`document.querySelector("[name=_id]").value`))

	do(t, v, chromedp.SendKeys(css("[name=cups]"), "99"), chromedp.KeyEvent(kb.Enter))
	waitFor(t, v, "the messages", `document.getElementById("e-taste")?.textContent === "请回答此题。" && document.getElementById("e-cups")?.textContent === "数值不能大于20。"`)
	check(t, v, map[string]string{
		"still the first step":        `document.querySelector("progress").value === 1`,
		"focus on the first":          focused + `.name === "taste"`,
		"part of the accessible name": `document.querySelector("[data-q=taste] legend #e-taste") && document.querySelector("label[for=q-cups] #e-cups")`,
		"marked as invalid":           `document.querySelector("[name=cups]").getAttribute("aria-invalid") === "true" && document.querySelector("[data-q=taste]").getAttribute("aria-invalid") === "true"`,
	})
	screenshot(t, v, "steps-wrong-zh-360")
	runAxe(t, v, "a step with messages")
	do(t, v, clickLabel("taste", "1"))
	retype(t, v, "cups", "2")
	waitFor(t, v, "no messages", `!document.querySelector(".err, .bad, [aria-invalid=true]")`)
	check(t, v, map[string]string{"one more step": `document.getElementById("progress").textContent.includes("共 4 步")`})
	do(t, v, clickLabel("taste", "5"))
	pressSubmit(t, v)
	waitFor(t, v, "the second step", `document.querySelector("progress").value === 2`)
	check(t, v, map[string]string{
		"without the section that does not apply":  `document.getElementById("progress").textContent.trim() === "第 2 步，共 3 步"`,
		"its heading has the focus":                focused + `.textContent === "细节"`,
		"the heading is described by the progress": focused + `.getAttribute("aria-describedby") === "progress"`,
		"no intro": `!document.querySelector(".intro").checkVisibility()`,
	})
	do(t, v, clickLabel("why", "warm"))
	time.Sleep(400 * time.Millisecond) // long enough for a message to appear
	check(t, v, map[string]string{"no message after the first choice": `!document.querySelector(".err")`})
	pressSubmit(t, v)
	waitFor(t, v, "messages of what is missing", `document.getElementById("e-why")?.textContent === "请至少选择2项。" && document.getElementById("e-parts.cup")?.textContent === "请回答此题。"`)
	screenshot(t, v, "steps-missing-zh-360")
	do(t, v, clickLabel("why", "habit"), clickLabel("parts.cup", "good"), chromedp.SendKeys(css("[name=code]"), "xyz"))
	do(t, v, chromedp.Focus(css(`[name="parts.water"][value=good]`), chromedp.NodeReady), chromedp.KeyEvent(" "))
	waitFor(t, v, "no messages", `!document.querySelector(".err")`)
	pressSubmit(t, v)
	waitFor(t, v, "the last step", `document.querySelector("progress").value === 3 && document.querySelector(".send button:not([type])").textContent === "提交问卷"`)

	do(t, v, chromedp.NavigateBack())
	waitFor(t, v, "a step back", `document.querySelector("progress").value === 2`)
	do(t, v, chromedp.NavigateForward())
	waitFor(t, v, "a step forward", `document.querySelector("progress").value === 3`)
	do(t, v, chromedp.Click(css("#back")))
	waitFor(t, v, "back by the page's button", `document.querySelector("progress").value === 2`)
	do(t, v, chromedp.NavigateForward())
	waitFor(t, v, "forward again: the button went back in the history", `document.querySelector("progress").value === 3`)
	v.accept = true
	do(t, v, chromedp.Reload())
	waitFor(t, v, "the same step after a reload", `document.readyState === "complete" && document.querySelector("progress").value === 3`)
	check(t, v, map[string]string{
		"the same id":      fmt.Sprintf(`document.querySelector("[name=_id]").value === %q`, id),
		"the same answers": `document.querySelector("[name=taste]:checked").value === "5" && document.querySelector("[name=code]").value === "xyz"`,
	})

	do(t, v, chromedp.SendKeys(css("[name=mail]"), "li@example.com"), chromedp.KeyEvent(kb.Enter))
	time.Sleep(500 * time.Millisecond)
	check(t, v, map[string]string{"Enter in a box does not send": `!!document.querySelector("form") && document.getElementById("state").textContent === ""`})
	pressSubmit(t, v) // only the handler checks this pattern, which is too complex for browsers
	waitFor(t, v, "the handler's message on its step", `document.querySelector("progress").value === 2 && document.getElementById("e-code")?.textContent === "填写的内容不符合要求的格式。"`)
	check(t, v, map[string]string{
		"a summary with the focus":              `document.querySelectorAll("#errors li a").length === 1 && document.getElementById("errors") === ` + focused,
		"the summary says that nothing is sent": `document.querySelector("#errors h2").textContent.startsWith("尚未提交")`,
		"the same id":                           fmt.Sprintf(`document.querySelector("[name=_id]").value === %q`, id),
		"what was typed is kept":                `document.querySelector("[name=mail]").value === "li@example.com"`,
	})
	screenshot(t, v, "steps-refused-zh-360")
	runAxe(t, v, "a step with the handler's messages")
	do(t, v, chromedp.Click(css("#back")))
	waitFor(t, v, "the first step", `document.querySelector("progress").value === 1`)
	do(t, v, chromedp.Click(css("#errors a")))
	waitFor(t, v, "the step that the summary links to", `document.querySelector("progress").value === 2 && `+focused+`.name === "code"`)
	retype(t, v, "code", "ab")
	waitFor(t, v, "no message", `!document.querySelector(".err")`)
	pressSubmit(t, v)
	waitFor(t, v, "the last step", `document.querySelector("progress").value === 3`)
	do(t, v, chromedp.DoubleClick(css(".send button:not([type])")))
	receipt := waitForReceipt(t, v)
	screenshot(t, v, "steps-thanks-zh-360")
	runAxe(t, v, "the copy of the answers")
	check(t, v, map[string]string{
		"the questions in the copy": `[...document.querySelectorAll("#copy dt")].map(e => e.textContent).join() === "味道,几杯,为什么,各项,编号,邮箱"`,
		"the answers in the copy":   `[...document.querySelectorAll("#copy dd")].map(e => e.textContent).join("|").endsWith("|2|暖和|习惯|杯子：好|水：好|ab|li@example.com")`,
		"stored for this tab only":  `!localStorage.length && JSON.stringify(sessionStorage).includes("li@example.com")`,
		"a button to print it":      `document.querySelector("#copy button").textContent === "打印"`,
	})
	if receipt == "" || v.dialogCount() != 1 { // one at the reload
		t.Errorf("receipt %q, dialogs %q", receipt, v.dialogs)
	}
	p.waitForRespondents(t, "tea", 1)

	fresh := newTab(t, v, 360)
	do(t, fresh, chromedp.Navigate(read(t, v, chromedp.Location())))
	check(t, fresh, map[string]string{"no copy in another tab": `document.getElementById("copy").hidden`})

	plain := newVisitor(t, 360)
	openWithoutScript(t, plain, p.url+"tea/")
	check(t, plain, map[string]string{
		"all sections without a script": `[...document.querySelectorAll("section")].every(s => s.getClientRects().length)`,
		"one button":                    `[...document.querySelectorAll("button")].filter(b => b.getClientRects().length).length === 1`,
		"nothing that needs the script": `["progress", "kept", "idle", "staff"].every(id => document.getElementById(id).hidden)`,
	})
}

const privateTeaSurvey = `title: {zh: 喝茶, en: Tea}
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

// startTea starts a server with privateTeaSurvey, and a faultyProxy to it.
func startTea(t *testing.T) (*server, *faultyProxy) {
	t.Helper()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": privateTeaSurvey}), t.TempDir())
	return p, newFaultyProxy(t, p)
}

// TestDrafts leaves a form half filled in and opens it again: answers that are not private are restored, the page says so, and
// they can be cleared.
func TestDrafts(t *testing.T) {
	t.Parallel()
	p, g := startTea(t)
	v := newVisitor(t, 360)
	do(t, v, chromedp.Navigate(g.url+"tea/en/"), clickLabel("taste", "4"), chromedp.SendKeys(css("[name=mail]"), "secret@example.com"),
		chromedp.SendKeys(css("[name=note]"), "sesame"), chromedp.SendKeys(css("[name=remark]"), "好茶 & <b>谢谢</b>"))
	waitFor(t, v, "the stored draft", `(localStorage.getItem("glasspoll:tea") || "").includes("好茶")`)
	check(t, v, map[string]string{
		"nothing private stored": `!/secret|sesame/.test(JSON.stringify(localStorage) + JSON.stringify(sessionStorage))`,
		"the page says so":       `!document.getElementById("kept").hidden && document.getElementById("kept").textContent.startsWith("Not sent yet")`,
	})
	screenshot(t, v, "draft-en-360")
	v.accept = false
	runScript(t, v, `location.href = "../../"`)
	for deadline := time.Now().Add(patience); v.dialogCount() == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no warning before leaving")
		}
	}
	check(t, v, map[string]string{"still on the page": `document.querySelector("[name=note]").value === "sesame"`})

	back := newTab(t, v, 360)
	do(t, back, chromedp.Navigate(g.url+"tea/")) // in the other language
	check(t, back, map[string]string{
		"the choice":           `document.querySelector("[name=taste]:checked")?.value === "4"`,
		"the text":             `document.querySelector("[name=remark]").value === "好茶 & <b>谢谢</b>"`,
		"nothing private":      `document.querySelector("[name=mail]").value + document.querySelector("[name=note]").value === ""`,
		"a line that says so":  `/^尚未提交。您于.+填写的内容已保存在本设备上。 单独保存的内容不会留在设备上/.test(document.getElementById("kept").textContent)`,
		"a new id":             `document.querySelector("[name=_id]").value !== JSON.parse(localStorage.getItem("glasspoll:tea")).id`,
		"the line comes first": `document.getElementById("kept").getBoundingClientRect().top < document.querySelector("section").getBoundingClientRect().top`,
	})
	screenshot(t, back, "draft-restored-zh-360")
	runAxe(t, back, "a restored draft")

	// The draft of an older version is restored for questions that still exist. One that is over a month old is not.
	runScript(t, back, `{const d = JSON.parse(localStorage.getItem("glasspoll:tea")); d.version = "old"; d.answers.push(["gone", ["x"]], ["cups", ["3"]]); localStorage.setItem("glasspoll:tea", JSON.stringify(d));}`)
	old := newTab(t, v, 360)
	do(t, old, chromedp.Navigate(g.url+"tea/en/"))
	check(t, old, map[string]string{"questions that still exist": `document.querySelector("[name=taste]:checked")?.value === "4" && document.querySelector("[name=cups]").value === "3"`})
	old.accept = true
	do(t, old, chromedp.Click(css("#clear")))
	waitFor(t, old, "cleared", `!document.querySelector("[name=taste]:checked") && document.querySelector("[name=remark]").value === "" && localStorage.length === 0 && document.getElementById("kept").hidden`)
	runScript(t, old, `localStorage.setItem("glasspoll:tea", JSON.stringify({version: "old", time: Date.now() - 31 * 864e5, id: "x", answers: [["cups", ["3"]]]}))`)
	late := newTab(t, v, 360)
	do(t, late, chromedp.Navigate(g.url+"tea/en/"))
	check(t, late, map[string]string{"too old": `document.querySelector("[name=cups]").value === ""`})

	// A change of language keeps what is on the screen, whatever another tab has stored.
	runScript(t, late, `localStorage.clear()`)
	do(t, late, clickLabel("taste", "2"), chromedp.SendKeys(css("[name=note]"), "mine"))
	do(t, late, chromedp.Click(css(".langs a[lang=zh]")))
	waitFor(t, late, "in Chinese", `document.readyState === "complete" && document.documentElement.lang === "zh"`)
	check(t, late, map[string]string{
		"all answers":            `document.querySelector("[name=taste]:checked")?.value === "2" && document.querySelector("[name=note]").value === "mine"`,
		"nothing private stored": `!JSON.stringify(localStorage).includes("mine")`,
	})
	if late.dialogCount() != 0 {
		t.Errorf("changing the language showed the dialogs %q", late.dialogs)
	}
	pressSubmit(t, late)
	waitForReceipt(t, late)
	check(t, late, map[string]string{"the draft is gone": `localStorage.length === 0`})
	p.waitForRespondents(t, "tea", 1)
}

// TestSendingWithoutNetwork sends while submissions or their replies are lost: the page never says that anything was sent,
// retries under one id, also after a reload, and the submission counts once.
func TestSendingWithoutNetwork(t *testing.T) {
	t.Parallel()
	p, g := startTea(t)
	v := newVisitor(t, 360)
	g.setMode("dead")
	do(t, v, chromedp.Navigate(g.url+"tea/en/"), clickLabel("taste", "4"), chromedp.SendKeys(css("[name=mail]"), "li@example.com"))
	do(t, v, chromedp.Reload())
	waitFor(t, v, "all answers after a reload, private ones too", `document.readyState === "complete" && document.querySelector("[name=taste]:checked")?.value === "4" && document.querySelector("[name=mail]").value === "li@example.com"`)
	pressSubmit(t, v)
	waitFor(t, v, "not sent yet", `document.getElementById("state").textContent.startsWith("Not sent yet")`)
	screenshot(t, v, "waiting-en-360")
	runAxe(t, v, "waiting for the network")
	check(t, v, map[string]string{
		"nothing private in localStorage": `!JSON.stringify(localStorage).includes("li@")`,
		"but in sessionStorage":           `JSON.stringify(sessionStorage).includes("li@")`,
	})
	do(t, v, chromedp.Reload())
	waitFor(t, v, "still not sent after a reload", `document.readyState === "complete" && document.getElementById("state").textContent.startsWith("Not sent yet")`)
	check(t, v, map[string]string{"all answers": `document.querySelector("[name=taste]:checked")?.value === "4" && document.querySelector("[name=mail]").value === "li@example.com"`})
	g.setMode("lost")
	runScript(t, v, `dispatchEvent(new Event("online"))`)
	p.waitForRespondents(t, "tea", 1)
	check(t, v, map[string]string{"no thanks without a reply": `!document.querySelector("[data-thanks]")`})
	g.setMode("")
	runScript(t, v, `dispatchEvent(new Event("online"))`)
	waitForReceipt(t, v)
	p.waitForRespondents(t, "tea", 1)
	check(t, v, map[string]string{"nothing stored": `localStorage.length === 0 && sessionStorage.getItem("glasspoll:tea") === null`})
	if ids := g.sentIDs(); len(ids) < 4 || strings.Count(strings.Join(ids, " "), ids[0]) != len(ids) {
		t.Errorf("sent under the ids %q, want one id at least 4 times", ids)
	}

	// The page retries by itself, also after replies that are not the handler's.
	for _, mode := range []string{"503", "API 429", "API 500", "CDN 504", "portal"} {
		g.setMode(mode)
		next := newTab(t, v, 360)
		do(t, next, chromedp.Navigate(g.url+"tea/en/"), clickLabel("taste", "4"))
		pressSubmit(t, next)
		waitFor(t, next, "not sent yet: "+mode, `document.getElementById("state").textContent.startsWith("Not sent yet")`)
		g.setMode("")
		waitForReceipt(t, next)
	}
	p.waitForRespondents(t, "tea", 6)

	// Opening the form again continues to send, unless there are private answers, which are not stored.
	g.setMode("dead")
	last := newTab(t, v, 360)
	do(t, last, chromedp.Navigate(g.url+"tea/en/"), clickLabel("taste", "3"))
	pressSubmit(t, last)
	waitFor(t, last, "not sent yet", `document.getElementById("state").textContent.startsWith("Not sent yet")`)
	g.setMode("")
	again := newTab(t, v, 360)
	do(t, again, chromedp.Navigate(g.url+"tea/"))
	waitForReceipt(t, again)
	p.waitForRespondents(t, "tea", 7)
	waitForReceipt(t, last) // the first page retries too, under the same id
	p.waitForRespondents(t, "tea", 7)

	g.setMode("dead")
	private := newTab(t, v, 360)
	do(t, private, chromedp.Navigate(g.url+"tea/en/"), clickLabel("taste", "3"), chromedp.SendKeys(css("[name=note]"), "sesame"))
	pressSubmit(t, private)
	waitFor(t, private, "not sent yet", `document.getElementById("state").textContent.startsWith("Not sent yet")`)
	do(t, private, chromedp.SendKeys(css("[name=note]"), "!")) // an edit ends the retries
	waitFor(t, private, "waiting for the respondent", `document.getElementById("state").textContent === "" && sessionStorage.getItem("glasspoll:tea") === null`)
	g.setMode("")
	runScript(t, private, `dispatchEvent(new Event("online"))`)
	time.Sleep(500 * time.Millisecond)
	if g.sentText("sesame!") { // a retry from before the edit may still be under way
		t.Errorf("an edited form was sent without the button")
	}
	pressSubmit(t, private)
	waitForReceipt(t, private)
	p.waitForRespondents(t, "tea", 8)

	// A refusal is shown in plain words, and no answer is lost.
	g.setMode("413")
	large := newTab(t, v, 360)
	do(t, large, chromedp.Navigate(g.url+"tea/en/"), clickLabel("taste", "3"))
	pressSubmit(t, large)
	waitFor(t, large, "the refusal", `document.querySelector("#errors li")?.textContent.startsWith("Your answers could not be stored")`)
	check(t, large, map[string]string{"no answer is lost": `document.querySelector("[name=taste]:checked").value === "3" && localStorage.length === 1`})

	// What the handler says for good is never tried again by itself, but the button still sends, once the fault is mended.
	g.setMode("unstorable")
	pressSubmit(t, large)
	waitFor(t, large, "what lasts", `document.querySelector("#errors li")?.textContent.startsWith("Your answers could not be stored: a fault")`)
	runAxe(t, large, "a fault that lasts")
	before := len(g.sentIDs())
	runScript(t, large, `dispatchEvent(new Event("online"))`)
	check(t, large, map[string]string{"nothing waits": `document.getElementById("state").textContent === "" && !document.querySelector(".send [aria-disabled]") && JSON.parse(localStorage.getItem("glasspoll:tea")).pending === false`})
	g.setMode("")
	if after := len(g.sentIDs()); after != before {
		t.Errorf("sent %d times without the button", after-before)
	}
	pressSubmit(t, large)
	waitForReceipt(t, large)
	p.waitForRespondents(t, "tea", 9)
}

// TestBackAndSendAgain goes back from the thank-you page. The same answers again are one submission; other answers are refused.
// Two tabs make two submissions.
func TestBackAndSendAgain(t *testing.T) {
	t.Parallel()
	p, g := startTea(t)
	v := newVisitor(t, 360)
	do(t, v, chromedp.Navigate(g.url+"tea/en/"), clickLabel("taste", "4"))
	second := newTab(t, v, 360)
	do(t, second, chromedp.Navigate(g.url+"tea/en/"))
	pressSubmit(t, v)
	receipt := waitForReceipt(t, v)
	// A page restored from the back/forward cache causes no load event that chromedp waits for: scripts drive it from here on.
	back := func() { runScript(t, v, `setTimeout(() => history.back())`) }
	press := func() { runScript(t, v, `document.querySelector(".send button:not([type])").click()`) }
	for range 2 {
		back()
		waitFor(t, v, "back at the form", `document.readyState === "complete" && document.querySelector("[name=taste]:checked")?.value === "4" && !document.querySelector(".send [aria-disabled]")`)
		press()
		if again := waitForReceipt(t, v); again != receipt {
			t.Errorf("sent again: receipt %s, want %s", again, receipt)
		}
	}
	p.waitForRespondents(t, "tea", 1)
	back()
	waitFor(t, v, "back at the form", `document.readyState === "complete" && document.querySelector("[name=taste]:checked")?.value === "4"`)
	runScript(t, v, `document.querySelector("[name=taste][value='1']").click()`)
	press()
	waitFor(t, v, "the refusal", `document.querySelector("#errors li")?.textContent.startsWith("Other answers were received from this form earlier, and they count.")`)

	do(t, second, clickLabel("taste", "4"), clickOn(".send button:not([type])"))
	if other := waitForReceipt(t, second); other == receipt {
		t.Error("two tabs made one submission")
	}
	r := p.waitForRespondents(t, "tea", 2)
	if r.Questions["taste"].Counts["4"] != 2 {
		t.Errorf("counts %v", r.Questions["taste"].Counts)
	}
}

// TestClosed submits to a closed survey.
func TestClosed(t *testing.T) {
	t.Parallel()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": privateTeaSurvey + "window: {until: 2020-01-31}\n"}), t.TempDir())
	v := newVisitor(t, 360)
	do(t, v, chromedp.Navigate(p.url+"tea/en/"))
	check(t, v, map[string]string{"the page says so": `document.querySelector("main").textContent.includes("This survey closed on 31 January 2020.") && !document.querySelector("form, .chips, script")`})
	do(t, v, chromedp.Navigate(p.url+"tea/en/open.html"), clickLabel("taste", "4")) // as a page that was opened in time
	pressSubmit(t, v)
	waitFor(t, v, "the message", `document.querySelector("#errors li")?.textContent === "This survey closed on 31 January 2020. Answers are no longer accepted."`)
	check(t, v, map[string]string{"no answer is lost": `document.querySelector("[name=taste]:checked").value === "4"`})
}

// TestKiosk fills in a form on a shared device: the next respondent finds nothing of the one before.
func TestKiosk(t *testing.T) {
	t.Parallel()
	p, g := startTea(t)
	v := newVisitor(t, 768)
	freezeClock(t, v)
	do(t, v, chromedp.Navigate(g.url+"tea/en/?kiosk"), clickLabel("taste", "4"), chromedp.SendKeys(css("[name=note]"), "sesame"))
	check(t, v, map[string]string{"no autocompletion": `[...document.querySelectorAll("form, form input:not([type=hidden]), form textarea")].every(box => box.autocomplete === "off")`})
	length := read(t, v, chromedp.Evaluate[int](`history.length`))
	pressSubmit(t, v)
	waitForReceipt(t, v)
	check(t, v, map[string]string{
		"countdown":               `/^Starting again in \d+ s$/.test(document.querySelector("#again span").textContent)`,
		"no copy":                 `document.getElementById("copy").hidden`,
		"no links to other pages": `[...document.querySelectorAll("a")].filter(a => a.checkVisibility() && !a.matches(".langs a, .skip, #again a")).length === 0`,
		"nothing stored":          `localStorage.length + sessionStorage.length === 0`,
		"no entry in the history": fmt.Sprintf(`history.length === %d`, length),
	})
	screenshot(t, v, "kiosk-thanks-en-768")
	do(t, v, chromedp.Click(css("#again a")))
	empty := `document.readyState === "complete" && !!document.querySelector("form") && !document.querySelector("[name=taste]:checked") && document.querySelector("[name=note]").value === "" && location.search === "?kiosk"`
	waitFor(t, v, "an empty form", empty)
	do(t, v, clickLabel("taste", "3"))
	pressSubmit(t, v)
	waitForReceipt(t, v)
	waitForCountdown := func(what string, seconds int) {
		t.Helper()
		waitFor(t, v, what, fmt.Sprintf(`document.querySelector("#again span").textContent === "Starting again in %d s"`, seconds))
	}
	advanceClock(t, v, 19)
	waitForCountdown("one second before the end", 1)
	do(t, v, chromedp.KeyEvent("\t"))
	waitForCountdown("a key restarts it", 20)
	advanceClock(t, v, 19)
	waitForCountdown("one second before the end again", 1)
	advanceClock(t, v, 1)
	waitFor(t, v, "an empty form at the end of the countdown", empty)
	check(t, v, map[string]string{"no entry in the history": fmt.Sprintf(`history.length === %d`, length)})
	p.waitForRespondents(t, "tea", 2)

	do(t, v, chromedp.Navigate(g.url+"tea/en/?kiosk=180"), clickLabel("taste", "2"))
	advanceClock(t, v, 179)
	waitFor(t, v, "the warning", `!document.getElementById("idle").hidden`)
	screenshot(t, v, "kiosk-idle-en-768")
	do(t, v, chromedp.Click(css("#idle button")))
	check(t, v, map[string]string{"the button keeps the answers": `document.getElementById("idle").hidden && document.querySelector("[name=taste]:checked")?.value === "2"`})
	advanceClock(t, v, 181)
	waitFor(t, v, "a cleared form", `document.readyState === "complete" && !document.querySelector("[name=taste]:checked")`)
	if v.dialogCount() != 0 {
		t.Errorf("it showed the dialogs %q", v.dialogs)
	}
	// The form is not cleared while a submission is not sent.
	g.setMode("dead")
	do(t, v, clickLabel("taste", "5"))
	pressSubmit(t, v)
	waitFor(t, v, "not sent yet", `document.getElementById("state").textContent.startsWith("Not sent yet")`)
	advanceClock(t, v, 1000) // longer than its timeout
	// The page looks at the clock twice a second.
	looked := chromedp.Evaluate[bool](`new Promise(done => setTimeout(() => done(true), 1100))`, chromedp.EvalAwaitPromise)
	if !read(t, v, looked) {
		t.Error("the page was replaced")
	}
	check(t, v, map[string]string{"not cleared": `document.querySelector("[name=taste]:checked")?.value === "5"`})
	g.setMode("")
	waitForReceipt(t, v)
	p.waitForRespondents(t, "tea", 3)
}

// TestStaffEntry enters answers given on the telephone, for one respondent after the other.
func TestStaffEntry(t *testing.T) {
	t.Parallel()
	p, g := startTea(t)
	v := newVisitor(t, 1280)
	do(t, v, chromedp.Navigate(g.url+"tea/?c=phone"))
	check(t, v, map[string]string{"it says that staff fill it in": `document.getElementById("staff").checkVisibility() && document.getElementById("staff").textContent === "工作人员代填：电话"`})
	for n := range 2 {
		do(t, v, clickLabel("taste", "4"), chromedp.SendKeys(css("[name=note]"), "sesame"))
		time.Sleep(600 * time.Millisecond) // long enough for a draft to be stored
		check(t, v, map[string]string{"no draft": `localStorage.length === 0`})
		pressSubmit(t, v)
		waitForReceipt(t, v)
		p.waitForRespondents(t, "tea", n+1)
		do(t, v, chromedp.Click(css("#another a")))
		waitFor(t, v, "an empty form for the next respondent", `document.readyState === "complete" && location.search === "?c=phone" && !!document.querySelector("form") && !document.querySelector("[name=taste]:checked") && document.querySelector("[name=note]").value === "" && sessionStorage.length === 0`)
	}
	do(t, v, chromedp.Navigate(g.url+"tea/"))
	check(t, v, map[string]string{"no such line for respondents": `document.getElementById("staff").hidden`})
}

// TestStorageBlocked fills in a form in a browser that blocks localStorage and sessionStorage.
func TestStorageBlocked(t *testing.T) {
	t.Parallel()
	p, g := startTea(t)
	v := newVisitor(t, 360)
	call(t, v, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, {get() { throw new DOMException("no", "SecurityError"); }});`})
	do(t, v, chromedp.Navigate(g.url+"tea/en/"), clickLabel("taste", "4"), chromedp.SendKeys(css("[name=remark]"), "x"))
	g.setMode("dead")
	pressSubmit(t, v)
	waitFor(t, v, "not sent yet", `document.getElementById("state").textContent.startsWith("Not sent yet")`)
	g.setMode("")
	waitForReceipt(t, v)
	p.waitForRespondents(t, "tea", 1)
}

// TestNamesOfFormProperties fills in questions whose ids are properties of a form or an object.
func TestNamesOfFormProperties(t *testing.T) {
	t.Parallel()
	var y strings.Builder
	y.WriteString("title: T\nlayout: steps\nresults: {min_group: 1}\nsections:\n")
	names := []string{"action", "elements", "dataset", "submit", "children", "before", "method", "name", "reset", "hidden", "constructor", "id", "length"}
	for _, name := range names {
		fmt.Fprintf(&y, "  - questions:\n      - {id: %s, type: short_text, required: true, label: %s}\n", name, name)
	}
	p := start(t, writeSurveys(t, map[string]string{"odd.yaml": y.String()}), t.TempDir())
	v := newVisitor(t, 360)
	do(t, v, chromedp.Navigate(p.url+"odd/"))
	for i, name := range names {
		waitFor(t, v, name, fmt.Sprintf(`document.querySelector("progress").value === %d`, i+1))
		do(t, v, chromedp.SendKeys(css("[name="+name+"]"), "x"))
		pressSubmit(t, v)
	}
	waitForReceipt(t, v)
	p.waitForRespondents(t, "odd", 1)
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

// TestKeys fills in custom controls with the keyboard alone, and checks that the focus is visible on each.
func TestKeys(t *testing.T) {
	t.Parallel()
	p := start(t, writeSurveys(t, map[string]string{"keys.yaml": keysSurvey}), t.TempDir())
	v := newVisitor(t, 768)
	do(t, v, chromedp.Navigate(p.url+"keys/"))
	key := func(keys ...string) {
		t.Helper()
		for _, k := range keys {
			do(t, v, chromedp.KeyEvent(k))
		}
	}
	checkFocusVisible := func(what string) {
		t.Helper()
		if !isTrue(t, v, `(() => { for (let e = document.activeElement; e && e.tagName !== "FIELDSET"; e = e.parentElement) { const s = getComputedStyle(e); if (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2) return true; } return false; })()`) {
			t.Errorf("the focus on %s is not visible", what)
		}
	}
	runScript(t, v, `document.querySelector("h1").tabIndex = -1; document.querySelector("h1").focus()`)
	key(kb.Tab)
	for !isTrue(t, v, focused+`.name === "stars"`) {
		key(kb.Tab)
	}
	key(" ", kb.ArrowRight, kb.ArrowRight, kb.ArrowRight)
	checkFocusVisible("a star")
	key(kb.Tab, " ", kb.ArrowRight)
	checkFocusVisible("a face")
	key(kb.Tab, kb.ArrowLeft)
	checkFocusVisible("a number")
	key(kb.Tab, kb.ArrowRight)
	checkFocusVisible("the slider")
	check(t, v, map[string]string{
		"stars":  `document.querySelector("[name=stars]:checked")?.value === "4"`,
		"faces":  `document.querySelector("[name=faces]:checked")?.value === "2"`,
		"nps":    `document.querySelector("[name=nps]:checked")?.value === "10"`,
		"slider": `document.querySelector("[name=warm]").value === "6"`,
	})
	for !isTrue(t, v, focused+`.className === "pick"`) {
		key(kb.Tab)
	}
	key(" ", kb.Tab, kb.Tab) // A gets rank 1; a button to move it comes next
	for !isTrue(t, v, focused+`.className === "pick" && `+focused+`.textContent.includes("C")`) {
		key(kb.Tab)
	}
	key(kb.Enter)
	checkFocusVisible("an option")
	check(t, v, map[string]string{
		"ranks":           `["a", "b", "c"].map(o => document.querySelector("[name='first." + o + "']").value).join() === "1,,2"`,
		"the focus stays": focused + `.textContent.includes("C")`,
	})
	key(kb.Tab, kb.Enter)
	check(t, v, map[string]string{"moved up": `["a", "b", "c"].map(o => document.querySelector("[name='first." + o + "']").value).join() === "2,,1"`})
	for !isTrue(t, v, focused+`.name === "again"`) {
		key(kb.Tab)
	}
	key(" ", kb.Tab)
	checkFocusVisible("the button")
	key(kb.Enter) // B has no rank, which is allowed
	waitFor(t, v, "thanks, or a message", `!!document.querySelector("[data-thanks]") || !!document.querySelector(".err")`)
	waitForReceipt(t, v)
	p.waitForRespondents(t, "keys", 1)
}
