package stats

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

const counted = `
title: Counted
languages: [en]
timezone: UTC
channels: [web, sms]
AUDIENCE
scales:
  odd: # in no order, and one step is best twice
    - {id: c, label: C, score: 2.5}
    - {id: a, label: A, score: 7}
    - {id: none, label: None}
    - {id: e, label: E, score: 1}
    - {id: b, label: B, score: 4}
    - {id: a2, label: A too, score: 7}
sections:
  - id: all
    title: All
    questions:
      - {id: tier, type: single_choice, label: Tier, segment: true, options: [{id: gold, label: Gold}, {id: tin, label: Tin}]}
      - {id: x, type: rating, scale: odd, label: X}
      - {id: v, type: rating, steps: 10, label: V}
      - {id: y, type: rating, steps: 5, label: Y}
      - {id: likely, type: nps, label: Likely}
      - {id: spent, type: number, label: Spent, min: -20, max: 79}
scoring: {overall: y}
results: {min_group: 1, crosstabs: [{rows: x, by: tier}, {rows: spent, by: tier}]}
`

func parseText(t testing.TB, source string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("counted.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// TestAgainstGonum computes everything again from the answers themselves: with gonum's means, variances, correlations and
// Student's t, and with Wilson's interval as the roots of its defining equation, found by bisection.
func TestAgainstGonum(t *testing.T) {
	scores := map[string]float64{"a": 7, "a2": 7, "b": 4, "c": 2.5, "e": 1}
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		n := rapid.IntRange(0, 120).Draw(t, "n")
		population := int64(rapid.SampledFrom([]int{0, 1, 60, 100, 5000}).Draw(t, "population"))
		audience := ""
		if population > 0 {
			audience = fmt.Sprintf("audience: {population: %d}", population)
		}
		s, problems := questionnaire.Parse("counted.yaml", []byte(strings.Replace(counted, "AUDIENCE", audience, 1)))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		values := map[string][]float64{}
		given := map[string]int64{}
		var px, pv, pxy, pvy []float64
		byTier := map[string][]float64{}
		folded := tally.New(s)
		for range n {
			var response answer.Response
			say := func(name, value string) {
				response.Answers = append(response.Answers, answer.Answer{name, value})
				given[name]++
				given[name+"="+value]++
			}
			tier := []string{"gold", "tin", ""}[r.IntN(3)]
			if tier != "" {
				say("tier", tier)
			}
			x, v, y := math.NaN(), math.NaN(), math.NaN()
			if r.IntN(5) > 0 {
				o := []string{"a", "a2", "b", "c", "e", "none"}[r.IntN(6)]
				say("x", o)
				if score, ok := scores[o]; ok {
					x = score
					values["x"] = append(values["x"], x)
					byTier[tier] = append(byTier[tier], x)
				}
			}
			if r.IntN(5) > 0 {
				v = float64(1 + r.IntN(10))
				say("v", fmt.Sprint(v))
				values["v"] = append(values["v"], v)
			}
			if r.IntN(5) > 0 {
				y = float64(1 + r.IntN(5))
				if v > 7 { // so that the two go together
					y = 5
				}
				say("y", fmt.Sprint(y))
				values["y"] = append(values["y"], y)
			}
			if r.IntN(5) > 0 {
				l := r.IntN(11)
				say("likely", fmt.Sprint(l))
				values["likely"] = append(values["likely"], float64(l))
				values["nps"] = append(values["nps"], map[bool]float64{true: 100}[l >= 9]-map[bool]float64{true: 100}[l <= 6])
			}
			if r.IntN(5) > 0 {
				spent := float64(r.IntN(99_001)-20_000) / 1000
				say("spent", survey.Decimal(math.Round(spent*1000)).String())
				values["spent"] = append(values["spent"], spent)
				given["band "+fmt.Sprint(10*math.Floor(spent/10))]++
			}
			if !math.IsNaN(x) && !math.IsNaN(y) {
				px, pxy = append(px, x), append(pxy, y)
			}
			if !math.IsNaN(v) && !math.IsNaN(y) {
				pv, pvy = append(pv, v), append(pvy, y)
			}
			folded.Fold(s, response)
		}
		total := folded.Total()
		rel := &release.Release{Period: "all", Number: 1, Cohorts: folded.Cohorts, Form: s.Form(), Segments: []string{"tier=gold,tin"}, CrossTabs: s.Results.CrossTabs, Pairs: map[string]*tally.Moments{}}
		for name, item := range total.Items {
			rel.Pairs[name] = item.Moments
		}
		p := NewReport(s, []*release.Release{rel}).Periods[0]

		for _, name := range []string{"x", "v", "y", "likely", "spent"} {
			item, all := p.Item(name), values[name]
			if item.N != given[name] || item.Scored != int64(len(all)) {
				t.Fatalf("%s: %d answers, %d scored, want %d and %d", name, item.N, item.Scored, given[name], len(all))
			}
			checkMean(t, name, item.Mean, item.SD, item.Interval, all, population)
			for _, c := range item.Counts {
				checkShare(t, name+"="+c.Option.ID, c.Share, given[name+"="+c.Option.ID], given[name], population)
			}
		}
		of := int64(len(values["x"]))
		x := p.Item("x")
		checkShare(t, "top", x.Top, given["x=a"]+given["x=a2"], of, population)
		checkShare(t, "top two", x.TopTwo, given["x=a"]+given["x=a2"]+given["x=b"], of, population)
		checkShare(t, "low", x.Low, given["x=e"]+given["x=c"], of, population) // the middle of 1 and 7 is 4
		if nps := p.Item("likely").NPS; nps != nil {
			checkMean(t, "nps", nps.Score, math.NaN(), nps.Interval, values["nps"], population)
			of := int64(len(values["nps"]))
			checkShare(t, "promoters", nps.Promoters, given["likely=9"]+given["likely=10"], of, population)
			checkShare(t, "passives", nps.Passives, given["likely=7"]+given["likely=8"], of, population)
			checkShare(t, "detractors", nps.Detractors, of-nps.Promoters.N-nps.Passives.N, of, population)
		} else if len(values["nps"]) > 0 {
			t.Fatal("no nps")
		}
		inBands := int64(0)
		for _, b := range p.Item("spent").Histogram {
			checkShare(t, "band "+b.From.String(), b.Share, given["band "+b.From.String()], given["spent"], population)
			inBands += b.N
		}
		if inBands != given["spent"] {
			t.Fatalf("%d of %d are in a band", inBands, given["spent"])
		}
		for _, c := range p.CrossTabs()[0].Cells {
			checkMean(t, "x of "+c.Option.ID, c.Item.Mean, c.Item.SD, c.Item.Interval, byTier[c.Option.ID], 0)
		}
		for name, pair := range map[string][2][]float64{"x": {px, pxy}, "v": {pv, pvy}} {
			if r, ok := correlation(momentsOf(total, name)); ok {
				if want := stat.Correlation(pair[0], pair[1], nil); math.Abs(r-want) > 0.005+1e-9 {
					t.Fatalf("correlation of %s: %g, want %g", name, r, want)
				}
			} else if len(pair[0]) > 1 && stat.Variance(pair[0], nil) > 0 && stat.Variance(pair[1], nil) > 0 {
				t.Fatalf("%s has no correlation", name)
			}
		}
	})
}

func momentsOf(c *tally.Counters, name string) *tally.Moments {
	if item := c.Items[name]; item != nil && item.Moments != nil {
		return item.Moments
	}
	return &tally.Moments{}
}

func checkMean(t *rapid.T, name string, mean *big.Rat, sd float64, interval *Interval, values []float64, population int64) {
	if len(values) == 0 {
		if mean != nil {
			t.Fatalf("%s: a mean of nothing", name)
		}
		return
	}
	m, variance := stat.MeanVariance(values, nil)
	near(t, name+": mean", float(mean), m)
	n := float64(len(values))
	if len(values) == 1 {
		if interval != nil {
			t.Fatalf("%s: an interval of one", name)
		}
		return
	}
	if !math.IsNaN(sd) {
		near(t, name+": sd", sd, math.Sqrt(variance))
	}
	half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.975) * math.Sqrt(variance/n)
	if population > 0 {
		half *= math.Sqrt(max(0, float64(population)-n) / max(1, float64(population-1)))
	}
	near(t, name+": low", interval.Low, m-half)
	near(t, name+": high", interval.High, m+half)
}

func checkShare(t *rapid.T, name string, s Share, count, of, population int64) {
	if s.N != count || (s.Ratio() == nil) != (of == 0) || (s.Interval() == nil) != (of == 0) {
		t.Fatalf("%s: %+v, want %d of %d", name, s, count, of)
	}
	if of == 0 {
		return
	}
	if s.Ratio().Cmp(big.NewRat(count, of)) != 0 {
		t.Fatalf("%s: share %v", name, s.Ratio())
	}
	// The interval ends where a true share p would lie just z of its own standard errors from the one observed.
	observed, n := float64(count)/float64(of), float64(of)
	fpc := 1.0
	if population > 0 {
		fpc = max(0, float64(population)-n) / max(1, float64(population-1))
	}
	end := func(inside, outside float64) float64 {
		for range 100 {
			p := (inside + outside) / 2
			if math.Abs(observed-p) <= distuv.UnitNormal.Quantile(0.975)*math.Sqrt(p*(1-p)/n*fpc) {
				inside = p
			} else {
				outside = p
			}
		}
		return inside
	}
	near(t, name+": low", s.Interval().Low, end(observed, 0))
	near(t, name+": high", s.Interval().High, end(observed, 1))
}

func near(t *rapid.T, name string, got, want float64) {
	if math.IsNaN(got) || math.Abs(got-want) > 1e-6*max(1, math.Abs(want)) {
		t.Fatalf("%s: got %.9g, want %.9g", name, got, want)
	}
}

func TestQuantile(t *testing.T) {
	for _, v := range []int64{1, 2, 5, 29, 30, 31, 32, 50, 100, 1000, 100_000} {
		if got, want := quantile(v), (distuv.StudentsT{Sigma: 1, Nu: float64(v)}).Quantile(0.975); math.Abs(got-want) > 1e-6*want {
			t.Errorf("%d degrees: %.9g, want %.9g", v, got, want)
		}
	}
}

// TestIntervalOfTheIndex: p has 10, 10, 6: mean 26/3, sample variance 16/3, t with 2 degrees 4.30265:
// half = 4.30265·√(16/9) = 5.736871. q has 8, 8: no width. Weights 1.5 and 2: (1.5·5.736871)/(3.5·10)·100 = 24.5866.
func TestIntervalOfTheIndex(t *testing.T) {
	s := gradedSurvey(t, "model: percent_of_max", "")
	o := NewReport(s, released(s, "p=a q=b", "p=a q=b", "p=c")).Periods[0].Overall
	if at := float(o.Score); o.Interval == nil || math.Abs(o.Interval.Low-(at-24.5866)) > 1e-4 || o.Interval.High != 100 {
		t.Errorf("%v of %f", o.Interval, at)
	}
	if o := NewReport(s, released(s, "p=a q=b", "p=a", "p=c")).Periods[0].Overall; o.Interval != nil {
		t.Errorf("one answer to q: %v", o.Interval)
	}
}

func periods(s *survey.Survey, name string, respondents ...string) *release.Release {
	r := released(s, respondents...)[0]
	r.Period, r.Form = name, s.Form()
	return r
}

func TestTrend(t *testing.T) {
	source := strings.Replace(counted, "AUDIENCE", "period: year", 1)
	now := parseText(t, source)
	relabelled := parseText(t, strings.Replace(source, "label: X", "label: Once called so", 1))
	tens := parseText(t, strings.Replace(source, "rating, steps: 5, label: Y", "rating, steps: 10, label: Y", 1))
	weighed := parseText(t, strings.Replace(source, "steps: 10, label: V", "steps: 10, label: V, weight: 2", 1))
	report := NewReport(now, []*release.Release{
		periods(tens, "2021", "y=10 x=b", "y=5"), periods(tens, "2022", "y=9"), periods(relabelled, "2023", "y=5 x=a likely=10"),
		periods(now, "2024"), periods(now, "2025", "y=4 x=b likely=0"), periods(weighed, "2026", "y=4"),
	})
	want := map[string]string{
		// index: 2021 (4 + 7.5)/(7 + 10) = 11.5/17; 2022 9/10; 2023 5/5 and 7/7; 2025 (4 + 4)/(5 + 7) = 8/12; 2026 4/5
		"":       "67.65 - | 90.00 22.35 | 100.00 broken | - - | 66.67 -33.33 | 80.00 broken",
		"y":      "7.50 - | 9.00 1.50 | 5.00 broken | - - | 4.00 -1.00 | 4.00 0.00",
		"x":      "4.00 - | - - | 7.00 3.00 | - - | 4.00 -3.00 | - -",
		"likely": "- - | - - | 100.00 - | - - | -100.00 -200.00 | - -",
	}
	for _, line := range report.Trend {
		var points []string
		for _, p := range line.Points {
			text := round(p.Value, 2) + " " + round(p.Change(), 2)
			if p.Broken {
				text = round(p.Value, 2) + " broken"
			}
			points = append(points, text)
		}
		if w := want[line.Field.Name]; w != "" && strings.Join(points, " | ") != w {
			t.Errorf("%q: %s\nwant %s", line.Field.Name, strings.Join(points, " | "), w)
		}
		delete(want, line.Field.Name)
	}
	if len(want) > 0 {
		t.Errorf("no line for %v", want)
	}
	// A period has the texts of the current questionnaire.
	if got := report.Periods[2].Item("x").Field.Label()["en"]; got != "X" {
		t.Errorf("x is called %s", got)
	}
	if got := report.Periods[2].Item("x").Counts[1].Option.Label["en"]; got != "A" {
		t.Errorf("its option is called %s", got)
	}
	if got := NewReport(now, []*release.Release{{Period: "2020", Form: []byte(`{"broken`), Cohorts: map[string]*tally.Counters{}}}); len(got.Periods) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestRankedFunnelAndChannels(t *testing.T) {
	s := parseText(t, strings.Replace(counted, "AUDIENCE", "audience: {issued: 8}", 1))
	r := released(s, "x=a v=5", "v=5", "y=3")[0] // performance 100, 50, 60 %
	r.Cohorts[""].Items[tally.Channel] = &tally.Item{N: 2, Counts: tally.Counts{{Option: "web", N: 2}}}
	p := NewReport(s, []*release.Release{r}).Periods[0]
	var names []string
	for _, item := range p.Ranked() {
		names = append(names, item.Field.Name+" "+item.Performance().RatString())
	}
	if got := strings.Join(names, ", "); got != "x 100, y 60, v 50" {
		t.Errorf("ranked %s", got)
	}
	if got := fmt.Sprint(p.Funnel()); got != "[{issued 8} {completed 3}]" {
		t.Errorf("funnel %s", got)
	}
	if len(p.Channels) != 2 || p.Channels[0].Name != "web" || exact(p.Channels[0].Ratio()) != "1" || p.Channels[1].N != 0 {
		t.Errorf("channels %+v", p.Channels)
	}
}

// TestDrivers: x correlates with y perfectly, v inversely. Performance: x (7+1)/2/7 = 4/7, v (1+10)/2/10 = 0.55.
func TestDrivers(t *testing.T) {
	s := parseText(t, strings.Replace(counted, "AUDIENCE", "", 1))
	r := released(s, "x=a v=1 y=5", "x=e v=10 y=1")[0]
	r.Pairs = map[string]*tally.Moments{}
	for name, item := range r.Cohorts[""].Items {
		r.Pairs[name] = item.Moments
	}
	_, d := NewReport(s, []*release.Release{r}).Periods[0].Drivers()
	if d == nil || len(d.Items) != 2 || d.Importance != 0 || math.Abs(d.Performance-(4./7+.55)/2) > 1e-12 {
		t.Fatalf("%+v", d)
	}
	for i, want := range []Driver{{Importance: 1, N: 2, Quadrant: Keep}, {Importance: -1, N: 2, Quadrant: Low}} {
		if got := d.Items[i]; got.Importance != want.Importance || got.Quadrant != want.Quadrant || got.N != want.N {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	quadrants := (&Drivers{Items: []Driver{{Importance: 1, Performance: 0}, {Importance: 0, Performance: 1}}}).quadrants()
	if quadrants.Items[0].Quadrant != Improve || quadrants.Items[1].Quadrant != Surplus {
		t.Errorf("%+v", quadrants)
	}
	if _, d := NewReport(s, released(s, "x=a y=5")).Periods[0].Drivers(); d != nil {
		t.Error("importance without pairs")
	}
}
