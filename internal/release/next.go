package release

import (
	"maps"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/invitation"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Pool is the key of the respondents who are released in the whole and in no segment. No cohort has it.
const Pool = "*"

// Next decides what can be released of a period, given its whole tally and its last release (nil: none), which the tally
// continues from. It returns the next release and the tally without those who are in its blocks, or nil, nil if there is
// nothing to release. Both must be stored together. They share memory with the arguments, which are not changed.
//
// s is the questionnaire in force; forms are the questionnaires by shape, as far as the tally or the last release has parts
// of them. today is the day in the survey's timezone; closed says that no more answers are expected in the period.
//
// Next reads three kinds of things, and nothing else decides when it releases what: facts (who answered when, in which
// cohort, under which questionnaire), settings, and the counters of blocks that are out.
func Next(s *survey.Survey, forms map[string]*survey.Survey, period, today string, last *Release, t *tally.Tally, closed bool) (*Release, *tally.Tally) {
	return NextInvited(s, forms, period, today, last, t, closed, nil)
}

// SaysFacts reports whether the release after the last one, if there is one on a day, says facts of whole days anew. Else
// [NextInvited] does not read counters of invitations.
func SaysFacts(last *Release, today string, closed bool) bool {
	return last == nil || today > last.Date || closed
}

// NextInvited is Next for a survey with invitations, whose counters are given by their names; nil: they are not known, and
// what is public of them stays as it is.
func NextInvited(s *survey.Survey, forms map[string]*survey.Survey, period, today string, last *Release, t *tally.Tally, closed bool, counters map[string]int64) (*Release, *tally.Tally) {
	n := &next{survey: s, forms: forms, today: today, closed: closed, last: last, Release: first(s, period, today), after: t.Without(), stored: map[string]*survey.Survey{}}
	if last != nil {
		n.follow(last)
	}
	n.after.Release = n.Number
	newDay := last == nil || today > last.Date
	changed := n.changesSettings()
	if newDay || s.Results.Release != "daily" {
		changed = n.addBlocks(t) || changed
		changed = n.publishBases() || changed
		changed = n.publishRows() || changed
	}
	changed = n.holdSensitive() || changed
	changed = n.publishCoded() || changed
	whole := SaysFacts(last, today, closed)
	changed = n.updateFacts(t, whole) || changed
	changed = whole && counters != nil && n.updateInvited(period, counters) || changed
	if !changed {
		return nil, nil
	}
	return n.Release, n.after
}

// next is a release in the making.
type next struct {
	*Release
	survey *survey.Survey
	forms  map[string]*survey.Survey // by shape
	today  string
	closed bool
	last   *Release
	after  *tally.Tally
	stored map[string]*survey.Survey // forms of parts that are not among forms
	exact  bool                      // see [Unsuppressed]
}

// first returns a period's first release, before anything is added to it.
func first(s *survey.Survey, period, today string) *Release {
	return &Release{
		Survey: s.ID, Period: period, Number: 1, Date: today, Version: s.Version, Form: s.Form(), K: s.K(), Hidden: hidden(s, nil),
		Parts: map[string]*Part{}, Coded: map[string]*Coded{}, Rows: map[string]*tally.Rows{},
		Held: newHeld(),
	}
}

func newHeld() *Held {
	return &Held{Out: map[string]map[string]Mark{}, Items: map[string]map[string]*tally.Counters{}, Rows: map[string]*tally.Rows{}}
}

// follow makes n, which so far is a first release, the one after last, before anything is added to it. A k that has become
// smaller waits for the next period, and what was hidden and is not asked any more stays hidden.
func (n *next) follow(last *Release) {
	n.Number = last.Number + 1
	n.Date = max(n.Date, last.Date) // the clock of whoever made the last one may be ahead
	n.K = max(n.K, last.K)
	n.Hidden = hidden(n.survey, last.Hidden)
	n.Invited = last.Invited
	n.Facts, n.Steps, n.Annulled = last.Facts, slices.Clone(last.Steps), last.Annulled
	n.copyMaps(last)
}

// copyMaps gives n maps of its own with the values of last.
func (n *next) copyMaps(last *Release) {
	n.Coded, n.Rows, n.Parts = copied(last.Coded), copied(last.Rows), make(map[string]*Part, len(last.Parts))
	for shape, p := range last.Parts {
		part := *p
		part.Cohorts = copied(p.Cohorts)
		n.Parts[shape] = &part
	}
	n.Held = newHeld()
	if last.Held == nil {
		return
	}
	n.Held.Rows, n.Held.Legacy = copied(last.Held.Rows), last.Held.Legacy
	for shape, out := range last.Held.Out {
		n.Held.Out[shape] = copied(out)
	}
	for shape, items := range last.Held.Items {
		n.Held.Items[shape] = copied(items)
	}
}

// copied returns a copy of a map; an empty one of nil.
func copied[V any](m map[string]V) map[string]V {
	c := make(map[string]V, len(m))
	maps.Copy(c, m)
	return c
}

// hidden returns the names of the fields that are not public: those of the questionnaire in force, and those that were
// hidden before and are not asked any more. A question that is not published is named as QUESTION.* besides: whatever it was
// made of under another questionnaire, rows that are gone or another type, is hidden with it.
func hidden(s *survey.Survey, before []string) []string {
	var names []string
	for _, f := range s.Fields() {
		if !f.Counted() {
			names = append(names, f.Name)
		}
	}
	for q := range s.Questions() {
		if s.Unpublished(q.ID) {
			names = append(names, whole(q.ID))
		}
	}
	for _, name := range before {
		question, all := strings.CutSuffix(name, whole(""))
		_, asked := s.Field(name)
		if all {
			_, asked = s.Question(question)
		}
		if !asked {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// whole is how [Release.Hidden] names a question with whatever it is made of.
func whole(question string) string { return question + ".*" }

// Hides reports whether names, which are those of [Release.Hidden], hide a field: itself, its question, or one that its
// question depends on in the questionnaire that was answered. For how many were asked would tell its answers.
func Hides(names []string, form *survey.Survey, field string) bool {
	if slices.Contains(names, field) {
		return true
	}
	return slices.ContainsFunc(form.DependsOn(survey.QuestionOf(field)), func(id string) bool { return HidesQuestion(names, id) })
}

// HidesQuestion reports whether names, which are those of [Release.Hidden], hide a whole question.
func HidesQuestion(names []string, id string) bool { return slices.Contains(names, whole(id)) }

// changesSettings reports whether the release differs from the last one in what is hidden, or in k. That takes effect at
// once, without a block.
func (n *next) changesSettings() bool {
	return n.last != nil && (n.K != n.last.K || !slices.Equal(n.Hidden, n.last.Hidden))
}

// updateFacts states what was received: by whole days, and by the minute once the period is closed; between, no more than what
// is in blocks. It reports whether that is news. Below k nothing is said. Nothing falls.
func (n *next) updateFacts(t *tally.Tally, whole bool) bool {
	facts, k := n.Facts, int64(n.K)
	received := max(n.Facts.Received, n.Respondents())
	if whole {
		facts.Through = max(facts.Through, n.today)
		days := int64(0)
		for day, count := range t.Days {
			if day < n.today || n.closed {
				days += count
			}
		}
		received = max(received, days)
		if t.Withdrawn >= k {
			facts.Withdrawn = max(n.Facts.Withdrawn, t.Withdrawn)
		}
		if held := t.Held.Total(); held >= k {
			facts.Held = max(n.Facts.Held, held)
		}
		if t.Held != nil && t.Held.Rejected >= k {
			facts.Rejected = max(n.Facts.Rejected, t.Held.Rejected)
		}
	}
	if received >= k {
		facts.Received = received
	}
	news := facts
	news.Through = n.Facts.Through
	changed := news != n.Facts
	n.Facts = facts
	return changed
}

// updateInvited states how far invitations have come, once anything is said of who has answered. It reports whether that is
// news.
func (n *next) updateInvited(period string, counters map[string]int64) bool {
	if n.Facts.Received < int64(n.K) {
		return false
	}
	facts := invitation.FactsOf(n.survey, period, n.today, n.closed, n.K, counters)
	if facts == nil || facts.Equal(n.Invited) {
		return false
	}
	n.Invited = facts
	return true
}

// ended reports whether sensitive questions may be published: the period is closed or, in a survey without an end, the
// declared date is over.
func (n *next) ended() bool {
	return n.closed || n.survey.Results.Closes != "" && n.today > string(n.survey.Results.Closes)
}

// Unsuppressed puts everything counted of a period into the form of a release, withholding nothing: every respondent is a
// block, and what is sensitive is exact. It is for readers who may see all answers, and is never stored or published.
func Unsuppressed(s *survey.Survey, forms map[string]*survey.Survey, period, today string, t *tally.Tally) *Release {
	r := first(s, period, today)
	n := &next{survey: s, forms: forms, today: today, closed: true, Release: r, after: t.Without(), stored: map[string]*survey.Survey{}, exact: true}
	n.K = 1
	n.addBlocks(t)
	n.publishBases()
	n.publishRows()
	n.publishCoded()
	n.updateFacts(t, true)
	n.Held = nil
	return r
}

// addDays returns the day a number of days after another.
func addDays(day string, days int) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return "9999-12-31"
	}
	return at.AddDate(0, 0, days).Format(time.DateOnly)
}
