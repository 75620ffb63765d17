package release

import "glasspoll/internal/survey"

// FormOf returns the questionnaire that a release was made with, as far as it decides on figures; s if r is nil or has
// none.
func FormOf(s *survey.Survey, r *Release) *survey.Survey {
	if r == nil || r.Form == nil || r.Shape == s.Shape {
		return s
	}
	form, err := survey.DecodeForm(r.Form, s)
	if err != nil {
		return s // the store is damaged: verification reports it
	}
	return form
}
