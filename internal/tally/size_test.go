package tally

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"glasspoll/internal/answer"
)

// large is a questionnaire of sixty items in 45 cohorts.
func large() string {
	var yaml strings.Builder
	yaml.WriteString("title: Large\nlanguages: [en]\ntimezone: UTC\nscoring: {overall: question_0}\nsections:\n  - id: all\n    title: All\n    questions:\n")
	yaml.WriteString("      - {id: tier, type: rating, steps: 9, label: Tier, segment: true}\n      - {id: site, type: rating, steps: 5, label: Site, segment: true}\n")
	for i := range 58 {
		fmt.Fprintf(&yaml, "      - {id: question_%d, type: rating, steps: 5, label: Question %d}\n", i, i)
	}
	return yaml.String()
}

// answersToLarge makes up one response. Most marks are high, answers of one person are alike, and some are left out.
func answersToLarge(r *rand.Rand, tier, site int, leftOut float64) answer.Response {
	answers := []answer.Answer{{"tier", fmt.Sprint(tier)}, {"site", fmt.Sprint(site)}}
	mood := 3.5 + r.NormFloat64()
	for q := range 58 {
		if r.Float64() >= leftOut {
			answers = append(answers, answer.Answer{fmt.Sprintf("question_%d", q), fmt.Sprint(min(5, max(1, int(mood+1.2*r.NormFloat64()+0.5))))})
		}
	}
	return answer.Response{Answers: answers}
}

// TestSize checks that the tally of a large questionnaire stays within 64 KB: when everybody waits who can between runs, and in
// the middle of a run that folds 20,000 responses.
func TestSize(t *testing.T) {
	s := parse(t, large())
	for _, c := range []struct {
		name    string
		waiting int
		leftOut float64
	}{
		{"four in each cohort, all answered", 4, 0}, {"four in each cohort", 4, 0.1}, {"nine in each cohort", 9, 0.1},
		{"a run, all answered", 444, 0}, {"a run", 444, 0.02}, {"a run, half left out", 444, 0.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			folded := New()
			for i := range c.waiting * 45 {
				folded.Fold(s, cursor(i), "2026-11-29", answersToLarge(r, 1+i%9, 1+i/9%5, c.leftOut))
			}
			size := len(folded.Encode())
			t.Logf("%d respondents in %d cohorts: %d bytes", folded.Waiting(), len(folded.Parts[s.Shape].Cohorts), size)
			if len(folded.Parts[s.Shape].Cohorts) != 45 || size > 64<<10 {
				t.Errorf("%d bytes", size)
			}
		})
	}
}
