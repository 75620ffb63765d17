package survey

// A Field is one posted name: a question, or one row of a matrix. Counted fields are the items of scoring.
type Field struct {
	Name     string // "q" or "q.row"
	Question *Question
	Row      *Row // nil unless the question has rows
}

// Fields lists all fields in the order they are asked.
func (s *Survey) Fields() []Field { return s.fields }

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

// Options are the values of a counted field: for yes_no "yes" and "no", for consent "yes"; none for a number.
func (f Field) Options() []Option {
	switch f.Question.Type {
	case YesNo:
		return yesNo
	case Consent:
		return yesNo[:1]
	default:
		return f.Question.Options
	}
}

var yesNo = []Option{{ID: "yes"}, {ID: "no"}}

// Required reports whether the field must be answered.
func (f Field) Required() bool {
	if f.Row != nil {
		return f.Row.Required
	}
	return f.Question.Required
}

// Counted reports whether answers may be counted and published: no free text, nothing private or withheld.
func (f Field) Counted() bool {
	q := f.Question
	if q.Private || q.Unpublished {
		return false
	}
	switch q.Type {
	case SingleChoice, MultiChoice, Rating, NPS, Matrix, Number, YesNo, Consent:
		return true
	default:
		return false
	}
}

// Scored reports whether the field is an item of the index: a choice or step with scores, weight above 0.
func (f Field) Scored() bool {
	switch f.Question.Type {
	case SingleChoice, Rating, Matrix:
		return f.Counted() && f.Weight() > 0 && f.HasScores()
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

// Label is the question's, or the row's, text.
func (f Field) Label() Text {
	if f.Row != nil {
		return f.Row.Label
	}
	return f.Question.Label
}

// Segments lists the fields by whose values figures may be broken down, in order.
func (s *Survey) Segments() []Field {
	var segments []Field
	for _, f := range s.fields {
		if f.Question.Segment {
			segments = append(segments, f)
		}
	}
	return segments
}

// index builds what is derived from the sections; it must run before a Survey is shared.
func (s *Survey) index() {
	s.fields, s.byName = nil, map[string]int{}
	for q := range s.Questions() {
		if q.Type == Note {
			continue
		}
		if len(q.Rows) == 0 {
			s.fields = append(s.fields, Field{Name: q.ID, Question: q})
			continue
		}
		for i := range q.Rows {
			s.fields = append(s.fields, Field{Name: q.ID + "." + q.Rows[i].ID, Question: q, Row: &q.Rows[i]})
		}
	}
	for i, f := range s.fields {
		s.byName[f.Name] = i
	}
}
