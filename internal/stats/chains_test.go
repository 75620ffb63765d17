package stats

import (
	"fmt"
	"strings"
	"testing"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// answers are those of respondents to one version of a questionnaire.
type answers struct {
	survey      *survey.Survey
	respondents []string
}

// edited returns the release of a period in which the questionnaire was edited: the last one answered is in force.
func edited(versions ...answers) *release.Release {
	folded, forms, numbers, n := tally.New(), map[string]*survey.Survey{}, map[string]int{}, 0
	var inForce *survey.Survey
	for _, v := range versions {
		inForce, forms[v.survey.Shape] = v.survey, v.survey
		if numbers[v.survey.Shape] == 0 {
			numbers[v.survey.Shape] = len(numbers) + 1
		}
		for _, text := range v.respondents {
			n++
			folded.Fold(v.survey, fmt.Sprintf("%06d", n), "2026-11-21", response(text))
		}
	}
	r := release.Unsuppressed(inForce, forms, "all", "2026-11-22", folded)
	r.Number, r.K = 1, 1
	for shape, p := range r.Parts {
		p.Number = numbers[shape]
		p.Since = fmt.Sprintf("2026-11-%02d", 10+p.Number)
	}
	return r
}

func times(n int, text string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = text
	}
	return all
}

const chained = `
title: Chained
languages: [en]
timezone: UTC
sections:
  - id: all
    title: All
    questions:
      - {id: one, type: rating, steps: 5, label: One}
      - {id: which, type: single_choice, label: Which, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]}
      - {id: uses, type: multi_choice, label: Uses, options: [{id: x, label: X}, {id: y, label: Y}]}
      - {id: why, type: single_choice, label: Why, show_if: which == "a", options: [{id: p, label: P}, {id: q, label: Q}]}
results: {min_group: 1}
`

// line says what an item shows.
func line(item *Item) string {
	if item == nil {
		return "none"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d/%d", item.N, item.Base.N)
	for _, c := range item.Counts {
		fmt.Fprintf(&b, " %s:%d", c.Option.ID, c.N)
	}
	if item.Mean != nil {
		b.WriteString(" mean " + round(item.Mean, 2))
	}
	if item.Since != "" || item.Until != "" {
		b.WriteString(" " + item.Since + "–" + item.Until)
	}
	for i := range item.Earlier {
		b.WriteString("; " + line(&item.Earlier[i]))
	}
	return b.String()
}

// TestEditsNeverFalsify: each edit starts a new item beside what was asked before; what is asked as before goes on.
func TestEditsNeverFalsify(t *testing.T) {
	before := parseText(t, chained)
	edit := func(pairs ...string) *survey.Survey {
		s := parseText(t, strings.NewReplacer(pairs...).Replace(chained))
		return s
	}
	first := append(append(times(4, "one=5 which=a why=p"), times(3, "one=4 which=b uses=x")...), times(3, "one=1 which=c uses=x,y")...)
	for _, c := range []struct {
		name    string
		now     *survey.Survey
		then    []string
		field   string
		want    string
		removed string
		index   string
	}{
		// The index is that of one: (4·5 + 3·4 + 3·1)/10 = 3.5, 70 %, and with 40 times 5 more (35 + 200)/50 = 4.7.
		{"an option is removed", edit(", {id: c, label: C}", ""), append(times(40, "which=a one=5"), times(20, "which=b")...), "which",
			"60/60 a:40 b:20 2026-11-12–; 10/10 a:4 b:3 c:3 2026-11-11–2026-11-12", "", "94.00"},
		{"an option of several is removed", edit(", {id: y, label: Y}", ""), times(6, "uses=x"), "uses",
			"6/6 x:6 2026-11-12–; 6/10 x:6 y:3 2026-11-11–2026-11-12", "", "70.00"},
		{"a scale is shortened", edit("steps: 5", "steps: 4"), times(10, "one=4"), "one",
			"10/10 1:0 2:0 3:0 4:10 mean 4.00 2026-11-12–; 10/10 1:3 2:0 3:0 4:3 5:4 mean 3.50 2026-11-11–2026-11-12", "", "100.00"},
		{"a scale is lengthened", edit("steps: 5", "steps: 7"), times(10, "one=4"), "one",
			"10/10 1:0 2:0 3:0 4:10 5:0 6:0 7:0 mean 4.00 2026-11-12–; 10/10 1:3 2:0 3:0 4:3 5:4 mean 3.50 2026-11-11–2026-11-12", "", "57.14"},
		{"a question is removed", edit("      - {id: uses, type: multi_choice, label: Uses, options: [{id: x, label: X}, {id: y, label: Y}]}\n", ""), times(5, "one=5"), "uses",
			"none", "6/10 x:6 y:3 2026-11-11–2026-11-12", "80.00"},
		{"another type under one id", edit("uses, type: multi_choice", "uses, type: single_choice"), times(5, "uses=y"), "uses",
			"5/5 x:0 y:5 2026-11-12–; 6/10 x:6 y:3 2026-11-11–2026-11-12", "", "70.00"},
		{"a text under one id", edit("uses, type: multi_choice, label: Uses, options: [{id: x, label: X}, {id: y, label: Y}]", "uses, type: short_text, label: Uses"),
			times(5, "uses=words"), "uses", "none", "6/10 x:6 y:3 2026-11-11–2026-11-12", "70.00"},
		{"a condition", edit(`which == "a"`, `which == "b"`), times(5, "which=b why=q"), "why",
			"5/5 p:0 q:5 2026-11-12–; 4/4 p:4 q:0 2026-11-11–2026-11-12", "", "70.00"},
		{"a label", edit("label: One", "label: Eins"), times(10, "one=5"), "one",
			"20/20 1:3 2:0 3:0 4:3 5:14 mean 4.25 2026-11-11–", "", "85.00"},
		{"another question is added", edit("      - {id: one,", "      - {id: new, type: rating, steps: 5, label: New, weight: 0}\n      - {id: one,"), times(10, "one=5 new=1"), "one",
			"20/20 1:3 2:0 3:0 4:3 5:14 mean 4.25 2026-11-11–", "", "85.00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := NewReport(c.now, []*release.Release{edited(answers{before, first}, answers{c.now, c.then})}).Periods[0]
			if got := line(p.Item(c.field)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			removed := ""
			for i := range p.Removed {
				removed += line(&p.Removed[i])
			}
			if removed != c.removed {
				t.Errorf("removed: %s, want %s", removed, c.removed)
			}
			if got := round(p.Overall.Score, 2); got != c.index {
				t.Errorf("index %s, want %s", got, c.index)
			}
		})
	}
}

// TestEditTakenBack: with the first version in force again, its item goes on, and the one between stands beside it.
func TestEditTakenBack(t *testing.T) {
	before, between := parseText(t, chained), parseText(t, strings.Replace(chained, "steps: 5", "steps: 7", 1))
	r := edited(answers{before, times(4, "one=5")}, answers{between, times(3, "one=7")}, answers{before, times(2, "one=3")})
	p := NewReport(before, []*release.Release{r}).Periods[0]
	want := "6/6 1:0 2:0 3:2 4:0 5:4 mean 4.33 2026-11-11–; 3/3 1:0 2:0 3:0 4:0 5:0 6:0 7:3 mean 7.00 2026-11-12–"
	if got := line(p.Item("one")); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestHidingActsAtOnce: what today's questionnaire hides is in no figure of any period, however it was released; what it makes
// sensitive has no exact figures any more.
func TestHidingActsAtOnce(t *testing.T) {
	public := parseText(t, chained)
	r := edited(answers{public, times(8, "one=5 which=a why=p uses=x")})
	for _, c := range []struct{ name, from, to, gone string }{
		{"unpublished", "label: Which,", "label: Which, publish: false,", "which why"},
		{"private", "label: Uses,", "label: Uses, private: true,", "uses"},
		{"an item of the index", "label: One}", "label: One, publish: false}", "one"},
	} {
		now := parseText(t, strings.Replace(chained, c.from, c.to, 1))
		p := NewReport(now, []*release.Release{r, r}).Periods[0]
		shown := ""
		for _, items := range [][]Item{p.Items, p.Removed} {
			for i := range items {
				shown += items[i].Field.Name + " "
			}
		}
		for _, name := range strings.Fields(c.gone) {
			if strings.Contains(shown, name+" ") || p.Item(name) != nil {
				t.Errorf("%s: %s is among %s", c.name, name, shown)
			}
		}
		if c.gone == "one" && (p.Overall.Score != nil || p.Overall.Alpha != nil) {
			t.Errorf("%s: the index is %s", c.name, round(p.Overall.Score, 2))
		}
	}
	// A question that is gone stays hidden if it was when the last release of any period was made.
	gone := parseText(t, strings.Replace(chained, "      - {id: uses, type: multi_choice, label: Uses, options: [{id: x, label: X}, {id: y, label: Y}]}\n", "", 1))
	later := edited(answers{gone, times(3, "one=5")})
	if p := NewReport(gone, []*release.Release{r, later}).Periods[0]; p.Item("uses") == nil {
		t.Error("what is no longer asked is not shown")
	}
	later.Hidden = []string{"uses"}
	if p := NewReport(gone, []*release.Release{r, later}).Periods[0]; p.Item("uses") != nil {
		t.Error("what was hidden before it was removed is shown")
	}
	sensitive := parseText(t, strings.Replace(strings.Replace(chained, "label: One}", "label: One, sensitive: true}", 1), "timezone: UTC", "timezone: UTC\nperiod: year", 1))
	p := NewReport(sensitive, []*release.Release{r}).Periods[0]
	if item := p.Item("one"); item == nil || !item.Coded || item.N != 0 || item.Mean != nil || item.Weight != nil || p.Overall.Score != nil {
		t.Errorf("%+v, index %s", item, round(p.Overall.Score, 2))
	}
}

// TestCoded: a sensitive question has rounded counts and shares, and nothing else.
func TestCoded(t *testing.T) {
	s := parseText(t, strings.Replace(strings.Replace(chained, "label: One}", "label: One, sensitive: true}", 1), "timezone: UTC", "timezone: UTC\nperiod: year", 1))
	r := edited(answers{s, times(8, "one=5 which=a why=p uses=x")})
	one, _ := s.Field("one")
	r.Coded = map[string]*release.Coded{release.CodedKey(s, one): {K: 5, N: 25, Counts: tally.Counts{{Option: "5", N: 15}, {Option: "1", N: 5}, {Option: release.LeftOut, N: 5}}}}
	p := NewReport(s, []*release.Release{r}).Periods[0]
	item := p.Item("one")
	if got := line(item); got != "25/25 1:5 2:0 3:0 4:0 5:15 2026-11-11–" || item.K != 5 || !item.Coded || exact(item.LeftOut.Ratio()) != "1/5" || exact(item.Counts[4].Ratio()) != "3/5" {
		t.Errorf("%s %+v", got, item)
	}
	if item.Mean != nil || item.Scored != 0 || item.Interval != nil || item.Counts[4].Interval() != nil || item.Weight != nil || p.Overall.Score != nil || item.Top.Of != 0 {
		t.Errorf("%+v", item)
	}
	if g := p.Group("which", "a"); g.Item("one").N != 0 {
		t.Error("coded figures of a group")
	}
}

// TestSensitiveBefore: what was answered while a question was sensitive stays coded, beside what was answered since.
func TestSensitiveBefore(t *testing.T) {
	source := strings.Replace(chained, "timezone: UTC", "timezone: UTC\nperiod: year", 1)
	before, now := parseText(t, strings.Replace(source, "label: One}", "label: One, sensitive: true}", 1)), parseText(t, source)
	r := edited(answers{before, times(8, "one=5")}, answers{now, times(6, "one=2")})
	one, _ := now.Field("one")
	r.Coded = map[string]*release.Coded{release.CodedKey(now, one): {K: 5, N: 5, Counts: tally.Counts{{Option: "5", N: 5}}}}
	for _, c := range r.Parts[before.Shape].Cohorts { // as no release has it
		c.Items["one"] = &tally.Item{N: 8, Counts: tally.Counts{{Option: "5", N: 8}}}
	}
	item := NewReport(now, []*release.Release{r}).Periods[0].Item("one")
	if item.Coded || item.N != 6 || len(item.Earlier) != 1 || !item.Earlier[0].Coded || item.Earlier[0].N != 5 || item.Earlier[0].Until != item.Since || item.Earlier[0].Since >= item.Since {
		t.Errorf("%s", line(item))
	}
}

// TestStrict: by a segment, too, there are coded figures only, where they are published.
func TestStrict(t *testing.T) {
	source := strings.Replace(strings.Replace(chained, "min_group: 1", "protection: strict", 1), "timezone: UTC", "timezone: UTC\nperiod: year", 1)
	s := parseText(t, strings.Replace(source, "label: Which,", "label: Which, segment: true,", 1))
	one, _ := s.Field("one")
	r := edited(answers{s, append(times(45, "one=5 which=a"), times(10, "which=b")...)})
	part := &release.Coded{K: 10, N: 40, Counts: tally.Counts{{Option: "5", N: 40}}}
	r.Coded = map[string]*release.Coded{release.CodedKey(s, one): {K: 10, N: 50, Counts: tally.Counts{{Option: "5", N: 50}}, By: map[string]*release.Coded{"which=a": part}}}
	p := NewReport(s, []*release.Release{r}).Periods[0]
	if len(p.Segments()) != 1 || p.GroupSize("which", "a") != 45 || p.Item("one").N != 50 {
		t.Errorf("%d %d %+v", len(p.Segments()), p.GroupSize("which", "a"), p.Item("one"))
	}
	if a, b := p.Group("which", "a").Item("one"), p.Group("which", "b").Item("one"); a.N != 40 || b.N != 0 || !b.Coded || p.Overall.Score != nil {
		t.Errorf("%+v, %+v", a, b)
	}
}

// TestBases: how many a question was asked of.
func TestBases(t *testing.T) {
	source := strings.Replace(chained, "    questions:\n", `    questions:
      - {id: tier, type: single_choice, label: Tier, segment: true, options: [{id: gold, label: Gold}, {id: tin, label: Tin}]}
      - {id: sure, type: yes_no, label: Sure}
`, 1) + `  - id: more
    title: More
    show_if: sure
    questions:
      - {id: how, type: rating, steps: 3, label: How}
      - {id: both, type: rating, steps: 3, label: Both, show_if: one >= 4}
      - {id: never, type: rating, steps: 3, label: Never, show_if: not answered(one)}
      - {id: has, type: rating, steps: 3, label: Has}
`
	source = strings.Replace(source, "results: {min_group: 1}\n", "", 1) + "results: {min_group: 1}\n"
	s := parseText(t, strings.Replace(source, "      - {id: has,", "  - id: rest\n    title: Rest\n    questions:\n      - {id: gold, type: rating, steps: 3, label: Gold, show_if: tier == \"gold\"}\n      - {id: low, type: rating, steps: 3, label: Low, show_if: one < 3 or not answered(one)}\n      - {id: has,", 1))
	r := edited(answers{s, []string{"tier=gold one=5 sure=yes", "tier=gold one=2 sure=yes", "tier=tin one=1 sure=no", "tier=tin uses=x", "one=4"}})
	p := NewReport(s, []*release.Release{r}).Periods[0]
	for name, want := range map[string]Base{
		"one": {5, BaseAll}, "how": {2, BaseAsked}, "both": {0, BaseReads}, "gold": {2, BaseAsked},
		"low": {3, BaseAsked}, // one of 2, one of 1, one unanswered
	} {
		if got := p.Item(name).Base; got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	for _, part := range r.Parts { // earlier programs did not count bases
		for _, c := range part.Cohorts {
			c.Items["gold"], c.Bases = &tally.Item{N: 1, Counts: tally.Counts{{Option: "1", N: 1}}}, nil
		}
	}
	if got := NewReport(s, []*release.Release{r}).Periods[0].Item("gold").Base; got != (Base{4, BaseReads}) { // who have a tier
		t.Errorf("%+v", got)
	}
}
