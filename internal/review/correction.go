package review

import (
	"cmp"
	"slices"

	"glasspoll/internal/answer"
	"glasspoll/internal/codec"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// Correction is what somebody has corrected of the answers of one response. The original answers stay where they are. What it says
// is erased with the response.
type Correction struct {
	Moved   bool            `json:"moved,omitempty"` // the response is in another cohort since
	Reason  string          `json:"reason,omitempty"`
	Answers []answer.Answer `json:"answers,omitempty"` // those that change, as they are since; one without values is taken away
	Private []answer.Answer `json:"private,omitempty"` // as Answers; kept apart
	Erased  bool            `json:"erased,omitempty"`  // the response was erased, or deleted after a retention time
}

// MaxCorrections bounds the corrections of one response.
const MaxCorrections = 20

// said is what a correction says, as it is stored apart from the decisions. docs/formats.md lists its keys.
type said struct {
	Reason  string          `cbor:"1,keyasint,omitempty"`
	Answers []answer.Answer `cbor:"2,keyasint,omitempty"`
}

var (
	saidKind    = codec.Kind{Name: "correction", Version: 1}
	privateKind = codec.Kind{Name: "private corrections", Version: 1}
)

// Encode returns the stored form of what a correction says, without private answers; nil if that was erased.
func (c *Correction) Encode() []byte {
	if c.Erased {
		return nil
	}
	return saidKind.Encode(said{c.Reason, c.Answers})
}

// Decode reads what [Correction.Encode] wrote.
func (c *Correction) Decode(data []byte) error {
	if c.Erased = len(data) == 0; c.Erased {
		return nil
	}
	var s said
	if err := saidKind.Decode(data, &s); err != nil {
		return err
	}
	c.Reason, c.Answers = s.Reason, s.Answers
	return checkFields(c.Answers)
}

// PrivateCorrections are the private answers of the corrections of one response, by their numbers.
type PrivateCorrections map[int][]answer.Answer

// Encode returns the stored form.
func (p PrivateCorrections) Encode() []byte { return privateKind.Encode(p) }

// DecodePrivate reads what [PrivateCorrections.Encode] wrote; nothing gives none.
func DecodePrivate(data []byte) (p PrivateCorrections, err error) {
	if len(data) == 0 {
		return nil, nil
	}
	if err := privateKind.Decode(data, &p); err != nil {
		return nil, err
	}
	for _, answers := range p {
		if err := checkFields(answers); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// checkFields checks that each answer has a field.
func checkFields(answers []answer.Answer) error {
	if slices.ContainsFunc(answers, func(a answer.Answer) bool { return len(a) == 0 }) {
		return message.Errorf("correction: the record is damaged: an answer has no field")
	}
	return nil
}

// Corrected returns a response to a questionnaire (nil: it is not known) as it is after corrections, oldest first.
func Corrected(s *survey.Survey, r answer.Response, all []Decisions) answer.Response {
	if r.Withdrawn {
		return r
	}
	for _, d := range all {
		if d.Correction != nil {
			r.Answers, r.Private = replace(s, r.Answers, d.Correction.Answers), replace(s, r.Private, d.Correction.Private)
		}
	}
	return r
}

// replace returns answers with those that change, in the order of the questionnaire.
func replace(s *survey.Survey, answers, changes []answer.Answer) []answer.Answer {
	if len(changes) == 0 {
		return answers
	}
	changed := map[string]bool{}
	for _, a := range changes {
		changed[a.Field()] = true
	}
	all := make([]answer.Answer, 0, len(answers)+len(changes))
	for _, a := range answers {
		if len(a) > 0 && !changed[a.Field()] {
			all = append(all, a)
		}
	}
	for _, a := range changes {
		if len(a) > 1 {
			all = append(all, a)
		}
	}
	if s != nil {
		slices.SortStableFunc(all, func(a, b answer.Answer) int { return cmp.Compare(s.FieldIndex(a.Field()), s.FieldIndex(b.Field())) })
	}
	return all
}

// Changes returns what changes from some answers to others, in the order of the latter; what is taken away comes last.
func Changes(from, to []answer.Answer) (changes []answer.Answer) {
	was := map[string]answer.Answer{}
	for _, a := range from {
		was[a.Field()] = a
	}
	for _, a := range to {
		if !slices.Equal(was[a.Field()], a) {
			changes = append(changes, a)
		}
		delete(was, a.Field())
	}
	for _, a := range from {
		if _, gone := was[a.Field()]; gone {
			changes = append(changes, answer.Answer{a.Field()})
		}
	}
	return changes
}
