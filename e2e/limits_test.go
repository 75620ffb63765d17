package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// fillRange sends as many answers from this machine as it may at once.
func fillRange(t *testing.T, p *server) {
	t.Helper()
	for n := range 70 {
		body := fmt.Sprintf(`{"id":"10000000-0000-8000-8000-%012x","answers":{"taste":"3"}}`, n)
		response, err := http.Post(p.url+"api/surveys/tea/responses", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode == http.StatusTooManyRequests {
			return
		}
	}
	t.Fatal("this machine has no limit")
}

// TestEnginesWork sends answers from a range that is over its limit: the page's script works, says how far it is, and sends them by
// itself. Without a script the form comes back with what was typed, and says when it can be sent.
func TestEnginesWork(t *testing.T) {
	t.Parallel()
	surveys := writeSurveys(t, map[string]string{"tea.yaml": shortTeaSurvey})
	open := func(t *testing.T) *server {
		t.Helper()
		p := serve(t, "--addr", "127.0.0.1:0", "--surveys", surveys, "--data", t.TempDir(), "--no-reload", "--limits", "on")
		if p.url == "" {
			t.Fatalf("serve did not start:\n%s", p.log)
		}
		return p
	}
	onEngines(t, engines, browserSettings{}, func(t *testing.T, b *browser) {
		p := open(t)
		b.open(p.url + "tea/en/")
		b.choose("taste", "2")
		b.write("place", "东门店")
		b.check(map[string]string{"nobody sees the field for programs": `!document.querySelector("[name=_website]").getClientRects().length`})
		b.run(`new MutationObserver(() => {
			sessionStorage.said = (sessionStorage.said || "") + document.getElementById("state").textContent;
			sessionStorage.fixed = sessionStorage.fixed || document.querySelector("form section").inert || "";
		}).observe(document.getElementById("state"), { childList: true })`)
		fillRange(t, p)
		b.click(submitButton)
		b.waitForThanks()
		b.check(map[string]string{
			"the page says how far it is":                   `sessionStorage.said.includes("calculation first (0%)") && sessionStorage.said.includes("(75%)")`,
			"answers cannot be changed while they are sent": `sessionStorage.fixed === "true"`,
		})
	})
	onEngines(t, engines[:1], browserSettings{noScripts: true}, func(t *testing.T, b *browser) {
		p := open(t)
		b.openWithoutScript(p.url + "tea/en/")
		b.choose("taste", "2")
		b.write("place", "东门店")
		fillRange(t, p)
		b.click(submitButton)
		b.waitFor("the form to be sent again", `document.body.textContent.includes("Please wait a moment")`)
		b.check(map[string]string{
			"what was typed is there": `document.querySelector("[name=place]").value === "东门店" && document.querySelector("[name=taste][value='2']").checked`,
			"the wait is said":        `/again in \d+ seconds/.test(document.body.textContent)`,
		})
	})
}
