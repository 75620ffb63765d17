package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// startPreview starts a server with live reload for a new directory of questionnaires.
func startPreview(t *testing.T, surveys map[string]string) (url, dir string) {
	t.Helper()
	dir = writeSurveys(t, surveys)
	return startWithReload(t, dir, t.TempDir()).url, dir
}

// save replaces a file as many editors do: it renames a new file.
func save(t *testing.T, dir, name, content string) {
	t.Helper()
	target := filepath.Join(dir, name)
	if err := os.WriteFile(target+"~", []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(target+"~", target); err != nil {
		t.Fatal(err)
	}
}

// openStrictPage opens a page that may not violate the content security policy, and whose scripts may not fail.
func openStrictPage(t *testing.T, width int64, scheme, language string) context.Context {
	t.Helper()
	ctx := newWindow(t, language, width)
	err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*runtime.EventExceptionThrown); ok {
			t.Errorf("a script failed: %s", e.ExceptionDetails.Exception.Description)
		}
		if e, ok := event.(*log.EventEntryAdded); ok && (e.Entry.Source == "security" || e.Entry.Source == "javascript" || strings.Contains(e.Entry.Text, "Content Security Policy")) {
			t.Errorf("the browser logs: %s %s", e.Entry.Text, e.Entry.URL)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	call(t, ctx, log.Enable, cdp.Empty{})
	call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	return ctx
}

// waitFor waits until an expression in the page is true.
func waitFor(t *testing.T, ctx context.Context, what, expression string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		done, err := try(ctx, chromedp.Evaluate[bool](expression)) // fails while a page loads
		if err == nil && done {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s: %v\n%.3000s", what, err, read(t, ctx, chromedp.OuterHTML(css("html"))))
		}
	}
}

const problemsBox = `document.querySelector("glasspoll-preview").shadowRoot.querySelector(".problems")`

const longSurvey = `title: {zh: 喝茶, en: Tea}
languages: [zh, en]
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: {zh: 味道, en: Taste}}
      - {id: again, type: yes_no, required: true, label: {zh: 再来, en: Again}}
      - {id: why, type: multi_choice, min: 2, label: {zh: 为什么, en: Why}, options: [{id: warm, label: {zh: 暖和, en: Warm}}, {id: cheap, label: {zh: 便宜, en: Cheap}}, {id: habit, label: {zh: 习惯, en: Habit}}]}
      - {id: story, type: long_text, max_length: 300, label: {zh: 故事, en: Story}}
      - {id: place, type: single_choice, display: dropdown, label: {zh: 地方, en: Place}, options: [{id: home, label: {zh: 家, en: Home}}, {id: work, label: {zh: 公司, en: Work}}]}
      - {id: cups, type: number, min: 1, max: 20, required: true, label: {zh: 几杯, en: Cups}}
      - {id: mail, type: email, required: true, label: {zh: 邮箱, en: Mail}}
      - {id: day, type: date, min: 2026-01-01, max: 2026-12-31, label: {zh: 哪天, en: Day}}
      - {id: remark, type: long_text, required: true, label: {zh: 意见, en: Remark}}
`

// TestPreviewShowsProblems breaks a questionnaire while its page is open: the problems appear above the page, which keeps its
// answers and the focus, and disappear once they are fixed.
func TestPreviewShowsProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		language, scheme string
		width            int64
		heading          string
	}{
		{"en", "light", 1280, "2 problems in "},
		{"zh", "dark", 360, "有 2 处错误"},
	} {
		t.Run(c.language, func(t *testing.T) {
			t.Parallel()
			url, dir := startPreview(t, map[string]string{"tea.yaml": longSurvey})
			ctx := openStrictPage(t, c.width, c.scheme, c.language)
			load(t, ctx, chromedp.Navigate(url+"tea/"+c.language+"/"))
			do(t, ctx, chromedp.SendKeys(css(`[name=cups]`), "3"))
			screenshot(t, ctx, "preview-form-"+c.language)
			broken := strings.Replace(strings.Replace(longSurvey, "type: number", "type: nummer", 1), "味道", "味道, de: Geschmack", 1)
			save(t, dir, "tea.yaml", broken)
			waitFor(t, ctx, "the problems", problemsBox+`.innerText.includes("nummer")`)
			for what, expression := range map[string]string{
				"the heading":             fmt.Sprintf(`%s.querySelector("summary").textContent.includes(%q)`, problemsBox, c.heading),
				"two places":              problemsBox + `.querySelectorAll(".place").length === 2`,
				"the line":                problemsBox + `.querySelectorAll("li")[1].querySelector(".here").textContent.includes("type: nummer, min: 1")`,
				"two lines of context":    problemsBox + `.querySelectorAll("li")[1].querySelectorAll(".line:not(.caret)").length === 5`,
				"a live region":           problemsBox + `.getAttribute("role") === "alert"`,
				"the focus":               `document.activeElement.name === "cups"`,
				"what was typed":          `document.activeElement.value === "3"`,
				"the last good page":      `document.querySelectorAll("form .q").length === 9`,
				"only in the shadow tree": `!document.querySelector("main .problems")`,
				// The caret is below the first letter of the word, also after Chinese text.
				"the caret": fmt.Sprintf(`[...%s.querySelectorAll("li")].every(li => {
					const code = li.querySelector(".here").lastChild, range = document.createRange();
					const at = [...li.querySelector(".before").textContent].join("").length;
					range.setStart(code, at); range.setEnd(code, at + 1);
					const caret = document.createRange(), sign = li.querySelector(".caret").lastChild;
					caret.setStart(sign, 0); caret.setEnd(sign, 1);
					return Math.abs(range.getBoundingClientRect().left - caret.getBoundingClientRect().left) < 1;
				})`, problemsBox),
			} {
				if !isTrue(t, ctx, expression) {
					t.Errorf("%s: false: %s", what, expression)
				}
			}
			// Every text has enough contrast.
			if contrast := read(t, ctx, chromedp.Evaluate[float64](worstContrast)); contrast < 4.5 {
				t.Errorf("the least contrast is %.1f to 1", contrast)
			}
			windowScreenshot(t, ctx, "preview-problems-"+c.language)

			// On the page of another survey they are collapsed.
			save(t, dir, "tea.yaml", longSurvey)
			waitFor(t, ctx, "no problems", problemsBox+`.childElementCount === 0`)
			if !isTrue(t, ctx, `document.querySelector("[name=cups]").value === "3"`) {
				t.Error("what was typed is lost")
			}
			save(t, dir, "coffee.yaml", "title: Coffee\nsection: []\n")
			waitFor(t, ctx, "another survey's problems", problemsBox+`.querySelector("details")?.open === false`)
			windowScreenshot(t, ctx, "preview-problems-elsewhere-"+c.language)

			// The address of a survey that has never been valid shows its problems, and then the survey.
			do(t, ctx, chromedp.Navigate(url+"coffee/"))
			waitFor(t, ctx, "the page with the problems", `document.querySelector("main.problems")?.innerText.includes("coffee.yaml:2:1")`)
			windowScreenshot(t, ctx, "preview-waiting-"+c.language)
			save(t, dir, "coffee.yaml", "title: Coffee\nsectoin: []\n")
			waitFor(t, ctx, "another problem", `document.querySelector("main.problems")?.innerText.includes("sectoin")`)
			save(t, dir, "coffee.yaml", "title: Coffee\nsections: [{questions: [{id: a, type: yes_no, label: A}]}]\n")
			waitFor(t, ctx, "the survey", `document.querySelector("form[data-survey=coffee]") !== null`)
		})
	}
}

// worstContrast is the lowest contrast ratio (WCAG 2) of the texts in problemsBox.
const worstContrast = `(() => {
	const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
	const light = (...layers) => {
		canvas.clearRect(0, 0, 1, 1);
		for (const colour of layers) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
		const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
		return .2126 * r + .7152 * g + .0722 * b;
	};
	let worst = 99;
	for (const e of ` + problemsBox + `.querySelectorAll("summary, p, code, .line, .number, .caret")) {
		const behind = [];
		for (let at = e; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
		behind.unshift(getComputedStyle(` + problemsBox + `).backgroundColor);
		const a = light(...behind), b = light(...behind, getComputedStyle(e).color);
		worst = Math.min(worst, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
	}
	return worst;
})()`

// windowScreenshot writes a picture of the window, in which fixed elements are where people see them, to screenshots/, and checks
// that the page is not wider than the window.
func windowScreenshot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if err := os.MkdirAll("screenshots", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("screenshots", name+".png"), read(t, ctx, chromedp.CaptureScreenshot()), 0o666); err != nil {
		t.Fatal(err)
	}
	if !isTrue(t, ctx, `document.documentElement.scrollWidth <= document.documentElement.clientWidth`) {
		t.Errorf("%s: the page is wider than the window", name)
	}
}

// TestPreviewReloads edits a questionnaire while its page is being filled in: the new page keeps the answers, the focus and the
// scroll position. It logs how long a reload takes.
func TestPreviewReloads(t *testing.T) {
	t.Parallel()
	url, dir := startPreview(t, map[string]string{"tea.yaml": longSurvey})
	ctx := openStrictPage(t, 360, "light", "en")
	load(t, ctx, chromedp.Navigate(url+"tea/en/"))
	do(t, ctx,
		click("taste", "4"), click("again", "no"), click("why", "warm"), click("why", "habit"),
		chromedp.SetValue(css(`[name=place]`), "work"),
		chromedp.SendKeys(css(`[name=cups]`), "7"),
		chromedp.SendKeys(css(`[name=remark]`), "好茶 & <b>thanks</b>"),
	)
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`(() => { document.querySelector("[name=remark]").setSelectionRange(2, 4); scrollTo({ top: document.querySelector("[name=cups]").getBoundingClientRect().top + scrollY - 100, behavior: "instant" }); document.body.old = true; })()`))
	save(t, dir, "tea.yaml", strings.Replace(longSurvey, "en: Taste}", `en: "Taste, and a longer text that fills more than one line of a telephone"}`, 1))
	waitFor(t, ctx, "the new page", `document.readyState === "complete" && !document.body.old && document.body.innerText.includes("a longer text")`)
	for what, expression := range map[string]string{
		"the rating":     `document.querySelector("[name=taste]:checked")?.value === "4"`,
		"yes or no":      `document.querySelector("[name=again]:checked")?.value === "no"`,
		"the choices":    `[...document.querySelectorAll("[name=why]:checked")].map(i => i.value).join() === "warm,habit"`,
		"the list":       `document.querySelector("[name=place]").value === "work"`,
		"the number":     `document.querySelector("[name=cups]").value === "7"`,
		"the text":       `document.querySelector("[name=remark]").value === "好茶 & <b>thanks</b>"`,
		"an empty box":   `document.querySelector("[name=mail]").value === ""`,
		"the focus":      `document.activeElement.name === "remark" && document.activeElement.selectionStart === 2 && document.activeElement.selectionEnd === 4`,
		"the position":   `Math.abs(document.querySelector("[name=cups]").getBoundingClientRect().top - 100) < 2`,
		"nothing stored": `!Object.keys(sessionStorage).some(k => k.startsWith("glasspoll-preview"))`,
	} {
		waitFor(t, ctx, "what is kept: "+what, expression)
	}

	// The home page, and the page of a survey that is new.
	do(t, ctx, chromedp.Navigate(url+"en/"))
	save(t, dir, "tea.yaml", strings.Replace(longSurvey, "en: Tea}", `en: Tea time}`, 1))
	waitFor(t, ctx, "the new title", `document.querySelector("main").innerText.includes("Tea time")`)
	do(t, ctx, chromedp.Navigate(url+"coffee/"))
	save(t, dir, "coffee.yaml", strings.Replace(longSurvey, "en: Tea}", `en: Coffee}`, 1))
	waitFor(t, ctx, "the new survey", `document.querySelector("form[data-survey=coffee]") !== null`)

	// From a save until the new page is on the screen, by the page's clock. Leaving a page that is reloading may cause two loads:
	// so there is no one status to check.
	do(t, ctx, chromedp.Navigate(url+"tea/en/"))
	waitFor(t, ctx, "the survey", `document.readyState === "complete" && document.querySelector("form[data-survey=tea]") !== null`)
	var took []time.Duration
	for i := range 20 {
		label := fmt.Sprintf("Taste number %d", i)
		time.Sleep(100 * time.Millisecond) // as an author pauses
		saved := time.Now()
		save(t, dir, "tea.yaml", strings.Replace(longSurvey, "en: Taste}", "en: "+label+"}", 1))
		waitFor(t, ctx, label, fmt.Sprintf(`document.readyState === "complete" && document.querySelector("legend .t").textContent === %q`, label))
		const shown = `(performance.timeOrigin + (performance.getEntriesByName("glasspoll-preview:shown").at(-1)?.startTime ?? 0))`
		waitFor(t, ctx, "that it is shown", fmt.Sprintf(`%s > %d && performance.getEntriesByName("glasspoll-preview:shown").length > 0`, shown, saved.UnixMilli()))
		if at, err := try(ctx, chromedp.Evaluate[float64](shown)); err == nil { // it fails while the page loads again
			took = append(took, time.UnixMicro(int64(at*1000)).Sub(saved))
		}
	}
	slices.Sort(took)
	if len(took) == 0 {
		t.Fatal("no reload could be measured")
	}
	t.Logf("from save to new page on the screen: median %v, best %v, worst %v", took[len(took)/2].Round(time.Millisecond), took[0].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
}

// TestPreviewKeepsFormProperties reloads a form with a question whose id is a property of every JavaScript object.
func TestPreviewKeepsFormProperties(t *testing.T) {
	t.Parallel()
	const source = "title: T\nsections: [{questions: [{id: constructor, type: short_text, label: Builder}]}]\n"
	url, dir := startPreview(t, map[string]string{"tea.yaml": source})
	ctx := openStrictPage(t, 360, "light", "en")
	load(t, ctx, chromedp.Navigate(url+"tea/"))
	do(t, ctx, chromedp.SendKeys(css(`[name=constructor]`), "x"))
	save(t, dir, "tea.yaml", strings.Replace(source, "Builder", "Who built it", 1))
	waitFor(t, ctx, "the new page", `document.readyState === "complete" && document.body.innerText.includes("Who built it")`)
	waitFor(t, ctx, "what was typed", `document.querySelector("[name=constructor]").value === "x"`)
}

// TestPreviewFillsIn presses the buttons that fill in the form: plausible answers are accepted, nonsense gets messages.
func TestPreviewFillsIn(t *testing.T) {
	t.Parallel()
	url, _ := startPreview(t, map[string]string{"tea.yaml": longSurvey})
	ctx := openStrictPage(t, 360, "light", "en")
	press := func(kind string) {
		t.Helper()
		do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector("glasspoll-preview").shadowRoot.querySelector("button[data-kind=%s]").click()`, kind)))
	}
	load(t, ctx, chromedp.Navigate(url+"tea/en/"))
	press("nonsense")
	waitFor(t, ctx, "nonsense", `document.querySelector("[name=mail]").value !== ""`)
	windowScreenshot(t, ctx, "preview-nonsense")
	do(t, ctx, clickOn(".send button"))
	waitFor(t, ctx, "every question's message", `["taste", "again", "why", "cups", "mail", "remark"].every(q => document.getElementById("e-" + q)?.textContent.trim())`)
	press("plausible")
	waitFor(t, ctx, "answers", `document.querySelector("[name=mail]").value.includes("@") && document.querySelector("[name=taste]:checked") !== null`)
	if !isTrue(t, ctx, `["story", "place", "cups", "mail", "day", "remark"].every(q => document.querySelector("[name=" + q + "]").value) && ["taste", "again", "why"].every(q => document.querySelector("[name=" + q + "]:checked"))`) {
		t.Error("some questions are not filled in")
	}
	windowScreenshot(t, ctx, "preview-filled")
	if status := load(t, ctx, clickOn(".send button")); status != 200 || !strings.Contains(location(t, ctx), "/tea/en/thanks/") {
		t.Fatalf("after sending: %d at %s\n%s", status, location(t, ctx), read(t, ctx, chromedp.Text(css("body"))))
	}
}

// TestPreviewSideBySide checks the page that shows every language at two widths, with the same answers.
func TestPreviewSideBySide(t *testing.T) {
	t.Parallel()
	url, dir := startPreview(t, map[string]string{"tea.yaml": longSurvey})
	ctx := openStrictPage(t, 1500, "light", "zh")
	load(t, ctx, chromedp.Navigate(url+"_preview/tea/"))
	const every = `[...document.querySelectorAll("iframe")].map(f => f.contentDocument)`
	waitFor(t, ctx, "four frames", every+`.filter(d => d?.readyState === "complete" && d.querySelectorAll("form .q").length === 9).length === 4`)
	for what, expression := range map[string]string{
		"languages":             every + `.map(d => d.documentElement.lang).join() === "zh,zh,en,en"`,
		"widths":                every + `.map(d => d.defaultView.innerWidth).join() === "360,1280,360,1280"`,
		"the author's language": `[...document.querySelectorAll("h2")].map(h => h.textContent).join() === "中文,英语"`,
		"one set of buttons":    every + `.every(d => !d.querySelector("glasspoll-preview")) && document.querySelector("glasspoll-preview") !== null`,
	} {
		if !isTrue(t, ctx, expression) {
			t.Errorf("%s: false: %s", what, expression)
		}
	}
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector("glasspoll-preview").shadowRoot.querySelector("button[data-kind=plausible]").click()`))
	waitFor(t, ctx, "the same answers in all", every+`.map(d => d.querySelector("[name=cups]").value).every((v, i, all) => v !== "" && v === all[0])`)
	screenshot(t, ctx, "preview-side-by-side")
	cups := read(t, ctx, chromedp.Evaluate[string](every+`[0].querySelector("[name=cups]").value`))
	for i := range 3 { // each frame keeps its answers
		save(t, dir, "tea.yaml", strings.NewReplacer("en: Taste", fmt.Sprintf("en: Taste %d", i), "zh: 味道", fmt.Sprintf("zh: 味道 %d", i)).Replace(longSurvey))
		waitFor(t, ctx, "the new pages", fmt.Sprintf(`%s.every(d => d.readyState === "complete" && d.querySelector("legend .t")?.textContent.endsWith(" %d") && d.querySelector("[name=cups]").value === %q)`, every, i, cups))
	}
	save(t, dir, "tea.yaml", strings.Replace(longSurvey, "type: number", "type: nummer", 1))
	waitFor(t, ctx, "the problems", problemsBox+`.innerText.includes("nummer")`)
	windowScreenshot(t, ctx, "preview-side-by-side-problems")

	// The questionnaire in one language has two frames.
	third := strings.Replace(longSurvey, "languages: [zh, en]", "languages: [en]", 1)
	for _, zh := range []string{"喝茶", "味道", "再来", "为什么", "暖和", "便宜", "习惯", "故事", "地方", "家", "公司", "几杯", "邮箱", "哪天", "意见"} {
		third = strings.Replace(third, "zh: "+zh+", ", "", 1)
	}
	save(t, dir, "tea.yaml", third)
	waitFor(t, ctx, "one language", `document.querySelectorAll("iframe").length === 2`)
	narrow := openStrictPage(t, 800, "dark", "en")
	load(t, narrow, chromedp.Navigate(url+"_preview/tea/"))
	waitFor(t, narrow, "two frames", every+`.filter(d => d?.readyState === "complete" && d.querySelectorAll("form .q").length === 9).length === 2`)
	screenshot(t, narrow, "preview-side-by-side-narrow")
}
