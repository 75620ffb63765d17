// Package release decides what may be made public. It is pure.
//
// Every published figure is a sum over batches: disjoint sets of at least k respondents, each released once, as a whole,
// and never split again. That is why nobody can be singled out by subtracting figures:
//
//   - For one question of one cohort (or of the pool), published states differ by increments, each with at least k answers
//     that no other increment has. Take any linear combination of published figures. In the last increment it uses, the
//     answers added there all have the same factor, and no earlier figure can cancel them: so it is about at least k.
//   - Cohorts, and the pool, are disjoint, so sums over them (segments, cross-tabs, the whole) add nothing new.
//   - No figure is about two questions together, except segments, which make the cohorts. So it does not matter that fewer
//     than k may have left a question out: nothing else is published about those few alone. That respondents skipped a
//     question is published like any answer, as a count within a group of at least k.
//   - A withdrawal leaves the figures together with an increment whose net growth is at least k: so at least k are added,
//     and the first point holds with them.
//
// One figure is not linear, and so outside that argument: the correlation of an item with the overall item. It is made of
// sums of products, which are kept in Pairs and never published; see [Release.addPairs] for the rule that holds it back.
//
// Whether a batch is released is information too: that a question waits says that 1 to k-1 respondents have answered it,
// that a sensitive question's batch waits may say that it is unanimous. And a visitor who posts k-1 answers around
// another's can learn that one: only invitations for one answer each prevent it.
package release

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Release holds what has been made public of one period so far: the sums over all batches up to and including its own.
// Releases of a period are numbered from 1 without gaps and kept for ever; pages are made from the latest alone.
type Release struct {
	Survey  string `json:"survey"`
	Period  string `json:"period"`
	Number  int    `json:"number"`
	Date    string `json:"date"`  // day of release, in the survey's timezone
	Shape   string `json:"shape"` // of the questionnaire in force
	Version string `json:"version"`

	Form json.RawMessage `json:"form,omitempty"` // the questionnaire in force, without texts: [survey.DecodeForm]

	// Frozen for the period at its first release.
	MinGroup  int               `json:"min_group"`           // k
	Segments  []string          `json:"segments,omitempty"`  // what divides the cohorts: "field=option,option"
	Questions []string          `json:"questions,omitempty"` // the fields that are published
	CrossTabs []survey.CrossTab `json:"crosstabs,omitempty"`

	Cohorts map[string]*tally.Counters `json:"cohorts"` // and Pool

	// What follows is for the next release, and for correlations; it is never published itself.
	PoolOnly bool                       `json:"whole,omitempty"`  // the segments have changed within the period: since then everything goes to the pool
	Pooled   map[string]*tally.Counters `json:"pooled,omitempty"` // what the pool has taken from each cohort
	Pairs    map[string]*tally.Moments  `json:"pairs,omitempty"`  // items together with the overall item, by field
}

// Pool is the key of the respondents who are released in the whole and in no segment. No cohort has it.
const Pool = "*"

// Next decides what can be released of a period, given its whole tally, folded with s, and its last release (nil:
// none); the tally must hold every respondent of the last release. It returns the next release, or nil if there is
// nothing to release yet. today is the day in the survey's timezone.
//
// A cohort is released when it has grown by at least k respondents: they are the batch. When the period is closed, or
// results.pool_after days after its last release (before the first: after the period's first day), the rest of all
// cohorts is pooled and released, if it is at least k together; the cohorts continue without it. If the segments have
// changed since the first release, the old cohorts and the new ones overlap: then only the pool continues, and takes what
// the whole has and no batch had.
//
// Within a batch a question that 1 to k-1 of the members answered waits, and is merged with the next batch: each
// question's counters are cumulative, and move by 0 or by at least k answers. A batch that is unanimous on a sensitive
// question waits as a whole. No counter shrinks by more than the number of withdrawals: if it would (because the
// questionnaire has changed), the question waits; if respondents are missing, everything does. Nor does a counter of a
// cohort become negative, as it would when a respondent of the pool has withdrawn: it would reveal their answer.
func Next(s *survey.Survey, period, today string, last *Release, t *tally.Tally, closed bool) *Release {
	next, since := first(s, period, today), firstDay(s, period)
	if last != nil {
		if s.Results.Release == "daily" && today <= last.Date {
			return nil
		}
		next.follow(last)
		since = last.Date
	}
	if !next.PoolOnly && next.missesRespondents(t) {
		return nil
	}
	released := !next.PoolOnly && next.addCohorts(s, t)
	poolDue := s.Results.PoolAfter > 0 && since != "" && today >= addDays(since, s.Results.PoolAfter)
	if (closed || next.PoolOnly || poolDue) && next.addPool(s, t) {
		released = true
	}
	if !released {
		return nil
	}
	next.addPairs(s, t.Total())
	return next
}

// first returns a period's first release, before anything is added to it.
func first(s *survey.Survey, period, today string) *Release {
	return &Release{
		Survey: s.ID, Period: period, Number: 1, Date: today, Shape: s.Shape, Version: s.Version, Form: s.Form(),
		MinGroup: max(s.Results.MinGroup, 1), Segments: segments(s), Questions: publishedFields(s), CrossTabs: s.Results.CrossTabs,
		Cohorts: map[string]*tally.Counters{}, Pooled: map[string]*tally.Counters{}, Pairs: map[string]*tally.Moments{},
	}
}

// follow makes r, which so far is a first release, the one after last, before anything is added to it. What is frozen for
// the period comes from last.
func (r *Release) follow(last *Release) {
	r.PoolOnly = last.PoolOnly || !slices.Equal(last.Segments, r.Segments) ||
		last.Cohorts[Pool] != nil && last.Pooled == nil // releases once did not say what was pooled
	r.Number = last.Number + 1
	r.MinGroup, r.Segments, r.CrossTabs = last.MinGroup, last.Segments, last.CrossTabs
	if last.Questions != nil {
		r.Questions = last.Questions
	}
	for key, c := range last.Cohorts {
		r.Cohorts[key] = c.Clone()
	}
	for key, c := range last.Pooled {
		r.Pooled[key] = c.Clone()
	}
	maps.Copy(r.Pairs, last.Pairs)
}

// missesRespondents reports whether t lacks respondents of a cohort who have been released.
func (r *Release) missesRespondents(t *tally.Tally) bool {
	for key, c := range r.Cohorts {
		if key != Pool && received(t.Cohorts[key]) < received(c)+received(r.Pooled[key]) {
			return true
		}
	}
	return false
}

// received counts the respondents who have answered, including those who have withdrawn since.
func received(c *tally.Counters) int64 {
	if c == nil {
		return 0
	}
	return c.Respondents + c.Withdrawn
}

// addCohorts adds each cohort's batch that may be released, and reports whether there was any.
func (r *Release) addCohorts(s *survey.Survey, t *tally.Tally) (added bool) {
	for key, c := range t.Cohorts {
		known := c.Clone()
		known.Sub(r.Pooled[key])
		if r.addBatch(s, key, known) != nil {
			added = true
		}
	}
	return added
}

// addPool adds to the pool what the whole has and no cohort's batch had, if that may be released, and notes what it took
// from each cohort.
func (r *Release) addPool(s *survey.Survey, t *tally.Tally) (added bool) {
	known := t.Total()
	for key, c := range r.Cohorts {
		if key != Pool {
			known.Sub(c)
		}
	}
	moved := r.addBatch(s, Pool, known)
	if moved == nil {
		return false
	}
	if r.PoolOnly { // the cohorts cannot be told apart any more
		return true
	}
	for key, c := range t.Cohorts {
		rest := c.Clone()
		rest.Sub(r.Cohorts[key])
		r.Pooled[key] = advanced(r.Pooled[key], rest, moved)
	}
	return true
}

// addBatch advances the released counters of one cohort to the known ones, as far as the rule of k allows. It returns the
// questions that have moved, or nil if nothing is released at all.
func (r *Release) addBatch(s *survey.Survey, key string, known *tally.Counters) (moved map[string]bool) {
	released, k := r.Cohorts[key], int64(r.MinGroup)
	if released == nil {
		released = released.Clone()
	}
	if known.Respondents-released.Respondents < k {
		return nil
	}
	moved = map[string]bool{}
	for name, item := range known.Items {
		if !slices.Contains(r.Questions, name) {
			continue
		}
		more := item.Clone()
		more.Sub(released.Items[name])
		if more.N < k || shrinks(more, known.Withdrawn-released.Withdrawn) || key != Pool && shrinks(item, 0) {
			continue
		}
		if f, asked := s.Field(name); asked && f.Question.Sensitive && unanimous(more) {
			return nil
		}
		moved[name] = true
	}
	r.Cohorts[key] = advanced(released, known, moved)
	return moved
}

// advanced returns released with the respondents of known, and with its items in the questions that have moved. Their
// moments are left out: pairs are not released by cohort.
func advanced(released, known *tally.Counters, moved map[string]bool) *tally.Counters {
	c := released.Clone()
	c.Respondents, c.Withdrawn = known.Respondents, known.Withdrawn
	for name, item := range known.Items {
		if moved[name] {
			c.Items[name] = item.Clone()
			c.Items[name].Moments = nil
		}
	}
	return c
}

// shrinks reports whether a counter of a difference falls by more than the number of withdrawals.
func shrinks(more *tally.Item, withdrawn int64) bool {
	for _, x := range more.Counts {
		if x.N < -withdrawn {
			return true
		}
	}
	return withdrawn == 0 && more.Squares != nil && more.Squares.Sign() < 0
}

// unanimous reports whether all have given one answer.
func unanimous(more *tally.Item) bool {
	for _, x := range more.Counts {
		if x.N >= more.N {
			return true
		}
	}
	if more.Sum == nil || more.Squares == nil {
		return false
	}
	n, square := big.NewInt(more.N), new(big.Int).Mul(more.Sum, more.Sum)
	return n.Mul(n, more.Squares).Cmp(square) <= 0 // their variance is 0
}

// minPairs is the minimum number of respondents that a correlation, and each later change of it, is made from; k applies if it
// is larger.
const minPairs = 30

// addPairs adds the sums of products of items and the overall item, of the whole period. They are never published, only
// the correlation made from them: statistical offices hold one safe to publish from a sufficient number, as it is no
// linear sum (Griffiths et al., Handbook on Statistical Disclosure Control for Outputs, 2019, section on correlation). The
// exception is where nearly all give the same answer, so that it depends on the few others; so at least k must differ from
// the most frequent answer to either question. Each step is of at least 30 respondents, and of k.
func (r *Release) addPairs(s *survey.Survey, whole *tally.Counters) {
	k := int64(r.MinGroup)
	overall := whole.Items[s.Scoring.Overall]
	for name, item := range whole.Items {
		f, ok := s.Field(name)
		if !ok || item.Moments == nil || !s.Paired(f) || !slices.Contains(r.Questions, name) || !slices.Contains(r.Questions, s.Scoring.Overall) {
			continue
		}
		known, released := *item.Moments, int64(0)
		if pairs := r.Pairs[name]; pairs != nil {
			released = pairs.N
		}
		if known.N-released >= max(k, minPairs) && minority(item) >= k && minority(overall) >= k {
			r.Pairs[name] = &known
		}
	}
}

// minority counts those who did not choose the most frequent option.
func minority(item *tally.Item) int64 {
	if item == nil {
		return 0
	}
	most := int64(0)
	for _, x := range item.Counts {
		most = max(most, x.N)
	}
	return item.N - most
}

// Changed lists the settings in which s differs from the period's first release, and which therefore take effect in the
// next period only: "min_group", "segments", "crosstabs", "questions".
func (r *Release) Changed(s *survey.Survey) []string {
	var changed []string
	for _, c := range []struct {
		name    string
		changed bool
	}{
		{"min_group", r.MinGroup != max(s.Results.MinGroup, 1)},
		{"segments", !slices.Equal(r.Segments, segments(s))},
		{"crosstabs", !slices.Equal(r.CrossTabs, s.Results.CrossTabs)},
		{"questions", r.Questions != nil && !slices.Equal(r.Questions, publishedFields(s))},
	} {
		if c.changed {
			changed = append(changed, c.name)
		}
	}
	return changed
}

// publishedFields returns the names of the fields that are published.
func publishedFields(s *survey.Survey) []string {
	names := []string{}
	for _, f := range s.Fields() {
		if f.Counted() {
			names = append(names, f.Name)
		}
	}
	if len(s.Channels) > 0 {
		names = append(names, tally.Channel)
	}
	return names
}

// firstDay returns the day on which a period begins, or "" if it has no beginning.
func firstDay(s *survey.Survey, period string) string {
	year, rest, _ := strings.Cut(period, "-")
	switch {
	case s.Period == survey.NoPeriod:
		return string(s.Window.From)
	case rest == "":
		return year + "-01-01"
	case rest[0] == 'Q':
		return year + "-" + map[string]string{"Q1": "01", "Q2": "04", "Q3": "07", "Q4": "10"}[rest] + "-01"
	default:
		return period + "-01"
	}
}

// addDays returns the day a number of days after another.
func addDays(day string, days int) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return "9999-12-31"
	}
	return at.AddDate(0, 0, days).Format(time.DateOnly)
}

// segments describes the questions that divide respondents into cohorts, each as "field=option,option".
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

// CohortsWith returns the cohorts of those who gave one answer to a segment question, as the segments were when the
// period's first release was made. The pool is in none.
func (r *Release) CohortsWith(segment, option string) []*tally.Counters {
	i := slices.IndexFunc(r.Segments, func(s string) bool { return strings.HasPrefix(s, segment+"=") })
	if i < 0 {
		return nil
	}
	var found []*tally.Counters
	for key, c := range r.Cohorts {
		if key != Pool && keyPart(key, i) == option {
			found = append(found, c)
		}
	}
	return found
}

// keyPart returns the i-th part of a cohort's key, whose parts are separated by slashes.
func keyPart(key string, i int) string {
	for ; i > 0; i-- {
		_, key, _ = strings.Cut(key, "/")
	}
	part, _, _ := strings.Cut(key, "/")
	return part
}
