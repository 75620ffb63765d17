package records

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"glasspoll/internal/answer"
	"glasspoll/internal/seal"
	"glasspoll/internal/survey"
)

// A Fault says why a sealed answer cannot be read, or what is wrong with it: nobody could check it before.
type Fault struct {
	Field string      `json:"field"`
	Code  answer.Code `json:"code"` // of the problem, or one of those below
}

// The codes of answers that stay sealed.
const (
	OtherKey answer.Code = "other_key" // none of the keys opens it
	Damaged  answer.Code = "damaged"   // or it was put in another's place
)

// OpenSealed returns a response with those of its sealed answers open that keys open. Its own slices stay as they are.
func OpenSealed(keys []seal.Private, s *survey.Survey, r answer.Response) answer.Response {
	r.Answers = openAnswers(keys, s, r, r.Answers)
	r.Private = openAnswers(keys, s, r, r.Private)
	return r
}

func openAnswers(keys []seal.Private, s *survey.Survey, r answer.Response, answers []answer.Answer) []answer.Answer {
	var opened []answer.Answer // nil until one is
	for i, a := range answers {
		f, isSealed := sealedField(s, a)
		if !isSealed {
			continue
		}
		text, err := seal.Open(keys, r.SealContext(f), a[1])
		if err != nil {
			continue
		}
		if opened == nil {
			opened = slices.Clone(answers)
		}
		values, _ := answer.CheckOpened(f, text)
		opened[i] = append(answer.Answer{f.Name}, values...)
	}
	if opened == nil {
		return answers
	}
	return opened
}

// FaultsOf returns what is wrong with the sealed answers of a response that OpenSealed returned for the same keys, in the order of
// the questions.
func FaultsOf(keys []seal.Private, s *survey.Survey, r answer.Response) []Fault {
	var faults []Fault
	for _, a := range slices.Concat(r.Answers, r.Private) {
		f, known := s.Field(a.Field())
		if !known || !s.Seals(f) || len(a) < 2 {
			continue
		}
		code := answer.Code("")
		if _, isSealed := sealedField(s, a); isSealed {
			code = Damaged
			if _, err := seal.Open(keys, r.SealContext(f), a[1]); errors.Is(err, seal.ErrKey) {
				code = OtherKey
			}
		} else {
			_, code = answer.CheckOpened(f, strings.Join(a.Values(), "\n"))
		}
		if code != "" {
			faults = append(faults, Fault{f.Name, code})
		}
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return cmp.Compare(s.FieldIndex(a.Field), s.FieldIndex(b.Field)) })
	return faults
}

// SaysFaults says faults in one text: "mail: email; phone: other_key".
func SaysFaults(faults []Fault) string {
	texts := make([]string, len(faults))
	for i, f := range faults {
		texts[i] = f.Field + ": " + string(f.Code)
	}
	return strings.Join(texts, "; ")
}

// sealedField returns the field of an answer that is sealed.
func sealedField(s *survey.Survey, a answer.Answer) (f survey.Field, isSealed bool) {
	f, known := s.Field(a.Field())
	return f, known && a.SealedIn(s, f)
}
