package tally

import (
	"slices"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// Fold counts one response, which was received on a day, and moves the cursor to its own. s is the questionnaire that it is an
// answer to, in its own version; nil if that is not known. Options and fields that s does not have are ignored. A response
// that is in a block already counts in Days only, and so does one that was released under the rules of earlier programs.
func (t *Tally) Fold(s *survey.Survey, cursor, day string, r answer.Response) {
	t.FoldCame(s, Came{Cursor: cursor, Day: day}, r)
}

// FoldCame is Fold of a response that may be held back, or of which a person has decided. One that is held counts nowhere else,
// one that was accepted as if it had come when that was decided, and one that was rejected as rejected alone. A tombstone
// stays what the response was.
func (t *Tally) FoldCame(s *survey.Survey, c Came, r answer.Response) {
	if !t.setAside(s, c, r) {
		t.count(c, r.Withdrawn)
		if skipped := c.Number() == 0 && t.skip(c.Cursor, r); !skipped && !r.Withdrawn {
			t.wait(s, c, c.current(r))
		}
	}
	t.Advance(c.Cursor)
}

// FoldSettled is FoldCame of a response that was released, or is lost to releases, unless it is held, or has a number of its own:
// because it was accepted, or moved to another cohort.
func (t *Tally) FoldSettled(s *survey.Survey, c Came, r answer.Response) {
	if !t.setAside(s, c, r) {
		t.count(c, r.Withdrawn)
		if c.Number() > 0 && !r.Withdrawn {
			t.wait(s, c, c.current(r))
		}
	}
	t.Advance(c.Cursor)
}

// setAside counts a response as held or rejected, if it is.
func (t *Tally) setAside(s *survey.Survey, c Came, r answer.Response) bool {
	rule := t.hold(s, c.Arrived, r)
	switch {
	case c.Decision.Reject:
		t.held().Rejected++
	case rule == "" || c.Decision.Number > 0:
		return false
	default:
		t.held().Waiting++
	}
	if r.Withdrawn {
		t.held().Erased++
	}
	return true
}

// count counts a response in Days and Withdrawn.
func (t *Tally) count(c Came, withdrawn bool) {
	if t.Days == nil {
		t.Days = map[string]int64{}
	}
	t.Days[c.day()]++
	if withdrawn {
		t.Withdrawn++
	}
}

// day returns the day under which a response counts.
func (c Came) day() string {
	if c.Decision.Number > 0 {
		return c.Decision.Day
	}
	return c.Day
}

// wait counts a response among those who wait, unless it is in a block.
func (t *Tally) wait(s *survey.Survey, c Came, r answer.Response) {
	shape, version := "", ""
	if s != nil {
		shape, version = s.Shape, s.Version
	}
	part := t.Parts[shape]
	if part == nil {
		part = newPart(version)
		if t.Parts == nil {
			t.Parts = map[string]*Part{}
		}
		t.Parts[shape] = part
	}
	var p *plan // nil if nobody knows what was asked: then the key is ""
	var key []byte
	if s != nil {
		p = t.plans.of(s)
		key = p.cohort(r)
	}
	if part.isOut(key, c) {
		return
	}
	all := part.Cohorts[string(key)]
	if all == nil {
		all = NewCounters()
		part.Cohorts[string(key)] = all
	}
	if p == nil {
		all.Respondents++
	} else {
		all.fold(p, r)
	}
}

// isOut reports whether a response of a cohort is in a block.
func (p *Part) isOut(key []byte, c Came) bool {
	if entered := c.Number(); entered > 0 {
		return entered <= p.Decided[string(key)]
	}
	out, known := p.Out[string(key)]
	return known && c.Cursor <= out
}

// Unfold takes a response that has been folded out of those who wait, and counts it as withdrawn; one that is in a block, or
// was released under earlier rules, it only counts as withdrawn. So t is as if the response's tombstone had been folded in
// its place. It reports false, and changes nothing, if the response cannot have been folded.
func (t *Tally) Unfold(s *survey.Survey, cursor string, r answer.Response) bool {
	return t.UnfoldCame(s, Came{Cursor: cursor}, r)
}

// UnfoldCame is Unfold of what FoldCame has folded.
func (t *Tally) UnfoldCame(s *survey.Survey, c Came, r answer.Response) bool {
	switch {
	case r.Withdrawn || c.Cursor > t.Cursor:
		return false
	case t.isAside(s, c, r):
		t.held().Erased++
		return true
	}
	if !t.wasSkipped(c, r) && !t.stopWaiting(s, c, c.current(r)) {
		return false
	}
	t.Withdrawn++
	return true
}

// isAside reports whether a response that has been folded is held, or was rejected.
func (t *Tally) isAside(s *survey.Survey, c Came, r answer.Response) bool {
	return c.Decision.Reject || c.Decision.Number == 0 && t.HeldBy(s, c.Arrived, r) != ""
}

func (t *Tally) wasSkipped(c Came, r answer.Response) bool {
	return c.Number() == 0 && t.isSkipped(c.Cursor, r)
}

// Decide folds what a person decides of a response, which c says nothing of yet or that it was accepted: an accepted one
// waits from now on, if it was held; a rejected one waits no more. It reports false, and changes nothing, of one that is in a
// block, has not been folded or was withdrawn, and of what changes nothing. Afterwards, Decided must be the decision's number.
func (t *Tally) Decide(s *survey.Survey, c Came, r answer.Response, d Decision) bool {
	aside := t.isAside(s, c, r)
	switch {
	case r.Withdrawn || c.Cursor > t.Cursor || c.Decision.Reject || d.Number <= t.Decided:
		return false
	case aside && d.Reject:
		t.held().Waiting--
		t.held().Rejected++
		return true
	case aside:
		t.held().Waiting--
		c.Decision = d
		t.count(c, false)
		t.wait(s, c, c.current(r))
		return true
	case !d.Reject || !t.isWaiting(s, c, r) || t.Days[c.day()] == 0 || !t.stopWaiting(s, c, c.current(r)):
		return false
	}
	t.Discount(c)
	return true
}

// Discount counts a response as rejected that has been folded, and waits in no cohort that is known.
func (t *Tally) Discount(c Came) {
	if t.Days[c.day()]--; t.Days[c.day()] <= 0 {
		delete(t.Days, c.day())
	}
	t.held().Rejected++
}

// Correct folds that a response, which came as before says, is corrected, and comes as after says: from now on it counts so, if
// it waits. It reports false, and changes nothing, of one that is in a block, held, rejected, withdrawn or not folded. Afterwards,
// Decided must be the correction's number.
func (t *Tally) Correct(s *survey.Survey, before, after Came, r answer.Response) bool {
	if r.Withdrawn || before.Cursor > t.Cursor || t.isAside(s, before, r) || !t.isWaiting(s, before, r) || !t.stopWaiting(s, before, before.current(r)) {
		return false
	}
	t.wait(s, after, after.current(r))
	return true
}

// Move is Correct of a response that was moved to another cohort before it had its place in this log: unless it was held or rejected,
// it has waited there.
func (t *Tally) Move(s *survey.Survey, before, after Came, r answer.Response) bool {
	if t.isAside(s, before, r) {
		return false
	}
	t.takeOut(s, before.current(r))
	t.Enter(s, after, r)
	return true
}

// Enter counts a response among those who wait that was moved to another cohort before it had its place in this log, unless it is held
// or rejected.
func (t *Tally) Enter(s *survey.Survey, c Came, r answer.Response) {
	if !t.isAside(s, c, r) {
		t.wait(s, c, c.current(r))
	}
}

// isWaiting reports whether a response that is neither held nor rejected waits, if it has been folded.
func (t *Tally) isWaiting(s *survey.Survey, c Came, r answer.Response) bool {
	return !t.wasSkipped(c, r) && t.waits(s, c, c.current(r))
}

// waits reports whether a response is in no block, if it has been folded.
func (t *Tally) waits(s *survey.Survey, c Came, r answer.Response) bool {
	shape := ""
	if s != nil {
		shape = s.Shape
	}
	p := t.Parts[shape]
	return p != nil && !p.isOut([]byte(CohortKey(s, r)), c)
}

// stopWaiting takes a response out of those who wait, if it is not in a block. It reports false if it can be in neither.
func (t *Tally) stopWaiting(s *survey.Survey, c Came, r answer.Response) bool {
	shape := ""
	if s != nil {
		shape = s.Shape
	}
	if part := t.Parts[shape]; part != nil && part.isOut([]byte(CohortKey(s, r)), c) {
		return true
	}
	return t.takeOut(s, r)
}

// takeOut takes a response out of those who wait. It reports false if it cannot be among them.
func (t *Tally) takeOut(s *survey.Survey, r answer.Response) bool {
	shape, key := "", CohortKey(s, r)
	one := NewCounters()
	if s == nil {
		one.Respondents = 1
	} else {
		shape = s.Shape
		one.fold(t.plans.of(s), r)
	}
	part := t.Parts[shape]
	if part == nil || part.Cohorts[key] == nil {
		return false
	}
	rest := part.Cohorts[key].Clone()
	rest.Sub(one)
	if rest.check() != nil {
		return false // no fold counts like this: r is not in t
	}
	rest.Prune()
	part.Cohorts[key] = rest
	if rest.IsZero() {
		delete(part.Cohorts, key)
	}
	if len(part.Cohorts) == 0 && len(part.Out) == 0 && len(part.Decided) == 0 {
		delete(t.Parts, shape)
	}
	return true
}

// folded is what counters have looked up for folding.
type folded struct {
	plan   *plan
	items  []*Item // by their field's index
	rows   *Rows   // that the following are of
	pairs  []*Moments
	scales []*Scale
}

// fold counts a respondent.
func (c *Counters) fold(p *plan, r answer.Response) {
	if c.folded == nil || c.folded.plan != p {
		c.folded = &folded{plan: p, items: make([]*Item, len(p.fields))}
	}
	c.Respondents++
	if p.rows != nil {
		p.rows.begin()
	}
	next, after := 0, 0 // the field that probably is next, and the last one so far
	for n, a := range r.Answers {
		i := p.index(a, next)
		if i < 0 || i < after && answers(r.Answers[:n], a.Field()) {
			continue
		}
		next, after = i+1, max(after, i+1)
		if f := &p.fields[i]; f.counted {
			c.count(i, f, a.Values())
		}
	}
	if channel := len(p.fields) - 1; r.Channel != "" {
		c.count(channel, &p.fields[channel], []string{r.Channel})
	}
	if p.bases != nil {
		c.foldBases(p.bases, r)
	}
	if p.rows != nil {
		c.foldRows(p.rows)
	}
}

// answers reports whether a field is among those answered.
func answers(all []answer.Answer, field string) bool {
	return slices.ContainsFunc(all, func(a answer.Answer) bool { return len(a) > 1 && a.Field() == field })
}

// count counts the values that a respondent has given field f, whose index is i.
func (c *Counters) count(i int, f *field, values []string) {
	item := c.folded.items[i]
	counted := false
	for _, value := range values {
		at := f.option(value)
		if at < 0 {
			continue
		}
		if item == nil {
			item = c.arrange(i, f)
		}
		item.Counts.addAt(at, f.options[at], 1)
		counted = true
		if f.row >= 0 {
			c.folded.plan.rows.score(f.row, f.scores[at])
		}
	}
	if counted {
		item.N++
	}
}

// arrange returns the item of field f, whose index is i, with each option at its own index.
func (c *Counters) arrange(i int, f *field) *Item {
	item := c.Items[f.name]
	if item == nil {
		item = &Item{}
		c.Items[f.name] = item
	}
	item.Counts = item.Counts.arranged(f.options)
	c.folded.items[i] = item
	return item
}
