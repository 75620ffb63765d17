package stats

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// graded is a questionnaire whose scales suit every model: r is written worst first, so that only scores can tell which
// end is good.
const graded = `
title: Graded
languages: [en]
timezone: UTC
AUDIENCE
scales:
  ten:
    - {id: a, label: A, score: 10}
    - {id: b, label: B, score: 8}
    - {id: c, label: C, score: 6}
    - {id: d, label: D, score: 3}
    - {id: e, label: E, score: 0}
    - {id: none, label: No opinion}
  reversed:
    - {id: always, label: Always late, score: 0}
    - {id: often, label: Often late, score: 4}
    - {id: never, label: Never late, score: 10}
sections:
  - id: all
    title: All
    questions:
      - {id: branch, type: single_choice, label: Branch, segment: true, options: [{id: x, label: X}, {id: y, label: Y}, {id: z, label: Z}]}
      - {id: p, type: rating, scale: ten, label: P, dimension: one}
      - {id: q, type: rating, scale: ten, label: Q, weight: 2, dimension: two}
      - {id: r, type: single_choice, scale: reversed, label: R}
      - {id: out, type: rating, steps: 10, label: Out, weight: 0}
scoring: {SCORING, dimensions: [{id: one, weight: 1.5}, {id: two}]}
`

func gradedSurvey(t testing.TB, scoring, audience string) *survey.Survey {
	t.Helper()
	source := strings.NewReplacer("SCORING", scoring, "AUDIENCE", audience).Replace(graded)
	s, problems := questionnaire.Parse("graded.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// TestModels works every model by hand, over the same answers.
//
//	      branch  p     q     r
//	1     x       a 10  b 8   never 10
//	2     x       c 6   none  often 4
//	3     y       a 10  e 0   —
//	4     y       —     d 3   always 0
//	5     —       none  a 10  never 10
//
//	mean of p: 26/3 (3 scored of 4)    of q: 21/4 (4 scored of 5)    of r: 24/4 = 6 (4)
//
// Weights: p 1·1.5, q 2·1, r 1. Every best score is 10.
func TestModels(t *testing.T) {
	five := []string{"branch=x p=a q=b r=never", "branch=x p=c q=none r=often out=1", "branch=y p=a q=e", "branch=y q=d r=always", "p=none q=a r=never"}
	best := []string{"branch=x p=a q=a r=never", "branch=x p=a q=a r=never out=1"}
	for _, c := range []struct {
		name, scoring string
		respondents   []string
		overall       string // reached/divisor = raw
		dimensions    string
	}{
		// 1.5·26/3 + 2·21/4 + 6 = 13 + 10.5 + 6 = 29.5; weights 4.5
		{"mean", "model: mean", five, "59/2 : 9/2 = 59/9", "26/3 21/4"},
		// the same against 10 each: 29.5/45
		{"percent of max", "model: percent_of_max", five, "59/2 : 45 = 590/9", "260/3 105/2"},
		{"graded 10", "model: graded_10", five, "59/2 : 45 = 590/9", "260/3 105/2"},
		// p: 26 points of 3 answers, q: 21 of 4, r: 24 of 4. 1.5·26 + 2·21 + 24 = 39 + 42 + 24 = 105;
		// answers 1.5·3 + 2·4 + 4 = 16.5. A dimension counts its items by their own weight: p 26, q 2·21.
		{"weighted count", "model: weighted_count", five, "105 : 33/2 = 105", "26 42"},
		// x: p 16/2 = 8, q 8/1, r 14/2 = 7: (1.5·8 + 2·8 + 7)/45 = 35/45, 700/9
		// y: p 10, q 3/2, r 0: (15 + 3 + 0)/45 = 18/45 = 40
		// z has no respondents. (700/9 + 40)/2 = 530/9. One: (80 + 100)/2; two: (80 + 15)/2
		{"mean of units", "model: mean_of_units, unit: branch", five, "x 2 700/9, y 2 40, z 0 -; pooled 590/9 = 530/9", "90 95/2"},
		// x: 35/4.5; y: 18/4.5 = 4; mean (70/9 + 36/9)/2
		{"mean of units' means", "model: mean_of_units, unit: branch, of: mean", five, "x 2 70/9, y 2 4, z 0 -; pooled 59/9 = 53/9", "9 19/4"},
		// x: 1.5·16 + 2·8 + 14 = 54; y: 1.5·10 + 2·3 + 0 = 21; (54 + 21)/2
		{"mean of units' counts", "model: mean_of_units, unit: branch, of: weighted_count", five, "x 2 54, y 2 21, z 0 -; pooled 105 = 75/2", "13 11"},

		{"all best, mean", "model: mean", best, "45 : 9/2 = 10", "10 10"},
		{"all best, percent of max", "model: percent_of_max", best, "45 : 45 = 100", "100 100"},
		{"all best, graded 10", "model: graded_10", best, "45 : 45 = 100", "100 100"},
		// (1.5 + 2 + 1)·10·2 answers; per answer 10
		{"all best, weighted count", "model: weighted_count", best, "90 : 9 = 90", "20 40"},
		{"all best, units", "model: mean_of_units, unit: branch", best, "x 2 100, y 0 -, z 0 -; pooled 100 = 100", "100 100"},

		// Only r: the others leave numerator and divisor.
		{"items without answers", "model: graded_10", []string{"r=often p=none", "out=10"}, "4 : 10 = 40", "- -"},
		{"worst", "model: percent_of_max", []string{"p=e q=e r=always"}, "0 : 45 = 0", "0 0"},
		{"worst count", "model: weighted_count", []string{"p=e q=e r=always"}, "0 : 9/2 = 0", "0 0"},
		{"units without answers", "model: mean_of_units, unit: branch", []string{"p=a", "branch=x p=none"}, "x 1 -, y 0 -, z 0 -; pooled 100 = -", "- -"},
		{"nobody, mean", "model: mean", nil, "-", "- -"},
		{"nobody, percent of max", "model: percent_of_max", nil, "-", "- -"},
		{"nobody, graded 10", "model: graded_10", nil, "-", "- -"},
		{"nobody, weighted count", "model: weighted_count", nil, "-", "- -"},
		{"nobody, units", "model: mean_of_units, unit: branch", nil, "x 0 -, y 0 -, z 0 -; pooled - = -", "- -"},
		{"only unscored", "model: mean", []string{"p=none", "branch=y q=none"}, "-", "- -"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := gradedSurvey(t, c.scoring, "")
			p := NewReport(s, released(s, c.respondents...)).Periods[0]
			o := p.Overall
			got := "-"
			switch {
			case s.Scoring.Model == survey.MeanOfUnits:
				var units []string
				for _, u := range o.Units {
					units = append(units, fmt.Sprintf("%s %d %s", u.Option.ID, u.Respondents, exact(u.Score)))
				}
				got = strings.Join(units, ", ") + "; pooled " + exact(o.Pooled) + " = " + exact(o.Raw)
			case o.Raw != nil:
				got = exact(o.Reached) + " : " + exact(o.Divisor) + " = " + exact(o.Raw)
			}
			var dimensions []string
			for _, d := range p.Dimensions {
				dimensions = append(dimensions, exact(d.Score))
			}
			if got != c.overall || strings.Join(dimensions, " ") != c.dimensions {
				t.Errorf("got  %s, dimensions %s\nwant %s, dimensions %s", got, strings.Join(dimensions, " "), c.overall, c.dimensions)
			}
			if exact(o.Score) != exact(o.Raw) || o.Deducted != nil {
				t.Errorf("without a rule, %s of %s is published and %s deducted", exact(o.Score), exact(o.Raw), exact(o.Deducted))
			}
			if s.Scoring.Model == survey.WeightedCount && o.Raw != nil && exact(o.PerAnswer) != exact(new(big.Rat).Quo(o.Reached, o.Divisor)) {
				t.Errorf("per answer %s", exact(o.PerAnswer))
			}
		})
	}
}

func exact(r *big.Rat) string {
	if r == nil {
		return "-"
	}
	return r.RatString()
}

// TestResponseRate: the first two cases are the worked example of the scoring rules, whose index is 90 here.
func TestResponseRate(t *testing.T) {
	step, proportional := "{floor: 50, per: 5, deduct: 1}", "{floor: 50, per: 5, deduct: 1, mode: proportional}"
	for _, c := range []struct {
		name, rule string
		issued, n  int
		points     []string // answers to p, one for each respondent in turn
		want       string   // rate raw deducted score band gap
	}{
		// 97/227 = 42.7313 %; 7.2687 under; one whole five
		{"step", step, 227, 97, []string{"a", "b"}, "42.7313 90.1031 1.0000 89.1031 Middle -0.8969"},
		// 7.268722/5 = 1.453744; 90.103093 - 1.453744 = 88.649348
		{"proportional", proportional, 227, 97, []string{"a", "b"}, "42.7313 90.1031 1.4537 88.6493 Middle -1.3507"},
		{"just under the floor", step, 1000, 499, []string{"a"}, "49.9000 100.0000 0.0000 100.0000 High 10.0000"},
		{"just under, proportional", proportional, 1000, 499, []string{"a"}, "49.9000 100.0000 0.0200 99.9800 High 9.9800"},
		{"on the floor", proportional, 100, 50, []string{"a"}, "50.0000 100.0000 0.0000 100.0000 High 10.0000"},
		{"a whole five exactly", step, 100, 45, []string{"a"}, "45.0000 100.0000 1.0000 99.0000 High 9.0000"},
		{"more than issued", step, 10, 12, []string{"a"}, "120.0000 100.0000 0.0000 100.0000 High 10.0000"},
		// 1 % is 49 under: 9 fives, 45 points, of 30
		{"never below 0", "{floor: 50, per: 5, deduct: 5}", 100, 1, []string{"d"}, "1.0000 30.0000 45.0000 0.0000 Low -90.0000"},
		// (10 + 10 + 10 + 6)/4 = 9: 90, less 1/7 of a point: the band is that of the unrounded score
		{"bands go by the unrounded score", "{floor: 41, per: 7, deduct: 1, mode: proportional}", 10, 4, []string{"a", "a", "a", "c"}, "40.0000 90.0000 0.1429 89.8571 Middle -0.1429"},
		{"nobody", step, 100, 0, nil, "0.0000 - - -  -"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := gradedSurvey(t, "model: percent_of_max, target: 90, bands: [{from: 90, label: High}, {from: 50, label: Middle}, {from: 0, label: Low}], response_rate_rule: "+c.rule,
				fmt.Sprintf("audience: {issued: %d}", c.issued))
			var respondents []string
			for i := range c.n {
				respondents = append(respondents, "p="+c.points[i%len(c.points)])
			}
			p := NewReport(s, released(s, respondents...)).Periods[0]
			o, band := p.Overall, ""
			if o.Band != nil {
				band = o.Band.Label["en"]
			}
			if got := fmt.Sprint(round(p.Rate, 4), " ", round(o.Raw, 4), " ", round(o.Deducted, 4), " ", round(o.Score, 4), " ", band, " ", round(o.Gap, 4)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	unknown := gradedSurvey(t, "model: mean, target: 12.5", "")
	if p := NewReport(unknown, released(unknown, "p=a")).Periods[0]; p.Rate != nil || exact(p.Overall.Gap) != "-5/2" {
		t.Errorf("rate %s, gap %s", exact(p.Rate), exact(p.Overall.Gap))
	}
}

// TestDeductionOfUnits: a mean of units is reduced like any other index; a group is not.
func TestDeductionOfUnits(t *testing.T) {
	s := gradedSurvey(t, "model: mean_of_units, unit: branch, response_rate_rule: {floor: 50, per: 5, deduct: 1}", "audience: {issued: 10}")
	p := NewReport(s, released(s, "branch=x p=a", "branch=y p=b", "branch=y p=b")).Periods[0]
	// 30 %: four fives. (100 + 80)/2 = 90; pooled 26/30
	if exact(p.Overall.Score) != "86" || exact(p.Overall.Raw) != "90" || exact(p.Overall.Pooled) != "260/3" {
		t.Errorf("%+v", p.Overall)
	}
	if g := p.Group("branch", "y"); g.Respondents != 2 || exact(g.Overall.Score) != "80" || g.Rate != nil {
		t.Errorf("%+v", g)
	}
	if g := p.Group("elsewhere", "y"); g.Respondents != 0 || g.Overall.Score != nil {
		t.Errorf("%+v", g)
	}
}

// TestSampleSize: ceil(10 + 0.05·N), at most N, for N of 1 to 401.
func TestSampleSize(t *testing.T) {
	for n, want := range map[int64]int64{1: 1, 10: 10, 11: 11, 12: 11, 20: 11, 21: 12, 40: 12, 41: 13, 400: 30, 401: 31} {
		if got := survey.SampleSize(n); got != want {
			t.Errorf("of %d: %d, want %d", n, got, want)
		}
	}
	s := gradedSurvey(t, "model: mean", "audience: {population: 400, sample: ten_plus_5_percent}")
	if p := NewReport(s, released(s, "p=a")).Periods[0]; p.SampleSize != 30 || p.Population != 400 {
		t.Errorf("%+v", p)
	}
}
