package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const noticedTea = `purpose: {zh: 用来选茶。, en: To choose our tea.}
contact: {email: tea@company.example}
privacy: {controller: {zh: 茶馆, en: The tea house}, keep: {months: 6}}
sections:`

// TestTakeBack answers, takes the answer back with the receipt that the thank-you page shows, and reads the notice, on a phone: with a
// script, and without one.
func TestTakeBack(t *testing.T) {
	t.Parallel()
	p := start(t, writeSurveys(t, map[string]string{"tea.yaml": strings.Replace(teaSurvey, "sections:", noticedTea, 1)}), t.TempDir())
	ctx := openPage(t, 360)
	said := func(what, words string) {
		t.Helper()
		waitFor(t, ctx, what, `document.readyState === "complete" && document.querySelector("h1, .err, #fault") && document.body.innerText.includes("`+words+`")`)
	}
	takeBack := func(receipt string) {
		t.Helper()
		do(t, ctx, chromedp.SetValue(css("#number"), receipt))
		clickMiddle(t, ctx, "form .button")
	}
	for i, withScript := range []bool{true, false} {
		call(t, ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !withScript})
		if withScript {
			load(t, ctx, chromedp.Navigate(p.url+"tea/en/"))
		} else {
			openWithoutScript(t, ctx, p.url+"tea/en/")
		}
		do(t, ctx, click("taste", "4"))
		clickMiddle(t, ctx, ".send button")
		waitForThanks(t, ctx)
		p.waitForRespondents(t, "tea", i+1)
		waitFor(t, ctx, "the receipt", `document.querySelector("#receipt code").textContent.length === 30`)
		receipt := read(t, ctx, chromedp.Evaluate[string](`document.querySelector("#receipt code").textContent`))
		clickMiddle(t, ctx, "#receipt a")
		said("the page", "without giving a reason")
		if at := location(t, ctx); at != p.url+"tea/en/withdraw/" {
			t.Errorf("taken back at %s", at)
		}
		screenshot(t, ctx, "withdraw")
		wrong := "0" + receipt[1:]
		if wrong == receipt {
			wrong = "1" + receipt[1:]
		}
		takeBack(wrong)
		said("the message", "No answer to this survey has this receipt number")
		takeBack(strings.ToLower(receipt))
		said("the end", "Your answers are deleted")
		if at := location(t, ctx); at != p.url+"api/surveys/tea/withdraw" {
			t.Errorf("the reply is at %s", at)
		}
		clickMiddle(t, ctx, "footer a")
		said("the notice", "kept for 6 months")
		screenshot(t, ctx, "privacy")
	}
	call(t, ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: false})
	for _, address := range []string{"tea/privacy/", "tea/withdraw/"} {
		load(t, ctx, chromedp.Navigate(p.url+address))
		runAxe(t, ctx, address)
	}
	if strings.Contains(p.log.String(), "withdraw") {
		t.Errorf("it is logged:\n%s", p.log)
	}
}
