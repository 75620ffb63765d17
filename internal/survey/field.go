package survey

import (
	"fmt"
	"regexp"
	"slices"
)

// A Field is one named value of a submission. Counted fields are items: they have figures.
type Field struct {
	Name     string // "q", "q.row", "q.row.importance", "q.option" or "q._other"
	Question *Question
	Row      *Row    // of a matrix or an importance_matrix
	Option   *Option // of a ranking or a constant_sum: what is ranked, or given a share
	Part     Part
}

// Part distinguishes the fields of one row or choice.
type Part string

// The parts. Most fields are the whole.
const (
	Whole            Part = ""
	ImportancePart   Part = "importance"
	SatisfactionPart Part = "satisfaction"
	OtherPart        Part = Other
)

// Fields lists all fields in the order they are asked.
func (s *Survey) Fields() []Field { return s.fields }

// FieldsOf lists the fields of a question; a note has none.
func (s *Survey) FieldsOf(q *Question) []Field { return s.fieldsOfQuestion[q.ID] }

// Field finds a field by its name.
func (s *Survey) Field(name string) (Field, bool) {
	i, ok := s.fieldIndexes[name]
	if !ok {
		return Field{}, false
	}
	return s.fields[i], true
}

// FieldIndex returns the index of a field in [Survey.Fields], or -1.
func (s *Survey) FieldIndex(name string) int {
	if i, ok := s.fieldIndexes[name]; ok {
		return i
	}
	return -1
}

// Options lists the possible values of a counted field: "yes" and "no" for yes_no, "yes" for consent, numbers from 1 for a
// rank, none for a number.
func (f Field) Options() []Option {
	switch {
	case f.Part == OtherPart:
		return nil
	case f.Part == ImportancePart:
		return f.Question.Importance
	}
	switch f.Question.Type {
	case YesNo:
		return yesNo
	case Consent:
		return yesNo[:1]
	case Ranking:
		if ranks := f.Question.traits.ranks; ranks != nil {
			return ranks
		}
		return f.Question.ranks()
	case ConstantSum:
		return nil
	default:
		return f.Question.Options
	}
}

// Steps returns the numbered options of a rating or nps, each scored by its number.
func Steps(from, to int) []Option {
	var options []Option
	for n := from; n <= to; n++ {
		score := Decimal(n) * One
		options = append(options, Option{ID: fmt.Sprint(n), Score: &score})
	}
	return options
}

// ranks returns the possible ranks of an option; none if the question is no ranking.
func (q *Question) ranks() []Option {
	if q.Type != Ranking {
		return nil
	}
	return Steps(1, min(q.AtMost, len(q.Options)))
}

// compilePattern returns the question's pattern for whole texts; nil without one, or if it is none.
func (q *Question) compilePattern() *regexp.Regexp {
	if q.Pattern == "" {
		return nil
	}
	pattern, err := regexp.Compile(`^(?:` + q.Pattern + `)$`)
	if err != nil {
		return nil
	}
	return pattern
}

// Matches reports whether a text as a whole matches the question's pattern. Every one does without a pattern, and none one that
// cannot be compiled.
func (q *Question) Matches(text string) bool {
	if q.Pattern == "" {
		return true
	}
	pattern := q.traits.pattern
	if pattern == nil {
		pattern = q.compilePattern()
	}
	return pattern != nil && pattern.MatchString(text)
}

var yesNo = []Option{{ID: "yes"}, {ID: "no"}}

// Required reports whether the field must always be answered. Question.RequiredIf may require it in other cases.
func (f Field) Required() bool {
	switch {
	case f.Part == OtherPart:
		return false
	case f.Row != nil:
		return f.Row.Required
	}
	return f.Question.Required
}

// Numeric reports whether the field's answers are numbers.
func (f Field) Numeric() bool { return f.Question.Type == Number || f.Question.Type == ConstantSum }

// Counted reports whether answers are counted and published: not free text, and nothing private or unpublished. A question
// that depends on a private or unpublished one is unpublished too: see [Survey.Reads].
func (f Field) Counted() bool {
	return f.Countable() && !f.Question.traits.unpublished
}

// Countable reports whether answers of the field's type can be counted, published or not.
func (f Field) Countable() bool {
	if f.Part == OtherPart {
		return false
	}
	switch q := f.Question; q.Type {
	case SingleChoice, MultiChoice, Rating, NPS, Matrix, ImportanceMatrix, Ranking, Number, ConstantSum, YesNo, Consent:
		return true
	case Hidden:
		return len(q.Options) > 0
	default:
		return false
	}
}

// Sensitive reports whether figures of the field are published only once, rounded, when the period has closed: because its
// question is sensitive or depends on a sensitive one, or because the survey's protection is strict.
func (f Field) Sensitive() bool {
	return f.Question.traits.sensitive || f.Question.traits.strict && f.Counted()
}

// Scored reports whether the field is an item of the index: a choice or step with scores, and a weight above 0, that is not
// sensitive.
func (f Field) Scored() bool {
	switch f.Question.Type {
	case SingleChoice, Rating, Matrix, ImportanceMatrix:
		return f.Counted() && !f.Sensitive() && f.Part != ImportancePart && f.Weight() > 0 && f.HasScores()
	default:
		return false
	}
}

// InRows reports whether the field is a part of figures that are made of whole rows. Segments are in none of them: together with
// the answers of members of the pool they would tell what the answers in a segment are. Nor is what facts decide who is asked:
// it waits until enough are, and rows do not.
func (f Field) InRows() bool { return !f.Question.Segment && !f.Question.traits.byFacts }

// HasScores reports whether any option has a score.
func (f Field) HasScores() bool {
	for _, o := range f.Options() {
		if o.Score != nil {
			return true
		}
	}
	return false
}

// Paired reports whether a field is counted together with the overall item, from which its importance is computed. Sensitive
// fields are not; nor are scores above 100, because sums of their squares could exceed 64 bits.
func (s *Survey) Paired(f Field) bool {
	overall, ok := s.Field(s.Scoring.Overall)
	return ok && f.Name != overall.Name && f.Scored() && overall.Question.Type != MultiChoice && overall.HasScores() && overall.Counted() &&
		!overall.Sensitive() && max(f.MaxScore(), overall.MaxScore()) <= 100*One
}

// MaxScore returns the highest score of the field's options.
func (f Field) MaxScore() Decimal {
	var highest Decimal // scores are not negative
	for _, o := range f.Options() {
		if o.Score != nil {
			highest = max(highest, *o.Score)
		}
	}
	return highest
}

// Weight returns the field's weight in the index: 1 unless declared.
func (f Field) Weight() Decimal {
	if f.Row != nil {
		return f.Row.Weight
	}
	return f.Question.Weight
}

// Label returns the label of the field's row or option, else that of its question.
func (f Field) Label() Text {
	switch {
	case f.Row != nil:
		return f.Row.Label
	case f.Option != nil:
		return f.Option.Label
	}
	return f.Question.Label
}

// Segments lists the fields by which figures may be broken down, in order.
func (s *Survey) Segments() []Field {
	var segments []Field
	for _, f := range s.fields {
		if f.Question.Segment && f.Part == Whole {
			segments = append(segments, f)
		}
	}
	return segments
}

// Index derives the questions and fields from the sections, and what questions inherit from those they read. Call it after
// changing the sections or the protection, and before sharing s.
func (s *Survey) Index() {
	s.questions, s.fields = map[string]*Question{}, nil
	s.fieldIndexes, s.fieldsOfQuestion = map[string]int{}, map[string][]Field{}
	s.sections, s.asked = map[string]*Section{}, slices.Collect(s.placed())
	for i := range s.asked {
		q := &s.asked[i]
		if s.questions[q.ID] == nil {
			s.questions[q.ID] = q.Question
		}
		s.sections[q.ID] = q.Section
		s.fieldsOfQuestion[q.ID] = q.fields()
		q.Number, q.First = i, len(s.fields)
		s.fields = append(s.fields, s.fieldsOfQuestion[q.ID]...)
		q.End = len(s.fields)
	}
	for i, f := range s.fields {
		s.fieldIndexes[f.Name] = i
	}
	s.readConditions()
	s.inherit()
}

func (q *Question) fields() []Field {
	var fields []Field
	switch q.Type {
	case Note:
	case Matrix:
		for i := range q.Rows {
			fields = append(fields, Field{Name: q.ID + "." + q.Rows[i].ID, Question: q, Row: &q.Rows[i]})
		}
	case ImportanceMatrix:
		for i := range q.Rows {
			name := q.ID + "." + q.Rows[i].ID + "."
			fields = append(fields,
				Field{Name: name + string(ImportancePart), Question: q, Row: &q.Rows[i], Part: ImportancePart},
				Field{Name: name + string(SatisfactionPart), Question: q, Row: &q.Rows[i], Part: SatisfactionPart})
		}
	case Ranking, ConstantSum:
		for i := range q.Options {
			fields = append(fields, Field{Name: q.ID + "." + q.Options[i].ID, Question: q, Option: &q.Options[i]})
		}
	default:
		fields = append(fields, Field{Name: q.ID, Question: q})
		if q.HasOther() {
			fields = append(fields, Field{Name: q.ID + "." + Other, Question: q, Part: OtherPart})
		}
	}
	return fields
}

// HasOther reports whether the question has the option [Other], which comes with a text field.
func (q *Question) HasOther() bool {
	return len(q.Options) > 0 && q.Options[len(q.Options)-1].ID == Other
}

// Parts lists the names of a question's fields.
func (q *Question) Parts() []string {
	var names []string
	for _, f := range q.fields() {
		names = append(names, f.Name)
	}
	return names
}
