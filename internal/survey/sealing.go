package survey

import "glasspoll/internal/seal"

// Sealing says to whom answers are sealed: see package seal.
type Sealing struct {
	Keys []string `json:"keys"` // public ones, at most [seal.MaxKeys]

	public []seal.Public // derived
}

// Public returns the keys.
func (s *Sealing) Public() []seal.Public {
	if s == nil {
		return nil
	}
	return s.public
}

// complete derives the keys.
func (s *Sealing) complete() error {
	s.public = nil
	for _, text := range s.Keys {
		key, err := seal.ParsePublic(text)
		if err != nil {
			return err
		}
		s.public = append(s.public, key)
	}
	return nil
}

// Seals reports whether the answers of a field are sealed: of private questions, and what is typed into texts and addresses,
// unless the author excepts the question. Nothing but their presence is known of them.
func (s *Survey) Seals(f Field) bool {
	q := f.Question
	if s.Sealing == nil || q.Unsealed {
		return false
	}
	switch q.Type {
	case ShortText, LongText, Email, Phone:
		return true
	}
	return q.Private || f.Part == OtherPart
}

// SealsPart reports whether answers to a question are sealed: also only its text for "other".
func (s *Survey) SealsPart(q *Question) bool {
	for _, f := range s.FieldsOf(q) {
		if s.Seals(f) {
			return true
		}
	}
	return false
}

// LeavesPlain reports whether a question has a field that people would take for a sealed one, because it is private or a text, and that
// is not sealed.
func (s *Survey) LeavesPlain(q *Question) bool {
	if s.Sealing == nil {
		return false
	}
	for _, f := range s.FieldsOf(q) {
		isText := f.Part == OtherPart || q.Type == ShortText || q.Type == LongText || q.Type == Email || q.Type == Phone || q.Type == URL
		if (q.Private || isText) && !s.Seals(f) {
			return true
		}
	}
	return false
}
