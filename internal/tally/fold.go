package tally

import (
	"math/big"
	"slices"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// New makes an empty tally of a survey.
func New(s *survey.Survey) *Tally {
	return &Tally{Shape: s.Shape, Cohorts: map[string]*Counters{}}
}

// Anew makes an empty tally of a survey in the place of one (nil: of none) that must be folded again from the beginning. It
// knows how far that one has come, so that no alert is looked at a second time.
func Anew(s *survey.Survey, before *Tally) *Tally {
	t := Empty(before)
	t.Shape = s.Shape
	return t
}

// Empty is Anew for a survey that is not known: of no shape, so it is never taken for a count.
func Empty(before *Tally) *Tally {
	t := &Tally{Cohorts: map[string]*Counters{}}
	if before != nil {
		t.Alerted = max(before.Alerted, before.Cursor)
	}
	return t
}

// Exchange is a tally in which one response that was folded is counted as another, such as its tombstone; false if it cannot
// be, because the tally is of another shape, or does not hold that response. Nothing else need be there to be folded again.
func Exchange(s *survey.Survey, t *Tally, was, is answer.Response) (*Tally, bool) {
	if t.Shape != s.Shape {
		return nil, false
	}
	out, in := New(s), New(s)
	out.Fold(s, was)
	in.Fold(s, is)
	exchanged := Merge(t, in)
	exchanged.Cursor, exchanged.Alerted = t.Cursor, t.Alerted
	for key, c := range out.Cohorts {
		counted := t.Cohorts[key]
		if counted == nil || counted.Respondents < c.Respondents {
			return nil, false
		}
		exchanged.Cohorts[key].Sub(c)
	}
	return exchanged, true
}

// Pass moves the cursor behind a response that has been folded.
func (t *Tally) Pass(cursor string) {
	t.Cursor = cursor
	if t.Alerted <= cursor {
		t.Alerted = ""
	}
}

// Fold counts one response. Fields and options that the survey does not count (any more) are passed over, so a response
// to an older version counts as far as it still means something. The caller moves the cursor: see [Tally.Pass].
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

func (i *Item) choose(f *field, option int) {
	i.Counts.addAt(option, f.options[option], 1)
}

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

// A plan is what folding needs to know of a survey, looked up once.
type plan struct {
	survey   *survey.Survey
	fields   []field // and the channel
	segments []int   // places of the fields that divide respondents
	overall  int     // place of the item that stands for the whole, or -1
	key      []byte
}

type field struct {
	name            string
	counted, number bool
	paired          bool
	options         []string // or the lower limits of a number's bands
	scores          []int64  // of each option
	first, width    survey.Decimal
}

// unscored stands for an answer without a score.
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

// overallScore is the score that a respondent gave the item that stands for the whole. Answers come in the questionnaire's
// order, so it is mostly found at its own place or close before.
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

// index finds an answer's field. Answers come in the questionnaire's order, so it is mostly the next one or close to it.
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
// by "+", the segments in order joined by "/". Only known options enter, whose ids have neither sign, so it is
// unambiguous, and there are finitely many. A segment that was not answered, or may not be counted, stands as "". The
// key is good until the next call.
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

// appendKnown joins those options that are among the values, in the questionnaire's order.
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
