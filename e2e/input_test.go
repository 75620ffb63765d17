package e2e

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chromedp/cdproto/cdp"
	fetching "github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"glasspoll/internal/answer"
	"glasspoll/internal/local"
	"glasspoll/internal/store"
)

// killAndReadAnswers kills the server and returns the responses in its store in the order of arrival. Each is a map from fields
// to values, which are joined by commas.
func (p *server) killAndReadAnswers(t *testing.T, data, survey string) []map[string]string {
	t.Helper()
	p.kill()
	opened, err := local.Open(filepath.Join(data, "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	periods, err := opened.Periods(t.Context(), survey)
	if err != nil {
		t.Fatal(err)
	}
	var entries []store.Entry
	for _, period := range periods {
		for entry, err := range opened.After(t.Context(), survey, period, "") {
			if err != nil {
				t.Fatal(err)
			}
			entries = append(entries, entry)
		}
	}
	slices.SortFunc(entries, func(a, b store.Entry) int { return a.Arrived.Compare(b.Arrived) })
	var all []map[string]string
	for _, entry := range entries {
		r := entry.Response
		private, err := opened.Private(t.Context(), survey, r.Period, r.ID)
		if err != nil {
			t.Fatal(err)
		}
		fields := map[string]string{}
		for _, a := range append(slices.Clone([]answer.Answer(r.Answers)), private...) {
			fields[a.Field()] = strings.Join(a.Values(), ",")
		}
		all = append(all, fields)
	}
	return all
}

// checkOneStored checks that one response is stored, and that it has the given answers.
func checkOneStored(t *testing.T, got []map[string]string, want map[string]string) {
	t.Helper()
	if len(got) != 1 {
		t.Fatalf("%d responses are stored, want 1: %v", len(got), got)
	}
	checkAnswers(t, got[0], want)
}

// checkAnswers compares the fields of a response.
func checkAnswers(t *testing.T, got, want map[string]string) {
	t.Helper()
	for _, field := range slices.Sorted(maps.Keys(want)) {
		if got[field] != want[field] {
			t.Errorf("stored is %s = %.200q, want %.200q", field, got[field], want[field])
		}
	}
	for field, value := range got {
		if _, given := want[field]; !given {
			t.Errorf("stored is %s = %.200q, want no such field", field, value)
		}
	}
}

// waitForThanks waits for the thank-you page, which appears after the answers have been stored.
func waitForThanks(t *testing.T, ctx context.Context) {
	t.Helper()
	waitFor(t, ctx, "the thank-you page", `document.readyState === "complete" && !!document.querySelector("[data-thanks]")`)
}

// An inputMethod is a way to fill in a form. Each sends the input events of one device; only in lists and calendars, which the
// browser draws outside of the page, it may set values.
type inputMethod interface {
	choose(t *testing.T, ctx context.Context, name, value string) // a radio button or checkbox
	pick(t *testing.T, ctx context.Context, name, value string)   // from a select element
	write(t *testing.T, ctx context.Context, name, text string)
	when(t *testing.T, ctx context.Context, name, value, keys string) // a date or a time
	rank(t *testing.T, ctx context.Context, name, option string, place int)
	slide(t *testing.T, ctx context.Context, name string) // to the middle
	send(t *testing.T, ctx context.Context)               // twice, as by a double click
}

// labelOf selects the label of a radio button or checkbox.
func labelOf(name, value string) css {
	return css(fmt.Sprintf(`label:has(> input[name=%q][value=%q])`, name, value))
}

// byName selects a control by its name.
func byName(name string) css { return css(fmt.Sprintf(`[name=%q]`, name)) }

// pointer is a mouse or a finger.
type pointer struct {
	press   func(x, y float64) action
	again   func(x, y float64) action // immediately after a press
	scripts bool
}

// stillCentre scrolls to an element, waits until it does not move, and returns its centre. An answer may show a question or a
// message a moment later, which moves what is below it.
func stillCentre(ctx context.Context, selector string) (x, y float64, err error) {
	middle := func() ([]float64, error) { // without timers in the page, which may have scripts disabled
		return chromedp.Run(ctx, chromedp.Evaluate[[]float64](fmt.Sprintf(`(() => {
			const e = document.querySelector(%q);
			e.scrollIntoView({block: "center"});
			const b = e.getBoundingClientRect();
			return [b.x + b.width / 2, b.y + b.height / 2];
		})()`, selector)))
	}
	at, err := middle()
	for before := []float64(nil); err == nil && !slices.Equal(at, before); {
		before = at
		time.Sleep(300 * time.Millisecond)
		at, err = middle()
	}
	if err != nil {
		return 0, 0, err
	}
	return at[0], at[1], nil
}

// waitUntilStill returns the centre of an element that does not move.
func waitUntilStill(t *testing.T, ctx context.Context, selector string) (x, y float64) {
	t.Helper()
	_, err := within(ctx, func(ctx context.Context) (none chromedp.Void, err error) {
		x, y, err = stillCentre(ctx, selector)
		return none, err
	})
	if err != nil {
		fail(t, ctx, err)
	}
	return x, y
}

// clickOn clicks an element that is visible and does not move: chromedp.Click reads its place first, and misses what moves then.
func clickOn(selector css) action {
	return func(ctx context.Context, target *chromedp.Target) (none chromedp.Void, err error) {
		if none, err = chromedp.WaitVisible(selector)(ctx, target); err != nil {
			return none, err
		}
		x, y, err := stillCentre(ctx, string(selector))
		if err != nil {
			return none, err
		}
		return chromedp.MouseClickXY(x, y)(ctx, target)
	}
}

// clickMiddle clicks the centre of an element. chromedp.Click would wait for ever on a page from the back/forward cache.
func clickMiddle(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	do(t, ctx, chromedp.MouseClickXY(waitUntilStill(t, ctx, selector)))
}

func (p pointer) pressOn(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	do(t, ctx, p.press(waitUntilStill(t, ctx, selector)))
}

func (p pointer) choose(t *testing.T, ctx context.Context, name, value string) {
	t.Helper()
	p.pressOn(t, ctx, string(labelOf(name, value)))
}

func (p pointer) pick(t *testing.T, ctx context.Context, name, value string) {
	t.Helper()
	do(t, ctx, chromedp.SetValue(byName(name), value))
}

func (p pointer) write(t *testing.T, ctx context.Context, name, text string) {
	t.Helper()
	p.pressOn(t, ctx, string(byName(name)))
	if !isTrue(t, ctx, fmt.Sprintf(`document.activeElement.name === %q`, name)) {
		t.Errorf("pressing %s does not move the focus to it", name)
	}
	call(t, ctx, input.InsertText, input.InsertTextParams{Text: text})
}

func (p pointer) when(t *testing.T, ctx context.Context, name, value, _ string) {
	t.Helper()
	do(t, ctx, chromedp.SetValue(byName(name), value))
}

func (p pointer) rank(t *testing.T, ctx context.Context, name, option string, place int) {
	t.Helper()
	if !p.scripts {
		do(t, ctx, chromedp.SetValue(byName(name+"."+option), fmt.Sprint(place)))
		return
	}
	p.pressOn(t, ctx, fmt.Sprintf(`[id="q-%s.%s"]`, name, option))
}

func (p pointer) slide(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if !p.scripts {
		p.write(t, ctx, name, "50")
		return
	}
	p.pressOn(t, ctx, fmt.Sprintf(`.slide:has([name=%q]) [type=range]`, name))
}

func (p pointer) send(t *testing.T, ctx context.Context) {
	t.Helper()
	x, y := waitUntilStill(t, ctx, ".send button")
	do(t, ctx, p.press(x, y), p.again(x, y))
}

var (
	mouse = pointer{
		func(x, y float64) action { return chromedp.MouseClickXY(x, y) },
		func(x, y float64) action { return chromedp.MouseClickXY(x, y, chromedp.ClickCount(2)) }, true,
	}
	mouseWithoutScripts = pointer{mouse.press, mouse.again, false} // a mouse, and a browser without scripts
	touch               = pointer{chromedp.TapXY, tapWithoutWaiting, true}
)

// tapWithoutWaiting taps, and does not wait long for the tap to be handled: there is no reply if the page is being replaced.
func tapWithoutWaiting(x, y float64) action {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		if _, err := chromedp.TapXY(x, y)(ctx, target); err != nil && ctx.Err() == nil {
			return err
		}
		return nil
	})
}

// keyboard is a keyboard without a pointer. The focus moves with Tab only, and only forwards.
type keyboard struct{}

// tabTo presses Tab until a condition on the focused element e is true.
func (keyboard) tabTo(t *testing.T, ctx context.Context, what, condition string) {
	t.Helper()
	for range 60 {
		if isTrue(t, ctx, fmt.Sprintf(`(e => !!e && %s)(document.activeElement)`, condition)) {
			return
		}
		do(t, ctx, chromedp.KeyEvent("\t"))
	}
	t.Fatalf("Tab does not reach %s", what)
}

func (k keyboard) choose(t *testing.T, ctx context.Context, name, value string) {
	t.Helper()
	if isTrue(t, ctx, fmt.Sprintf(`document.querySelector('[name=%q]').type === "checkbox"`, name)) {
		k.tabTo(t, ctx, name, fmt.Sprintf(`e.name === %q && e.value === %q`, name, value))
		do(t, ctx, chromedp.KeyEvent(" "))
		return
	}
	k.tabTo(t, ctx, name, fmt.Sprintf(`e.name === %q`, name))
	do(t, ctx, chromedp.KeyEvent(" "))
	for range 12 {
		if isTrue(t, ctx, fmt.Sprintf(`document.activeElement.value === %q && document.activeElement.checked`, value)) {
			return
		}
		do(t, ctx, chromedp.KeyEvent(kb.ArrowRight))
	}
	t.Fatalf("the arrow keys do not reach %s of %s", value, name)
}

func (k keyboard) pick(t *testing.T, ctx context.Context, name, value string) {
	t.Helper()
	k.tabTo(t, ctx, name, fmt.Sprintf(`e.name === %q`, name))
	for range 12 {
		do(t, ctx, chromedp.KeyEvent(kb.ArrowDown))
		if isTrue(t, ctx, fmt.Sprintf(`document.activeElement.value === %q`, value)) {
			return
		}
	}
	t.Fatalf("the arrow keys do not reach %s of %s", value, name)
}

func (k keyboard) write(t *testing.T, ctx context.Context, name, text string) {
	t.Helper()
	k.tabTo(t, ctx, name, fmt.Sprintf(`e.name === %q`, name))
	do(t, ctx, chromedp.KeyEvent(strings.ReplaceAll(text, "\n", "\r")))
}

func (k keyboard) when(t *testing.T, ctx context.Context, name, _, keys string) {
	t.Helper()
	k.tabTo(t, ctx, name, fmt.Sprintf(`e.name === %q`, name))
	do(t, ctx, chromedp.KeyEvent(keys))
}

func (k keyboard) rank(t *testing.T, ctx context.Context, name, option string, place int) {
	t.Helper()
	k.tabTo(t, ctx, name, fmt.Sprintf(`e.id === "q-%s.%s"`, name, option))
	do(t, ctx, chromedp.KeyEvent(" "))
	if !isTrue(t, ctx, fmt.Sprintf(`document.activeElement.id === "q-%s.%s" && document.activeElement.getAttribute("aria-pressed") === "true"`, name, option)) {
		t.Errorf("%s is not ranked, or has lost the focus", option)
	}
}

func (k keyboard) slide(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	k.tabTo(t, ctx, name, fmt.Sprintf(`e.type === "range" && !!e.parentNode.querySelector("[name=%s]")`, name))
	do(t, ctx, chromedp.KeyEvent(" "))
}

func (k keyboard) send(t *testing.T, ctx context.Context) {
	t.Helper()
	k.tabTo(t, ctx, "send", `e.matches(".send button")`)
	do(t, ctx, chromedp.KeyEvent("\r\r"))
}

// everyAnswer is an answer to each question of everyQuestion, by field.
var everyAnswer = map[string]string{
	"single": "bad", "list": "b", "pick": "b", "many": "a,c", "agree": "no",
	"rate": "fair", "stars": "4", "faces": "2", "numbers": "6", "recommend": "9", "grid.speed": "good", "grid.care": "none", "all.one": "fair", "all.other": "bad",
	"visits": "2", "short": "好茶 & <b>", "long": "第一行\n第二行", "mail": "li@example.com", "tel": "13800138000", "day": "2026-05-06", "terms": "yes",
	"tier": "gold", "name": "李", "fruit": "_other", "fruit._other": "枣", "ways": "ad,_other", "ways._other": "路过", "where": "shop",
	"weight.price.importance": "high", "weight.price.satisfaction": "fair", "weight.staff.importance": "low", "weight.staff.satisfaction": "good",
	"first.price": "1", "first.taste": "2", "first.looks": "3", "split.price": "70", "split.taste": "20.5", "split.looks": "9.5",
	"warm": "50", "site": "https://example.com/?a=1&b=2", "hour": "20:30", "why": "因为&so", "how": "yes",
}

// A filler fills in a form on behalf of a test, which it fails.
type filler interface {
	choose(name, value string) // a radio button or checkbox
	pick(name, value string)   // from a select element
	write(name, text string)
	when(name, value, keys string) // a date or a time
	rank(name, option string, place int)
	slide(name string) // to the middle
	send()             // twice, as by a double click
}

// boundFiller is an input method in a page.
type boundFiller struct {
	t   *testing.T
	ctx context.Context
	by  inputMethod
}

func (f boundFiller) choose(name, value string) { f.t.Helper(); f.by.choose(f.t, f.ctx, name, value) }
func (f boundFiller) pick(name, value string)   { f.t.Helper(); f.by.pick(f.t, f.ctx, name, value) }
func (f boundFiller) write(name, text string)   { f.t.Helper(); f.by.write(f.t, f.ctx, name, text) }
func (f boundFiller) when(name, value, keys string) {
	f.t.Helper()
	f.by.when(f.t, f.ctx, name, value, keys)
}
func (f boundFiller) rank(name, option string, place int) {
	f.t.Helper()
	f.by.rank(f.t, f.ctx, name, option, place)
}
func (f boundFiller) slide(name string) { f.t.Helper(); f.by.slide(f.t, f.ctx, name) }
func (f boundFiller) send()             { f.t.Helper(); f.by.send(f.t, f.ctx) }

// answerEverything gives everyAnswer and sends the form.
func answerEverything(h filler) {
	choose := func(names ...string) {
		for _, name := range names {
			for value := range strings.SplitSeq(everyAnswer[name], ",") {
				h.choose(name, value)
			}
		}
	}
	write := func(names ...string) {
		for _, name := range names {
			h.write(name, everyAnswer[name])
		}
	}
	choose("single")
	h.pick("list", "b")
	choose("pick", "many", "agree", "rate", "stars", "faces", "numbers", "recommend", "grid.speed", "grid.care", "all.one", "all.other")
	write("visits", "short", "long", "mail", "tel")
	h.when("day", "2026-05-06", "05062026")
	choose("terms")
	write("name")
	choose("fruit")
	write("fruit._other")
	choose("ways")
	write("ways._other")
	h.pick("where", "shop")
	choose("weight.price.importance", "weight.price.satisfaction", "weight.staff.importance", "weight.staff.satisfaction")
	for i, option := range []string{"price", "taste", "looks"} {
		h.rank("first", option, i+1)
	}
	write("split.price", "split.taste", "split.looks")
	h.slide("warm")
	write("site")
	h.when("hour", "20:30", "0830P")
	write("why")
	choose("how")
	h.send()
}

// everyQuestionInTurn is everyQuestion without shuffling, so that Tab reaches the options in the order of their ranks.
func everyQuestionInTurn(t *testing.T) string {
	t.Helper()
	source := strings.Replace(everyQuestion(t), "type: ranking\n        shuffle: true", "type: ranking", 1)
	if source == everyQuestion(t) {
		t.Fatal("every.yaml has no shuffled ranking")
	}
	return source
}

// TestInputMethods answers a question of every type with a mouse, by touch, with the keyboard alone and without scripts: the
// same response is stored each time, once.
func TestInputMethods(t *testing.T) {
	t.Parallel()
	source := everyQuestionInTurn(t)
	for _, way := range []struct {
		name  string
		width int64
		hand  inputMethod
	}{{"mouse", 1280, mouse}, {"touch", 360, touch}, {"keyboard", 1280, keyboard{}}, {"without scripts", 768, mouseWithoutScripts}} {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			p := start(t, writeSurveys(t, map[string]string{"every.yaml": source}), data)
			ctx := openStrictPage(t, way.width, "light", "en")
			err := chromedp.Listen(ctx, func(event any) {
				if e, asked := event.(*page.EventJavascriptDialogOpening); asked {
					t.Errorf("a dialog is shown: %s %s", e.Type, e.Message)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if way.name == "touch" {
				do(t, ctx, chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile, chromedp.EmulateTouch))
			}
			if way.name == "without scripts" {
				openWithoutScript(t, ctx, p.url+"every/en/?tier=gold")
			} else {
				load(t, ctx, chromedp.Navigate(p.url+"every/en/?tier=gold"))
			}
			answerEverything(boundFiller{t, ctx, way.hand})
			waitForThanks(t, ctx)
			if !strings.Contains(location(t, ctx), "/every/"+map[bool]string{true: "thanks/en?", false: "en/thanks/"}[way.name == "without scripts"]) {
				t.Errorf("after sending: %s", location(t, ctx))
			}
			checkOneStored(t, p.killAndReadAnswers(t, data, "every"), everyAnswer)
		})
	}
}

// TestLongPress holds a button of a ranking down for longer than the page delays its messages: it counts as pressed.
func TestLongPress(t *testing.T) {
	t.Parallel()
	const ranking = `title: {en: Tea}
languages: [en]
sections:
  - questions:
      - {id: first, type: ranking, label: {en: First}, options: [{id: a, label: {en: A}}, {id: b, label: {en: B}}, {id: c, label: {en: C}}]}
`
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": ranking}), t.TempDir())
	ctx := openStrictPage(t, 1280, "light", "en")
	load(t, ctx, chromedp.Navigate(p.url+"tea/"))
	// As if something had been answered a moment before: the page will check the answers again.
	answered := chromedp.Evaluate[chromedp.Void](`document.querySelector("[data-rank]").dispatchEvent(new Event("change", {bubbles: true}))`)
	long := chromedp.Sleep(500 * time.Millisecond)
	ranks := func(a, b, c string) {
		t.Helper()
		waitFor(t, ctx, "the ranks", fmt.Sprintf(`["a", "b", "c"].map(o => document.getElementsByName("first." + o)[0].value).join() === "%s,%s,%s"`, a, b, c))
	}
	mouse.pressOn(t, ctx, "#q-first\\.a")
	x, y := waitUntilStill(t, ctx, "#q-first\\.b")
	do(t, ctx, answered,
		chromedp.MouseEvent(chromedp.MousePressed, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)), long,
		chromedp.MouseEvent(chromedp.MouseReleased, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	ranks("1", "2", "")
	keyboard{}.tabTo(t, ctx, "c", `e.id === "q-first.c"`)
	do(t, ctx, answered)
	key := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: " ", Code: "Space", Text: " ", WindowsVirtualKeyCode: 32}
	call(t, ctx, input.DispatchKeyEvent, key)
	do(t, ctx, long)
	key.Type, key.Text = input.DispatchKeyEventTypeKeyUp, ""
	call(t, ctx, input.DispatchKeyEvent, key)
	ranks("1", "2", "3")
}

// shortTeaSurvey is a short survey with a required question.
const shortTeaSurvey = `title: {zh: 喝茶, en: Tea}
languages: [zh, en]
results: {min_group: 1}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, required: true, label: {zh: 味道, en: Taste}}
      - {id: place, type: short_text, label: {zh: 哪家店, en: Which shop}}
      - {id: remark, type: long_text, label: {zh: 意见, en: Remark}}
`

// TestBackAfterThanks goes back from the thank-you page and sends the form again, unchanged or changed: only the first response is
// stored.
func TestBackAfterThanks(t *testing.T) {
	t.Parallel()
	for _, change := range []bool{false, true} {
		t.Run(fmt.Sprint("changed ", change), func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			p := start(t, writeSurveys(t, map[string]string{"tea.yaml": shortTeaSurvey}), data)
			ctx := openStrictPage(t, 1280, "light", "en")
			load(t, ctx, chromedp.Navigate(p.url+"tea/en/"))
			mouse.choose(t, ctx, "taste", "4")
			mouse.write(t, ctx, "remark", "好茶")
			do(t, ctx, clickOn(".send button"))
			waitForThanks(t, ctx)
			do(t, ctx, chromedp.NavigateBack())
			waitFor(t, ctx, "the form", `document.readyState === "complete" && !!document.querySelector(".send button")`)
			if !isTrue(t, ctx, `document.querySelector("[name=remark]").value === "好茶" && document.querySelector("[name=taste]:checked")?.value === "4"`) {
				// A browser may restore an empty form; then it is filled in as before.
				clickMiddle(t, ctx, string(labelOf("taste", "4")))
				clickMiddle(t, ctx, "[name=remark]")
				call(t, ctx, input.InsertText, input.InsertTextParams{Text: "好茶"})
			}
			if change {
				clickMiddle(t, ctx, string(labelOf("taste", "1")))
			}
			clickMiddle(t, ctx, ".send button")
			if change {
				waitFor(t, ctx, "the refusal", `!!document.querySelector("#errors")?.textContent.trim()`)
				if !isTrue(t, ctx, `document.querySelector("[name=taste]:checked").value === "1"`) {
					t.Error("the changed answer is lost")
				}
			} else {
				waitForThanks(t, ctx)
			}
			checkOneStored(t, p.killAndReadAnswers(t, data, "tea"), map[string]string{"taste": "4", "remark": "好茶"})
		})
	}
}

// TestTwoTabs fills in a form in two tabs at once: the tabs do not affect each other, and both responses are stored.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": shortTeaSurvey}), data)
	one := openStrictPage(t, 1280, "light", "en")
	load(t, one, chromedp.Navigate(p.url+"tea/en/"))
	two, cancel := chromedp.NewContext(one)
	defer cancel()
	prepare(t, two, 1280)
	mouse.choose(t, one, "taste", "1")
	mouse.write(t, one, "remark", "first tab")
	load(t, two, chromedp.Navigate(p.url+"tea/en/"))
	// The draft of the first tab may be restored here: its answers are replaced.
	mouse.choose(t, two, "taste", "5")
	do(t, two, chromedp.Click(byName("remark")), chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	call(t, two, input.InsertText, input.InsertTextParams{Text: "second tab"})
	mouse.write(t, one, "place", "East Gate")
	do(t, two, clickOn(".send button"))
	waitForThanks(t, two)
	do(t, one, clickOn(".send button"))
	waitForThanks(t, one)
	if a, b := read(t, one, chromedp.Text(css("#receipt code"))), read(t, two, chromedp.Text(css("#receipt code"))); a == "" || a == b {
		t.Errorf("the receipts are %q and %q", a, b)
	}
	got := p.killAndReadAnswers(t, data, "tea")
	if len(got) != 2 {
		t.Fatalf("%d responses are stored, want 2: %v", len(got), got)
	}
	slices.SortFunc(got, func(a, b map[string]string) int { return strings.Compare(a["taste"], b["taste"]) })
	for i, want := range []map[string]string{{"taste": "1", "remark": "first tab", "place": "East Gate"}, {"taste": "5", "remark": "second tab"}} {
		if !reflect.DeepEqual(got[i], want) {
			t.Errorf("stored is %v, want %v", got[i], want)
		}
	}
}

// setOffline disconnects a page from the network, or connects it again. The page gets the offline and online events.
func setOffline(t *testing.T, ctx context.Context, offline bool) {
	t.Helper()
	call(t, ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{{Offline: offline, DownloadThroughput: -1, UploadThroughput: -1}}})
	call(t, ctx, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: offline, DownloadThroughput: -1, UploadThroughput: -1})
}

// TestOfflineThenOnline sends without a network, with the server's reply lost, and without the server. The page does not say that
// anything was sent before it was, no answer is lost, and one response is stored.
func TestOfflineThenOnline(t *testing.T) {
	t.Parallel()
	filled := map[string]string{"taste": "2", "place": "东门店", "remark": "隧道里写的"}
	begin := func(t *testing.T) (p *server, data string, ctx context.Context) {
		t.Helper()
		data = t.TempDir()
		p = start(t, writeSurveys(t, map[string]string{"tea.yaml": shortTeaSurvey}), data)
		ctx = openPage(t, 360) // not a strict page: failed requests are logged as errors
		load(t, ctx, chromedp.Navigate(p.url+"tea/"))
		mouse.choose(t, ctx, "taste", filled["taste"])
		mouse.write(t, ctx, "place", filled["place"])
		mouse.write(t, ctx, "remark", filled["remark"])
		return p, data, ctx
	}
	waitForNotSent := func(t *testing.T, ctx context.Context) {
		t.Helper()
		waitFor(t, ctx, "not sent yet", `!!document.getElementById("state")?.textContent.includes("还没有") || !!document.getElementById("state")?.textContent.includes("尚未")`)
		if isTrue(t, ctx, `!!document.querySelector("[data-thanks]")`) {
			t.Error("it says thanks for a submission that was not sent")
		}
		for name, value := range map[string]string{"place": filled["place"], "remark": filled["remark"]} {
			if !isTrue(t, ctx, fmt.Sprintf(`document.querySelector("[name=%s]").value === %q`, name, value)) {
				t.Errorf("%s is lost", name)
			}
		}
	}
	t.Run("no network", func(t *testing.T) {
		t.Parallel()
		p, data, ctx := begin(t)
		setOffline(t, ctx, true)
		do(t, ctx, clickOn(".send button"))
		waitForNotSent(t, ctx)
		do(t, ctx, clickOn(".send button")) // again
		waitForNotSent(t, ctx)
		setOffline(t, ctx, false)
		waitForThanks(t, ctx)
		checkOneStored(t, p.killAndReadAnswers(t, data, "tea"), filled)
	})
	t.Run("the reply is lost", func(t *testing.T) {
		t.Parallel()
		p, data, ctx := begin(t)
		lost := make(chan fetching.RequestID, 8)
		err := chromedp.Listen(ctx, func(event any) {
			if e, ok := event.(*fetching.EventRequestPaused); ok {
				lost <- e.RequestID
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		call(t, ctx, fetching.Enable, fetching.EnableParams{Patterns: []*fetching.RequestPattern{{URLPattern: "*/responses", RequestStage: fetching.RequestStageResponse}}})
		do(t, ctx, clickOn(".send button"))
		call(t, ctx, fetching.FailRequest, fetching.FailRequestParams{RequestID: <-lost, ErrorReason: network.ErrorReasonConnectionReset})
		p.waitForRespondents(t, "tea", 1) // the response is stored
		waitForNotSent(t, ctx)
		call(t, ctx, fetching.Disable, cdp.Empty{})
		do(t, ctx, clickOn(".send button")) // unless the page retries first
		waitForThanks(t, ctx)
		checkOneStored(t, p.killAndReadAnswers(t, data, "tea"), filled)
	})
	t.Run("the server is down", func(t *testing.T) {
		t.Parallel()
		p, data, ctx := begin(t)
		p.kill()
		do(t, ctx, clickOn(".send button"))
		waitForNotSent(t, ctx)
		again := startAt(t, strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), "/"), writeSurveys(t, map[string]string{"tea.yaml": shortTeaSurvey}), data)
		waitForThanks(t, ctx) // the page retries by itself
		checkOneStored(t, again.killAndReadAnswers(t, data, "tea"), filled)
	})
}

// TestLongChineseText types the longest allowed text, with characters of two code units in JavaScript, and one character more. The
// page and the handler count alike, with and without scripts.
func TestLongChineseText(t *testing.T) {
	t.Parallel()
	const limit = 2000
	// Han of the basic plane and of extension B, and emojis of one and of several code points.
	var b strings.Builder
	for i := 0; utf8.RuneCountInString(b.String())+8 <= limit; i++ {
		b.WriteString([]string{"茶香满室，宾主尽欢", "𠮷𠀀𪚥", "😀🫖", "👩‍👩‍👧", "𡃁仔"}[i%5])
	}
	full := b.String() + strings.Repeat("茗", limit-utf8.RuneCountInString(b.String()))
	if n := utf8.RuneCountInString(full); n != limit {
		t.Fatal(n)
	}
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprint("scripts ", scripts), func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			p := start(t, writeSurveys(t, map[string]string{"tea.yaml": shortTeaSurvey}), data)
			ctx := openStrictPage(t, 360, "light", "zh")
			if scripts {
				load(t, ctx, chromedp.Navigate(p.url+"tea/"))
			} else {
				openWithoutScript(t, ctx, p.url+"tea/")
			}
			mouse.choose(t, ctx, "taste", "5")
			mouse.write(t, ctx, "remark", full+"茗")
			do(t, ctx, clickOn(".send button"))
			waitFor(t, ctx, "the message", `!!document.getElementById("e-remark")?.textContent.includes("2,000") || !!document.getElementById("e-remark")?.textContent.includes("2000")`)
			if !isTrue(t, ctx, fmt.Sprintf(`document.querySelector("[name=remark]").value === %q`, full+"茗")) {
				t.Error("the text that is too long is cut off")
			}
			// Backspace removes the last character.
			do(t, ctx, chromedp.Focus(byName("remark")), chromedp.Evaluate[chromedp.Void](`{ const box = document.querySelector("[name=remark]"); box.setSelectionRange(box.value.length, box.value.length); }`), chromedp.KeyEvent("\b"))
			if !isTrue(t, ctx, fmt.Sprintf(`document.querySelector("[name=remark]").value === %q`, full)) {
				t.Fatal("Backspace removed something else")
			}
			do(t, ctx, clickOn(".send button"))
			waitForThanks(t, ctx)
			checkOneStored(t, p.killAndReadAnswers(t, data, "tea"), map[string]string{"taste": "5", "remark": full})
		})
	}
}
