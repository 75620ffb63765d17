package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// chrome returns the path of the browser.
func chrome() (path string, err error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no browser: run `make setup`, which installs chromium")
}

// runningBrowsers holds the browsers that tests share, by the language of their interface; "" is their default. Each is started
// when a test needs it.
var runningBrowsers = map[string]func() (context.Context, error){
	"":   sync.OnceValues(func() (context.Context, error) { return startBrowser("") }),
	"en": sync.OnceValues(func() (context.Context, error) { return startBrowser("en") }),
	"zh": sync.OnceValues(func() (context.Context, error) { return startBrowser("zh") }),
}

func startBrowser(language string) (context.Context, error) {
	path, err := chrome()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.WindowSize(1280, 900), chromedp.WSURLReadTimeout(patience))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	if language != "" {
		options = append(options, chromedp.Flag("lang", language), chromedp.Flag("accept-lang", language))
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	onStop(stop)
	ctx, _ := chromedp.NewContext(allocator) // it ends with the allocator
	return ctx, chromedp.Do(ctx)             // starts the browser
}

// newWindow opens a window in a shared browser. It has its own storage and cache, as a private window has.
func newWindow(t *testing.T, language string, width int64) context.Context {
	t.Helper()
	browser, err := runningBrowsers[language]()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	prepare(t, ctx, width)
	return ctx
}

// prepare sets the width of a new page, and makes it independent of other windows and of the machine's speed.
func prepare(t *testing.T, ctx context.Context, width int64) {
	t.Helper()
	// Without it, only one window of a browser has the focus, and it may be another test's.
	call(t, ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	// A click takes two calls, one for the element's position: smooth scrolling in between would make it miss.
	call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}})
	do(t, ctx, chromedp.EmulateViewport(width, 900))
}

// openPage opens a page of the given width. An error status other than 422 fails the test.
func openPage(t *testing.T, width int64) context.Context {
	t.Helper()
	ctx := newWindow(t, "", width)
	err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*network.EventResponseReceived); ok && e.Response.Status >= 400 && e.Response.Status != 422 && !strings.HasSuffix(e.Response.URL, "/favicon.ico") {
			t.Errorf("%s: %d", e.Response.URL, e.Response.Status)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	call(t, ctx, network.Enable, network.EnableParams{})
	return ctx
}

// css is a CSS selector; chromedp takes a plain string for text, too.
type css = chromedp.CSS

// action is an action without a result.
type action = chromedp.Action[chromedp.Void]

// within runs something in a window, for as long as patience lasts: what waits for something that never comes fails its test. The
// window stays open.
func within[T any](ctx context.Context, run func(ctx context.Context) (T, error)) (T, error) {
	if err := chromedp.Do(ctx); err != nil { // opens the window unless it is open: it closes with the context of that call
		var none T
		return none, err
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	value, err := run(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("not done after %v: %w", patience, err)
	}
	return value, err
}

// try runs an action, and returns its value or its error.
func try[T any](ctx context.Context, a chromedp.Action[T]) (T, error) {
	return within(ctx, func(ctx context.Context) (T, error) { return chromedp.Run(ctx, a) })
}

func do(t *testing.T, ctx context.Context, steps ...action) {
	t.Helper()
	for i, step := range steps {
		if _, err := try(ctx, step); err != nil {
			fail(t, ctx, fmt.Errorf("step %d of %d: %w", i+1, len(steps), err))
		}
	}
}

func read[T any](t *testing.T, ctx context.Context, a chromedp.Action[T]) T {
	t.Helper()
	value, err := try(ctx, a)
	if err != nil {
		fail(t, ctx, err)
	}
	return value
}

func call[P, R any](t *testing.T, ctx context.Context, command cdp.Command[P, R], params P) {
	t.Helper()
	if _, err := within(ctx, func(ctx context.Context) (R, error) { return chromedp.Call(ctx, command, params) }); err != nil {
		t.Fatal(err)
	}
}

func fail(t *testing.T, ctx context.Context, err error) {
	t.Helper()
	page, pageErr := try(ctx, chromedp.OuterHTML(css("html")))
	t.Fatalf("%v\n%.3000s %v", err, page, pageErr)
}

// load runs actions of which the last loads another page, and returns its status.
func load(t *testing.T, ctx context.Context, steps ...action) int64 {
	t.Helper()
	response, err := within(ctx, func(ctx context.Context) (*network.Response, error) { return chromedp.RunResponse(ctx, steps...) })
	if err != nil {
		fail(t, ctx, err)
	}
	if response == nil {
		fail(t, ctx, errors.New("another page was loaded than the one requested"))
	}
	return response.Status
}

// openWithoutScript opens a survey's page with scripts disabled, which leads to the form with an id.
func openWithoutScript(t *testing.T, ctx context.Context, address string) {
	t.Helper()
	call(t, ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	do(t, ctx, chromedp.Navigate(address))
	waitFor(t, ctx, "the form with an id", `document.readyState === "complete" && location.pathname.includes("/form/") && !!document.querySelector("form")`)
}

func location(t *testing.T, ctx context.Context) string {
	t.Helper()
	return read(t, ctx, chromedp.Location())
}

// isTrue evaluates an expression in the page. It works with scripts disabled, too.
func isTrue(t *testing.T, ctx context.Context, expression string) bool {
	t.Helper()
	return read(t, ctx, chromedp.Evaluate[bool](expression))
}

// screenshot writes a picture of the whole page to screenshots/, and checks that the page is not wider than the window.
func screenshot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	picture := read(t, ctx, chromedp.FullScreenshot(100))
	if err := os.MkdirAll("screenshots", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("screenshots", name+".png"), picture, 0o666); err != nil {
		t.Fatal(err)
	}
	if !isTrue(t, ctx, `document.documentElement.scrollWidth <= document.documentElement.clientWidth`) {
		t.Errorf("%s: the page is wider than the window", name)
	}
}

// freezeClock stops the clock of pages that are loaded from now on; advanceClock advances it. So their timing does not depend
// on the speed of the machine.
func freezeClock(t *testing.T, ctx context.Context) {
	t.Helper()
	call(t, ctx, page.Enable, page.EnableParams{})
	call(t, ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `{
		let now = Date.now();
		Date.now = () => now;
		window.pass = (seconds) => { now += seconds * 1000; };
	}`})
}

// advanceClock advances the clock of a page. The page looks at it twice a second: wait for what is to happen.
func advanceClock(t *testing.T, ctx context.Context, seconds int) {
	t.Helper()
	do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf("pass(%d)", seconds)))
}

// definition is the part of a compiled questionnaire that fill needs.
type definition struct {
	Sections []struct {
		Questions []struct {
			ID, Type string
			Display  string
			Options  []struct{ ID string }
			Rows     []struct{ ID string }
			Required bool
		}
	}
	Results struct {
		MinGroup int `json:"min_group"`
	}
}

// click clicks the text of a choice.
func click(name, value string) action {
	return chromedp.Click(css(fmt.Sprintf(`input[name=%q][value=%q] ~ span`, name, value)))
}

// fill answers every visible question of a form: with the option at index place, modulo their number, or with a text.
func fill(t *testing.T, ctx context.Context, d definition, place int) {
	t.Helper()
	answer := func(name string, action action) {
		// Questions that do not apply are not rendered.
		if isTrue(t, ctx, fmt.Sprintf(`[...document.getElementsByName(%q)].some((e) => e.getClientRects().length > 0)`, name)) {
			do(t, ctx, action)
		}
	}
	choose := func(name string, options []struct{ ID string }) {
		answer(name, click(name, options[place%len(options)].ID))
	}
	write := func(id, what string) {
		answer(id, chromedp.SendKeys(css(fmt.Sprintf(`[name=%q]`, id)), what))
	}
	for _, section := range d.Sections {
		for _, q := range section.Questions {
			switch {
			case len(q.Rows) > 0:
				for _, row := range q.Rows {
					choose(q.ID+"."+row.ID, q.Options)
				}
			case q.Display == "dropdown":
				answer(q.ID, chromedp.SetValue(css(fmt.Sprintf(`select[name=%q]`, q.ID)), q.Options[place%len(q.Options)].ID))
			case len(q.Options) > 0:
				choose(q.ID, q.Options)
			case q.Type == "yes_no" || q.Type == "consent":
				answer(q.ID, click(q.ID, "yes"))
			case q.Type == "long_text":
				write(q.ID, "施工很细致，谢谢！")
			case q.Type == "email":
				write(q.ID, "li@example.com")
			case q.Type == "phone":
				write(q.ID, "13800138000")
			}
		}
	}
}

// TestSampleWithScript fills in a sample questionnaire on a phone-sized screen, and checks that the results page appears once
// enough others have answered.
func TestSampleWithScript(t *testing.T) {
	t.Parallel()
	p := start(t, "../surveys", t.TempDir())
	response, err := http.Get(p.url + "decoration/definition.json")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var d definition
	if err := json.NewDecoder(response.Body).Decode(&d); err != nil {
		t.Fatal(err)
	}
	ctx := openPage(t, 360)
	if status := load(t, ctx, chromedp.Navigate(p.url)); status != 200 {
		t.Fatalf("home page: %d", status)
	}
	screenshot(t, ctx, "home-zh-360")
	load(t, ctx, chromedp.Click(css(`main a[href$="decoration/"]`)))
	if !isTrue(t, ctx, `document.documentElement.lang === "zh"`) {
		t.Error("the first language is not Chinese")
	}
	screenshot(t, ctx, "form-zh-360")
	fill(t, ctx, d, 1)
	screenshot(t, ctx, "filled-zh-360")
	if status := load(t, ctx, clickOn(".send button")); status != 200 || !strings.Contains(location(t, ctx), "/decoration/thanks/") {
		t.Fatalf("after sending: %d at %s\n%s", status, location(t, ctx), read(t, ctx, chromedp.Text(css("body"))))
	}
	receipt := read(t, ctx, chromedp.Text(css("#receipt code")))
	if receipt == "" || !strings.HasSuffix(location(t, ctx), "#"+receipt) {
		t.Errorf("the receipt is %q", receipt)
	}
	screenshot(t, ctx, "thanks-zh-360")

	demo := exec.Command(binary, "demo", "--url", p.url, "--answers", fmt.Sprint(d.Results.MinGroup-2), "--surveys", "../surveys")
	if out, err := demo.CombinedOutput(); err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	if n := p.results(t, "decoration").Respondents; n != 0 {
		t.Errorf("%d respondents are shown, fewer than min_group", n)
	}
	load(t, ctx, chromedp.Navigate(p.url+"decoration/results/"))
	screenshot(t, ctx, "results-waiting-zh-360")
	more := exec.Command(binary, "demo", "--url", p.url, "--answers", fmt.Sprint(d.Results.MinGroup+36), "--surveys", "../surveys")
	if out, err := more.CombinedOutput(); err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	for deadline := time.Now().Add(patience); p.results(t, "decoration").Respondents < d.Results.MinGroup; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the results never appeared")
		}
	}
	load(t, ctx, chromedp.Reload())
	screenshot(t, ctx, "results-zh-360")

	wide := openPage(t, 1280)
	load(t, wide, chromedp.Navigate(p.url+"en/"))
	screenshot(t, wide, "home-en-1280")
	load(t, wide, chromedp.Navigate(p.url+"decoration/en/"))
	if !isTrue(t, wide, `document.documentElement.lang === "en"`) {
		t.Error("the English page is not in English")
	}
	screenshot(t, wide, "form-en-1280")
	load(t, wide, chromedp.Navigate(p.url+"decoration/en/results/"))
	screenshot(t, wide, "results-en-1280")
}

// TestDoubleClickWithScript checks that a double click on the button counts once.
func TestDoubleClickWithScript(t *testing.T) {
	t.Parallel()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": teaSurvey}), t.TempDir())
	ctx := openPage(t, 1280)
	load(t, ctx, chromedp.Navigate(p.url+"tea/en/?c=web"))
	do(t, ctx, click("taste", "5"))
	load(t, ctx, chromedp.DoubleClick(css(".send button")))
	do(t, ctx, chromedp.WaitVisible(css("[data-thanks]")))
	if !strings.HasPrefix(location(t, ctx), p.url+"tea/en/thanks/") {
		t.Errorf("after sending: %s", location(t, ctx))
	}
	// One more by the API: if the double click had counted twice, there would be three.
	if status, err := p.post(http.DefaultClient, "tea", submission(1, "")); err != nil || status != 201 {
		t.Fatal(status, err)
	}
	p.waitForRespondents(t, "tea", 2)
}

const teaSurvey = `title: {zh: 喝茶, en: Tea}
languages: [zh, en]
results: {min_group: 1}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: {zh: 味道, en: Taste}}
      - {id: cups, type: number, min: 0, max: 20, label: {zh: 几杯, en: How many cups}}
      - {id: email, type: email, label: {zh: 邮箱, en: E-mail}}
      - id: why
        type: multi_choice
        label: {zh: 为什么, en: Why}
        options:
          - {id: warm, label: {zh: 暖和, en: Warm}}
          - {id: cheap, label: {zh: 便宜, en: Cheap}}
          - {id: habit, label: {zh: 习惯, en: Habit}}
      - {id: remark, type: long_text, label: {zh: 意见, en: Remark}}
`

// TestSentAgainWithoutScript goes back to a form that has been sent and sends it again, and then opens another one. Equal answers
// from one address are not merged here, so it is the form's id by which the same submission is known.
func TestSentAgainWithoutScript(t *testing.T) {
	t.Parallel()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": strings.Replace(teaSurvey, "sections:", "channels: [web]\nduplicates: keep\nsections:", 1)}), t.TempDir())
	ctx := openPage(t, 360)
	send := func() string {
		t.Helper()
		clickMiddle(t, ctx, ".send button")
		waitForThanks(t, ctx)
		_, receipt, _ := strings.Cut(location(t, ctx), "#")
		return receipt
	}
	openWithoutScript(t, ctx, p.url+"tea/en/?c=web")
	do(t, ctx, click("taste", "4"))
	first := send()
	for range 2 {
		do(t, ctx, chromedp.Evaluate[chromedp.Void](`history.back()`)) // a page that was kept has no load event, for which chromedp waits
		waitFor(t, ctx, "the form as it was sent", `location.pathname.includes("/form/") && document.querySelector("[name=taste]:checked")?.value === "4"`)
		if again := send(); again != first {
			t.Errorf("sent again: receipt %s, want %s", again, first)
		}
	}
	p.waitForRespondents(t, "tea", 1)

	openWithoutScript(t, ctx, p.url+"tea/en/?c=web")
	do(t, ctx, chromedp.Click(css(`.langs [lang=zh]`)))
	waitFor(t, ctx, "the form in Chinese", `document.readyState === "complete" && document.documentElement.lang === "zh" && document.querySelector("[name=_channel]").value === "web"`)
	do(t, ctx, click("taste", "4"))
	if another := send(); another == first || another == "" {
		t.Errorf("another answer has the receipt %s", another)
	}
	p.waitForRespondents(t, "tea", 2)
}

// TestCorrectWithoutScript sends a form with mistakes from a browser without scripts, in both languages: the form keeps what was
// typed, each message is beside its question and in the summary, and the corrected form counts once despite a double click.
func TestCorrectWithoutScript(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": teaSurvey}), data)
	const typed = "好茶 & <b>谢谢</b>\n\"再见\""
	for i, language := range []string{"zh", "en"} {
		t.Run(language, func(t *testing.T) {
			ctx := openPage(t, 360)
			openWithoutScript(t, ctx, p.url+"tea/"+language+"/")
			do(t, ctx,
				chromedp.SendKeys(css(`[name=cups]`), "9999"),
				chromedp.SendKeys(css(`[name=email]`), "not-an-address"),
				click("why", "warm"), click("why", "habit"),
				chromedp.SendKeys(css(`[name=remark]`), typed),
			)
			if status := load(t, ctx, clickOn(".send button")); status != 422 {
				t.Fatalf("a form with mistakes: %d", status)
			}
			screenshot(t, ctx, "mistakes-"+language+"-360")
			for what, expression := range map[string]string{
				"the language":           fmt.Sprintf(`document.documentElement.lang === %q`, language),
				"the stylesheet":         `document.styleSheets.length > 0 && [...document.styleSheets].every(s => s.cssRules.length > 0)`,
				"the number":             `document.querySelector("[name=cups]").value === "9999"`,
				"the address":            `document.querySelector("[name=email]").value === "not-an-address"`,
				"the choices":            `[...document.querySelectorAll("[name=why]:checked")].map(i => i.value).join() === "warm,habit"`,
				"the text":               fmt.Sprintf(`document.querySelector("[name=remark]").value === %q`, typed),
				"no rating":              `document.querySelector("[name=taste]:checked") === null`,
				"three lines on top":     `document.querySelectorAll("#errors li a").length === 3`,
				"their links":            `[...document.querySelectorAll("#errors li a")].every(a => document.getElementById(a.getAttribute("href").slice(1)))`,
				"messages by the fields": `["taste", "cups", "email"].every(q => document.getElementById("e-" + q)?.textContent.trim())`,
				"invalid marks":          `["cups", "email"].every(q => document.getElementById("q-" + q).getAttribute("aria-invalid") === "true" && document.getElementById("q-" + q).labels[0].contains(document.getElementById("e-" + q)))`,
			} {
				if !isTrue(t, ctx, expression) {
					t.Errorf("the page lacks %s", what)
				}
			}
			do(t, ctx, chromedp.Click(css(`#errors a[href="#q-cups"]`)))
			if !strings.HasSuffix(location(t, ctx), "#q-cups") {
				t.Errorf("the summary's link leads to %s", location(t, ctx))
			}

			do(t, ctx,
				click("taste", "5"),
				chromedp.SetValue(css(`[name=cups]`), "3"),
				chromedp.SetValue(css(`[name=email]`), "li@example.com"),
			)
			load(t, ctx, chromedp.DoubleClick(css(".send button")))
			do(t, ctx, chromedp.WaitVisible(css("[data-thanks]")))
			want := p.url + "api/surveys/tea/thanks/" + language + "?"
			if !strings.HasPrefix(location(t, ctx), want) {
				t.Errorf("after sending: %s, want %s", location(t, ctx), want)
			}
			if _, receipt, _ := strings.Cut(location(t, ctx), "#"); receipt == "" || read(t, ctx, chromedp.Text(css("#receipt code"))) != receipt {
				t.Errorf("the page at %s does not show its receipt", location(t, ctx))
			}
			screenshot(t, ctx, "thanks-"+language+"-noscript-360")

			// One more by the API: if the double click had counted twice, there would be one too many.
			if status, err := p.post(http.DefaultClient, "tea", submission(i, "")); err != nil || status != 201 {
				t.Fatal(status, err)
			}
			r := p.waitForRespondents(t, "tea", 2*(i+1))
			if got := r.Questions["why"].Counts["habit"]; got != i+1 {
				t.Errorf("%d respondents chose habit, want %d", got, i+1)
			}
			load(t, ctx, chromedp.Navigate(p.url+"tea/"+language+"/results/"))
			screenshot(t, ctx, "results-"+language+"-noscript-360")
		})
	}
	got := slices.DeleteFunc(p.killAndReadAnswers(t, data, "tea"), func(r map[string]string) bool { return r["remark"] == "" }) // those sent by the API
	if len(got) != 2 {
		t.Fatalf("%d forms are stored, want 2: %v", len(got), got)
	}
	for _, r := range got {
		checkAnswers(t, r, map[string]string{"taste": "5", "cups": "3", "email": "li@example.com", "why": "warm,habit", "remark": typed})
	}
}
