package render

import (
	"encoding/base64"
	"encoding/json"
	"html/template"

	"glasspoll/internal/survey"
)

// sealSettings are what templates/seal.js reads.
type sealSettings struct {
	Survey string   `json:"survey"`
	Keys   []string `json:"keys"`   // points, in base64
	Fields [][2]any `json:"fields"` // name, and whether its text may be kept on the device
}

// seal adds to a form whose answers are sealed the script that does so before they are sent.
func (f *form) seal() {
	s := f.Survey
	settings := sealSettings{Survey: s.ID}
	for _, field := range s.Fields() {
		if s.Seals(field) {
			settings.Fields = append(settings.Fields, [2]any{field.Name, !isPersonal(field.Question) && field.Question.Type != survey.Hidden})
		}
	}
	if f.Shut || len(settings.Fields) == 0 {
		return
	}
	for _, key := range s.Sealing.Public() {
		settings.Keys = append(settings.Keys, base64.StdEncoding.EncodeToString(key.Bytes()))
	}
	data, err := json.Marshal(settings)
	if err != nil {
		panic(err) // plain data
	}
	f.Seal, f.SealSettings = f.Assets.Seal, template.JS(data)
}

// sealedHint says of a question that its answers are stored encrypted; "" if they are not.
func (b *builder) sealedHint(q *survey.Question) string {
	s := b.texts.survey
	switch {
	case !s.SealsPart(q):
		return ""
	case q.HasOther() && !q.Private: // what is chosen is stored as it is
		return b.words.Say("hint.sealed_other")
	}
	return b.words.Say("hint.sealed")
}

// isSealed reports whether the answers to all questions of a section are stored encrypted.
func isSealed(s *survey.Survey, section *survey.Section) bool {
	for i := range section.Questions {
		q := &section.Questions[i]
		if q.Type != survey.Note && q.Type != survey.Hidden && (!s.SealsPart(q) || !q.Private) {
			return false
		}
	}
	return true
}
