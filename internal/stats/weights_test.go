package stats

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
)

const weighed = `
title: Weighed
languages: [en]
timezone: UTC
sections:
  - id: all
    title: All
    questions:
      - {id: tier, type: single_choice, label: Tier, segment: true, options: [{id: gold, label: Gold}, {id: tin, label: Tin}]}
      - {id: place, type: single_choice, label: Place, segment: true, options: [{id: north, label: North}, {id: south, label: South}]}
      - {id: one, type: rating, steps: 5, label: One}
      - {id: likely, type: nps, label: Likely}
      - {id: uses, type: multi_choice, label: Uses, options: [{id: x, label: X}, {id: y, label: Y}]}
      - {id: spent, type: number, label: Spent, min: 0, max: 10, step: 1}
scoring: {SCORING}
results: {min_group: 1}
weighting: {WEIGHTING}
`

func weighedSurvey(t testing.TB, scoring, weighting string) *survey.Survey {
	t.Helper()
	return parseText(t, strings.NewReplacer("SCORING", scoring, "WEIGHTING", weighting).Replace(weighed))
}

// TestWeights: 6 gold ones, who are 20 % of the population, weigh 0.2/0.6 = 1/3 each; 4 tin ones 0.8/0.4 = 2. Effective are
// (6/3 + 4·2)² / (6/9 + 4·4) = 100/(50/3) = 6 of 10. One more has no tier.
func TestWeights(t *testing.T) {
	s := weighedSurvey(t, "model: percent_of_max", "by: {tier: {gold: 20, tin: 80}}")
	respondents := append(times(6, "tier=gold one=5 likely=10 uses=x spent=10"), times(3, "tier=tin one=1 likely=0 uses=y spent=0")...)
	p := NewReport(s, released(s, append(respondents, "tier=tin uses=x,y", "one=3")...)).Periods[0]
	w := p.Weighted
	if w == nil || len(p.Problems) > 0 {
		t.Fatalf("%v", p.Problems)
	}
	about := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %.9f, want %.9f", name, got, want)
		}
	}
	about("effective", w.EffectiveN, 6)
	about("design effect", w.DesignEffect, 10./6)
	about("least", w.Least, 1./3)
	about("most", w.Most, 2)
	if w.Respondents != 10 || w.Excluded != 1 || w.Capped || w.Margins[0].Segment.Name != "tier" {
		t.Errorf("%+v", w)
	}
	for i, want := range [][3]float64{{20, 60, 20}, {80, 40, 80}} {
		got := w.Margins[0].Shares[i]
		about("population", got.Population, want[0])
		about("unweighted", got.Unweighted, want[1])
		about("after", got.After, want[2])
	}
	// one: 6/3 weigh 2 with 5, 3·2 = 6 with 1: mean (10 + 6)/8 = 2. effective: 64/(6/9 + 12) = 96/19
	one := p.Item("one").Weighted
	about("mean", *one.Mean, 2)
	about("effective for one", one.EffectiveN, 96./19)
	about("share of 5", one.Counts[4], 0.25)
	about("top", one.Top, 0.25)
	about("low", one.Low, 0.75)
	about("index", *w.Score, 40)
	about("spent", *p.Item("spent").Weighted.Mean, 2.5)
	about("nps", *p.Item("likely").Weighted.NPS, -50)
	// uses: 2 + 6 + 2 = 10 answered; x 2 + 2, y 6 + 2
	about("x", p.Item("uses").Weighted.Counts[0], 0.4)
	about("y", p.Item("uses").Weighted.Counts[1], 0.8)
	if one.Interval == nil || one.Interval.Low < 1 || one.Interval.High > 5 || p.Item("uses").Weighted.Mean != nil || w.Interval == nil || w.Method != MethodBound {
		t.Errorf("%+v %+v", one, w)
	}
	if unweighted := p.Item("one").Interval; one.Interval.halfWidth() <= unweighted.halfWidth()/2 {
		t.Errorf("%v is much narrower than %v", one.Interval, unweighted)
	}
	if exact(p.Item("one").Mean) != "18/5" { // 36/10
		t.Errorf("unweighted %s", exact(p.Item("one").Mean))
	}
}

// TestRaking: two margins are met, and the cells stay as far from independent as they were: that is what raking is.
func TestRaking(t *testing.T) {
	s := weighedSurvey(t, "model: percent_of_max", "by: {tier: {gold: 30, tin: 70}, place: {north: 45, south: 55}}")
	var respondents []string
	for cell, n := range map[string]int{"gold place=north": 10, "gold place=south": 20, "tin place=north": 25, "tin place=south": 5} {
		respondents = append(respondents, times(n, "one=4 tier="+cell)...)
	}
	p := NewReport(s, released(s, respondents...)).Periods[0]
	if p.Weighted == nil {
		t.Fatal(p.Problems)
	}
	for _, m := range p.Weighted.Margins {
		for _, share := range m.Shares {
			if math.Abs(share.After-share.Population) > 1e-6 {
				t.Errorf("%s: %f, want %f", share.Option.ID, share.After, share.Population)
			}
		}
	}
	margins, _ := p.margins(s.Weighting)
	cells := p.cells(margins)
	if problem := rake(margins, cells, 60, 5); problem != nil || len(cells) != 4 {
		t.Fatalf("%v", problem)
	}
	odds := 1.0
	for _, c := range cells {
		if c.options[0] == c.options[1] {
			odds *= c.weight
		} else {
			odds /= c.weight
		}
	}
	if math.Abs(odds-1) > 1e-6 {
		t.Errorf("odds have changed by %f", odds)
	}
}

func TestWeightProblems(t *testing.T) {
	for _, c := range []struct {
		name, weighting string
		respondents     []string
		want            []Problem
		capped          bool
	}{
		{"nobody", "by: {tier: {gold: 20, tin: 80}}", nil, nil, false},
		{"nobody has it", "by: {tier: {gold: 20, tin: 80}}", times(5, "tier=gold one=1"), []Problem{{Kind: EmptyWeight, Segment: "tier", Option: "tin"}}, false},
		// The two margins are one among these: they cannot differ.
		{"no such weights", "by: {tier: {gold: 50, tin: 50}, place: {north: 20, south: 80}}", append(times(5, "tier=gold place=north one=1"), times(5, "tier=tin place=south one=1")...),
			[]Problem{{Kind: NoConvergence, Segment: "tier", Option: "gold"}}, false},
		{"too far", "by: {tier: {gold: 95, tin: 5}}", append(times(1, "tier=gold one=5"), times(99, "tier=tin one=1")...), []Problem{{Kind: TooCapped, Segment: "tier", Option: "gold"}}, false},
		{"at a higher cap", "by: {tier: {gold: 95, tin: 5}}, cap: 100", append(times(1, "tier=gold one=5"), times(99, "tier=tin one=1")...), nil, false},
		{"the pool", "by: {tier: {gold: 50, tin: 50}}", times(5, "one=1"), nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := weighedSurvey(t, "model: percent_of_max", c.weighting)
			p := NewReport(s, released(s, c.respondents...)).Periods[0]
			got := slices.DeleteFunc(slices.Clone(p.Problems), func(x Problem) bool { return x.Kind == UnknownForm })
			if len(got) > 0 && len(c.want) > 0 && got[0].Kind == NoConvergence && c.want[0].Kind == NoConvergence {
				got[0].Segment, got[0].Option = c.want[0].Segment, c.want[0].Option // any of the four
			}
			if !slices.Equal(got, c.want) || len(got) > 0 && p.Weighted != nil {
				t.Errorf("%v, want %v; %+v", got, c.want, p.Weighted)
			}
		})
	}
}

// TestWeightedModels: the weighted index is that of the population, whatever the model.
func TestWeightedModels(t *testing.T) {
	respondents := append(times(6, "tier=gold place=north one=5"), times(4, "tier=tin place=south one=1")...)
	for _, c := range []struct {
		scoring string
		want    float64
	}{
		{"model: percent_of_max", 36}, {"model: mean", 1.8}, {"model: weighted_count", 1.8}, // for each answer
		{"model: mean_of_units, unit: place", 60}, // (100 + 20)/2: weights make no difference within the two
	} {
		s := weighedSurvey(t, c.scoring, "by: {tier: {gold: 20, tin: 80}}")
		p := NewReport(s, released(s, respondents...)).Periods[0]
		if p.Weighted == nil || p.Weighted.Score == nil || math.Abs(*p.Weighted.Score-c.want) > 1e-9 {
			t.Errorf("%s: %s", c.scoring, fmt.Sprintf("%+v", p.Weighted))
		}
	}
	// Sensitive questions are in no weighted figure.
	s := parseText(t, strings.NewReplacer("SCORING", "model: percent_of_max", "WEIGHTING", "by: {tier: {gold: 20, tin: 80}}", "label: One}", "label: One, sensitive: true}",
		"timezone: UTC", "timezone: UTC\nperiod: year").Replace(weighed))
	p := NewReport(s, []*release.Release{released(s, respondents...)[0]}).Periods[0]
	if p.Weighted == nil || p.Weighted.Score != nil || p.Item("one").Weighted != nil {
		t.Errorf("%+v", p.Weighted)
	}
}
