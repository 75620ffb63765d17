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
	if t.Days == nil {
		t.Days = map[string]int64{}
	}
	t.Days[day]++
	skipped := t.skip(cursor, r)
	switch {
	case r.Withdrawn:
		t.Withdrawn++
	case !skipped:
		t.wait(s, cursor, r)
	}
	t.Advance(cursor)
}

// wait counts a response among those who wait, unless it is in a block.
func (t *Tally) wait(s *survey.Survey, cursor string, r answer.Response) {
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
	if out, known := part.Out[string(key)]; known && cursor <= out {
		return
	}
	c := part.Cohorts[string(key)]
	if c == nil {
		c = NewCounters()
		part.Cohorts[string(key)] = c
	}
	if p == nil {
		c.Respondents++
	} else {
		c.fold(p, r)
	}
}

// Unfold takes a response that has been folded out of those who wait, and counts it as withdrawn; one that is in a block, or
// was released under earlier rules, it only counts as withdrawn. So t is as if the response's tombstone had been folded in
// its place. It reports false, and changes nothing, if the response cannot have been folded.
func (t *Tally) Unfold(s *survey.Survey, cursor string, r answer.Response) bool {
	if r.Withdrawn || cursor > t.Cursor {
		return false
	}
	if !t.isSkipped(cursor, r) && !t.stopWaiting(s, cursor, r) {
		return false
	}
	t.Withdrawn++
	return true
}

// stopWaiting takes a response out of those who wait, if it is not in a block. It reports false if it can be in neither.
func (t *Tally) stopWaiting(s *survey.Survey, cursor string, r answer.Response) bool {
	shape, key := "", CohortKey(s, r)
	one := NewCounters()
	if s == nil {
		one.Respondents = 1
	} else {
		shape = s.Shape
		one.fold(t.plans.of(s), r)
	}
	part := t.Parts[shape]
	if part == nil {
		return false
	}
	if out, known := part.Out[key]; known && cursor <= out {
		return true
	}
	if part.Cohorts[key] == nil {
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
	if len(part.Cohorts) == 0 && len(part.Out) == 0 {
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
