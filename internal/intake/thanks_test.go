package intake_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// TestThanksWithoutAScript follows a form's reply to the page that shows the receipt.
func TestThanksWithoutAScript(t *testing.T) {
	t.Parallel()
	d := open(t, surveyYAML)
	get := func(address string) (body string) {
		t.Helper()
		w := d.send("GET", address, "", "")
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Robots-Tag") != "noindex" {
			t.Errorf("%s: %d %v", address, w.Code, w.Header())
		}
		return w.Body.String()
	}
	receipt := answer.Receipt(uuid1)
	for language, want := range map[string]string{"en": `lang="en"`, "zh": `lang="zh"`} {
		where := d.form("overall=5&_id=" + uuid1 + "&_language=" + language).Header().Get("Location")
		base, _ := url.Parse(api)
		to, err := base.Parse(where)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(to.RequestURI(), receipt) || strings.Contains(to.RequestURI(), uuid1) {
			t.Errorf("logs would have the receipt: %s", to)
		}
		page := get(to.RequestURI())
		if !strings.Contains(page, receipt) || !strings.Contains(page, want) || !strings.Contains(page, `href="../../../../service/`) {
			t.Errorf("%s: %s", language, page)
		}
		other := map[string]string{"en": "zh", "zh": "en"}[language]
		_, link, _ := strings.Cut(page, `href="`+"../../../../api/surveys/service/thanks/"+other)
		link, _, _ = strings.Cut(link, `"`)
		if page := get(strings.TrimSuffix(to.Path, language) + other + html.UnescapeString(link)); !strings.Contains(page, receipt) {
			t.Errorf("the page in the other language, %s, shows no receipt: %s", link, page)
		}
		begun := d.now
		for name, spoil := range map[string]func() string{
			"too old":           func() string { d.now = d.now.Add(time.Hour + time.Second); return to.RequestURI() },
			"from the future":   func() string { d.now = d.now.Add(-time.Hour); return to.RequestURI() },
			"cut":               func() string { return strings.TrimSuffix(to.Path+"?"+to.RawQuery, to.RawQuery[len(to.RawQuery)-4:]) },
			"a plain receipt":   func() string { return to.Path + "?receipt=" + receipt },
			"markup":            func() string { return to.Path + "?receipt=%3Cb%3E&text=-1" },
			"of another secret": func() string { d.memory.secret = store.NewSecret(); return to.RequestURI() },
		} {
			before := d.memory.secret
			address := spoil()
			if page := get(address); strings.Contains(page, receipt) || !strings.Contains(page, `id="receipt" hidden`) {
				t.Errorf("%s shows a receipt: %s", name, page)
			}
			d.now, d.memory.secret = begun, before
		}
	}
	if w := d.send("GET", "/api/surveys/nothing/thanks/en", "", ""); w.Code != http.StatusNotFound {
		t.Errorf("of no survey: %d", w.Code)
	}
	if w := d.send("POST", "/api/surveys/service/thanks/en", plainForm, ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d %v", w.Code, w.Header())
	}
	base, _ := url.Parse(api + "/")
	to, err := base.Parse(d.send("POST", base.Path, plainForm, "overall=5&_id="+uuid1).Header().Get("Location"))
	if err != nil || !strings.Contains(get(to.RequestURI()), receipt) {
		t.Errorf("a form sent to %s is shown no receipt at %s: %v", base, to, err)
	}
	d.memory.noSecret = store.ErrNoSecret
	if where := d.form("overall=5&_id=" + uuid1).Header().Get("Location"); where != "../../../service/thanks/#"+receipt {
		t.Errorf("without a secret: %s", where)
	}
}
