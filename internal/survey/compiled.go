package survey

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // every machine knows the same timezones

	"glasspoll/internal/expression"
)

// Encode returns the compiled definition as JSON. Equal definitions have equal bytes.
func (s *Survey) Encode() []byte {
	data, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("survey %s: %v", s.ID, err)) // every field is plain data
	}
	return data
}

// Decode reads the output of [Survey.Encode].
func Decode(data []byte) (*Survey, error) {
	s := &Survey{}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("compiled survey: %w", err)
	}
	if err := s.complete(); err != nil {
		return nil, fmt.Errorf("compiled survey: %w", err)
	}
	return s, nil
}

// Seal completes a Survey whose definition is final: it derives what [Decode] derives, and sets the hashes.
func (s *Survey) Seal() error {
	if err := s.complete(); err != nil {
		return err
	}
	s.Version, s.Shape = s.hashes()
	return nil
}

// complete derives what the compiled definition does not hold.
func (s *Survey) complete() error {
	if s.ID == "" || len(s.Languages) == 0 || s.Timezone == "" {
		return errors.New("id, languages or timezone is missing")
	}
	location, err := time.LoadLocation(s.Timezone)
	if err != nil {
		return err
	}
	s.location = location
	s.Index()
	if s.Arrange() != nil {
		return errors.New("conditions are circular")
	}
	return nil
}

// hashes returns a hash of the whole definition, and a hash of what figures depend on: names, types, options, scores, totals,
// segments, and the conditions that decide who is asked what. Whether an answer is required or checked does not change
// stored answers.
func (s *Survey) hashes() (version, shape string) {
	type option struct {
		ID     string
		Score  *Decimal
		ShowIf *expression.Tree `json:",omitempty"`
	}
	type field struct {
		Name                        string
		Type                        Type
		Counted, Segment, Sensitive bool
		Paired                      bool
		Options                     []option
		ShowIf                      *expression.Tree `json:",omitempty"` // the section's and the question's
		Total                       *Decimal         `json:",omitempty"`
		Bands                       []Decimal        `json:",omitempty"`
	}
	var fields []field
	for i := range s.Sections {
		for j := range s.Sections[i].Questions {
			q := &s.Sections[i].Questions[j]
			showIf := expression.All(s.Sections[i].ShowIf, q.ShowIf)
			for _, f := range s.FieldsOf(q) {
				one := field{
					Name: f.Name, Type: q.Type, Counted: f.Counted(), Segment: q.Segment, Sensitive: q.Sensitive, Paired: s.Paired(f),
					ShowIf: showIf, Total: q.Total,
				}
				one.Bands, _ = f.Bands()
				for _, o := range f.Options() {
					one.Options = append(one.Options, option{o.ID, o.Score, o.ShowIf})
				}
				if f.Option != nil {
					one.Options = append(one.Options, option{f.Option.ID, nil, f.Option.ShowIf})
				}
				fields = append(fields, one)
			}
		}
	}
	shapeJSON, err := json.Marshal([]any{fields, s.Scoring.Overall, s.Channels})
	if err != nil {
		panic(fmt.Sprintf("survey %s: %v", s.ID, err)) // plain data
	}
	whole := *s
	whole.Version, whole.Shape = "", hash(shapeJSON) // the version covers the shape: a stored definition never changes
	return hash(whole.Encode()), whole.Shape
}

// hash returns the first 64 bits of SHA-256, in hexadecimal: enough to tell the versions of one survey apart.
func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// EmailPattern matches what looks like a mailbox address: letters of any script, one @, and a domain of at least two parts.
const EmailPattern = `^[^\s@<>()\[\],;:"\\]+@[^\s@<>()\[\],;:"\\.]+(\.[^\s@<>()\[\],;:"\\.]+)+$`

var email = regexp.MustCompile(EmailPattern)

// ValidEmail reports whether an address looks like a mailbox's. Only sending a message shows whether the mailbox exists.
func ValidEmail(address string) bool {
	return len(address) <= 254 && email.MatchString(address) && !strings.Contains(address, "..")
}
