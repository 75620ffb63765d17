package survey

import "fmt"

// A Field is one posted name. Counted fields are the items of scoring.
type Field struct {
	Name     string // "q", "q.row", "q.row.importance", "q.option" or "q._other"
	Question *Question
	Row      *Row    // of a matrix or an importance_matrix
	Option   *Option // of a ranking or a constant_sum: what is ranked, or given a share
	Part     Part
}

// Part tells the fields of one row, or of one choice, apart.
type Part string

// The parts. Most fields are whole.
const (
	Whole            Part = ""
	ImportancePart   Part = "importance"
	SatisfactionPart Part = "satisfaction"
	OtherPart        Part = Other
)

// Fields lists all fields in the order they are asked.
func (s *Survey) Fields() []Field { return s.fields }

// FieldsOf lists a question's fields; a note has none.
func (s *Survey) FieldsOf(q *Question) []Field { return s.ofQuestion[q.ID] }

// Field finds a field by its name.
func (s *Survey) Field(name string) (Field, bool) {
	i, ok := s.byName[name]
	if !ok {
		return Field{}, false
	}
	return s.fields[i], true
}

// FieldIndex is the place of a field in [Survey.Fields], or -1.
func (s *Survey) FieldIndex(name string) int {
	if i, ok := s.byName[name]; ok {
		return i
	}
	return -1
}

// Options are the values of a counted field: for yes_no "yes" and "no", for consent "yes", for a rank the numbers from 1;
// none for a number.
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
		return Steps(1, min(f.Question.AtMost, len(f.Question.Options)))
	case ConstantSum:
		return nil
	default:
		return f.Question.Options
	}
}

// Steps are the numbered options of a rating or an nps, scored by their number.
func Steps(from, to int) []Option {
	var options []Option
	for n := from; n <= to; n++ {
		score := Decimal(n) * One
		options = append(options, Option{ID: fmt.Sprint(n), Score: &score})
	}
	return options
}

var yesNo = []Option{{ID: "yes"}, {ID: "no"}}

// Required reports whether the field must always be answered; Question.RequiredIf may demand it as well.
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

// Counted reports whether answers may be counted and published: no free text, nothing private or withheld.
func (f Field) Counted() bool {
	q := f.Question
	if q.Private || q.Unpublished || f.Part == OtherPart {
		return false
	}
	switch q.Type {
	case SingleChoice, MultiChoice, Rating, NPS, Matrix, ImportanceMatrix, Ranking, Number, ConstantSum, YesNo, Consent:
		return true
	case Hidden:
		return len(q.Options) > 0
	default:
		return false
	}
}

// Scored reports whether the field is an item of the index: a choice or step with scores, weight above 0.
func (f Field) Scored() bool {
	switch f.Question.Type {
	case SingleChoice, Rating, Matrix, ImportanceMatrix:
		return f.Counted() && f.Part != ImportancePart && f.Weight() > 0 && f.HasScores()
	default:
		return false
	}
}

// HasScores reports whether any option has a score.
func (f Field) HasScores() bool {
	for _, o := range f.Options() {
		if o.Score != nil {
			return true
		}
	}
	return false
}

// Paired reports whether a field is counted together with the item that stands for the whole, so that its importance can be
// told. Sensitive ones are not; nor are scores above 100, whose squares would sum beyond 64 bits.
func (s *Survey) Paired(f Field) bool {
	overall, ok := s.Field(s.Scoring.Overall)
	return ok && f.Name != overall.Name && f.Scored() && overall.Question.Type != MultiChoice && overall.HasScores() && overall.Counted() &&
		!f.Question.Sensitive && !overall.Question.Sensitive && max(f.MaxScore(), overall.MaxScore()) <= 100*One
}

// MaxScore is the highest score that the field's scale gives.
func (f Field) MaxScore() Decimal {
	var max Decimal
	for i, o := range f.Options() {
		if o.Score != nil && (i == 0 || *o.Score > max) {
			max = *o.Score
		}
	}
	return max
}

// Weight is the field's own weight in the index (1 unless declared).
func (f Field) Weight() Decimal {
	if f.Row != nil {
		return f.Row.Weight
	}
	return f.Question.Weight
}

// Label is the question's, the row's or the option's text.
func (f Field) Label() Text {
	switch {
	case f.Row != nil:
		return f.Row.Label
	case f.Option != nil:
		return f.Option.Label
	}
	return f.Question.Label
}

// Segments lists the fields by whose values figures may be broken down, in order.
func (s *Survey) Segments() []Field {
	var segments []Field
	for _, f := range s.fields {
		if f.Question.Segment && f.Part == Whole {
			segments = append(segments, f)
		}
	}
	return segments
}

// Index builds what is derived from the sections; it must run before a Survey is shared.
func (s *Survey) Index() {
	s.fields, s.byName = nil, map[string]int{}
	s.ofQuestion = map[string][]Field{}
	for q := range s.Questions() {
		s.ofQuestion[q.ID] = q.fields()
		s.fields = append(s.fields, s.ofQuestion[q.ID]...)
	}
	for i, f := range s.fields {
		s.byName[f.Name] = i
	}
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

// HasOther reports whether one of the options has a text of its own.
func (q *Question) HasOther() bool {
	return len(q.Options) > 0 && q.Options[len(q.Options)-1].ID == Other
}

// Parts are the names of a question's fields.
func (q *Question) Parts() []string {
	var names []string
	for _, f := range q.fields() {
		names = append(names, f.Name)
	}
	return names
}
