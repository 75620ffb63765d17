package stats

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

const sample = `
title: Sample
languages: [en]
timezone: UTC
scales:
  five:
    - {id: best, label: Best, score: 5}
    - {id: good, label: Good, score: 4}
    - {id: fair, label: Fair, score: 3}
    - {id: poor, label: Poor, score: 2}
    - {id: worst, label: Worst, score: 1}
    - {id: none, label: No opinion}
  ten:
    - {id: full, label: Full, score: 10}
    - {id: half, label: Half, score: 5}
    - {id: nil, label: Nil, score: 0}
sections:
  - id: all
    title: All
    questions:
      - {id: tier, type: single_choice, label: Tier, segment: true, options: [{id: gold, label: Gold}, {id: tin, label: Tin}]}
      - {id: a, type: rating, scale: five, label: A, DIM1}
      - {id: b, type: rating, scale: five, label: B, weight: 3, DIM1}
      - {id: c, type: rating, scale: ten, label: C, DIM2}
      - {id: d, type: rating, scale: ten, label: D}
      - {id: out, type: rating, scale: ten, label: Out, weight: 0}
      - {id: likely, type: nps, label: Likely}
      - {id: uses, type: multi_choice, label: Uses, options: [{id: x, label: X}, {id: y, label: Y}]}
      - {id: spent, type: number, label: Spent}
      - {id: said, type: short_text, label: Said}
scoring:
  model: percent_of_max
  bands: [{from: 80, label: High}, {from: 66.667, label: Middle}, {from: 0, label: Low}]
  DIMENSIONS
`

func parse(t testing.TB, dimensions bool) *survey.Survey {
	t.Helper()
	source := strings.NewReplacer(", DIM1", "", ", DIM2", "", "DIMENSIONS", "").Replace(sample)
	if dimensions {
		source = strings.NewReplacer("DIM1", "dimension: one", "DIM2", "dimension: two", "DIMENSIONS",
			"dimensions: [{id: one, label: One, weight: 2}, {id: two, label: Two, weight: 0.5}]").Replace(sample)
	}
	s, problems := questionnaire.Parse("sample.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// responses are written as "a=best uses=x,y".
func response(text string) (r answer.Response) {
	for _, a := range strings.Fields(text) {
		name, values, _ := strings.Cut(a, "=")
		if name == "channel" {
			r.Channel = values
			continue
		}
		r.Answers = append(r.Answers, append(answer.Answer{name}, strings.Split(values, ",")...))
	}
	return r
}

// released returns the release of all these respondents, with nothing withheld.
func released(s *survey.Survey, respondents ...string) []*release.Release {
	folded := tally.New()
	for i, text := range respondents {
		folded.Fold(s, fmt.Sprintf("%06d", i+1), "2026-11-21", response(text))
	}
	return []*release.Release{unsuppressed(s, "all", folded)}
}

// unsuppressed releases everybody who waits.
func unsuppressed(s *survey.Survey, period string, t *tally.Tally) *release.Release {
	r := release.Unsuppressed(s, map[string]*survey.Survey{s.Shape: s}, period, "2026-11-22", t)
	r.Number, r.K = 3, 5
	return r
}

// TestOverall is worked by hand; max is 5 for a and b, 10 for c and d. b weighs 3.
func TestOverall(t *testing.T) {
	plain, divided := parse(t, false), parse(t, true)
	for _, c := range []struct {
		name        string
		survey      *survey.Survey
		respondents []string
		want        string // overall to six places
		dimensions  string
		band        string
	}{
		{"all best", plain, []string{"a=best b=best c=full d=full out=nil"}, "100.000000", "", "High"},
		{"all best in dimensions", divided, []string{"a=best b=best c=full d=full"}, "100.000000", "100.00 100.00", "High"},
		{"all worst: a score of 1 is not nothing", plain, []string{"a=worst b=worst c=nil d=nil"},
			// (1·1 + 3·1 + 0 + 0) / (1·5 + 3·5 + 10 + 10) = 4/40
			"10.000000", "", "Low"},
		{"means, and unscored answers left out", plain, []string{"a=best b=good c=half", "a=none b=fair c=full", "a=poor"},
			// a: (5+2)/2 = 3.5; b: (4+3)/2 = 3.5; c: 7.5; d unanswered
			// (3.5 + 3·3.5 + 7.5) / (5 + 15 + 10) = 21.5/30
			"71.666667", "", "Middle"},
		{"dimensions weigh 2, 0.5 and, without one, 1", divided, []string{"a=best b=good c=half d=nil", "a=none b=fair c=full", "a=poor"},
			// one: (3.5 + 3·3.5) / (5 + 15) = 14/20 = 70; two: 7.5/10 = 75
			// (2·14 + 0.5·7.5 + 1·0) / (2·20 + 0.5·10 + 1·10) = 31.75/55
			"57.727273", "70.00 75.00", "Low"},
		{"a dimension without answers leaves both sums", divided, []string{"c=half d=full"},
			// two: 5/10 = 50; (0.5·5 + 1·10) / (0.5·10 + 1·10) = 12.5/15
			"83.333333", "- 50.00", "High"},
		{"nothing scored", divided, []string{"a=none", "tier=gold", "likely=10"}, "-", "- -", ""},
		{"nobody", plain, nil, "-", "", ""},
		{"a band is reached exactly", plain, []string{"a=good"}, "80.000000", "", "High"}, // 4/5
		{"a band is missed by less than is printed", plain, []string{"c=full d=full", "c=full d=full", "c=nil d=nil"},
			// c and d: 20/3; (20/3 + 20/3) / 20 = 2/3 = 66.666… < 66.667
			"66.666667", "", "Low"},
		{"cohorts are summed", plain, []string{"tier=gold a=best", "tier=tin a=fair", "a=worst"},
			// a: (5+3+1)/3 = 3; 3/5
			"60.000000", "", "Low"},
	} {
		t.Run(c.name, func(t *testing.T) {
			report := NewReport(c.survey, released(c.survey, c.respondents...))
			p := report.Periods[0]
			var dimensions []string
			for _, d := range p.Dimensions {
				dimensions = append(dimensions, round(d.Score, 2))
			}
			if got := round(p.Overall.Score, 6); got != c.want || round(p.Overall.Raw, 6) != c.want {
				t.Errorf("overall %s, want %s", got, c.want)
			}
			if got := strings.Join(dimensions, " "); got != c.dimensions {
				t.Errorf("dimensions %s, want %s", got, c.dimensions)
			}
			band := ""
			if p.Overall.Band != nil {
				band = p.Overall.Band.Label["en"]
			}
			if band != c.band {
				t.Errorf("band %q, want %q", band, c.band)
			}
			if p.Respondents != int64(len(c.respondents)) {
				t.Errorf("%d respondents, want %d", p.Respondents, len(c.respondents))
			}
		})
	}
}

func round(r *big.Rat, places int) string {
	if r == nil {
		return "-"
	}
	return Round(r, places)
}

func TestItems(t *testing.T) {
	s := parse(t, false)
	p := NewReport(s, released(s,
		"a=best likely=10 uses=x,y spent=1.5", "a=none likely=6 uses=x spent=-4", "a=worst uses=x", "said=hello")).Periods[0]
	want := map[string]string{ // n, scored, mean, counts with shares
		"tier":   "0 0 - gold 0 - tin 0 -",
		"a":      "3 2 3.000 best 1 0.333 good 0 0.000 fair 0 0.000 poor 0 0.000 worst 1 0.333 none 1 0.333",
		"b":      "0 0 - best 0 - good 0 - fair 0 - poor 0 - worst 0 - none 0 -",
		"uses":   "3 0 - x 3 1.000 y 1 0.333",
		"spent":  "2 2 -1.750", // (1.5 - 5)/2, the middles of 1 to 2 and of -10 to 0
		"likely": "2",
	}
	names := ""
	for _, item := range p.Items {
		names += item.Field.Name + " "
		parts := []string{big.NewInt(item.N).String(), big.NewInt(item.Scored).String(), round(item.Mean, 3)}
		for _, c := range item.Counts {
			parts = append(parts, c.Option.ID, big.NewInt(c.N).String(), round(c.Ratio(), 3))
		}
		if got := strings.Join(parts, " "); !strings.HasPrefix(got, want[item.Field.Name]) {
			t.Errorf("%s: got %s, want %s", item.Field.Name, got, want[item.Field.Name])
		}
	}
	if names != "tier a b c d out likely uses spent " {
		t.Errorf("items are %s", names)
	}
}

func TestRevisionSumsPeriods(t *testing.T) {
	s := parse(t, false)
	if report := NewReport(s, nil); report.Revision != 0 || len(report.Periods) != 0 || report.Survey != s {
		t.Errorf("of nothing: %+v", report)
	}
	r := released(s, "a=best")
	report := NewReport(s, []*release.Release{r[0], r[0]})
	if report.Revision != 6 || len(report.Periods) != 2 {
		t.Errorf("%+v", report)
	}
	if p := report.Periods[1]; p.Name != "all" || p.Release != 3 || p.Date != "2026-11-22" || p.MinGroup != 5 {
		t.Errorf("%+v", p)
	}
}

func TestRound(t *testing.T) {
	for _, c := range []struct {
		a, b   int64
		places int
		want   string
	}{
		{12345, 1000, 2, "12.35"}, {12345, -1000, 2, "-12.35"}, {1, 2, 0, "1"}, {-1, 2, 0, "-1"}, {1, 3, 3, "0.333"}, {2, 3, 3, "0.667"},
		{-1, 1000, 2, "0.00"}, {-4, 10, 0, "0"}, {0, 1, 1, "0.0"}, {100, 1, 1, "100.0"}, {9999, 100, 1, "100.0"}, {-5, 1000, 2, "-0.01"},
	} {
		if got := Round(big.NewRat(c.a, c.b), c.places); got != c.want {
			t.Errorf("%d/%d to %d places: got %s, want %s", c.a, c.b, c.places, got, c.want)
		}
	}
}

// TestRoundInt64 checks that roundInt64 prints the same as Round.
func TestRoundInt64(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, d := rapid.Int64().Draw(t, "n"), rapid.OneOf(rapid.Int64Range(1, 10_000), rapid.Int64Min(1)).Draw(t, "d")
		r, places := big.NewRat(n, d), rapid.IntRange(0, 9).Draw(t, "places")
		text, ok := roundInt64(r, places)
		if whole := new(big.Int).Quo(r.Num(), r.Denom()); !ok && whole.BitLen() < 30 {
			t.Fatalf("%v to %d places takes the long way", r, places)
		}
		if want := r.FloatString(places); ok && text != want {
			t.Fatalf("%v to %d places: got %s, want %s", r, places, text, want)
		}
	})
}
