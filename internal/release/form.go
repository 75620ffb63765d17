package release

import (
	"encoding/json"

	"glasspoll/internal/survey"
)

// FormOf returns the questionnaire that was in force at a release, as far as it decides on figures; s if r is nil or has none.
func FormOf(s *survey.Survey, r *Release) *survey.Survey {
	if r == nil {
		return s
	}
	return formOf(s, r.Version, r.Form)
}

// FormOf returns the questionnaire that the respondents of a part have answered, as far as it decides on figures, with the
// texts of s; s if p is nil or has none. It takes the time of decoding a questionnaire.
func (p *Part) FormOf(s *survey.Survey) *survey.Survey {
	if p == nil {
		return s
	}
	return formOf(s, p.Version, p.Form)
}

func formOf(s *survey.Survey, version string, form json.RawMessage) *survey.Survey {
	if len(form) == 0 || version != "" && version == s.Version {
		return s
	}
	was, err := survey.DecodeForm(form, s)
	if err != nil {
		return s // the store is damaged: verification reports it
	}
	was.Version = version
	return was
}
