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
// questionnaire changes, and keeps everything that is ever published. Each person's answers carry a mark, a power of three
// in the item's sum, so that every published counter tells exactly whose answers are in it: a vector over the people, with
// 1 for those it counts and -1 for those that it subtracts. Any sum of published figures, with any factors, is then a
// vector of the space that they span, and the attack succeeds if that space has one that speaks of fewer than k people.
// Segments, cross-tabs, shares, means and dimension scores are made of these counters, so they are in the space.
func TestAttacker(t *testing.T) {
	edit := func(from, to string) *survey.Survey { return parse(t, strings.Replace(attacked, from, to, 1)) }
	surveys := []*survey.Survey{
		edit("", ""), edit("label: Tier, segment: true", "label: Tier"), edit("min_group: 3", "min_group: 1"),
		edit("label: One", "label: One, publish: false"), edit("pool_after: 10", "release: daily"),
		edit("pool_after: 10", "pool_after: 10, crosstabs: [{rows: one, by: tier}]"),
	}
	released, withdrew, pooled := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.SampledFrom([]*survey.Survey{surveys[0], surveys[0], surveys[1], surveys[3]}).Draw(t, "survey")
		s, closed, day := start, false, 1
		var people []answer.Response
		var published []*Release
		var last *Release
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
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			people = append(people, rapid.SliceOfN(arrivals, 0, 8).Draw(t, "arrivals")...)
			day += rapid.IntRange(0, 3).Draw(t, "days")
			switch rapid.IntRange(0, 19).Draw(t, "event") {
			case 0:
				closed = !closed
			case 1:
				s = rapid.SampledFrom(surveys).Draw(t, "changed")
			case 2, 3, 4, 5:
				if len(people) > 0 {
					p := &people[rapid.IntRange(0, len(people)-1).Draw(t, "withdraws")]
					p.Withdrawn = true
				}
			}
			next := Next(s, "all", fmt.Sprintf("2026-10-%02d", min(day, 31)), last, marked(s, people), closed)
			if next == nil {
				continue
			}
			obeys(t, start, last, next)
			published, last = append(published, next), next
		}
		if last == nil {
			return
		}
		released++
		k := int64(last.MinGroup)
		for _, q := range []string{"tier", "site", "all", "one", "two", "shy"} {
			var figures [][]int64
			for _, r := range published {
				for _, key := range keys(r) {
					if item := r.Cohorts[key].Items[q]; item != nil {
						figures = append(figures, people3(item.Sum, len(people)))
						if slices.Contains(figures[len(figures)-1], -1) {
							withdrew++
						}
					}
				}
			}
			if group := isolated(figures, int(k)); group != nil {
				t.Fatalf("%s: published figures tell of %v alone, k is %d", q, group, k)
			}
		}
		if last.Cohorts[Pool] != nil {
			pooled++
		}
	})
	if released < 30 || pooled < 10 {
		t.Errorf("only %d runs released anything, %d pooled, %d withdrew: the attack was none", released, pooled, withdrew)
	}
}

// marked folds everybody, with person i's mark, 3 to the power of i, as the sum of each item.
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

// people3 reads marks: the digits of a sum to the base of three, from -1 to 1.
func people3(sum *big.Int, n int) []int64 {
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

// isolated finds fewer than k people of whom some sum of figures speaks, and of nobody else. People in whom all figures
// agree always appear together, so only those who have fewer than k such fellows can be isolated.
func isolated(figures [][]int64, k int) []int {
	if len(figures) == 0 {
		return nil
	}
	fellows := map[string][]int{}
	for i := range figures[0] {
		column := make([]int64, len(figures))
		for j, f := range figures {
			column[j] = f[i]
		}
		if slices.ContainsFunc(column, func(x int64) bool { return x != 0 }) {
			fellows[fmt.Sprint(column)] = append(fellows[fmt.Sprint(column)], i)
		}
	}
	var few []int
	for _, group := range fellows {
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

// rank is that of the figures with some people left out, modulo a prime. It is less than with them if and only if some
// sum of figures speaks of these people alone.
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

// TestIsolated keeps the attacker honest.
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

// obeys checks one release by the letter of the rules that need no algebra.
func obeys(t *rapid.T, start *survey.Survey, last, now *Release) {
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
