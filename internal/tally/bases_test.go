package tally

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// asked has questions of which facts decide, in part or alone, who is asked them.
const asked = `
title: {en: Asked, fr: A}
languages: [en, fr]
timezone: UTC
channels: [web, sms]
sections:
  - id: all
    title: {en: All, fr: Tout}
    questions:
      - {id: tier, type: single_choice, label: {en: Tier, fr: T}, segment: true, options: [{id: gold, label: {en: G, fr: G}}, {id: tin, label: {en: T, fr: T}}, {id: iron, label: {en: I, fr: I}}]}
      - {id: order, type: hidden, label: {en: Order, fr: O}}
      - {id: union, type: yes_no, label: {en: Union, fr: U}}
      - {id: always, type: yes_no, label: {en: Always, fr: A}}
      - {id: by_answer, type: yes_no, label: {en: A, fr: A}, show_if: union}
      - {id: by_tier, type: yes_no, label: {en: B, fr: B}, show_if: "tier == 'gold'"}
      - {id: by_both, type: yes_no, label: {en: C, fr: C}, show_if: "tier == 'gold' or union"}
      - {id: by_channel, type: yes_no, label: {en: D, fr: D}, show_if: "channel == 'web' and union"}
      - {id: by_language, type: yes_no, label: {en: E, fr: E}, show_if: "language == 'fr'"}
      - {id: by_order, type: yes_no, label: {en: F, fr: F}, show_if: "answered(order)"}
  - id: staff
    title: {en: Staff, fr: Staff}
    show_if: tier == 'tin'
    questions:
      - {id: in_section, type: yes_no, label: {en: G, fr: G}}
      - {id: far, type: yes_no, label: {en: H, fr: H}, show_if: by_both}
`

// TestBases: a class for each set of conditions that facts leave, and one for those who are not asked.
func TestBases(t *testing.T) {
	s := parse(t, asked)
	folded := fold(s, []answer.Response{
		{Channel: "web", Language: "fr", Answers: []answer.Answer{{"tier", "gold"}, {"order", "17"}}},
		{Channel: "sms", Language: "en", Answers: []answer.Answer{{"tier", "tin"}, {"union", "yes"}}},
		{Channel: "web", Language: "en", Answers: []answer.Answer{{"tier", "tin"}, {"order", "18"}}},
		{Language: "fr", Answers: []answer.Answer{{"union", "no"}}},
		{Language: "fr", Answers: []answer.Answer{{"tier", "iron"}, {"union", "no"}}},
	})
	total := Total(folded.Parts[s.Shape].Cohorts)
	for name, want := range map[string]string{ // how many are not asked, with a minus, and how many there are in each class of the others
		"by_tier": "-4 1", "by_both": "1 4", "by_channel": "-3 2", "by_language": "-2 3", "by_order": "-3 2", "in_section": "-3 2",
		"far": "-3 2",
	} {
		if got := sizes(total.Bases[name]); got != want {
			t.Errorf("%s: %s (%v), want %s", name, got, total.Bases[name], want)
		}
	}
	for _, name := range []string{"tier", "order", "union", "always", "by_answer"} {
		if total.Bases[name] != nil {
			t.Errorf("facts decide who is asked %s: %v", name, total.Bases[name])
		}
	}
}

// sizes writes the sizes of the classes of those not asked, then of the others, each sorted.
func sizes(classes map[string]int64) string {
	var not, asked []int64
	for class, n := range classes {
		if class == NotAsked {
			not = append(not, -n)
		} else {
			asked = append(asked, n)
		}
	}
	for _, all := range [][]int64{not, asked} {
		for i := range all {
			for j := range i {
				if all[j] > all[i] {
					all[i], all[j] = all[j], all[i]
				}
			}
		}
	}
	return strings.Trim(fmt.Sprint(append(not, asked...)), "[]")
}

// TestClassesAreOfFacts: the class follows from facts alone, whatever is answered, and is the same in every order of folding and
// however many facts there are.
func TestClassesAreOfFacts(t *testing.T) {
	s := parse(t, asked)
	shared := newBasePlan(s)
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		facts := answer.Response{Channel: []string{"", "web", "sms"}[r.IntN(3)], Language: []string{"en", "fr"}[r.IntN(2)]}
		if r.IntN(3) > 0 {
			facts.Answers = append(facts.Answers, answer.Answer{"tier", []string{"gold", "tin", "iron"}[r.IntN(3)]})
		}
		if r.IntN(2) > 0 {
			facts.Answers = append(facts.Answers, answer.Answer{"order", fmt.Sprint(r.IntN(2 * mostClasses))})
		}
		more := facts
		more.Answers = append(facts.Answers[:len(facts.Answers):len(facts.Answers)], answer.Answer{"union", "yes"}, answer.Answer{"by_both", "no"})
		if one, two, fresh := shared.of(facts), shared.of(more), newBasePlan(s).of(facts); fmt.Sprint(one) != fmt.Sprint(two) || fmt.Sprint(one) != fmt.Sprint(fresh) {
			t.Fatalf("%v\n%v\n%v", one, two, fresh)
		}
		for i, class := range shared.of(facts) {
			if who := everybodyIs(s, shared.fields[i].name, facts); (class == NotAsked) != (who == "not asked") {
				t.Fatalf("%+v: class %s of %s, %s", facts, class, shared.fields[i].name, who)
			}
		}
	})
	for i := range mostClasses + 10 {
		shared.of(answer.Response{Answers: []answer.Answer{{"order", fmt.Sprint(i)}}})
	}
	if n := len(shared.classes); n > mostClasses {
		t.Errorf("%d classes are remembered", n)
	}
}

// everybodyIs says whether respondents with some facts may be asked a question, by trying all their answers.
func everybodyIs(s *survey.Survey, name string, facts answer.Response) string {
	f, _ := s.Field(name)
	own := s.Condition(f.Question)
	for _, union := range []string{"", "yes", "no"} {
		for _, both := range []string{"", "yes", "no"} {
			holds := own.Holds(func(name string) []string {
				switch {
				case name == "union" && union != "":
					return []string{union}
				case name == "by_both" && both != "":
					return []string{both}
				}
				return fact(facts, name)
			})
			if holds {
				return "asked"
			}
		}
	}
	return "not asked"
}
