package e2e

import (
	"testing"

	"glasspoll/e2e/webdriver"
)

// TestEnginesDigits types digits of another script into boxes for a number, a date and a time, half a date first, and moves a slider
// in a page that runs from right to left.
func TestEnginesDigits(t *testing.T) {
	t.Parallel()
	onEngines(t, engines, browserSettings{}, func(t *testing.T, b *browser) {
		p, data := startTyping(t)
		b.open(p.url + "details/ar/")
		b.waitForForm()
		b.write("remark", "نعم")
		b.write("cups", "٣٫٥")
		b.click("[name=day]")
		b.press("1")
		if b.is(`document.querySelector("[name=day]").validity.badInput`) { // else the engine has a box for text
			b.click(submitButton)
			b.waitFor("the message", `document.getElementById("e-day")?.textContent.startsWith("لم يكتمل")`)
		}
		b.click("[name=day]")
		b.run(`document.querySelector("[name=day]").value = ""`)
		b.press("٢٠٢٦/١١/٢٩")
		b.click("[name=hour]")
		b.press("٩:٣٠")
		b.click(".slide [type=range]")
		b.press(webdriver.Left)
		b.waitFor("more than the middle", `document.querySelector("[name=warm]").value === "6"`)
		b.click(submitButton)
		b.waitForThanks()
		checkOneStored(t, p.killAndReadAnswers(t, data, "details"), map[string]string{"cups": "3.5", "day": "2026-11-29", "hour": "09:30", "warm": "6", "remark": "نعم"})
	})
}
