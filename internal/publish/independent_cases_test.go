package publish_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Surveys with many kinds of questions, of which one or more answers are counted.
var independentSamples = []string{"service_staff", "software", "technology_quarterly", "product_service_matrix", "packaging", "telecom_project", "four_groups"}

// A questionnaireMaker makes up a questionnaire, and edits of it.
type questionnaireMaker struct {
	*rand.Rand
	model    string
	kinds    []string // of the questions
	variants []int    // of each; an edit makes another
	removed  []bool
	traits   []string // of each: conditions, weights, and so on
	options  string   // of the whole
	minGroup int
	release  string // of the keys of results
}

var generatedModels = []string{"percent_of_max", "mean", "graded_10", "weighted_count", "mean_of_units"}

var generatedKinds = []string{"single", "rating", "matrix", "importance", "multi", "nps", "ranking", "sum", "exact", "bounded", "banded", "open", "yes_no", "rating", "single"}

func newQuestionnaireMaker(seed uint64) *questionnaireMaker {
	g := &questionnaireMaker{Rand: rand.New(rand.NewPCG(seed, 12)), model: generatedModels[seed%5], minGroup: []int{5, 3, 5, 1, 10}[seed/5%5]}
	for i := range 9 + g.IntN(5) {
		kind := generatedKinds[g.IntN(len(generatedKinds))]
		if i < 3 {
			kind = []string{"single", "rating", "matrix"}[i]
		}
		trait := ""
		switch g.IntN(14) {
		case 0:
			trait = "show_if: member"
		case 1:
			trait = `show_if: tier == "a"`
		case 2:
			trait = `show_if: 'reason == "price"'`
		case 3:
			trait = `show_if: 'tier == "b" or member'`
		case 4:
			trait = `show_if: 'channel == "web"'`
		case 5:
			trait = `show_if: 'visits >= 2 and member'`
		case 6:
			trait = "show_if: visits <= 1"
		case 7:
			trait = "sensitive: true"
		case 8:
			trait = "publish: false"
		}
		if (trait == "" || i < 3) && g.IntN(3) == 0 {
			trait = fmt.Sprintf("weight: %v", []float64{0.5, 2, 3, 1.25, 0}[g.IntN(5)])
			if kind != "single" && kind != "rating" {
				trait = ""
			}
		} else if i < 3 {
			trait = ""
		}
		g.kinds, g.variants, g.traits, g.removed = append(g.kinds, kind), append(g.variants, 0), append(g.traits, trait), append(g.removed, false)
	}
	var b strings.Builder
	if g.IntN(3) == 0 {
		fmt.Fprintf(&b, "audience: {population: %d, issued: %d, sample: ten_plus_5_percent}\n", 260+g.IntN(400), 150+g.IntN(110))
	} else if g.IntN(2) == 0 {
		b.WriteString("audience: {issued: {2026-10: {web: 120, sms: 300}, 2026-11: 210}}\n")
	}
	if g.IntN(2) == 0 {
		fmt.Fprintf(&b, "weighting: {by: {tier: {a: 20, b: 30, c: 50}, member: {yes: 40, no: 60}}, cap: %d}\n", 2+g.IntN(4))
	}
	g.options = b.String()
	g.release = []string{"", "", ", pool_after: 1", ", release: daily"}[g.IntN(4)]
	return g
}

// edit changes a few questions.
func (g *questionnaireMaker) edit() {
	for range 1 + g.IntN(3) {
		i := g.IntN(len(g.kinds))
		switch what := g.IntN(8); {
		case what < 2 && i > 2:
			g.removed[i] = true
		case what < 4 && i > 2:
			g.traits[i] = []string{"publish: false", "sensitive: true", "show_if: member", ""}[g.IntN(4)]
		case what == 4:
			g.minGroup += 2
		default:
			g.variants[i]++
		}
	}
}

func (g *questionnaireMaker) source() string {
	var b strings.Builder
	fmt.Fprintf(&b, "title: {en: Generated}\nlanguages: [en]\ntimezone: Asia/Shanghai\nperiod: month\nchannels: [web, sms]\n%s", g.options)
	b.WriteString("scoring:\n  model: " + g.model + "\n")
	if g.model == "mean_of_units" {
		b.WriteString("  unit: tier\n  of: percent_of_max\n")
	}
	b.WriteString("  overall: overall\n  dimensions: [{id: one, label: One, weight: 2}, {id: two, label: Two, weight: 1.5}]\n")
	if g.model == "percent_of_max" || g.model == "graded_10" {
		b.WriteString("  target: 80\n  bands: [{from: 80, label: Good}, {from: 60, label: Fair}, {from: 0, label: Poor}]\n")
		if strings.Contains(g.options, "issued") {
			b.WriteString("  response_rate_rule: {floor: 50, per: 5, deduct: 1, mode: " + []string{"step", "proportional"}[len(g.kinds)%2] + "}\n")
		}
	}
	top := "3"
	if g.model == "graded_10" {
		top = "10"
	}
	questions := g.questions()
	if strings.Contains(questions, "scale: grid") {
		b.WriteString("scales:\n")
	}
	for _, scale := range []string{
		"grid0: [{id: g, label: G, score: " + top + "}, {id: m, label: M, score: 2}, {id: p, label: P, score: 1}, {id: na, label: NA}]",
		"grid1: [{id: g, label: G, score: " + top + "}, {id: m, label: M, score: 2}, {id: p, label: P, score: 0}, {id: na, label: NA}]",
		"stated0: [{id: h, label: H, score: 3}, {id: n, label: N, score: 2}, {id: l, label: L, score: 1}]",
		"stated1: [{id: h, label: H, score: 4}, {id: n, label: N, score: 2}, {id: l, label: L, score: 1}]",
	} {
		if name, _, _ := strings.Cut(scale, ":"); strings.Contains(questions, "scale: "+name) {
			b.WriteString("  " + scale + "\n")
		}
	}
	fmt.Fprintf(&b, "results: {min_group: %d%s}\nsections:\n  - id: all\n    questions:\n", g.minGroup, g.release)
	b.WriteString("      - {id: tier, type: hidden, label: Tier, segment: true, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]}\n")
	b.WriteString("      - {id: member, type: yes_no, label: Member, segment: true, required: true}\n")
	b.WriteString("      - {id: reason, type: single_choice, label: Reason, options: [{id: price, label: Price}, {id: place, label: Place}, {id: taste, label: Taste}], other: true}\n")
	b.WriteString("      - {id: visits, type: number, label: Visits, min: 0, max: 12, step: 1}\n")
	b.WriteString("      - {id: overall, type: rating, label: Overall, steps: 5, weight: 0}\n")
	b.WriteString(questions)
	return b.String()
}

func (g *questionnaireMaker) questions() string {
	var b strings.Builder
	for i, kind := range g.kinds {
		if !g.removed[i] {
			fmt.Fprintf(&b, "      - {id: q%d, label: Q, %s%s%s}\n", i, g.question(kind, g.variants[i]), g.dimension(i, kind), comma(g.traits[i]))
		}
	}
	return b.String()
}

func comma(text string) string {
	if text == "" {
		return ""
	}
	return ", " + text
}

func (g *questionnaireMaker) dimension(i int, kind string) string {
	switch kind {
	case "single", "rating", "matrix", "importance":
		return ", dimension: " + []string{"one", "two"}[i%2]
	}
	return ""
}

func (g *questionnaireMaker) question(kind string, variant int) string {
	graded := g.model == "graded_10"
	switch kind {
	case "single":
		scores := [][]string{{"4", "3", "1.5", "0"}, {"5", "4", "2", "1"}, {"3", "2.25", "2", "1"}}[variant%3]
		if graded {
			scores = [][]string{{"10", "8", "6", "3"}, {"10", "6", "3", "0"}, {"10", "8", "3", "0"}}[variant%3]
		}
		return fmt.Sprintf("type: single_choice, options: [{id: a, label: A, score: %s}, {id: b, label: B, score: %s}, {id: c, label: C, score: %s}, {id: d, label: D, score: %s}, {id: none, label: None}]",
			scores[0], scores[1], scores[2], scores[3])
	case "rating":
		if graded {
			return "type: rating, steps: 10"
		}
		return fmt.Sprintf("type: rating, steps: %d", []int{5, 7, 2, 10}[variant%4])
	case "matrix":
		return "type: matrix, scale: grid" + fmt.Sprint(variant%2) + ", rows: [{id: x, label: X}, {id: y, label: Y, weight: 2}, {id: z, label: Z, weight: 0}]"
	case "importance":
		return "type: importance_matrix, scale: grid0, importance_scale: stated" + fmt.Sprint(variant%2) + ", rows: [{id: x, label: X}, {id: y, label: Y}]"
	case "multi":
		return "type: multi_choice, options: [{id: a, label: A}, {id: b, label: B}" + []string{", {id: c, label: C}", ""}[variant%2] + ", {id: none, label: None, exclusive: true}], other: true"
	case "nps":
		return "type: nps"
	case "ranking":
		return "type: ranking, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]" + []string{", max: 2", ""}[variant%2]
	case "sum":
		return "type: constant_sum, total: " + []string{"100", "10", "1000"}[variant%3] + ", options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]"
	case "exact":
		return "type: number, min: 1, max: " + []string{"40, step: 1", "5, step: 0.5"}[variant%2]
	case "bounded":
		return "type: number, min: " + []string{"18, max: 99", "0, max: 1000, step: 5"}[variant%2]
	case "banded":
		return "type: number, min: 0, max: 200, bands: " + []string{"[0, 18, 30, 65]", "[0, 50, 100]"}[variant%2]
	case "open":
		return "type: number, min: 0"
	default:
		return "type: yes_no"
	}
}

// histories makes the histories that are compared: of sample surveys, and of as many generated ones.
func histories(t *testing.T, samples []string, seeds uint64) (all []history) {
	start := time.Date(2026, 10, 3, 4, 0, 0, 0, time.UTC)
	for i, name := range samples {
		source, err := os.ReadFile(filepath.Join("../../surveys", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		r := newHistory(t, name, string(source), uint64(i)+1, start)
		for range 3 {
			r.collect(31)
			r.run()
			r.now = r.now.Add(26 * time.Hour)
		}
		r.now = r.now.AddDate(0, 3, 0)
		r.collect(60)
		r.run()
		r.read()
		all = append(all, r.history)
	}
	all = append(all, protected(t, start)...)
	for seed := range seeds {
		g := newQuestionnaireMaker(seed)
		r := newHistory(t, fmt.Sprint("generated", seed), g.source(), seed, start)
		for step := range 7 {
			r.collect(12 + g.IntN(50))
			r.run()
			r.now = r.now.Add(time.Duration(1+g.IntN(40)) * time.Hour)
			switch {
			case step == 2 || step == 5:
				g.edit()
				r.edit(g.source())
			case step == 3:
				r.withdraw(g.IntN(len(r.ids)))
				r.now = r.now.AddDate(0, 1, 0)
			}
		}
		r.run()
		r.read()
		all = append(all, r.history)
	}
	return all
}

const guardedQuestions = `
title: {en: Guarded}
languages: [en]
timezone: UTC
sections:
  - id: all
    questions:
      - {id: tier, type: hidden, label: Tier, segment: true, options: [{id: a, label: A}, {id: b, label: B}]}
      - {id: overall, type: rating, label: Overall, steps: 5}
      - {id: fair, type: rating, label: Fair, steps: 5, sensitive: true}
      - {id: reasons, type: multi_choice, label: Reasons, options: [{id: x, label: X}, {id: y, label: Y}]}
      - {id: hours, type: number, label: Hours, min: 0, max: 200, bands: [0, 20, 40], sensitive: true}
`

// protected makes histories of a survey under strict protection, and of one whose sensitive questions are opened and removed in
// mid-period.
func protected(t *testing.T, start time.Time) (all []history) {
	strict := newHistory(t, "strict", guardedQuestions+"results: {protection: strict, closes: 2026-10-08}\n", 1, start)
	strict.collect(60)
	strict.run()
	strict.now = strict.now.AddDate(0, 0, 1)
	strict.collect(55)
	strict.run()
	strict.now = strict.now.AddDate(0, 0, 10)
	strict.run()
	strict.read()

	source := guardedQuestions + "results: {min_group: 5, closes: 2026-10-08}\n"
	opened := newHistory(t, "opened", source, 2, start)
	opened.collect(50)
	opened.run()
	opened.now = opened.now.AddDate(0, 0, 1)
	opened.edit(strings.Replace(source, "steps: 5, sensitive: true", "steps: 5", 1))
	opened.collect(40)
	opened.run()
	opened.now = opened.now.AddDate(0, 0, 1)
	opened.edit(source[:strings.Index(source, "      - {id: fair")] + "results: {min_group: 5, closes: 2026-10-08}\n")
	opened.collect(30)
	opened.run()
	opened.now = opened.now.AddDate(0, 0, 10)
	opened.run()
	opened.read()
	return append(all, strict.history, opened.history)
}
