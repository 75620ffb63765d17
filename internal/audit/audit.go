// Package audit compares stored tallies and releases with a recount of the responses. It is pure. Findings are sentences
// for the operator who runs the audit; none means that everything agrees.
package audit

import (
	"fmt"
	"math/big"
	"slices"
	"sort"

	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// maxFindings bounds the findings of one comparison: one wrong figure makes all that follow from it wrong.
const maxFindings = 20

// findings collects sentences.
type findings []string

func (f *findings) add(format string, args ...any) {
	switch {
	case len(*f) < maxFindings:
		*f = append(*f, fmt.Sprintf(format, args...))
	case len(*f) == maxFindings:
		*f = append(*f, "and more")
	}
}

// Tally compares a stored tally with a recount of the same responses.
func Tally(stored, recount *tally.Tally) []string {
	var f findings
	for _, key := range keys(stored.Cohorts, recount.Cohorts) {
		where := cohort(key)
		a, b := stored.Cohorts[key].Clone(), recount.Cohorts[key].Clone()
		if a.Respondents != b.Respondents || a.Withdrawn != b.Withdrawn {
			f.add("%s: %s counted, %s found", where, respondents(a), respondents(b))
		}
		for _, name := range keys(a.Items, b.Items) {
			f.compareItems(where+", "+name, a.Items[name].Clone(), b.Items[name].Clone())
		}
	}
	return f
}

// compareItems adds how the counters of a field differ from those of a recount.
func (f *findings) compareItems(where string, counted, found *tally.Item) {
	if counted.N != found.N {
		f.add("%s: %d answers counted, %d found", where, counted.N, found.N)
	}
	for _, option := range options(counted, found) {
		if a, b := counted.Counts.Of(option), found.Counts.Of(option); a != b {
			f.add("%s: %s counted %d times, found %d times", where, option, a, b)
		}
	}
	if !equal(counted.Sum, found.Sum) || !equal(counted.Squares, found.Squares) {
		f.add("%s: the sum counted is not the sum found", where)
	}
	if moments(counted) != moments(found) {
		f.add("%s: the sums of products counted are not those found", where)
	}
}

// Releases follows the releases of one period, oldest first.
type Releases struct {
	last  *release.Release
	count int
}

// Last returns the latest release so far; nil before the first.
func (h *Releases) Last() *release.Release { return h.last }

// Count returns the number of releases so far.
func (h *Releases) Count() int { return h.count }

// Add checks a release against the one before: it must be that one and whole batches, each of at least k respondents, and
// within a batch each question either waits or moves by at least k answers. No counter shrinks by more than the number of
// withdrawals, and a respondent who chose one option of a question is counted once. form is the questionnaire that the
// release was made with.
func (h *Releases) Add(r *release.Release, form *survey.Survey) []string {
	before := h.last
	if before == nil {
		before = &release.Release{MinGroup: r.MinGroup, Segments: r.Segments, Questions: r.Questions}
	}
	h.last = r
	h.count++
	s := step{release: r, before: before, form: form, k: int64(max(r.MinGroup, 1)), whole: tally.Total(r.Cohorts)}
	s.checkFrozen()
	for _, key := range keys(before.Cohorts, r.Cohorts) {
		s.checkCohort(key)
	}
	s.checkWhole()
	s.checkPool()
	return s.findings
}

// step is a release and the one before it.
type step struct {
	findings
	release, before *release.Release
	form            *survey.Survey
	k               int64
	whole           *tally.Counters // of the release
}

// checkFrozen checks that what a period's first release has settled stays as it is.
func (s *step) checkFrozen() {
	r, before := s.release, s.before
	if r.Number != before.Number+1 {
		s.add("release %d follows release %d", r.Number, before.Number)
	}
	if r.MinGroup != before.MinGroup {
		s.add("release %d: min_group is %d and was %d in the period's first release", r.Number, r.MinGroup, before.MinGroup)
	}
	if !slices.Equal(r.Segments, before.Segments) {
		s.add("release %d: the segments differ from those of the period's first release", r.Number)
	}
}

// checkCohort checks what the release adds to one cohort, or to the pool.
func (s *step) checkCohort(key string) {
	where := fmt.Sprintf("release %d, %s", s.release.Number, cohort(key))
	released := s.release.Cohorts[key].Clone()
	more := released.Clone()
	more.Sub(s.before.Cohorts[key])
	if more.Respondents != 0 && more.Respondents < s.k {
		s.add("%s: grows by %d respondents, and batches have at least %d", where, more.Respondents, s.k)
	}
	if more.Withdrawn < 0 {
		s.add("%s: %d withdrawals have disappeared", where, -more.Withdrawn)
	}
	if more.Respondents == 0 && more.Withdrawn != 0 {
		s.add("%s: %d withdrawals without a batch", where, more.Withdrawn)
	}
	for _, name := range keys(more.Items, nil) {
		if s.release.Questions != nil && !slices.Contains(s.release.Questions, name) {
			s.add("%s: %s is not among the published questions", where, name)
		}
		s.checkIncrement(where+", "+name, more.Items[name], more.Withdrawn)
		s.checkOptions(where+", "+name, name, released.Items[name].Clone(), key == release.Pool)
	}
}

// checkIncrement checks by how much the counters of a field have moved in a batch with so many withdrawals.
func (s *step) checkIncrement(where string, more *tally.Item, withdrawn int64) {
	if more.N != 0 && more.N < s.k {
		s.add("%s: grows by %d answers, and batches have at least %d", where, more.N, s.k)
	}
	for _, option := range options(more, more) {
		n := more.Counts.Of(option)
		if n < -max(withdrawn, 0) || more.N == 0 && n != 0 {
			s.add("%s: %s changes by %d without a batch that explains it", where, option, n)
		}
	}
}

// checkOptions checks that a field's options were chosen as often as it was answered.
func (s *step) checkOptions(where, name string, released *tally.Item, pool bool) {
	field, known := s.form.Field(name)
	if !known || len(field.Options()) == 0 {
		return
	}
	sum := int64(0)
	for _, c := range released.Counts {
		sum += c.N
		if c.N < 0 && !pool {
			s.add("%s: %s is counted %d times, which is less than none", where, c.Option, c.N)
		}
	}
	// A respondent who withdraws may have been released with a cohort and be subtracted in the pool, with every option chosen.
	subtracted := s.whole.Withdrawn * int64(len(field.Options())-1)
	if field.Question.Type != survey.MultiChoice && sum != released.N || sum < released.N-subtracted {
		s.add("%s: %d answers, and options were chosen %d times", where, released.N, sum)
	}
}

// checkWhole checks that no question has more answers than respondents. It can be held of the whole alone: the pool may
// subtract answers of respondents who were released with their cohort.
func (s *step) checkWhole() {
	for _, name := range keys(s.whole.Items, nil) {
		if n := s.whole.Items[name].N; n < 0 || n > s.whole.Respondents+s.whole.Withdrawn {
			s.add("release %d, %s: %d answers of %s", s.release.Number, name, n, respondents(s.whole))
		}
	}
}

// checkPool checks that the pool holds what it says it has taken from the cohorts.
func (s *step) checkPool() {
	r := s.release
	pool := r.Cohorts[release.Pool]
	if pool == nil || r.PoolOnly || r.Pooled == nil {
		return
	}
	if taken := tally.Total(r.Pooled); taken.Respondents != pool.Respondents || taken.Withdrawn != pool.Withdrawn {
		s.add("release %d: the pool has %s, and was made from %s", r.Number, respondents(pool), respondents(taken))
	}
}

// Against checks the latest release against a recount of all responses, folded with the questionnaire that it was made
// with: no respondent and no answer is released that was not counted. The answers of a respondent who has withdrawn stay
// in a release until each question's next batch, so as many may be too many.
func (h *Releases) Against(recount *tally.Tally) []string {
	var f findings
	r, total := h.last, recount.Total()
	if r == nil {
		return nil
	}
	f.checkWithin("the whole", tally.Total(r.Cohorts), total)
	if !r.PoolOnly {
		for _, key := range keys(r.Cohorts, nil) {
			if key == release.Pool {
				continue
			}
			released := r.Cohorts[key].Clone()
			released.Add(r.Pooled[key])
			f.checkWithin(cohort(key), released, recount.Cohorts[key].Clone())
		}
	}
	for _, name := range keys(r.Pairs, nil) {
		if counted := moments(total.Items[name].Clone()); r.Pairs[name].N > counted.N+total.Withdrawn {
			f.add("%s: a correlation of %d respondents is released, and %d are found", name, r.Pairs[name].N, counted.N)
		}
	}
	return f
}

// checkWithin checks that released counters are part of the counters found.
func (f *findings) checkWithin(where string, released, found *tally.Counters) {
	if released.Respondents+released.Withdrawn > found.Respondents+found.Withdrawn || released.Withdrawn > found.Withdrawn {
		f.add("%s: %s released, %s found", where, respondents(released), respondents(found))
		return
	}
	waiting := found.Withdrawn // a question that waits still holds answers of respondents whose withdrawal has been released
	for _, name := range keys(released.Items, nil) {
		f.checkItemWithin(where+", "+name, released.Items[name], found.Items[name].Clone(), waiting)
	}
}

func (f *findings) checkItemWithin(where string, released, found *tally.Item, waiting int64) {
	if released.N > found.N+waiting {
		f.add("%s: %d answers released, %d found", where, released.N, found.N)
	}
	for _, option := range options(released, released) {
		if a, b := released.Counts.Of(option), found.Counts.Of(option); a > b+waiting {
			f.add("%s: %s released %d times, found %d times", where, option, a, b)
		}
	}
	if released.N == found.N && waiting == 0 && (!equal(released.Sum, found.Sum) || !equal(released.Squares, found.Squares)) {
		f.add("%s: all answers are released, but the sum released is not the sum found", where)
	}
}

// keys returns the keys of either map, sorted.
func keys[V any](a, b map[string]V) []string {
	var all []string
	for key := range a {
		all = append(all, key)
	}
	for key := range b {
		if _, both := a[key]; !both {
			all = append(all, key)
		}
	}
	sort.Strings(all)
	return all
}

// options returns the options that either item counts, sorted.
func options(a, b *tally.Item) []string {
	var all []string
	for _, counts := range [...]tally.Counts{a.Counts, b.Counts} {
		for _, c := range counts {
			all = append(all, c.Option)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// cohort names a cohort in a finding.
func cohort(key string) string {
	switch key {
	case "":
		return "respondents without a group"
	case release.Pool:
		return "the pool"
	default:
		return "group " + key
	}
}

// respondents describes how many respondents counters count, and how many have withdrawn.
func respondents(c *tally.Counters) string {
	text := fmt.Sprintf("%d respondents", c.Respondents)
	if c.Respondents == 1 {
		text = "1 respondent"
	}
	if c.Withdrawn > 0 {
		text += fmt.Sprintf(" and %d withdrawn", c.Withdrawn)
	}
	return text
}

// equal compares integers; nil is 0.
func equal(a, b *big.Int) bool {
	if a == nil {
		a = new(big.Int)
	}
	if b == nil {
		b = new(big.Int)
	}
	return a.Cmp(b) == 0
}

func moments(i *tally.Item) tally.Moments {
	if i.Moments == nil {
		return tally.Moments{}
	}
	return *i.Moments
}
