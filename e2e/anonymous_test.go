package e2e

import (
	"encoding/csv"
	"encoding/json"
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
)

const anonymousTea = `
title: {zh: 茶, en: Tea}
languages: [en, zh]
access: invited
anonymity: anonymous
results: {min_group: 1}
seal: {keys: [sealkey1.BNXle5AhbjTJKWT6G1J8HCPs1h3tcFmFoxUcGXnURQvL83I1ZnQYjuG56AD-tLWMV1RjNDNJBF_oh4zGYKmVjd8]}
sections:
  - questions:
      - {id: taste, type: rating, steps: 5, label: {zh: 味道, en: Taste}, required: true}
      - {id: remark, type: long_text, label: {zh: 意见, en: Remark}}
      - {id: tier, type: hidden, label: {zh: 级别, en: Tier}, options: [{id: a, label: {zh: 甲, en: A}}]}
`

// invitedTea starts a server of an anonymous survey to which people are invited, and returns the codes of their invitations. The
// keys are made while the server runs, and are in force when it starts again.
func invitedTea(t *testing.T, people int) (p *server, codes []string) {
	t.Helper()
	surveys, data := writeSurveys(t, map[string]string{"tea.yaml": anonymousTea}), t.TempDir()
	list := "name,email,tier\n"
	for n := range people {
		list += "Somebody," + string(rune('a'+n%26)) + string(rune('a'+n/26)) + "@example.com,a\n"
	}
	file := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	command := func(arguments ...string) {
		t.Helper()
		if out, err := exec.Command(binary, arguments...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", arguments, err, out)
		}
	}
	first := start(t, surveys, data)
	command("invite", "make", "tea", file, "--surveys", surveys, "--data", data)
	first.kill()
	if _, err := os.Stat(filepath.Join(surveys, "tea.keys.json")); err != nil {
		t.Fatal(err)
	}
	p = start(t, surveys, data)
	table := filepath.Join(t.TempDir(), "merge.csv")
	command("invite", "merge", "tea", "--surveys", surveys, "--data", data, "--address", p.url, "--out", table)
	opened, err := os.Open(table)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	rows, err := csv.NewReader(opened).ReadAll()
	if err != nil || len(rows) != people+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	at := slices.Index(rows[0], "code")
	for _, row := range rows[1:] {
		codes = append(codes, strings.ReplaceAll(row[at], "-", ""))
	}
	return p, codes
}

// A listener passes requests on, keeps what submissions and requests for signatures have, and loses the first reply to one of these.
type listener struct {
	url string

	mu   sync.Mutex
	sent []heard
}

type heard struct {
	tail    string
	headers http.Header
	body    string
}

func listen(t *testing.T, p *server) *listener {
	t.Helper()
	to, err := url.Parse(p.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy, l := httputil.NewSingleHostReverseProxy(to), &listener{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, tail, _ := strings.Cut(r.URL.Path, "/api/surveys/tea/")
		if r.Method != http.MethodPost || tail != "token" && tail != "responses" {
			proxy.ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		l.mu.Lock()
		l.sent = append(l.sent, heard{tail, r.Header.Clone(), string(body)})
		isFirst := len(l.sent) == 1
		l.mu.Unlock()
		if isFirst {
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
				connection.Close()
			}
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	l.url = server.URL + "/"
	return l
}

func (l *listener) all() []heard {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.sent)
}

// shortenTheWait lets a page's script wait for a moment in place of its seconds.
const shortenTheWait = `((wait) => { window.setTimeout = (f, ms, ...more) => wait(f, ms >= 5000 && ms < 30000 ? 50 : ms, ...more); })(window.setTimeout)`

// TestEnginesAnonymous answers by an invitation with the page's own script, whose blinding the server's library signs and verifies.
// The first reply is lost after the invitation was marked: the same signature is had again. The request with the answers has
// nothing of the invitation: no secret, no cookie, no referrer.
func TestEnginesAnonymous(t *testing.T) {
	t.Parallel()
	onEngines(t, engines, browserSettings{}, func(t *testing.T, b *browser) {
		p, codes := invitedTea(t, 2)
		l := listen(t, p)
		b.open(l.url + "i/" + codes[0])
		b.waitForForm()
		b.waitFor("the script that separates the two", `document.getElementById("openly").hidden && !!window.sendBlindly`)
		b.run(shortenTheWait)
		b.choose("taste", "4")
		b.write("remark", "好茶")
		b.click(submitButton)
		receipt := b.waitForThanks()
		b.check(map[string]string{"nothing is left on the device": `localStorage.length === 0`})
		sent := l.all()
		if len(sent) != 3 || sent[0].tail != "token" || sent[1].tail != "token" || sent[0].body != sent[1].body || sent[2].tail != "responses" {
			t.Fatalf("sent: %+v", sent)
		}
		if !strings.Contains(sent[0].body, codes[0]) {
			t.Errorf("the first request is %s", sent[0].body)
		}
		last := sent[2]
		var body map[string]json.RawMessage
		if err := json.Unmarshal([]byte(last.body), &body); err != nil || len(body) != 4 || body["token"] == nil || body["answers"] == nil || body["version"] == nil || body["language"] == nil {
			t.Errorf("the second request is %s", last.body)
		}
		if strings.Contains(last.body, "好茶") || !strings.Contains(string(body["answers"]), `"remark":"seal1.`) {
			t.Errorf("the remark is not sealed: %s", last.body)
		}
		if strings.Contains(strings.ToUpper(last.body), codes[0]) || last.headers.Get("Cookie") != "" || last.headers.Get("Referer") != "" {
			t.Errorf("the second request has something of the invitation: %v %s", last.headers, last.body)
		}
		b.open(l.url + "i/" + codes[0])
		b.waitFor("the notice", `document.body.textContent.includes("You have already answered")`)
		if receipt == "" {
			t.Error("there is no receipt")
		}
		p.waitForRespondents(t, "tea", 1)
	})
}

// TestAnonymousPageClosed leaves the page after the signature was had and before the answers were sent: the next visit sends them.
func TestAnonymousPageClosed(t *testing.T) {
	t.Parallel()
	onEngines(t, engines[:1], browserSettings{}, func(t *testing.T, b *browser) {
		p, codes := invitedTea(t, 1)
		b.open(p.url + "i/" + codes[0])
		b.waitForForm()
		b.choose("taste", "2")
		b.click(submitButton)
		b.waitFor("the token on the device", `Object.keys(localStorage).some((k) => k.startsWith("glasspoll.token:") && JSON.parse(localStorage[k]).token)`)
		b.check(map[string]string{
			"what the page says": `document.getElementById("state").textContent.includes("keep this page open")`,
			"nothing else":       `getComputedStyle(document.getElementById("kept")).display === "none"`,
			"no secret":          `!JSON.stringify(localStorage).includes("` + codes[0] + `")`,
		})
		b.open("about:blank")
		if got := p.results(t, "tea"); got.Respondents != 0 {
			t.Errorf("%d respondents", got.Respondents)
		}
		b.open(p.url + "i/" + codes[0])
		b.waitFor("that they are being sent", `document.body.textContent.includes("They are being sent now")`)
		b.waitFor("the receipt", `/received now, anonymously.*Receipt: [0-9A-Z]{5}-/.test(document.body.textContent)`)
		b.check(map[string]string{"nothing is left on the device": `Object.keys(localStorage).length === 0`})
		p.waitForRespondents(t, "tea", 1)
	})
}

// TestEnginesAnonymousWithoutScript: browsers without a script offer the confidential way, and nobody is taken to have chosen it.
func TestEnginesAnonymousWithoutScript(t *testing.T) {
	t.Parallel()
	onEngines(t, engines, browserSettings{noScripts: true}, func(t *testing.T, b *browser) {
		p, codes := invitedTea(t, 1)
		b.open(p.url + "i/" + codes[0])
		b.waitForForm()
		b.click(`[name=taste][value="5"]`)
		b.click(submitButton)
		b.waitFor("what is not sent", `document.body.textContent.includes("Not sent: this would not be anonymous") && document.querySelector("[name=taste]:checked")?.value === "5"`)
		if got := p.results(t, "tea"); got.Respondents != 0 {
			t.Errorf("%d respondents", got.Respondents)
		}
		b.click(`#openly input`)
		b.click(submitButton)
		b.waitForThanks()
		p.waitForRespondents(t, "tea", 1)
	})
}

// TestAnonymousForBoth answers the open half of an anonymous survey, whose form has no invitation to be separated from.
func TestAnonymousForBoth(t *testing.T) {
	t.Parallel()
	onEngines(t, engines[:1], browserSettings{}, func(t *testing.T, b *browser) {
		p := start(t, writeSurveys(t, map[string]string{"tea.yaml": strings.Replace(anonymousTea, "access: invited", "access: both", 1)}), t.TempDir())
		b.open(p.url + "tea/en/")
		b.waitForForm()
		b.choose("taste", "3")
		b.click(submitButton)
		b.waitForThanks()
		p.waitForRespondents(t, "tea", 1)
	})
}
