package answer

import (
	"strings"

	"glasspoll/internal/survey"
)

// A Secret is that of an invitation, as it was posted. What prints or logs values, or encodes them, does not show it.
type Secret string

// maxSecret bounds a posted secret, in bytes: far more than its characters, with spaces and dashes between them.
const maxSecret = 64

func newSecret(posted string) Secret {
	posted = strings.TrimSpace(posted)
	return Secret(posted[:min(len(posted), maxSecret)])
}

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(secret)"
}

// GoString hides the secret.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// SetHidden puts values of an invitation, by question, in place of what was posted for hidden questions; without an
// invitation they have none, so that nobody can claim to be somebody else. A value that the questionnaire no longer has is
// left out: whoever answers could not correct it.
func (p *Posted) SetHidden(s *survey.Survey, values map[string]string) {
	if p.answers != nil {
		p.answers.hasHidden, p.answers.hidden = true, nil
	}
	for q := range s.Questions() {
		if q.Type != survey.Hidden {
			continue
		}
		delete(p.Fields, q.ID)
		value := []string{values[q.ID]}
		switch {
		case value[0] == "" || !Readable(s, q.ID, value):
		case p.answers != nil && p.answers.hidden == nil:
			p.answers.hidden = map[string]string{q.ID: value[0]}
		case p.answers != nil:
			p.answers.hidden[q.ID] = value[0]
		case p.Fields != nil:
			p.Fields[q.ID] = value
		default:
			p.Fields = map[string][]string{q.ID: value}
		}
	}
}
