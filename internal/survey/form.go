package survey

import (
	"slices"
	"strconv"
)

// Form is the definition without its texts, encoded: what figures and their comparison over periods depend on. A release
// keeps the form that it was made with.
func (s *Survey) Form() []byte {
	form := *s
	form.Version, form.Title, form.Intro, form.Thanks, form.Contact, form.Document, form.Alerts = "", nil, nil, nil, nil, nil, nil
	form.Scoring.Dimensions = make([]Dimension, len(s.Scoring.Dimensions))
	for i, d := range s.Scoring.Dimensions {
		form.Scoring.Dimensions[i] = Dimension{ID: d.ID, Weight: d.Weight}
	}
	form.Sections = make([]Section, len(s.Sections))
	for i, section := range s.Sections {
		form.Sections[i].ID, form.Sections[i].ShowIf = section.ID, section.ShowIf
		for _, q := range section.Questions {
			if q.Type == Note {
				continue
			}
			q.Label, q.Help, q.Low, q.High, q.Unit, q.Checks = nil, nil, nil, nil, nil, nil
			q.Options, q.Importance = unlabelled(q.Options), unlabelled(q.Importance)
			q.Rows = append([]Row(nil), q.Rows...)
			for j := range q.Rows {
				q.Rows[j].Label = nil
			}
			form.Sections[i].Questions = append(form.Sections[i].Questions, q)
		}
	}
	return form.Encode()
}

func unlabelled(options []Option) []Option {
	options = slices.Clone(options)
	for i := range options {
		options[i].Label = nil
	}
	return options
}

// labelled gives options the labels of others, by ids.
func labelled(options, from []Option) {
	for i := range options {
		for _, o := range from {
			if o.ID == options[i].ID {
				options[i].Label = o.Label
			}
		}
	}
}

// ParseForm reads a form, and takes its texts from the survey as it is now, by ids. What is not asked any more has none.
func ParseForm(data []byte, now *Survey) (*Survey, error) {
	s, err := Decode(data)
	if err != nil {
		return nil, err
	}
	s.Title = now.Title
	for i := range s.Scoring.Dimensions {
		for _, d := range now.Scoring.Dimensions {
			if d.ID == s.Scoring.Dimensions[i].ID {
				s.Scoring.Dimensions[i].Label = d.Label
			}
		}
	}
	texts := map[string]*Question{}
	for q := range now.Questions() {
		texts[q.ID] = q
	}
	for q := range s.Questions() {
		from := texts[q.ID]
		if from == nil {
			continue
		}
		q.Label, q.Help, q.Low, q.High, q.Unit = from.Label, from.Help, from.Low, from.High, from.Unit
		labelled(q.Options, from.Options)
		labelled(q.Importance, from.Importance)
		for i := range q.Rows {
			for _, row := range from.Rows {
				if row.ID == q.Rows[i].ID {
					q.Rows[i].Label = row.Label
				}
			}
		}
	}
	return s, nil
}

// Scale says what a field's answers mean, and nothing of how it is worded: answers to equal scales may be compared.
func (f Field) Scale() string {
	text := []byte(f.Question.Type)
	for _, o := range f.Options() {
		text = append(append(text, ' '), o.ID...)
		if o.Score != nil {
			text = strconv.AppendInt(append(text, '='), int64(*o.Score), 10)
		}
	}
	return string(text)
}

// Bands are the lower limits of a number's histogram, ascending, and their width; none unless the questionnaire bounds
// the number on both sides, since bands made of the answers would tell the least and the most. They are at most eleven, of
// 1, 2 or 5 times a power of ten, and start at a multiple of it.
func (f Field) Bands() (limits []Decimal, width Decimal) {
	q := f.Question
	if q.Type != Number || q.Min == nil || q.Max == nil {
		return nil, 0
	}
	width = 1
	for i := 0; (*q.Max-*q.Min-1)/width >= 10 || q.Step != nil && width < *q.Step; i++ {
		width = width * [...]Decimal{2, 5, 2}[i%3] / [...]Decimal{1, 2, 1}[i%3]
	}
	first := *q.Min / width * width
	if first > *q.Min {
		first -= width
	}
	for limit := first; limit <= *q.Max; limit += width {
		limits = append(limits, limit)
	}
	return limits, width
}
