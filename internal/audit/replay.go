package audit

import (
	"maps"
	"slices"
	"strings"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Replay folds the log of a period again, and takes out the blocks of its releases where they took them out. So it knows the
// members of each block, and at the end who waits. The caller hands over responses and releases in the order in which they
// came: before a release, all responses up to [Cutoff].
//
// A member of a block who has withdrawn since cannot be counted again: then the others must be among what the block added. The
// same holds of the first block of a cohort after its responses were carried from another log, of which some may have waited.
type Replay struct {
	findings
	lacks []lack

	carried Carried
	known   map[string]map[string]bool // cohorts, by shape, of which it is known who waits although others were carried
	waiting *tally.Tally
	forms   map[string]*survey.Survey   // by shape
	gone    map[string]map[string]int64 // tombstones since the last block, by shape and cohort
	last    *release.Release
	out     map[string]map[string]*tally.Counters // recounted members of all blocks, by shape and cohort or pool
	partly  bool                                  // some members of blocks cannot be counted again
	decided map[int][]decided                     // what persons have decided of responses, and has not been folded, by number
}

// decided is a response of which a person has decided later, or which has got into its cohort so, and is a tombstone since.
type decided struct {
	answered *survey.Survey
	step     tally.Step
	response answer.Response
}

// lack is a finding that the log has fewer responses than a block, which is none if as many were deleted.
type lack struct {
	finding Finding
	excess  int64
}

// Carried says which responses had another place in the log when blocks were made: who of them is in which is not known.
type Carried struct {
	Through string // cursor of the last of them; "" if there are none
	Release int    // marks of releases up to this number are about places in another log
}

// hides reports whether the members of a block that ends at a mark cannot be told.
func (c Carried) hides(m release.Mark) bool { return m.Release <= c.Release || m.Cursor <= c.Through }

// NewReplay returns a replay of a period whose latest release is latest (nil: none).
func NewReplay(latest *release.Release, carried Carried) *Replay {
	p := &Replay{
		carried: carried, known: map[string]map[string]bool{}, waiting: tally.New(), forms: map[string]*survey.Survey{}, gone: map[string]map[string]int64{},
		out: map[string]map[string]*tally.Counters{}, decided: map[int][]decided{},
	}
	if latest != nil && latest.Held != nil && carried.Release == 0 {
		p.waiting.SetLegacy(latest.LegacyForm(), latest.Held.Legacy)
	}
	return p
}

// Fold counts a response. answered is the questionnaire that it was answered under; nil if that is not known. What was decided
// of the response later, in steps, is folded before a block, or before who waits is asked for, that may have it. came is how it
// comes after them.
func (p *Replay) Fold(answered *survey.Survey, came tally.Came, r answer.Response, steps ...tally.Step) {
	if answered != nil {
		p.forms[answered.Shape] = answered
	}
	if !r.Withdrawn && len(steps) > 0 {
		for _, step := range steps {
			p.decided[step.Number] = append(p.decided[step.Number], decided{answered, step, r})
		}
		came = steps[0].Before
	}
	withdrawn := p.waiting.Withdrawn
	if came.Cursor <= p.carried.Through {
		p.waiting.FoldSettled(answered, came, r)
	} else {
		p.waiting.FoldCame(answered, came, r)
	}
	switch {
	case answered == nil || p.waiting.Withdrawn == withdrawn:
	case came.HasNumber():
		step := tally.Step{Number: came.Number(), Before: came, After: came}
		p.decided[step.Number] = append(p.decided[step.Number], decided{answered, step, r})
	case came.Cursor > p.carried.Through:
		p.addGone(answered, r)
	}
}

// addGone notes a tombstone since the last block of its cohort.
func (p *Replay) addGone(answered *survey.Survey, r answer.Response) {
	gone := p.gone[answered.Shape]
	if gone == nil {
		gone = map[string]int64{}
		p.gone[answered.Shape] = gone
	}
	gone[tally.CohortKey(answered, r)]++
}

// decide folds what was decided up to a number.
func (p *Replay) decide(last int) {
	for _, number := range slices.Sorted(maps.Keys(p.decided)) {
		if number > last {
			break
		}
		for _, d := range p.decided[number] {
			p.step(d)
		}
		delete(p.decided, number)
	}
	p.waiting.Decided = max(p.waiting.Decided, last)
}

// step folds one thing that was decided of a response.
func (p *Replay) step(d decided) {
	before, after := d.step.Before, d.step.After
	carried := before.Cursor <= p.carried.Through && !before.HasNumber()
	switch {
	case d.response.Withdrawn:
		p.addGone(d.answered, d.response)
	case before.Decision != after.Decision:
		if !p.waiting.Decide(d.answered, before, d.response, after.Decision) && after.Decision.Reject {
			p.waiting.Discount(before) // who was carried, and waited
		}
	case !carried:
		p.waiting.Correct(d.answered, before, after, d.response)
	case after.HasNumber():
		p.waiting.Enter(d.answered, after, d.response)
	}
}

// Waiting returns who waits so far, in a tally of the caller's own, once everything is folded that was decided up to a number.
func (p *Replay) Waiting(decided int) *tally.Tally {
	p.decide(decided)
	return p.waiting.Clone()
}

// Tally compares who waits in a stored tally with what [Replay.Waiting] has returned at its cursor, given how many responses
// have been deleted after a retention time.
func (p *Replay) Tally(stored, waiting *tally.Tally, deleted int64) []Finding {
	c := comparison{deleted: deleted, mayWait: p.mayWait}
	c.compare(stored, waiting)
	return c.findings
}

// Received counts the responses so far, and those of them that were withdrawn.
func (p *Replay) Received() (received, withdrawn int64) {
	return p.waiting.Received(), p.waiting.Withdrawn
}

// Held returns what is known of responses that rules hold back, or that were rejected; nil if that is nothing.
func (p *Replay) Held() *tally.Held { return p.waiting.Held }

// Cutoff returns the cursor up to which respondents are in the blocks of a release; "" if it has none.
func Cutoff(r *release.Release) string {
	last := ""
	if r.Held == nil {
		return last
	}
	for _, marks := range r.Held.Out {
		for _, m := range marks {
			if m.Release == r.Number {
				last = max(last, m.Cursor)
			}
		}
	}
	return last
}

// decidedBy returns the number of the decisions that were folded before the blocks of a release were made; 0 if it has none.
func decidedBy(r *release.Release) int {
	last := 0
	for _, marks := range r.Held.Out {
		for _, m := range marks {
			if m.Release == r.Number {
				last = max(last, m.Decided)
			}
		}
	}
	return last
}

// Release takes out the blocks of a release, and compares them with what it adds to the one before.
func (p *Replay) Release(r *release.Release) {
	s := &blockStep{Replay: p, release: r, before: p.last, rows: map[string]*tally.Rows{}, rowsGone: map[string]int64{}, taken: map[string]map[string]bool{}}
	if s.before == nil {
		s.before = &release.Release{}
	}
	p.last = r
	p.waiting.Release = r.Number
	if r.Held == nil {
		return
	}
	p.decide(decidedBy(r))
	for _, shape := range slices.Sorted(maps.Keys(r.Held.Out)) {
		s.takeBlocks(shape)
	}
	if r.Number <= p.carried.Release || Cutoff(r) != "" && Cutoff(r) <= p.carried.Through || len(r.Annulled) > len(s.before.Annulled) {
		return // the members of the blocks are not known, or the release takes some out again
	}
	s.compareRest()
	s.compareRows()
}

// blockStep is a release and the one before it.
type blockStep struct {
	*Replay
	release, before *release.Release
	rows            map[string]*tally.Rows     // of the release's blocks, recounted, by signature
	rowsGone        map[string]int64           // how many more there may be, by signature
	taken           map[string]map[string]bool // cohorts, and pool, of which there is a block
}

// at returns a finding about the release.
func (s *blockStep) at(code Code, shape, key string) Finding {
	return Finding{Code: code, Release: s.release.Number}.in(shape, key)
}

// takeBlocks takes out the blocks of one part.
func (s *blockStep) takeBlocks(shape string) {
	pool, poolGone, pooled := tally.NewCounters(), int64(0), false
	s.taken[shape] = map[string]bool{}
	marks := s.release.Held.Out[shape]
	for _, key := range slices.Sorted(maps.Keys(marks)) {
		m := marks[key]
		if m.Release != s.release.Number || s.markBefore(shape, key) == m {
			continue
		}
		members, gone := s.take(shape, key, m)
		if s.carried.hides(m) {
			continue
		}
		if added(s.before, s.release, shape, key).Respondents > 0 {
			s.compareBlock(shape, key, members, gone)
			continue
		}
		pool.Add(members)
		poolGone += gone
		pooled = true
	}
	if pooled {
		s.compareBlock(shape, release.Pool, pool, poolGone)
	}
}

func (s *blockStep) markBefore(shape, key string) release.Mark {
	if s.before.Held == nil {
		return release.Mark{}
	}
	return s.before.Held.Out[shape][key]
}

// unbounded is more respondents than there are.
const unbounded = 1 << 40

// take takes out all who wait of a cohort. gone is how many more may have waited: those who have withdrawn, then or since, and
// any number who were carried.
func (s *blockStep) take(shape, key string, m release.Mark) (members *tally.Counters, gone int64) {
	part := s.waiting.Parts[shape]
	if part == nil {
		part = &tally.Part{Cohorts: map[string]*tally.Counters{}, Out: map[string]string{}}
		if form := s.forms[shape]; form != nil {
			part.Version = form.Version
		}
		s.waiting.Parts[shape] = part
	}
	members, gone = part.Cohorts[key].Clone(), s.gone[shape][key]
	delete(part.Cohorts, key)
	delete(s.gone[shape], key)
	if m.Decided > 0 {
		if part.Decided == nil {
			part.Decided = map[string]int{}
		}
		part.Decided[key] = m.Decided
	}
	if part.Out[key] = m.Cursor; m.Release <= s.carried.Release {
		part.Out[key] = s.carried.Through
	}
	if !s.carried.hides(m) {
		if s.mayWait(shape, key) {
			gone = unbounded
		}
		if s.known[shape] == nil {
			s.known[shape] = map[string]bool{}
		}
		s.known[shape][key] = true
	}
	return members, gone
}

// mayWait reports whether respondents of a cohort may wait who were carried.
func (p *Replay) mayWait(shape, key string) bool {
	return p.carried.Through != "" && !p.known[shape][key]
}

// added returns what a release adds to a cohort: to what is public and to what is held.
func added(before, r *release.Release, shape, key string) *tally.Counters {
	more := tally.NewCounters()
	more.Add(counters(r, shape, key))
	more.Add(held(r, shape, key))
	more.Sub(counters(before, shape, key))
	more.Sub(held(before, shape, key))
	more.Prune()
	return more
}

func counters(r *release.Release, shape, key string) *tally.Counters {
	if p := r.Parts[shape]; p != nil {
		return p.Cohorts[key]
	}
	return nil
}

func held(r *release.Release, shape, key string) *tally.Counters {
	if r.Held == nil {
		return nil
	}
	return r.Held.Items[shape][key]
}

// compareBlock compares the recounted members of a block with what the release adds.
func (s *blockStep) compareBlock(shape, key string, members *tally.Counters, gone int64) {
	s.taken[shape][key] = true
	form := s.forms[shape]
	if gone > 0 {
		s.partly = true
	}
	if form != nil {
		s.addRows(form, key, members.Rows, gone)
		members = countable(form, key, members)
	}
	if s.out[shape] == nil {
		s.out[shape] = map[string]*tally.Counters{}
	}
	if s.out[shape][key] == nil {
		s.out[shape][key] = tally.NewCounters()
	}
	s.out[shape][key].Add(members)
	b := blockComparison{blockStep: s, gone: gone, where: message.New("release %d, %s", s.release.Number, cohort(key))}
	b.compare(shape, key, added(s.before, s.release, shape, key), members)
}

// countable returns the counters of a block without those of questions that are never counted in it.
func countable(form *survey.Survey, key string, c *tally.Counters) *tally.Counters {
	c = c.Clone()
	c.Rows = nil
	may := func(name string) bool {
		f, asked := form.Field(name)
		return !asked && name == tally.Channel || asked && f.Counted() && (key != release.Pool || !form.ReadsSegment(f))
	}
	maps.DeleteFunc(c.Items, func(name string, _ *tally.Item) bool { return !may(name) })
	maps.DeleteFunc(c.Bases, func(name string, _ map[string]int64) bool { return !may(name) })
	return c
}

// blockComparison compares one block.
type blockComparison struct {
	*blockStep
	gone  int64
	where message.Text
}

// differs adds a finding if counters that were added are not those found, given how many members have gone.
func (b *blockComparison) differs(at Finding, added, found int64, format string, args ...any) {
	switch {
	case found > added:
		b.add(at, format, args...)
	case added > found+b.gone:
		b.lack(at, added-found-b.gone, message.New(format, args...))
	}
}

func (p *Replay) lack(at Finding, excess int64, sentence message.Text) {
	at.Message = sentence
	p.lacks = append(p.lacks, lack{at, excess})
	p.partly = true
}

func (b *blockComparison) compare(shape, key string, added, found *tally.Counters) {
	b.differs(b.at(ReleasedRespondents, shape, key), added.Respondents, found.Respondents, "%s: the block is not the respondents who waited", b.where)
	for _, name := range keys(added.Items, found.Items) {
		more, recounted := added.Items[name].Clone(), found.Items[name].Clone()
		b.differs(b.at(ReleasedAnswers, shape, key).question(name), more.N, recounted.N, "%s, %s: the answers released are not those of the block's members", b.where, name)
		for _, option := range options(more, recounted) {
			b.differs(b.at(ReleasedOption, shape, key).question(name).option(option), more.Counts.Of(option), recounted.Counts.Of(option),
				"%s, %s: %s is not released as often as the block's members chose it", b.where, name, option)
		}
	}
	for _, name := range keys(added.Bases, found.Bases) {
		for _, class := range keys(added.Bases[name], found.Bases[name]) {
			b.differs(b.at(ReleasedBase, shape, key).question(name), added.Bases[name][class], found.Bases[name][class],
				"%s, %s: the members who were asked are not those that are released", b.where, name)
		}
	}
}

// compareRest checks that nothing is added where there is no block.
func (s *blockStep) compareRest() {
	for _, shape := range keys(s.release.Parts, s.before.Parts) {
		if shape == release.Legacy {
			continue
		}
		for _, key := range s.cohortKeys(shape) {
			if !s.taken[shape][key] && !added(s.before, s.release, shape, key).IsZero() {
				s.add(s.at(ReleasedRespondents, shape, key), "release %d, %s: figures change without a block", s.release.Number, cohort(key))
			}
		}
	}
}

// cohortKeys lists the cohorts of a part, in either release, whose counters are not the same ones.
func (s *blockStep) cohortKeys(shape string) []string {
	all := keys(cohortsOf(s.release, shape), cohortsOf(s.before, shape), heldOf(s.release, shape), heldOf(s.before, shape))
	return slices.DeleteFunc(all, func(key string) bool {
		return counters(s.release, shape, key) == counters(s.before, shape, key) && held(s.release, shape, key) == held(s.before, shape, key)
	})
}

func cohortsOf(r *release.Release, shape string) map[string]*tally.Counters {
	if p := r.Parts[shape]; p != nil {
		return p.Cohorts
	}
	return nil
}

func heldOf(r *release.Release, shape string) map[string]*tally.Counters {
	if r.Held == nil {
		return nil
	}
	return r.Held.Items[shape]
}

// addRows adds the rows of a block.
func (s *blockStep) addRows(form *survey.Survey, key string, rows *tally.Rows, gone int64) {
	signature := tally.RowSignature(form)
	if signature == "" {
		return
	}
	signatures := []string{signature}
	if unit := unitOf(form, key); unit != "" {
		signatures = append(signatures, signature+"|"+unit)
	}
	for _, signature := range signatures {
		s.rows[signature] = s.rows[signature].Plus(rows)
		s.rowsGone[signature] += gone
	}
}

// unitOf returns the unit that the members of a cohort belong to, if the index is a mean of units; else "".
func unitOf(form *survey.Survey, key string) string {
	if form.Scoring.Model != survey.MeanOfUnits || key == release.Pool {
		return ""
	}
	values := strings.Split(key, "/")
	for i, f := range form.Segments() {
		if f.Name == form.Scoring.Unit && i < len(values) {
			return values[i]
		}
	}
	return ""
}

const wrongRows = "release %d: the sums over whole rows are not those of the members of its blocks"

// compareRows compares the rows of all blocks of the release with what it adds to those that are public and those that wait
// for a step.
func (s *blockStep) compareRows() {
	var heldRows, heldBefore map[string]*tally.Rows
	if s.release.Held != nil {
		heldRows = s.release.Held.Rows
	}
	if s.before.Held != nil {
		heldBefore = s.before.Held.Rows
	}
	for _, signature := range keys(s.release.Rows, s.before.Rows, heldRows, heldBefore, s.rows) {
		more := s.release.Rows[signature].Plus(heldRows[signature]).Minus(s.before.Rows[signature]).Minus(heldBefore[signature])
		gone, at := s.rowsGone[signature], Finding{Code: ReleasedRows, Release: s.release.Number}
		rest := more.Minus(s.rows[signature])
		switch {
		case rest.IsZero() || gone > 0 && rest.N >= 0 && rest.N <= gone:
		case rest.N < 0:
			s.add(at, wrongRows, s.release.Number)
		default:
			s.lack(at, max(rest.N-gone, 1), message.New(wrongRows, s.release.Number))
		}
	}
}

// Findings returns what differs, given how many responses were deleted after a retention time.
func (p *Replay) Findings(deleted int64) []Finding {
	all := p.findings
	for _, l := range p.lacks {
		if l.excess > deleted {
			all.add(l.finding, "%s", l.finding.Message)
		}
	}
	if p.last == nil {
		return all
	}
	if left := total(p.waiting.Legacy); left > deleted {
		all.add(Finding{Code: ReleasedRespondents, Release: p.last.Number}, "an earlier version has released respondents of whom %d are not found", left)
	}
	at, facts := Finding{Code: ReleaseFacts, Release: p.last.Number}, p.last.Facts
	held, rejected := p.waiting.Held.Total(), int64(0)
	if p.waiting.Held != nil {
		rejected = p.waiting.Held.Rejected
	}
	// One that was rejected counted as received until then if it was not held, or was accepted before: only the last decision is known.
	if received := p.waiting.Received(); facts.Received > received+rejected+deleted {
		all.add(at.numbers(facts.Received, received), "release %d: %d responses are said to have been received, and %d are found", p.last.Number, facts.Received, received)
	}
	if facts.Held > held+deleted {
		all.add(at.numbers(facts.Held, held), "release %d: %d responses are said to have been held back, and %d are found", p.last.Number, facts.Held, held)
	}
	if facts.Rejected > rejected+deleted {
		all.add(at.numbers(facts.Rejected, rejected), "release %d: %d responses are said to have been rejected, and %d are found", p.last.Number, facts.Rejected, rejected)
	}
	if withdrawn := p.waiting.Withdrawn; facts.Withdrawn > withdrawn+deleted {
		all.add(at.numbers(facts.Withdrawn, withdrawn), "release %d: %d are said to have been withdrawn, and %d are found", p.last.Number, facts.Withdrawn, withdrawn)
	}
	return all
}

func total(counts map[string]int64) int64 {
	n := int64(0)
	for _, count := range counts {
		n += count
	}
	return n
}

// Recounted returns the latest release with the counters of its blocks as they were counted again, in place of its own; nil if
// not all members of blocks could be counted again. What is made of whole rows, coded, or was released by an earlier
// version, is the release's own.
func (p *Replay) Recounted() *release.Release {
	if p.last == nil || p.partly || p.carried != (Carried{}) || len(p.last.Annulled) > 0 {
		return nil
	}
	r := *p.last
	r.Parts = make(map[string]*release.Part, len(p.last.Parts))
	for shape, own := range p.last.Parts {
		part := *own
		if shape != release.Legacy {
			part.Cohorts = make(map[string]*tally.Counters, len(own.Cohorts))
			for key, c := range own.Cohorts {
				part.Cohorts[key] = publicOf(p.out[shape][key], c, held(p.last, shape, key))
			}
		}
		r.Parts[shape] = &part
	}
	return &r
}

// publicOf returns recounted counters without what the release holds back.
func publicOf(recounted, own, held *tally.Counters) *tally.Counters {
	c := recounted.Clone()
	c.Sub(held)
	maps.DeleteFunc(c.Bases, func(name string, _ map[string]int64) bool { return own.Bases[name] == nil })
	c.Prune()
	return c
}
