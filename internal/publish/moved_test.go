package publish_test

import (
	"context"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/cloud"
	"glasspoll/internal/headers"
	"glasspoll/internal/local"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// place is where pages are stored, by one of the back ends.
type place struct {
	pages taggedPages
	files func() map[string]string // content by path
}

type taggedPages interface {
	store.Pages
	TagOf(body []byte) string
}

// bucket is an S3 bucket in memory.
type bucket struct {
	mu      sync.Mutex
	objects map[string]object
}

type object struct {
	body   string
	header http.Header
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := strings.TrimPrefix(r.URL.Path, "/site/")
	o, found := b.objects[key]
	tag := ""
	if found {
		tag = fmt.Sprintf(`"%x"`, md5.Sum([]byte(o.body)))
	}
	switch {
	case r.Method == http.MethodHead && !found:
		w.WriteHeader(http.StatusNotFound)
		return
	case r.Method == http.MethodPut && (r.Header.Get("If-None-Match") == "*" && found || r.Header.Get("If-Match") != "" && r.Header.Get("If-Match") != tag):
		w.WriteHeader(http.StatusPreconditionFailed)
		return
	case r.Method == http.MethodPut:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		o = object{string(body), r.Header}
		b.objects[key] = o
		tag = fmt.Sprintf(`"%x"`, md5.Sum(body))
	}
	w.Header().Set("ETag", tag)
	w.Header().Set("X-Amz-Meta-Revision", o.header.Get("X-Amz-Meta-Revision"))
}

func localPlace(t *testing.T) place {
	dir := t.TempDir()
	pages, err := local.OpenPages(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pages.Close() })
	return place{pages, func() map[string]string {
		files := map[string]string{}
		for _, pattern := range []string{"*/results/*", "*/results/*/*", "*/*/results/*", "*/*/results/*/*"} {
			names, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				if body, err := os.ReadFile(name); err == nil && !strings.Contains(name, ".revisions") {
					files[filepath.ToSlash(strings.TrimPrefix(name, dir+string(filepath.Separator)))] = string(body)
				}
			}
		}
		return files
	}}
}

func cloudPlace(t *testing.T) place {
	b := &bucket{objects: map[string]object{}}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	pages := cloud.NewPages(cloud.NewBucket("site", "us-east-1", server.URL, credentials.NewStaticCredentialsProvider("a", "b", "")))
	return place{pages, func() map[string]string {
		b.mu.Lock()
		defer b.mu.Unlock()
		files := map[string]string{}
		for name, o := range b.objects {
			files[name] = o.body
			to, _ := headers.MovedTo([]byte(o.body))
			if o.header.Get("X-Amz-Meta-Location") != to {
				t.Errorf("%s leads to %q, and the CDN is told %q", name, to, o.header.Get("X-Amz-Meta-Location"))
			}
		}
		return files
	}}
}

// observed counts the files that are written, and looks at all files after each.
type observed struct {
	taggedPages
	written *[]string
	look    func()
}

func (o observed) Replace(ctx context.Context, name, tag string, revision int, body []byte) (string, error) {
	newTag, err := o.taggedPages.Replace(ctx, name, tag, revision, body)
	if err == nil {
		*o.written = append(*o.written, name)
		o.look()
	}
	return newTag, err
}

// visit returns the content that visitors find at an address.
func visit(files map[string]string, name string) string {
	for range 3 {
		to, moved := headers.MovedTo([]byte(files[name]))
		if !moved {
			return files[name]
		}
		if strings.HasSuffix(to, "/") {
			to += "index.html"
		}
		name = path.Join(path.Dir(name), to)
	}
	return "a loop"
}

// periodOf returns the period of results.json.
func periodOf(t *testing.T, body string) string {
	t.Helper()
	var figures struct{ Period string }
	if err := json.Unmarshal([]byte(body), &figures); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return figures.Period
}

// polled is a survey in several languages, whose answers arrive in a store.
type polled struct {
	*local.Store
	t      *testing.T
	survey *survey.Survey
	place  place
	now    time.Time
	number int
	writer publish.Renderer
}

func newPolled(t *testing.T, source string, at func(*testing.T) place) *polled {
	t.Helper()
	s, problems := questionnaire.Parse("monthly.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	frame, err := render.New(glasspoll.Pages(), render.Assets{})
	if err != nil {
		t.Fatal(err)
	}
	opened, _ := openStore(t, t.TempDir())
	return &polled{Store: opened, t: t, survey: s, place: at(t), now: time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC), writer: results.New(frame)}
}

func (p *polled) publisher(look func()) (*publish.Publisher, *[]string) {
	written := &[]string{}
	return publish.New(publish.Options{Collector: p, Log: p, Definitions: p, Tallies: p, Releases: p, Pages: observed{p.place.pages, written, look}, TagOf: p.place.pages.TagOf,
		Renderer: p.writer, Now: func() time.Time { return p.now }}), written
}

// answer stores the answers of five people.
func (p *polled) answer(period string) {
	p.t.Helper()
	for range 5 {
		p.number++
		r := answer.Response{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", p.number), Survey: p.survey.ID, Version: p.survey.Version, Period: period,
			Language: "en", Answers: []answer.Answer{{"rated", fmt.Sprint(1 + p.number%5)}}}
		if created, err := p.Put(p.t.Context(), r); !created || err != nil {
			p.t.Fatal(created, err)
		}
	}
}

func (p *polled) publish(by *publish.Publisher, releases int) publish.Outcome {
	p.t.Helper()
	out, err := by.Publish(p.t.Context(), p.survey)
	if err != nil || len(out.Released) != releases {
		p.t.Fatalf("%d releases, want %d, %v", len(out.Released), releases, err)
	}
	return out
}

// TestFilesOfARelease publishes surveys without groups to a directory and to a bucket. A release writes two files in each language
// and one for all, by a publisher that has run before and by a new one; the first one of a period also writes three in each that lead to them from
// its own address, and those that the period before has there from then on.
func TestFilesOfARelease(t *testing.T) {
	t.Parallel()
	once := strings.Replace(monthly, "period: month\n", "", 1)
	three := strings.NewReplacer("[zh, en]", "[zh, en, de]", "zh: ", "de: X, zh: ").Replace(monthly)
	for name, at := range map[string]func(*testing.T) place{"a directory": localPlace, "a bucket": cloudPlace} {
		for source, languages := range map[string]int{monthly: 2, once: 2, three: 3} {
			p := newPolled(t, source, at)
			p.writer = counted{map[string]int{}}
			release := 2*languages + 1
			periodic := p.survey.Period != survey.NoPeriod
			period := func(month int) string {
				if periodic {
					return fmt.Sprintf("2026-%02d", month)
				}
				return survey.OnePeriod
			}
			warm, written := p.publisher(func() {})
			check := func(what string, want int) {
				t.Helper()
				if len(*written) != want {
					t.Errorf("%s in %d languages, periodic: %t: %s writes %d files, want %d: %v", name, languages, periodic, what, len(*written), want, *written)
				}
				*written = nil
			}
			p.publish(warm, 0)
			check("a run before any answer", 3*languages)
			p.answer(period(2))
			p.publish(warm, 1)
			if periodic {
				check("the first release", release+3*languages)
			} else {
				check("the first release", release)
			}
			for range 2 {
				p.answer(period(2))
				p.publish(warm, 1)
				check("a release", release)
			}
			p.publish(warm, 0)
			check("a run without a release", 0)
			if periodic {
				p.answer(period(3))
				p.publish(warm, 1)
				check("the first release of the next period", 2*release+3*languages)
			}
			for range 2 { // each publisher is a new one, as after a restart
				p.answer(period(3))
				cold, by := p.publisher(func() {})
				written = by
				p.publish(cold, 1)
				check("a release by a new publisher", release)
			}
		}
	}
}

// TestAddressesOfEarlierVersions begins with the files that an earlier version wrote, at more addresses. After a run no file has old
// figures, and every address leads to current ones; in the language and of the period that it names.
func TestAddressesOfEarlierVersions(t *testing.T) {
	t.Parallel()
	for _, at := range []func(*testing.T) place{localPlace, cloudPlace} {
		p := newPolled(t, monthly, at)
		p.answer("2026-02")
		p.answer("2026-03")
		warm, _ := p.publisher(func() {})
		p.publish(warm, 2)
		folders := []string{"results/", "zh/results/", "en/results/", "results/2026-02/", "en/results/2026-02/", "results/2026-03/", "en/results/2026-03/"}
		for _, folder := range folders {
			for _, name := range []string{"index.html", "results.json", "results.csv"} {
				file := p.survey.ID + "/" + folder + name
				tag, _, err := p.place.pages.Page(t.Context(), file)
				if err == nil {
					_, err = p.place.pages.Replace(t.Context(), file, tag, 1, []byte("old figures"))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		p.answer("2026-03")
		after, _ := p.publisher(func() {})
		p.publish(after, 1)
		files := p.place.files()
		if len(files) != 3*len(folders) {
			t.Errorf("there are %v", slices.Sorted(maps.Keys(files)))
		}
		for _, folder := range folders {
			language, period := "zh", "2026-03"
			if strings.HasPrefix(folder, "en/") {
				language = "en"
			}
			if strings.Contains(folder, "2026-02") {
				period = "2026-02"
			}
			var figures struct{ Language, Period string }
			body := visit(files, p.survey.ID+"/"+folder+"results.json")
			if err := json.Unmarshal([]byte(body), &figures); err != nil || figures.Language != "zh" || figures.Period != period { // one for all languages
				t.Errorf("%s has %+v, %v", folder, figures, err)
			}
			if page := visit(files, p.survey.ID+"/"+folder+"index.html"); !strings.Contains(page, `<html lang="`+language) || strings.Contains(page, "old figures") {
				t.Errorf("%s is %.200s", folder, page)
			}
			if table := visit(files, p.survey.ID+"/"+folder+"results.csv"); !strings.Contains(table, "\n"+period+",") {
				t.Errorf("%s has %.200s", folder, table)
			}
		}
		for name, body := range files {
			if strings.Contains(body, "old figures") {
				t.Errorf("%s has old figures", name)
			}
		}
	}
}

// TestAddressOfAPeriod looks after each file that is written, while periods come and go: at the address of a period there are figures of
// that period alone, also after a publisher was killed there.
func TestAddressOfAPeriod(t *testing.T) {
	t.Parallel()
	p := newPolled(t, monthly, localPlace)
	looked := 0
	look := func() {
		files := p.place.files()
		for name, body := range files {
			if !strings.HasSuffix(name, ".json") {
				continue
			}
			period := path.Base(path.Dir(name))
			if period == "results" {
				continue
			}
			if _, moved := headers.MovedTo([]byte(body)); moved {
				body = visit(files, name)
			}
			if looked++; periodOf(t, body) != period {
				t.Fatalf("%s has figures of %s", name, periodOf(t, body))
			}
		}
	}
	warm, _ := p.publisher(look)
	for _, period := range []string{"2026-01", "2026-01", "2026-02", "2026-01", "2026-03", "2026-03"} {
		p.answer(period)
		p.publish(warm, 1)
	}
	if looked == 0 {
		t.Error("no address was looked at")
	}
}

// TestFirstLanguageChanges puts another language first: the address of each language keeps its language, and the figures for all have
// the first.
func TestFirstLanguageChanges(t *testing.T) {
	t.Parallel()
	p := newPolled(t, monthly, localPlace)
	p.answer("2026-03")
	warm, _ := p.publisher(func() {})
	p.publish(warm, 1)
	english, problems := questionnaire.Parse("monthly.yaml", []byte(strings.Replace(monthly, "[zh, en]", "[en, zh]", 1)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for i, s := range []*survey.Survey{english, p.survey, english} {
		p.survey = s
		p.answer("2026-03")
		by := warm
		if i > 0 {
			by, _ = p.publisher(func() {})
		}
		p.publish(by, 1)
		files := p.place.files()
		for folder, language := range map[string]string{"results/": s.DefaultLanguage(), "zh/results/": "zh", "en/results/": "en"} {
			var figures struct {
				Language string
				Revision int
			}
			body := visit(files, s.ID+"/"+folder+"results.json")
			if err := json.Unmarshal([]byte(body), &figures); body != "" && (err != nil || figures.Language != s.DefaultLanguage() || figures.Revision != i+2) {
				t.Errorf("%s after %d changes has %+v, %v", folder, i+1, figures, err)
			}
			if page := visit(files, s.ID+"/"+folder+"index.html"); page != "" && !strings.Contains(page, `<html lang="`+language) {
				t.Errorf("%s after %d changes is %.200s", folder, i+1, page)
			}
		}
	}
}

// TestHiddenReleases makes releases of a survey whose results were public and are not any more: no file is written because of them.
func TestHiddenReleases(t *testing.T) {
	t.Parallel()
	for _, at := range []func(*testing.T) place{localPlace, cloudPlace} {
		p := newPolled(t, monthly, at)
		p.answer("2026-02")
		p.answer("2026-03")
		warm, _ := p.publisher(func() {})
		p.publish(warm, 2)
		hidden, problems := questionnaire.Parse("monthly.yaml", []byte(strings.Replace(monthly, "results: {", "results: {audience: staff, ", 1)))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		p.survey = hidden
		by, written := p.publisher(func() {})
		p.publish(by, 0)
		if len(*written) == 0 {
			t.Error("the figures stayed")
		}
		for name, body := range p.place.files() {
			if found := visit(p.place.files(), name); strings.Contains(found, "mean") || found == "a loop" {
				t.Errorf("%s has %.300s", name, body)
			}
		}
		for _, period := range []string{"2026-03", "2026-04", "2026-02"} {
			*written = nil
			p.answer(period)
			p.publish(by, 1)
			cold, also := p.publisher(func() {})
			p.publish(cold, 0)
			if all := slices.Concat(*written, *also); len(all) > 0 {
				t.Errorf("a release of %s, which is not public, writes %v", period, all)
			}
		}
		p.survey, problems = questionnaire.Parse("monthly.yaml", []byte(monthly))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		p.publish(by, 0)
		for _, period := range []string{"2026-02", "2026-03", "2026-04"} {
			if found := periodOf(t, visit(p.place.files(), "monthly/en/results/"+period+"/results.json")); found != period {
				t.Errorf("public again, the address of %s has %s", period, found)
			}
		}
	}
}
