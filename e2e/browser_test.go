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

// chrome is the name of the browser on this machine.
func chrome() (path string, err error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no browser: run `make setup`, which installs chromium")
}

// runningBrowsers holds the browsers that tests share, one for each language of the interface. "" is the browser's default.
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
	ctx, _ := chromedp.NewContext(allocator) // ends with the allocator
	return ctx, chromedp.Do(ctx)             // starts the browser
}

// newWindow opens a window in a shared browser. It shares no storage with windows of other tests, nor with others of the
// same one.
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

// prepare sets the width of a new page, and what makes it independent of other windows and of the machine's speed.
func prepare(t *testing.T, ctx context.Context, width int64) {
	t.Helper()
	// Only one window of a browser has the focus, which may be another test's.
	call(t, ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	// A click is aimed first and done then: a page that is still scrolling smoothly would take it somewhere else.
	call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}})
	do(t, ctx, chromedp.EmulateViewport(width, 900))
}

// open opens a page of the given width.
func open(t *testing.T, width int64) context.Context {
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

// css is a selector: a plain string would also find text.
type css = chromedp.CSS

// step is one thing that a visitor does.
type step = chromedp.Action[chromedp.Void]

func do(t *testing.T, ctx context.Context, steps ...step) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		fail(t, ctx, err)
	}
}

func read[T any](t *testing.T, ctx context.Context, a chromedp.Action[T]) T {
	t.Helper()
	value, err := chromedp.Run(ctx, a)
	if err != nil {
		fail(t, ctx, err)
	}
	return value
}

func call[P, R any](t *testing.T, ctx context.Context, command cdp.Command[P, R], params P) {
	t.Helper()
	if _, err := chromedp.Call(ctx, command, params); err != nil {
		t.Fatal(err)
	}
}

func fail(t *testing.T, ctx context.Context, err error) {
	t.Helper()
	page, pageErr := chromedp.Run(ctx, chromedp.OuterHTML(css("html")))
	t.Fatalf("%v\n%.3000s %v", err, page, pageErr)
}

// leads does what loads another page, and returns its status.
func leads(t *testing.T, ctx context.Context, steps ...step) int64 {
	t.Helper()
	response, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		fail(t, ctx, err)
	}
	if response == nil {
		fail(t, ctx, errors.New("a page was loaded, but not the one that was asked for"))
	}
	return response.Status
}

func at(t *testing.T, ctx context.Context) string {
	t.Helper()
	return read(t, ctx, chromedp.Location())
}

// is evaluates an expression of the page, which works without scripts as well.
func is(t *testing.T, ctx context.Context, expression string) bool {
	t.Helper()
	return read(t, ctx, chromedp.Evaluate[bool](expression))
}

// shot keeps a picture of the whole page for people to look at, and holds that nothing sticks out at the side.
func shot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	picture := read(t, ctx, chromedp.FullScreenshot(100))
	if err := os.MkdirAll("screenshots", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("screenshots", name+".png"), picture, 0o666); err != nil {
		t.Fatal(err)
	}
	if !is(t, ctx, `document.documentElement.scrollWidth <= document.documentElement.clientWidth`) {
		t.Errorf("%s: the page is wider than the window", name)
	}
}

// ownClock has the pages that are opened from now on told the time by the test: it stands still, until the page's pass(s)
// moves it on by so many seconds. How long the machine takes is then no matter.
func ownClock(t *testing.T, ctx context.Context) {
	t.Helper()
	call(t, ctx, page.Enable, page.EnableParams{})
	call(t, ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `{
		let now = Date.now();
		Date.now = () => now;
		window.pass = (seconds) => { now += seconds * 1000; };
	}`})
}

// pass moves the clock of a page on. What comes of it comes within the page's next half second: wait for it.
func pass(t *testing.T, ctx context.Context, seconds int) {
	t.Helper()
	do(t, ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf("pass(%d)", seconds)))
}

// definition is as much of a compiled questionnaire as is needed to fill it.
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

// click clicks the label of a choice.
func click(name, value string) step {
	return chromedp.Click(css(fmt.Sprintf(`input[name=%q][value=%q] ~ span`, name, value)))
}

// fill clicks and types through a whole form: the choice at a place of every question, and something in every box.
func fill(t *testing.T, ctx context.Context, d definition, place int) {
	t.Helper()
	answer := func(name string, action step) {
		// What does not apply is not on the screen.
		if is(t, ctx, fmt.Sprintf(`[...document.getElementsByName(%q)].some((e) => e.getClientRects().length > 0)`, name)) {
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

// TestSampleWithScript fills a shipped sample on a telephone's screen as a respondent would, and sees the results page
// come once enough others have answered.
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
	ctx := open(t, 360)
	if status := leads(t, ctx, chromedp.Navigate(p.url)); status != 200 {
		t.Fatalf("home page: %d", status)
	}
	shot(t, ctx, "home-zh-360")
	leads(t, ctx, chromedp.Click(css(`main a[href$="decoration/"]`)))
	if !is(t, ctx, `document.documentElement.lang === "zh"`) {
		t.Error("the first language is not Chinese")
	}
	shot(t, ctx, "form-zh-360")
	fill(t, ctx, d, 1)
	shot(t, ctx, "filled-zh-360")
	if status := leads(t, ctx, chromedp.Click(css(".send button"))); status != 200 || !strings.Contains(at(t, ctx), "/decoration/thanks/") {
		t.Fatalf("after sending: %d at %s\n%s", status, at(t, ctx), read(t, ctx, chromedp.Text(css("body"))))
	}
	receipt := read(t, ctx, chromedp.Text(css("#receipt code")))
	if receipt == "" || !strings.HasSuffix(at(t, ctx), "#"+receipt) {
		t.Errorf("the receipt is %q", receipt)
	}
	shot(t, ctx, "thanks-zh-360")

	demo := exec.Command(binary, "demo", "--url", p.url, "--answers", fmt.Sprint(d.Results.MinGroup-2), "--surveys", "../surveys")
	if out, err := demo.CombinedOutput(); err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	if n := p.results(t, "decoration").Respondents; n != 0 {
		t.Errorf("%d respondents are shown, of too few", n)
	}
	leads(t, ctx, chromedp.Navigate(p.url+"decoration/results/"))
	shot(t, ctx, "results-waiting-zh-360")
	more := exec.Command(binary, "demo", "--url", p.url, "--answers", fmt.Sprint(d.Results.MinGroup+36), "--surveys", "../surveys")
	if out, err := more.CombinedOutput(); err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	for deadline := time.Now().Add(patience); p.results(t, "decoration").Respondents < d.Results.MinGroup; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the results never came")
		}
	}
	leads(t, ctx, chromedp.Reload())
	shot(t, ctx, "results-zh-360")

	wide := open(t, 1280)
	leads(t, wide, chromedp.Navigate(p.url+"en/"))
	shot(t, wide, "home-en-1280")
	leads(t, wide, chromedp.Navigate(p.url+"decoration/en/"))
	if !is(t, wide, `document.documentElement.lang === "en"`) {
		t.Error("the English page is not in English")
	}
	shot(t, wide, "form-en-1280")
	leads(t, wide, chromedp.Navigate(p.url+"decoration/en/results/"))
	shot(t, wide, "results-en-1280")
}

// TestDoubleClickWithScript holds that an impatient respondent is counted once.
func TestDoubleClickWithScript(t *testing.T) {
	t.Parallel()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": mendSurvey}), t.TempDir())
	ctx := open(t, 1280)
	leads(t, ctx, chromedp.Navigate(p.url+"tea/en/?c=web"))
	do(t, ctx, click("taste", "5"))
	leads(t, ctx, chromedp.DoubleClick(css(".send button")))
	do(t, ctx, chromedp.WaitVisible(css("[data-thanks]")))
	if !strings.HasPrefix(at(t, ctx), p.url+"tea/en/thanks/") {
		t.Errorf("after sending: %s", at(t, ctx))
	}
	// One more by the API: were the double click counted twice, there would now be one too many.
	if status, err := p.post(http.DefaultClient, "tea", submission(1, "")); err != nil || status != 201 {
		t.Fatal(status, err)
	}
	p.respondents(t, "tea", 2)
}

const mendSurvey = `title: {zh: 喝茶, en: Tea}
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

// TestMendWithoutScript sends a form with mistakes in it, from a browser without scripts, in both languages: all that
// was typed is still there, each message is by its question and in the summary, and the mended form is counted once,
// double click or not.
func TestMendWithoutScript(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": mendSurvey}), data)
	const typed = "好茶 & <b>谢谢</b>\n\"再见\""
	for i, language := range []string{"zh", "en"} {
		t.Run(language, func(t *testing.T) {
			ctx := open(t, 360)
			call(t, ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			leads(t, ctx, chromedp.Navigate(p.url+"tea/"+language+"/"))
			do(t, ctx,
				chromedp.SendKeys(css(`[name=cups]`), "9999"),
				chromedp.SendKeys(css(`[name=email]`), "not-an-address"),
				click("why", "warm"), click("why", "habit"),
				chromedp.SendKeys(css(`[name=remark]`), typed),
			)
			if status := leads(t, ctx, chromedp.Click(css(".send button"))); status != 422 {
				t.Fatalf("a form with mistakes: %d", status)
			}
			shot(t, ctx, "mistakes-"+language+"-360")
			for what, expression := range map[string]string{
				"the language":           fmt.Sprintf(`document.documentElement.lang === %q`, language),
				"the stylesheet":         `[...document.styleSheets].length === 1 && document.styleSheets[0].cssRules.length > 0`,
				"the number":             `document.querySelector("[name=cups]").value === "9999"`,
				"the address":            `document.querySelector("[name=email]").value === "not-an-address"`,
				"the choices":            `[...document.querySelectorAll("[name=why]:checked")].map(i => i.value).join() === "warm,habit"`,
				"the text":               fmt.Sprintf(`document.querySelector("[name=remark]").value === %q`, typed),
				"no step chosen":         `document.querySelector("[name=taste]:checked") === null`,
				"three lines on top":     `document.querySelectorAll("#errors li a").length === 3`,
				"their links":            `[...document.querySelectorAll("#errors li a")].every(a => document.getElementById(a.getAttribute("href").slice(1)))`,
				"messages by the fields": `["taste", "cups", "email"].every(q => document.getElementById("e-" + q)?.textContent.trim())`,
				"marks for the blind":    `["cups", "email"].every(q => document.getElementById("q-" + q).getAttribute("aria-invalid") === "true" && document.getElementById("q-" + q).getAttribute("aria-describedby").includes("e-" + q))`,
			} {
				if !is(t, ctx, expression) {
					t.Errorf("not on the page: %s", what)
				}
			}
			do(t, ctx, chromedp.Click(css(`#errors a[href="#q-cups"]`)))
			if !strings.HasSuffix(at(t, ctx), "#q-cups") {
				t.Errorf("the summary's link leads to %s", at(t, ctx))
			}

			do(t, ctx,
				click("taste", "5"),
				chromedp.SetValue(css(`[name=cups]`), "3"),
				chromedp.SetValue(css(`[name=email]`), "li@example.com"),
			)
			leads(t, ctx, chromedp.DoubleClick(css(".send button")))
			do(t, ctx, chromedp.WaitVisible(css("[data-thanks]")))
			want := p.url + "tea/" + map[string]string{"zh": "", "en": "en/"}[language] + "thanks/"
			if !strings.HasPrefix(at(t, ctx), want) {
				t.Errorf("after sending: %s, want %s", at(t, ctx), want)
			}
			shot(t, ctx, "thanks-"+language+"-noscript-360")

			// One more by the API: were the double click counted twice, there would now be one too many.
			if status, err := p.post(http.DefaultClient, "tea", submission(i, "")); err != nil || status != 201 {
				t.Fatal(status, err)
			}
			r := p.respondents(t, "tea", 2*(i+1))
			if got := r.Questions["why"].Counts["habit"]; got != i+1 {
				t.Errorf("%d respondents chose habit, want %d", got, i+1)
			}
			leads(t, ctx, chromedp.Navigate(p.url+"tea/"+language+"/results/"))
			shot(t, ctx, "results-"+language+"-noscript-360")
		})
	}
	got := slices.DeleteFunc(p.stored(t, data, "tea"), func(r map[string]string) bool { return r["remark"] == "" }) // by the API
	if len(got) != 2 {
		t.Fatalf("the store holds %d forms, want 2: %v", len(got), got)
	}
	for _, r := range got {
		differ(t, r, map[string]string{"taste": "5", "cups": "3", "email": "li@example.com", "why": "warm,habit", "remark": typed})
	}
}
