package release

import (
	"maps"
	"slices"
	"strings"

	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// addBlocks makes blocks of who waits, and reports whether there was any. A block is all who wait of one cohort of one part,
// if they are at least k; when the pool is due, also all who are left of one part. So who is in it depends on facts alone,
// and not on what they have answered.
func (n *next) addBlocks(t *tally.Tally) (added bool) {
	for _, shape := range slices.Sorted(maps.Keys(t.Parts)) {
		form := n.forms[shape]
		if form == nil {
			continue // nobody knows what was asked
		}
		waiting := t.Parts[shape]
		k := n.k(form.K())
		rest := map[string]*tally.Counters{}
		for _, key := range slices.Sorted(maps.Keys(waiting.Cohorts)) {
			switch c := waiting.Cohorts[key]; {
			case c.Respondents >= k:
				n.addBlock(block{shape, form, key, c}, t, key)
				added = true
			case c.Respondents > 0:
				rest[key] = c
			}
		}
		if !n.poolDue(shape, t) {
			continue
		}
		pool := tally.Total(rest)
		if pool.Respondents >= k {
			n.addBlock(block{shape, form, Pool, pool}, t, slices.Sorted(maps.Keys(rest))...)
			n.Parts[shape].PooledOn = n.today
			added = true
		}
	}
	return added
}

// k returns the fewest members of a block of a part: what the questionnaire that they answered promises, or the one in force
// now, or one in between, whichever is more.
func (n *next) k(promised int) int64 {
	if n.exact {
		return 1
	}
	return int64(max(n.K, promised))
}

// poolDue reports whether what is left of the cohorts of a part may be joined: when the period is closed, or
// results.pool_after days after that was done last; before the first time, after the period's first day or, if it has none,
// that of its first answer.
func (n *next) poolDue(shape string, t *tally.Tally) bool {
	if n.closed {
		return true
	}
	if n.survey.Results.PoolAfter == 0 {
		return false
	}
	since := string(n.survey.FirstDay(n.Period))
	if since == "" && len(t.Days) > 0 {
		since = slices.Min(slices.Collect(maps.Keys(t.Days)))
	}
	if p := n.Parts[shape]; p != nil && p.PooledOn != "" {
		since = p.PooledOn
	}
	return since != "" && n.today >= addDays(since, n.survey.Results.PoolAfter)
}

// A block is at least k respondents who have answered questionnaires of one shape.
type block struct {
	shape    string
	form     *survey.Survey
	key      string // of their cohort, or Pool
	counters *tally.Counters
}

// addBlock adds a block to what is out. Its members, who are all that wait of the cohorts, wait no more; t is the
// tally that they wait in. What is not public yet is added to what is held.
func (n *next) addBlock(b block, t *tally.Tally, cohorts ...string) {
	p := n.part(b.shape, b.form)
	out := n.Held.Out[b.shape]
	if out == nil {
		out = map[string]Mark{}
		n.Held.Out[b.shape] = out
	}
	for _, key := range cohorts {
		out[key] = Mark{Cursor: t.Cursor, Release: n.Number, Decided: t.Decided}
		n.after.Take(b.shape, key)
	}
	public, held := b.split()
	p.Cohorts[b.key] = plus(p.Cohorts[b.key], public)
	if held != nil {
		n.hold(b.shape, b.key, held)
	}
	n.holdRows(b)
}

// hold adds counters to those of a cohort that are not public.
func (n *next) hold(shape, key string, c *tally.Counters) {
	if n.Held.Items[shape] == nil {
		n.Held.Items[shape] = map[string]*tally.Counters{}
	}
	n.Held.Items[shape][key] = plus(n.Held.Items[shape][key], c)
}

// part returns the part of a shape, which is added if this is its first block.
func (n *next) part(shape string, form *survey.Survey) *Part {
	if n.Parts[shape] == nil {
		number := 1
		for _, p := range n.Parts {
			number = max(number, p.Number+1)
		}
		n.Parts[shape] = &Part{
			Number: number, Version: form.Version, Form: form.Form(), Since: n.today, K: max(n.K, form.K()), Cohorts: map[string]*tally.Counters{},
		}
	}
	return n.Parts[shape]
}

// split divides a block's counters into those that may be public at once and those that are held: of questions for which
// facts decide who is asked. Sensitive ones are held by [next.holdSensitive]. The pool has no question whose condition reads a
// segment: it would say of a few in which segment they are, together with their answers.
func (b block) split() (public, held *tally.Counters) {
	public = &tally.Counters{Respondents: b.counters.Respondents, Items: map[string]*tally.Item{}}
	held = &tally.Counters{Items: map[string]*tally.Item{}, Bases: map[string]map[string]int64{}}
	for name, bases := range b.counters.Bases {
		if b.mayPublish(name) {
			held.Bases[name] = bases
		}
	}
	for name, item := range b.counters.Items {
		switch {
		case !b.mayPublish(name):
		case b.counters.Bases[name] != nil:
			held.Items[name] = item
		default:
			public.Items[name] = item
		}
	}
	if len(held.Items) == 0 && len(held.Bases) == 0 {
		return public, nil
	}
	return public, held
}

// mayPublish reports whether a field of the block may ever be published.
func (b block) mayPublish(name string) bool {
	f, asked := b.form.Field(name)
	switch {
	case !asked:
		return name == tally.Channel
	case b.key == Pool && b.form.ReadsSegment(f):
		return false
	default:
		return f.Counted()
	}
}

// plus returns the sum of two counters, of which the first may be nil, as new ones.
func plus(a, b *tally.Counters) *tally.Counters {
	sum := a.Clone()
	sum.Add(b)
	return sum
}

// publishBases publishes questions for which facts decide who is asked, cohort by cohort: once each class of members, by what
// the facts leave of the conditions, is empty or has k members among the blocks that hold the question back. Otherwise the
// question waits, whole blocks at a time. It reads facts alone.
func (n *next) publishBases() (published bool) {
	for shape, cohorts := range n.Held.Items {
		form, p := n.forms[shape], n.Parts[shape]
		if form == nil || p == nil {
			continue
		}
		for key, held := range cohorts {
			for name, classes := range held.Bases {
				f, asked := form.Field(name)
				if !asked || !f.Counted() || n.isSensitive(form, name) || !eachHas(classes, n.k(p.K)) {
					continue
				}
				moved := &tally.Counters{Items: map[string]*tally.Item{}, Bases: map[string]map[string]int64{name: classes}}
				if item := held.Items[name]; item != nil {
					moved.Items[name] = item
				}
				p.Cohorts[key] = plus(p.Cohorts[key], moved)
				held = held.Clone()
				delete(held.Bases, name)
				delete(held.Items, name)
				cohorts[key] = held
				published = true
			}
		}
	}
	return published
}

// eachHas reports whether every class is empty or has k members.
func eachHas(classes map[string]int64, k int64) bool {
	for _, members := range classes {
		if members > 0 && members < k {
			return false
		}
	}
	return true
}

// holdSensitive takes what is sensitive, by the questionnaire of its part or by that in force, out of what is public: in the
// blocks of this release, and in earlier ones if the question was not sensitive then. It is published coded when the period
// has ended. holdSensitive reports whether there was any.
func (n *next) holdSensitive() (held bool) {
	for shape, p := range n.Parts {
		form := n.formOf(shape)
		for key, c := range p.Cohorts {
			taken := &tally.Counters{Items: map[string]*tally.Item{}, Bases: map[string]map[string]int64{}}
			for name, item := range c.Items {
				if !n.isSensitive(form, name) {
					continue
				}
				taken.Items[name] = item
				if classes := c.Bases[name]; classes != nil {
					taken.Bases[name] = classes // should the question ever be public again, with those who were asked it
				}
			}
			if len(taken.Items) == 0 {
				continue
			}
			left := c.Clone()
			for name := range taken.Items {
				delete(left.Items, name)
				delete(left.Bases, name)
			}
			p.Cohorts[key] = left
			n.hold(shape, key, taken)
			held = true
		}
	}
	return held
}

// formOf returns the questionnaire of a part.
func (n *next) formOf(shape string) *survey.Survey {
	if form := n.forms[shape]; form != nil {
		return form
	}
	if n.stored[shape] == nil {
		n.stored[shape] = n.Parts[shape].FormOf(n.survey)
	}
	return n.stored[shape]
}

// isSensitive reports whether a field is sensitive in the questionnaire of its part, or is made so by that in force.
func (n *next) isSensitive(form *survey.Survey, name string) bool {
	was, asked := form.Field(name)
	if asked && was.Sensitive() {
		return true
	}
	return n.survey.MakesSensitive(form, survey.QuestionOf(name))
}

// CohortsWith returns the cohorts of a part whose members gave one answer to a segment question. The pool is in none. form is
// the questionnaire of the part.
func (p *Part) CohortsWith(form *survey.Survey, segment, option string) []*tally.Counters {
	i := segmentIndex(form, segment)
	if i < 0 {
		return nil
	}
	var found []*tally.Counters
	for key, c := range p.Cohorts {
		if key != Pool && keyPart(key, i) == option {
			found = append(found, c)
		}
	}
	return found
}

// segmentIndex returns the index of a segment among those of a questionnaire; -1 if it is none.
func segmentIndex(form *survey.Survey, name string) int {
	return slices.IndexFunc(form.Segments(), func(f survey.Field) bool { return f.Name == name })
}

// keyPart returns the i-th part of a cohort's key, whose parts are separated by slashes.
func keyPart(key string, i int) string {
	for ; i > 0; i-- {
		_, key, _ = strings.Cut(key, "/")
	}
	part, _, _ := strings.Cut(key, "/")
	return part
}
