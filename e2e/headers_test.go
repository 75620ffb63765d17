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

// deployedHeaders returns the security headers that the CDN adds.
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

// directives returns the sources of each directive of a content security policy.
func directives(policy string) map[string]string {
	all := map[string]string{}
	for part := range strings.SplitSeq(policy, ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(part), " ")
		all[name] = sources
	}
	return all
}

// TestSecurityHeaders checks that every kind of reply of a server has the headers of the deployment's template, that they are
// strict, and that pages work with them in a browser.
func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	want := deployedHeaders(t)
	wantDirectives := map[string]string{
		"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'", "connect-src": "'self'", "worker-src": "'self'",
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
			t.Errorf("pages are allowed to use the %s: %s", device, want["Permissions-Policy"])
		}
	}

	surveys := map[string]string{
		"tea.yaml": teaSurvey, "every.yaml": everyQuestion(t),
		"past.yaml": surveyWithWindow("{from: 2020-01-01, until: 2020-01-31}"),
	}
	noReload := start(t, writeSurveys(t, surveys), t.TempDir()).url
	preview, _ := startPreview(t, surveys)
	const (
		api    = "api/surveys/tea/responses"
		form   = "application/x-www-form-urlencoded"
		asJSON = "application/json"
	)
	_, _, source := fetch(t, noReload+"tea/")
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
	checkHeaders := func(t *testing.T, response *http.Response, want map[string]string) {
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
	for name, site := range map[string]string{"serve --no-reload": noReload, "serve": preview} {
		t.Run(name, func(t *testing.T) {
			for _, r := range requests {
				response := send(t, site, r)
				if response.StatusCode != r.status {
					body, _ := io.ReadAll(response.Body)
					t.Errorf("%s /%s: %d, want %d\n%.300s", r.method, r.path, response.StatusCode, r.status, body)
				}
				checkHeaders(t, response, want)
			}
		})
	}
	t.Run("only the preview may frame pages", func(t *testing.T) {
		framing := maps.Clone(want)
		framing["Content-Security-Policy"] += "; frame-src 'self'"
		checkHeaders(t, send(t, preview, request{method: "GET", path: "_preview/tea/"}), framing)
		for _, path := range []string{"_preview/", "_preview/nothing", "_preview/tea", "tea/"} {
			checkHeaders(t, send(t, preview, request{method: "GET", path: path}), want)
		}
		if response := send(t, noReload, request{method: "GET", path: "_preview/tea/"}); response.StatusCode != 404 {
			t.Errorf("there is a preview without live reload: %d", response.StatusCode)
		}
	})
	t.Run("the edge function sets none", func(t *testing.T) {
		source := readFile(t, "../deploy/edge.js")
		for name := range want {
			if strings.Contains(strings.ToLower(source), strings.ToLower(name)) {
				t.Errorf("edge.js sets %s, which the response headers policy sets", name)
			}
		}
	})
	t.Run("in a browser", func(t *testing.T) {
		listen := page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `window.violations = []; document.addEventListener("securitypolicyviolation", e => violations.push(e.violatedDirective + " " + e.blockedURI + " " + e.sample));`,
		}
		ctx := openStrictPage(t, 1280, "light", "en")
		call(t, ctx, page.AddScriptToEvaluateOnNewDocument, listen)
		checkPolicy := func(t *testing.T, where string) {
			t.Helper()
			if violations := read(t, ctx, chromedp.Evaluate[[]string](`violations`)); len(violations) > 0 {
				t.Errorf("%s: violations of the policy: %q", where, violations)
			}
			// What the policy forbids must not be in the page at all: an older browser may ignore the policy.
			if forbidden := read(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("*")].filter(e =>
				e.matches("style, [style], iframe:not(.preview *), object, embed, base, meta[http-equiv]")
				|| e.localName === "script" && (e.src ? new URL(e.src).origin !== location.origin : e.type !== "application/json")
				|| [...e.attributes].some(a => /^on/i.test(a.name) || /^(href|src|action|formaction)$/.test(a.name) && /^\s*(javascript|data|vbscript):/i.test(a.value))
			).map(e => e.outerHTML.slice(0, 160))`)); len(forbidden) > 0 {
				t.Errorf("%s: forbidden by the policy: %q", where, forbidden)
			}
			if foreign := read(t, ctx, chromedp.Evaluate[[]string](`performance.getEntriesByType("resource").map(r => r.name).filter(n => new URL(n).origin !== location.origin)`)); len(foreign) > 0 {
				t.Errorf("%s: loads %q", where, foreign)
			}
			if unchecked := read(t, ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("script[src], link[rel~=stylesheet]")].filter(e => !/^sha384-/.test(e.integrity)).map(e => e.outerHTML)`)); len(unchecked) > 0 {
				t.Errorf("%s: without integrity: %q", where, unchecked)
			}
		}
		for _, path := range []string{"", "en/", "tea/", "tea/en/", "every/", "every/en/?tier=gold", "past/en/", "every/thanks/#7d444840-9dc0-41d1-b245-5ffdce74fad2", "tea/results/", "every/en/results/", "nothing/"} {
			load(t, ctx, chromedp.Navigate(noReload+path))
			checkPolicy(t, "/"+path)
		}
		// The form's script shows questions, moves the focus and sends.
		load(t, ctx, chromedp.Navigate(noReload+"every/en/"))
		do(t, ctx, click("single", "bad"), click("stars", "2"), click("ways", "ad"), chromedp.Click(css(`[id="q-first.taste"]`)), chromedp.SendKeys(css("[name=name]"), "Li"), chromedp.SendKeys(css(`[name="split.price"]`), "40"))
		do(t, ctx, clickOn(".send button"))
		checkPolicy(t, "filled in")
		submitWithoutScript(t, ctx, 422)
		checkPolicy(t, "refused")

		// A violation is detected.
		broken := openPage(t, 1280)
		call(t, broken, page.AddScriptToEvaluateOnNewDocument, listen)
		load(t, broken, chromedp.Navigate(noReload+"tea/"))
		bad := read(t, broken, chromedp.Evaluate[[]string](`new Promise(done => { const s = document.createElement("style"); s.textContent = "p { color: red }"; document.addEventListener("securitypolicyviolation", () => setTimeout(() => done(violations))); document.head.append(s); setTimeout(() => done(violations), 60_000); })`, chromedp.EvalAwaitPromise))
		if len(bad) != 1 || !strings.HasPrefix(bad[0], "style-src") {
			t.Errorf("a style in the page is reported as %q", bad)
		}
	})
}
