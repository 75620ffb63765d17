package release

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

const attacked = `
title: Attacked
languages: [en]
timezone: UTC
sections:
  - id: all
    title: All
    questions:
      - {id: tier, type: single_choice, label: Tier, segment: true, options: [{id: gold, label: Gold}, {id: tin, label: Tin}]}
      - {id: site, type: yes_no, label: Site, segment: true}
      - {id: all, type: yes_no, label: All}
      - {id: one, type: yes_no, label: One}
      - {id: two, type: rating, steps: 3, label: Two}
      - {id: shy, type: yes_no, label: Shy, sensitive: true}
results: {min_group: 3, pool_after: 10}
`

// TestAttacker lets respondents arrive and withdraw in any order while days pass, periods close and reopen and the
// questionnaire changes, and keeps every figure that is ever published. Each respondent's answers carry a mark, a power of
// three in the item's sum, so that every published counter tells exactly whose answers are in it: a vector over the
// respondents, with 1 for those it counts and -1 for those it subtracts. Any linear combination of published figures is
// then a vector of the space that they span, and the attack succeeds if that space has a vector with fewer than k
// respondents. Segments, cross-tabs, shares, means and dimension scores are made of these counters, so they are in it.
func TestAttacker(t *testing.T) {
	a := newAttack(t)
	rapid.Check(t, func(t *rapid.T) { a.run(t, a.histories().Draw(t, "history")) })
}

// TestAttackerSeesReleases runs fixed histories, and checks that they have what an attacker needs: releases, a pool, and
// respondents who are subtracted from figures.
func TestAttackerSeesReleases(t *testing.T) {
	a := newAttack(t)
	var total seen
	for seed := range 100 {
		one := a.run(t, a.histories().Example(seed))
		total.released += one.released
		total.pooled += one.pooled
		total.subtracted += one.subtracted
	}
	if total.released < 30 || total.pooled < 10 || total.subtracted < 10 {
		t.Errorf("of 100 histories %d released anything, %d used the pool, and %d figures subtract a respondent", total.released, total.pooled, total.subtracted)
	}
}

// history lists what happens in one period, step by step.
type history struct {
	survey int // in force at the first step
	steps  []historyStep
}

type historyStep struct {
	arrivals []answer.Response
	days     int // that pass
	event    int // what else happens: see [attack.run]
	which    int // the survey that comes into force, or the respondent who withdraws
}

// seen counts what an attacker has seen.
type seen struct{ released, pooled, subtracted int }

// attack holds the questionnaires that a period may have.
type attack struct{ surveys []*survey.Survey }

func newAttack(t *testing.T) *attack {
	edit := func(from, to string) *survey.Survey { return parse(t, strings.Replace(attacked, from, to, 1)) }
	return &attack{[]*survey.Survey{
		edit("", ""), edit("label: Tier, segment: true", "label: Tier"), edit("min_group: 3", "min_group: 1"),
		edit("label: One", "label: One, publish: false"), edit("pool_after: 10", "release: daily"),
		edit("pool_after: 10", "pool_after: 10, crosstabs: [{rows: one, by: tier}]"),
	}}
}

// histories generates histories.
func (a *attack) histories() *rapid.Generator[history] {
	arrivals := rapid.Custom(func(t *rapid.T) answer.Response {
		r := answer.Response{Answers: []answer.Answer{{"all", "yes"}}}
		for _, q := range []struct {
			name   string
			values []string
		}{{"tier", []string{"", "gold", "gold", "tin"}}, {"site", []string{"yes", "yes", "no"}}, {"one", []string{"", "yes", "no"}}, {"two", []string{"", "", "1", "3"}}, {"shy", []string{"", "yes", "no"}}} {
			if value := rapid.SampledFrom(q.values).Draw(t, q.name); value != "" {
				r.Answers = append(r.Answers, answer.Answer{q.name, value})
			}
		}
		return r
	})
	steps := rapid.Custom(func(t *rapid.T) historyStep {
		return historyStep{
			rapid.SliceOfN(arrivals, 0, 8).Draw(t, "arrivals"), rapid.IntRange(0, 3).Draw(t, "days"),
			rapid.IntRange(0, 19).Draw(t, "event"), rapid.IntRange(0, 1<<10).Draw(t, "which"),
		}
	})
	return rapid.Custom(func(t *rapid.T) history {
		return history{rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "survey"), rapid.SliceOfN(steps, 1, 20).Draw(t, "steps")}
	})
}

// run plays a history and attacks what it publishes.
func (a *attack) run(t rapid.TB, h history) (found seen) {
	start := a.surveys[h.survey]
	s, closed, day := start, false, 1
	var people []answer.Response
	var published []*Release
	var last *Release
	for _, step := range h.steps {
		people = append(people, step.arrivals...)
		day += step.days
		switch step.event {
		case 0:
			closed = !closed
		case 1:
			s = a.surveys[step.which%len(a.surveys)]
		case 2, 3, 4, 5:
			if len(people) > 0 {
				people[step.which%len(people)].Withdrawn = true
			}
		}
		next := Next(s, "all", fmt.Sprintf("2026-10-%02d", min(day, 31)), last, marked(s, people), closed)
		if next == nil {
			continue
		}
		obeys(t, start, last, next)
		agree(t, last, next)
		published, last = append(published, next), next
	}
	if last == nil {
		return found
	}
	found.released = 1
	if last.Cohorts[Pool] != nil {
		found.pooled = 1
	}
	for _, q := range []string{"tier", "site", "all", "one", "two", "shy"} {
		var figures [][]int64
		for _, r := range published {
			for _, key := range keys(r) {
				if item := r.Cohorts[key].Items[q]; item != nil {
					figure := respondentsOf(item.Sum, len(people))
					figures = append(figures, figure)
					if slices.Contains(figure, -1) {
						found.subtracted++
					}
				}
			}
		}
		if group := isolated(figures, last.MinGroup); group != nil {
			t.Fatalf("%s: published figures are about respondents %v alone, k is %d", q, group, last.MinGroup)
		}
	}
	return found
}

// marked folds all responses, with respondent i's mark, 3 to the power of i, as the sum of each item.
func marked(s *survey.Survey, people []answer.Response) *tally.Tally {
	all := make([]*tally.Tally, len(people))
	mark := big.NewInt(1)
	for i, r := range people {
		all[i] = fold(s, []answer.Response{r})
		for _, c := range all[i].Cohorts {
			for _, item := range c.Items {
				item.Sum = new(big.Int).Set(mark)
			}
		}
		mark.Mul(mark, big.NewInt(3))
	}
	return tally.Merge(all...)
}

// respondentsOf reads marks: the digits of a sum in base three, from -1 to 1.
func respondentsOf(sum *big.Int, n int) []int64 {
	digits := make([]int64, n)
	rest, three, digit := new(big.Int).Set(sum), big.NewInt(3), new(big.Int)
	for i := range digits {
		digits[i] = digit.Mod(rest, three).Int64()
		if digits[i] == 2 {
			digits[i] = -1
		}
		rest.Sub(rest, big.NewInt(digits[i])).Quo(rest, three)
	}
	return digits
}

// isolated finds fewer than k respondents such that some linear combination of figures is about them and about no others.
// Respondents in whom all figures agree always appear together, so only groups of fewer than k of them can be isolated.
func isolated(figures [][]int64, k int) []int {
	if len(figures) == 0 {
		return nil
	}
	groups := map[string][]int{}
	for i := range figures[0] {
		column := make([]int64, len(figures))
		for j, f := range figures {
			column[j] = f[i]
		}
		if slices.ContainsFunc(column, func(x int64) bool { return x != 0 }) {
			groups[fmt.Sprint(column)] = append(groups[fmt.Sprint(column)], i)
		}
	}
	var few []int
	for _, group := range groups {
		if len(group) < k {
			few = append(few, group...)
		}
	}
	slices.Sort(few)
	full := rank(figures, nil)
	var try func(chosen []int, from int) []int
	try = func(chosen []int, from int) []int {
		if len(chosen) > 0 && rank(figures, chosen) < full {
			return chosen
		}
		for i := from; i < len(few) && len(chosen) < k-1; i++ {
			if found := try(append(slices.Clone(chosen), few[i]), i+1); found != nil {
				return found
			}
		}
		return nil
	}
	return try(nil, 0)
}

// rank is that of the figures with some respondents left out, modulo a prime. It is less than with them if and only if
// some linear combination of figures is about these respondents alone.
func rank(figures [][]int64, without []int) int {
	const p = 1_000_003
	rows := make([][]int64, len(figures))
	for i, f := range figures {
		rows[i] = slices.Clone(f)
		for _, w := range without {
			rows[i][w] = 0
		}
	}
	r := 0
	for column := 0; column < len(rows[0]) && r < len(rows); column++ {
		pivot := r
		for pivot < len(rows) && rows[pivot][column]%p == 0 {
			pivot++
		}
		if pivot == len(rows) {
			continue
		}
		rows[r], rows[pivot] = rows[pivot], rows[r]
		inverse := new(big.Int).ModInverse(big.NewInt(rows[r][column]), big.NewInt(p)).Int64()
		for i := r + 1; i < len(rows); i++ {
			if factor := rows[i][column] * inverse % p; factor != 0 {
				for j := column; j < len(rows[i]); j++ {
					rows[i][j] = (rows[i][j] - factor*rows[r][j]) % p
				}
			}
		}
		r++
	}
	return r
}

// TestIsolated checks that the attacker finds what can be isolated.
func TestIsolated(t *testing.T) {
	for _, c := range []struct {
		figures [][]int64
		want    string
	}{
		{[][]int64{{1, 1, 1, 0, 0}, {1, 1, 1, 1, 1}}, "[3 4]"},                           // a group of two joins
		{[][]int64{{1, 1, 1, 0, 0, 0}, {1, 1, 1, 1, 1, 1}}, "[]"},                        // one of three
		{[][]int64{{1, 1, 1, 1}, {1, 1, 1, 0}}, "[3]"},                                   // one leaves
		{[][]int64{{1, 1, 1, 0, 0, 0}, {1, 1, 0, 1, 1, 1}}, "[]"},                        // one leaves as three join
		{[][]int64{{1, 1, 1, 1, 0, 0}, {0, 0, 1, 1, 1, 1}, {1, 1, 0, 0, 0, 0}}, "[0 1]"}, // two overlap
		{[][]int64{{1, 1, 1, 0}, {0, 1, 1, 1}}, "[0 3]"},                                 // known but for their sum, or difference
	} {
		got := isolated(c.figures, 3)
		slices.Sort(got)
		if fmt.Sprint(got) != c.want {
			t.Errorf("%v: %v, want %s", c.figures, got, c.want)
		}
	}
}

// obeys checks the rules that need no algebra on one release.
func obeys(t rapid.TB, start *survey.Survey, last, now *Release) {
	if now.MinGroup != start.Results.MinGroup && last == nil {
		return // another questionnaire was in force at the first release
	}
	if last != nil && (now.MinGroup != last.MinGroup || !slices.Equal(now.Questions, last.Questions) || !slices.Equal(now.Segments, last.Segments) || !slices.Equal(now.CrossTabs, last.CrossTabs)) {
		t.Fatalf("frozen: %+v after %+v", now, last)
	}
	for key, c := range now.Cohorts {
		old := (*tally.Counters)(nil).Clone()
		if last != nil {
			old = last.Cohorts[key].Clone()
		}
		if more := c.Respondents - old.Respondents; more != 0 && more < int64(now.MinGroup) {
			t.Fatalf("cohort %q moves by %d", key, more)
		}
		for name, item := range c.Items {
			if !slices.Contains(now.Questions, name) {
				t.Fatalf("%s is published", name)
			}
			more := item.Clone()
			more.Sub(old.Items[name])
			if more.N != 0 && more.N < int64(now.MinGroup) {
				t.Fatalf("%s of cohort %q moves by %d", name, key, more.N)
			}
			for _, x := range more.Counts {
				if name == "shy" && more.N > 0 && x.N >= more.N {
					t.Fatalf("a batch of %q is unanimous: %d of %d say %s", key, x.N, more.N, x.Option)
				}
				if more.N == 0 && x.N != 0 {
					t.Fatalf("%s=%s moves by %d of none", name, x.Option, x.N)
				}
			}
		}
	}
}

func keys(r *Release) []string {
	var all []string
	for key := range r.Cohorts {
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}
