package survey

import (
	"slices"
	"strconv"
)

// Form returns the encoded definition without its texts. Figures, and their comparison across periods, depend on nothing
// else. A release stores the form that it was made with.
func (s *Survey) Form() []byte {
	form := *s
	form.Version, form.Title, form.Purpose, form.Intro, form.Thanks, form.Contact, form.Document, form.Theme, form.Alerts, form.Deadlines = "", nil, nil, nil, nil, nil, nil, nil, nil, nil
	form.Access, form.Anonymity, form.Keys, form.Quality, form.Privacy, form.Plan = OpenAccess, Undeclared, nil, nil, nil, nil
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
			q.Label, q.Help, q.Low, q.High, q.Unit, q.Message = nil, nil, nil, nil, nil, nil
			q.ShortName, q.ShortNo, q.Image = nil, nil, nil
			q.Checks = slices.Clone(q.Checks)
			for j := range q.Checks {
				q.Checks[j].Message = nil
			}
			q.Options, q.Importance = withoutLabels(q.Options), withoutLabels(q.Importance)
			q.Rows = append([]Row(nil), q.Rows...)
			for j := range q.Rows {
				q.Rows[j].Label, q.Rows[j].ShortName = nil, nil
			}
			form.Sections[i].Questions = append(form.Sections[i].Questions, q)
		}
	}
	return form.Encode()
}

func withoutLabels(options []Option) []Option {
	options = slices.Clone(options)
	for i := range options {
		options[i].Label, options[i].ShortName, options[i].Image = nil, nil, nil
	}
	return options
}

// copyLabels copies the labels of from to the options with the same ids.
func copyLabels(options, from []Option) {
	for i := range options {
		for _, o := range from {
			if o.ID == options[i].ID {
				options[i].Label, options[i].ShortName = o.Label, o.ShortName
			}
		}
	}
}

// DecodeForm reads a form and takes its texts, by id, from the current survey. Questions that are no longer asked have no
// texts.
func DecodeForm(data []byte, current *Survey) (*Survey, error) {
	s, err := Decode(data)
	if err != nil {
		return nil, err
	}
	s.Title = current.Title
	for i := range s.Scoring.Dimensions {
		for _, d := range current.Scoring.Dimensions {
			if d.ID == s.Scoring.Dimensions[i].ID {
				s.Scoring.Dimensions[i].Label = d.Label
			}
		}
	}
	texts := map[string]*Question{}
	for q := range current.Questions() {
		texts[q.ID] = q
	}
	for q := range s.Questions() {
		from := texts[q.ID]
		if from == nil {
			continue
		}
		q.Label, q.Help, q.Low, q.High, q.Unit, q.Message = from.Label, from.Help, from.Low, from.High, from.Unit, from.Message
		q.ShortName, q.ShortNo = from.ShortName, from.ShortNo
		copyLabels(q.Options, from.Options)
		copyLabels(q.Importance, from.Importance)
		for i := range q.Rows {
			for _, row := range from.Rows {
				if row.ID == q.Rows[i].ID {
					q.Rows[i].Label, q.Rows[i].ShortName = row.Label, row.ShortName
				}
			}
		}
	}
	return s, nil
}

// Scale describes the type, options and scores of a field, without its texts. Answers on equal scales may be compared.
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
