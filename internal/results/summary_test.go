package results

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"glasspoll/internal/release"
	"glasspoll/internal/render/rendertest"
	"glasspoll/internal/stats"
	"glasspoll/internal/survey"
)

// quarter is what n of the respondents of a quarter say, half of them this and half that.
type quarter struct {
	name, day  string
	n          int
	this, that string
}

// quartersPage returns the page of a survey of quarters.
func quartersPage(t *testing.T, s *survey.Survey, language string, quarters ...quarter) Page {
	t.Helper()
	var all []*release.Release
	for _, q := range quarters {
		p := newPeriod(t)
		p.answer(s, q.day, q.n/2, q.this)
		p.answer(s, q.day, q.n-q.n/2, q.that)
		p.releaseIn(q.name, s, q.day, true)
		if p.last == nil {
			t.Fatalf("nothing of %s was released", q.name)
		}
		all = append(all, p.last.Public())
	}
	return Page{Set: NewSet(stats.NewReport(s, all)), Language: language, Root: "../"}
}

// summaryOf returns the sentences of a page's summary.
func summaryOf(t *testing.T, page Page) string {
	t.Helper()
	found := elements(parsePage(t, renderer(t), page), func(n *html.Node) bool { return hasClass(n, "say") })
	if len(found) != 1 {
		t.Fatalf("%d summaries", len(found))
	}
	return textOf(found[0])
}

// The summary is true in each case, and a complete sentence in each language.
func TestSummary(t *testing.T) {
	good, fair := "a=5 b=5 fond=9", "a=4 b=4 fond=8"
	bad, worse := "a=2 b=2 fond=2", "a=1 b=1 fond=1"
	third := func(n int, this, that string) quarter { return quarter{"2026-Q3", "2026-08-01", n, this, that} }
	fourth := func(n int, this, that string) quarter { return quarter{"2026-Q4", "2026-11-01", n, this, that} }
	for _, c := range []struct {
		name, more string
		quarters   []quarter
		language   string
		want       string
	}{
		{"first", "period: quarter", []quarter{fourth(400, good, fair)}, "en", "90.0 in the first period."},
		{"no periods", "", []quarter{{"all", "2026-11-01", 400, good, fair}}, "en", "The overall satisfaction index is 90.0."},
		{"no periods, met", "scoring: {target: 80}", []quarter{{"all", "2026-11-01", 400, good, fair}}, "en", "The overall satisfaction index is 90.0: the target of 80 is met."},
		{"up", "period: quarter", []quarter{third(400, bad, fair), fourth(400, good, fair)}, "en", "90.0, up 30.0 on Q3 2026."},
		{"up, met", "period: quarter\nscoring: {target: 90}", []quarter{third(400, bad, fair), fourth(400, good, fair)}, "zh", "90.0，比2026年第3季度提高30.0，达到目标90。"},
		{"up, missed", "period: quarter\nscoring: {target: 95}", []quarter{third(400, bad, fair), fourth(400, good, fair)}, "ar", "90.0، بارتفاع 30.0 عن "},
		{"down", "period: quarter\nscoring: {target: 95}", []quarter{third(400, good, fair), fourth(400, bad, worse)}, "en", "30.0, down 60.0 on Q3 2026, 65.0 short of the target of 95."},
		{"within", "period: quarter", []quarter{third(40, "a=5 b=4 fond=9", bad), fourth(40, good, bad)}, "en", ", no clear change since Q3 2026. With 40 answers it is rough: take it as a direction only."},
		{"same", "period: quarter", []quarter{third(400, good, fair), fourth(400, good, fair)}, "zh", "90.0，与2026年第3季度持平。"},
		{"no index", "period: quarter", []quarter{fourth(6, "fond=1", "fond=9")}, "en", "6 people have answered; there is no index to be shown."},
		{"counts", "period: quarter\nscoring: {model: weighted_count}", []quarter{third(100, good, fair), fourth(200, bad, bad)}, "en", "The overall satisfaction index is 800.0."},
		{"weakest", "period: quarter", []quarter{fourth(400, "a=5 b=1 fond=9", "a=5 b=2 fond=8")}, "en", "Weakest: Beta."},
	} {
		s := parsed(t, fmt.Sprintf(one, c.more))
		if got := summaryOf(t, quartersPage(t, s, c.language, c.quarters...)); !strings.Contains(got, c.want) || strings.ContainsAny(got, "{}") {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}

// "Up" and "down" are said of what a test has found, and of nothing else. A deduction for the response rate is not tested.
func TestSummaryOfDeduction(t *testing.T) {
	s := parsed(t, fmt.Sprintf(one, "period: quarter\naudience: {issued: {2026-Q3: 40, 2026-Q4: 200}}\nscoring: {response_rate_rule: {floor: 60, per: 5, deduct: 1}}"))
	page := quartersPage(t, s, "en", quarter{"2026-Q3", "2026-08-01", 40, "a=4 b=4", "a=3 b=3"}, quarter{"2026-Q4", "2026-11-01", 60, "a=4 b=4", "a=3 b=3"})
	has(t, summaryOf(t, page), "64.0, −6.0 on Q3 2026 (not tested).") // 6 · 5 points are missing
}

// Every sentence has its words in every language.
func TestSummarySentences(t *testing.T) {
	page := Page{Set: NewSet(twoQuarters(rendertest.Every(t))), Language: "en", Root: "../"}
	d, err := renderer(t).document(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"en", "zh", "ar"} {
		words, seen := d.frame.Words(language), map[string]bool{}
		for kind, keys := range indexSentences {
			for _, key := range keys {
				said := words.Say(key, "score", "1", "change", "2", "difference", "3", "period", "4", "target", "5", "gap", "6")
				if strings.ContainsAny(said, "{}") || seen[said] || !strings.HasSuffix(said, ".") && !strings.HasSuffix(said, "。") {
					t.Errorf("%s: %s: %q", language, kind, said)
				}
				seen[said] = true
			}
		}
	}
}

// The summary shows the course of the index, and what is being done.
func TestSummaryOfMeasures(t *testing.T) {
	s := rendertest.Every(t)
	page := Page{Set: NewSet(twoQuarters(s)), Actions: testActions("grid.care"), Today: "2026-11-22", Language: "en", Root: "../"}
	root := parsePage(t, renderer(t), page)
	doing := elements(root, func(n *html.Node) bool { return hasClass(n, "acts") })
	if len(doing) != 1 {
		t.Fatalf("%d lists of measures", len(doing))
	}
	has(t, textOf(doing[0]), "What is being done", page.Actions.Measures[0].Measure.In("en"))
	spark := elements(root, func(n *html.Node) bool { return hasClass(n, "spark") })
	if len(spark) != 1 || len(elements(spark[0], func(n *html.Node) bool { return n.Data == "circle" })) != 2 || !strings.Contains(textOf(spark[0]), "Q4 2026") {
		t.Errorf("%d courses", len(spark))
	}
	page.Period = "2026-Q3" // an earlier period has no measures
	if n := len(elements(parsePage(t, renderer(t), page), func(n *html.Node) bool { return hasClass(n, "acts") })); n != 0 {
		t.Error("measures beside old figures")
	}
}
