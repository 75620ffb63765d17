package answer

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"glasspoll/internal/seal"
	"glasspoll/internal/survey"
)

// IsSealed reports whether an answer is a sealed one.
func (a Answer) IsSealed() bool { return a.SealedTo() != nil }

// SealedTo lists the ids of the keys that an answer is sealed to; nil if it is not sealed.
func (a Answer) SealedTo() []string {
	if len(a) != 2 || !seal.Is(a[1]) {
		return nil
	}
	box, err := seal.Parse(a[1])
	if err != nil {
		return nil
	}
	return box.Keys()
}

// readSealed reads the values of a field that is sealed. found is false if none of them says that it is sealed; such are sealed
// when they are stored.
func readSealed(s *survey.Survey, f survey.Field, typed []string) (values []string, found bool, problem Code) {
	for _, v := range typed {
		if v = strings.TrimSpace(v); v != "" {
			found = found || seal.Is(v)
			values = append(values, v)
		}
	}
	if !found {
		return nil, false, ""
	}
	if len(values) > 1 {
		return nil, true, BadSeal
	}
	box, err := seal.Parse(values[0])
	if err != nil || !box.IsFor(s.Sealing.Public()) || box.Size() > seal.Padded(sealedLimit(f)) {
		return nil, true, BadSeal
	}
	return values, true, ""
}

// sealedLimit returns how many bytes an answer to a field may have before it is padded.
func sealedLimit(f survey.Field) int {
	characters := 64 // a number, a date, yes or no
	switch q := f.Question; {
	case f.Part == survey.OtherPart, q.Type == survey.Hidden:
		characters = OtherLength
	case q.Type == survey.ShortText, q.Type == survey.LongText:
		characters = q.MaxLength
	case q.Type == survey.Email:
		characters = 254
	case q.Type == survey.URL:
		return maxURL
	case len(f.Options()) > 0:
		n := 0
		for _, o := range f.Options() {
			n += len(o.ID) + 1
		}
		return n
	}
	return min(utf8.UTFMax*characters, seal.MaxText)
}

// hasSealed reports whether any of some fields has an answer that came sealed.
func hasSealed(s *survey.Survey, fields []survey.Field, values [][]string) bool {
	for i, f := range fields {
		if isSealed(s, f, values[i]) {
			return true
		}
	}
	return false
}

// SealedIn reports whether an answer to a field came sealed: it says so, and the survey seals the field.
func (a Answer) SealedIn(s *survey.Survey, f survey.Field) bool {
	return len(a) > 1 && isSealed(s, f, a.Values())
}

// isSealed reports whether the values of a field came sealed.
func isSealed(s *survey.Survey, f survey.Field, values []string) bool {
	return len(values) == 1 && seal.Is(values[0]) && s.Seals(f)
}

// sealProblems lists the problems of a submission in which something came sealed, or is to be sealed. What is sealed is bound to the id,
// so the client must have given that. What is not is known again by a digest that is keyed with the id that was given, so that must be a
// key, which nobody stores.
func sealProblems(s *survey.Survey, p Posted, values [][]string) []Problem {
	if s.Sealing == nil || p.Stored {
		return nil
	}
	var problems []Problem
	plain := false
	for i, f := range s.Fields() {
		switch given := values[i]; {
		case len(given) == 0 || !s.Seals(f):
		case !isSealed(s, f, given):
			plain = true
		case p.ID == "" && p.Token == "":
			problems = append(problems, Problem{Question: f.Question.ID, Field: f.Name, Code: BadSeal})
		}
	}
	if id, err := uuid.Parse(p.ID); plain && err == nil && id.Version() != keyVersion {
		problems = append(problems, Problem{Field: "id", Code: KeyNeeded})
	}
	return problems
}

// Seal seals the answers that came unsealed of a response that has its id. key is what the client alone knows of the submission, such
// as the key that its id follows from: it keys the digest, so that who has the response can try no guesses on it.
func (r *Response) Seal(s *survey.Survey, random io.Reader, key []byte) error {
	if s.Sealing == nil || s.Version != r.Version || r.Withdrawn {
		return nil
	}
	digest, any := keyedDigest(key, *r), false
	for _, answers := range [...][]Answer{r.Answers, r.Private} {
		for i, a := range answers {
			f, ok := s.Field(a.Field())
			if !ok || !s.Seals(f) || a.IsSealed() {
				continue
			}
			if len(key) == 0 {
				return errors.New("sealing: the submission has no key")
			}
			sealed, err := seal.Seal(random, s.Sealing.Public(), r.SealContext(f), strings.Join(a.Values(), "\n"))
			if err != nil {
				return err
			}
			answers[i], any = Answer{a.Field(), sealed}, true
		}
	}
	if any {
		r.Keyed = digest[:]
	}
	return nil
}

// SealContext returns the place of the sealed answer to a field.
func (r Response) SealContext(f survey.Field) seal.Context {
	return seal.Context{Survey: r.Survey, Version: r.Version, ID: r.ID, Field: f.Name}
}

// keyedDigest returns the digest of the answers as they came, by a key.
func keyedDigest(key []byte, r Response) [DigestSize]byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("glasspoll digest 1\n")) // stores keep it, so it must not change
	mac.Write(r.content())
	return [DigestSize]byte(mac.Sum(nil))
}

// SealedMark stands for a sealed answer.
const SealedMark = seal.Prefix

// WithoutSealed returns answers in which those that are sealed say nothing but that they are there.
func WithoutSealed(answers []Answer) []Answer {
	plain := make([]Answer, 0, len(answers))
	for _, a := range answers {
		if a.IsSealed() {
			a = Answer{a.Field(), SealedMark}
		}
		plain = append(plain, a)
	}
	return plain
}

// DropSealed removes what came sealed, where it would be shown to who filled in the form: nobody has typed it.
func (p *Posted) DropSealed(s *survey.Survey) {
	for name, typed := range p.Fields {
		if f, ok := s.Field(name); ok && isSealed(s, f, typed) {
			delete(p.Fields, name)
		}
	}
}
