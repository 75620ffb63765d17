// Package audit compares stored tallies and releases with a recount of the responses. It is pure. No findings means that
// everything agrees.
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

// Tally compares a stored tally with a recount of the same responses, of which so many have been deleted after a retention
// time: the tally may have counted as many more.
func Tally(stored, recount *tally.Tally, deleted int64) []Finding {
	c := comparison{deleted: deleted}
	for _, key := range keys(stored.Cohorts, recount.Cohorts) {
		a, b := stored.Cohorts[key].Clone(), recount.Cohorts[key].Clone()
		if !c.same(a.Respondents, b.Respondents) || !c.same(a.Withdrawn, b.Withdrawn) {
			c.add(Finding{Code: TallyRespondents, Group: &key}.numbers(received(a), received(b)), "%s: %s counted, %s found", cohort(key), respondents(a), respondents(b))
		}
		for _, name := range keys(a.Items, b.Items) {
			c.compareItems(key, name, a.Items[name].Clone(), b.Items[name].Clone())
		}
	}
	return c.findings
}

// comparison compares counters with a recount.
type comparison struct {
	findings
	deleted int64
}

func (c *comparison) same(counted, found int64) bool {
	return counted >= found && counted <= found+c.deleted
}

// compareItems adds how the counters of a field differ from those of a recount.
func (c *comparison) compareItems(key, name string, counted, found *tally.Item) {
	at, where := Finding{Group: &key, Question: name}, cohort(key)+", "+name
	if !c.same(counted.N, found.N) {
		c.add(at.as(TallyAnswers).numbers(counted.N, found.N), "%s: %d answers counted, %d found", where, counted.N, found.N)
	}
	for _, option := range options(counted, found) {
		if a, b := counted.Counts.Of(option), found.Counts.Of(option); !c.same(a, b) {
			c.add(at.as(TallyOption).option(option).numbers(a, b), "%s: %s counted %d times, found %d times", where, option, a, b)
		}
	}
	if c.deleted > 0 {
		return
	}
	if !equal(counted.Sum, found.Sum) || !equal(counted.Squares, found.Squares) {
		c.add(at.as(TallySum), "%s: the sum counted is not the sum found", where)
	}
	if moments(counted) != moments(found) {
		c.add(at.as(TallyProducts), "%s: the sums of products counted are not those found", where)
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
func (h *Releases) Add(r *release.Release, form *survey.Survey) []Finding {
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

// at returns a finding about the release.
func (s *step) at(code Code) Finding { return Finding{Code: code, Release: s.release.Number} }

// checkFrozen checks that what a period's first release has settled stays as it is.
func (s *step) checkFrozen() {
	r, before := s.release, s.before
	if r.Number != before.Number+1 {
		s.add(s.at(ReleaseNumber).numbers(int64(r.Number), int64(before.Number)+1), "release %d follows release %d", r.Number, before.Number)
	}
	if r.MinGroup != before.MinGroup {
		s.add(s.at(ReleaseMinGroup).numbers(int64(r.MinGroup), int64(before.MinGroup)), "release %d: min_group is %d and was %d in the period's first release", r.Number, r.MinGroup, before.MinGroup)
	}
	if !slices.Equal(r.Segments, before.Segments) {
		s.add(s.at(ReleaseSegments), "release %d: the segments differ from those of the period's first release", r.Number)
	}
}

// checkCohort checks what the release adds to one cohort, or to the pool.
func (s *step) checkCohort(key string) {
	at, where := s.at("").group(key), fmt.Sprintf("release %d, %s", s.release.Number, cohort(key))
	released := s.release.Cohorts[key].Clone()
	more := released.Clone()
	more.Sub(s.before.Cohorts[key])
	if more.Respondents != 0 && more.Respondents < s.k {
		s.add(at.as(ReleaseBatch).numbers(more.Respondents, s.k), "%s: grows by %d respondents, and batches have at least %d", where, more.Respondents, s.k)
	}
	if more.Withdrawn < 0 {
		s.add(at.as(ReleaseWithdrawn).numbers(released.Withdrawn, released.Withdrawn-more.Withdrawn), "%s: %d withdrawals have disappeared", where, -more.Withdrawn)
	}
	if more.Respondents == 0 && more.Withdrawn != 0 {
		s.add(at.as(ReleaseWithdrawn).numbers(released.Withdrawn, released.Withdrawn-more.Withdrawn), "%s: %d withdrawals without a batch", where, more.Withdrawn)
	}
	for _, name := range keys(more.Items, nil) {
		if s.release.Questions != nil && !slices.Contains(s.release.Questions, name) {
			s.add(at.as(ReleaseQuestion).question(name), "%s: %s is not among the published questions", where, name)
		}
		s.checkIncrement(at.question(name), where+", "+name, more.Items[name], more.Withdrawn)
		s.checkOptions(at.question(name), where+", "+name, released.Items[name].Clone(), key == release.Pool)
	}
}

// checkIncrement checks by how much the counters of a field have moved in a batch with so many withdrawals.
func (s *step) checkIncrement(at Finding, where string, more *tally.Item, withdrawn int64) {
	if more.N != 0 && more.N < s.k {
		s.add(at.as(ReleaseAnswers).numbers(more.N, s.k), "%s: grows by %d answers, and batches have at least %d", where, more.N, s.k)
	}
	for _, option := range options(more, more) {
		n := more.Counts.Of(option)
		if n < -max(withdrawn, 0) || more.N == 0 && n != 0 {
			s.add(at.as(ReleaseOption).option(option).numbers(n, 0), "%s: %s changes by %d without a batch that explains it", where, option, n)
		}
	}
}

// checkOptions checks that a field's options were chosen as often as it was answered.
func (s *step) checkOptions(at Finding, where string, released *tally.Item, pool bool) {
	field, known := s.form.Field(at.Question)
	if !known || len(field.Options()) == 0 {
		return
	}
	sum := int64(0)
	for _, c := range released.Counts {
		sum += c.N
		if c.N < 0 && !pool {
			s.add(at.as(ReleaseOption).option(c.Option).numbers(c.N, 0), "%s: %s is counted %d times, which is less than none", where, c.Option, c.N)
		}
	}
	// A respondent who withdraws may have been released with a cohort and be subtracted in the pool, with every option chosen.
	subtracted := s.whole.Withdrawn * int64(len(field.Options())-1)
	if field.Question.Type != survey.MultiChoice && sum != released.N || sum < released.N-subtracted {
		s.add(at.as(ReleaseOptions).numbers(sum, released.N), "%s: %d answers, and options were chosen %d times", where, released.N, sum)
	}
}

// checkWhole checks that no question has more answers than respondents. It can be held of the whole alone: the pool may
// subtract answers of respondents who were released with their cohort.
func (s *step) checkWhole() {
	for _, name := range keys(s.whole.Items, nil) {
		if n := s.whole.Items[name].N; n < 0 || n > s.whole.Respondents+s.whole.Withdrawn {
			s.add(s.at(ReleaseRespondents).question(name).numbers(n, received(s.whole)), "release %d, %s: %d answers of %s", s.release.Number, name, n, respondents(s.whole))
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
		s.add(s.at(ReleasePool).group(release.Pool).numbers(received(pool), received(taken)), "release %d: the pool has %s, and was made from %s", r.Number, respondents(pool), respondents(taken))
	}
}

// Against checks the latest release against a recount of all responses, folded with the questionnaire that it was made
// with: no respondent and no answer is released that was not counted. The answers of a respondent who has withdrawn stay
// in a release until each question's next batch, so as many may be too many; and so may as many as were deleted after a
// retention time.
func (h *Releases) Against(recount *tally.Tally, deleted int64) []Finding {
	r, total := h.last, recount.Total()
	if r == nil {
		return nil
	}
	f := within{release: r.Number, deleted: deleted}
	f.check(nil, tally.Total(r.Cohorts), total)
	if !r.PoolOnly {
		for _, key := range keys(r.Cohorts, nil) {
			if key == release.Pool {
				continue
			}
			released := r.Cohorts[key].Clone()
			released.Add(r.Pooled[key])
			f.check(&key, released, recount.Cohorts[key].Clone())
		}
	}
	for _, name := range keys(r.Pairs, nil) {
		if counted := moments(total.Items[name].Clone()); r.Pairs[name].N > counted.N+total.Withdrawn+deleted {
			f.add(Finding{Code: ReleasedProducts, Release: r.Number, Question: name}.numbers(r.Pairs[name].N, counted.N),
				"%s: a correlation of %d respondents is released, and %d are found", name, r.Pairs[name].N, counted.N)
		}
	}
	return f.findings
}

// within checks that released counters are part of the counters found.
type within struct {
	findings
	release int
	deleted int64 // responses that cannot be found any more
}

// check checks a cohort; the whole if key is nil.
func (f *within) check(key *string, released, found *tally.Counters) {
	at, where := Finding{Release: f.release, Group: key}, "the whole"
	if key != nil {
		where = cohort(*key)
	}
	if received(released) > received(found)+f.deleted || released.Withdrawn > found.Withdrawn+f.deleted {
		f.add(at.as(ReleasedRespondents).numbers(received(released), received(found)), "%s: %s released, %s found", where, respondents(released), respondents(found))
		return
	}
	waiting := found.Withdrawn + f.deleted // a question that waits still holds answers of respondents whose withdrawal has been released
	for _, name := range keys(released.Items, nil) {
		f.checkItem(at.question(name), where+", "+name, released.Items[name], found.Items[name].Clone(), waiting)
	}
}

func (f *within) checkItem(at Finding, where string, released, found *tally.Item, waiting int64) {
	if released.N > found.N+waiting {
		f.add(at.as(ReleasedAnswers).numbers(released.N, found.N), "%s: %d answers released, %d found", where, released.N, found.N)
	}
	for _, option := range options(released, released) {
		if a, b := released.Counts.Of(option), found.Counts.Of(option); a > b+waiting {
			f.add(at.as(ReleasedOption).option(option).numbers(a, b), "%s: %s released %d times, found %d times", where, option, a, b)
		}
	}
	if released.N == found.N && waiting == 0 && (!equal(released.Sum, found.Sum) || !equal(released.Squares, found.Squares)) {
		f.add(at.as(ReleasedSum), "%s: all answers are released, but the sum released is not the sum found", where)
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

// received returns how many responses counters are of.
func received(c *tally.Counters) int64 { return c.Respondents + c.Withdrawn }

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
