package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"glasspoll/internal/seal"
)

const sealedTea = `
title: Tea
languages: [en]
results: {min_group: 1}
seal: {keys: [%s]}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, label: Taste, required: true}
      - {id: mail, type: email, label: E-mail}
      - {id: likes, type: multi_choice, private: true, label: Likes, options: [{id: green, label: Green}, {id: black, label: Black}]}
      - {id: place, type: single_choice, other: true, label: Place, options: [{id: home, label: At home}]}
      - {id: remark, type: long_text, label: Remark}
`

// forgetful passes requests on, keeps the bodies of submissions, and replaces the reply to the first.
func forgetful(t *testing.T, p *server) (address string, sent func() []string) {
	t.Helper()
	to, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var bodies []string
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			proxy.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		mu.Lock()
		bodies = append(bodies, string(body))
		isFirst := len(bodies) == 1
		mu.Unlock()
		if isFirst {
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			http.Error(w, "lost", http.StatusBadGateway)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/", func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(bodies)
	}
}

// neverRetry keeps a page's script from sending again until the page is loaded again.
const neverRetry = `((wait) => { window.setTimeout = (f, ms, ...more) => (ms >= 2000 && ms < 30000 ? 0 : wait(f, ms, ...more)); })(window.setTimeout)`

// TestEnginesSealed seals answers in the page: the format of the address is checked before, the first try seems to fail, and
// what is sent after a reload is the same, byte by byte. The key opens it, and the respondent has a copy that can be read.
func TestEnginesSealed(t *testing.T) {
	t.Parallel()
	onEngines(t, engines, browserSettings{}, func(t *testing.T, b *browser) {
		key, err := seal.NewPrivate()
		b.must(err)
		file := filepath.Join(t.TempDir(), "office.key")
		b.must(os.WriteFile(file, key.Encode("2026-11-30"), 0o600))
		data := t.TempDir()
		p := start(t, writeSurveys(t, map[string]string{"tea.yaml": fmt.Sprintf(sealedTea, key.Public())}), data)
		address, sentBodies := forgetful(t, p)
		b.open(address + "tea/")
		b.waitForForm()
		b.run(neverRetry)
		b.choose("taste", "4")
		b.choose("likes", "green")
		b.choose("likes", "black")
		b.choose("place", "_other")
		b.write("place._other", "In the park")
		b.write("remark", "好茶 & <b>谢谢</b>")
		b.write("mail", "mei")
		b.click(submitButton)
		b.waitFor("that this is no address", `document.getElementById("e-mail")`)
		if sent := sentBodies(); len(sent) > 0 {
			t.Errorf("sent: %q", sent)
		}
		b.write("mail", "@example.org")
		b.click(submitButton)
		b.waitFor("that the first try has failed", `document.getElementById("state").textContent.includes("keeps trying")`)
		b.check(map[string]string{
			"nothing private on the device": `!JSON.stringify(localStorage).includes("mei@example.org")`,
			"it stays in the tab":           `sessionStorage["glasspoll:tea.sealed"].includes("seal1.")`,
		})
		b.must(b.Reload())
		receipt := b.waitForThanks()
		b.check(map[string]string{
			"nothing is left":  `localStorage.length === 0 && !Object.keys(sessionStorage).some((key) => key.startsWith("glasspoll:"))`,
			"a copy to read":   `document.getElementById("copy").textContent.includes("mei@example.org")`,
			"and of the texts": `document.getElementById("copy").textContent.includes("In the park")`,
		})
		sent := sentBodies()
		for i := range sent {
			if sent[i] != sent[0] {
				t.Errorf("sent again, and not the same:\n%s\n%s", sent[0], sent[i])
			}
		}
		var body struct{ Answers map[string]any }
		if err := json.Unmarshal([]byte(sent[0]), &body); err != nil || len(sent) < 2 {
			t.Fatal(len(sent), err)
		}
		for field, value := range body.Answers {
			text, _ := value.(string)
			if isSealed := strings.HasPrefix(text, "seal1."); isSealed == (field == "taste" || field == "place") {
				t.Errorf("%s is sent as %v", field, value)
			}
		}
		p.waitForRespondents(t, "tea", 1)
		out, err := exec.Command(binary, "results", "export", "tea", "--private", "--format", "jsonl", "--key", file, "--data", data).Output()
		b.must(err)
		want := `"opening":"","answers":{"taste":"4","place":"_other","place._other":"In the park","remark":"好茶 & <b>谢谢</b>"},` +
			`"private":{"mail":"mei@example.org","likes":["green","black"]}}`
		if !strings.Contains(string(out), receipt) || !strings.HasSuffix(strings.TrimSpace(string(out)), want) {
			t.Errorf("exported: %s", out)
		}
	})
}
