package tally

import (
	"math/big"
	"slices"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// New returns an empty tally of s.
func New(s *survey.Survey) *Tally {
	return &Tally{Shape: s.Shape, Cohorts: map[string]*Counters{}}
}

// Restart returns an empty tally of s that replaces before (nil: none) and is folded from the start of the log. It keeps
// how far before had come, so that no alert is evaluated a second time.
func Restart(s *survey.Survey, before *Tally) *Tally {
	t := Empty(before)
	t.Shape = s.Shape
	return t
}

// Empty is [Restart] for a survey that is not known. The tally has no shape, so the next publisher restarts it.
func Empty(before *Tally) *Tally {
	t := &Tally{Cohorts: map[string]*Counters{}}
	if before != nil {
		t.Alerted = max(before.Alerted, before.Cursor)
	}
	return t
}

// Exchange returns t with from, a response that has been folded into it, replaced by to, such as its tombstone, without
// folding the other responses again. It reports false if t is of another shape or cannot contain from.
func Exchange(s *survey.Survey, t *Tally, from, to answer.Response) (*Tally, bool) {
	if t.Shape != s.Shape {
		return nil, false
	}
	removed, added := New(s), New(s)
	removed.Fold(s, from)
	added.Fold(s, to)
	exchanged := Merge(t, added)
	exchanged.Cursor, exchanged.Alerted = t.Cursor, t.Alerted
	for key, c := range removed.Cohorts {
		counted := t.Cohorts[key]
		if counted == nil || counted.Respondents < c.Respondents {
			return nil, false
		}
		exchanged.Cohorts[key].Sub(c)
		if exchanged.Cohorts[key].check() != nil {
			return nil, false // no fold counts like this: from is not in t
		}
	}
	return exchanged, true
}

// Advance moves the cursor to that of a response that has been folded.
func (t *Tally) Advance(cursor string) {
	t.Cursor = cursor
	if t.Alerted <= cursor {
		t.Alerted = ""
	}
}

// Fold counts one response. Fields and options that the survey does not have or count are ignored, so a response to an
// older version counts as far as the two agree. The caller moves the cursor: see [Tally.Advance].
func (t *Tally) Fold(s *survey.Survey, r answer.Response) {
	if t.plan == nil || t.plan.survey != s {
		t.plan = newPlan(s)
	}
	key := t.plan.cohort(r)
	c := t.Cohorts[string(key)]
	if c == nil {
		c = &Counters{Items: map[string]*Item{}}
		t.Cohorts[string(key)] = c
	}
	if c.plan != t.plan {
		c.plan, c.byIndex = t.plan, make([]*Item, len(t.plan.fields))
	}
	if r.Withdrawn {
		c.Withdrawn++
		return
	}
	c.Respondents++
	overall := t.plan.overallScore(r)
	next := 0
	for _, a := range r.Answers {
		i := t.plan.index(a, next)
		if i < 0 {
			continue
		}
		next = i + 1
		if f := &t.plan.fields[i]; f.counted {
			c.count(i, f, a.Values(), overall)
		}
	}
	if channel := len(t.plan.fields) - 1; r.Channel != "" {
		c.count(channel, &t.plan.fields[channel], []string{r.Channel}, unscored)
	}
}

// count counts the values that a respondent has given field f, whose index is i.
func (c *Counters) count(i int, f *field, values []string, overall int64) {
	item := c.byIndex[i]
	if item == nil {
		if item = c.Items[f.name]; item == nil {
			item = &Item{}
		}
		if len(f.options) > 0 {
			item.Counts = item.Counts.arranged(f.options)
		}
	}
	counted := false
	if f.number {
		counted = item.number(f, values[0])
	} else {
		for _, value := range values {
			if at := slices.Index(f.options, value); at >= 0 {
				item.choose(f, at)
				counted = true
				if overall != unscored && f.paired && f.scores[at] != unscored {
					item.pair(f.scores[at], overall)
				}
			}
		}
	}
	if counted {
		item.N++
		if c.byIndex[i] == nil {
			c.Items[f.name], c.byIndex[i] = item, item
		}
	}
}

// choose counts one choice of an option, given by its index.
func (i *Item) choose(f *field, option int) {
	i.Counts.addAt(option, f.options[option], 1)
}

// pair adds the scores of the item and of the overall item that one respondent gave.
func (i *Item) pair(x, y int64) {
	if i.Moments == nil {
		i.Moments = &Moments{}
	}
	m := i.Moments
	m.N++
	m.X += x
	m.Y += y
	m.XX += x * x
	m.YY += y * y
	m.XY += x * y
}

// number counts a number, and reports whether value is one.
func (i *Item) number(f *field, value string) bool {
	d, err := survey.ParseDecimal(value)
	if err != nil {
		return false
	}
	x := big.NewInt(int64(d))
	i.Sum = addInt(i.Sum, x, 1)
	i.Squares = addInt(i.Squares, x.Mul(x, x), 1)
	if len(f.options) > 0 && d >= f.first {
		if band := int((d - f.first) / f.width); band < len(f.options) {
			i.choose(f, band)
		}
	}
	return true
}

// plan holds what folding needs of a survey, looked up once.
type plan struct {
	survey   *survey.Survey
	fields   []field // by index; the last one is the channel
	segments []int   // indexes of the fields that divide respondents
	overall  int     // index of the overall item, or -1
	key      []byte
}

type field struct {
	name            string
	counted, number bool
	paired          bool
	options         []string // of a number: the lower limits of its bands
	scores          []int64  // of each option
	first, width    survey.Decimal
}

// unscored marks an option without a score.
const unscored = -1

func newPlan(s *survey.Survey) *plan {
	p := &plan{survey: s, overall: s.FieldIndex(s.Scoring.Overall)}
	for _, f := range s.Fields() {
		known := field{name: f.Name, counted: f.Counted(), number: f.Numeric(), paired: s.Paired(f)}
		for _, o := range f.Options() {
			known.options = append(known.options, o.ID)
			score := int64(unscored)
			if o.Score != nil {
				score = int64(*o.Score)
			}
			known.scores = append(known.scores, score)
		}
		var limits []survey.Decimal
		limits, known.width = f.Bands()
		for _, limit := range limits {
			known.options, known.first = append(known.options, limit.String()), limits[0]
		}
		p.fields = append(p.fields, known)
	}
	p.fields = append(p.fields, field{name: Channel, counted: true, options: s.Channels})
	for _, f := range s.Segments() {
		p.segments = append(p.segments, s.FieldIndex(f.Name))
	}
	return p
}

// overallScore is the score that a respondent gave the overall item. Answers are in the questionnaire's order, so it is
// usually at its field's index or a little before.
func (p *plan) overallScore(r answer.Response) int64 {
	if p.overall < 0 {
		return unscored
	}
	f := &p.fields[p.overall]
	for n := range r.Answers {
		at := min(p.overall, len(r.Answers)-1) - n
		if at < 0 {
			at += len(r.Answers)
		}
		if a := r.Answers[at]; len(a) == 2 && a.Field() == f.name {
			if option := slices.Index(f.options, a[1]); option >= 0 && f.counted {
				return f.scores[option]
			}
			return unscored
		}
	}
	return unscored
}

// index finds the index of an answer's field, or -1. Answers are in the questionnaire's order, so it is usually next.
func (p *plan) index(a answer.Answer, next int) int {
	if len(a) < 2 {
		return -1
	}
	if next < len(p.fields) && p.fields[next].name == a.Field() {
		return next
	}
	return p.survey.FieldIndex(a.Field())
}

// cohort is the key of the respondents who gave the same answers to the segment questions: each segment's values joined
// by "+", the segments in order joined by "/". It has known options only, whose ids contain neither sign, so it is
// unambiguous and the number of cohorts is bounded. A segment that was not answered, or may not be counted, is "". The
// key is valid until the next call.
func (p *plan) cohort(r answer.Response) []byte {
	p.key = p.key[:0]
	for i, segment := range p.segments {
		if i > 0 {
			p.key = append(p.key, '/')
		}
		f := &p.fields[segment]
		if !f.counted {
			continue
		}
		for _, a := range r.Answers {
			if len(a) > 1 && a.Field() == f.name {
				p.key = appendKnown(p.key, f.options, a.Values())
				break
			}
		}
	}
	return p.key
}

// appendKnown appends the options that are among values, in the questionnaire's order, joined by "+".
func appendKnown(key []byte, options, values []string) []byte {
	first := true
	for _, option := range options {
		if slices.Contains(values, option) {
			if !first {
				key = append(key, '+')
			}
			key, first = append(key, option...), false
		}
	}
	return key
}
