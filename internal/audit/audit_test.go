package audit_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/answer"
	"glasspoll/internal/audit"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

func testSurvey(t interface{ Fatal(...any) }) *survey.Survey {
	s, problems := questionnaire.Parse("service.yaml", []byte(`
title: Service
languages: [en]
timezone: UTC
window: {from: 2026-01-01}
scoring: {overall: overall}
results: {min_group: 3, pool_after: 5}
sections:
  - questions:
      - {id: tier, type: single_choice, segment: true, label: Tier, options: [{id: a, label: A}, {id: b, label: B}]}
      - {id: overall, type: rating, steps: 5, label: Overall}
      - {id: speed, type: rating, steps: 5, label: Speed}
      - {id: why, type: multi_choice, label: Why, options: [{id: p, label: P}, {id: q, label: Q}]}
      - {id: visits, type: number, min: 0, max: 20, label: Visits}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

// past is a made-up period: all responses, some withdrawn again, and its releases.
type past struct {
	s         *survey.Survey
	responses []answer.Response
	releases  []*release.Release
}

func (p *past) recount() *tally.Tally {
	t := tally.New(p.s)
	for _, r := range p.responses {
		t.Fold(p.s, r)
	}
	return t
}

func makePast(s *survey.Survey, random *rand.Rand, withdrawals bool) *past {
	p := &past{s: s}
	var last *release.Release
	for day := range 20 {
		for range random.IntN(8) {
			r := answer.Response{}
			add := func(name string, values ...string) {
				if random.IntN(6) > 0 {
					r.Answers = append(r.Answers, append(answer.Answer{name}, values...))
				}
			}
			add("tier", string(rune('a'+random.IntN(2))))
			add("overall", string(rune('1'+random.IntN(5))))
			add("speed", string(rune('1'+random.IntN(5))))
			add("why", [][]string{{"p"}, {"q"}, {"p", "q"}}[random.IntN(3)]...)
			add("visits", fmt.Sprint(random.IntN(20)))
			p.responses = append(p.responses, r)
		}
		if withdrawals && len(p.responses) > 0 && random.IntN(3) == 0 {
			gone := &p.responses[random.IntN(len(p.responses))]
			gone.Withdrawn = true
			if len(gone.Answers) > 0 && gone.Answers[0].Field() == "tier" {
				gone.Answers = gone.Answers[:1]
			} else {
				gone.Answers = nil
			}
		}
		today := fmt.Sprintf("2026-01-%02d", day+1)
		if next := release.Next(s, "all", today, last, p.recount(), day == 19); next != nil {
			last = next
			p.releases = append(p.releases, next)
		}
	}
	return p
}

func (p *past) audit() []audit.Finding {
	var h audit.Releases
	var found []audit.Finding
	for _, r := range p.releases {
		found = append(found, h.Add(r, p.s)...)
	}
	return append(found, h.Against(p.recount(), 0)...)
}

// sentences returns findings as text.
func sentences(found []audit.Finding) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%s: %s\n", f.Code, f)
	}
	return b.String()
}

// TestValidHistoryHasNoFindings: a history made by the rules has no findings.
func TestValidHistoryHasNoFindings(t *testing.T) {
	s := testSurvey(t)
	rapid.Check(t, func(t *rapid.T) {
		p := makePast(s, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)), rapid.Bool().Draw(t, "withdrawals"))
		if found := p.audit(); len(found) > 0 {
			t.Fatal(sentences(found))
		}
		stored, err := tally.Decode(p.recount().Encode())
		if err != nil {
			t.Fatal(err)
		}
		if found := audit.Tally(stored, p.recount(), 0); len(found) > 0 {
			t.Fatal(sentences(found))
		}
	})
}

// TestWithdrawnFromThePool: a respondent who has chosen several options is released with a cohort, withdraws, and is
// subtracted in the pool, which then has fewer choices than answers.
func TestWithdrawnFromThePool(t *testing.T) {
	p := makePast(testSurvey(t), rand.New(rand.NewPCG(0x396616ed5, 1)), true)
	pool := p.releases[len(p.releases)-1].Cohorts[release.Pool].Items["why"]
	if chosen := pool.Counts.Of("p") + pool.Counts.Of("q"); chosen >= pool.N {
		t.Fatalf("the pool has %d answers and %d chosen options", pool.N, chosen)
	}
	if found := p.audit(); len(found) > 0 {
		t.Error(sentences(found))
	}
}

// TestEveryFigureIsCompared changes each number of a tally, and of a release that holds everything, one at a time.
func TestEveryFigureIsCompared(t *testing.T) {
	s := testSurvey(t)
	p := &past{}
	for seed := uint64(0); len(p.releases) == 0 || len(audit.Tally(&tally.Tally{Cohorts: map[string]*tally.Counters{"": whole(p.releases[len(p.releases)-1].Cohorts)}},
		&tally.Tally{Cohorts: map[string]*tally.Counters{"": whole(p.recount().Cohorts)}}, 0)) > 0; seed++ {
		p = makePast(s, rand.New(rand.NewPCG(seed, 7)), false)
	}
	changed := 0
	data, err := json.Marshal(p.recount())
	if err != nil {
		t.Fatal(err)
	}
	numbers(t, data, func(path string, data []byte) {
		stored, err := tally.Decode(data)
		if err != nil {
			return // not a tally any more
		}
		changed++
		if found := audit.Tally(stored, p.recount(), 0); len(found) == 0 {
			t.Errorf("tally: a change of %s is not found", path)
		}
	})
	last := p.releases[len(p.releases)-1]
	if data, err = json.Marshal(last.Cohorts); err != nil {
		t.Fatal(err)
	}
	numbers(t, data, func(path string, data []byte) {
		forged := *last
		forged.Cohorts = nil
		if err := json.Unmarshal(data, &forged.Cohorts); err != nil {
			t.Fatal(err)
		}
		changed++
		if found := (&past{s: s, responses: p.responses, releases: append(p.releases[:len(p.releases)-1:len(p.releases)-1], &forged)}).audit(); len(found) == 0 {
			t.Errorf("release: a change of %s is not found", path)
		}
	})
	if changed < 80 {
		t.Errorf("only %d figures were changed", changed)
	}
}

// whole is the sum of cohorts without their moments, which are not released by cohort.
func whole(cohorts map[string]*tally.Counters) *tally.Counters {
	sum := tally.Total(cohorts)
	for _, item := range sum.Items {
		item.Moments = nil
	}
	return sum
}

// numbers calls try with a copy of a JSON document for each number in it, with that number increased by one.
func numbers(t *testing.T, data []byte, try func(path string, data []byte)) {
	t.Helper()
	var document any
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	if err := decoder.Decode(&document); err != nil {
		t.Fatal(err)
	}
	var walk func(path string, at any, set func(any))
	walk = func(path string, at any, set func(any)) {
		switch at := at.(type) {
		case map[string]any:
			for key, value := range at {
				walk(path+"."+key, value, func(v any) { at[key] = v })
			}
		case json.Number:
			n, err := at.Int64()
			if err != nil {
				t.Fatal(err)
			}
			set(json.Number(fmt.Sprint(n + 1)))
			copied, err := json.Marshal(document)
			if err != nil {
				t.Fatal(err)
			}
			try(path, copied)
			set(at)
		}
	}
	walk("", document, nil)
}

// TestRules: breaking any rule of releasing is found.
func TestRules(t *testing.T) {
	s := testSurvey(t)
	for name, c := range map[string]struct {
		change func(releases []*release.Release) []*release.Release
		want   string
	}{
		"a number left out":  {func(r []*release.Release) []*release.Release { return append(r[:1:1], r[2:]...) }, "release 3 follows release 1"},
		"k lowered":          {func(r []*release.Release) []*release.Release { r[1].MinGroup = 1; return r }, "min_group is 1 and was 3"},
		"other segments":     {func(r []*release.Release) []*release.Release { r[1].Segments = nil; return r }, "segments differ"},
		"a question more":    {func(r []*release.Release) []*release.Release { r[0].Questions = []string{"overall"}; return r }, "is not among the published questions"},
		"a small batch":      {func(r []*release.Release) []*release.Release { cohort(r[0], 2); return r[:1] }, "grows by 2 respondents, and batches have at least 3"},
		"a cohort lost":      {func(r []*release.Release) []*release.Release { r[1].Cohorts = map[string]*tally.Counters{}; return r }, "without a batch that explains it"},
		"a withdrawal alone": {func(r []*release.Release) []*release.Release { cohort(r[0], 0); return r[:1] }, "withdrawals without a batch"},
	} {
		t.Run(name, func(t *testing.T) {
			p := makePast(s, rand.New(rand.NewPCG(7, 7)), true)
			p.releases = c.change(p.releases)
			if found := sentences(p.audit()); !strings.Contains(found, c.want) {
				t.Errorf("found %q, want %q", found, c.want)
			}
		})
	}
}

// cohort returns a release with only one cohort.
func cohort(r *release.Release, respondents int64) {
	one := (*tally.Counters)(nil).Clone()
	one.Respondents, one.Withdrawn = respondents, 1
	r.Cohorts = map[string]*tally.Counters{"a": one}
}
