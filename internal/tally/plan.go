package tally

import (
	"slices"

	"glasspoll/internal/answer"
	"glasspoll/internal/survey"
)

// plans holds what folding needs of questionnaires, looked up once. Those of one shape share a plan.
type plans struct {
	byShape  map[string]*plan
	last     *survey.Survey // last folded with
	lastPlan *plan
}

func (p *plans) of(s *survey.Survey) *plan {
	if p.last == s {
		return p.lastPlan
	}
	known := p.byShape[s.Shape]
	if known == nil {
		known = newPlan(s)
		if p.byShape == nil {
			p.byShape = map[string]*plan{}
		}
		p.byShape[s.Shape] = known
	}
	p.last, p.lastPlan = s, known
	return known
}

// plan holds what folding needs of the questionnaires of one shape.
type plan struct {
	survey   *survey.Survey
	fields   []field // by index; the last one is the channel
	segments []Segment
	rows     *rowPlan
	bases    *basePlan
	key      []byte // of a cohort, reused
}

type field struct {
	name            string
	counted, number bool
	options         []string // of a number: the ids of its bands
	bands           []survey.ValueBand
	row             int     // index among the fields that rows are made of, or -1
	scores          []int64 // of each option; nil if row is -1
}

// unscored marks an option without a score.
const unscored = -1

func newPlan(s *survey.Survey) *plan {
	p := &plan{survey: s}
	for _, f := range s.Fields() {
		known := field{name: f.Name, counted: f.Counted(), number: f.Numeric(), row: -1}
		for _, o := range f.Options() {
			known.options = append(known.options, o.ID)
		}
		if known.counted && known.number {
			known.bands = f.ValueBands()
			for _, band := range known.bands {
				known.options = append(known.options, band.ID)
			}
		}
		p.fields = append(p.fields, known)
	}
	p.fields = append(p.fields, field{name: Channel, counted: true, options: s.Channels, row: -1})
	p.segments, p.rows, p.bases = segmentsOf(s), newRowPlan(s), newBasePlan(s)
	if p.rows != nil {
		for row, f := range p.rows.fields {
			known := &p.fields[s.FieldIndex(f.Name)]
			known.row = row
			for _, o := range f.Options() {
				score := int64(unscored)
				if o.Score != nil {
					score = int64(*o.Score)
				}
				known.scores = append(known.scores, score)
			}
		}
	}
	return p
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

// option finds the index of an option, or of the band of a number; -1 if there is none.
func (f *field) option(value string) int {
	if !f.number {
		return slices.Index(f.options, value)
	}
	d, err := survey.ParseDecimal(value)
	if err != nil {
		return -1
	}
	return survey.BandOf(f.bands, d)
}

// Segment is a field that divides respondents into cohorts.
type Segment struct {
	Field   string   `cbor:"1,keyasint"`
	Options []string `cbor:"2,keyasint,omitempty"` // in the questionnaire's order; none if the field may not be counted
}

// segmentsOf lists the segments of a questionnaire.
func segmentsOf(s *survey.Survey) []Segment {
	var segments []Segment
	for _, f := range s.Segments() {
		segment := Segment{Field: f.Name}
		if f.Counted() {
			for _, o := range f.Options() {
				segment.Options = append(segment.Options, o.ID)
			}
		}
		segments = append(segments, segment)
	}
	return segments
}

// CohortKey is the key of the respondents who gave the same answers to the segment questions: each segment's values joined
// by "+", the segments in order joined by "/". It has known options only, whose ids contain neither sign, so it is
// unambiguous and the number of cohorts is bounded. A segment that was not answered, or may not be counted, is "". It is ""
// for an unknown questionnaire (nil).
func CohortKey(s *survey.Survey, r answer.Response) string {
	if s == nil {
		return ""
	}
	return string(appendCohort(nil, segmentsOf(s), r))
}

// cohort is [CohortKey]. The key is valid until the next call.
func (p *plan) cohort(r answer.Response) []byte {
	p.key = appendCohort(p.key[:0], p.segments, r)
	return p.key
}

// appendCohort appends the key of a respondent's cohort.
func appendCohort(key []byte, segments []Segment, r answer.Response) []byte {
	for i, segment := range segments {
		if i > 0 {
			key = append(key, '/')
		}
		values, first := valuesOf(r, segment.Field), true
		for _, option := range segment.Options {
			if !slices.Contains(values, option) {
				continue
			}
			if !first {
				key = append(key, '+')
			}
			key, first = append(key, option...), false
		}
	}
	return key
}

// valuesOf returns what a respondent has answered to a field; nil for nothing.
func valuesOf(r answer.Response, field string) []string {
	for _, a := range r.Answers {
		if len(a) > 1 && a.Field() == field {
			return a.Values()
		}
	}
	return nil
}
