package survey

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
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

// Decode reads the output of [Survey.Encode]. The version stays; the shape is derived anew, so that it means the same
// whichever version of the program compiled the definition.
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

// Seal completes a Survey whose definition is final: it derives what [Decode] derives, and sets the version.
func (s *Survey) Seal() error {
	if err := s.complete(); err != nil {
		return err
	}
	s.Version = s.version()
	return nil
}

// complete derives what the compiled definition does not hold.
func (s *Survey) complete() error {
	if s.ID == "" || len(s.Languages) == 0 || s.Timezone == "" {
		return errors.New("id, languages or timezone is missing")
	}
	if s.Keys != nil {
		if err := s.Keys.Check(); err != nil {
			return err
		}
	}
	if s.Sealing != nil {
		if err := s.Sealing.complete(); err != nil {
			return err
		}
	}
	location, err := time.LoadLocation(s.Timezone)
	if err != nil {
		return err
	}
	s.location = location
	for tree := range s.trees() {
		if err := tree.Check(); err != nil {
			return fmt.Errorf("a condition is damaged: %w", err)
		}
	}
	s.Index()
	if s.Arrange() != nil {
		return errors.New("conditions are circular")
	}
	s.Shape = s.shape()
	return nil
}

// trees iterates over all conditions.
func (s *Survey) trees() iter.Seq[*expression.Tree] {
	return func(yield func(*expression.Tree) bool) {
		var all []*expression.Tree
		for i := range s.Thanks {
			all = append(all, s.Thanks[i].ShowIf)
		}
		for i := range s.Alerts {
			all = append(all, &s.Alerts[i].When)
		}
		for i := range s.Sections {
			all = append(all, s.Sections[i].ShowIf)
		}
		for q := range s.placed() {
			all = append(all, q.Decides()...)
			for i := range q.Checks {
				all = append(all, &q.Checks[i].That)
			}
			for i := range q.Importance {
				all = append(all, q.Importance[i].ShowIf)
			}
		}
		for _, tree := range all {
			if tree != nil && !yield(tree) {
				return
			}
		}
	}
}

// version returns a hash of the whole definition. It covers the shape: a stored definition never changes.
func (s *Survey) version() string {
	whole := *s
	whole.Version = ""
	return hash(whole.Encode())
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
