// Package release decides what may be made public. It is pure.
//
// Everything public is a sum over batches: disjoint sets of at least k respondents, each released once, as a whole, and
// never split again. That is the whole argument why nobody can be singled out by subtraction:
//
//   - For one question of one cohort (or of the pool), published states differ by increments, each with at least k answers
//     that no other increment has. Take any sum of published figures with any signs. In the last increment that it uses,
//     the answers added there stand with the same factor, and nothing before can cancel them: so it speaks of at least k.
//   - Cohorts, and the pool, are disjoint, so sums over them (segments, cross-tabs, the whole) bring nothing new.
//   - No figure is published of two questions together, but for segments, which make the cohorts. So it does not matter
//     that fewer than k may have left one question out: nothing else is told of those few alone. That somebody skipped a
//     question is told like any answer, as a count within a group of at least k.
//   - A withdrawal leaves the figures together with an increment, whose net growth is at least k: so at least k are added,
//     and the first point holds with them.
//
// Not linear, and so outside that argument, is one figure: the correlation of an item with the overall item. It is made
// of sums of products, which are kept in Pairs and never published; see [pairs] for what holds it back.
//
// Whether a batch goes out tells something itself: that a question waits says that 1 to k-1 have answered, that a
// sensitive question's batch waits may say that it is unanimous. And who posts k-1 answers around another's can tell that
// one: only invitations for one answer each resist it.
package release

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Release is what has been made public of one period so far: the sums over all batches up to and including its own.
// Releases of a period are numbered from 1 without gaps, kept for ever, and pages are made from the latest alone.
type Release struct {
	Survey  string `json:"survey"`
	Period  string `json:"period"`
	Number  int    `json:"number"`
	Date    string `json:"date"`  // day of release, in the survey's timezone
	Shape   string `json:"shape"` // of the questionnaire in force
	Version string `json:"version"`

	Form json.RawMessage `json:"form,omitempty"` // the questionnaire in force, without texts: [survey.ParseForm]

	// Frozen for the period at its first release.
	MinGroup  int               `json:"min_group"`           // k
	Segments  []string          `json:"segments,omitempty"`  // what divides the cohorts: "field=option,option"
	Questions []string          `json:"questions,omitempty"` // the fields that are published
	CrossTabs []survey.CrossTab `json:"crosstabs,omitempty"`

	Cohorts map[string]*tally.Counters `json:"cohorts"` // and Pool

	// What follows is for the next release, and for correlations; as it stands it is never published.
	Whole  bool                       `json:"whole,omitempty"`  // the segments have changed within the period: from then on all goes to the pool
	Pooled map[string]*tally.Counters `json:"pooled,omitempty"` // what the pool has taken from each cohort
	Pairs  map[string]*tally.Moments  `json:"pairs,omitempty"`  // items together with the overall item, by field
}

// Pool is the key of the respondents who are released in the whole and in no segment. No cohort has it.
const Pool = "*"

// Next decides what can be released of a period, given its whole tally, folded with s, and its last release (nil:
// none); the tally must hold every respondent of the last release. It returns the next release, or nil if there is
// nothing to release yet. Today is the day in the survey's timezone.
//
// A cohort goes out when its respondents have become more by at least k: they are the batch. When the period is closed, or
// results.pool_after days after its last release (before the first: after its beginning), the rest of all cohorts is
// pooled and goes out, if it is at least k together; the cohorts go on without it. If the segments have changed since the
// first release, the old cohorts and the new ones overlap: then only the pool goes on, and takes what the whole has and no
// batch had.
//
// Within a batch a question that 1 to k-1 of the members answered waits, and is merged with the next batch: each
// question's counters are cumulative, and move by 0 or by at least k answers. A batch that is unanimous on a sensitive
// question waits as a whole. No counter sinks by more than have withdrawn: if it should (because the questionnaire has
// changed), the question waits; if respondents are lost, everything does. Nor is one of a cohort ever less than nothing, as
// it is when somebody of the pool has withdrawn: it would say what they had answered.
func Next(s *survey.Survey, period, today string, last *Release, t *tally.Tally, closed bool) *Release {
	next := &Release{
		Survey: s.ID, Period: period, Number: 1, Date: today, Shape: s.Shape, Version: s.Version, Form: s.Form(),
		MinGroup: max(s.Results.MinGroup, 1), Segments: segments(s), Questions: questions(s), CrossTabs: s.Results.CrossTabs,
		Cohorts: map[string]*tally.Counters{}, Pooled: map[string]*tally.Counters{}, Pairs: map[string]*tally.Moments{},
	}
	since := begin(s, period)
	if last != nil {
		if s.Results.Release == "daily" && today <= last.Date {
			return nil
		}
		next.Number, since = last.Number+1, last.Date
		next.MinGroup, next.Segments, next.CrossTabs = last.MinGroup, last.Segments, last.CrossTabs
		if last.Questions != nil {
			next.Questions = last.Questions
		}
		for key, c := range last.Cohorts {
			next.Cohorts[key] = c.Clone()
		}
		for key, c := range last.Pooled {
			next.Pooled[key] = c.Clone()
		}
		for name, m := range last.Pairs {
			next.Pairs[name] = m
		}
		next.Whole = last.Whole || !slices.Equal(last.Segments, segments(s)) ||
			last.Cohorts[Pool] != nil && last.Pooled == nil // as releases were before they said what was pooled
	}

	released := false
	if !next.Whole {
		for key, c := range next.Cohorts {
			if key != Pool && arrived(t.Cohorts[key]) < arrived(c)+arrived(next.Pooled[key]) {
				return nil
			}
		}
		for key, c := range t.Cohorts {
			rest := c.Clone()
			rest.Sub(next.Pooled[key])
			if next.batch(s, key, rest) != nil {
				released = true
			}
		}
	}
	if closed || next.Whole || s.Results.PoolAfter > 0 && since != "" && today >= later(since, s.Results.PoolAfter) {
		// The pool may hold what is in the whole and in no batch so far.
		pool := t.Total()
		for key, c := range next.Cohorts {
			if key != Pool {
				pool.Sub(c)
			}
		}
		if moved := next.batch(s, Pool, pool); moved != nil {
			released = true
			for key, c := range t.Cohorts {
				if next.Whole {
					break
				}
				rest := c.Clone()
				rest.Sub(next.Cohorts[key])
				next.Pooled[key] = taken(next.Pooled[key], rest, moved)
			}
		}
	}
	if !released {
		return nil
	}
	next.pairs(s, t.Total())
	return next
}

func arrived(c *tally.Counters) int64 {
	if c == nil {
		return 0
	}
	return c.Respondents + c.Withdrawn
}

// batch moves what is out of one cohort on to what is known of it, as far as the rule of k lets it. It returns the
// questions that have moved, or nil if nothing goes out at all.
func (r *Release) batch(s *survey.Survey, key string, known *tally.Counters) (moved map[string]bool) {
	out, k := r.Cohorts[key], int64(r.MinGroup)
	if out == nil {
		out = out.Clone()
	}
	if known.Respondents-out.Respondents < k {
		return nil
	}
	moved = map[string]bool{}
	for name, item := range known.Items {
		f, asked := s.Field(name)
		if !slices.Contains(r.Questions, name) {
			continue
		}
		more := item.Clone()
		more.Sub(out.Items[name])
		if more.N < k || sinks(more, known.Withdrawn-out.Withdrawn) || key != Pool && sinks(item, 0) {
			continue
		}
		if asked && f.Question.Sensitive && unanimous(more) {
			return nil
		}
		moved[name] = true
	}
	r.Cohorts[key] = taken(out, known, moved)
	return moved
}

// taken is what was out, moved on to what is known, in the questions that have moved. Pairs do not go by cohort.
func taken(out, known *tally.Counters, moved map[string]bool) *tally.Counters {
	out = out.Clone()
	out.Respondents, out.Withdrawn = known.Respondents, known.Withdrawn
	for name, item := range known.Items {
		if moved[name] {
			out.Items[name] = item.Clone()
			out.Items[name].Moments = nil
		}
	}
	return out
}

// sinks reports whether a difference is more than further respondents, and so many withdrawals, can make.
func sinks(more *tally.Item, withdrawn int64) bool {
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
	return n.Mul(n, more.Squares).Cmp(square) <= 0
}

// fewestPairs is the least that a correlation, and each later change of it, is made from, if k is not more.
const fewestPairs = 30

// pairs takes along the sums of products of items and the overall item, of the whole period. They are never published, only
// the correlation that they make: statistical offices hold one safe to publish from a sufficient number, as it is no
// linear sum (Griffiths et al., Handbook on Statistical Disclosure Control for Outputs, 2019, section on correlation). The
// exception is where nearly all give the same answer, so that it follows the few others; so at least k must differ from the
// most frequent answer to either. Each step is of at least 30 respondents, and of k.
func (r *Release) pairs(s *survey.Survey, whole *tally.Counters) {
	k := int64(r.MinGroup)
	overall := whole.Items[s.Scoring.Overall]
	for name, item := range whole.Items {
		f, ok := s.Field(name)
		if !ok || item.Moments == nil || !s.Paired(f) || !slices.Contains(r.Questions, name) || !slices.Contains(r.Questions, s.Scoring.Overall) {
			continue
		}
		known, least := *item.Moments, int64(0)
		if out := r.Pairs[name]; out != nil {
			least = out.N
		}
		if known.N-least >= max(k, fewestPairs) && others(item) >= k && others(overall) >= k {
			r.Pairs[name] = &known
		}
	}
}

// others is how many did not choose the most frequent option.
func others(item *tally.Item) int64 {
	if item == nil {
		return 0
	}
	most := int64(0)
	for _, x := range item.Counts {
		most = max(most, x.N)
	}
	return item.N - most
}

// Changed names what a questionnaire says otherwise than the period's first release, and what will therefore be in force
// from the next period only: "min_group", "segments", "crosstabs", "questions".
func (r *Release) Changed(s *survey.Survey) []string {
	var changed []string
	for _, c := range []struct {
		name string
		is   bool
	}{
		{"min_group", r.MinGroup != max(s.Results.MinGroup, 1)},
		{"segments", !slices.Equal(r.Segments, segments(s))},
		{"crosstabs", !slices.Equal(r.CrossTabs, s.Results.CrossTabs)},
		{"questions", r.Questions != nil && !slices.Equal(r.Questions, questions(s))},
	} {
		if c.is {
			changed = append(changed, c.name)
		}
	}
	return changed
}

// questions are the names of what is published.
func questions(s *survey.Survey) []string {
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

// begin is the day on which a period begins, or "" if that is open.
func begin(s *survey.Survey, period string) string {
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

// later is the day so many days after another.
func later(day string, days int) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return "9999-12-31"
	}
	return at.AddDate(0, 0, days).Format(time.DateOnly)
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

// Where lists the cohorts of those who gave one answer to a segment question, as the segments were when the period's first
// release was made. The pool is in none.
func (r *Release) Where(segment, option string) []*tally.Counters {
	at := slices.IndexFunc(r.Segments, func(s string) bool { return strings.HasPrefix(s, segment+"=") })
	if at < 0 {
		return nil
	}
	var found []*tally.Counters
	for key, c := range r.Cohorts {
		if key != Pool && part(key, at) == option {
			found = append(found, c)
		}
	}
	return found
}

// part is one of the parts of a cohort's key, which slashes divide.
func part(key string, at int) string {
	for ; at > 0; at-- {
		_, key, _ = strings.Cut(key, "/")
	}
	first, _, _ := strings.Cut(key, "/")
	return first
}
