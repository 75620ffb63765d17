package release

import (
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Everything puts all that was counted of a period, folded with s, into the form of a release, withholding nothing. It is
// for those who may see it all, and is never stored or published.
func Everything(s *survey.Survey, period, today string, t *tally.Tally) *Release {
	r := &Release{
		Survey: s.ID, Period: period, Number: 1, Date: today, Shape: s.Shape, Version: s.Version, Form: s.Form(),
		MinGroup: 1, Segments: segments(s), Questions: questions(s), CrossTabs: s.Results.CrossTabs,
		Cohorts: map[string]*tally.Counters{}, Pairs: map[string]*tally.Moments{},
	}
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
