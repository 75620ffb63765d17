package compare

import (
	"slices"
	"strings"

	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// sealing compares to whose keys answers are sealed. What is stored stays as it is.
func (c *comparer) sealing() {
	old, new := keyIDs(c.old.Survey), keyIDs(c.new.Survey)
	part := message.New("survey")
	switch {
	case slices.Equal(old, new):
	case len(old) == 0:
		c.add(NewAnswers, part, path{"seal"}, "private and typed answers are sealed from now on, and only the owner of a private key reads them; those given before stay readable")
	case len(new) == 0:
		c.addRemoved(NewAnswers, part, path{"seal"}, "answers are no longer sealed; those given before stay so: keep the private keys of %s", strings.Join(old, ", "))
	default:
		c.add(NewAnswers, part, path{"seal", "keys"}, "answers are sealed to other keys; those given before open with the private keys of %s alone: keep them", strings.Join(old, ", "))
	}
}

// keyIDs lists the ids of the keys that a survey seals to.
func keyIDs(s *survey.Survey) []string {
	var ids []string
	for _, key := range s.Sealing.Public() {
		ids = append(ids, key.ID())
	}
	return ids
}

// sealed compares whether a question is excepted, unless the survey begins or ends to seal, which is said once.
func (q *comparison) sealed() {
	if c := q.comparer; (c.old.Survey.Sealing == nil) != (c.new.Survey.Sealing == nil) {
		return
	}
	switch old, new := q.old.Unsealed, q.new.Unsealed; {
	case !old && new:
		q.add(NewAnswers, q.part, q.at.to("sealed"), "answers are no longer sealed; those given before stay so")
	case old && !new:
		q.add(NewAnswers, q.part, q.at.to("sealed"), "answers are sealed from now on; those given before stay readable")
	}
}
