package stats

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// various is a questionnaire with all that figures are made of; its edits change what may change.
const various = `
title: Various
languages: [en]
timezone: UTC
period: year
channels: [web, sms]
audience: {population: POPULATION, issued: {2025: 30, 2026: {web: 20, sms: 9}}}
sections:
  - id: all
    title: All
    questions:
      - {id: tier, type: single_choice, label: Tier, segment: true, options: [{id: gold, label: Gold}, {id: tin, label: Tin}]}
      - {id: one, type: rating, steps: 5, label: One, dimension: d}
      - {id: two, type: rating, steps: 5, label: Two, dimension: d}
      - {id: which, type: single_choice, label: Which, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}], other: true}
      - {id: why, type: single_choice, label: Why, show_if: which == "a", options: [{id: p, label: P}, {id: q, label: Q}]}
      - {id: gold, type: rating, steps: 3, label: Gold, show_if: tier == "gold"}
      - {id: sms, type: yes_no, label: Text, show_if: channel == "sms"}
      - {id: uses, type: multi_choice, label: Uses, options: [{id: x, label: X}, {id: y, label: Y}]}
      - {id: likely, type: nps, label: Likely}
      - {id: spent, type: number, label: Spent}
      - {id: age, type: number, label: Age, min: 0, max: 120, step: 1}
scoring: {overall: two, model: MODEL, dimensions: [{id: d, label: D}]}
results: {min_group: 3, crosstabs: [{rows: which, by: tier}, {rows: age, by: tier}]}
weighting: {by: {tier: {gold: 30, tin: 70}}}
`

// edits are what may change; the first makes none.
var edits = [][2]string{
	{"", ""}, {"one, type: rating, steps: 5", "one, type: rating, steps: 7"}, {"two, type: rating, steps: 5, label: Two", "two, type: rating, steps: 5, label: Two, weight: 3"},
	{"{id: b, label: B}, ", ""}, {`which == "a"`, `which == "c"`}, {"label: Uses,", "label: Uses, publish: false,"}, {"label: Likely}", "label: Likely, sensitive: true}"},
	{"      - {id: likely, type: nps, label: Likely}\n", ""}, {"max: 120, step: 1", "max: 120"}, {"age, type: number, label: Age, min: 0, max: 120, step: 1", "age, type: rating, steps: 5, label: Age"},
	{"label: Two, dimension: d}", "label: Two, dimension: d, private: true}"}, {"overall: two, ", ""}, {"min_group: 3", "min_group: 6"},
}

func drawSurvey(t *rapid.T, name, model, population string) *survey.Survey {
	edit := rapid.SampledFrom(edits).Draw(t, name)
	source := strings.NewReplacer("MODEL", model, "POPULATION", population).Replace(various)
	if edit[0] != "" {
		source = strings.Replace(source, edit[0], edit[1], 1)
	}
	if strings.Contains(edit[1], "private") {
		source = strings.Replace(source, "overall: two, ", "", 1)
	}
	s, problems := questionnaire.Parse("various.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// TestReports makes reports of random releases of random versions, and checks what must hold of any figures.
func TestReports(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		model := rapid.SampledFrom([]string{"percent_of_max", "mean", "weighted_count", "mean_of_units, unit: tier"}).Draw(t, "model")
		population := rapid.SampledFrom([]string{"40", "60", "5000"}).Draw(t, "population")
		versions := []*survey.Survey{drawSurvey(t, "first", model, population), drawSurvey(t, "second", model, population), drawSurvey(t, "today", model, population)}
		forms := map[string]*survey.Survey{}
		for _, s := range versions {
			forms[s.Shape] = s
		}
		var latest []*release.Release
		for _, period := range []string{"2025", "2026"} {
			folded, n := tally.New(), 0
			var last *release.Release
			for step, s := range versions {
				for range rapid.IntRange(0, 20).Draw(t, "respondents") {
					n++
					folded.Fold(s, fmt.Sprintf("%06d", n), period+"-03-01", drawResponse(t, s))
				}
				closed := step == 2 && rapid.Bool().Draw(t, "closed")
				if next, after := release.Next(s, forms, period, fmt.Sprintf("%s-03-%02d", period, step+2), last, folded, closed); next != nil {
					last, folded = next, after
				}
			}
			if last != nil {
				latest = append(latest, last.Public())
			}
		}
		report := NewReport(versions[2], latest)
		for i := range report.Periods {
			p := &report.Periods[i]
			checkPeriod(t, p)
			for _, segment := range p.Segments() {
				for _, o := range segment.Options() {
					checkPeriod(t, p.Group(segment.Name, o.ID))
				}
			}
			for _, tab := range p.CrossTabs() {
				for j := range tab.Cells {
					checkItem(t, p, &tab.Cells[j].Item)
				}
			}
			checkTests(t, report.Tests(i))
			stated, derived := p.Drivers()
			if stated != nil || derived != nil && len(derived.ImportanceTicks) < 2 {
				t.Fatalf("%+v, %+v", stated, derived)
			}
		}
		checkToday(t, report)
	})
}

func drawResponse(t *rapid.T, s *survey.Survey) answer.Response {
	channel := rapid.SampledFrom([]string{"", "web", "sms"}).Draw(t, "channel")
	response := answer.Response{Channel: channel}
	given := map[string][]string{"channel": {channel}}
	for _, placed := range s.Sections[0].Questions {
		if placed.ShowIf != nil && !placed.ShowIf.Holds(func(name string) []string { return given[name] }) || rapid.IntRange(0, 4).Draw(t, "left out") == 0 {
			continue
		}
		f := s.FieldsOf(&placed)[0]
		value := fmt.Sprint(rapid.IntRange(0, 120).Draw(t, "number"))
		if options := f.Options(); len(options) > 0 {
			value = rapid.SampledFrom(options).Draw(t, f.Name).ID
		}
		given[f.Name] = []string{value}
		response.Answers = append(response.Answers, answer.Answer{f.Name, value})
	}
	return response
}

func checkPeriod(t *rapid.T, p *Period) {
	o := &p.Overall
	if o.Raw != nil && o.Interval != nil {
		low, high, score := o.Interval.Low, o.Interval.High, float(o.Score)
		if low > score+1e-9 || high < score-1e-9 || low < -1e-9 || o.Method == "" || p.form.Scoring.OutOf100() && high > 100+1e-9 || o.Method != MethodAll && high-low < 1e-9 {
			t.Fatalf("the interval of %f is %v (%s)", score, o.Interval, o.Method)
		}
	}
	for _, items := range [][]Item{p.Items, p.Removed} {
		for i := range items {
			checkItem(t, p, &items[i])
			for j := range items[i].Earlier {
				if before := &items[i].Earlier[j]; before.counted.key == items[i].counted.key && !before.Coded && !items[i].Coded || before.Weight != nil {
					t.Fatalf("%s has an earlier item with the same key", before.Field.Name)
				}
				checkItem(t, p, &items[i].Earlier[j])
			}
		}
	}
	if w := p.Weighted; w != nil && (w.EffectiveN > float64(w.Respondents)+1e-6 || w.Respondents+w.Excluded != p.Respondents) {
		t.Fatalf("%+v of %d", w, p.Respondents)
	}
}

func checkItem(t *rapid.T, p *Period, item *Item) {
	name := item.Field.Name
	if item.Coded {
		if item.Mean != nil || item.Weight != nil || item.Interval != nil || item.K > 0 && item.N%item.K != 0 || item.Weighted != nil {
			t.Fatalf("%s is coded: %+v", name, item)
		}
		return
	}
	if item.N > p.Respondents || item.Scored > item.N {
		t.Fatalf("%s: %d of %d, %d scored", name, item.N, p.Respondents, item.Scored)
	}
	if item.Base.Kind != BaseReads && p.group == nil && item.Base.N < item.N {
		t.Fatalf("%s: %d answers of a base of %+v", name, item.N, item.Base)
	}
	sum := int64(0)
	for _, c := range item.Counts {
		sum += c.N
	}
	for _, b := range item.Histogram {
		sum += b.N
	}
	if item.Field.Question.Type != survey.MultiChoice && sum != item.N {
		t.Fatalf("%s: counts add to %d of %d", name, sum, item.N)
	}
	if len(item.Histogram) > 11 && name == "age" {
		t.Fatalf("%d bins", len(item.Histogram))
	}
	if i := item.Interval; i != nil {
		mean := float(item.Mean)
		if i.Low > mean+1e-9 || i.High < mean-1e-9 || i.Low < item.estimate.low-1e-9 || i.High > item.estimate.high+1e-9 || math.IsNaN(i.Low) || math.IsNaN(i.High) {
			t.Fatalf("%s: the interval of %f is %v", name, mean, i)
		}
	}
	if w := item.Weighted; w != nil && w.Mean != nil && (math.IsNaN(*w.Mean) || w.EffectiveN > float64(item.N)+1e-6) {
		t.Fatalf("%s: %+v", name, w)
	}
}

func checkTests(t *rapid.T, tests *Tests) {
	found := map[string]bool{}
	for _, item := range tests.Best() {
		found[item.Field.Name] = true
	}
	for _, item := range tests.Weakest() {
		if found[item.Field.Name] {
			t.Fatalf("%s is best and weakest", item.Field.Name)
		}
	}
	for _, test := range tests.all() {
		if !(test.P >= 0 && test.P <= 1 && test.Adjusted >= test.P-1e-12 && test.Adjusted <= 1) || (test.Result != Unclear) != (test.Adjusted <= level && test.Difference != 0) {
			t.Fatalf("%+v", test)
		}
	}
}

// checkToday checks that nothing is shown that today's questionnaire hides.
func checkToday(t *rapid.T, report *Report) {
	for i := range report.Periods {
		p := &report.Periods[i]
		for _, items := range [][]Item{p.Items, p.Removed} {
			for j := range items {
				f, asked := report.Survey.Field(items[j].Field.Name)
				if asked && !f.Counted() {
					t.Fatalf("%s is shown", f.Name)
				}
				if asked && f.Sensitive() && !items[j].Coded {
					t.Fatalf("%s is sensitive", f.Name)
				}
			}
		}
	}
}

// TestDamagedReleases: whatever a store returns, a report is made of it.
func TestDamagedReleases(t *testing.T) {
	s := parseText(t, strings.NewReplacer("MODEL", "percent_of_max", "POPULATION", "60").Replace(various))
	good := func() *release.Release {
		return released(s, append(times(40, "tier=gold one=5 two=4 which=a why=p uses=x,y likely=3 spent=4 age=70"), "tier=tin one=1 two=2")...)[0]
	}
	for name, damage := range map[string]func(r *release.Release){
		"no parts":  func(r *release.Release) { r.Parts = nil },
		"nil parts": func(r *release.Release) { r.Parts["x"] = nil },
		"nil items": func(r *release.Release) {
			for _, p := range r.Parts {
				p.Cohorts["gold"].Items["one"] = nil
			}
		},
		"negative counts": func(r *release.Release) {
			for _, p := range r.Parts {
				p.Cohorts["gold"].Items["one"].Counts[0].N = -90
				p.Cohorts["gold"].Respondents = -5
			}
		},
		"nonsense in rows": func(r *release.Release) {
			for _, rows := range r.Rows {
				rows.N, rows.Index, rows.Squares = 50, 1, -900_000_000_000
				rows.Scales[""], rows.Pairs["one"] = nil, nil
			}
		},
		"a form of nothing": func(r *release.Release) { r.Form, r.Version = []byte("{}"), "x" },
		"nil coded":         func(r *release.Release) { r.Coded = map[string]*release.Coded{"one@x": nil} },
	} {
		t.Run(name, func(t *testing.T) {
			r := good()
			damage(r)
			report := NewReport(s, []*release.Release{r, good()})
			for i := range report.Periods {
				report.Tests(i)
				report.Periods[i].Drivers()
				report.Periods[i].CrossTabs()
			}
		})
	}
}
