package stats

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
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
		folded := tally.New()
		for at := range n {
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
				band := 10 * math.Floor(spent/10)
				values["spent"] = append(values["spent"], (band+min(79, band+10))/2) // as if each were in the middle of its band
				given["band "+fmt.Sprint(band)]++
			}
			if !math.IsNaN(x) && !math.IsNaN(y) {
				px, pxy = append(px, x), append(pxy, y)
			}
			if !math.IsNaN(v) && !math.IsNaN(y) {
				pv, pvy = append(pv, v), append(pvy, y)
			}
			folded.Fold(s, fmt.Sprintf("%06d", at+1), "2026-11-21", response)
		}
		rel := unsuppressed(s, "all", folded)
		p := NewReport(s, []*release.Release{rel}).Periods[0]
		if population > 0 && int64(n) > population {
			population = noInterval
		}

		for _, name := range []string{"x", "v", "y", "likely", "spent"} {
			item, all := p.Item(name), values[name]
			if item.N != given[name] || item.Scored != int64(len(all)) {
				t.Fatalf("%s: %d answers, %d scored, want %d and %d", name, item.N, item.Scored, given[name], len(all))
			}
			checkMean(t, name, item.Mean, item.SD, item.Interval, all, ends[name], population)
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
			checkMean(t, "nps", nps.Score, math.NaN(), nps.Interval, values["nps"], [2]float64{-100, 100}, population)
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
			checkMean(t, "x of "+c.Option.ID, c.Item.Mean, c.Item.SD, c.Item.Interval, byTier[c.Option.ID], ends["x"], 0)
		}
		for name, pair := range map[string][2][]float64{"x": {px, pxy}, "v": {pv, pvy}} {
			var m *tally.Moments
			for _, rows := range rel.Rows {
				m = rows.Pairs[name]
			}
			if r, ok := correlation(m); ok {
				if want := stat.Correlation(pair[0], pair[1], nil); math.Abs(r-want) > 0.005+1e-9 {
					t.Fatalf("correlation of %s: %g, want %g", name, r, want)
				}
			} else if len(pair[0]) >= 30 && stat.Variance(pair[0], nil) > 0 && stat.Variance(pair[1], nil) > 0 {
				t.Fatalf("%s has no correlation", name)
			}
		}
	})
}

// ends are those of the scales.
var ends = map[string][2]float64{"x": {1, 7}, "v": {1, 10}, "y": {1, 5}, "likely": {0, 10}, "spent": {-20, 79}}

func checkMean(t *rapid.T, name string, mean *big.Rat, sd float64, interval *Interval, values []float64, ends [2]float64, population int64) {
	if len(values) == 0 {
		if mean != nil {
			t.Fatalf("%s: a mean of nothing", name)
		}
		return
	}
	m, variance := stat.MeanVariance(values, nil)
	near(t, name+": mean", float(mean), m)
	n := float64(len(values))
	if len(values) == 1 || population < 0 {
		if interval != nil {
			t.Fatalf("%s: an interval of one, or of more than there are", name)
		}
		return
	}
	if !math.IsNaN(sd) {
		near(t, name+": sd", sd, math.Sqrt(variance))
	}
	// The interval ends where a true mean would lie just t of its own standard errors from the one observed, if the spread
	// relates to that of a share with this mean as it does with four more answers, half of them at each end.
	width := ends[1] - ends[0]
	at, squares := (m-ends[0])/width, variance*(n-1)/width/width
	imagined := (n*at + 2) / (n + 4)
	ratio := (squares + 4*imagined*(1-imagined)) / (n*at*(1-at) + 4*imagined*(1-imagined)) * n / (n - 1)
	rest, least, most := 1.0, 0.0, 1.0
	if population > 0 {
		asked := n / float64(population)
		rest, least, most = 1-asked, at*asked, at*asked+1-asked
	}
	q := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.975)
	end := func(outside float64) float64 {
		inside := at
		for range 100 {
			x := (inside + outside) / 2
			if math.Abs(at-x) <= q*math.Sqrt(ratio*x*(1-x)/n*rest) {
				inside = x
			} else {
				outside = x
			}
		}
		return ends[0] + width*min(most, max(least, inside))
	}
	near(t, name+": low", interval.Low, end(0))
	near(t, name+": high", interval.High, end(1))
}

func checkShare(t *rapid.T, name string, s Share, count, of, population int64) {
	if s.N != count || (s.Ratio() == nil) != (of == 0) || (s.Interval() == nil) != (of == 0 || population < 0) {
		t.Fatalf("%s: %+v, want %d of %d", name, s, count, of)
	}
	if of == 0 {
		return
	}
	if s.Ratio().Cmp(big.NewRat(count, of)) != 0 {
		t.Fatalf("%s: share %v", name, s.Ratio())
	}
	if population < 0 {
		return
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
	least, most := 0.0, 1.0
	if population > 0 {
		least, most = float64(count)/float64(population), float64(count+population-of)/float64(population)
	}
	near(t, name+": low", s.Interval().Low, max(least, end(observed, 0)))
	near(t, name+": high", s.Interval().High, min(most, end(observed, 1)))
}

func near(t *rapid.T, name string, got, want float64) {
	if math.IsNaN(got) || math.Abs(got-want) > 1e-6*max(1, math.Abs(want)) {
		t.Fatalf("%s: got %.9g, want %.9g", name, got, want)
	}
}

// TestIntervalOfTheIndex: p has 10, 10, 6, with the deviation √(16/3); q has 8, 8. Weights are 1.5 and 2, divisors 10. If both
// move together, one respondent deviates by 1.5·√(16/3)·100/35 = 9.8974, as 3 answers of p do. The index is 100·29/35 = 82.8571.
// shrunk = (3·0.828571+2)/7 = 0.640816, prior = 0.640816·0.359184 = 0.230171,
// ratio = (0.019592+0.230171)/(3·0.142041+0.230171)·3/2 = 0.570850; t with 2 degrees 4.30265: zz = 3.522677.
// middle = (0.828571+1.761338)/4.522677 = 0.572650, half = √(3.522677·0.142041+3.102313)/4.522677 = 0.419680.
func TestIntervalOfTheIndex(t *testing.T) {
	s := gradedSurvey(t, "model: percent_of_max", "")
	o := NewReport(s, released(s, "p=a q=b", "p=a q=b", "p=c")).Periods[0].Overall
	if o.Interval == nil || math.Abs(o.Interval.Low-15.2971) > 1e-3 || math.Abs(o.Interval.High-99.2329) > 1e-3 || o.Method != MethodBound {
		t.Errorf("%v, %s", o.Interval, o.Method)
	}
	if o := NewReport(s, released(s, "p=a q=b", "p=a", "p=c")).Periods[0].Overall; o.Interval != nil || o.Method != "" {
		t.Errorf("one answer to q: %v", o.Interval)
	}
}

func periods(s *survey.Survey, name string, respondents ...string) *release.Release {
	r := released(s, respondents...)[0]
	r.Period = name
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
	if got := NewReport(now, []*release.Release{{Period: "2020", Form: []byte(`{"broken`), Parts: map[string]*release.Part{
		"a": {Form: []byte("{"), Cohorts: map[string]*tally.Counters{"": {Respondents: 7}}}}}}); len(got.Periods) != 1 ||
		got.Periods[0].Respondents != 7 || !slices.Equal(got.Periods[0].Problems, []Problem{{Kind: UnknownForm, N: 7}}) {
		t.Errorf("%+v", got)
	}
}

func TestRankedFunnelAndChannels(t *testing.T) {
	s := parseText(t, strings.Replace(counted, "AUDIENCE", "audience: {issued: 8}", 1))
	r := released(s, "x=a v=5 channel=web", "v=5 channel=web", "y=3")[0] // performance 100, 50, 60 %
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

// TestDrivers: x correlates with y perfectly, v inversely. Performance: x (7+1)/2/7 = 4/7, v (1+10)/2/10 = 0.55: their
// intervals hold the mean.
func TestDrivers(t *testing.T) {
	s := parseText(t, strings.Replace(counted, "AUDIENCE", "", 1))
	var respondents []string
	for range 15 {
		respondents = append(respondents, "x=a v=1 y=5", "x=e v=10 y=1")
	}
	_, d := NewReport(s, released(s, respondents...)).Periods[0].Drivers()
	if d == nil || len(d.Items) != 2 || d.Importance != 0 || math.Abs(d.Performance-(4./7+.55)/2) > 1e-12 {
		t.Fatalf("%+v", d)
	}
	for i, want := range []float64{1, -1} {
		if got := d.Items[i]; got.Importance != want || got.Quadrant != Undecided || got.N != 30 {
			t.Errorf("%+v, want %f", got, want)
		}
	}
	if _, d := NewReport(s, released(s, respondents[:29]...)).Periods[0].Drivers(); d != nil {
		t.Error("importance from 29 pairs")
	}
}

// TestQuadrants: an item is in a quadrant only where both of its intervals are on one side of the mean, and important only if its
// correlation can be told from 0.
func TestQuadrants(t *testing.T) {
	wide, narrow := 0.3, 0.05
	item := func(importance, performance, margin float64, derived bool) Driver {
		return Driver{Importance: importance, Performance: performance, derived: derived,
			ImportanceInterval: &Interval{importance - margin, importance + margin}, PerformanceInterval: &Interval{performance - margin, performance + margin}}
	}
	for _, c := range []struct {
		name  string
		items []Driver
		want  []Quadrant
	}{
		{"all four", []Driver{item(0.9, 0.2, narrow, true), item(0.9, 0.8, narrow, true), item(0.3, 0.2, narrow, true), item(0.3, 0.8, narrow, true)},
			[]Quadrant{Improve, Keep, Low, Surplus}},
		{"wide intervals", []Driver{item(0.7, 0.4, wide, false), item(0.5, 0.6, wide, false)}, []Quadrant{Undecided, Undecided}},
		{"no interval", []Driver{{Importance: 1}, item(0, 1, narrow, false)}, []Quadrant{Undecided, Surplus}},
		{"near 0", []Driver{item(0.04, 0.2, narrow, true), item(-0.5, 0.8, narrow, true)}, []Quadrant{Undecided, Surplus}},
		{"near 0, and stated", []Driver{item(0.04, 0.2, narrow, false), item(-0.5, 0.8, narrow, false)}, []Quadrant{Improve, Surplus}},
		{"one", []Driver{item(1, 1, narrow, true)}, nil},
	} {
		d := (&Drivers{Items: c.items}).quadrants()
		var got []Quadrant
		if d != nil {
			for _, x := range d.Items {
				got = append(got, x.Quadrant)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0, 1, "[0 0.2 0.4 0.6 0.8 1]"}, {0.31, 0.52, "[0.3 0.35 0.4 0.45 0.5 0.55]"}, {-0.2, 0.7, "[-0.2 0 0.2 0.4 0.6 0.8]"},
		{0.5, 0.5, "[0.45 0.5 0.55]"}, {0, 100, "[0 20 40 60 80 100]"},
	} {
		if got := fmt.Sprint(Ticks(c.low, c.high, 5)); got != c.want {
			t.Errorf("%g to %g: %s", c.low, c.high, got)
		}
	}
}

// TestNumbers: exact where each value has its own band, else from the middle of bands, and no mean if a band without an end has
// answers.
func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		name, question string
		answers        []string
		mean           string
		midpoints      bool
		bins           string
	}{
		{"exact", "min: 0, max: 5, step: 1", []string{"0", "5", "5"}, "10/3", false, "0=1 1=0 2=0 3=0 4=0 5=2"},
		{"exact, in many bins", "min: 0, max: 100, step: 1", []string{"0", "9", "10", "99", "100"}, "218/5", false, "0-9=2 10-19=1 20-29=0 30-39=0 40-49=0 50-59=0 60-69=0 70-79=0 80-89=0 90-99=1 100=1"},
		{"exact, below 0", "min: -15, max: 15, step: 1", []string{"-15", "-11", "-10", "-1", "0", "15"}, "-11/3", false, "-15--11=2 -10--6=1 -5--1=1 0-4=1 5-9=0 10-14=0 15=1"},
		// 0 to 9 is the first band in steps of 1: its middle is 4.5; the last, from 1000, has its end
		{"declared", "min: 0, max: 2000, step: 1, bands: [10, 1000]", []string{"0", "9", "1000", "2000"}, "3009/4", true, "0-10=2 10-1000=0 1000-2000=2"},
		{"without an end", "step: 1", []string{"3", "4"}, "3", true, "2-5=2"}, // 2 to 4
		{"beyond the last band", "step: 1", []string{"3", "2000000"}, "-", false, "2-10=1 10-50=0 50-200=0 200-1000=0"},
		{"nobody", "min: 0, max: 2, step: 1", nil, "-", false, "0=0 1=0 2=0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := parseText(t, "title: Numbers\nlanguages: [en]\ntimezone: UTC\nsections:\n  - id: all\n    title: All\n    questions:\n      - {id: n, type: number, label: N, "+c.question+"}\n")
			var respondents []string
			for _, a := range c.answers {
				respondents = append(respondents, "n="+a)
			}
			item := NewReport(s, released(s, respondents...)).Periods[0].Item("n")
			var bins []string
			for _, b := range item.Histogram {
				text := b.From.String() + "-" + b.To.String()
				if b.Exact {
					text = b.From.String()
				}
				bins = append(bins, fmt.Sprintf("%s=%d", text, b.N))
			}
			got := strings.Join(bins, " ")
			if c.name == "beyond the last band" {
				got = strings.Join(bins[:4], " ")
			}
			if exact(item.Mean) != c.mean || item.Midpoints != c.midpoints || got != c.bins || len(item.Histogram) > 11 {
				t.Errorf("mean %s (%t), %s\nwant %s (%t), %s", exact(item.Mean), item.Midpoints, got, c.mean, c.midpoints, c.bins)
			}
		})
	}
}
