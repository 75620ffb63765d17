// Package release decides what may be made public. Everything public is a sum over batches: disjoint sets of at least k
// respondents, each released once, as a whole, and never split again; so no subtraction of published figures, at any
// time, can isolate fewer than k people. It is pure.
package release

import (
	"slices"
	"strings"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Release is what has been made public of one period so far: the sums over all batches up to and including its own.
// Releases of a period are numbered from 1 without gaps, kept for ever, and pages are made from the latest alone.
type Release struct {
	Survey   string                     `json:"survey"`
	Period   string                     `json:"period"`
	Number   int                        `json:"number"`
	Date     string                     `json:"date"`  // day of release, in the survey's timezone
	Shape    string                     `json:"shape"` // of the questionnaire in force
	Version  string                     `json:"version"`
	MinGroup int                        `json:"min_group"`          // k, frozen for the period at its first release
	Segments []string                   `json:"segments,omitempty"` // and what divides its cohorts: "field=option,option"
	Cohorts  map[string]*tally.Counters `json:"cohorts"`            // and Pool
}

// Pool is the key of the respondents who are released in the whole and in no segment. No cohort has it.
const Pool = "*"

// Next decides what can be released of a period, given its whole tally, folded with s, and its last release (nil:
// none); the tally must hold every respondent of the last release. It returns the next release, or nil if there is
// nothing to release yet. Today is the day in the survey's timezone.
//
// A cohort goes out when at least k of its respondents are unreleased: they are the batch. When the period is closed,
// the rest of all cohorts is pooled and goes out, if it is at least k together. From then on there are no cohorts any
// more, only the pool, to which goes what the whole has and no batch had; a respondent that was pooled, whose cohort
// cannot be told from the sums, can so never go out again. The same holds when the segments have changed since the
// first release, so that the old cohorts and the new ones overlap.
//
// Within a batch a question that 1 to k-1 of the members answered waits, and is merged with the next batch: each
// question's counters are cumulative, and move by 0 or by at least k answers. No counter ever shrinks: if it should
// (because the questionnaire has changed), the question waits; if respondents should, everything does.
func Next(s *survey.Survey, period, today string, last *Release, t *tally.Tally, closed bool) *Release {
	next := &Release{
		Survey: s.ID, Period: period, Number: 1, Date: today, Shape: s.Shape, Version: s.Version,
		MinGroup: max(s.Results.MinGroup, 1), Segments: segments(s), Cohorts: map[string]*tally.Counters{},
	}
	pooling, divided := closed, true
	if last != nil {
		if s.Results.Release == "daily" && today <= last.Date {
			return nil
		}
		next.Number, next.MinGroup, next.Segments = last.Number+1, last.MinGroup, last.Segments
		for key, c := range last.Cohorts {
			next.Cohorts[key] = c.Clone()
		}
		divided = last.Cohorts[Pool] == nil && slices.Equal(last.Segments, segments(s))
		pooling = closed || !divided
	}

	released := false
	if divided {
		for key, c := range next.Cohorts {
			if t.Cohorts[key] == nil || t.Cohorts[key].Respondents < c.Respondents {
				return nil
			}
		}
		for key, c := range t.Cohorts {
			if batch(s, next.MinGroup, next.Cohorts, key, c) {
				released = true
			}
		}
	}
	if pooling {
		// The pool may hold what is in the whole and in no batch so far.
		pool := t.Total()
		for key, c := range next.Cohorts {
			if key != Pool {
				pool.Sub(c)
			}
		}
		if batch(s, next.MinGroup, next.Cohorts, Pool, pool) {
			released = true
		}
	}
	if !released {
		return nil
	}
	return next
}

// batch moves what is out of one cohort on to what is known of it, as far as the rule of k lets it, and reports whether
// it does at all.
func batch(s *survey.Survey, k int, out map[string]*tally.Counters, key string, known *tally.Counters) bool {
	old := out[key].Clone()
	if known.Respondents-old.Respondents < int64(k) {
		return false
	}
	old.Respondents = known.Respondents
	for name, item := range known.Items {
		f, ok := s.Field(name)
		if !ok || !f.Counted() {
			continue
		}
		more := item.Clone()
		more.Sub(old.Items[name])
		if more.N >= int64(k) && grows(more) {
			old.Items[name] = item.Clone()
		}
	}
	out[key] = old
	return true
}

// grows reports whether a difference is one that more respondents can make.
func grows(more *tally.Item) bool {
	for _, n := range more.Counts {
		if n < 0 {
			return false
		}
	}
	return more.Squares == nil || more.Squares.Sign() >= 0
}

// segments describes what divides respondents into cohorts.
func segments(s *survey.Survey) []string {
	var all []string
	for _, f := range s.Segments() {
		var options []string
		for _, o := range f.Options() {
			options = append(options, o.ID)
		}
		all = append(all, f.Name+"="+strings.Join(options, ","))
	}
	return all
}

// Where sums the cohorts of those who gave one answer to a segment question, as the segments were when the period's first
// release was made. The pool is in none.
func (r *Release) Where(segment, option string) *tally.Counters {
	sum := (*tally.Counters)(nil).Clone()
	at := slices.IndexFunc(r.Segments, func(s string) bool { return strings.HasPrefix(s, segment+"=") })
	if at < 0 {
		return sum
	}
	for key, c := range r.Cohorts {
		if key != Pool && strings.Split(key, "/")[at] == option {
			sum.Add(c)
		}
	}
	return sum
}
