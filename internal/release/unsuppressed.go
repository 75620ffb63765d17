package release

import (
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Unsuppressed puts everything counted of a period, folded with s, into the form of a release, withholding nothing. It is
// for readers who may see all answers, and is never stored or published.
func Unsuppressed(s *survey.Survey, period, today string, t *tally.Tally) *Release {
	r := first(s, period, today)
	r.MinGroup, r.Pooled = 1, nil
	for key, c := range t.Cohorts {
		r.Cohorts[key] = c.Clone()
	}
	for name, item := range t.Total().Items {
		if item.Moments != nil {
			r.Pairs[name] = item.Moments
		}
	}
	return r
}
