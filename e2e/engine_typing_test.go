package e2e

import (
	"fmt"
	"testing"

	"glasspoll/e2e/webdriver"
)

const typedSurvey = `title: {ar: شاي, en: Tea}
languages: [ar, en]
results: {min_group: 1}
sections:
  - questions:
      - {id: warm, type: number, display: slider, min: 0, max: 100, label: {ar: حرارة, en: Warmth}}
      - {id: cups, type: number, min: 0, max: 20, label: {ar: أكواب, en: Cups}}
      - {id: tel, type: phone, label: {ar: هاتف, en: Telephone}}
      - {id: day, type: date, label: {ar: يوم, en: Day}}
`

// TestEnginesTyping types on a page in Arabic: the slider's keys follow the direction of writing, digits are those of the
// keyboard, and a date that is half typed is not lost in silence.
func TestEnginesTyping(t *testing.T) {
	t.Parallel()
	onEngines(t, engines, browserSettings{}, func(t *testing.T, b *browser) {
		data := t.TempDir()
		p := start(t, writeSurveys(t, map[string]string{"tea.yaml": typedSurvey}), data)
		b.open(p.url + "tea/")
		k := keys{b}
		k.slide("warm")
		warm := func(value string) string {
			return fmt.Sprintf(`document.querySelector("[name=warm]").value === %q`, value)
		}
		b.waitFor("the middle", warm("50"))
		b.press(webdriver.Left)
		b.waitFor("more, to the left", warm("51"))
		b.press(webdriver.Right + webdriver.Right)
		b.waitFor("less, to the right", warm("49"))
		k.write("cups", "٥")
		k.write("tel", "٠١٢٣٤٥٦٧٨٩")
		k.tabToName("day")
		b.press("05")
		b.click(submitButton)
		b.waitFor("that the date is incomplete", `document.getElementById("e-day")?.textContent.trim()`)
		b.run(`document.querySelector("[name=day]").focus()`)
		b.when("day", "2026-05-06", "05062026")
		b.waitFor("the date", `document.querySelector("[name=day]").value === "2026-05-06"`)
		b.click(submitButton)
		b.waitForThanks()
		checkOneStored(t, p.killAndReadAnswers(t, data, "tea"), map[string]string{"warm": "49", "cups": "5", "tel": "0123456789", "day": "2026-05-06"})
	})
}
