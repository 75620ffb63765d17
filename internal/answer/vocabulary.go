package answer

import (
	"crypto/sha256"
	"encoding/binary"

	"glasspoll/internal/survey"
)

// A Vocabulary numbers the languages, channels, fields and options of one version of a questionnaire, so that stored
// responses can name them by number. The numbers are part of the stored format: languages, channels and options in the
// questionnaire's order, fields in the order of [survey.Survey.Fields], each from 0. A Vocabulary is read-only, and may be
// shared by goroutines.
type Vocabulary struct {
	version   string
	checksum  [checksumSize]byte
	languages []string
	channels  []string
	terms     []term
	indexes   map[string]int // of terms, by field name
}

// A term is a field with its options.
type term struct {
	field   string
	options []string
	choices []Answer // the answer that chooses each option alone; shared by all decoded responses
}

// checksumSize is the length of a vocabulary's checksum in bytes.
const checksumSize = 3

// NewVocabulary returns the vocabulary of a questionnaire.
func NewVocabulary(s *survey.Survey) *Vocabulary {
	v := &Vocabulary{version: s.Version, languages: s.Languages, channels: s.Channels, indexes: make(map[string]int, len(s.Fields()))}
	for i, f := range s.Fields() {
		t := term{field: f.Name}
		for _, o := range f.Options() {
			t.options = append(t.options, o.ID)
			t.choices = append(t.choices, Answer{f.Name, o.ID})
		}
		v.terms = append(v.terms, t)
		v.indexes[f.Name] = i
	}
	v.checksum = v.sum()
	return v
}

// sum returns the first bytes of a SHA-256 over everything that has a number: lists with their counts, texts with their
// lengths, so that no two vocabularies are hashed alike.
func (v *Vocabulary) sum() [checksumSize]byte {
	list := func(data []byte, texts []string) []byte {
		data = binary.AppendUvarint(data, uint64(len(texts)))
		for _, text := range texts {
			data = appendString(data, text)
		}
		return data
	}
	data := list(list(nil, v.languages), v.channels)
	data = binary.AppendUvarint(data, uint64(len(v.terms)))
	for _, t := range v.terms {
		data = list(appendString(data, t.field), t.options)
	}
	hash := sha256.Sum256(data)
	return [checksumSize]byte(hash[:])
}

// index finds the index of a field, or -1. Answers are in the questionnaire's order, so it is usually next.
func (v *Vocabulary) index(field string, next int) int {
	if v == nil {
		return -1
	}
	if next < len(v.terms) && v.terms[next].field == field {
		return next
	}
	if i, ok := v.indexes[field]; ok {
		return i
	}
	return -1
}
