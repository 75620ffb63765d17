package release

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// tiny is a questionnaire whose worlds can all be looked at.
const tiny = `
title: Tiny
languages: [en]
timezone: UTC
channels: [web, phone]
sections:
  - id: main
    title: Main
    questions:
      - {id: tier, type: single_choice, label: Tier, segment: true, options: [{id: gold, label: Gold}, {id: tin, label: Tin}]}
      - {id: q, type: yes_no, label: Q}
      - {id: then, type: yes_no, label: Then, show_if: q}
results: {min_group: 3, pool_after: 5}
`

// tinyAnswers are all ways to answer tiny, facts aside: q and then; "" is left out.
var tinyAnswers = [][2]string{{"", ""}, {"no", ""}, {"yes", ""}, {"yes", "no"}, {"yes", "yes"}}

// TestEveryTinyWorld looks at every world of five people: it plays all ways in which they can answer, with facts, runs and
// withdrawals as given, and puts those together of which the same is public. What is the same of a person in all of them is
// certain to a reader who knows all facts and every release. Nothing is certain of somebody in no block; of a member of a block
// nothing is, unless all members of the block have given that answer.
func TestEveryTinyWorld(t *testing.T) {
	s := parse(t, tiny)
	forms := map[string]*survey.Survey{s.Shape: s}
	for name, facts := range map[string]struct {
		tiers     string // of the people, g or t
		runs      string // after whom a run is made; c closes the period
		withdrawn int    // who withdraws before the last run; -1 for nobody
	}{
		"a run after each":        {"ggggg", "rrrrrc", -1},
		"one waits":               {"gggtg", "..r.r.", -1},
		"withdrawn from a block":  {"gggtg", "..r..c", 0},
		"withdrawn while waiting": {"ggggg", "...r.c", 4},
		"a pool":                  {"ggttg", "....rc", -1},
		"a small rest":            {"gggtt", "rrrrrc", -1},
	} {
		t.Run(name, func(t *testing.T) {
			people := make([]*person, len(facts.tiers))
			for i := range people {
				people[i] = &person{id: i, withdrawn: -1, channel: "web", language: "en"}
			}
			p := &promise{surveys: []*survey.Survey{s}}
			type seen struct {
				answers [5]map[int]bool // by person: what they may have answered
				same    [5]bool         // all members of their block answered the same, in each world
				out     [5]bool         // they are in a block
			}
			groups := map[string]*seen{}
			var world [5]int
			for {
				transcript, blocks := playTiny(p, forms, people, world, facts.tiers, facts.runs, facts.withdrawn)
				g := groups[transcript]
				if g == nil {
					g = &seen{}
					for i := range g.answers {
						g.answers[i], g.same[i] = map[int]bool{}, true
					}
					groups[transcript] = g
				}
				for _, members := range blocks {
					for _, i := range members {
						g.out[i] = true
						for _, j := range members {
							g.same[i] = g.same[i] && world[i] == world[j]
						}
					}
				}
				for i, a := range world {
					g.answers[i][a] = true
				}
				if !following(world[:], len(tinyAnswers)) {
					break
				}
			}
			released := false
			for transcript, g := range groups {
				for i := range people {
					released = released || g.out[i]
					if len(g.answers[i]) == 1 && (!g.out[i] || !g.same[i]) {
						t.Errorf("it is certain what %d has answered, from\n%s", i, transcript)
					}
				}
			}
			if !released {
				t.Error("nothing was released")
			}
			t.Logf("%d transcripts of %d worlds", len(groups), 3125)
		})
	}
}

// following advances a number whose digits are less than base; false after the last.
func following(digits []int, base int) bool {
	for i := range digits {
		if digits[i]++; digits[i] < base {
			return true
		}
		digits[i] = 0
	}
	return false
}

// playTiny plays one world and returns all that is public, and the members of the blocks.
func playTiny(p *promise, forms map[string]*survey.Survey, people []*person, world [5]int, tiers, runs string, withdrawn int) (string, [][]int) {
	s := p.surveys[0]
	known, transcript := tally.New(), strings.Builder{}
	var last *Release
	var blocks [][]int
	in := map[int]bool{}
	run := func(at int, gone int, closed bool) {
		next, after := Next(s, forms, "all", fmt.Sprintf("2026-10-%02d", at+1), last, known, closed)
		if next == nil {
			return
		}
		var cohorts, pool []int
		for i, x := range people[:min(at+1, len(people))] {
			key := tally.CohortKey(s, p.response(x, false))
			if mark := next.Held.Out[s.Shape][key]; !in[i] && i != gone && mark.Release == next.Number && x.cursor <= mark.Cursor {
				if before := last; before != nil && before.Parts[s.Shape] != nil && before.Parts[s.Shape].Cohorts[key].Clone().Respondents == next.Parts[s.Shape].Cohorts[key].Clone().Respondents || next.Parts[s.Shape].Cohorts[key] == nil {
					pool = append(pool, i)
				} else {
					cohorts = append(cohorts, i)
				}
				in[i] = true
			}
		}
		for _, members := range [][]int{cohorts, pool} {
			if len(members) > 0 {
				blocks = append(blocks, members)
			}
		}
		public, err := json.Marshal(next.Public())
		if err != nil {
			panic(err)
		}
		transcript.Write(append(public, '\n'))
		last, known = next, after
	}
	for i, x := range people {
		a := tinyAnswers[world[i]]
		x.answers = map[string][]string{"tier": {map[byte]string{'g': "gold", 't': "tin"}[tiers[i]]}, "q": some(a[0]), "then": some(a[1])}
		x.cursor, x.day = cursorOf(i), fmt.Sprintf("2026-10-%02d", i+1)
		known.Fold(s, x.cursor, x.day, p.response(x, false))
		if runs[i] == 'r' {
			run(i, -1, false)
		}
	}
	if withdrawn >= 0 {
		known.Unfold(s, people[withdrawn].cursor, p.response(people[withdrawn], false))
	}
	if runs[len(people)] == 'c' {
		run(len(people), withdrawn, true)
	}
	return transcript.String(), blocks
}

// TestCodedCountsNameNobody looks at every number of people who may have chosen an option: whatever is published, more than
// one number of them is possible for each option, and where all may have chosen it, or nobody, others are possible, too.
func TestCodedCountsNameNobody(t *testing.T) {
	for _, k := range []int64{3, 5, 10} {
		for members := max(4*k, 20); members <= max(4*k, 20)+2*k; members++ {
			possible := map[string]map[int64]bool{} // numbers who said yes, by what is published
			for yes := int64(0); yes <= members; yes++ {
				for no := int64(0); no <= members-yes; no++ {
					coded := largestRemainder([]int64{yes, no, members - yes - no}, k)
					sum := int64(0)
					for _, n := range coded {
						if n%k != 0 || n < 0 {
							t.Fatalf("k %d: %d of %d become %v", k, yes, members, coded)
						}
						sum += n
					}
					if sum != members/k*k {
						t.Fatalf("k %d: %v do not add to %d rounded down", k, coded, members)
					}
					key := fmt.Sprint(coded)
					if possible[key] == nil {
						possible[key] = map[int64]bool{}
					}
					possible[key][yes] = true
				}
			}
			for published, numbers := range possible {
				if len(numbers) < 2 {
					t.Errorf("k %d, %d people: %s says exactly how many said yes", k, members, published)
				}
			}
		}
	}
}
