package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/local"
	"glasspoll/internal/server/servertest"
)

// markIn returns the mark of a page.
func markIn(t *testing.T, page string) string {
	t.Helper()
	_, after, found := strings.Cut(page, `_preview/preview.js" data-mark="`)
	mark, _, _ := strings.Cut(after, `"`)
	if !found {
		t.Fatalf("the page has no script of the preview:\n%s", page)
	}
	return mark
}

// listen subscribes to events, and returns a function that waits for one that is wanted and skips those before it.
func (r *running) listen(t *testing.T, query string) func(what string, wanted func(event) bool) event {
	t.Helper()
	response, err := servertest.Client.Get(r.URL + "_preview/_events?" + query)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("the events are %d %q", response.StatusCode, kind)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return func(what string, wanted func(event) bool) (n event) {
		t.Helper()
		defer time.AfterFunc(servertest.Patience, func() { response.Body.Close() }).Stop()
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			n = event{}
			if err := json.Unmarshal([]byte(data), &n); err != nil {
				t.Fatal(err)
			}
			if wanted(n) {
				return n
			}
		}
		t.Fatalf("no event: %s: %v; last %+v", what, lines.Err(), n)
		return n
	}
}

func anyEvent(event) bool { return true }

func good(n event) bool { return n.Problems == "" }

func broken(n event) bool { return n.Problems != "" }

func TestReload(t *testing.T) {
	t.Parallel()
	r := serveFiles(t, Options{Preview: true}, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey})
	_, page := r.Get(t, "/tea/en/")
	mark := markIn(t, page)
	if script, _ := r.Get(t, "/_preview/preview.js"); script.StatusCode != 200 || script.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Errorf("the script is %q", script.Header.Get("Content-Type"))
	}
	next := r.listen(t, "language=en&page=tea/en/&page=coffee/&page=tea/results/")
	first := next("the first event", anyEvent)
	if first.Problems != "" || first.Marks["tea/en/"] != mark || first.Marks["coffee/"] != "" {
		t.Errorf("the first event: %+v, of a page with the mark %s", first, mark)
	}

	// A new text shows, and open pages get an event.
	r.Write(t, "surveys/tea.yaml", strings.Replace(servertest.TeaSurvey, "en: Taste", "en: Flavour", 1))
	second := next("another page", func(n event) bool { return n.Marks["tea/en/"] != mark })
	_, page = r.Get(t, "/tea/en/")
	if !strings.Contains(page, "Flavour") || second.Marks["tea/en/"] != markIn(t, page) {
		t.Errorf("the change does not show (%+v, then %+v)", first, second)
	}

	// A mistake is printed and shown, with its place; the last good page stays.
	r.Write(t, "surveys/tea.yaml", strings.Replace(servertest.TeaSurvey, "type: rating", "type: ratign", 1))
	mistake := next("the mistake", broken)
	for _, want := range []string{"tea.yaml:6:27", "ratign", `<span class="before">      - {id: taste, type: </span>^`, "The last good version is shown"} {
		if !strings.Contains(mistake.Problems, want) {
			t.Errorf("the mistake is shown without %q:\n%s", want, mistake.Problems)
		}
	}
	servertest.Eventually(t, "the mistake in the log", func() bool { return strings.Contains(r.Printed.String(), "tea.yaml:6:27") })
	if _, page := r.Get(t, "/tea/en/"); !strings.Contains(page, "Flavour") || mistake.Marks["tea/en/"] != second.Marks["tea/en/"] {
		t.Error("the last good page is gone")
	}

	// Fixed, and a second survey.
	r.Write(t, "surveys/tea.yaml", strings.Replace(servertest.TeaSurvey, "en: Taste", "en: Aroma", 1))
	next("an end to the mistake", good)
	r.Write(t, "surveys/coffee.yaml", strings.Replace(servertest.TeaSurvey, "en: Tea", "en: Coffee", 1))
	next("the second survey", func(n event) bool { return n.Marks["coffee/"] != "" })
	if status, _ := r.Get(t, "/coffee/"); status.StatusCode != 200 {
		t.Errorf("the new survey: %d", status.StatusCode)
	}
	if _, page := r.Get(t, "/tea/en/"); !strings.Contains(page, "Aroma") {
		t.Error("the fixed page does not show")
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

	next("other results pages", func(n event) bool { return n.Marks["tea/results/"] != first.Marks["tea/results/"] })

	// A broken template is reported as well, and a survey that is removed goes.
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

func TestStartWithProblems(t *testing.T) {
	t.Parallel()
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

func TestRemovedSurveys(t *testing.T) {
	t.Parallel()
	r := serveFiles(t, Options{Preview: true}, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey, "surveys/coffee.yaml": servertest.TeaSurvey})
	version := func(id string) string {
		t.Helper()
		_, body := r.Get(t, "/"+id+"/definition.json")
		var d struct{ Version string }
		if err := json.Unmarshal([]byte(body), &d); err != nil {
			t.Fatal(err)
		}
		return d.Version
	}
	number := 0
	post := func(id, version, answers string) (int, string) {
		t.Helper()
		number++
		body := fmt.Sprintf(`{"id": "00000000-0000-4000-8000-%012d", "version": %q, "answers": {%s}}`, number, version, answers)
		response, reply := r.Do(t, "POST", "/api/surveys/"+id+"/responses", map[string]string{"Content-Type": "application/json"}, body)
		return response.StatusCode, reply
	}
	first := version("tea")
	if status, reply := post("coffee", version("coffee"), `"taste": "3"`); status != 201 {
		t.Fatal(status, reply)
	}

	// A page of an earlier version is still answered, even while the file has a mistake.
	r.Write(t, "surveys/tea.yaml", strings.Replace(servertest.TeaSurvey, "id: taste", "id: flavour", 1))
	servertest.Eventually(t, "another version", func() bool { return version("tea") != first })
	if status, reply := post("tea", first, `"taste": "3"`); status != 201 {
		t.Errorf("an earlier version: %d %s", status, reply)
	}
	r.Write(t, "surveys/tea.yaml", "title: Tea\nsection: []\n")
	servertest.Eventually(t, "the mistake", func() bool { return strings.Contains(r.Printed.String(), "tea.yaml:2:1") })
	if status, reply := post("tea", "", `"flavour": "3"`); status != 201 {
		t.Errorf("with a mistake: %d %s", status, reply)
	}

	// Removed, it is gone; and back again, it is there.
	if err := os.Remove(filepath.Join(r.Dir, "surveys", "coffee.yaml")); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the survey's end", func() bool { status, _ := post("coffee", "", `"taste": "3"`); return status == 404 })
	r.Write(t, "surveys/coffee.yaml", servertest.TeaSurvey)
	servertest.Eventually(t, "the survey's return", func() bool { status, _ := post("coffee", "", `"taste": "3"`); return status == 201 })

	// So is the last one.
	for _, name := range []string{"tea.yaml", "coffee.yaml"} {
		if err := os.Remove(filepath.Join(r.Dir, "surveys", name)); err != nil {
			t.Fatal(err)
		}
	}
	servertest.Eventually(t, "the last survey's end", func() bool { status, _ := post("tea", "", `"flavour": "3"`); return status == 404 })
	if response, _ := r.Get(t, "/tea/"); response.StatusCode != 404 {
		t.Errorf("GET /tea/: %d", response.StatusCode)
	}
	r.listen(t, "language=en&page=")("that there is none", func(n event) bool { return strings.Contains(n.Problems, "has no questionnaires") })
}

const teaActions = `- problem: {zh: 太苦, en: Too bitter}
  measure: {zh: 换茶叶, en: Other leaves}
  owner: {zh: 采购, en: Purchasing}
  due: 2099-12-01
`

// TestSidecars checks that measures are on the results page, follow their file while it has no problems, and go with it.
func TestSidecars(t *testing.T) {
	t.Parallel()
	r := serveFiles(t, Options{Preview: true}, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey, "surveys/tea.actions.yaml": teaActions})
	shows := func(text string) func() bool {
		return func() bool {
			_, page := r.Get(t, "/tea/en/results/")
			return strings.Contains(page, text)
		}
	}
	servertest.Eventually(t, "the measure is shown", shows("Other leaves"))
	r.Write(t, "surveys/tea.actions.yaml", strings.Replace(teaActions, "Other leaves", "Better leaves", 1))
	servertest.Eventually(t, "the edited measure is shown", shows("Better leaves"))
	r.Write(t, "surveys/tea.actions.yaml", strings.Replace(teaActions, "due: 2099-12-01", "due: soon", 1))
	servertest.Eventually(t, "the mistake is printed", func() bool {
		return strings.Contains(r.Printed.String(), "tea.actions.yaml:4:8: due must be a date")
	})
	if !shows("Better leaves")() {
		t.Error("the last good measures went with a mistake")
	}
	if err := os.Remove(filepath.Join(r.Dir, "surveys", "tea.actions.yaml")); err != nil {
		t.Fatal(err)
	}
	servertest.Eventually(t, "the measure is gone", func() bool { return !shows("leaves")() })
}

// TestStartBeforeCounting checks that the site answers before the stored answers have been counted.
func TestStartBeforeCounting(t *testing.T) {
	t.Parallel()
	dir := servertest.Files(t, map[string]string{"surveys/tea.yaml": servertest.TeaSurvey})
	o := quiet(dir)
	if err := os.Mkdir(o.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	store, err := local.Open(filepath.Join(o.Data, "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		r := answer.Response{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Survey: "tea", Period: "all", Answers: []answer.Answer{{"taste", "4"}}}
		if _, err := store.Put(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	srv, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	if srv.handler.current.Load().page("tea/index.html") == nil {
		t.Error("the site is not there")
	}
	published := filepath.Join(o.Data, "pages", "tea", "results", "results.json")
	if _, err := os.Stat(published); err == nil {
		t.Error("stored answers were counted before the site answered")
	}
	if !srv.updater.update(t.Context()) {
		t.Error("not published")
	}
	if _, err := os.Stat(published); err != nil {
		t.Errorf("stored answers are not counted afterwards: %v", err)
	}
}

// quiet returns options of a server over a directory that prints and logs nothing.
func quiet(dir string) Options {
	return Options{
		Addr: "127.0.0.1:0", Surveys: filepath.Join(dir, "surveys"), Data: filepath.Join(dir, "data"),
		Log: slog.New(slog.DiscardHandler), Problems: io.Discard,
	}
}

// TestResultsOfAnotherStore checks that results left behind by an earlier store are removed.
func TestResultsOfAnotherStore(t *testing.T) {
	t.Parallel()
	source := strings.Replace(servertest.TeaSurvey, "min_group: 2", "min_group: 1", 1)
	dir := servertest.Files(t, map[string]string{"surveys/tea.yaml": source, "surveys/coffee.yaml": source})
	respondents := func(r *running, id string) int {
		t.Helper()
		_, body := r.Get(t, "/"+id+"/results/results.json")
		var figures struct{ Respondents int }
		if err := json.Unmarshal([]byte(body), &figures); err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
		return figures.Respondents
	}
	post := func(r *running, id string, number int) {
		t.Helper()
		body := fmt.Sprintf(`{"id": "00000000-0000-4000-8000-%012d", "answers": {"taste": "4"}}`, number)
		if response, answer := r.Do(t, "POST", "/api/surveys/"+id+"/responses", map[string]string{"Content-Type": "application/json"}, body); response.StatusCode != 201 {
			t.Fatal(response.StatusCode, answer)
		}
	}
	comes := func(r *running, id string, want int) {
		t.Helper()
		servertest.Eventually(t, fmt.Sprintf("%s: %d respondents", id, want), func() bool { return respondents(r, id) == want })
	}
	run := func(visit func(r *running)) (log string) {
		t.Helper()
		r := serveDir(t, Options{}, dir)
		visit(r)
		if err := r.Stop(); err != nil {
			t.Fatal(err)
		}
		return r.Printed.String()
	}
	run(func(r *running) {
		for i := range 3 { // three releases
			post(r, "tea", i)
			comes(r, "tea", i+1)
		}
		post(r, "coffee", 1)
		comes(r, "coffee", 1)
	})
	if log := run(func(r *running) { comes(r, "tea", 3) }); strings.Contains(log, "another store") {
		t.Errorf("the store's own results are removed:\n%s", log)
	}
	if err := os.Remove(filepath.Join(dir, "data", "glasspoll.db")); err != nil {
		t.Fatal(err)
	}
	log := run(func(r *running) {
		if n := respondents(r, "tea"); n != 0 {
			t.Errorf("the new store's first page counts %d respondents", n)
		}
		post(r, "tea", 7)
		comes(r, "tea", 1)
		if n := respondents(r, "coffee"); n != 0 {
			t.Errorf("the new store's other page counts %d respondents", n)
		}
	})
	if !strings.Contains(log, "another store") {
		t.Errorf("it is not logged:\n%s", log)
	}
}

// BenchmarkReload measures the time from reading the files to the event in open pages, with 1,000 surveys of 30 questions, one of
// which has changed. The wait until the files are quiet comes on top.
func BenchmarkReload(b *testing.B) {
	files := map[string]string{}
	for i := range 1000 {
		files[fmt.Sprintf("surveys/survey_%04d.yaml", i)] = servertest.GeneratedSurvey(i, 30)
	}
	o := quiet(servertest.Files(b, files))
	o.Preview = true
	srv, err := New(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Close()
	target := filepath.Join(o.Surveys, "survey_0500.yaml")
	for n := 0; b.Loop(); n++ {
		if err := os.WriteFile(target, []byte(strings.Replace(servertest.GeneratedSurvey(500, 30), "Satisfaction survey", fmt.Sprint("Edit ", n), 1)), 0o666); err != nil {
			b.Fatal(err)
		}
		before := srv.handler.current.Load()
		_, changed := srv.handler.live.state()
		done := make(chan struct{})
		go func() { srv.reload(b.Context()); close(done) }()
		<-changed
		b.StopTimer()
		if srv.handler.current.Load() == before {
			b.Fatal("nothing was built")
		}
		<-done // the home page
		b.StartTimer()
	}
}
