package release

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

const sample = `
title: Sample
languages: [en]
timezone: UTC
sections:
  - id: all
    title: All
    questions:
      - {id: tier, type: single_choice, label: Tier, segment: true, options: [{id: gold, label: Gold}, {id: tin, label: Tin}]}
      - {id: one, type: yes_no, label: One}
      - {id: two, type: yes_no, label: Two}
      - {id: spent, type: number, label: Spent}
results: {min_group: 5}
`

func parse(t testing.TB, source string) *survey.Survey {
	t.Helper()
	s, problems := survey.Parse("sample.yaml", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func fold(s *survey.Survey, responses []answer.Response) *tally.Tally {
	t := tally.New(s)
	for _, r := range responses {
		t.Fold(s, r)
	}
	return t
}

// people makes n respondents with the same answers: "tier=gold one=yes".
func people(n int, answers string) []answer.Response {
	var r answer.Response
	for _, a := range strings.Fields(answers) {
		name, value, _ := strings.Cut(a, "=")
		r.Answers = append(r.Answers, answer.Answer{name, value})
	}
	all := make([]answer.Response, n)
	for i := range all {
		all[i] = r
	}
	return all
}

// out says what a release holds: "gold: 5 one 5; tin: 6".
func out(r *Release) string {
	if r == nil {
		return "nothing"
	}
	var parts []string
	for _, key := range []string{"", "gold", "tin", Pool} {
		c := r.Cohorts[key]
		if c == nil {
			continue
		}
		part := fmt.Sprintf("%s: %d", key, c.Respondents)
		for _, name := range []string{"one", "two"} {
			if item := c.Items[name]; item != nil {
				part += fmt.Sprintf(" %s %d", name, item.N)
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

func TestBatches(t *testing.T) {
	s := parse(t, sample)
	var all []answer.Response
	var last *Release
	for i, step := range []struct {
		n       int
		answers string
		closed  bool
		want    string
	}{
		{4, "tier=gold one=yes", false, "nothing"},
		{4, "tier=tin", false, "nothing"}, // eight, and no cohort of five
		{1, "tier=gold two=yes", false, "gold: 5"},
		{4, "tier=gold one=yes two=yes", false, "nothing"},
		{1, "tier=gold one=no", false, "gold: 10 one 9 two 5"},
		{1, "tier=tin", false, "gold: 10 one 9 two 5; tin: 5"},
		{3, "tier=tin one=yes", false, "nothing"},
		{1, "tier=gold one=yes", true, "nothing"},
		{1, "one=yes", true, "gold: 10 one 9 two 5; tin: 5; *: 5 one 5"},
		{4, "tier=gold one=yes", true, "nothing"},
		{1, "tier=gold one=yes", true, "gold: 10 one 9 two 5; tin: 5; *: 10 one 10"},
		{9, "tier=gold two=yes", false, "gold: 10 one 9 two 5; tin: 5; *: 19 one 10 two 9"}, // opened again: the cohorts stay closed
		{0, "", false, "nothing"},
	} {
		all = append(all, people(step.n, step.answers)...)
		next := Next(s, "all", "2026-11-22", last, fold(s, all), step.closed)
		if got := out(next); got != step.want {
			t.Errorf("step %d: got %q, want %q", i, got, step.want)
		}
		if next != nil {
			if last != nil && next.Number != last.Number+1 || last == nil && next.Number != 1 {
				t.Errorf("step %d: number %d", i, next.Number)
			}
			last = next
		}
	}
	if last.Survey != s.ID || last.Period != "all" || last.Date != "2026-11-22" || last.Shape != s.Shape || last.Version != s.Version || last.MinGroup != 5 {
		t.Errorf("%+v", last)
	}
}

func TestLastIsLeftAlone(t *testing.T) {
	s := parse(t, sample)
	last := Next(s, "all", "", nil, fold(s, people(5, "tier=gold one=yes")), false)
	before, _ := json.Marshal(last)
	known := fold(s, people(10, "tier=gold one=yes"))
	next := Next(s, "all", "", last, known, false)
	next.Cohorts["gold"].Items["one"].Counts["yes"] = 99
	if after, _ := json.Marshal(last); string(after) != string(before) {
		t.Errorf("the last release has become %s", after)
	}
	if known.Cohorts["gold"].Items["one"].Counts["yes"] != 10 {
		t.Error("the tally is shared with the release")
	}
}

func TestMinGroupIsFrozen(t *testing.T) {
	five, two := parse(t, sample), parse(t, strings.Replace(sample, "min_group: 5", "min_group: 2", 1))
	first := Next(five, "all", "", nil, fold(five, people(5, "tier=gold")), false)
	if got := out(Next(two, "all", "", first, fold(two, people(9, "tier=gold")), false)); got != "nothing" {
		t.Errorf("k has sunk within the period: %s", got)
	}
	next := Next(two, "all", "", first, fold(two, people(10, "tier=gold")), false)
	if next == nil || next.MinGroup != 5 {
		t.Errorf("got %+v", next)
	}
	if got := Next(two, "later", "", nil, fold(two, people(2, "tier=gold")), false); got == nil || got.MinGroup != 2 {
		t.Errorf("the next period: %+v", got)
	}
}

func TestDaily(t *testing.T) {
	s := parse(t, sample)
	s.Results.Release = "daily" // which cannot be written yet
	first := Next(s, "all", "2026-11-22", nil, fold(s, people(5, "tier=gold")), false)
	known := fold(s, people(10, "tier=gold"))
	if got := Next(s, "all", "2026-11-22", first, known, false); got != nil {
		t.Errorf("twice a day: %s", out(got))
	}
	if got := out(Next(s, "all", "2026-11-23", first, known, false)); got != "gold: 10" {
		t.Errorf("the day after: %s", got)
	}
}

// TestChangedSegments: those released in no cohort are now in one. Only the whole can go on.
func TestChangedSegments(t *testing.T) {
	divided, whole := parse(t, sample), parse(t, strings.Replace(sample, "segment: true, ", "", 1))
	all := people(10, "tier=gold")
	first := Next(whole, "all", "", nil, fold(whole, all), false)
	if got := out(first); got != ": 10" {
		t.Fatal(got)
	}
	all = append(all, people(4, "tier=gold")...)
	if got := out(Next(divided, "all", "", first, fold(divided, all), false)); got != "nothing" {
		t.Errorf("respondents go out twice: %s", got)
	}
	all = append(all, people(1, "tier=tin one=yes")...)
	if got := out(Next(divided, "all", "", first, fold(divided, all), false)); got != ": 10; *: 5" {
		t.Errorf("got %s", got)
	}
}

// TestNothingShrinks: a changed questionnaire, or lost responses, take nothing back.
func TestNothingShrinks(t *testing.T) {
	s := parse(t, sample)
	first := Next(s, "all", "", nil, fold(s, append(people(6, "tier=gold one=yes two=yes"), people(5, "tier=tin")...)), false)
	if got := out(Next(s, "all", "", first, fold(s, append(people(5, "tier=gold"), people(20, "tier=tin")...)), false)); got != "nothing" {
		t.Errorf("fewer respondents than released: %s", got)
	}
	if got := out(Next(s, "all", "", first, fold(s, people(20, "tier=gold")), true)); got != "nothing" {
		t.Errorf("a cohort is gone: %s", got)
	}
	// "yes" has become fewer: one waits; two grows.
	known := fold(s, append(append(people(5, "tier=tin"), people(11, "tier=gold two=yes")...), people(12, "tier=gold one=no")...))
	if got := out(Next(s, "all", "", first, known, false)); got != "gold: 23 one 6 two 11; tin: 5" {
		t.Errorf("got %s", got)
	}
	// A question withdrawn from publication stays as it was, a new one comes.
	other := parse(t, strings.Replace(sample, "label: One", "label: One, publish: false", 1))
	known = fold(other, append(people(5, "tier=tin"), people(11, "tier=gold one=yes two=yes")...))
	if got := out(Next(other, "all", "", first, known, false)); got != "gold: 11 one 6 two 11; tin: 5" {
		t.Errorf("got %s", got)
	}
}

// TestAttacker lets respondents arrive in any order while everything that is ever published is kept, and looks for a
// difference between two published states that describes fewer than k respondents.
func TestAttacker(t *testing.T) {
	divided := parse(t, sample)
	whole := parse(t, strings.Replace(sample, "segment: true, ", "", 1))
	lower := parse(t, strings.Replace(sample, "min_group: 5", "min_group: 2", 1))
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom([]*survey.Survey{divided, whole}).Draw(t, "survey")
		closed := false
		var arrived []answer.Response
		published := []*Release{{Cohorts: map[string]*tally.Counters{}}}
		snapshots := []*tally.Tally{fold(s, nil)}
		var last *Release
		arrivals := rapid.Custom(func(t *rapid.T) answer.Response {
			var r answer.Response
			for name, values := range map[string][]string{"tier": {"", "gold", "tin"}, "one": {"", "yes", "no"}, "two": {"", "", "yes", "no"}, "spent": {"", "", "", "1", "-7.5"}} {
				if value := rapid.SampledFrom(values).Draw(t, name); value != "" {
					r.Answers = append(r.Answers, answer.Answer{name, value})
				}
			}
			return r
		})
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			arrived = append(arrived, rapid.SliceOfN(arrivals, 0, 8).Draw(t, "arrivals")...)
			switch rapid.IntRange(0, 19).Draw(t, "event") {
			case 0:
				closed = !closed
			case 1:
				s = rapid.SampledFrom([]*survey.Survey{divided, whole, lower}).Draw(t, "changed")
			}
			known := fold(s, arrived)
			next := Next(s, "all", "", last, known, closed)
			if next == nil {
				continue
			}
			last = next
			published = append(published, next)
			snapshots = append(snapshots, known)
		}
		if last == nil {
			return
		}
		k := int64(published[1].MinGroup)
		for j := range published {
			for i := range j {
				attack(t, published[i], published[j], k)
			}
		}
		// The whole never counts anybody twice, and nobody who is not there.
		for i, r := range published {
			within(t, tally.Total(r.Cohorts), snapshots[i].Total())
		}
		// Each question of a cohort is as it was known at one of the releases: a sum over whole batches.
		for j, r := range published {
			for key, c := range r.Cohorts {
				for name, item := range c.Items {
					found := key == Pool
					for i := 1; i <= j && !found; i++ {
						if then := snapshots[i].Cohorts[key]; then != nil {
							found = equal(item, then.Items[name])
						}
					}
					if !found {
						t.Fatalf("release %d, cohort %q: %s = %+v was never known", j, key, name, item)
					}
				}
			}
		}
		if closed { // at most k-1 are left out
			if left := int64(len(arrived)) - tally.Total(last.Cohorts).Respondents; Next(s, "all", "", last, fold(s, arrived), true) == nil && left >= k {
				t.Fatalf("%d are left out", left)
			}
		}
	})
}

// attack subtracts one published state from a later one, in each cohort and in the whole.
func attack(t *rapid.T, old, now *Release, k int64) {
	compare := func(where string, before, after *tally.Counters) {
		where = fmt.Sprintf("releases %d and %d, %s", old.Number, now.Number, where)
		difference := after.Clone()
		difference.Sub(before)
		learnt := func(what string, n int64) {
			if n != 0 && n < k {
				t.Fatalf("%s: %s tells of %d", where, what, n)
			}
		}
		learnt("respondents", difference.Respondents)
		for name, item := range difference.Items {
			learnt(name, item.N)
			for option, n := range item.Counts {
				if n < 0 || item.N == 0 && n != 0 {
					t.Fatalf("%s: %s=%s moves by %d of %d", where, name, option, n, item.N)
				}
			}
			if item.N == 0 && item.Sum != nil && item.Sum.Sign() != 0 {
				t.Fatalf("%s: the sum of %s moves by %v of none", where, name, item.Sum)
			}
		}
	}
	for key, c := range now.Cohorts {
		compare("cohort "+key, old.Cohorts[key], c)
	}
	for key := range old.Cohorts {
		if now.Cohorts[key] == nil {
			t.Fatalf("cohort %q is gone", key)
		}
	}
	compare("the whole", tally.Total(old.Cohorts), tally.Total(now.Cohorts))
}

func within(t *rapid.T, part, whole *tally.Counters) {
	if part.Respondents > whole.Respondents {
		t.Fatalf("%d respondents of %d", part.Respondents, whole.Respondents)
	}
	for name, item := range part.Items {
		all := whole.Items[name]
		if all == nil || item.N > all.N {
			t.Fatalf("%s: %+v of %+v", name, item, all)
		}
		for option, n := range item.Counts {
			if n > all.Counts[option] {
				t.Fatalf("%s=%s: %d of %d", name, option, n, all.Counts[option])
			}
		}
	}
}

func equal(a, b *tally.Item) bool {
	if b == nil {
		return a.N == 0
	}
	return a.N == b.N && reflect.DeepEqual(a.Counts, b.Counts) && (a.Sum == nil) == (b.Sum == nil) && (a.Sum == nil || a.Sum.Cmp(b.Sum) == 0)
}
