package intake_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/headers"
)

const formAddress = "/api/surveys/service/form/"

var hiddenField = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)"`)

// hidden reads the hidden fields of a page.
func hidden(w *httptest.ResponseRecorder) map[string]string {
	fields := map[string]string{}
	for _, found := range hiddenField.FindAllStringSubmatch(w.Body.String(), -1) {
		fields[found[1]] = found[2]
	}
	return fields
}

func TestFormsWithAnID(t *testing.T) {
	for _, yaml := range []string{surveyYAML, surveyYAML + "duplicates: keep\n"} {
		d := open(t, yaml)
		first, second := d.send("GET", formAddress+"en", "", ""), d.send("GET", formAddress+"en", "", "")
		for name, value := range headers.Security() {
			if first.Header().Get(name) != value {
				t.Errorf("%s is %q", name, first.Header().Get(name))
			}
		}
		if first.Code != 200 || first.Header().Get("Cache-Control") != "private, max-age=0" || first.Header().Get("X-Robots-Tag") != "noindex" {
			t.Fatal(first.Code, first.Header())
		}
		fields := hidden(first)
		if fields["_id"] == "" || fields["_id"] == hidden(second)["_id"] || fields["_version"] != d.survey.Version || fields["_language"] != "en" {
			t.Errorf("the forms have %v and %v", fields, hidden(second))
		}
		for _, wanted := range []string{`action="../../../../api/surveys/service/responses"`, `<html lang="en"`, `href="../../../../api/surveys/service/form/zh"`, `content="noindex"`} {
			if !strings.Contains(first.Body.String(), wanted) {
				t.Errorf("the form lacks %s", wanted)
			}
		}
		if strings.Contains(first.Body.String(), "<noscript>") {
			t.Error("a form with an id leads to another one")
		}

		answers := "overall=5&_language=en&_version=" + d.survey.Version + "&_id="
		receipt := shownReceipt(t, d.form(answers+fields["_id"]))
		d.now = d.now.Add(time.Hour)
		if again := d.form(answers + fields["_id"]); shownReceipt(t, again) != receipt || len(d.responses) != 1 {
			t.Errorf("sent again an hour later: %d %s, %d stored", again.Code, again.Header().Get("Location"), len(d.responses))
		}
		if w := d.form(answers + hidden(second)["_id"]); w.Code != 303 || len(d.responses) != 2 {
			t.Errorf("equal answers of somebody else: %d, %d stored", w.Code, len(d.responses))
		}
		mistake := d.form(strings.Replace(answers, "overall=5", "overall=9", 1) + fields["_id"])
		if mistake.Code != 422 || hidden(mistake)["_id"] != fields["_id"] {
			t.Errorf("a form with mistakes: %d, %v", mistake.Code, hidden(mistake))
		}
	}
}

const hiddenYAML = surveyYAML + `      - {id: store, type: hidden, label: {zh: 门店, en: Store}}
      - {id: note, type: note, label: {zh: "门店 {{store}}", en: "Store {{store}}"}}
`

func TestFormTakesItsLink(t *testing.T) {
	d := open(t, hiddenYAML)
	for _, c := range []struct{ query, referer, channel, store, says, link string }{
		{"", "", "", "", "Store <span", "/form/zh\""},
		{"?c=web&store=N%26+1", "", "web", "N&amp; 1", ">N&amp; 1</span>", "/form/zh?c=web&amp;store=N%26&#43;1\""},
		{"", "https://example.com/service/en/?c=email&store=N2", "email", "N2", ">N2</span>", "/form/zh?c=email&amp;store=N2\""},
		{"?c=web", "https://example.com/service/en/?c=email&store=N2", "web", "", "Store <span", "/form/zh?c=web\""},
		{"?c=owl&store=" + strings.Repeat("x", 300) + "&overall=5&_id=1&_version=2", "", "", "", "Store <span", "/form/zh\""},
		{"?c=%zz&store=%zz", "", "", "", "Store <span", "/form/zh\""},
		{"", "::", "", "", "Store <span", "/form/zh\""},
		{"", "https://example.org/service/en/?c=email&store=N2", "", "", "Store <span", "/form/zh\""},
		{"", "https://example.com/other/?c=email&store=N2", "", "", "Store <span", "/form/zh\""},
		{"", "https://example.com/service/?c=email&store=N2", "email", "N2", ">N2</span>", "/form/zh?c=email&amp;store=N2\""},
		{"", "https://example.com/polls/service/en/index.html?c=email", "email", "", "Store <span", "/form/zh?c=email\""},
		{"", "https://example.com/api/surveys/service/form/zh?c=email", "email", "", "Store <span", "/form/zh?c=email\""},
		{"", "https://example.com/api/surveys/other/form/zh?c=email", "", "", "Store <span", "/form/zh\""},
	} {
		w := d.send("GET", formAddress+"en"+c.query, "", "", "Referer", c.referer)
		fields, page := hidden(w), w.Body.String()
		if w.Code != 200 || fields["_channel"] != c.channel || fields["store"] != c.store || fields["_version"] != d.survey.Version || strings.Contains(page, " checked") {
			t.Errorf("%s from %s: %d %v", c.query, c.referer, w.Code, fields)
		}
		for _, wanted := range []string{c.says, c.link} {
			if !strings.Contains(page, wanted) {
				t.Errorf("%s from %s: the page lacks %s", c.query, c.referer, wanted)
			}
		}
	}
}

func TestFormReplies(t *testing.T) {
	d := open(t, surveyYAML)
	for _, c := range []struct {
		method, path string
		status       int
		says         string
	}{
		{"HEAD", formAddress + "en", 200, ""},
		{"GET", "/prod/polls" + formAddress + "zh", 200, `action="../../../../api/`},
		{"GET", formAddress + "en/", 200, `action="../../../../../api/`},
		{"GET", formAddress + "xx", 200, `<html lang="zh"`},
		{"GET", formAddress, 404, "../../../../"},
		{"GET", "/api/surveys/nothing/form/en", 404, `href="../../../../"`},
		{"POST", formAddress + "en", 405, ""},
		{"PUT", formAddress + "en", 405, ""},
		{"GET", formAddress + "en?c=" + strings.Repeat("x", 9000), 414, ""},
	} {
		w := d.send(c.method, c.path, plainForm, "overall=5", "Accept", "text/html")
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s %.60s: %d, lacks %s", c.method, c.path, w.Code, c.says)
		}
		if allow := w.Header().Get("Allow"); w.Code == 405 && allow != map[string]string{"POST": "GET, HEAD", "PUT": "GET, HEAD, POST"}[c.method] {
			t.Errorf("%s %s: Allow %s", c.method, c.path, allow)
		}
		if w.Code != 200 && w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s %.60s may be cached", c.method, c.path)
		}
	}
	for _, at := range []time.Time{time.Date(2027, 1, 1, 0, 0, 0, 0, d.survey.Location()), time.Date(2026, 9, 30, 23, 59, 59, 0, d.survey.Location())} {
		d.now = at
		w := d.send("GET", formAddress+"en", "", "")
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "2026") || strings.Contains(w.Body.String(), "<button") || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("outside the window: %d %s", w.Code, w.Body)
		}
	}
	if len(d.responses) != 0 {
		t.Error("a look at the form stores something")
	}
}
