package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"glasspoll/e2e/webdriver"
)

// A browser is a window in an engine. Its methods fail the test; none of them needs scripts to be enabled.
type browser struct {
	*webdriver.Session
	t      *testing.T
	engine string
}

func (b *browser) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) open(address string) {
	b.t.Helper()
	b.must(b.Navigate(address))
}

// is evaluates an expression in the page.
func (b *browser) is(expression string) bool {
	b.t.Helper()
	is, err := webdriver.Evaluate[bool](b.Session, "!!("+expression+")")
	b.must(err)
	return is
}

// run evaluates an expression without a value.
func (b *browser) run(expression string) {
	b.t.Helper()
	_, err := webdriver.Evaluate[any](b.Session, expression)
	b.must(err)
}

// waitFor waits until an expression in the page is true.
func (b *browser) waitFor(what, expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		is, err := webdriver.Evaluate[bool](b.Session, "!!("+expression+")") // fails while a page loads
		if err == nil && is {
			return
		}
		if time.Now().After(deadline) {
			page, _ := webdriver.Evaluate[string](b.Session, "location.href + '\\n' + document.documentElement.outerHTML")
			b.t.Fatalf("waited in vain for %s: %v\n%.3000s", what, err, page)
		}
	}
}

// check fails for each expression that is false in the page. Its key says what the expression stands for.
func (b *browser) check(expressions map[string]string) {
	b.t.Helper()
	for what, expression := range expressions {
		if !b.is(expression) {
			b.t.Errorf("%s: false: %s", what, expression)
		}
	}
}

// find returns the first element that matches a CSS selector.
func (b *browser) find(css string) (element string) {
	b.t.Helper()
	found, err := b.Find(css)
	b.must(err)
	if len(found) == 0 {
		b.t.Fatalf("there is no %s", css)
	}
	return found[0]
}

// scrollTo puts the middle of an element into the middle of the window, at once.
func (b *browser) scrollTo(css string) {
	b.t.Helper()
	b.run(fmt.Sprintf(`document.querySelector('%s').scrollIntoView({block: "center", behavior: "instant"})`, css))
}

func (b *browser) click(css string) {
	b.t.Helper()
	b.scrollTo(css) // a driver scrolls no farther than it must, and may find the element covered or moving
	if err := b.Click(b.find(css)); err != nil {
		b.t.Fatalf("%s: %v", css, err)
	}
}

func (b *browser) press(keys string) {
	b.t.Helper()
	b.must(b.Press(keys))
}

func (b *browser) url() string {
	b.t.Helper()
	url, err := b.URL()
	b.must(err)
	return url
}

// waitForThanks waits for the thank-you page and returns its receipt.
func (b *browser) waitForThanks() (receipt string) {
	b.t.Helper()
	b.waitFor("the thank-you page", `document.readyState === "complete" && !!document.querySelector("[data-thanks]") && location.hash.length > 4`)
	_, receipt, _ = strings.Cut(b.url(), "#")
	return receipt
}

// waitForForm waits for a form that is ready to be filled in.
func (b *browser) waitForForm() {
	b.t.Helper()
	b.waitFor("the form", `document.readyState === "complete" && !!document.querySelector(".send button")`)
}

// openWithoutScript opens a survey's page in a browser without scripts, which leads to the form with an id.
func (b *browser) openWithoutScript(address string) {
	b.t.Helper()
	b.open(address)
	b.waitFor("the form with an id", `document.readyState === "complete" && location.pathname.includes("/form/") && document.querySelector("[name=_id]")?.value`)
}

const submitButton = ".send button:not([type])"

func (b *browser) choose(name, value string) {
	b.t.Helper()
	b.click(string(labelOf(name, value)))
	if !b.is(fmt.Sprintf(`document.querySelector('[name=%q][value=%q]').checked`, name, value)) {
		b.t.Fatalf("a click on %s of %s does not choose it", value, name)
	}
}

func (b *browser) pick(name, value string) {
	b.t.Helper()
	if b.engine != "WebKit" {
		b.must(b.Click(b.find(fmt.Sprintf(`[name=%q] > [value=%q]`, name, value))))
		return
	}
	// Its driver cannot choose from a list that is not drawn in the page.
	b.run(fmt.Sprintf(`document.querySelector('[name=%q]').focus()`, name))
	keys{b}.pressUntil(webdriver.Down, value+" of "+name, fmt.Sprintf(`e.value === %q`, value))
}

func (b *browser) write(name, text string) {
	b.t.Helper()
	b.click(string(byName(name)))
	b.must(b.Type(b.find(string(byName(name))), strings.ReplaceAll(text, "\n", webdriver.Enter)))
}

// when types a date or time. Firefox takes the value instead of keys.
func (b *browser) when(name, value, typed string) {
	b.t.Helper()
	element := b.find(string(byName(name)))
	if b.engine == "Firefox" {
		b.must(b.Type(element, value))
		return
	}
	b.must(b.Type(element, b.typed(value, typed)))
}

// typed returns the keys of a date or time. In WebKit a complete part does not move the focus to the next one, and a day has 24
// hours.
func (b *browser) typed(value, typed string) string {
	if b.engine != "WebKit" {
		return typed
	}
	if date := strings.Split(value, "-"); len(date) == 3 {
		return date[1] + webdriver.Right + date[2] + webdriver.Right + date[0]
	}
	return strings.ReplaceAll(value, ":", webdriver.Right)
}

func (b *browser) rank(name, option string, place int) {
	b.t.Helper()
	if b.is(`!!document.querySelector(".pick")`) {
		b.click(fmt.Sprintf(`[id="q-%s.%s"]`, name, option))
	} else {
		b.pick(name+"."+option, fmt.Sprint(place))
	}
}

func (b *browser) slide(name string) {
	b.t.Helper()
	if slider := fmt.Sprintf(`.slide:has([name=%q]) [type=range]`, name); b.is(fmt.Sprintf(`document.querySelector('%s')`, slider)) {
		b.click(slider)
	} else {
		b.write(name, "50")
	}
}

func (b *browser) send() {
	b.t.Helper()
	b.scrollTo(submitButton)
	b.must(b.DoubleClick(b.find(submitButton)))
}

// keys is the keyboard of a browser, without a pointer. The focus moves with Tab only, and only forwards.
type keys struct{ *browser }

// tabTo presses Tab until a condition on the focused element e is true.
func (k keys) tabTo(what, condition string) {
	k.t.Helper()
	for range 60 {
		if k.is(fmt.Sprintf(`(e => !!e && %s)(document.activeElement)`, condition)) {
			return
		}
		k.press(webdriver.Tab)
	}
	k.t.Fatalf("Tab does not reach %s", what)
}

func (k keys) tabToName(name string) {
	k.t.Helper()
	k.tabTo(name, fmt.Sprintf(`e.name === %q`, name))
}

// pressUntil presses a key until a condition on the focused element e is true.
func (k keys) pressUntil(key, what, condition string) {
	k.t.Helper()
	for range 12 {
		if k.is(fmt.Sprintf(`(e => %s)(document.activeElement)`, condition)) {
			return
		}
		k.press(key)
	}
	k.t.Fatalf("the keys do not reach %s", what)
}

func (k keys) choose(name, value string) {
	k.t.Helper()
	if k.is(fmt.Sprintf(`document.querySelector('[name=%q]').type === "checkbox"`, name)) {
		k.tabTo(name, fmt.Sprintf(`e.name === %q && e.value === %q`, name, value))
		k.press(" ")
		return
	}
	k.tabToName(name)
	k.press(" ")
	k.pressUntil(webdriver.Right, value+" of "+name, fmt.Sprintf(`e.value === %q && e.checked`, value))
}

func (k keys) pick(name, value string) {
	k.t.Helper()
	k.tabToName(name)
	k.pressUntil(webdriver.Down, value+" of "+name, fmt.Sprintf(`e.value === %q`, value))
}

func (k keys) write(name, text string) {
	k.t.Helper()
	k.tabToName(name)
	// Unlike Press, Type takes characters that no key has. The focus is there already.
	k.must(k.Type(k.find(string(byName(name))), strings.ReplaceAll(text, "\n", webdriver.Enter)))
}

func (k keys) when(name, value, typed string) {
	k.t.Helper()
	k.tabToName(name)
	k.press(k.typed(value, typed))
}

func (k keys) rank(name, option string, _ int) {
	k.t.Helper()
	ranked := fmt.Sprintf(`e.id === "q-%s.%s"`, name, option)
	k.tabTo(option, ranked)
	k.press(" ")
	if !k.is(fmt.Sprintf(`(e => %s && e.getAttribute("aria-pressed") === "true")(document.activeElement)`, ranked)) {
		k.t.Errorf("%s is not ranked, or has lost the focus", option)
	}
}

func (k keys) slide(name string) {
	k.t.Helper()
	k.tabTo(name, fmt.Sprintf(`e.type === "range" && !!e.parentNode.querySelector("[name=%s]")`, name))
	k.press(" ")
}

func (k keys) send() {
	k.t.Helper()
	k.tabTo("send", `e.matches(".send button")`)
	k.press(webdriver.Enter + webdriver.Enter)
}
