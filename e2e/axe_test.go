package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// axeSource returns the source of axe-core, which make setup fetches.
var axeSource = sync.OnceValues(func() (string, error) {
	source, err := os.ReadFile("../.cache/npm/axe-core/axe.min.js")
	return string(source), err
})

// A display is a screen with the media features of a user's preferences.
type display struct {
	name          string
	width, height int64
	scale         float64 // device pixels per CSS pixel
	media         []*emulation.MediaFeature
}

// mediaFeatures returns features from names and values in turn, and prefers-reduced-motion.
func mediaFeatures(pairs ...string) []*emulation.MediaFeature {
	features := []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}
	for i := 0; i < len(pairs); i += 2 {
		features = append(features, &emulation.MediaFeature{Name: pairs[i], Value: pairs[i+1]})
	}
	return features
}

var (
	light    = display{"light 1280", 1280, 900, 1, mediaFeatures("prefers-color-scheme", "light")}
	dark     = display{"dark 360", 360, 740, 1, mediaFeatures("prefers-color-scheme", "dark")}
	displays = []display{
		light,
		dark,
		{"dark 1280", 1280, 900, 1, mediaFeatures("prefers-color-scheme", "dark")},
		{"light 768", 768, 1024, 1, mediaFeatures("prefers-color-scheme", "light")},
		{"forced colours, dark", 1280, 900, 1, mediaFeatures("forced-colors", "active", "prefers-color-scheme", "dark")},
		{"forced colours, light", 360, 740, 1, mediaFeatures("forced-colors", "active", "prefers-color-scheme", "light")},
		{"zoomed to 200 %", 640, 450, 2, mediaFeatures("prefers-color-scheme", "light")},
		{"320 px", 320, 640, 1, mediaFeatures("prefers-color-scheme", "light")}, // 1280 px zoomed to 400 %
	}
)

// mainDisplays differ the most. They are for pages that consist of parts of others.
var mainDisplays = []display{displays[0], displays[1], displays[4], displays[7]}

// size names what the layout depends on, and colours what the colours depend on.
func (d display) size() string { return fmt.Sprint(d.width, "x", d.height, " ", d.scale) }

func (d display) colours() string {
	var b strings.Builder
	for _, m := range d.media {
		fmt.Fprint(&b, m.Name, "=", m.Value, " ")
	}
	return b.String()
}

// apply makes a page use the display.
func (d display) apply(t *testing.T, ctx context.Context) {
	t.Helper()
	do(t, ctx, chromedp.EmulateViewport(d.width, d.height, chromedp.EmulateScale(d.scale)))
	call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: d.media})
}

// finding is what axe found by one rule.
type finding struct {
	ID, Impact, Help string
	Nodes            []struct {
		Target         []any
		HTML           string
		FailureSummary string
		Any            []struct{ Data json.RawMessage }
	}
}

// axeRules are rules of axe by what their outcome depends on.
type axeRules int

const (
	everyRule   axeRules = iota
	sizeRules            // which look at where things are, and which of them are shown
	colourRules          // which look at colours
	noRule               // nothing is new
)

// wcag are the rules of WCAG 2.0 to 2.2, A and AA, and the best practices, up to what is added to the list of rules that are on or off.
const wcag = `runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"], rules: {"target-size": {enabled: true}`

var axeOptions = map[axeRules]string{
	everyRule:   wcag + `}`,
	sizeRules:   wcag + `, "color-contrast": {enabled: false}, "link-in-text-block": {enabled: false}}`,
	colourRules: `runOnly: {type: "rule", values: ["color-contrast", "link-in-text-block"]}`,
}

// axeRan are rules that must have looked at something.
var axeRan = map[axeRules][]string{
	everyRule:   {"color-contrast", "target-size", "html-has-lang", "document-title", "region"},
	sizeRules:   {"target-size", "html-has-lang", "document-title", "region"},
	colourRules: {"color-contrast"},
}

// runAxe checks every rule on the page in its current state.
func runAxe(t *testing.T, ctx context.Context, where string) {
	t.Helper()
	runAxeRules(t, ctx, where, everyRule)
}

// runAxeRules checks some rules.
func runAxeRules(t *testing.T, ctx context.Context, where string, rules axeRules) {
	t.Helper()
	source, err := axeSource()
	if err != nil {
		t.Fatalf("axe-core is not installed: run `make setup`: %v", err)
	}
	if isTrue(t, ctx, `typeof axe === "undefined"`) {
		do(t, ctx, chromedp.Evaluate[chromedp.Void](source+";undefined"))
	}
	found := read(t, ctx, chromedp.Evaluate[struct {
		Violations, Incomplete []finding
		Ran                    []string
	}](`axe.run(document, {`+axeOptions[rules]+`, resultTypes: ["violations", "incomplete"]}).then(r => ({violations: r.violations, incomplete: r.incomplete, ran: [...r.passes, ...r.violations, ...r.incomplete].map(x => x.id)}))`, chromedp.EvalAwaitPromise))
	for _, rule := range axeRan[rules] {
		if !slices.Contains(found.Ran, rule) {
			t.Errorf("%s: axe did not check %s", where, rule)
		}
	}
	for _, f := range found.Violations {
		for _, n := range f.Nodes {
			t.Errorf("%s: %s (%s): %s\n  at %v\n  %.300s\n  %s", where, f.ID, f.Impact, f.Help, n.Target, n.HTML, n.FailureSummary)
		}
	}
	// What axe cannot decide is logged, for people to look at.
	for _, f := range found.Incomplete {
		for _, n := range f.Nodes {
			t.Logf("%s: axe cannot decide %s at %v: %.200s", where, f.ID, n.Target, n.HTML)
		}
	}
}

// checkLayout checks what must hold on every page and axe does not check.
func checkLayout(t *testing.T, ctx context.Context, where, language string) {
	t.Helper()
	direction := "ltr"
	if language == "ar" {
		direction = "rtl"
	}
	for what, expression := range map[string]string{
		"not wider than the window":          `document.documentElement.scrollWidth <= document.documentElement.clientWidth`,
		"the language":                       fmt.Sprintf(`document.documentElement.lang === %q`, language),
		"the direction":                      fmt.Sprintf(`document.documentElement.dir === %q && getComputedStyle(document.body).direction === %q`, direction, direction),
		"links to other languages say which": `[...document.querySelectorAll("a[hreflang]")].every(a => a.lang === a.hreflang && a.textContent.trim())`,
		"no motion if it is not wanted":      `[...document.querySelectorAll("*")].every(e => [e, "::before", "::after"].every((p, i, all) => { const s = getComputedStyle(e, i ? p : null); return [...s.transitionDuration.split(","), ...s.animationDuration.split(",")].every(d => parseFloat(d) < 0.02); })) && getComputedStyle(document.documentElement).scrollBehavior === "auto"`,
	} {
		if !isTrue(t, ctx, expression) {
			t.Errorf("%s: false: %s", where, what)
		}
	}
	if borderless := read(t, ctx, chromedp.Evaluate[[]string](`!matchMedia("(forced-colors: active)").matches ? [] : [...document.querySelectorAll("button, .button, textarea, select, input:not([type=radio], [type=checkbox], [type=range], [type=hidden])")].filter(e => {
		const s = getComputedStyle(e);
		return e.getClientRects().length && (s.borderTopStyle === "none" || parseFloat(s.borderTopWidth) < 1);
	}).map(e => e.outerHTML.slice(0, 120))`)); len(borderless) > 0 {
		t.Errorf("%s: no border with forced colours: %q", where, borderless)
	}
	if pale := read(t, ctx, chromedp.Evaluate[[]string](`(() => {
		const rgb = (c) => (c.match(/[\d.]+/g) || []).map(Number);
		const bright = (c) => c.slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
		const under = (n) => { for (; n; n = n.parentElement) { const c = rgb(getComputedStyle(n).backgroundColor); if (c.length === 3 || c[3] > 0) return c; } return matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255]; };
		return [...document.querySelectorAll("svg text")].filter(text => text.checkVisibility() && text.textContent.trim()).map(text => {
			const box = text.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
			const behind = [...text.ownerSVGElement.querySelectorAll("rect, circle, path")].filter(r => {
				const b = r.getBoundingClientRect(), fill = getComputedStyle(r).fill;
				return fill !== "none" && rgb(fill)[3] !== 0 && b.left <= x && x <= b.right && b.top <= y && y <= b.bottom && (r.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING);
			}).pop();
			const colours = [rgb(getComputedStyle(text).fill), behind ? rgb(getComputedStyle(behind).fill) : under(text.ownerSVGElement)];
			const [a, b] = colours.map(bright).sort((p, q) => q - p);
			return [(a + .05) / (b + .05), colours.join(" on ") + " " + text.outerHTML];
		}).filter(([ratio]) => ratio < 4.5).map(([ratio, text]) => ratio.toFixed(2) + " " + text);
	})()`)); len(pale) > 0 { // axe does not find the background within an SVG
		t.Errorf("%s: texts of charts with too little contrast: %q", where, pale)
	}
	// WCAG 1.4.12: no text may be cut off with wider spacing. A closed introduction shows its first two lines, and opens.
	lost := read(t, ctx, chromedp.Evaluate[[]string](`(() => {
		const sheet = new CSSStyleSheet();
		sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-bottom: 2em !important; }");
		document.adoptedStyleSheets = [sheet];
		const lost = [...document.querySelectorAll("main *, header *, footer *")].filter(e => {
			const s = getComputedStyle(e);
			if (s.clipPath !== "none" || e.closest("svg, select, textarea, details:not([open]) > summary") || s.overflow === "visible" || /auto|scroll/.test(s.overflowX + s.overflowY)) return false;
			return e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1;
		}).map(e => e.outerHTML.slice(0, 120));
		if (document.documentElement.scrollWidth > document.documentElement.clientWidth) lost.push("the page is wider than the window");
		document.adoptedStyleSheets = [];
		return lost;
	})()`))
	for _, l := range lost {
		t.Errorf("%s: with wide text spacing: %s", where, l)
	}
}

// A tabStop is an element that the Tab key reaches.
type tabStop struct {
	Selector string
	Parts    bool   // it has several stops, as a date has
	Outside  bool   // no element has the focus
	Order    int    // of the element in the document
	Unseen   string // why the focus is not visible, or ""
}

// checkTabOrder presses Tab through the page: it must reach every control, in the order of the document, with a visible focus.
func checkTabOrder(t *testing.T, ctx context.Context, where string) {
	t.Helper()
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute("tabindex"); scrollTo(0, 0)`))
	want := read(t, ctx, chromedp.Evaluate[[]string](`(() => {
		const groups = new Set();
		return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")].filter(e => {
			if (e.disabled || e.type === "hidden" || !e.checkVisibility({visibilityProperty: true})) return false;
			if (e.type !== "radio") return true;
			if (groups.has(e.name)) return false; // one stop
			groups.add(e.name);
			return true;
		}).map(e => e.type === "radio" ? "radio " + e.name : e.outerHTML.slice(0, 160));
	})()`))
	last := -1
	var got []string
	for range len(want) + 12 {
		do(t, ctx, chromedp.KeyEvent("\t"))
		s := read(t, ctx, chromedp.Evaluate[tabStop](`(() => {
			const e = document.activeElement;
			if (!e || e === document.body || e === document.documentElement) return {outside: true};
			const order = [...document.querySelectorAll("*")].indexOf(e);
			const selector = e.type === "radio" ? "radio " + e.name : e.outerHTML.slice(0, 160);
			const rgb = (c) => (c.match(/[\d.]+/g) || []).map(Number);
			const bright = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
			const under = (n) => { for (; n; n = n.parentElement) { const c = rgb(getComputedStyle(n).backgroundColor); if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
			const contrast = (a, b) => { const [x, y] = [bright(a), bright(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
			// The ring is drawn around the control, or around the label that stands for it.
			let unseen = "no outline";
			for (const n of [e, e.closest("label"), e.nextElementSibling].filter(Boolean)) {
				const s = getComputedStyle(n);
				if (s.outlineStyle === "none" || parseFloat(s.outlineWidth) < 2 || s.opacity < .5) continue;
				const ratio = contrast(rgb(s.outlineColor), under(n.parentElement));
				if (ratio < 3) { unseen = "an outline of too little contrast: " + ratio.toFixed(2); continue; }
				const box = n.getBoundingClientRect();
				if (box.width < 1 || box.height < 1) { unseen = "an outline around nothing"; continue; }
				if (box.bottom <= 0 || box.top >= innerHeight) { unseen = "not scrolled to"; continue; }
				const x = Math.min(innerWidth - 1, Math.max(0, box.left + box.width / 2)), y = Math.min(innerHeight - 1, Math.max(0, (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2));
				const top = document.elementFromPoint(x, y);
				if (top && !n.contains(top) && !top.contains(n) && !(e.labels && [...e.labels].some(l => l.contains(top)))) { unseen = "covered by " + top.outerHTML.slice(0, 100); continue; }
				unseen = "";
				break;
			}
			return {selector, order, unseen, parts: /^(date|time)$/.test(e.type)};
		})()`))
		if s.Outside || len(got) == len(want) && s.Selector == got[0] {
			break // at the start again
		}
		if s.Order == last && s.Parts {
			continue // day, month, year
		}
		if s.Order <= last {
			t.Errorf("%s: Tab goes backwards in the document, to %s", where, s.Selector)
		}
		if s.Unseen != "" {
			t.Errorf("%s: the focus is not visible: %s: %s", where, s.Unseen, s.Selector)
		}
		last = s.Order
		got = append(got, s.Selector)
	}
	if !slices.Equal(got, want) {
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%s: Tab does not reach %s", where, w)
			}
		}
		if len(got) > len(want) {
			t.Errorf("%s: Tab stops %d times, for %d controls:\n%s", where, len(got), len(want), strings.Join(got, "\n"))
		}
	}
}

// everyQuestion is the survey of the renderer's tests with a question of every type and display, without its window.
func everyQuestion(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("../internal/render/testdata/every.yaml")
	if err != nil {
		t.Fatal(err)
	}
	window := []byte("window: {from: 2026-10-01, until: 2026-10-31}")
	if !bytes.Contains(source, window) {
		t.Fatal("every.yaml has another window now")
	}
	return string(bytes.Replace(source, window, []byte("results: {min_group: 1}"), 1))
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// checkAccessible runs axe on a page and checks its layout, on each display. On the first one axe checks every rule, and on others
// those whose outcome may be another one there: colours do not depend on the window's size, and sizes not on the colours.
func checkAccessible(t *testing.T, ctx context.Context, where, language string, in ...display) {
	t.Helper()
	sizes, colours := map[string]bool{}, map[string]bool{}
	for _, l := range in {
		l.apply(t, ctx)
		at := where + ", " + l.name
		size, colour := l.size(), l.colours()
		rules := everyRule
		switch {
		case sizes[size] && colours[colour]:
			rules = noRule
		case sizes[size]:
			rules = colourRules
		case colours[colour]:
			rules = sizeRules
		}
		sizes[size], colours[colour] = true, true
		if rules != noRule {
			runAxeRules(t, ctx, at, rules)
		}
		checkLayout(t, ctx, at, language)
	}
}

// waitForText waits until a page contains a text.
func (p *server) waitForText(t *testing.T, address, what string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if _, _, body := fetch(t, p.url+address); strings.Contains(body, what) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("/%s does not contain %s", address, what)
		}
	}
}

// acceptDialogs makes the page accept every dialog from now on, such as the one before leaving it.
func acceptDialogs(t *testing.T, ctx context.Context) {
	t.Helper()
	err := chromedp.Listen(ctx, func(event any) {
		if _, asked := event.(*page.EventJavascriptDialogOpening); asked {
			go chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}) // fails if it was handled already
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// submitWithoutScript sends the form without its script, and waits for the handler's page with the status.
func submitWithoutScript(t *testing.T, ctx context.Context, status int) {
	t.Helper()
	acceptDialogs(t, ctx)
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`HTMLFormElement.prototype.submit.call(document.querySelector("form[data-survey]"))`))
	waitFor(t, ctx, "the handler's page", fmt.Sprintf(`location.pathname.includes("/api/") && document.readyState === "complete" && performance.getEntriesByType("navigation")[0].responseStatus === %d`, status))
}

// TestAccessible checks every type of page in every state for accessibility.
func TestAccessible(t *testing.T) {
	t.Parallel()
	surveys := writeSurveys(t, map[string]string{
		"every.yaml":  everyQuestion(t),
		"arabic.yaml": readFile(t, "testdata/arabic.yaml"),
		"past.yaml":   surveyWithWindow("{from: 2020-01-01, until: 2020-01-31}"),
		"future.yaml": surveyWithWindow("{from: 2999-01-01, until: 2999-01-31}"),
		"tea.yaml":    teaSurvey,
		"steps.yaml":  "layout: steps\n" + strings.Replace(teaSurvey, "      - {id: email", "  - title: {zh: 细节, en: Details}\n    questions:\n      - {id: email", 1),
		"cards.yaml":  cardsSurvey,
	})
	p := start(t, surveys, t.TempDir())
	demo := exec.Command(binary, "demo", "--url", p.url, "--answers", "12", "--surveys", writeOpenSurveys(t, surveys))
	if out, err := demo.CombinedOutput(); err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	for _, address := range []string{"every/results/", "every/en/results/", "arabic/results/"} {
		p.waitForText(t, address, "<table")
	}

	t.Run("form", func(t *testing.T) {
		t.Parallel()
		ctx := openStrictPage(t, 1280, "light", "zh")
		for _, page := range []struct{ address, language string }{{"every/", "zh"}, {"every/en/", "en"}, {"arabic/", "ar"}} {
			load(t, ctx, chromedp.Navigate(p.url+page.address))
			checkAccessible(t, ctx, page.address, page.language, displays...)
			for _, l := range []display{light, dark} {
				l.apply(t, ctx)
				checkTabOrder(t, ctx, page.address+", "+l.name)
			}
			screenshot(t, ctx, "axe-"+strings.ReplaceAll(page.address, "/", "-"))
		}
	})
	t.Run("form, filled in", func(t *testing.T) {
		t.Parallel()
		ctx := openStrictPage(t, 1280, "light", "en")
		load(t, ctx, chromedp.Navigate(p.url+"every/en/?tier=gold"))
		// Dependent questions are shown, and options are chosen.
		for _, choice := range [][2]string{{"single", "bad"}, {"pick", "a"}, {"many", "b"}, {"stars", "2"}, {"faces", "1"}, {"recommend", "3"}, {"grid.speed", "bad"}, {"ways", "ad"}, {"ways", "_other"}, {"fruit", "_other"}} {
			clickMiddle(t, ctx, string(labelOf(choice[0], choice[1])))
		}
		clickMiddle(t, ctx, `[id="q-first.taste"]`)
		for name, text := range map[string]string{"name": "Li", "visits": "12", "why": "because"} {
			mouse.write(t, ctx, name, text)
		}
		waitFor(t, ctx, "the last question", `document.querySelector("[name=how]").checkVisibility()`)
		clickMiddle(t, ctx, string(labelOf("how", "no")))
		waitFor(t, ctx, "the author's own message", `document.querySelector("[data-q=how]").textContent.includes("So often")`)
		checkAccessible(t, ctx, "filled in", "en", displays...)
	})
	t.Run("mistakes", func(t *testing.T) {
		t.Parallel()
		ctx := openStrictPage(t, 1280, "light", "zh")
		for _, page := range []struct{ address, language string }{{"every/", "zh"}, {"every/en/", "en"}, {"arabic/", "ar"}} {
			load(t, ctx, chromedp.Navigate(p.url+page.address))
			do(t, ctx, chromedp.SendKeys(css("[name=mail]"), "nobody"))
			submitWithoutScript(t, ctx, 422)
			in := mainDisplays
			if page.language == "en" {
				in = displays
			}
			checkAccessible(t, ctx, "mistakes at "+page.address, page.language, in...)
			light.apply(t, ctx)
			checkTabOrder(t, ctx, "mistakes at "+page.address)
		}
	})
	t.Run("other pages", func(t *testing.T) {
		t.Parallel()
		ctx := openStrictPage(t, 1280, "light", "zh")
		for _, page := range []struct{ address, language string }{
			{"", "ar"}, {"en/", "en"}, {"zh/", "zh"},
			{"every/thanks/#7d444840-9dc0-41d1-b245-5ffdce74fad2", "zh"}, {"arabic/thanks/#7d444840-9dc0-41d1-b245-5ffdce74fad2", "ar"},
			{"every/results/", "zh"}, {"every/en/results/", "en"}, {"arabic/results/", "ar"}, {"past/results/", "zh"},
			{"past/", "zh"}, {"future/en/", "en"}, {"every/plan/", "zh"}, {"every/en/plan/", "en"}, {"arabic/plan/", "ar"},
		} {
			load(t, ctx, chromedp.Navigate(p.url+page.address))
			do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => { d.open = true; })`))
			in := mainDisplays
			if page.address == "zh/" || page.address == "every/results/" || strings.HasPrefix(page.address, "every/thanks/") {
				in = displays
			}
			checkAccessible(t, ctx, "/"+page.address, page.language, in...)
			light.apply(t, ctx)
			checkTabOrder(t, ctx, "/"+page.address)
		}
	})
	t.Run("closed, and not open yet", func(t *testing.T) {
		t.Parallel()
		ctx := openStrictPage(t, 1280, "light", "zh")
		for _, page := range []struct{ address, language string }{{"past/open.html", "zh"}, {"future/en/open.html", "en"}} { // as pages that were opened in time
			load(t, ctx, chromedp.Navigate(p.url+page.address))
			submitWithoutScript(t, ctx, 403)
			checkAccessible(t, ctx, "sent to "+page.address, page.language, mainDisplays...)
			light.apply(t, ctx)
			checkTabOrder(t, ctx, "sent to "+page.address)
		}
	})
	t.Run("steps", func(t *testing.T) {
		t.Parallel()
		ctx := openStrictPage(t, 1280, "light", "en")
		acceptDialogs(t, ctx)
		press := func() { clickMiddle(t, ctx, ".send [data-busy]") }
		load(t, ctx, chromedp.Navigate(p.url+"steps/en/"))
		checkAccessible(t, ctx, "the first step", "en", displays...)
		light.apply(t, ctx)
		checkTabOrder(t, ctx, "the first step")
		press()
		waitFor(t, ctx, "the mistake", `document.querySelectorAll(".err").length > 0`)
		checkAccessible(t, ctx, "a step with a mistake", "en", displays...)
		light.apply(t, ctx)
		checkTabOrder(t, ctx, "a step with a mistake")
		clickMiddle(t, ctx, string(labelOf("taste", "4")))
		press()
		waitFor(t, ctx, "the second step", `document.querySelector("[name=email]").checkVisibility()`)
		checkAccessible(t, ctx, "the second step", "en", mainDisplays...)
		light.apply(t, ctx)
		checkTabOrder(t, ctx, "the second step")
	})
	t.Run("cards", func(t *testing.T) {
		t.Parallel()
		ctx := openStrictPage(t, 1280, "light", "en")
		acceptDialogs(t, ctx)
		atRest := func(card int) {
			t.Helper()
			waitFor(t, ctx, fmt.Sprint("card ", card), fmt.Sprintf(`document.querySelector("progress").value === %d && document.getAnimations().length === 0`, card))
		}
		load(t, ctx, chromedp.Navigate(p.url+"cards/en/"))
		checkAccessible(t, ctx, "the first card", "en", displays...)
		light.apply(t, ctx)
		checkTabOrder(t, ctx, "the first card")
		clickMiddle(t, ctx, ".send [data-busy]")
		waitFor(t, ctx, "the mistake", `document.querySelectorAll(".err").length > 0`)
		checkAccessible(t, ctx, "a card with a mistake", "en", mainDisplays...)
		light.apply(t, ctx)
		clickMiddle(t, ctx, string(labelOf("taste", "4")))
		for card, where := range []string{"the second card", "a card with several choices", "a card with a box", "a card with a note and rows"} {
			atRest(card + 2)
			checkAccessible(t, ctx, where, "en", mainDisplays...)
			light.apply(t, ctx)
			checkTabOrder(t, ctx, where)
			clickMiddle(t, ctx, ".send [data-busy]")
		}
	})
	t.Run("draft, no network, and copy", func(t *testing.T) {
		t.Parallel()
		ctx := openPage(t, 360)
		acceptDialogs(t, ctx)
		load(t, ctx, chromedp.Navigate(p.url+"tea/en/"))
		clickMiddle(t, ctx, string(labelOf("taste", "4")))
		clickMiddle(t, ctx, "[name=remark]")
		call(t, ctx, input.InsertText, input.InsertTextParams{Text: "in a tunnel"})
		waitFor(t, ctx, "the draft", `document.getElementById("kept").checkVisibility()`)
		load(t, ctx, chromedp.Reload())
		waitFor(t, ctx, "the draft again", `document.querySelector("[name=remark]").value === "in a tunnel"`)
		checkAccessible(t, ctx, "a draft", "en", mainDisplays...)
		dark.apply(t, ctx)
		checkTabOrder(t, ctx, "a draft")
		setOffline(t, ctx, true)
		clickMiddle(t, ctx, ".send [data-busy]")
		waitFor(t, ctx, "the line that it is not sent", `document.getElementById("state").textContent.includes("Not sent yet")`)
		checkAccessible(t, ctx, "no network", "en", displays...)
		setOffline(t, ctx, false)
		waitForThanks(t, ctx)
		waitFor(t, ctx, "the copy", `document.getElementById("copy").checkVisibility()`)
		checkAccessible(t, ctx, "thanks with a copy", "en", displays...)
		light.apply(t, ctx)
		checkTabOrder(t, ctx, "thanks with a copy")
	})
	t.Run("kiosk", func(t *testing.T) {
		t.Parallel()
		ctx := openStrictPage(t, 360, "light", "en")
		freezeClock(t, ctx)
		in := []display{{"light 360", 360, 740, 1, mediaFeatures("prefers-color-scheme", "light")}, dark, displays[5], displays[7]}
		for _, page := range []struct{ survey, language string }{{"tea", "en"}, {"tea", "zh"}, {"arabic", "ar"}} {
			at := page.survey + "/" + page.language + "/?kiosk"
			load(t, ctx, chromedp.Navigate(p.url+at))
			waitFor(t, ctx, "a page without a footer", `![...document.querySelectorAll("footer")].some(f => f.checkVisibility())`)
			checkAccessible(t, ctx, at, page.language, in...)
			for _, l := range in[:2] {
				l.apply(t, ctx)
				checkTabOrder(t, ctx, at+", "+l.name)
			}
			screenshot(t, ctx, "kiosk-start-"+page.language+"-360")

			// A respondent begins, and leaves. WCAG 2.2.1: there is a warning with at least twenty seconds to react.
			clickMiddle(t, ctx, "label:has(> input[type=radio]), label:has(> input[type=checkbox])")
			advanceClock(t, ctx, 90-21)
			waitFor(t, ctx, "a warning, 21 seconds before everything is cleared", `document.getElementById("idle").checkVisibility()`)
			checkAccessible(t, ctx, at+", warning", page.language, in...)
			for i, l := range in[:2] {
				l.apply(t, ctx)
				screenshot(t, ctx, fmt.Sprintf("kiosk-idle-%s-360-%d", page.language, i))
				if !isTrue(t, ctx, `(() => {
					const b = document.querySelector("#idle button"), r = b.getBoundingClientRect();
					return r.top >= 0 && r.bottom <= innerHeight && r.height >= 44 && document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2) === b;
				})()`) {
					t.Errorf("%s, %s: the button that keeps the answers cannot be pressed", at, l.name)
				}
			}
			do(t, ctx, chromedp.KeyEvent("\t")) // any key
			waitFor(t, ctx, "an end of the warning", `!document.getElementById("idle").checkVisibility()`)
			if page.survey == "arabic" {
				load(t, ctx, chromedp.Navigate(p.url+"arabic/thanks/?kiosk#7d444840-9dc0-41d1-b245-5ffdce74fad2"))
			} else {
				clickMiddle(t, ctx, ".send [data-busy]")
				waitForThanks(t, ctx)
			}
			waitFor(t, ctx, "the countdown", `document.getElementById("again").checkVisibility() && document.querySelector("#again span").textContent.includes("20")`)
			checkAccessible(t, ctx, at+", thanks", page.language, in...)
			for i, l := range in[:2] {
				l.apply(t, ctx)
				checkTabOrder(t, ctx, at+", thanks, "+l.name)
				screenshot(t, ctx, fmt.Sprintf("kiosk-thanks-%s-360-%d", page.language, i))
			}
			advanceClock(t, ctx, 21)
			waitFor(t, ctx, "an empty form", `document.readyState === "complete" && !!document.querySelector("form[data-survey]") && !document.querySelector(":checked:not(option)")`)
		}
	})
	t.Run("no such page", func(t *testing.T) {
		t.Parallel()
		ctx := openStrictPage(t, 1280, "light", "zh")
		if status := load(t, ctx, chromedp.Navigate(p.url+"nothing/here/")); status != 404 {
			t.Fatal(status)
		}
		language := read(t, ctx, chromedp.Evaluate[string]("document.documentElement.lang"))
		checkAccessible(t, ctx, "404", language, mainDisplays...)
		checkTabOrder(t, ctx, "404")
	})
}

// writeOpenSurveys copies the surveys that demo can fill in to a new directory.
func writeOpenSurveys(t *testing.T, dir string) string {
	t.Helper()
	return writeSurveys(t, map[string]string{"every.yaml": readFile(t, filepath.Join(dir, "every.yaml")), "arabic.yaml": readFile(t, filepath.Join(dir, "arabic.yaml"))})
}

// TestSamplesAreAccessible checks the form of every sample questionnaire, in one language on a large and light display, and in the
// other one on a small and dark one.
func TestSamplesAreAccessible(t *testing.T) {
	t.Parallel()
	p := start(t, "../surveys", t.TempDir())
	names, err := filepath.Glob("../surveys/*.yaml")
	if err != nil || len(names) < 10 {
		t.Fatal(names, err)
	}
	for language, on := range map[string]display{"zh": light, "en": dark} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			ctx := openStrictPage(t, 1280, "light", "zh")
			for _, name := range names {
				id := strings.TrimSuffix(filepath.Base(name), ".yaml")
				if strings.Contains(id, ".") {
					continue // a sidecar, not a questionnaire
				}
				load(t, ctx, chromedp.Navigate(p.url+id+"/"+language+"/"))
				checkAccessible(t, ctx, id+" "+language, language, on)
			}
		})
	}
}
