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

// options lists what figures depend on of a field's options, and of those among which a ranking or constant sum divides.
func (f Field) scaleOptions() (options, among []scaleOption) {
	for _, o := range f.Options() {
		options = append(options, scaleOption{o.ID, o.Score, o.ShowIf})
	}
	if f.Option != nil {
		for _, o := range f.Question.Options {
			among = append(among, scaleOption{o.ID, nil, o.ShowIf})
		}
	}
	return options, among
}

// bandIDs lists the ids of a field's value bands.
func (f Field) bandIDs() []string {
	var ids []string
	for _, band := range f.ValueBands() {
		ids = append(ids, band.ID)
	}
	return ids
}

// condition returns the condition under which a question is asked, its section's included; nil for always.
func (s *Survey) condition(q *Question) *expression.Tree {
	if section := s.sections[q.ID]; section != nil {
		return expression.All(section.ShowIf, q.ShowIf)
	}
	return q.ShowIf
}

// ItemKey returns a short hash of what a counted field is: its type, options with scores and conditions, in any order, total,
// bands, and the condition under which it is asked. Answers to fields with the same name and key, of two versions of a survey,
// are one item and may be added.
func (s *Survey) ItemKey(f Field) string {
	options, among := f.scaleOptions()
	for _, list := range [][]scaleOption{options, among} {
		slices.SortFunc(list, func(a, b scaleOption) int { return cmp.Compare(a.ID, b.ID) })
	}
	return hashOf(f.Question.Type, f.Part, options, among, f.Question.Total, f.bandIDs(), s.condition(f.Question))[:8]
}

// shape returns a hash of what figures and their release depend on: the counted fields with their names, types, options,
// scores, bands and conditions, which of them are sensitive or segments, weights, dimensions, model, overall item, and the
// protection. Labels, uncounted questions and the bands of the index are not part of it.
func (s *Survey) shape() string {
	type field struct {
		Name               string
		Type               Type
		Segment, Sensitive bool
		ReadsSegment       bool
		Options, Among     []scaleOption
		Bands              []string
		Total              *Decimal
		ShowIf             *expression.Tree
		Facts              []*expression.Tree
		Dimension          string
		Weight             Decimal
	}
	var fields []field
	for _, q := range s.placed() {
		asked := field{Type: q.Type, Segment: q.Segment, Total: q.Total, ShowIf: s.condition(q.Question), Dimension: q.Dimension}
		for i, f := range s.FieldsOf(q.Question) {
			if !f.Counted() {
				continue
			}
			if i == 0 {
				asked.ReadsSegment, asked.Facts = s.ReadsSegment(f), s.FactCondition(f)
			}
			one := asked
			one.Name, one.Sensitive, one.Bands, one.Weight = f.Name, f.Sensitive(), f.bandIDs(), f.Weight()
			one.Options, one.Among = f.scaleOptions()
			fields = append(fields, one)
		}
	}
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
	return hashOf(fields, segments, s.Channels, s.Scoring.Model, s.Scoring.Of, s.Scoring.Unit, s.Scoring.Overall, dimensions, s.K(), s.Results.Protection)
}

// hashOf returns the hash of plain data.
func hashOf(values ...any) string {
	data, err := json.Marshal(values)
	if err != nil {
		panic(fmt.Sprintf("survey: %v", err)) // plain data
	}
	return hash(data)
}
