// Package audit compares what was counted and what was released with a recount of the responses. It is pure. Findings are
// sentences for the person who has asked; none means that everything agrees.
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

// most bounds the findings of one comparison: where one thing is wrong, everything that follows from it is.
const most = 20

// findings gathers sentences.
type findings []string

func (f *findings) add(format string, args ...any) {
	switch {
	case len(*f) < most:
		*f = append(*f, fmt.Sprintf(format, args...))
	case len(*f) == most:
		*f = append(*f, "and more")
	}
}

// Tally compares a stored tally with a recount of the same responses.
func Tally(stored, recount *tally.Tally) []string {
	var f findings
	for _, key := range keys(stored.Cohorts, recount.Cohorts) {
		a, b := stored.Cohorts[key].Clone(), recount.Cohorts[key].Clone()
		if a.Respondents != b.Respondents || a.Withdrawn != b.Withdrawn {
			f.add("%s: %s counted, %s found", group(key), people(a), people(b))
		}
		for _, name := range keys(a.Items, b.Items) {
			x, y := a.Items[name].Clone(), b.Items[name].Clone()
			if x.N != y.N {
				f.add("%s, %s: %d answers counted, %d found", group(key), name, x.N, y.N)
			}
			for _, option := range options(x, y) {
				if p, q := x.Counts.Of(option), y.Counts.Of(option); p != q {
					f.add("%s, %s: %s counted %d times, found %d times", group(key), name, option, p, q)
				}
			}
			if !equal(x.Sum, y.Sum) || !equal(x.Squares, y.Squares) {
				f.add("%s, %s: another sum counted than found", group(key), name)
			}
			if moments(x) != moments(y) {
				f.add("%s, %s: other sums of products counted than found", group(key), name)
			}
		}
	}
	return f
}

// Releases follows the releases of one period, oldest first.
type Releases struct {
	last *release.Release
	n    int
}

// Last is the latest release so far; nil before the first.
func (h *Releases) Last() *release.Release { return h.last }

// Count is how many there are.
func (h *Releases) Count() int { return h.n }

// Add checks a release against the one before: it must be that and whole batches, each of at least k respondents, and within
// a batch each question either waits or moves by at least k answers. Nothing sinks by more than have withdrawn, and who
// chose one option of a question is counted once. form is the questionnaire that the release was made with.
func (h *Releases) Add(r *release.Release, form *survey.Survey) []string {
	var f findings
	before := h.last
	if before == nil {
		before = &release.Release{MinGroup: r.MinGroup, Segments: r.Segments, Questions: r.Questions}
	}
	h.last = r
	h.n++
	if r.Number != before.Number+1 {
		f.add("release %d follows release %d", r.Number, before.Number)
	}
	if r.MinGroup != before.MinGroup {
		f.add("release %d: min_group is %d and was %d when the period's first release was made", r.Number, r.MinGroup, before.MinGroup)
	}
	if !slices.Equal(r.Segments, before.Segments) {
		f.add("release %d: the segments are other ones than when the period's first release was made", r.Number)
	}
	k := int64(max(r.MinGroup, 1))
	whole := tally.Total(r.Cohorts)
	for _, key := range keys(before.Cohorts, r.Cohorts) {
		was, is := before.Cohorts[key].Clone(), r.Cohorts[key].Clone()
		where := fmt.Sprintf("release %d, %s", r.Number, group(key))
		more := is.Clone()
		more.Sub(was)
		if more.Respondents != 0 && more.Respondents < k {
			f.add("%s: grows by %d respondents, and batches have at least %d", where, more.Respondents, k)
		}
		if more.Withdrawn < 0 {
			f.add("%s: %d withdrawals have disappeared", where, -more.Withdrawn)
		}
		if more.Respondents == 0 && more.Withdrawn != 0 {
			f.add("%s: %d withdrawals without a batch", where, more.Withdrawn)
		}
		for _, name := range keys(more.Items, nil) {
			if r.Questions != nil && !slices.Contains(r.Questions, name) {
				f.add("%s: %s is not among the published questions", where, name)
			}
			item := more.Items[name]
			if item.N != 0 && item.N < k {
				f.add("%s, %s: grows by %d answers, and batches have at least %d", where, name, item.N, k)
			}
			for _, option := range options(item, item) {
				n := item.Counts.Of(option)
				if n < -max(more.Withdrawn, 0) || item.N == 0 && n != 0 {
					f.add("%s, %s: %s changes by %d without a batch that explains it", where, name, option, n)
				}
			}
			now := is.Items[name].Clone()
			if field, known := form.Field(name); known && len(field.Options()) > 0 {
				sum := int64(0)
				for _, c := range now.Counts {
					sum += c.N
					if c.N < 0 && key != release.Pool {
						f.add("%s, %s: %s is counted %d times, and fewer than none have said so", where, name, c.Option, c.N)
					}
				}
				// Who withdraws may be out with a cohort and be taken off in the pool, with all the options that were chosen.
				off := whole.Withdrawn * int64(len(field.Options())-1)
				if field.Question.Type != survey.MultiChoice && sum != now.N || sum < now.N-off {
					f.add("%s, %s: %d answers, and options were chosen %d times", where, name, now.N, sum)
				}
			}
		}
	}
	// Of the whole: the pool may take answers of respondents who are out with their cohort.
	for _, name := range keys(whole.Items, nil) {
		if n := whole.Items[name].N; n < 0 || n > whole.Respondents+whole.Withdrawn {
			f.add("release %d, %s: %d answers of %s", r.Number, name, n, people(whole))
		}
	}
	if pool := r.Cohorts[release.Pool]; pool != nil && !r.Whole && r.Pooled != nil {
		if taken := tally.Total(r.Pooled); taken.Respondents != pool.Respondents || taken.Withdrawn != pool.Withdrawn {
			f.add("release %d: the pool has %s, and was made from %s", r.Number, people(pool), people(taken))
		}
	}
	return f
}

// Against checks the latest release against a recount of all responses, folded with the questionnaire that it was made
// with: nobody is released who was not counted, and no answer. The answers of who has withdrawn stand in a release until
// each question's next batch, so as many may be too many.
func (h *Releases) Against(recount *tally.Tally) []string {
	var f findings
	r := h.last
	if r == nil {
		return nil
	}
	within(&f, "the whole", tally.Total(r.Cohorts), recount.Total())
	if !r.Whole {
		for _, key := range keys(r.Cohorts, nil) {
			if key == release.Pool {
				continue
			}
			out := r.Cohorts[key].Clone()
			out.Add(r.Pooled[key])
			within(&f, group(key), out, recount.Cohorts[key].Clone())
		}
	}
	for _, name := range keys(r.Pairs, nil) {
		counted := moments(recount.Total().Items[name].Clone())
		if waiting := recount.Total().Withdrawn; r.Pairs[name].N > counted.N+waiting {
			f.add("%s: a correlation of %d respondents is released, and %d are found", name, r.Pairs[name].N, counted.N)
		}
	}
	return f
}

// within checks that what is out is part of what is known.
func within(f *findings, where string, out, known *tally.Counters) {
	if out.Respondents+out.Withdrawn > known.Respondents+known.Withdrawn || out.Withdrawn > known.Withdrawn {
		f.add("%s: %s released, %s found", where, people(out), people(known))
		return
	}
	waiting := known.Withdrawn // a question that waits still holds answers of those whose withdrawal is out already
	for _, name := range keys(out.Items, nil) {
		released, found := out.Items[name], known.Items[name].Clone()
		if released.N > found.N+waiting {
			f.add("%s, %s: %d answers released, %d found", where, name, released.N, found.N)
		}
		for _, option := range options(released, released) {
			if n, counted := released.Counts.Of(option), found.Counts.Of(option); n > counted+waiting {
				f.add("%s, %s: %s released %d times, found %d times", where, name, option, n, counted)
			}
		}
		if released.N == found.N && waiting == 0 && (!equal(released.Sum, found.Sum) || !equal(released.Squares, found.Squares)) {
			f.add("%s, %s: all answers are released, with another sum than found", where, name)
		}
	}
}

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

func group(key string) string {
	switch key {
	case "":
		return "respondents without a group"
	case release.Pool:
		return "the pool"
	default:
		return "group " + key
	}
}

func people(c *tally.Counters) string {
	text := fmt.Sprintf("%d respondents", c.Respondents)
	if c.Respondents == 1 {
		text = "1 respondent"
	}
	if c.Withdrawn > 0 {
		text += fmt.Sprintf(" and %d withdrawn", c.Withdrawn)
	}
	return text
}

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
