package e2e

import (
	"fmt"
	"testing"
	"time"

	"glasspoll/e2e/webdriver"
)

const cardsSurvey = `title: {zh: 一次一题, en: Cards}
languages: [zh, en]
layout: cards
results: {min_group: 1}
intro: {zh: 请按实际感受作答。, en: Please answer as you feel.}
sections:
  - title: {zh: 总体, en: Overall}
    intro: {zh: 关于这一次。, en: About this visit.}
    questions:
      - {id: taste, type: rating, steps: 5, display: stars, required: true, label: {zh: 味道, en: Taste}}
      - {id: wrong, type: short_text, required: true, show_if: taste == 1, label: {zh: 哪里, en: What was wrong}}
      - {id: recommend, type: nps, label: {zh: 推荐, en: Recommend}}
  - title: {zh: 细节, en: Details}
    questions:
      - id: why
        type: multi_choice
        label: {zh: 为什么, en: Why}
        options: [{id: warm, label: {zh: 暖和, en: Warm}}, {id: cheap, label: {zh: 便宜, en: Cheap}}]
      - {id: code, type: short_text, pattern: "(ab?|ba?)*", label: {zh: 编号, en: Code}}
      - {id: hint, type: note, label: {zh: 下一题有两行。, en: The next one has two rows.}}
      - id: parts
        type: matrix
        required: all
        scale: how
        label: {zh: 各项, en: Items}
        rows: [{id: cup, label: {zh: 杯子, en: Cup}}, {id: water, label: {zh: 水, en: Water}}]
      - {id: place, type: single_choice, other: true, label: {zh: 在哪里, en: Where}, options: [{id: here, label: {zh: 这里, en: Here}}]}
  - questions:
      - {id: again, type: yes_no, label: {zh: 再来, en: Come again}}
scales:
  how: [{id: good, label: {zh: 好, en: Good}, score: 2}, {id: bad, label: {zh: 差, en: Bad}, score: 1}]
`

// A cardsForm is a form that asks one question at a time.
type cardsForm struct{ *browser }

// at waits for a card that has come to rest: before, it takes no tap.
func (f cardsForm) at(n, max int, q string) {
	f.t.Helper()
	f.waitFor(fmt.Sprintf("card %d of %d, %s", n, max, q), fmt.Sprintf(`document.querySelector("#progress span").textContent.startsWith("Question %d of %d")
		&& [...document.querySelectorAll("[data-q]:not(.md)")].filter(e => e.getClientRects().length).map(e => e.dataset.q).join() === %q
		&& document.getAnimations().length === 0`, n, max, q))
	f.check(map[string]string{
		"the bar says the same, and is not full": fmt.Sprintf(`(bar => bar.value === %d && bar.value < bar.max)(document.querySelector("progress"))`, n),
		"a way back but from the first":          fmt.Sprintf(`document.getElementById("back").hidden === %t`, n == 1),
	})
}

// stays waits for longer than a card takes to go on.
func (f cardsForm) stays(n, max int, q string) {
	f.t.Helper()
	time.Sleep(700 * time.Millisecond)
	f.at(n, max, q)
}

func (f cardsForm) next() {
	f.t.Helper()
	f.click(submitButton)
}

// hasFocus checks that what comes first on a card is read out.
func (f cardsForm) hasFocus(text string) {
	f.t.Helper()
	f.waitFor("the focus on "+text, fmt.Sprintf(`document.activeElement.textContent.includes(%q) && document.activeElement.getAttribute("aria-describedby") === "progress"`, text))
}

// TestEnginesCards answers one question at a time: by pointer and by keys, back and forth, over a reload and a refusal.
func TestEnginesCards(t *testing.T) {
	t.Parallel()
	onEngines(t, engines, browserSettings{}, func(t *testing.T, b *browser) {
		p := start(t, writeSurveys(t, map[string]string{"tea.yaml": cardsSurvey}), t.TempDir())
		f, k := cardsForm{b}, keys{b}
		b.open(p.url + "tea/en/")
		f.at(1, 7, "taste")
		b.check(map[string]string{
			"it says what a choice does":   `document.getElementById("progress").textContent.includes("Your choice takes you on")`,
			"the section's introduction":   `document.querySelector("section > .md:not([data-q])").checkVisibility()`,
			"the section is named":         `document.getElementById(document.querySelector("section").getAttribute("aria-labelledby")).textContent === "Overall"`,
			"the button goes on":           `document.querySelector(".send button:not([type])").textContent === "Next"`,
			"nothing is moved by the page": `document.activeElement === document.body`,
		})
		f.next()
		b.waitFor("the message of the required question", `document.getElementById("e-taste")?.textContent && document.activeElement.name === "taste"`)
		b.choose("taste", "5")
		f.at(2, 7, "recommend")
		f.hasFocus("Recommend")
		b.check(map[string]string{"the introduction is out of the way": `![...document.querySelectorAll(".intro, section > .md:not([data-q])")].some(e => e.checkVisibility())`})

		// Arrow keys move through the options; Enter and the space bar go on.
		k.tabToName("recommend")
		b.press(webdriver.Right)
		b.press(webdriver.Right)
		f.stays(2, 7, "recommend")
		b.check(map[string]string{"an option was chosen": `document.querySelector("[name=recommend]:checked") === document.activeElement`})
		b.press(webdriver.Enter)
		f.at(3, 7, "why")
		b.click("#back")
		f.at(2, 7, "recommend")
		b.choose("recommend", "0")
		f.at(3, 7, "why")
		b.run(`history.back()`)
		f.at(2, 7, "recommend")
		b.choose("recommend", "0") // which is chosen already
		f.at(3, 7, "why")
		b.click("#back")
		f.at(2, 7, "recommend")
		b.click("#back")
		f.at(1, 7, "taste")

		// A question comes in between.
		b.choose("taste", "1")
		f.at(2, 8, "wrong")
		b.write("wrong", "cold")
		f.stays(2, 8, "wrong")
		b.press(webdriver.Enter)
		f.at(3, 8, "recommend")
		b.must(b.Reload())
		f.at(3, 8, "recommend")
		b.check(map[string]string{"the answers are kept": `document.querySelector("[name=taste]:checked").value === "1" && document.querySelector("[name=wrong]").value === "cold" && document.querySelector("[name=recommend]:checked").value === "0"`})
		f.next()
		f.at(4, 8, "why")

		// What takes more than one choice, or a text, waits.
		b.choose("why", "warm")
		f.stays(4, 8, "why")
		f.next()
		f.at(5, 8, "code")
		f.hasFocus("Code")
		b.write("code", "xyz")
		f.next()
		f.at(6, 8, "parts")
		f.hasFocus("The next one has two rows.")
		b.choose("parts.cup", "good")
		b.choose("parts.water", "bad")
		f.stays(6, 8, "parts")
		f.next()
		f.at(7, 8, "place")
		b.choose("place", "_other")
		f.stays(7, 8, "place")
		b.write("place._other", "there")
		b.press(webdriver.Enter)
		f.at(8, 8, "again")

		// The last one sends only when told to. The handler refuses an answer that the page cannot check.
		k.tabToName("again")
		b.press(" ")
		f.stays(8, 8, "again")
		b.check(map[string]string{"nothing is sent": `document.querySelector("[name=again]").checked && document.getElementById("state").textContent === ""`})
		f.next()
		b.waitFor("the handler's message", `document.getElementById("e-code")?.checkVisibility() && document.activeElement.id === "errors"`)
		f.at(5, 8, "code")
		b.click("#errors a")
		b.waitFor("the focus on the answer", `document.activeElement.name === "code"`)
		b.run(`document.activeElement.select()`)
		b.press("ab" + webdriver.Enter)
		for n, q := range []string{"parts", "place", "again"} {
			f.at(6+n, 8, q)
			f.next()
		}
		b.waitForThanks()
		p.waitForRespondents(t, "tea", 1)
	})
}

// TestEnginesCardsOnAKiosk goes back where the history has nothing to go back to.
func TestEnginesCardsOnAKiosk(t *testing.T) {
	t.Parallel()
	onEngines(t, engines[:1], browserSettings{}, func(t *testing.T, b *browser) {
		p := start(t, writeSurveys(t, map[string]string{"tea.yaml": cardsSurvey}), t.TempDir())
		f := cardsForm{b}
		b.open(p.url)
		b.open(p.url + "tea/en/?kiosk=600")
		for range 2 {
			f.at(1, 7, "taste")
			b.choose("taste", "5")
			f.at(2, 7, "recommend")
			b.click("#back")
		}
		f.at(1, 7, "taste")
		b.check(map[string]string{"the answer is still there": `document.querySelector("[name=taste]:checked").value === "5"`})
	})
}

// TestEnginesCardsWithoutScript finds all questions on one page.
func TestEnginesCardsWithoutScript(t *testing.T) {
	t.Parallel()
	onEngines(t, engines[:1], browserSettings{noScripts: true}, func(t *testing.T, b *browser) {
		data := t.TempDir()
		p := start(t, writeSurveys(t, map[string]string{"tea.yaml": cardsSurvey}), data)
		b.openWithoutScript(p.url + "tea/en/")
		b.check(map[string]string{
			"all questions": `[...document.querySelectorAll("[data-q]")].length === 9 && [...document.querySelectorAll("[data-q]")].every(e => e.checkVisibility())`,
			"their numbers": `document.querySelector(".n").checkVisibility()`,
			"no progress":   `document.getElementById("progress").hidden && document.getElementById("back").hidden`,
			"the sections":  `[...document.querySelectorAll("h2")].map(e => e.textContent).join() === "Overall,Details"`,
			"one button":    `[...document.querySelectorAll("button")].filter(e => e.checkVisibility()).length === 1`,
		})
		b.choose("taste", "5")
		b.choose("parts.cup", "good")
		b.choose("parts.water", "good")
		b.click(submitButton)
		b.waitFor("the thank-you page", `!!document.querySelector("[data-thanks]")`)
		checkOneStored(t, p.killAndReadAnswers(t, data, "tea"), map[string]string{"taste": "5", "parts.cup": "good", "parts.water": "good"})
	})
}

// TestEnginesCardsNoteOfAnAnswer waits where a choice brings up a note on its card, so that it can be read.
func TestEnginesCardsNoteOfAnAnswer(t *testing.T) {
	t.Parallel()
	const survey = `title: Cards
layout: cards
sections:
  - questions:
      - {id: bad, type: yes_no, label: Was anything bad?}
      - {id: sorry, type: note, show_if: bad, label: We are sorry. Please call us.}
  - questions:
      - {id: again, type: yes_no, label: Come again?}
`
	onEngines(t, engines[:1], browserSettings{}, func(t *testing.T, b *browser) {
		p := start(t, writeSurveys(t, map[string]string{"tea.yaml": survey}), t.TempDir())
		f := cardsForm{b}
		b.open(p.url + "tea/")
		f.at(1, 2, "bad")
		b.choose("bad", "yes")
		f.stays(1, 2, "bad")
		b.check(map[string]string{"the note is there": `document.querySelector("[data-q=sorry]").checkVisibility()`})
		b.choose("bad", "yes") // it was there before
		f.at(2, 2, "again")
		b.click("#back")
		f.at(1, 2, "bad")
		b.choose("bad", "no")
		f.at(2, 2, "again")
	})
}
