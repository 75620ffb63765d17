package results

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/render"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

func renderer(t testing.TB) *Renderer {
	t.Helper()
	return withAssets(t, render.Assets{
		Style:  render.Asset{Path: "assets/style-1.css", Integrity: "sha384-s/+="},
		Script: render.Asset{Path: "assets/script-1.js", Integrity: "sha384-j"},
		Thanks: render.Asset{Path: "assets/script-1.js", Integrity: "sha384-j"},
	})
}

func withAssets(t testing.TB, assets render.Assets) *Renderer {
	t.Helper()
	r, err := render.New(os.DirFS("../../templates"), assets)
	if err != nil {
		t.Fatal(err)
	}
	return New(r)
}

// pages renders every kind of file of a survey's results in a language, by name.
func pages(t testing.TB, r *Renderer, s *survey.Survey, language string) map[string][]byte {
	t.Helper()
	empty := Page{Set: NewSet(&stats.Report{Survey: s}), Language: language, Root: "../../../"}
	figures := Page{Set: NewSet(twoQuarters(s)), Actions: testActions("grid.care"), Today: "2026-11-22", Language: language, Root: "../../../"}
	group := figures
	group.Folder = Folder{Segment: "tier", Option: "gold"}
	out := map[string][]byte{}
	for _, file := range []struct {
		name  string
		write func(io.Writer, Page) error
		page  Page
	}{
		{"empty.html", r.HTML, empty}, {"empty.json", r.JSON, empty},
		{"results.html", r.HTML, figures}, {"results.json", r.JSON, figures}, {"results.csv", r.CSV, figures},
		{"group.html", r.HTML, group},
	} {
		var b bytes.Buffer
		if err := file.write(&b, file.page); err != nil {
			t.Fatalf("%s: %v", file.name, err)
		}
		out[file.name] = b.Bytes()
	}
	return out
}

func TestGolden(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	render := func(language string) map[string][]byte { return pages(t, r, s, language) }
	rendertest.Goldens(t, s.Languages, render, map[string]string{"group.html": "results.html", "empty.html": "results.html", "empty.json": "results.json"})
}

// Pages are valid documents without placeholders in their sentences.
func TestDocuments(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	s.Languages = append(s.Languages, "ar")
	for _, language := range s.Languages {
		for name, page := range pages(t, r, s, language) {
			if !strings.HasSuffix(name, ".html") {
				continue
			}
			for _, fault := range rendertest.Faults(t, page) {
				t.Errorf("%s.%s: %s", language, name, fault)
			}
			if strings.ContainsAny(rendertest.Text(t, page), "{}") {
				t.Errorf("%s.%s shows a placeholder", language, name)
			}
		}
	}
}

// Whatever an author writes stays text.
func TestHostileTextsStayText(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	rendertest.Poison(s)
	for name, page := range pages(t, r, s, "en") {
		switch {
		case strings.HasSuffix(name, ".csv"): // TestHostileTable
		case strings.HasSuffix(name, ".json"):
			if !json.Valid(page) || bytes.Contains(page, []byte("<script")) {
				t.Errorf("%s: invalid, or not safe in a page", name)
			}
		default:
			for _, fault := range rendertest.Faults(t, page) {
				t.Errorf("%s: %s", name, fault)
			}
			if !strings.Contains(rendertest.Text(t, page), "alert(1)") {
				t.Errorf("%s: the text is gone, so the test proves nothing", name)
			}
		}
	}
}

// A results page tells search engines its address, unless the survey is unlisted.
func TestHead(t *testing.T) {
	r := withAssets(t, render.Assets{Style: render.Asset{Path: "assets/style-1.css"}, Results: render.Asset{Path: "assets/results-1.css"},
		Brand: render.Brand{Address: "https://survey.example.com/polls/"}})
	s := rendertest.Every(t)
	head := func() map[string]string {
		return rendertest.Head(t, func(w io.Writer) error {
			return r.HTML(w, Page{Set: NewSet(stats.NewReport(s, nil)), Language: "en", Root: "../../../"})
		})
	}
	rendertest.CheckHead(t, "listed", head(), map[string]string{"og:url": "https://survey.example.com/polls/every/en/results/",
		"stylesheet": "../../../assets/results-1.css", "robots": "-"})
	s.Unlisted = true
	rendertest.CheckHead(t, "unlisted", head(), map[string]string{"robots": "noindex"})
}

// A results page leads to the form, unless only the invited can answer.
func TestWayToTheForm(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	for access, want := range map[survey.Access]bool{survey.OpenAccess: true, survey.BothAccess: true, survey.InvitedAccess: false} {
		s.Access = access
		var b bytes.Buffer
		if err := r.HTML(&b, Page{Set: NewSet(stats.NewReport(s, nil)), Language: "en", Root: "../../../"}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), `href="../../../every/en/"`); got != want {
			t.Errorf("%q: %t", access, got)
		}
	}
}

// Nothing that is not released is revealed, not even how many answers are waiting.
func TestNothingBeforeTheFirstGroup(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	few := twoQuarters(s)
	few.Periods = few.Periods[1:]
	few.Periods[0].Respondents = 4
	none := &stats.Report{Survey: s, Revision: few.Revision}
	var a, b bytes.Buffer
	for _, write := range []func(io.Writer, *stats.Report) error{
		func(w io.Writer, report *stats.Report) error {
			return r.HTML(w, Page{Set: NewSet(report), Language: "en", Root: "../"})
		},
		func(w io.Writer, report *stats.Report) error {
			return r.JSON(w, Page{Set: NewSet(report), Language: "en"})
		},
		func(w io.Writer, report *stats.Report) error {
			return r.CSV(w, Page{Set: NewSet(report), Language: "en"})
		},
	} {
		a.Reset()
		b.Reset()
		if err := write(&a, few); err != nil {
			t.Fatal(err)
		}
		if err := write(&b, none); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("four respondents of five show:\n%s", a.String())
		}
	}
}

func TestJSON(t *testing.T) {
	r, s := renderer(t), rendertest.Every(t)
	type doc struct {
		Survey      string
		Respondents int
		MinGroup    int `json:"min_group"`
		Overall     struct {
			Score, Raw *float64
			Band       *string
		}
		Questions map[string]struct {
			N      int
			Mean   *float64
			First  *float64
			Counts map[string]int
		}
	}
	var b bytes.Buffer
	if err := r.JSON(&b, Page{Set: NewSet(twoQuarters(s)), Language: "en"}); err != nil {
		t.Fatal(err)
	}
	var got doc
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Survey != "every" || got.Respondents != 40 || got.MinGroup != 5 {
		t.Errorf("head: %+v", got)
	}
	// Eight items of 35 scored answers each: (20·5 + 10·3 + 5·1)/35 = 27/7 of 5. Stars: (20·1 + 10·2 + 5·3 + 3·4 + 2·5)/40 =
	// 1.925 of 5; faces: (20·1 + 10·2 + 10·3)/40 = 1.75 of 3; numbers: (20·1 + 10·2 + 5·3 + 3·4 + 1·5 + 1·6)/40 = 1.95 of 7.
	// (8·27/7 + 1.925 + 1.75 + 1.95) / (8·5 + 5 + 3 + 7) = 36.4821…/55
	if o := got.Overall; *o.Score != 66.3312 || *o.Raw != 66.3312 || *o.Band != "Poor" {
		t.Errorf("score %v, raw %v, band %v", *o.Score, *o.Raw, *o.Band)
	}
	if q := got.Questions["single"]; q.N != 40 || q.Counts["good"] != 20 || q.Counts["none"] != 5 || *q.Mean != 3.8571 {
		t.Errorf("single: %+v", q)
	}
	if q := got.Questions["grid.care"]; q.Counts["fair"] != 10 {
		t.Errorf("grid.care: %+v", q)
	}
	if q := got.Questions["visits"]; *q.Mean != 4.5 || q.Counts != nil {
		t.Errorf("visits: %+v", q)
	}
	// The report puts 20, 10 and 10 of 40 on the ranks 1, 2 and 3 of each of three options: 60 have put one first.
	if q := got.Questions["first.taste"]; q.N != 40 || q.Counts["1"] != 20 || *q.Mean != 1.75 || *q.First != 0.3333 {
		t.Errorf("first.taste: %+v", q)
	}
	if q := got.Questions["split.price"]; *q.Mean != 4.5 || q.Counts != nil || q.First != nil {
		t.Errorf("split.price: %+v", q)
	}
	if q := got.Questions["weight.price.importance"]; q.Counts["high"] != 20 || *q.Mean != 2 {
		t.Errorf("weight.price.importance: %+v", q)
	}
	if q := got.Questions["fruit"]; q.Counts["_other"] == 0 {
		t.Errorf("fruit: other is not counted: %+v", q)
	}
	for _, secret := range []string{"short", "long", "mail", "tel", "day", "fruit._other", "ways._other", "site", "hour", "why"} {
		if _, ok := got.Questions[secret]; ok {
			t.Errorf("%s is published", secret)
		}
	}
}

// From released counters to the page: 30 questions, ten cross-tabulations, eight periods. The best time is that of a machine
// which does nothing else.
func BenchmarkResults(b *testing.B) {
	r, s := renderer(b), thirtyWithCrossTabs(b)
	all := quarterlyReleases(b, s, 8, 97)
	b.ReportAllocs()
	var took []time.Duration
	defer func() {
		slices.Sort(took)
		b.ReportMetric(float64(took[0].Microseconds())/1000, "best-ms")
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
	}()
	for b.Loop() {
		start := time.Now()
		if err := r.HTML(io.Discard, Page{Set: NewSet(stats.NewReport(s, all)), Language: "zh", Root: "../../"}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
}

// All pages of a report with eight periods and their groups, in both languages.
func BenchmarkSet(b *testing.B) {
	r, s := renderer(b), thirtyWithCrossTabs(b)
	all := quarterlyReleases(b, s, 8, 97)
	b.ReportAllocs()
	for b.Loop() {
		set := NewSet(stats.NewReport(s, all))
		for _, f := range set.Folders() {
			for _, language := range s.Languages {
				if err := r.HTML(io.Discard, Page{Set: set, Language: language, Root: "../../", Folder: f}); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}
