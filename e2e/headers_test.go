package e2e

import (
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"glasspoll/e2e/aws"
)

// deployedHeaders are the security headers that the CDN adds.
func deployedHeaders(t *testing.T) map[string]string {
	t.Helper()
	template, err := aws.ReadTemplate("../deploy/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	policy := template.Resources.Headers.Properties.ResponseHeadersPolicyConfig
	headers := map[string]string{
		"Content-Security-Policy": policy.SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy,
		"Referrer-Policy":         policy.SecurityHeadersConfig.ReferrerPolicy.ReferrerPolicy,
		"X-Content-Type-Options":  "nosniff",
	}
	for _, custom := range policy.CustomHeadersConfig.Items {
		headers[custom.Header] = custom.Value
	}
	return headers
}

// directives takes a security policy apart.
func directives(policy string) map[string]string {
	all := map[string]string{}
	for part := range strings.SplitSeq(policy, ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(part), " ")
		all[name] = sources
	}
	return all
}

// TestSecurityHeaders reads them from a running server, on every kind of reply, and from the deployment's template: one
// set, and a strict one.
func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	want := deployedHeaders(t)
	wantDirectives := map[string]string{
		"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'", "connect-src": "'self'",
		"form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'self'",
	}
	if got := directives(want["Content-Security-Policy"]); !maps.Equal(got, wantDirectives) {
		t.Errorf("the policy is %v\nwant %v", got, wantDirectives)
	}
	for name, value := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
		if want[name] != value {
			t.Errorf("%s is %q, want %q", name, want[name], value)
		}
	}
	for _, device := range []string{"camera", "microphone", "geolocation", "payment"} {
		if !strings.Contains(want["Permissions-Policy"], device+"=()") {
			t.Errorf("the pages may use the %s: %s", device, want["Permissions-Policy"])
		}
	}

	surveys := map[string]string{
		"tea.yaml": mendSurvey, "every.yaml": everyQuestion(t),
		"past.yaml": window("{from: 2020-01-01, until: 2020-01-31}"),
	}
	quiet := start(t, writeSurveys(t, surveys), t.TempDir()).url
	preview, _ := previewed(t, surveys)
	const (
		api    = "api/surveys/tea/responses"
		form   = "application/x-www-form-urlencoded"
		asJSON = "application/json"
	)
	_, _, source := fetch(t, quiet+"tea/")
	assets := regexp.MustCompile(`assets/[\w.-]+`).FindAllString(source, -1)
	if len(assets) < 2 {
		t.Fatalf("the form has the assets %v", assets)
	}
	type request struct {
		method, path, media, body string
		status                    int
	}
	requests := []request{
		{"GET", "", "", "", 200}, {"GET", "en/", "", "", 200}, {"HEAD", "tea/", "", "", 200},
		{"GET", "tea/", "", "", 200}, {"GET", "tea/en/?c=web", "", "", 200}, {"GET", "past/", "", "", 200},
		{"GET", "tea/thanks/", "", "", 200}, {"GET", "every/en/thanks/", "", "", 200},
		{"GET", "tea/results/", "", "", 200}, {"GET", "tea/en/results/", "", "", 200},
		{"GET", "tea/results/results.json", "", "", 200}, {"GET", "tea/definition.json", "", "", 200},
		{"GET", "tea", "", "", 308}, {"GET", "nothing/", "", "", 404}, {"GET", "assets/nothing.js", "", "", 404}, {"GET", "%00", "", "", 404}, {"GET", "../../etc/passwd", "", "", 404},
		{"POST", "tea/", form, "", 405}, {"DELETE", "tea/", "", "", 405}, {"OPTIONS", "tea/", "", "", 405},
		{"POST", api, form, "taste=4", 303}, {"POST", api, form, "cups=9999", 422}, {"POST", api, form, "_language=en&cups=9999", 422},
		{"POST", api, asJSON, submission(1, ""), 201}, {"POST", api, asJSON, submission(1, ""), 200}, {"POST", api, asJSON, submission(1, `, "cups": 3`), 409},
		{"POST", api, asJSON, "{", 422}, {"POST", api, "text/plain", "x", 415}, {"POST", api, asJSON, strings.Repeat("[", 1<<20), 413},
		{"GET", api, "", "", 405}, {"OPTIONS", api, "", "", 405}, {"POST", "api/surveys/none/responses", asJSON, "{}", 404}, {"GET", "api/", "", "", 404},
		{"POST", "api/surveys/past/responses", form, "taste=3", 403},
	}
	for _, a := range assets {
		requests = append(requests, request{"GET", a, "", "", 200})
	}
	send := func(t *testing.T, site string, r request) *http.Response {
		t.Helper()
		q, err := http.NewRequestWithContext(t.Context(), r.method, site+r.path, strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		if r.media != "" {
			q.Header.Set("Content-Type", r.media)
		}
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		response, err := client.Do(q)
		if err != nil {
			t.Fatalf("%s /%s: %v", r.method, r.path, err)
		}
		t.Cleanup(func() { response.Body.Close() })
		return response
	}
	holds := func(t *testing.T, response *http.Response, want map[string]string) {
		t.Helper()
		for name, value := range want {
			if got := response.Header.Values(name); !slices.Equal(got, []string{value}) {
				t.Errorf("%s %s: %d: %s is %q, want %q", response.Request.Method, response.Request.URL, response.StatusCode, name, got, value)
			}
		}
		for _, name := range []string{"Set-Cookie", "Server", "X-Powered-By", "Access-Control-Allow-Origin"} {
			if got := response.Header.Get(name); got != "" {
				t.Errorf("%s %s: %s is %q", response.Request.Method, response.Request.URL, name, got)
			}
		}
	}
	for name, site := range map[string]string{"serve --no-reload": quiet, "serve": preview} {
		t.Run(name, func(t *testing.T) {
			for _, r := range requests {
				response := send(t, site, r)
				if response.StatusCode != r.status {
					body, _ := io.ReadAll(response.Body)
					t.Errorf("%s /%s: %d, want %d\n%.300s", r.method, r.path, response.StatusCode, r.status, body)
				}
				holds(t, response, want)
			}
		})
	}
	t.Run("preview alone frames pages", func(t *testing.T) {
		framing := maps.Clone(want)
		framing["Content-Security-Policy"] += "; frame-src 'self'"
		holds(t, send(t, preview, request{method: "GET", path: "_preview/tea/"}), framing)
		for _, path := range []string{"_preview/", "_preview/nothing", "_preview/tea", "tea/"} {
			holds(t, send(t, preview, request{method: "GET", path: path}), want)
		}
		if response := send(t, quiet, request{method: "GET", path: "_preview/tea/"}); response.StatusCode != 404 {
			t.Errorf("without live reload there is a preview: %d", response.StatusCode)
		}
	})
	t.Run("edge function", func(t *testing.T) { // a second list would drift
		source := readFile(t, "../deploy/edge.js")
		for name := range want {
			if strings.Contains(strings.ToLower(source), strings.ToLower(name)) {
				t.Errorf("edge.js has a %s of its own", name)
			}
		}
	})
	t.Run("in a browser", func(t *testing.T) {
		listen := page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `window.violations = []; document.addEventListener("securitypolicyviolation", e => violations.push(e.violatedDirective + " " + e.blockedURI + " " + e.sample));`,
		}
		ctx := watch(t, 1280, "light", "en")
		call(t, ctx, page.AddScriptToEvaluateOnNewDocument, listen)
		obeys := func(t *testing.T, where string) {
			t.Helper()
			if said := read(t, ctx, chromedp.Evaluate[[]string](`violations`)); len(said) > 0 {
				t.Errorf("%s: %q", where, said)
			}
			// What the policy forbids is not there to begin with, so that no older browser runs it either.
			if odd := read(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("*")].filter(e =>
				e.matches("style, [style], iframe:not(.preview *), object, embed, base, meta[http-equiv]")
				|| e.localName === "script" && (e.src ? new URL(e.src).origin !== location.origin : e.type !== "application/json")
				|| [...e.attributes].some(a => /^on/i.test(a.name) || /^(href|src|action|formaction)$/.test(a.name) && /^\s*(javascript|data|vbscript):/i.test(a.value))
			).map(e => e.outerHTML.slice(0, 160))`)); len(odd) > 0 {
				t.Errorf("%s: %q", where, odd)
			}
			if foreign := read(t, ctx, chromedp.Evaluate[[]string](`performance.getEntriesByType("resource").map(r => r.name).filter(n => new URL(n).origin !== location.origin)`)); len(foreign) > 0 {
				t.Errorf("%s: loads %q", where, foreign)
			}
			if bare := read(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("script[src], link[rel~=stylesheet]")].filter(e => !/^sha384-/.test(e.integrity)).map(e => e.outerHTML)`)); len(bare) > 0 {
				t.Errorf("%s: without integrity: %q", where, bare)
			}
		}
		for _, path := range []string{"", "en/", "tea/", "tea/en/", "every/", "every/en/?tier=gold", "past/en/", "every/thanks/#7d444840-9dc0-41d1-b245-5ffdce74fad2", "tea/results/", "every/en/results/", "nothing/"} {
			leads(t, ctx, chromedp.Navigate(quiet+path))
			obeys(t, "/"+path)
		}
		// The script at work: what it shows, moves and sends.
		leads(t, ctx, chromedp.Navigate(quiet+"every/en/"))
		do(t, ctx, click("single", "bad"), click("stars", "2"), click("ways", "ad"), chromedp.Click(css(`[id="q-first.taste"]`)), chromedp.SendKeys(css("[name=name]"), "Li"), chromedp.SendKeys(css(`[name="split.price"]`), "40"))
		do(t, ctx, chromedp.Click(css(".send button")))
		obeys(t, "filled in")
		refused(t, ctx, 422)
		obeys(t, "refused")

		// And were something forbidden there, it would be seen.
		broken := open(t, 1280)
		call(t, broken, page.AddScriptToEvaluateOnNewDocument, listen)
		leads(t, broken, chromedp.Navigate(quiet+"tea/"))
		bad := read(t, broken, chromedp.Evaluate[[]string](`new Promise(done => { const s = document.createElement("style"); s.textContent = "p { color: red }"; document.addEventListener("securitypolicyviolation", () => setTimeout(() => done(violations))); document.head.append(s); setTimeout(() => done(violations), 60_000); })`, chromedp.EvalAwaitPromise))
		if len(bad) != 1 || !strings.HasPrefix(bad[0], "style-src") {
			t.Errorf("a style in the page is reported as %q", bad)
		}
	})
}
