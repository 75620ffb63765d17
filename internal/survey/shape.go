package survey

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"glasspoll/internal/expression"
)

// scaleOption is what figures depend on of an option.
type scaleOption struct {
	ID     string
	Score  *Decimal
	ShowIf *expression.Tree `json:",omitempty"`
}

// scaleOptions lists, by id, what figures depend on of a field's options, and of those among which a ranking or constant sum
// divides.
func (f Field) scaleOptions() (options, among []scaleOption) {
	for _, o := range f.Options() {
		options = append(options, scaleOption{o.ID, o.Score, o.ShowIf})
	}
	if f.Option != nil {
		for _, o := range f.Question.Options {
			among = append(among, scaleOption{o.ID, nil, o.ShowIf})
		}
	}
	for _, list := range [][]scaleOption{options, among} {
		slices.SortFunc(list, func(a, b scaleOption) int { return cmp.Compare(a.ID, b.ID) })
	}
	return options, among
}

// chosen returns how many options a respondent chooses at least and at most; 0 is no limit.
func (f Field) chosen() [2]int {
	if f.Question.Type != MultiChoice {
		return [2]int{}
	}
	return [2]int{f.Question.AtLeast, f.Question.AtMost}
}

// Condition returns the condition under which a question is asked, its section's included; nil for always.
func (s *Survey) Condition(q *Question) *expression.Tree {
	if section := s.sections[q.ID]; section != nil {
		return expression.All(section.ShowIf, q.ShowIf)
	}
	return q.ShowIf
}

// ItemKey returns a short hash of what a counted field is: its type, options with scores and conditions, in any order, how
// many of them may be chosen, total, bands, and the condition under which it is asked. Answers to fields with the same name
// and key, of two versions of a survey, are one item and may be added.
func (s *Survey) ItemKey(f Field) string {
	options, among := f.scaleOptions()
	return hashOf(f.Question.Type, f.Part, options, among, f.chosen(), f.Question.Total, f.ValueBands(), s.Condition(f.Question))[:8]
}

// rules are what an answer to a question must meet. Which questionnaire somebody has answered is known of them: if four of five
// could not leave a question out, and it was left out once, it is known who did.
type rules struct {
	RequiredIf     *expression.Tree
	Min, Max, Step *Decimal
	Exclusive      []string           // options, by id
	Checks         []*expression.Tree // its own, and those of others that name it
}

// rulesOf returns the rules of a question.
func (s *Survey) rulesOf(q *Question) rules {
	r := rules{RequiredIf: q.RequiredIf, Min: q.Min, Max: q.Max, Step: q.Step}
	for _, o := range q.Options {
		if o.Exclusive {
			r.Exclusive = append(r.Exclusive, o.ID)
		}
	}
	slices.Sort(r.Exclusive)
	for other := range s.Questions() {
		for i := range other.Checks {
			that := &other.Checks[i].That
			if other.ID == q.ID || slices.Contains(questionsIn(that), q.ID) {
				r.Checks = append(r.Checks, that)
			}
		}
	}
	return r
}

// shape returns a hash of what figures and their release depend on: the counted fields with their names, types, options,
// scores, bands and conditions, whether they must be answered and what answers must meet, which of them are sensitive or
// segments, weights, dimensions, model, overall item, and the protection. Labels, uncounted questions and the bands of the
// index are not part of it; nor is the order of what is asked, but that of segments, which cohorts follow, and of scored items,
// which sums by item follow.
func (s *Survey) shape() string {
	type field struct {
		Name               string
		Type               Type
		Segment, Sensitive bool
		ReadsSegment       bool
		Options, Among     []scaleOption
		Bands              []ValueBand
		Total              *Decimal
		Chosen             [2]int
		Required           bool
		Rules              rules
		ShowIf             *expression.Tree
		Facts              []*expression.Tree
		Dimension          string
		Weight             Decimal
	}
	var fields []field
	var scored []string
	for q := range s.placed() {
		asked := field{Type: q.Type, Segment: q.Segment, Total: q.Total, ShowIf: s.Condition(q.Question), Dimension: q.Dimension, Rules: s.rulesOf(q.Question)}
		for i, f := range s.FieldsOf(q.Question) {
			if !f.Counted() {
				continue
			}
			if i == 0 {
				asked.ReadsSegment, asked.Facts = s.ReadsSegment(f), s.FactCondition(f)
			}
			one := asked
			one.Name, one.Sensitive, one.Bands, one.Weight = f.Name, f.Sensitive(), f.ValueBands(), f.Weight()
			one.Options, one.Among = f.scaleOptions()
			one.Chosen, one.Required = f.chosen(), f.Required()
			fields = append(fields, one)
			if f.Scored() {
				scored = append(scored, f.Name)
			}
		}
	}
	slices.SortFunc(fields, func(a, b field) int { return cmp.Compare(a.Name, b.Name) })
	var segments []string // one that is not counted still has its place among the others
	for _, f := range s.Segments() {
		segments = append(segments, f.Name)
	}
	type dimension struct {
		ID     string
		Weight Decimal
	}
	var dimensions []dimension
	for _, d := range s.Scoring.Dimensions {
		dimensions = append(dimensions, dimension{d.ID, d.Weight})
	}
	slices.SortFunc(dimensions, func(a, b dimension) int { return cmp.Compare(a.ID, b.ID) })
	return hashOf(fields, segments, scored, slices.Sorted(slices.Values(s.Channels)), dimensions, s.K(), s.Results.Protection, s.Scoring.Model, s.Scoring.Of, s.Scoring.Unit, s.Scoring.Overall)
}

// hashOf returns the hash of plain data.
func hashOf(values ...any) string {
	data, err := json.Marshal(values)
	if err != nil {
		panic(fmt.Sprintf("survey: %v", err)) // plain data
	}
	return hash(data)
}
