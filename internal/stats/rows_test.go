package stats

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

const paired = `
title: Paired
languages: [en]
timezone: UTC
AUDIENCE
sections:
  - id: all
    title: All
    questions:
      - {id: place, type: single_choice, label: Place, segment: true, options: [{id: north, label: North}, {id: south, label: South}]}
      - {id: one, type: rating, steps: 5, label: One, dimension: d}
      - {id: two, type: rating, steps: 5, label: Two, dimension: d}
scoring: {SCORING, dimensions: [{id: d, label: D}]}
results: {min_group: 1}
`

func pairedSurvey(t testing.TB, scoring, audience string) *survey.Survey {
	t.Helper()
	return parseText(t, strings.NewReplacer("SCORING", scoring, "AUDIENCE", audience).Replace(paired))
}

// mixed are 32 respondents: 12 all best, 12 all worst, 8 of each one of the two.
func mixed() []string {
	var all []string
	for text, n := range map[string]int{"one=5 two=5": 12, "one=1 two=1": 12, "one=5 two=1": 4, "one=1 two=5": 4} {
		all = append(all, times(n, text)...)
	}
	return all
}

// TestRowsByHand: each item has the variance 4, and the two the covariance (24·4 - 8·4)/32 = 2, so their sum has 12: alpha is
// 2·(1 - 8/12) = 0.67, and the correlation 2/4. Respondents' own indexes are 100, 20 and 60; their squared differences from 60
// add to 24·1600 = 38400. On 20 to 100 these are 6, and the mean 1/2:
// ratio = (6 + 0.25)/(32/4 + 0.25)·32/31 = 0.782014; t with 31 degrees 2.0395134: zz = 4.159615·0.782014/32 = 0.101653;
// half = √(0.101653/4 + 0.101653²/4)/1.101653 = 0.151883, which is 12.1506 of 80.
func TestRowsByHand(t *testing.T) {
	s := pairedSurvey(t, "model: percent_of_max, overall: two", "")
	p := NewReport(s, released(s, mixed()...)).Periods[0]
	for _, a := range []*Alpha{p.Overall.Alpha, p.Dimensions[0].Alpha} {
		if a == nil || *a != (Alpha{0.67, 2, 32}) {
			t.Errorf("alpha %+v", a)
		}
	}
	o := p.Overall
	if o.Method != MethodRows || o.Rows != 32 || math.Abs(o.RawInterval.Low-47.8494) > 1e-3 || math.Abs(o.RawInterval.High-72.1506) > 1e-3 {
		t.Errorf("%v by %s of %d", o.RawInterval, o.Method, o.Rows)
	}
	if widest := p.Dimensions[0].Interval; widest.halfWidth() <= o.Interval.halfWidth() {
		t.Errorf("%v is not wider", widest)
	}
	if r, ok := correlation(p.rows("").Pairs["one"]); !ok || r != 0.5 {
		t.Errorf("r = %f", r)
	}
	// tanh(0.549306 ± 1.959964/√29)
	if i := fisher(0.5, 32); math.Abs(i.Low-0.1833) > 1e-4 || math.Abs(i.High-0.7227) > 1e-4 {
		t.Errorf("%v", i)
	}
	if i := fisher(1, 30); i.High > 1 || i.Low > 0.995 {
		t.Errorf("what is rounded to 1: %v", i)
	}
	if p := NewReport(s, released(s, mixed()[:29]...)).Periods[0]; p.Overall.Alpha != nil || p.Overall.Method != MethodBound || p.Overall.Rows != 0 {
		t.Errorf("29 rows: %+v", p.Overall)
	}
	// If an item of the rows is hidden today, none of them is shown.
	hidden := parseText(t, strings.NewReplacer("SCORING", "model: percent_of_max", "AUDIENCE", "", "label: One,", "label: One, publish: false,").Replace(paired))
	if p := NewReport(hidden, released(s, mixed()...)).Periods[0]; p.Overall.Alpha != nil || p.Overall.Method != MethodBound || p.Item("one") != nil {
		t.Errorf("%+v", p.Overall)
	}
}

func TestAlphaOfWhatDoesNotVary(t *testing.T) {
	for name, s := range map[string]*tally.Scale{
		"none": nil, "few": {N: 29, Total: 1, TotalSquares: 1, Sums: []int64{1, 0}, Squares: []int64{1, 0}},
		"constant": {N: 30, Total: 60, TotalSquares: 120, Sums: []int64{30, 30}, Squares: []int64{30, 30}},
		"damaged":  {N: 30, Total: 60, TotalSquares: 500, Sums: []int64{30, 30}, Squares: []int64{30}}, "one": {N: 30, Total: 60, TotalSquares: 500, Sums: []int64{30}, Squares: []int64{30}},
	} {
		if a := alpha(s); a != nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

// TestEarlyLate: 40 rows with the mean 80 and the deviation 10, then 20 and 30 with 60: the halves are nearest after the first.
func TestEarlyLate(t *testing.T) {
	s := pairedSurvey(t, "model: percent_of_max", "")
	r := released(s, mixed()...)[0]
	signature := tally.RowSignature(s)
	step := func(date string, n, mean int64) release.Step { // half 10 above the mean, half 10 below
		return release.Step{Date: date, Rows: n, Index: n * mean * 1000, Squares: n * (mean*mean + 100) * 1_000_000, Signature: signature}
	}
	r.Steps = []release.Step{step("2026-01-01", 40, 80), {Date: "2026-01-02", Rows: 500, Index: 5, Signature: "other"}, step("2026-01-03", 20, 60), step("2026-01-04", 30, 60)}
	e := NewReport(s, []*release.Release{r}).Periods[0].EarlyLate
	if e == nil || e.Early.N != 40 || e.Late.N != 50 || exact(e.Early.Mean) != "80" || exact(e.Late.Mean) != "60" || e.Late.Since != "2026-01-03" || e.Late.Until != "2026-01-04" {
		t.Fatalf("%+v", e)
	}
	if e.Test.Result != LowerThan || e.Test.Difference != -20 || e.Test.Size != Large || math.Abs(e.Test.Effect+2) > 0.05 {
		t.Errorf("%+v", e.Test)
	}
	r.Steps = r.Steps[:3]
	if e := NewReport(s, []*release.Release{r}).Periods[0].EarlyLate; e != nil {
		t.Errorf("of 20 late ones: %+v", e)
	}
}

// TestUnitsInterval: north has 100, 20, 60, 60 …, as in TestRowsByHand; each unit has rows of its own.
func TestUnitsInterval(t *testing.T) {
	s := pairedSurvey(t, "model: mean_of_units, unit: place", "")
	var all []string
	for _, text := range mixed() {
		all = append(all, "place=north "+text, "place=south "+text)
	}
	o := NewReport(s, released(s, all...)).Periods[0].Overall
	if o.Method != MethodUnits || len(o.Units) != 2 || o.Units[0].Method != MethodRows || exact(o.Raw) != "60" {
		t.Fatalf("%+v", o)
	}
	// two independent intervals of ±12.1506: √(2·12.1506²)/2
	if want := 12.1506 / math.Sqrt2; math.Abs(o.Interval.Low-(60-want)) > 1e-3 || math.Abs(o.Interval.High-(60+want)) > 1e-3 {
		t.Errorf("%v", o.Interval)
	}
	if o := NewReport(s, released(s, append(all, "place=south")...)).Periods[0].Overall; o.Interval == nil {
		t.Error("one without answers")
	}
	if o := NewReport(s, released(s, "place=north one=5 two=5", "place=south one=5 two=5", "place=south one=4 two=4")).Periods[0].Overall; o.Interval != nil || exact(o.Raw) != "95" {
		t.Errorf("a unit of one: %+v", o)
	}
}

// TestSentencesThatAreTrue: intervals claim no certainty that there is not.
func TestSentencesThatAreTrue(t *testing.T) {
	s := pairedSurvey(t, "model: percent_of_max, bands: [{from: 80, label: High}, {from: 0, label: Low}], target: 90", "")
	o := NewReport(s, released(s, times(5, "one=5 two=5")...)).Periods[0].Overall
	if o.Interval == nil || o.Interval.Low > 80 || o.Interval.High != 100 {
		t.Errorf("five times the best: %v", o.Interval)
	}
	// 12 of 14 are best, 2 next best: (12·5 + 2·4)/14/5 = 97.14
	rule := pairedSurvey(t, "model: percent_of_max, response_rate_rule: {floor: 50, per: 5, deduct: 1}", "audience: {issued: 100}")
	o = NewReport(rule, released(rule, append(times(12, "one=5 two=5"), times(2, "one=4 two=4")...)...)).Periods[0].Overall
	if exact(o.Deducted) != "7" || math.Abs(o.RawInterval.Low-o.Interval.Low-7) > 1e-9 || math.Abs(o.RawInterval.High-o.Interval.High-7) > 1e-9 || o.RawInterval.High > 100 {
		t.Errorf("raw %v, less the deduction %v", o.RawInterval, o.Interval)
	}
	for _, c := range []struct {
		population, n int
		problem       bool
		width         bool
		method        Method
	}{{10, 10, false, false, MethodAll}, {11, 10, false, true, MethodBound}, {9, 10, true, false, ""}} {
		s := pairedSurvey(t, "model: percent_of_max", fmt.Sprintf("audience: {population: %d}", c.population))
		p := NewReport(s, released(s, append(times(c.n-1, "one=5 two=5"), "one=3 two=1")...)).Periods[0]
		one := p.Item("one")
		if (len(p.Problems) > 0) != c.problem || p.Overall.Method != c.method || (p.Overall.Interval == nil) != c.problem || (one.Interval == nil) != c.problem || (one.Counts[4].Interval() == nil) != c.problem {
			t.Errorf("%d of %d: %v %+v", c.n, c.population, p.Problems, p.Overall)
			continue
		}
		if c.problem {
			if p.Problems[0] != (Problem{Kind: MoreThanPopulation, N: 10, Of: 9}) {
				t.Errorf("%+v", p.Problems)
			}
			continue
		}
		if wide := p.Overall.Interval.halfWidth() > 1e-9 && one.Interval.halfWidth() > 1e-9 && one.Counts[4].Interval().halfWidth() > 1e-9; wide != c.width {
			t.Errorf("%d of %d: %v %v", c.n, c.population, p.Overall.Interval, one.Interval)
		}
	}
	// With more answers than the population, an item that fewer have answered has no interval either.
	more := pairedSurvey(t, "model: percent_of_max", "audience: {population: 5}")
	if two := NewReport(more, released(more, append(times(4, "one=5 two=5"), times(3, "one=3")...)...)).Periods[0].Item("two"); two.Interval != nil || two.Counts[4].Interval() != nil {
		t.Errorf("%+v", two)
	}
	// Everybody of ten has answered, but one of them not everything.
	census := pairedSurvey(t, "model: percent_of_max", "audience: {population: 10}")
	if o := NewReport(census, released(census, append(times(9, "one=5 two=5"), "one=3")...)).Periods[0].Overall; o.Method == MethodAll || o.Interval.halfWidth() < 1e-9 {
		t.Errorf("%+v", o)
	}
}

func TestPlaces(t *testing.T) {
	s := pairedSurvey(t, "model: percent_of_max, bands: [{from: 80, label: High}, {from: 0, label: Low}], target: 90", "")
	for _, c := range []struct{ a, b, places, want int64 }{
		{7996, 100, 1, 2}, {79999, 1000, 1, 3}, {80, 1, 1, 1}, {8004, 100, 1, 1}, {8996, 100, 1, 2}, {8994, 100, 1, 1}, {7995, 100, 1, 2}, {7994, 100, 1, 1}, {799999999999, 10000000000, 1, 9},
	} {
		o := Overall{Raw: big.NewRat(c.a, c.b)}
		o.publish(s, nil)
		if got := o.Places(int(c.places)); got != int(c.want) {
			t.Errorf("%d/%d: %d places, want %d", c.a, c.b, got, c.want)
		}
	}
}
