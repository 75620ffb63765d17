package results

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/release"
	"glasspoll/internal/render"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// twoQuarters returns a report of two quarters with figures for every field; see halvingRelease.
func twoQuarters(s *survey.Survey) *stats.Report {
	return stats.NewReport(s, []*release.Release{
		halvingRelease(s, "2026-Q3", 9, "2026-09-30", 12, 0),
		halvingRelease(s, "2026-Q4", 3, "2026-11-22", 40, 0),
	})
}

// halvingRelease releases n respondents, of whom half chose one option, half of the rest the next one, and so on;
// numbers are 0 to 9 in turn. later is the index of the first option.
func halvingRelease(s *survey.Survey, period string, number int, date string, n, later int) *release.Release {
	var responses []answer.Response
	for i := range n {
		r := answer.Response{Channel: "web"}
		for _, f := range s.Fields() {
			options := f.Options()
			switch {
			case !f.Counted():
				continue
			case f.Numeric():
				r.Answers = append(r.Answers, answer.Answer{f.Name, strconv.Itoa(i % 10)})
				continue
			}
			at, left := 0, n
			for before := 0; at < len(options)-1; at++ {
				half := (left + 1) / 2
				if i < before+half {
					break
				}
				before, left = before+half, left-half
			}
			r.Answers = append(r.Answers, answer.Answer{f.Name, options[(at+later)%len(options)].ID})
		}
		responses = append(responses, r)
	}
	next := releaseOf(s, period, date, responses)
	next.Number = number
	return next
}

// releaseOf returns what is public of a period that is closed, with these responses; nil if nothing is.
func releaseOf(s *survey.Survey, period, date string, responses []answer.Response) *release.Release {
	folded := tally.New()
	for i, r := range responses {
		folded.Fold(s, fmt.Sprintf("%09d", i+1), date, r)
	}
	next, _ := release.Next(s, map[string]*survey.Survey{s.Shape: s}, period, date, nil, folded, true)
	return next.Public()
}

// randomRelease releases n random respondents of one period: liking, 0 to 1, is how good their answers are.
func randomRelease(t testing.TB, s *survey.Survey, period, date string, n int, liking float64, seed uint64) *release.Release {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	bias := map[string]float64{}
	for _, f := range s.Fields() {
		bias[f.Name] = 0.09 * r.NormFloat64()
	}
	draws := rand.New(rand.NewPCG(seed, uint64(len(period))+uint64(n)))
	var responses []answer.Response
	for range n {
		mood := liking + 0.14*draws.NormFloat64()
		response := answer.Response{}
		if len(s.Channels) > 0 {
			response.Channel = s.Channels[draws.IntN(len(s.Channels))]
		}
		for _, f := range s.Fields() {
			options := f.Options()
			if !f.Counted() || draws.Float64() < 0.05 {
				continue
			}
			if f.Numeric() {
				response.Answers = append(response.Answers, answer.Answer{f.Name, strconv.Itoa(draws.IntN(30))})
				continue
			}
			like := min(max(mood+bias[f.Name]+0.15*draws.NormFloat64(), 0), 0.999)
			at := draws.IntN(len(options))
			if best := f.MaxScore(); best > 0 {
				nearest := 2.0
				for i, o := range options {
					if o.Score == nil {
						continue
					}
					if d := like - float64(*o.Score)/float64(best); d*d < nearest {
						at, nearest = i, d*d
					}
				}
				if draws.Float64() < 0.04 {
					at = len(options) - 1
				}
			}
			response.Answers = append(response.Answers, answer.Answer{f.Name, options[at].ID})
		}
		responses = append(responses, response)
	}
	next := releaseOf(s, period, date, responses)
	if next == nil {
		t.Fatal("nothing was released")
	}
	return next
}

// quarterlyReport returns a report of several quarters of a survey, up to 2026-Q4, most of them a little better than the one
// before.
func quarterlyReport(t testing.TB, s *survey.Survey, many, n int) *stats.Report {
	t.Helper()
	return stats.NewReport(s, quarterlyReleases(t, s, many, n))
}

func quarterlyReleases(t testing.TB, s *survey.Survey, many, n int) []*release.Release {
	t.Helper()
	var all []*release.Release
	for i := range many {
		q := 2026*4 + 3 - (many - 1 - i)
		period := fmt.Sprintf("%d-Q%d", q/4, q%4+1)
		date := fmt.Sprintf("%d-%02d-20", q/4, 3*(q%4)+2)
		all = append(all, randomRelease(t, s, period, date, n+7*i, 0.66+0.02*float64(i%5), 3))
	}
	return all
}

// TestWritePages writes pages to look at into the directory that RESULTS_PAGES names.
func TestWritePages(t *testing.T) {
	dir := os.Getenv("RESULTS_PAGES")
	if dir == "" {
		t.Skip("RESULTS_PAGES is not set")
	}
	css, err := os.ReadFile("../../templates/results.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tokens.css", "page.css"} {
		part, err := os.ReadFile("../../templates/" + name)
		if err != nil {
			t.Fatal(err)
		}
		css = bytes.Replace(css, []byte(`@import "`+name+`";`), part, 1)
	}
	if err := os.MkdirAll(filepath.Join(dir, "assets"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "assets/results.css"), css, 0o644); err != nil {
		t.Fatal(err)
	}
	r := withAssets(t, render.Assets{Results: render.Asset{Path: "assets/results.css"}})
	surveys := []*survey.Survey{rendertest.Every(t), rendertest.Thirty(t)}
	for _, name := range []string{"technology_quarterly", "packaging", "software", "retail", "telecom_project", "decoration"} {
		surveys = append(surveys, rendertest.Shipped(t, name))
	}
	for _, s := range surveys {
		s.Languages = append(s.Languages, "ar")
		report := quarterlyReport(t, s, 8, 97)
		actions := survey.Actions{}
		for _, f := range report.Periods[len(report.Periods)-1].Ranked() {
			actions = testActions(f.Field.Name)
			break
		}
		set := NewSet(report)
		for _, f := range set.Folders() {
			for _, language := range s.Languages {
				folder := s.ID + "/" + language + "/"
				if language == s.DefaultLanguage() {
					folder = s.ID + "/"
				}
				folder += f.Path()
				var b bytes.Buffer
				page := Page{Set: set, Actions: actions, Today: "2026-11-22", Language: language, Root: strings.Repeat("../", strings.Count(folder, "/")), Folder: f}
				if err := r.HTML(&b, page); err != nil {
					t.Fatal(err)
				}
				if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
					t.Fatal(err)
				}
				write := func(name string) {
					if err := os.WriteFile(filepath.Join(dir, folder, name), b.Bytes(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				write("index.html")
				if f.Whole() {
					for name, draw := range map[string]func(io.Writer, Page) error{"results.json": r.JSON, "results.csv": r.CSV} {
						b.Reset()
						if err := draw(&b, page); err != nil {
							t.Fatal(err)
						}
						write(name)
					}
				}
			}
		}
	}
}

// testActions returns measures in every state, and quotes.
func testActions(question string) survey.Actions {
	text := func(zh, en string) survey.Text { return survey.Text{"zh": zh, "en": en, "ar": en} }
	return survey.Actions{
		Measures: []survey.Measure{
			{Problem: text("交货太慢，没有人说明原因。", "Delivery took too long, and nobody said why."), Measure: text("每天公布排期，超期当天电话说明。", "The schedule is published every day; if it slips, we call the same day."),
				Question: question, Owner: text("物流主管", "Head of logistics"), Due: "2026-12-15", Status: survey.Doing},
			{Problem: text("说明书看不懂。", "The manual is hard to follow."), Measure: text("重写说明书，加图示。", "The manual is being rewritten with pictures."), Owner: text("产品部经理", "Product manager"), Due: "2026-10-31", Status: survey.Planned},
			{Problem: text("电话打不通。", "Nobody answers the telephone."), Measure: text("增加两名客服。", "Two more people answer it."), Owner: text("客服主管", "Head of customer service"), Due: "2026-09-01", Status: survey.Done,
				Effect: text("接通率从71%升到94%。", "94% of calls are answered, up from 71%.")},
			{Problem: text("希望周末营业。", "Open at the weekend."), Measure: text("试行一个月，来客太少。", "Tried for a month; hardly anyone came."), Owner: text("店长", "Shop manager"), Due: "2026-08-01", Status: survey.Dropped},
		},
		Quotes: []survey.Quote{
			{Text: text("师傅很耐心，一次就修好了。", "Patient, and it was mended at once."), Question: question, Period: "2026-Q4", ReviewedBy: text("客户服务部", "Customer service"), ReviewedOn: "2026-11-20"},
			{Text: text("总的来说会再来。", "I will come again."), ReviewedBy: text("客户服务部", "Customer service"), ReviewedOn: "2026-11-20"},
		},
	}
}
