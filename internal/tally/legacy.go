package tally

import (
	"maps"
	"slices"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// Skipped says which responses count as released under the rules of earlier programs, as far as they have been folded.
type Skipped struct {
	Segments []Segment         // of the old release's questionnaire, which decide the old cohort of a response
	Last     map[string]string // by old cohort: cursor of the last response skipped
}

// everybody is the key in Tally.Legacy of counts that are not known by cohort.
const everybody = "*"

// SetLegacy has Fold skip the first so many responses of each old cohort, because they are in releases under the rules of
// earlier programs. form is the questionnaire of the last such release; nil if all are counted under "*".
func (t *Tally) SetLegacy(form *survey.Survey, left map[string]int64) {
	t.Legacy, t.Skipped = nil, nil
	left = maps.Clone(left)
	maps.DeleteFunc(left, func(_ string, n int64) bool { return n <= 0 })
	if len(left) == 0 {
		return
	}
	t.Legacy, t.Skipped = left, &Skipped{Last: map[string]string{}}
	if form != nil {
		t.Skipped.Segments = segmentsOf(form)
	}
}

// skip reports whether a response is to be skipped, and counts it as such.
func (t *Tally) skip(cursor string, r answer.Response) bool {
	if len(t.Legacy) == 0 || t.Skipped == nil {
		return false
	}
	key := t.Skipped.cohort(r)
	from := key
	if t.Legacy[from] == 0 {
		from = everybody
	}
	if t.Legacy[from] == 0 {
		return false
	}
	t.Legacy[from]--
	if t.Legacy[from] == 0 {
		delete(t.Legacy, from)
	}
	if len(t.Legacy) == 0 {
		t.Legacy = nil
	}
	t.Skipped.Last[key] = cursor
	return true
}

// isSkipped reports whether a response that has been folded was skipped. Those of one old cohort that were are the first.
func (t *Tally) isSkipped(cursor string, r answer.Response) bool {
	if t.Skipped == nil {
		return false
	}
	last, some := t.Skipped.Last[t.Skipped.cohort(r)]
	return some && cursor <= last
}

// cohort is the key of a response's old cohort.
func (s *Skipped) cohort(r answer.Response) string {
	return string(appendCohort(nil, s.Segments, r))
}

func (s *Skipped) clone() *Skipped {
	if s == nil {
		return nil
	}
	return &Skipped{Segments: slices.Clone(s.Segments), Last: maps.Clone(s.Last)}
}
