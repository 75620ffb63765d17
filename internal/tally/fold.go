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

// Fold counts one response. Fields and options that the survey does not count (any more) are passed over, so a response
// to an older version counts as far as it still means something. The caller moves the cursor.
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
	c.Respondents++
	next := 0
	for _, a := range r.Answers {
		i := t.plan.index(a, next)
		if i < 0 {
			continue
		}
		next = i + 1
		if f := &t.plan.fields[i]; f.counted {
			c.count(i, f, a.Values())
		}
	}
}

func (c *Counters) count(i int, f *field, values []string) {
	item := c.byIndex[i]
	if item == nil {
		if item = c.Items[f.name]; item == nil {
			item = &Item{}
		}
	}
	counted := false
	if f.number {
		counted = item.number(values[0])
	} else {
		for _, value := range values {
			if slices.Contains(f.options, value) {
				if item.Counts == nil {
					item.Counts = make(map[string]int64, len(f.options))
				}
				item.Counts[value]++
				counted = true
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

func (i *Item) number(value string) bool {
	d, err := survey.ParseDecimal(value)
	if err != nil {
		return false
	}
	x := big.NewInt(int64(d))
	i.Sum = addInt(i.Sum, x, 1)
	i.Squares = addInt(i.Squares, x.Mul(x, x), 1)
	return true
}

// A plan is what folding needs to know of a survey, looked up once.
type plan struct {
	survey   *survey.Survey
	fields   []field
	segments []int // places of the fields that divide respondents
	key      []byte
}

type field struct {
	name            string
	counted, number bool
	options         []string
}

func newPlan(s *survey.Survey) *plan {
	p := &plan{survey: s}
	for _, f := range s.Fields() {
		known := field{name: f.Name, counted: f.Counted(), number: f.Numeric()}
		for _, o := range f.Options() {
			known.options = append(known.options, o.ID)
		}
		p.fields = append(p.fields, known)
	}
	for _, f := range s.Segments() {
		p.segments = append(p.segments, s.FieldIndex(f.Name))
	}
	return p
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
