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

func TestServeHeaders(t *testing.T) {
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
		t.Error("live reload without being asked for")
	}
	for _, c := range []struct {
		path, kind, caching string
		status              int
	}{
		{"/", "text/html; charset=utf-8", aMinute, 200},
		{"/tea/", "text/html; charset=utf-8", aMinute, 200},
		{"/tea/en/thanks/", "text/html; charset=utf-8", aMinute, 200},
		{"/tea/results/", "text/html; charset=utf-8", askFirst, 200},
		{"/tea/results/results.json", "application/json", askFirst, 200},
		{"/tea/definition.json", "application/json", aMinute, 200},
		{"/assets/" + style, "text/css; charset=utf-8", forEver, 200},
		{"/nothing/here", "text/html; charset=utf-8", askFirst, 404},
		{"/_preview/", "text/html; charset=utf-8", askFirst, 404},
		{"/_preview/preview.js", "text/html; charset=utf-8", askFirst, 404},
		{"/_preview/_events", "text/html; charset=utf-8", askFirst, 404},
		{"/_preview/_fill", "text/html; charset=utf-8", askFirst, 404},
		{"/_preview/tea/", "text/html; charset=utf-8", askFirst, 404},
		{"/api/surveys/tea/responses", "application/json", "no-store", 405},
		{"/api/surveys/tea", "application/json", "no-store", 404},
	} {
		response, body := r.Get(t, c.path)
		h := response.Header
		if response.StatusCode != c.status || h.Get("Content-Type") != c.kind || h.Get("Cache-Control") != c.caching {
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

func TestServeDirectoriesRedirectRelatively(t *testing.T) {
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

func TestServeNotFoundSpeaksTheVisitorsLanguage(t *testing.T) {
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

func TestServePublishesWhatIsAnswered(t *testing.T) {
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

	// A form works as well, and what it says is nowhere in the log.
	form := url.Values{"_language": {"en"}, "taste": {"5"}}
	response, body := r.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, form.Encode())
	if response.StatusCode != 303 || !strings.HasPrefix(response.Header.Get("Location"), "../../../tea/en/thanks/") {
		t.Errorf("%d to %q\n%s", response.StatusCode, response.Header.Get("Location"), body)
	}
	if strings.Contains(r.Printed.String(), "127.0.0.1") || strings.Contains(r.Printed.String(), "taste") {
		t.Errorf("the log tells of answers or addresses:\n%s", r.Printed)
	}
}

// TestServeResultsOfPeriodsAndGroups: pages that are never built, only published, are served like others.
func TestServeResultsOfPeriodsAndGroups(t *testing.T) {
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
	servertest.Eventually(t, "the year's page", func() bool {
		response, _ := r.Get(t, "/tea/en/results/"+year+"/by/taste/4/")
		return response.StatusCode == 200
	})
	for address, want := range map[string]int{
		"/tea/results/" + year + "/": 200, "/tea/results/" + year: 308, "/tea/results/" + year + "/results.csv": 200, "/tea/en/results/by/taste/4/": 200,
		"/tea/en/results/by/taste/4": 308, "/tea/results/by/taste/5/": 404, "/tea/results/1999/": 404, "/tea/results/.new-x": 404, "/coffee/results/" + year + "/": 404,
	} {
		if response, _ := r.Get(t, address); response.StatusCode != want {
			t.Errorf("%s: %d, want %d", address, response.StatusCode, want)
		}
	}
}

// TestServeStopsGracefully holds that an answer that was on its way is taken, and published, before the end.
func TestServeStopsGracefully(t *testing.T) {
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
	events, err := servertest.Client.Get(r.URL + "_preview/_events?page=") // an open page does not hold the end up
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
		t.Errorf("the answer on its way got %q, %v", line, err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	figures, err := os.ReadFile(filepath.Join(r.Dir, "data", "pages", "tea", "results", "results.json"))
	if err != nil || !strings.Contains(string(figures), `"respondents": 1`) {
		t.Errorf("the last answer was not published: %v\n%s", err, figures)
	}
}

// markIn is the mark of a page.
func markIn(t *testing.T, page string) string {
	t.Helper()
	_, after, found := strings.Cut(page, `_preview/preview.js" data-mark="`)
	mark, _, _ := strings.Cut(after, `"`)
	if !found {
		t.Fatalf("the page does not listen for changes:\n%s", page)
	}
	return mark
}

// listen asks for news, and returns what waits for those that are wanted. News before them may say what has happened so far.
func (r *running) listen(t *testing.T, query string) func(what string, wanted func(news) bool) news {
	t.Helper()
	response, err := servertest.Client.Get(r.URL + "_preview/_events?" + query)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("the news are %d %q", response.StatusCode, kind)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return func(what string, wanted func(news) bool) (n news) {
		t.Helper()
		defer time.AfterFunc(servertest.Patience, func() { response.Body.Close() }).Stop()
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			n = news{}
			if err := json.Unmarshal([]byte(data), &n); err != nil {
				t.Fatal(err)
			}
			if wanted(n) {
				return n
			}
		}
		t.Fatalf("never came: %s: %v; last %+v", what, lines.Err(), n)
		return n
	}
}

func anyNews(news) bool { return true }

func fine(n news) bool { return n.Problems == "" }

func wrong(n news) bool { return n.Problems != "" }

func TestServeReloads(t *testing.T) {
	r := serveFiles(t, Options{Preview: true}, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey})
	_, page := r.Get(t, "/tea/en/")
	mark := markIn(t, page)
	if script, _ := r.Get(t, "/_preview/preview.js"); script.StatusCode != 200 || script.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("the script is %q", script.Header.Get("Content-Type"))
	}
	next := r.listen(t, "language=en&page=tea/en/&page=coffee/&page=tea/results/")
	first := next("news at the start", anyNews)
	if first.Problems != "" || first.Marks["tea/en/"] != mark || first.Marks["coffee/"] != "" {
		t.Errorf("news at the start: %+v, of a page with the mark %s", first, mark)
	}

	// A new text shows, and the page is told. Meanwhile its assets stay.
	r.Write(t, "surveys/tea.yaml", strings.Replace(servertest.TeaSurvey, "en: Taste", "en: Flavour", 1))
	second := next("another page", func(n news) bool { return n.Marks["tea/en/"] != mark })
	_, page = r.Get(t, "/tea/en/")
	if !strings.Contains(page, "Flavour") || second.Marks["tea/en/"] != markIn(t, page) {
		t.Errorf("the change does not show (%+v, then %+v)", first, second)
	}

	// A mistake is printed and told, with its place; the last good page stays.
	r.Write(t, "surveys/tea.yaml", strings.Replace(servertest.TeaSurvey, "type: rating", "type: ratign", 1))
	broken := next("the mistake", wrong)
	for _, want := range []string{"tea.yaml:6:27", "ratign", `<span class="before">      - {id: taste, type: </span>^`, "The last good version is shown"} {
		if !strings.Contains(broken.Problems, want) {
			t.Errorf("the mistake is told without %q:\n%s", want, broken.Problems)
		}
	}
	servertest.Eventually(t, "the mistake in the log", func() bool { return strings.Contains(r.Printed.String(), "tea.yaml:6:27") })
	if _, page := r.Get(t, "/tea/en/"); !strings.Contains(page, "Flavour") || broken.Marks["tea/en/"] != second.Marks["tea/en/"] {
		t.Error("the last good page is gone")
	}

	// Mended, and another survey beside it.
	r.Write(t, "surveys/tea.yaml", strings.Replace(servertest.TeaSurvey, "en: Taste", "en: Aroma", 1))
	next("an end to the mistake", fine)
	r.Write(t, "surveys/coffee.yaml", strings.Replace(servertest.TeaSurvey, "en: Tea", "en: Coffee", 1))
	next("the other survey", func(n news) bool { return n.Marks["coffee/"] != "" })
	if status, _ := r.Get(t, "/coffee/"); status.StatusCode != 200 {
		t.Errorf("the new survey: %d", status.StatusCode)
	}
	if _, page := r.Get(t, "/tea/en/"); !strings.Contains(page, "Aroma") {
		t.Error("the mended page does not show")
	}

	// Another stylesheet has another name; the old one stays for pages that are still open. Results follow too.
	_, page = r.Get(t, "/tea/results/")
	_, style, _ := strings.Cut(page, `href="../../assets/`)
	style, _, _ = strings.Cut(style, `"`)
	r.Write(t, "templates/results.css", "body { color: teal }")
	servertest.Eventually(t, "the new stylesheet", func() bool {
		_, page := r.Get(t, "/tea/results/")
		return strings.Contains(page, "assets/results.") && !strings.Contains(page, style)
	})
	if old, _ := r.Get(t, "/assets/"+style); old.StatusCode != 200 {
		t.Errorf("the old stylesheet: %d", old.StatusCode)
	}

	next("other results pages", func(n news) bool { return n.Marks["tea/results/"] != first.Marks["tea/results/"] })

	// A broken template is told as well, and a survey that is removed goes.
	r.Write(t, "templates/home.html", "{{if}}")
	servertest.Eventually(t, "the broken template", func() bool { return strings.Contains(r.Printed.String(), "home.html") })
	if _, page := r.Get(t, "/tea/en/"); !strings.Contains(page, "Aroma") {
		t.Error("the last good page is gone")
	}
	if err := os.Remove(filepath.Join(r.Dir, "templates", "home.html")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(r.Dir, "surveys", "coffee.yaml")); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the survey's end", func() bool { status, _ := r.Get(t, "/coffee/"); return status.StatusCode == 404 })
}

func TestServeStartsWithWhatIsGood(t *testing.T) {
	r := serveFiles(t, Options{Preview: true}, map[string]string{
		"surveys/tea.yaml": servertest.TeaSurvey, "surveys/bad.yaml": "title: Bad\nsection: []\n",
	})
	if !strings.Contains(r.Printed.String(), "bad.yaml:2:1:") {
		t.Errorf("the mistake is not printed:\n%s", r.Printed)
	}
	if response, _ := r.Get(t, "/tea/"); response.StatusCode != 200 {
		t.Errorf("GET /tea/: %d", response.StatusCode)
	}
}

func TestServeSaysWhyItCannot(t *testing.T) {
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
		{Options{Addr: "127.0.0.1:0", Surveys: surveys, Data: taken}, "the data directory cannot be used: mkdir " + taken},
		{Options{Addr: "127.0.0.1:0", Surveys: surveys, Data: t.TempDir(), Templates: taken}, "--templates: " + taken + " is not a directory"},
		{Options{Addr: "127.0.0.1:0", Surveys: surveys, Data: t.TempDir(), Templates: taken, Preview: true}, "is not a directory"},
	} {
		c.options.Log, c.options.Problems = slog.New(slog.DiscardHandler), io.Discard
		if _, err := New(t.Context(), c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}
