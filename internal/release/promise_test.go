package release

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/expression"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

func parse(t testing.TB, yaml string) *survey.Survey {
	t.Helper()
	s, problems := questionnaire.Parse("promise.yaml", []byte(yaml))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// promised has every kind of question that a rule is about.
const promised = `
title: Promise
languages: [en]
timezone: UTC
period: month
channels: [web, phone]
scoring: {overall: all}
sections:
  - id: main
    title: Main
    questions:
      - {id: tier, type: single_choice, label: T, segment: true, options: [{id: gold, label: G}, {id: tin, label: "No"}]}
      - {id: all, type: rating, steps: 3, label: A}
      - {id: food, type: rating, steps: 3, label: F}
      - {id: why, type: yes_no, label: W, show_if: food <= 2}
      - {id: call, type: yes_no, label: C, show_if: channel == "phone"}
      - {id: calls, type: rating, steps: 3, label: D, show_if: call}
      - {id: extra, type: yes_no, label: E, show_if: tier == "gold"}
      - {id: best, type: ranking, max: 2, label: B, options: [{id: x, label: X}, {id: y, label: Why}, {id: z, label: Z}]}
      - {id: age, type: number, min: 0, max: 3, step: 1, label: "No"}
      - {id: hurt, type: yes_no, sensitive: true, label: H}
      - {id: how, type: yes_no, label: O, show_if: hurt}
      - {id: staff, type: yes_no, publish: false, label: S}
      - {id: since, type: rating, steps: 3, label: I, show_if: staff}
results: {min_group: 3, pool_after: 9}
`

// edits are what can happen to the questionnaire; the first changes nothing.
var edits = [][2]string{
	{"", ""},
	{"min_group: 3", "min_group: 2"},
	{"min_group: 3", "min_group: 5"},
	{"id: food, type: rating, steps: 3", "id: food, type: rating, steps: 4"},
	{"id: why, type: yes_no,", "id: why, type: yes_no, publish: false,"},
	{"id: food, type: rating, steps: 3,", "id: food, type: rating, steps: 3, sensitive: true,"},
	{"segment: true, ", ""},
	{"publish: false, ", ""},
	{"sensitive: true, ", ""},
	{"pool_after: 9", "release: daily"},
	{`      - {id: age, type: number, min: 0, max: 3, step: 1, label: "No"}` + "\n", ""},
}

// person is a respondent, and what happens to one.
type person struct {
	survey    int // that they answer
	language  string
	channel   string
	answers   map[string][]string // by field, canonical
	withdrawn int                 // the step in which; -1 for never

	cursor, day string
	id          int
}

// world is what happens in one period.
type world struct {
	people []*person // in order of arrival
	steps  []worldStep
}

type worldStep struct {
	arrivals int // of the people who are next
	survey   int // in force from now on
	days     int // that pass
	run      bool
	closed   bool
}

// played is what came of a world.
type played struct {
	transcript [][]byte
	releases   []*Release
	blocks     []madeBlock
	loose      []*person // in no block
}

type madeBlock struct {
	shape, key string
	members    []*person
}

type promise struct{ surveys []*survey.Survey }

func newPromise(t testing.TB) *promise {
	p := &promise{}
	for _, e := range edits {
		if !strings.Contains(promised, e[0]) {
			t.Fatalf("no %q", e[0])
		}
		p.surveys = append(p.surveys, parse(t, strings.Replace(promised, e[0], e[1], 1)))
	}
	return p
}

// cursorOf returns the cursor of the n-th response.
func cursorOf(n int) string { return fmt.Sprintf("%06d", n+1) }

// response returns what a person has sent, or its tombstone.
func (p *promise) response(x *person, withdrawn bool) answer.Response {
	s := p.surveys[x.survey]
	r := answer.Response{ID: fmt.Sprint(x.id), Survey: s.ID, Version: s.Version, Period: "2026-10", Language: x.language, Channel: x.channel}
	for _, f := range s.Fields() {
		if values := x.answers[f.Name]; len(values) > 0 {
			r.Answers = append(r.Answers, append(answer.Answer{f.Name}, values...))
		}
	}
	if withdrawn {
		return r.Tombstone([]string{"tier"})
	}
	return r
}

// prune removes answers to questions that do not apply.
func (p *promise) prune(x *person) {
	s := p.surveys[x.survey]
	for q := range s.Questions() {
		known := func(name string) []string {
			switch name {
			case "channel":
				return some(x.channel)
			case "language":
				return some(x.language)
			}
			return x.answers[name]
		}
		if q.ShowIf != nil && !q.ShowIf.Holds(expression.Answers(known)) {
			for _, f := range s.FieldsOf(q) {
				delete(x.answers, f.Name)
			}
		}
	}
}

func some(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

// play lets a world happen, and publishes.
func (p *promise) play(t rapid.TB, w *world) *played {
	out := &played{}
	forms := map[string]*survey.Survey{}
	for _, s := range p.surveys {
		forms[s.Shape] = s
	}
	known, day, arrived := tally.New(), 1, 0
	var last *Release
	inBlock := map[*person]bool{}
	for at, step := range w.steps {
		date := func() string { return fmt.Sprintf("2026-10-%02d", min(day, 31)) }
		for range min(step.arrivals, len(w.people)-arrived) {
			x := w.people[arrived]
			x.cursor, x.day = cursorOf(arrived), date()
			known.Fold(p.surveys[x.survey], x.cursor, x.day, p.response(x, false))
			arrived++
		}
		for _, x := range w.people[:arrived] {
			if x.withdrawn == at && !known.Unfold(p.surveys[x.survey], x.cursor, p.response(x, false)) {
				t.Fatalf("step %d: the answers of %d cannot be taken out", at, x.id)
			}
		}
		day += step.days
		if !step.run {
			continue
		}
		next, after := Next(p.surveys[step.survey], forms, "2026-10", date(), last, known, step.closed)
		if next == nil {
			continue
		}
		for shape, marks := range next.Held.Out {
			for key, mark := range marks {
				if mark.Release != next.Number {
					continue
				}
				made := madeBlock{shape: shape, key: key}
				for _, x := range w.people[:arrived] {
					gone := x.withdrawn >= 0 && x.withdrawn <= at
					if s := p.surveys[x.survey]; !inBlock[x] && !gone && s.Shape == shape && tally.CohortKey(s, p.response(x, false)) == key {
						made.members = append(made.members, x)
						inBlock[x] = true
					}
				}
				out.blocks = append(out.blocks, made)
			}
		}
		last, known = next, after
		public, err := json.Marshal(next.Public())
		if err != nil {
			t.Fatal(err)
		}
		out.transcript, out.releases = append(out.transcript, public), append(out.releases, next)
	}
	for _, x := range w.people {
		if !inBlock[x] {
			out.loose = append(out.loose, x)
		}
	}
	return out
}

// worlds generates worlds.
func (p *promise) worlds() *rapid.Generator[*world] {
	return rapid.Custom(func(t *rapid.T) *world {
		w := &world{}
		in, closed := 0, false
		for at := range rapid.IntRange(2, 12).Draw(t, "steps") {
			step := worldStep{arrivals: rapid.IntRange(0, 9).Draw(t, "arrivals"), days: rapid.IntRange(0, 4).Draw(t, "days"), run: rapid.IntRange(0, 3).Draw(t, "run") > 0}
			if rapid.IntRange(0, 3).Draw(t, "edit") == 0 {
				in = rapid.IntRange(0, len(p.surveys)-1).Draw(t, "survey")
			}
			if rapid.IntRange(0, 5).Draw(t, "close") == 0 {
				closed = !closed
			}
			step.survey, step.closed = in, closed
			w.steps = append(w.steps, step)
			for range step.arrivals {
				x := &person{id: len(w.people), survey: in, withdrawn: -1, answers: map[string][]string{}}
				if rapid.IntRange(0, 9).Draw(t, "late") == 0 {
					x.survey = 0
				}
				x.language, x.channel = rapid.SampledFrom([]string{"en"}).Draw(t, "language"), rapid.SampledFrom([]string{"web", "web", "phone", ""}).Draw(t, "channel")
				if rapid.IntRange(0, 5).Draw(t, "withdraws") == 0 {
					x.withdrawn = at + rapid.IntRange(0, 4).Draw(t, "after")
				}
				if tier := rapid.SampledFrom([]string{"gold", "gold", "tin", ""}).Draw(t, "tier"); tier != "" {
					x.answers["tier"] = []string{tier}
				}
				p.answer(t, x)
				w.people = append(w.people, x)
			}
		}
		// At the end the period is closed, twice: what is due then is published.
		w.steps = append(w.steps, worldStep{run: true, closed: true, survey: in, days: 1}, worldStep{run: true, closed: true, survey: in, days: 1})
		return w
	})
}

// answer draws a person's answers, but for facts.
func (p *promise) answer(t *rapid.T, x *person) {
	for q := range p.surveys[x.survey].Questions() {
		if q.ID == "tier" {
			continue
		}
		fields := p.surveys[x.survey].FieldsOf(q)
		for _, f := range fields {
			delete(x.answers, f.Name)
		}
		if rapid.IntRange(0, 4).Draw(t, "left out") == 0 {
			continue
		}
		switch q.Type {
		case survey.Ranking:
			order := rapid.Permutation(fields).Draw(t, q.ID)
			for rank, f := range order[:q.AtMost] {
				x.answers[f.Name] = []string{fmt.Sprint(rank + 1)}
			}
		case survey.Number:
			x.answers[q.ID] = []string{fmt.Sprint(rapid.IntRange(0, 3).Draw(t, q.ID))}
		default:
			x.answers[q.ID] = []string{rapid.SampledFrom(fields[0].Options()).Draw(t, q.ID).ID}
		}
	}
	p.prune(x)
}

// same reports how the transcripts of two plays differ; "" if they do not. Row figures are left out if rows is false.
func same(a, b *played, rows bool) string {
	if len(a.releases) != len(b.releases) {
		return fmt.Sprintf("%d releases and %d", len(a.releases), len(b.releases))
	}
	for i := range a.releases {
		x, y := *a.releases[i].Public(), *b.releases[i].Public()
		if !rows {
			x.Rows, x.Steps, y.Rows, y.Steps = nil, nil, nil, nil
		}
		one, _ := json.Marshal(x)
		two, _ := json.Marshal(y)
		if !bytes.Equal(one, two) {
			return fmt.Sprintf("release %d:\n%s\nand\n%s", i+1, one, two)
		}
	}
	return ""
}

// TestSecrecy changes the answers of those who are in no block, and answers to questions that are not published: nothing
// that is public changes.
func TestSecrecy(t *testing.T) {
	p := newPromise(t)
	rapid.Check(t, func(t *rapid.T) {
		w := p.worlds().Draw(t, "world")
		before := p.play(t, w)
		for _, x := range before.loose {
			p.answer(t, x)
		}
		for _, x := range w.people {
			if s := p.surveys[x.survey]; s == p.surveys[0] || x.answers["staff"] != nil {
				if f, _ := s.Field("staff"); !f.Counted() {
					x.answers["staff"] = some(rapid.SampledFrom([]string{"", "yes", "no"}).Draw(t, "staff"))
					if x.answers["since"] == nil {
						x.answers["since"] = some(rapid.SampledFrom([]string{"1", "3"}).Draw(t, "since"))
					}
					p.prune(x)
				}
			}
		}
		if difference := same(before, p.play(t, w), true); difference != "" {
			t.Fatal("answers that are in no block, or not published, are told by ", difference)
		}
	})
}

// TestExchange exchanges the answers of two members of a block to the questions of one bundle, or all their answers: nothing
// that is public changes. Row figures are left out of the first.
func TestExchange(t *testing.T) {
	p := newPromise(t)
	rapid.Check(t, func(t *rapid.T) {
		w := p.worlds().Draw(t, "world")
		before := p.play(t, w)
		if len(before.blocks) == 0 {
			t.Skip("nothing released")
		}
		made := rapid.SampledFrom(before.blocks).Draw(t, "block")
		a, b := rapid.SampledFrom(made.members).Draw(t, "one"), rapid.SampledFrom(made.members).Draw(t, "other")
		s := p.surveys[a.survey]
		bundle := rapid.SampledFrom(append(s.Bundles(), nil)).Draw(t, "bundle") // nil: everything
		if readsFact(s, bundle) && (a.channel != b.channel || a.language != b.language) {
			t.Skip("others know that they were asked other questions")
		}
		for _, f := range s.Fields() {
			if f.Name != "tier" && (bundle == nil || slices.Contains(bundle, f.Question.ID)) {
				a.answers[f.Name], b.answers[f.Name] = b.answers[f.Name], a.answers[f.Name]
			}
		}
		if difference := same(before, p.play(t, w), bundle == nil); difference != "" {
			t.Fatalf("exchanging %v of %d and %d is told by %s", bundle, a.id, b.id, difference)
		}
	})
}

// readsFact reports whether the channel or the language decides who is asked a question of a bundle.
func readsFact(s *survey.Survey, bundle []string) bool {
	for _, f := range s.Fields() {
		if (bundle == nil || slices.Contains(bundle, f.Question.ID)) && s.FactCondition(f) != nil {
			return true
		}
	}
	return false
}

// TestWorldsPublish makes sure that the worlds of the tests above have what an attacker needs.
func TestWorldsPublish(t *testing.T) {
	p := newPromise(t)
	seen := map[string]int{}
	for seed := range 150 {
		w := p.worlds().Example(seed)
		out := p.play(t, w)
		seen["releases"] += len(out.releases)
		seen["blocks"] += len(out.blocks)
		seen["loose"] += len(out.loose)
		for _, r := range out.releases {
			seen["coded"] += len(r.Coded)
			seen["steps"] += len(r.Steps)
			for _, part := range r.Parts {
				if part.Cohorts[Pool] != nil {
					seen["pooled"]++
				}
				for _, c := range part.Cohorts {
					if c.Items["calls"] != nil {
						seen["bases"]++
					}
				}
			}
			for _, cohorts := range r.Held.Items {
				seen["held"] += len(cohorts)
			}
		}
	}
	for _, what := range []string{"releases", "blocks", "loose", "coded", "steps", "pooled", "bases", "held"} {
		if seen[what] < 20 {
			t.Errorf("%d %s in all worlds", seen[what], what)
		}
	}
	t.Log(slices.Sorted(maps.Keys(seen)), seen)
}
