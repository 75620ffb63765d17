package invitees

import (
	"bytes"
	"encoding/json"
	"slices"

	"glasspoll/internal/contacts"
	"glasspoll/internal/message"
)

// leaveOut keeps the number of an invitee who is forgotten.
func (r *Record) leaveOut(e Event) error {
	if e.Number != len(r.invitees)+1 {
		return message.Errorf("invitee %d comes after %d", e.Number, len(r.invitees))
	}
	r.invitees = append(r.invitees, nil)
	return nil
}

// Forgotten returns how many invitees have been forgotten.
func (r *Record) Forgotten() int {
	n := 0
	for _, i := range r.invitees {
		if i == nil {
			n++
		}
	}
	return n
}

// Same returns all invitees that a contact is, by any address of theirs, also those whose contact may be invited anew.
func (r *Record) Same(c contacts.Contact) []*Invitee {
	var same []*Invitee
	keys := map[string]bool{}
	note := func(all ...contacts.Contact) {
		for _, one := range all {
			for _, key := range one.Keys() {
				keys[key] = true
			}
		}
	}
	for note(c); ; {
		before := len(same)
		for i := range r.All() {
			mine := func(a contacts.Contact) bool {
				return slices.ContainsFunc(a.Keys(), func(key string) bool { return keys[key] })
			}
			if !slices.Contains(same, i) && slices.ContainsFunc(i.Addresses(), mine) {
				same = append(same, i)
				note(i.Addresses()...)
			}
		}
		if len(same) == before {
			return same
		}
	}
}

// Forget returns the file of a record without anything about some of its invitees, by their numbers; these are not given again.
// The file must be whole.
func Forget(file []byte, numbers ...int) ([]byte, error) {
	forget := map[int]bool{}
	for _, n := range numbers {
		forget[n] = true
	}
	var kept bytes.Buffer
	number := 0
	for text := range bytes.Lines(file) {
		var e Event
		number++
		if number > 1 && len(bytes.TrimSpace(text)) > 0 {
			if err := json.Unmarshal(text, &e); err != nil {
				return nil, message.Errorf("line %d: %w", number, err)
			}
		}
		switch {
		case !forget[e.Number]:
			kept.Write(text)
		case e.Kind == invited || e.Kind == forgotten:
			kept.Write(Event{Kind: forgotten, Number: e.Number}.Line())
		}
	}
	return kept.Bytes(), nil
}
