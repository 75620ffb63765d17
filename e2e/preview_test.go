package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
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

// previewed runs the program with live reload over questionnaires and templates in directories of the test's own.
func previewed(t *testing.T, surveys map[string]string) (url, dir string) {
	t.Helper()
	dir = writeSurveys(t, surveys)
	cmd := exec.Command(binary, "serve", "--addr", "127.0.0.1:0", "--surveys", dir, "--data", t.TempDir())
	logged := &output{}
	cmd.Stderr = logged
	printed, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("serve logged:\n%s", logged)
		}
	})
	lines := bufio.NewScanner(printed)
	for url == "" && lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); strings.HasPrefix(line, "http://") {
			url = line
		}
	}
	if url == "" {
		t.Fatalf("serve did not start:\n%s", logged)
	}
	go io.Copy(io.Discard, printed)
	return url, dir
}

// save replaces a file as many editors do: another file, renamed.
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

// watch opens a browser in which nothing may go against the pages' security policy, and no script may fail.
func watch(t *testing.T, width int64, scheme, language string) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(launched(t, width, chromedp.Flag("lang", language), chromedp.Flag("accept-lang", language)))
	t.Cleanup(cancel)
	err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*runtime.EventExceptionThrown); ok {
			t.Errorf("a script failed: %s", e.ExceptionDetails.Exception.Description)
		}
		if e, ok := event.(*log.EventEntryAdded); ok && (e.Entry.Source == "security" || e.Entry.Source == "javascript" || strings.Contains(e.Entry.Text, "Content Security Policy")) {
			t.Errorf("the browser says: %s %s", e.Entry.Text, e.Entry.URL)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	call(t, ctx, log.Enable, cdp.Empty{})
	call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	do(t, ctx, chromedp.EmulateViewport(width, 900))
	return ctx
}

// becomes waits until an expression of the page holds.
func becomes(t *testing.T, ctx context.Context, what, expression string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression)) // fails while a page is being loaded
		if err == nil && holds {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never came: %s: %v\n%.3000s", what, err, read(t, ctx, chromedp.OuterHTML(css("html"))))
		}
	}
}

const box = `document.querySelector("glasspoll-preview").shadowRoot.querySelector(".problems")`

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

// TestPreviewShowsProblems breaks a questionnaire while its page is open: the problems come over the page, which stays;
// the focus and what was typed stay too; and they go by themselves.
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
			url, dir := previewed(t, map[string]string{"tea.yaml": longSurvey})
			ctx := watch(t, c.width, c.scheme, c.language)
			leads(t, ctx, chromedp.Navigate(url+"tea/"+c.language+"/"))
			do(t, ctx, chromedp.SendKeys(css(`[name=cups]`), "3"))
			shot(t, ctx, "preview-form-"+c.language)
			broken := strings.Replace(strings.Replace(longSurvey, "type: number", "type: nummer", 1), "味道", "味道, de: Geschmack", 1)
			save(t, dir, "tea.yaml", broken)
			becomes(t, ctx, "the problems", box+`.innerText.includes("nummer")`)
			for what, expression := range map[string]string{
				"the heading":           fmt.Sprintf(`%s.querySelector("summary").textContent.includes(%q)`, box, c.heading),
				"two places":            box + `.querySelectorAll(".place").length === 2`,
				"the line":              box + `.querySelectorAll("li")[1].querySelector(".here").textContent.includes("type: nummer, min: 1")`,
				"two lines of context":  box + `.querySelectorAll("li")[1].querySelectorAll(".line:not(.caret)").length === 5`,
				"a live region":         box + `.getAttribute("role") === "alert"`,
				"the focus":             `document.activeElement.name === "cups"`,
				"what was typed":        `document.activeElement.value === "3"`,
				"the last good page":    `document.querySelectorAll("form .q").length === 9`,
				"nothing but the shade": `!document.querySelector("main .problems")`,
				// The caret stands under the first letter of the word, Chinese before it or not.
				"the caret": fmt.Sprintf(`[...%s.querySelectorAll("li")].every(li => {
					const code = li.querySelector(".here").lastChild, range = document.createRange();
					const at = [...li.querySelector(".before").textContent].join("").length;
					range.setStart(code, at); range.setEnd(code, at + 1);
					const caret = document.createRange(), sign = li.querySelector(".caret").lastChild;
					caret.setStart(sign, 0); caret.setEnd(sign, 1);
					return Math.abs(range.getBoundingClientRect().left - caret.getBoundingClientRect().left) < 1;
				})`, box),
			} {
				if !is(t, ctx, expression) {
					t.Errorf("not so: %s", what)
				}
			}
			// Every text is readable on what is behind it.
			if contrast := read(t, ctx, chromedp.Evaluate[float64](worstContrast)); contrast < 4.5 {
				t.Errorf("the least contrast is %.1f to 1", contrast)
			}
			picture(t, ctx, "preview-problems-"+c.language)

			// On another survey's page they are there to be opened.
			save(t, dir, "tea.yaml", longSurvey)
			becomes(t, ctx, "an end to the problems", box+`.childElementCount === 0`)
			if !is(t, ctx, `document.querySelector("[name=cups]").value === "3"`) {
				t.Error("what was typed is gone")
			}
			save(t, dir, "coffee.yaml", "title: Coffee\nsection: []\n")
			becomes(t, ctx, "another survey's problems", box+`.querySelector("details")?.open === false`)
			picture(t, ctx, "preview-problems-elsewhere-"+c.language)

			// Its own page, which there has never been, shows them in full, and then itself.
			do(t, ctx, chromedp.Navigate(url+"coffee/"))
			becomes(t, ctx, "the page that waits", `document.querySelector("main.problems")?.innerText.includes("coffee.yaml:2:1")`)
			picture(t, ctx, "preview-waiting-"+c.language)
			save(t, dir, "coffee.yaml", "title: Coffee\nsectoin: []\n")
			becomes(t, ctx, "another problem", `document.querySelector("main.problems")?.innerText.includes("sectoin")`)
			save(t, dir, "coffee.yaml", "title: Coffee\nsections: [{questions: [{id: a, type: yes_no, label: A}]}]\n")
			becomes(t, ctx, "the survey", `document.querySelector("form[data-survey=coffee]") !== null`)
		})
	}
}

// worstContrast is the least ratio of luminances (WCAG 2) of a text in the box and the colour behind it.
const worstContrast = `(() => {
	const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
	const light = (...layers) => {
		canvas.clearRect(0, 0, 1, 1);
		for (const colour of layers) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
		const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
		return .2126 * r + .7152 * g + .0722 * b;
	};
	let worst = 99;
	for (const e of ` + box + `.querySelectorAll("summary, p, code, .line, .number, .caret")) {
		const behind = [];
		for (let at = e; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
		behind.unshift(getComputedStyle(` + box + `).backgroundColor);
		const a = light(...behind), b = light(...behind, getComputedStyle(e).color);
		worst = Math.min(worst, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
	}
	return worst;
})()`

// picture keeps a picture of the window, where what is fixed to it stands where people see it.
func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if err := os.MkdirAll("screenshots", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("screenshots", name+".png"), read(t, ctx, chromedp.CaptureScreenshot()), 0o666); err != nil {
		t.Fatal(err)
	}
	if !is(t, ctx, `document.documentElement.scrollWidth <= document.documentElement.clientWidth`) {
		t.Errorf("%s: the page is wider than the window", name)
	}
}

// TestPreviewReloads edits a questionnaire while its page is being filled in: the new page comes, with everything that
// was typed, chosen and looked at. How long it takes is printed, not judged.
func TestPreviewReloads(t *testing.T) {
	t.Parallel()
	url, dir := previewed(t, map[string]string{"tea.yaml": longSurvey})
	ctx := watch(t, 360, "light", "en")
	leads(t, ctx, chromedp.Navigate(url+"tea/en/"))
	do(t, ctx,
		click("taste", "4"), click("again", "no"), click("why", "warm"), click("why", "habit"),
		chromedp.SetValue(css(`[name=place]`), "work"),
		chromedp.SendKeys(css(`[name=cups]`), "7"),
		chromedp.SendKeys(css(`[name=remark]`), "好茶 & <b>thanks</b>"),
	)
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`(() => { document.querySelector("[name=remark]").setSelectionRange(2, 4); scrollTo({ top: document.querySelector("[name=cups]").getBoundingClientRect().top + scrollY - 100, behavior: "instant" }); document.body.old = true; })()`))
	save(t, dir, "tea.yaml", strings.Replace(longSurvey, "en: Taste}", `en: "Taste, and a longer text that fills more than one line of a telephone"}`, 1))
	becomes(t, ctx, "the new page", `document.readyState === "complete" && !document.body.old && document.body.innerText.includes("a longer text")`)
	for what, expression := range map[string]string{
		"the step":         `document.querySelector("[name=taste]:checked")?.value === "4"`,
		"yes or no":        `document.querySelector("[name=again]:checked")?.value === "no"`,
		"the choices":      `[...document.querySelectorAll("[name=why]:checked")].map(i => i.value).join() === "warm,habit"`,
		"the list":         `document.querySelector("[name=place]").value === "work"`,
		"the number":       `document.querySelector("[name=cups]").value === "7"`,
		"the text":         `document.querySelector("[name=remark]").value === "好茶 & <b>thanks</b>"`,
		"nothing more":     `document.querySelector("[name=mail]").value === ""`,
		"the focus":        `document.activeElement.name === "remark" && document.activeElement.selectionStart === 2 && document.activeElement.selectionEnd === 4`,
		"where one was":    `Math.abs(document.querySelector("[name=cups]").getBoundingClientRect().top - 100) < 2`,
		"nothing in store": `!Object.keys(sessionStorage).some(k => k.startsWith("glasspoll-preview"))`,
	} {
		becomes(t, ctx, "what was kept: "+what, expression)
	}

	// A result page, a home page, and a page that there has not been.
	do(t, ctx, chromedp.Navigate(url+"en/"))
	save(t, dir, "tea.yaml", strings.Replace(longSurvey, "en: Tea}", `en: Tea time}`, 1))
	becomes(t, ctx, "the new title", `document.querySelector("main").innerText.includes("Tea time")`)
	do(t, ctx, chromedp.Navigate(url+"coffee/"))
	save(t, dir, "coffee.yaml", strings.Replace(longSurvey, "en: Tea}", `en: Coffee}`, 1))
	becomes(t, ctx, "the new survey", `document.querySelector("form[data-survey=coffee]") !== null`)

	// From a save until the new page is on the screen, by the page's own clock. Whoever leaves a page that is loading itself
	// anew may be given two, so that no one status could be asked for.
	do(t, ctx, chromedp.Navigate(url+"tea/en/"))
	becomes(t, ctx, "the survey", `document.readyState === "complete" && document.querySelector("form[data-survey=tea]") !== null`)
	var took []time.Duration
	for i := range 20 {
		label := fmt.Sprintf("Taste number %d", i)
		time.Sleep(100 * time.Millisecond) // an author's pause
		saved := time.Now()
		save(t, dir, "tea.yaml", strings.Replace(longSurvey, "en: Taste}", "en: "+label+"}", 1))
		becomes(t, ctx, label, fmt.Sprintf(`document.readyState === "complete" && document.querySelector("legend .t").textContent === %q`, label))
		const shown = `(performance.timeOrigin + (performance.getEntriesByName("glasspoll-preview:shown").at(-1)?.startTime ?? 0))`
		becomes(t, ctx, "that it is shown", fmt.Sprintf(`%s > %d && performance.getEntriesByName("glasspoll-preview:shown").length > 0`, shown, saved.UnixMilli()))
		if at, err := chromedp.Run(ctx, chromedp.Evaluate[float64](shown)); err == nil { // else it is being loaded once more
			took = append(took, time.UnixMicro(int64(at*1000)).Sub(saved))
		}
	}
	slices.Sort(took)
	if len(took) == 0 {
		t.Fatal("nothing was measured")
	}
	t.Logf("from save to new page on the screen: median %v, best %v, worst %v", took[len(took)/2].Round(time.Millisecond), took[0].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
}

// TestPreviewKeepsOddNames reloads a form with a question whose name means something to JavaScript.
func TestPreviewKeepsOddNames(t *testing.T) {
	t.Parallel()
	const odd = "title: T\nsections: [{questions: [{id: constructor, type: short_text, label: Builder}]}]\n"
	url, dir := previewed(t, map[string]string{"odd.yaml": odd})
	ctx := watch(t, 360, "light", "en")
	leads(t, ctx, chromedp.Navigate(url+"odd/"))
	do(t, ctx, chromedp.SendKeys(css(`[name=constructor]`), "x"))
	save(t, dir, "odd.yaml", strings.Replace(odd, "Builder", "Who built it", 1))
	becomes(t, ctx, "the new page", `document.readyState === "complete" && document.body.innerText.includes("Who built it")`)
	becomes(t, ctx, "what was typed", `document.querySelector("[name=constructor]").value === "x"`)
}

// TestPreviewFillsIn presses the testers' buttons: plausible answers are taken, nonsense comes back with its messages.
func TestPreviewFillsIn(t *testing.T) {
	t.Parallel()
	url, _ := previewed(t, map[string]string{"tea.yaml": longSurvey})
	ctx := watch(t, 360, "light", "en")
	press := func(kind string) {
		t.Helper()
		do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector("glasspoll-preview").shadowRoot.querySelector("button[data-kind=%s]").click()`, kind)))
	}
	leads(t, ctx, chromedp.Navigate(url+"tea/en/"))
	press("nonsense")
	becomes(t, ctx, "nonsense", `document.querySelector("[name=mail]").value !== ""`)
	picture(t, ctx, "preview-nonsense")
	do(t, ctx, chromedp.Click(css(".send button")))
	becomes(t, ctx, "every question's message", `["taste", "again", "why", "cups", "mail", "remark"].every(q => document.getElementById("e-" + q)?.textContent.trim())`)
	press("plausible")
	becomes(t, ctx, "answers", `document.querySelector("[name=mail]").value.includes("@") && document.querySelector("[name=taste]:checked") !== null`)
	if !is(t, ctx, `["story", "place", "cups", "mail", "day", "remark"].every(q => document.querySelector("[name=" + q + "]").value) && ["taste", "again", "why"].every(q => document.querySelector("[name=" + q + "]:checked"))`) {
		t.Error("not everything is filled in")
	}
	picture(t, ctx, "preview-filled")
	if status := leads(t, ctx, chromedp.Click(css(".send button"))); status != 200 || !strings.Contains(at(t, ctx), "/tea/en/thanks/") {
		t.Fatalf("after sending: %d at %s\n%s", status, at(t, ctx), read(t, ctx, chromedp.Text(css("body"))))
	}
}

// TestPreviewSideBySide holds every language at both widths, in step.
func TestPreviewSideBySide(t *testing.T) {
	t.Parallel()
	url, dir := previewed(t, map[string]string{"tea.yaml": longSurvey})
	ctx := watch(t, 1500, "light", "zh")
	leads(t, ctx, chromedp.Navigate(url+"_preview/tea/"))
	const every = `[...document.querySelectorAll("iframe")].map(f => f.contentDocument)`
	becomes(t, ctx, "four frames", every+`.filter(d => d?.readyState === "complete" && d.querySelectorAll("form .q").length === 9).length === 4`)
	for what, expression := range map[string]string{
		"languages":           every + `.map(d => d.documentElement.lang).join() === "zh,zh,en,en"`,
		"widths":              every + `.map(d => d.defaultView.innerWidth).join() === "360,1280,360,1280"`,
		"the author's tongue": `[...document.querySelectorAll("h2")].map(h => h.textContent).join() === "中文,英语"`,
		"one set of buttons":  every + `.every(d => !d.querySelector("glasspoll-preview")) && document.querySelector("glasspoll-preview") !== null`,
	} {
		if !is(t, ctx, expression) {
			t.Errorf("not so: %s", what)
		}
	}
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector("glasspoll-preview").shadowRoot.querySelector("button[data-kind=plausible]").click()`))
	becomes(t, ctx, "the same answers in all", every+`.map(d => d.querySelector("[name=cups]").value).every((v, i, all) => v !== "" && v === all[0])`)
	shot(t, ctx, "preview-side-by-side")
	cups := read(t, ctx, chromedp.Evaluate[string](every+`[0].querySelector("[name=cups]").value`))
	for i := range 3 { // again and again, each frame keeping its own
		save(t, dir, "tea.yaml", strings.NewReplacer("en: Taste", fmt.Sprintf("en: Taste %d", i), "zh: 味道", fmt.Sprintf("zh: 味道 %d", i)).Replace(longSurvey))
		becomes(t, ctx, "the new pages", fmt.Sprintf(`%s.every(d => d.readyState === "complete" && d.querySelector("legend .t")?.textContent.endsWith(" %d") && d.querySelector("[name=cups]").value === %q)`, every, i, cups))
	}
	save(t, dir, "tea.yaml", strings.Replace(longSurvey, "type: number", "type: nummer", 1))
	becomes(t, ctx, "the problems, once", box+`.innerText.includes("nummer")`)
	picture(t, ctx, "preview-side-by-side-problems")

	// Another language, another row.
	third := strings.Replace(longSurvey, "languages: [zh, en]", "languages: [en]", 1)
	for _, zh := range []string{"喝茶", "味道", "再来", "为什么", "暖和", "便宜", "习惯", "故事", "地方", "家", "公司", "几杯", "邮箱", "哪天", "意见"} {
		third = strings.Replace(third, "zh: "+zh+", ", "", 1)
	}
	save(t, dir, "tea.yaml", third)
	becomes(t, ctx, "one language", `document.querySelectorAll("iframe").length === 2`)
	narrow := watch(t, 800, "dark", "en")
	leads(t, narrow, chromedp.Navigate(url+"_preview/tea/"))
	becomes(t, narrow, "two frames", every+`.filter(d => d?.readyState === "complete" && d.querySelectorAll("form .q").length === 9).length === 2`)
	shot(t, narrow, "preview-side-by-side-narrow")
}
