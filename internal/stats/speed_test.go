package stats

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// BenchmarkReport makes the report of 30 questions, 10 cross-tabs and 8 periods of 20 cohorts. The bound is 5 ms, with its
// page. Forms are parsed once each: in the second case the questionnaire was edited before every period.
func BenchmarkReport(b *testing.B) {
	b.Run("one form", func(b *testing.B) { benchmarkReport(b, false) })
	b.Run("eight forms", func(b *testing.B) { benchmarkReport(b, true) })
}

func benchmarkReport(b *testing.B, edited bool) {
	var source, tabs strings.Builder
	source.WriteString("title: Sample\nlanguages: [en]\nperiod: quarter\nsections:\n  - title: All\n    questions:\n")
	source.WriteString("      - {id: tier, type: rating, steps: 5, label: Tier, segment: true}\n      - {id: site, type: rating, steps: 4, label: Site, segment: true}\n")
	for i := range 28 {
		fmt.Fprintf(&source, "      - {id: q%d, type: rating, steps: 5, label: Question %d}\n", i, i)
		if i < 10 {
			fmt.Fprintf(&tabs, "{rows: q%d, by: tier}, ", i)
		}
	}
	fmt.Fprintf(&source, "scoring: {overall: q0}\nresults: {crosstabs: [%s]}\n", strings.TrimSuffix(tabs.String(), ", "))
	s := parseText(b, source.String())
	r := rand.New(rand.NewPCG(1, 2))
	var latest []*release.Release
	for i := range 8 {
		folded := tally.New()
		for n := range 3000 {
			answers := []answer.Answer{{"tier", fmt.Sprint(1 + r.IntN(5))}, {"site", fmt.Sprint(1 + r.IntN(4))}}
			for q := range 28 {
				answers = append(answers, answer.Answer{fmt.Sprintf("q%d", q), fmt.Sprint(1 + r.IntN(5))})
			}
			folded.Fold(s, fmt.Sprintf("%06d", n+1), "2026-01-01", answer.Response{Answers: answers})
		}
		next, _ := release.Next(s, map[string]*survey.Survey{s.Shape: s}, fmt.Sprintf("202%d-Q1", i), "2026-01-02", nil, folded, true)
		next = next.Public()
		if edited {
			next.Version = fmt.Sprint(i)
			next.Form = json.RawMessage(strings.Replace(string(next.Form), `"period":"quarter"`, fmt.Sprintf(`"minutes":%d,"period":"quarter"`, i+1), 1))
		}
		latest = append(latest, next)
	}
	for b.Loop() {
		report := NewReport(s, latest)
		headline := &report.Periods[7]
		if _, derived := headline.Drivers(); len(headline.CrossTabs()) != 10 || derived == nil {
			b.Fatal("not a whole report")
		}
	}
}

// BenchmarkTests makes the comparisons of a page: of 28 items, and of 9 groups.
func BenchmarkTests(b *testing.B) {
	c := crowd{items: 28, alike: 0.4}
	s := c.survey(b, "period: year\n")
	r := rand.New(rand.NewPCG(1, 2))
	report := NewReport(s, []*release.Release{c.release(s, r, 1000, "2025", same), c.release(s, r, 1000, "2026", same)})
	for b.Loop() {
		if report.Tests(1).N < 50 {
			b.Fatal("not all comparisons")
		}
	}
}
