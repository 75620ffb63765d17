package server

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/headers"
	"glasspoll/internal/server/servertest"
)

// running is a server that runs for a test.
type running struct{ *servertest.Site }

// serveFiles starts a server over files, by path under surveys/ and templates/.
func serveFiles(t *testing.T, o Options, files map[string]string) *running {
	t.Helper()
	return serveDir(t, o, servertest.Files(t, files))
}

// serveDir starts a server over a directory that has surveys, templates and perhaps data.
func serveDir(t *testing.T, o Options, dir string) *running {
	t.Helper()
	o.Addr, o.Surveys, o.Templates, o.Data = "127.0.0.1:0", filepath.Join(dir, "surveys"), filepath.Join(dir, "templates"), filepath.Join(dir, "data")
	return &running{servertest.Start(t, dir, func(printed io.Writer) (servertest.Server, error) {
		o.Log, o.Problems = slog.New(slog.NewTextHandler(printed, nil)), printed
		return New(t.Context(), o)
	})}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	r := serveFiles(t, Options{}, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey})
	style := ""
	_, home := r.Get(t, "/")
	if _, after, ok := strings.Cut(home, `href="assets/`); ok {
		style, _, _ = strings.Cut(after, `"`)
	}
	if style == "" {
		t.Fatalf("the home page has no stylesheet:\n%s", home)
	}
	if strings.Contains(home, "_preview") {
		t.Error("the preview is there without being asked for")
	}
	for _, c := range []struct {
		path, kind string
		caching    []string
		status     int
	}{
		{"/", "text/html; charset=utf-8", cacheMinute, 200},
		{"/tea/", "text/html; charset=utf-8", cacheMinute, 200},
		{"/tea/en/thanks/", "text/html; charset=utf-8", cacheMinute, 200},
		{"/tea/results/", "text/html; charset=utf-8", cacheRevalidate, 200},
		{"/tea/results/results.json", "application/json", cacheRevalidate, 200},
		{"/tea/definition.json", "application/json", cacheMinute, 200},
		{"/assets/" + style, "text/css; charset=utf-8", cacheForever, 200},
		{"/nothing/here", "text/html; charset=utf-8", cacheRevalidate, 404},
		{"/_preview/", "text/html; charset=utf-8", cacheRevalidate, 404},
		{"/_preview/preview.js", "text/html; charset=utf-8", cacheRevalidate, 404},
		{"/_preview/_events", "text/html; charset=utf-8", cacheRevalidate, 404},
		{"/_preview/_fill", "text/html; charset=utf-8", cacheRevalidate, 404},
		{"/_preview/tea/", "text/html; charset=utf-8", cacheRevalidate, 404},
		{"/api/surveys/tea/responses", "application/json", []string{"no-store"}, 405},
		{"/api/surveys/nothing/form/en", "application/json", []string{"no-store"}, 404},
		{"/api/surveys/tea", "application/json", []string{"no-store"}, 404},
	} {
		response, body := r.Get(t, c.path)
		h := response.Header
		if response.StatusCode != c.status || h.Get("Content-Type") != c.kind || !slices.Equal(h["Cache-Control"], c.caching) {
			t.Errorf("GET %s: %d, %q, %q; want %d, %q, %q", c.path, response.StatusCode, h.Get("Content-Type"), h.Get("Cache-Control"), c.status, c.kind, c.caching)
		}
		for name, value := range headers.Security() {
			if h.Get(name) != value {
				t.Errorf("GET %s: %s is %q", c.path, name, h.Get(name))
			}
		}
		if response.StatusCode != 200 {
			continue
		}

		head, nothing := r.Do(t, "HEAD", c.path, nil, "")
		if head.StatusCode != 200 || nothing != "" || head.ContentLength != int64(len(body)) {
			t.Errorf("HEAD %s: %d, length %d, %d bytes; GET has %d", c.path, head.StatusCode, head.ContentLength, len(nothing), len(body))
		}

		small, packed := r.Do(t, "GET", c.path, map[string]string{"Accept-Encoding": "br;q=1.0, gzip;q=0.8"}, "")
		if small.Header.Get("Content-Encoding") == "gzip" {
			unpacker, err := gzip.NewReader(strings.NewReader(packed))
			if err != nil {
				t.Fatal(err)
			}
			if unpacked, err := io.ReadAll(unpacker); err != nil || string(unpacked) != body {
				t.Errorf("GET %s: gzip holds something else (%v)", c.path, err)
			}
			if len(packed) >= len(body) || small.Header.Get("ETag") == h.Get("ETag") {
				t.Errorf("GET %s: %d bytes packed of %d, with the tags %s and %s", c.path, len(packed), len(body), small.Header.Get("ETag"), h.Get("ETag"))
			}
		} else if len(body) > 500 {
			t.Errorf("GET %s: not packed", c.path)
		}

		for _, one := range []*http.Response{response, small} {
			again, nothing := r.Do(t, "GET", c.path, map[string]string{
				"If-None-Match":   `"other", W/` + one.Header.Get("ETag"),
				"Accept-Encoding": one.Header.Get("Content-Encoding"),
			}, "")
			if again.StatusCode != 304 || nothing != "" || again.Header.Get("ETag") != one.Header.Get("ETag") || again.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("GET %s again: %d, %v", c.path, again.StatusCode, again.Header)
			}
		}
		if other, _ := r.Do(t, "GET", c.path, map[string]string{"If-None-Match": `"other"`}, ""); other.StatusCode != 200 {
			t.Errorf("GET %s with another tag: %d", c.path, other.StatusCode)
		}
	}

	if refused, _ := r.Do(t, "POST", "/tea/", nil, ""); refused.StatusCode != 405 || refused.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST /tea/: %d, Allow %q", refused.StatusCode, refused.Header.Get("Allow"))
	}
	if refused, _ := r.Get(t, "/api/surveys/tea/responses"); refused.Header.Get("Allow") != "POST" {
		t.Errorf("GET of the API: Allow %q", refused.Header.Get("Allow"))
	}
}

// A browser without a script is led from the page to a form with an id, which is complete and knows the page's link.
func TestFormWithAnID(t *testing.T) {
	t.Parallel()
	for _, preview := range []bool{false, true} {
		r := serveFiles(t, Options{Preview: preview}, map[string]string{"surveys/tea.yaml": strings.Replace(servertest.TeaSurvey, "sections:", "channels: [web]\nsections:", 1)})
		_, page := r.Get(t, "/tea/en/")
		_, address, found := strings.Cut(page, `<noscript><meta http-equiv="refresh" content="0; url=../..`)
		address, _, _ = strings.Cut(address, `"`)
		response, form := r.Do(t, "GET", address, map[string]string{"Referer": r.URL + "tea/en/?c=web", "Accept": "text/html"}, "")
		if !found || response.StatusCode != 200 || response.Header.Get("Cache-Control") != "private, max-age=0" {
			t.Fatalf("%s: %d, %v", address, response.StatusCode, response.Header)
		}
		for _, wanted := range []string{`name="_channel" value="web"`, `href="../../../../assets/style.`, `action="../../../../api/surveys/tea/responses?seal=`} {
			if !strings.Contains(form, wanted) {
				t.Errorf("the form lacks %s", wanted)
			}
		}
		if strings.Contains(form, "_preview/preview.js") != preview {
			t.Errorf("preview %v: %s", preview, form)
		}
		if head, nothing := r.Do(t, "HEAD", address, nil, ""); head.StatusCode != 200 || nothing != "" {
			t.Errorf("HEAD: %d, %q", head.StatusCode, nothing)
		}
	}
}

func TestDirectoriesRedirectRelatively(t *testing.T) {
	t.Parallel()
	r := serveFiles(t, Options{}, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey})
	for path, want := range map[string]string{
		"/tea":              "tea/",
		"/tea?c=web":        "tea/?c=web",
		"/tea/en/results":   "results/",
		"/en":               "en/",
		"//tea":             "",
		"/assets":           "",
		"/tea/../../../etc": "",
	} {
		response, _ := r.Get(t, path)
		if want == "" {
			if response.StatusCode != 404 {
				t.Errorf("GET %s: %d to %q, want 404", path, response.StatusCode, response.Header.Get("Location"))
			}
			continue
		}
		if got := response.Header.Get("Location"); response.StatusCode != 308 || got != want {
			t.Errorf("GET %s: %d to %q, want 308 to %q", path, response.StatusCode, got, want)
		}
	}
}

func TestNotFoundInVisitorsLanguage(t *testing.T) {
	t.Parallel()
	r := serveFiles(t, Options{}, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey})
	for _, c := range []struct{ path, accept, want string }{
		{"/nope", "", "zh"},
		{"/nope", "en-GB,en;q=0.9", "en"},
		{"/nope", "fr-FR,fr;q=0.9", "en"},
		{"/nope", "zh-CN,zh;q=0.9,en;q=0.8", "zh"},
		{"/tea/en/nope", "zh", "en"},
	} {
		response, body := r.Do(t, "GET", c.path, map[string]string{"Accept-Language": c.accept}, "")
		if response.StatusCode != 404 || !strings.Contains(body, `lang="`+c.want+`"`) {
			t.Errorf("GET %s in %q: %d\n%.120s", c.path, c.accept, response.StatusCode, body)
		}
		// Its links work at any depth.
		if c.path == "/tea/en/nope" && !strings.Contains(body, `href="../../assets/`) {
			t.Errorf("GET %s does not find its stylesheet:\n%.400s", c.path, body)
		}
	}
}

func TestAnswersArePublished(t *testing.T) {
	t.Parallel()
	r := serveFiles(t, Options{}, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey})
	respondents := func() float64 {
		_, body := r.Get(t, "/tea/results/results.json")
		var figures struct{ Respondents float64 }
		if err := json.Unmarshal([]byte(body), &figures); err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
		return figures.Respondents
	}
	before, _ := r.Get(t, "/tea/en/results/")
	post := func(n int) {
		t.Helper()
		body := fmt.Sprintf(`{"id": "00000000-0000-4000-8000-%012d", "answers": {"taste": "4"}}`, n)
		if response, answer := r.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": "application/json"}, body); response.StatusCode != 201 {
			t.Fatalf("%d %s", response.StatusCode, answer)
		}
	}
	post(1)
	if n := respondents(); n != 0 {
		t.Errorf("%v respondents are shown, though one is too few", n)
	}
	post(2)
	servertest.Eventually(t, "two respondents on the results page", func() bool { return respondents() == 2 })
	servertest.Eventually(t, "another tag of the English results page", func() bool {
		after, _ := r.Get(t, "/tea/en/results/")
		return before.Header.Get("ETag") != after.Header.Get("ETag")
	})

	// A form works as well, and neither answers nor addresses are logged.
	form := url.Values{"_language": {"en"}, "taste": {"5"}}
	response, body := r.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, form.Encode())
	if response.StatusCode != 303 || !strings.HasPrefix(response.Header.Get("Location"), "thanks/en?") {
		t.Errorf("%d to %q\n%s", response.StatusCode, response.Header.Get("Location"), body)
	}
	if strings.Contains(r.Printed.String(), "127.0.0.1") || strings.Contains(r.Printed.String(), "taste") {
		t.Errorf("the log has answers or addresses:\n%s", r.Printed)
	}
}

// TestResultsOfPeriodsAndGroups checks that pages that are only published, never built, are served too.
func TestResultsOfPeriodsAndGroups(t *testing.T) {
	t.Parallel()
	source := strings.Replace(servertest.TeaSurvey, "sections:", "period: year\nsections:", 1)
	source = strings.Replace(source, "required: true", "required: true, segment: true", 1)
	r := serveFiles(t, Options{}, map[string]string{"surveys/tea.yaml": source})
	for n := range 2 {
		body := fmt.Sprintf(`{"id": "00000000-0000-4000-8000-%012d", "answers": {"taste": "4"}}`, n)
		if response, answer := r.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": "application/json"}, body); response.StatusCode != 201 {
			t.Fatalf("%d %s", response.StatusCode, answer)
		}
	}
	year := time.Now().UTC().Format("2006")
	servertest.Eventually(t, "the group's page", func() bool {
		response, _ := r.Get(t, "/tea/en/results/by/taste/4/")
		return response.StatusCode == 200
	})
	for address, want := range map[string]int{
		"/tea/results/" + year + "/": 302, "/tea/results/" + year: 308, "/tea/results/" + year + "/results.csv": 302, "/tea/en/results/by/taste/4/": 200,
		"/tea/en/results/by/taste/4": 308, "/tea/results/by/taste/5/": 404, "/tea/results/1999/": 404, "/tea/results/.new-x": 404, "/coffee/results/" + year + "/": 404,
	} {
		if response, _ := r.Get(t, address); response.StatusCode != want {
			t.Errorf("%s: %d, want %d", address, response.StatusCode, want)
		}
	}
	// Addresses that lead to others: of the newest period, and of the first language.
	for address, want := range map[string]string{
		"/tea/results/" + year + "/": "/tea/results/", "/tea/en/results/" + year + "/index.html": "/tea/en/results/", "/tea/en/results/" + year + "/by/taste/4/": "/tea/en/results/by/taste/4/",
		"/tea/en/results/" + year + "/results.csv": "/tea/en/results/results.csv", "/tea/en/results/results.json": "/tea/results/results.json", "/tea/results/" + year + "/results.csv": "/tea/results/results.csv",
		"/tea/zh/results/": "/tea/results/", "/tea/zh/results/results.json": "/tea/results/results.json", "/tea/zh/results/results.csv": "/tea/results/results.csv",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			response, body := r.Do(t, method, address, nil, "")
			base := &url.URL{Path: address}
			to, err := base.Parse(response.Header.Get("Location"))
			if err != nil || response.StatusCode != 302 || to.Path != want || response.Header.Get("Cache-Control") != "no-cache" || body != "" {
				t.Errorf("%s %s: %d to %v, want %s (%v), %q, %q", method, address, response.StatusCode, to, want, err, response.Header.Get("Cache-Control"), body)
			}
		}
		if response, _ := r.Get(t, want); response.StatusCode != 200 {
			t.Errorf("%s: %d", want, response.StatusCode)
		}
	}
}

// TestGracefulStop checks that an answer under way is taken, and published, before the end.
func TestGracefulStop(t *testing.T) {
	t.Parallel()
	files := map[string]string{"surveys/tea.yaml": strings.Replace(servertest.TeaSurvey, "min_group: 2", "min_group: 1", 1)}
	r := serveFiles(t, Options{Preview: true}, files)
	connection, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(r.URL, "http://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	body := `{"id": "00000000-0000-4000-8000-000000000001", "answers": {"taste": "3"}}`
	fmt.Fprintf(connection, "POST /api/surveys/tea/responses HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(body))
	answer := bufio.NewReader(connection)
	if line, err := answer.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("%q %v", line, err)
	}
	if line, err := answer.ReadString('\n'); err != nil || line != "\r\n" {
		t.Fatalf("%q %v", line, err)
	}
	events, err := servertest.Client.Get(r.URL + "_preview/_events?page=") // an open page does not delay the end
	if err != nil {
		t.Fatal(err)
	}
	defer events.Body.Close()
	stopped := make(chan error, 1)
	go func() { stopped <- r.Stop() }()
	servertest.Eventually(t, "an end to new connections", func() bool {
		response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(r.URL)
		if err == nil {
			response.Body.Close()
		}
		return err != nil
	})
	if _, err := io.WriteString(connection, body); err != nil {
		t.Fatal(err)
	}
	if line, err := answer.ReadString('\n'); err != nil || line != "HTTP/1.1 201 Created\r\n" {
		t.Errorf("the answer under way got %q, %v", line, err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	figures, err := os.ReadFile(filepath.Join(r.Dir, "data", "pages", "tea", "results", "results.json"))
	if err != nil || !strings.Contains(string(figures), `"respondents": 1`) {
		t.Errorf("the last answer was not published: %v\n%s", err, figures)
	}
}

// A body that is declared to have 10 GB is refused before any of it is sent.
func TestDeclaredLength(t *testing.T) {
	t.Parallel()
	r := serveFiles(t, Options{}, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey})
	for _, expect := range []string{"", "Expect: 100-continue\r\n"} {
		connection, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(r.URL, "http://"), "/"))
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		fmt.Fprintf(connection, "POST /api/surveys/tea/responses HTTP/1.1\r\nHost: x\r\n%s"+
			"Content-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n", expect)
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusRequestEntityTooLarge || !response.Close {
			t.Errorf("%q: %s, closed %v", expect, response.Status, response.Close)
		}
	}
}

func TestStartErrors(t *testing.T) {
	t.Parallel()
	r := serveFiles(t, Options{}, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey})
	address := strings.TrimSuffix(strings.TrimPrefix(r.URL, "http://"), "/")
	surveys := filepath.Join(r.Dir, "surveys")
	taken := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(taken, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		options Options
		want    string
	}{
		{Options{Addr: address, Surveys: surveys, Data: t.TempDir()}, address + " is in use by another program"},
		{Options{Addr: "127.0.0.1:0", Surveys: surveys, Data: filepath.Join(r.Dir, "data")}, "another process has the file open"},
		{Options{Addr: "127.0.0.1:0", Surveys: surveys, Data: taken}, "the data directory cannot be used: " + taken + ": a part of the path is no directory"},
		{Options{Addr: "127.0.0.1:0", Surveys: surveys, Data: t.TempDir(), Templates: taken}, "--templates: " + taken + " is not a directory"},
		{Options{Addr: "127.0.0.1:0", Surveys: surveys, Data: t.TempDir(), Templates: taken, Preview: true}, "is not a directory"},
	} {
		c.options.Log, c.options.Problems = slog.New(slog.DiscardHandler), io.Discard
		if _, err := New(t.Context(), c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}
