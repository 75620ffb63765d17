package audit

import (
	"slices"
	"strings"
	"time"

	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Releases follows the releases of one period, oldest first, and checks them against the rules.
type Releases struct {
	survey  *survey.Survey
	carried Carried
	last    *release.Release
	count   int
	parts   map[string]*survey.Survey // questionnaires of parts, by shape
	forms   map[string]*survey.Survey // questionnaires in force at releases, by version
	blocks  map[block]int64           // respondents
}

// block names a block: each release makes at most one of a cohort, or of the pool, of a part.
type block struct {
	release    int
	shape, key string
}

// NewReleases returns a check of the releases of a period of a survey.
func NewReleases(s *survey.Survey, carried Carried) *Releases {
	return &Releases{survey: s, carried: carried, parts: map[string]*survey.Survey{}, forms: map[string]*survey.Survey{}, blocks: map[block]int64{}}
}

// Last returns the latest release so far; nil before the first.
func (h *Releases) Last() *release.Release { return h.last }

// Count returns the number of releases so far.
func (h *Releases) Count() int { return h.count }

// Add checks a release against the rules and the one before: it must be that one and whole blocks, each of at least k
// respondents; what is published of a question, coded, or made of whole rows moves as the rules say; and nothing that must
// not be public is.
func (h *Releases) Add(r *release.Release) []Finding {
	s := &step{Releases: h, release: r, before: h.last}
	if s.before == nil {
		s.before = &release.Release{}
	}
	h.last = r
	h.count++
	if r.Number != s.before.Number+1 {
		s.add(s.at(ReleaseNumber).numbers(int64(r.Number), int64(s.before.Number)+1), "release %d follows release %d", r.Number, s.before.Number)
	}
	if isOld(r) && isOld(s.before) {
		return s.findings // by the rules of an earlier version, and read as one part
	}
	s.form = h.formOf(r)
	s.checkSettings()
	annuls := s.checkAnnulled()
	s.checkMarks()
	for _, shape := range keys(s.before.Parts, r.Parts) {
		s.checkPart(shape, annuls)
	}
	s.checkCoded(len(annuls) > 0)
	s.checkRows(len(annuls) > 0)
	s.checkFacts()
	return s.findings
}

// isOld reports whether a release has nothing but what an earlier version has released.
func isOld(r *release.Release) bool {
	return len(r.Parts) == 0 || len(r.Parts) == 1 && r.Parts[release.Legacy] != nil && r.Facts == (release.Facts{}) && (r.Held == nil || len(r.Held.Out) == 0)
}

// formOf returns the questionnaire that was in force at a release.
func (h *Releases) formOf(r *release.Release) *survey.Survey {
	if h.forms[r.Version] == nil {
		h.forms[r.Version] = release.FormOf(h.survey, r)
	}
	return h.forms[r.Version]
}

// part returns the questionnaire that the respondents of a part have answered.
func (h *Releases) part(shape string, p *release.Part) *survey.Survey {
	if h.parts[shape] == nil {
		h.parts[shape] = p.FormOf(h.survey)
	}
	return h.parts[shape]
}

// step is a release and the one before it.
type step struct {
	*Releases
	findings
	release, before *release.Release
	form            *survey.Survey // in force
}

// at returns a finding about the release.
func (s *step) at(code Code) Finding { return Finding{Code: code, Release: s.release.Number} }

// checkSettings checks that protection never becomes less within a period, and that what is hidden is said to be.
func (s *step) checkSettings() {
	r := s.release
	if least := max(s.before.K, s.form.K()); r.K < least {
		s.add(s.at(ReleaseMinGroup).numbers(int64(r.K), int64(least)), "release %d: k is %d, and must be %d", r.Number, r.K, least)
	}
	hide := func(name string) {
		if !slices.Contains(r.Hidden, name) {
			s.add(s.at(ReleaseQuestion).question(name), "release %d: %s is hidden, and not named as such", r.Number, name)
		}
	}
	for _, f := range s.form.Fields() {
		if !f.Counted() {
			hide(f.Name)
		}
	}
	for q := range s.form.Questions() {
		if s.form.Unpublished(q.ID) {
			hide(q.ID + ".*")
		}
	}
	for _, name := range s.before.Hidden {
		_, asked := s.form.Field(name)
		if question, all := strings.CutSuffix(name, ".*"); all {
			_, asked = s.form.Question(question)
		}
		if !asked {
			hide(name)
		}
	}
}

// checkAnnulled checks the blocks that the release takes out again, and returns how many respondents they had.
func (s *step) checkAnnulled() map[block]int64 {
	r, before := s.release, s.before.Annulled
	annuls := map[block]int64{}
	if len(r.Annulled) < len(before) || !slices.Equal(before, r.Annulled[:len(before)]) {
		s.add(s.at(ReleaseAnnulled), "release %d: what was annulled before is not said any more", r.Number)
		return annuls
	}
	for _, a := range r.Annulled[len(before):] {
		b := block{a.Release, a.Shape, a.Cohort}
		if size, known := s.blocks[b]; !known || size != a.Respondents {
			s.add(s.at(ReleaseAnnulled).in(a.Shape, a.Cohort).numbers(a.Respondents, size), "release %d, %s: a block of release %d is annulled that there is not", r.Number, cohort(a.Cohort), a.Release)
		}
		delete(s.blocks, b)
		annuls[block{0, a.Shape, a.Cohort}] += a.Respondents
	}
	return annuls
}

// checkMarks checks that who is in a block stays in it.
func (s *step) checkMarks() {
	if s.before.Held == nil || s.release.Held == nil {
		return
	}
	for _, shape := range keys(s.before.Held.Out) {
		for _, key := range keys(s.before.Held.Out[shape]) {
			was, is := s.before.Held.Out[shape][key], s.release.Held.Out[shape][key]
			comparable := s.release.Number <= s.carried.Release || was.Release > s.carried.Release
			if is != was && (is.Release != s.release.Number || comparable && !isAfter(is, was)) {
				s.add(s.at(ReleaseMark).in(shape, key), "release %d, %s: the mark up to which respondents are in blocks has gone back", s.release.Number, cohort(key))
			}
		}
	}
}

// isAfter reports whether one mark is further than another: by new responses, by new decisions, or both.
func isAfter(is, was release.Mark) bool {
	return is.Cursor >= was.Cursor && is.Decided >= was.Decided && (is.Cursor > was.Cursor || is.Decided > was.Decided)
}

// checkPart checks what the release adds to one part.
func (s *step) checkPart(shape string, annuls map[block]int64) {
	p, was := s.release.Parts[shape], s.before.Parts[shape]
	at := s.at(ReleasePart)
	at.Part = shape
	if p == nil {
		s.add(at, "release %d: a part has disappeared", s.release.Number)
		return
	}
	if was != nil && (p.Number != was.Number || p.Version != was.Version || p.K != was.K) {
		s.add(at, "release %d: a part has another number, version or k than before", s.release.Number)
	}
	if shape == release.Legacy {
		s.checkLegacy(p, was)
		return
	}
	form := s.part(shape, p)
	if was == nil && (form.Shape != shape || p.K < max(s.release.K, form.K())) {
		s.add(at, "release %d: a part has another questionnaire than its respondents have answered, or a k that is less than it promises", s.release.Number)
	}
	c := &cohortCheck{step: s, shape: shape, part: p, form: form, k: int64(max(s.release.K, p.K, form.K()))}
	var before map[string]*tally.Counters
	if was != nil {
		before = was.Cohorts
	}
	for _, key := range keys(before, p.Cohorts) {
		if p.Cohorts[key] == before[key] && s.release.Version == s.before.Version {
			continue // nothing is new, nor are the rules
		}
		c.check(key, before[key], annuls[block{0, shape, key}])
	}
	c.checkMoved()
}

// checkLegacy checks that what an earlier version has released stays as it is, but for questions that are held since.
func (s *step) checkLegacy(p, was *release.Part) {
	if was == nil {
		return
	}
	for _, key := range keys(was.Cohorts, p.Cohorts) {
		is, before := p.Cohorts[key].Clone(), was.Cohorts[key].Clone()
		changed := is.Respondents != before.Respondents
		for name, item := range is.Items {
			rest := item.Clone()
			rest.Sub(before.Items[name])
			changed = changed || !rest.IsZero()
		}
		if changed {
			s.add(s.at(ReleaseBatch).in(release.Legacy, key), "release %d, %s: what an earlier version has released is changed", s.release.Number, cohort(key))
		}
	}
}

// cohortCheck checks the cohorts of one part.
type cohortCheck struct {
	*step
	shape string
	part  *release.Part
	form  *survey.Survey
	k     int64

	grown []string // cohorts with a new block
}

// check checks one cohort, of which so many respondents have been annulled.
func (c *cohortCheck) check(key string, before *tally.Counters, annulled int64) {
	is := c.part.Cohorts[key].Clone()
	more := is.Clone()
	more.Sub(before)
	at := c.at("").in(c.shape, key)
	switch {
	case annulled > 0:
		if more.Respondents != -annulled {
			c.add(at.as(ReleaseAnnulled).numbers(-more.Respondents, annulled), "%s: %d respondents are taken out, and %d annulled", c.where(key), -more.Respondents, annulled)
		}
	case more.Respondents != 0 && more.Respondents < c.k:
		c.add(at.as(ReleaseBatch).numbers(more.Respondents, c.k), "%s: grows by %d respondents, and blocks have at least %d", c.where(key), more.Respondents, c.k)
	case more.Respondents > 0:
		c.grown = append(c.grown, key)
		c.blocks[block{c.release.Number, c.shape, key}] = more.Respondents
		if key == release.Pool && !c.poolIsDue() {
			c.add(at.as(ReleasePool), "%s: it was not due: the period was open", c.where(key))
		}
	}
	names := append(keys(is.Items, more.Items), keys(is.Bases, more.Bases)...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		i := itemCheck{cohortCheck: c, at: at.question(name), key: key, name: name}
		i.check(is, more, annulled > 0)
	}
}

// where names a cohort of the release.
func (c *cohortCheck) where(key string) message.Text {
	return message.New("release %d, %s", c.release.Number, cohort(key))
}

// poolIsDue reports whether the pool may have been made on the day of the release.
func (c *cohortCheck) poolIsDue() bool {
	if c.mayBeClosed() {
		return true
	}
	if c.form.Results.PoolAfter == 0 && c.step.form.Results.PoolAfter == 0 {
		return false
	}
	was := c.before.Parts[c.shape]
	if was == nil || was.PooledOn == "" {
		return true // it depends on the first day of the period, or of its answers
	}
	since, err := time.Parse(time.DateOnly, was.PooledOn)
	return err == nil && c.release.Date >= since.AddDate(0, 0, c.step.form.Results.PoolAfter).Format(time.DateOnly)
}

// mayBeClosed reports whether the period may have been closed on the day of the release.
func (s *step) mayBeClosed() bool {
	day, err := time.ParseInLocation(time.DateOnly, s.release.Date, s.form.Location())
	if err != nil {
		return false
	}
	if s.release.Period != s.form.PeriodAt(day.AddDate(0, 0, 1).Add(-time.Second)) {
		return true
	}
	return s.form.Window.Until != "" && survey.Date(s.release.Date) > s.form.Window.Until
}

// checkMoved checks that marks move where there is a new block, and nowhere else.
func (c *cohortCheck) checkMoved() {
	if c.release.Held == nil {
		return
	}
	var before map[string]release.Mark
	if c.before.Held != nil {
		before = c.before.Held.Out[c.shape]
	}
	pooled, pools := slices.Contains(c.grown, release.Pool), false
	for key, m := range c.release.Held.Out[c.shape] {
		if m == before[key] || slices.Contains(c.grown, key) {
			continue
		}
		if pools = true; !pooled {
			c.add(c.at(ReleaseMark).in(c.shape, key), "release %d, %s: respondents are said to be in a block, and there is none", c.release.Number, cohort(key))
		}
	}
	for _, key := range c.grown {
		if key == release.Pool && !pools || key != release.Pool && c.release.Held.Out[c.shape][key] == before[key] {
			c.add(c.at(ReleaseMark).in(c.shape, key), "release %d, %s: there is a block, and nobody is said to be in it", c.release.Number, cohort(key))
		}
	}
}

// itemCheck checks the counters of one field in a cohort.
type itemCheck struct {
	*cohortCheck
	at        Finding
	key, name string
}

func (i itemCheck) check(is, more *tally.Counters, annuls bool) {
	f, asked := i.form.Field(i.name)
	if reason := i.forbidden(f, asked); reason != "" && is.Items[i.name] != nil { // who was asked is a fact
		i.add(i.as(ReleaseQuestion), "%s: it is public, and %s", i.where(), reason)
		return
	}
	item, change := is.Items[i.name].Clone(), more.Items[i.name].Clone()
	i.checkCounts(f, asked, item, is.Respondents)
	if annuls || item.IsZero() {
		return // a question that is held since is taken back as a whole
	}
	depends := asked && i.form.FactCondition(f) != nil
	if change.N < 0 || change.N > 0 && !depends && more.Respondents <= 0 || depends && !change.IsZero() && len(more.Bases[i.name]) == 0 {
		i.add(i.as(ReleaseAnswers), "%s: answers change without a block", i.where())
	}
	for _, c := range change.Counts {
		if c.N < 0 {
			i.add(i.as(ReleaseOption).option(c.Option), "%s: %s falls", i.where(), c.Option)
		}
	}
	if depends {
		i.checkBase(is.Bases[i.name], more.Bases[i.name], item, is.Respondents)
	}
}

// where names the field in the cohort.
func (i itemCheck) where() message.Text {
	return message.New("%s, %s", i.cohortCheck.where(i.key), i.name)
}

func (i itemCheck) as(code Code) Finding { return i.at.as(code) }

// forbidden says why a field may not be public in the cohort; "" if it may.
func (i itemCheck) forbidden(f survey.Field, asked bool) message.Key {
	switch {
	case !asked && i.name == tally.Channel:
		return ""
	case !asked:
		return "was not asked"
	case !f.Counted():
		return "is not published"
	case i.isSensitive(i.form, f):
		return "is sensitive"
	case i.key == release.Pool && i.form.ReadsSegment(f):
		return "depends on a group, in the pool"
	}
	return ""
}

// checkCounts checks that options were chosen as often as the field was answered, and that no more than all have.
func (i itemCheck) checkCounts(f survey.Field, asked bool, item *tally.Item, respondents int64) {
	if item.N < 0 || item.N > respondents {
		i.add(i.as(ReleaseAnswers), "%s: there are more answers than respondents", i.where())
	}
	known := map[string]bool{}
	if asked {
		for _, o := range f.Options() {
			known[o.ID] = true
		}
		if f.Numeric() {
			for _, b := range f.ValueBands() {
				known[b.ID] = true
			}
		}
	}
	sum := int64(0)
	for _, c := range item.Counts {
		sum += c.N
		if c.N < 0 || c.N > item.N || asked && c.N > 0 && !known[c.Option] {
			i.add(i.as(ReleaseOption).option(c.Option), "%s: %s is counted more often than the question was answered, or is not an option", i.where(), c.Option)
		}
	}
	if several := asked && f.Question.Type == survey.MultiChoice; sum < item.N || !several && sum != item.N {
		i.add(i.as(ReleaseOptions), "%s: options were not chosen as often as the question was answered", i.where())
	}
}

// checkBase checks that each class of members is empty or has k, of those who are new and of all.
func (i itemCheck) checkBase(is, more map[string]int64, item *tally.Item, respondents int64) {
	all, asked := int64(0), int64(0)
	for class, n := range is {
		all += n
		if len(class) == 0 || class[:1] != tally.NotAsked {
			asked += n
		}
	}
	small := all > respondents || item.N > asked
	for _, n := range more {
		small = small || n != 0 && n < i.k
	}
	if small {
		i.add(i.as(ReleaseBase), "%s: facts decide who is asked, and of some there are fewer than %d", i.where(), i.k)
	}
}

// minRows is the fewest new rows by which figures made of whole rows move, and maxSteps how many steps of one kind are listed
// before neighbours are joined.
const (
	minRows  = 30
	maxSteps = 64
)

// checkRows checks that figures made of whole rows move in steps of enough rows, which add up to them.
func (s *step) checkRows(annuls bool) {
	r, least := s.release, int64(max(s.release.K, minRows))
	sums, ends := map[string]*tally.Rows{}, map[string]int{}
	for _, step := range r.Steps {
		sums[step.Signature] = sums[step.Signature].Plus(&tally.Rows{N: step.Rows, Index: step.Index, Squares: step.Squares})
		follows := step.First == ends[step.Signature]+1
		known := step.Last == r.Number || len(s.before.Steps) >= maxSteps || slices.Contains(s.before.Steps, step) || annuls && step.Rows == 0
		if step.First > step.Last || !follows || !known {
			s.add(s.at(ReleaseRows), "release %d: a step has other releases than it had, or than follow the step before", r.Number)
		}
		ends[step.Signature] = step.Last
	}
	for _, signature := range keys(s.before.Rows, r.Rows, sums) {
		rows := r.Rows[signature].Plus(nil)
		more := rows.Minus(s.before.Rows[signature])
		if !annuls && !more.IsZero() && more.N < least {
			s.add(s.at(ReleaseRows).numbers(more.N, least), "release %d: figures made of whole rows move by %d rows, and steps have at least %d", r.Number, more.N, least)
		}
		if sum := sums[signature].Plus(nil); sum.N != rows.N || sum.Index != rows.Index || sum.Squares != rows.Squares {
			s.add(s.at(ReleaseRows), "release %d: the steps do not add up to the rows", r.Number)
		}
	}
}

// checkFacts checks that what was received is said from k on, and never falls.
func (s *step) checkFacts() {
	is, was, k := s.release.Facts, s.before.Facts, int64(s.release.K)
	for _, fact := range [...]struct{ is, was int64 }{{is.Received, was.Received}, {is.Withdrawn, was.Withdrawn}, {is.Held, was.Held}, {is.Rejected, was.Rejected}} {
		if fact.is < fact.was || fact.is != fact.was && fact.is < k {
			s.add(s.at(ReleaseFacts).numbers(fact.is, max(fact.was, k)), "release %d: the number of responses falls, or is said of fewer than %d", s.release.Number, k)
		}
	}
	if is.Received > 0 && is.Received < s.release.Respondents() {
		s.add(s.at(ReleaseFacts).numbers(is.Received, s.release.Respondents()), "release %d: %d were received, and %d are released", s.release.Number, is.Received, s.release.Respondents())
	}
}
