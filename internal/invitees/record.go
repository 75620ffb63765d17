// Package invitees keeps who has been invited to a survey: contacts with the secrets of their links, what was sent to each, and
// who wants no more mail. It decides who is new, so that nobody is invited twice, however often lists are read. It is pure: what
// happens are events, which package ownerfile appends to a file; a [Record] is what follows from them.
//
// An event counts once it is in the file. Before a message is handed over, [Sending] is written, and [Sent] afterwards, so that
// after a crash one of the two is true: it was not handed over, or it is known that it may have been.
package invitees

import (
	"io"
	"iter"
	"maps"
	"slices"

	"glasspoll/internal/contacts"
	"glasspoll/internal/invitation"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// A Record is what is known of all who have been invited to one survey.
type Record struct {
	Survey string

	invitees []*Invitee // by number, from 1; nil for those who are forgotten
	byKey    map[string]*Invitee
	secrets  map[invitation.Secret]bool
}

// An Invitee is a contact who has been invited, or will be: the secret is made.
type Invitee struct {
	Number  int // from 1, in the order of the record
	Contact contacts.Contact
	Secret  invitation.Secret
	Batch   Batch

	Stored    bool // the store of the answers has the invitation
	Stopped   bool // wants no more mail
	Withdrawn bool // the invitation cannot be used any more
	Messages  []Message

	Handed    []Handing
	Former    []string // e-mail addresses from which messages have come back
	ReachedAt string   // when messages that had come back were made unsent, as time.RFC3339; "" for never

	keys   []string           // by which the record knows it
	others []contacts.Contact // its other addresses
}

// A Batch is what invitations have in common that are made together.
type Batch struct {
	Name   string
	Period string      // see [invitation.Invitation]
	From   survey.Date // likewise
	Until  survey.Date // likewise
}

// A Message is one message to an invitee, such as the invitation or the first reminder, and how far it has come.
type Message struct {
	Name  string
	State State
	At    string // when it came there, as time.RFC3339
	Note  string // what the mail server said, or how it was handed over

	Delayed string // when a mail server has said that it has not arrived yet; "" if none has
}

// State is how far a message has come, or an invitee; see [Invitee.State].
type State string

// The states.
const (
	Made    State = "made"    // nothing has been sent
	Sending State = "sending" // it may have been sent: after a crash nobody knows
	Sent    State = "sent"    // the mail server has accepted it, or it was handed over in another way
	Bounced State = "bounced" // it came back
	Stopped State = "stopped" // of an invitee alone
)

// New returns an empty record.
func New(survey string) *Record {
	return &Record{Survey: survey, byKey: map[string]*Invitee{}, secrets: map[invitation.Secret]bool{}}
}

// Len returns how many have been invited, with those who are forgotten.
func (r *Record) Len() int { return len(r.invitees) }

// All yields all invitees by number, without those who are forgotten. They must not be changed.
func (r *Record) All() iter.Seq[*Invitee] { return r.where(func(*Invitee) bool { return true }) }

// Numbered returns the invitee of a number; nil if there is none, or if the invitee is forgotten.
func (r *Record) Numbered(n int) *Invitee {
	if n < 1 || n > len(r.invitees) {
		return nil
	}
	return r.invitees[n-1]
}

// Find returns the invitee that a contact is: one with the same e-mail address or telephone number.
func (r *Record) Find(c contacts.Contact) (*Invitee, bool) {
	for _, key := range c.Keys() {
		if i := r.byKey[key]; i != nil {
			return i, true
		}
	}
	return nil, false
}

// A Division divides a list. Every contact is in one part.
type Division struct {
	New      []contacts.Contact
	Before   []contacts.Contact // who have been invited before
	OptedOut []contacts.Contact // who want no mail, whether or not they have been invited before; their other addresses are to be added to the list
}

// Divide finds out who of a list is to be invited. Of contacts that are one, all but the first count as invited before.
func (r *Record) Divide(list []contacts.Contact, out *OptOuts) Division {
	var d Division
	seen := map[string]bool{}
	for _, c := range list {
		known := func(key string) bool { return seen[key] || r.byKey[key] != nil }
		switch {
		case out.Has(c) || r.stopped(c):
			d.OptedOut = append(d.OptedOut, c)
			continue
		case slices.ContainsFunc(c.Keys(), known):
			d.Before = append(d.Before, c)
		default:
			d.New = append(d.New, c)
		}
		for _, key := range c.Keys() { // also of those invited before: a later contact may have only the other address
			seen[key] = true
		}
	}
	return d
}

// Also makes the events that add the other addresses of contacts who have been invited, so that they are known by these too.
func (r *Record) Also(before []contacts.Contact) []Event {
	var events []Event
	added := map[string]*Invitee{}
	find := func(c contacts.Contact) (*Invitee, bool) {
		for _, key := range c.Keys() {
			if i := added[key]; i != nil {
				return i, true
			}
		}
		return r.Find(c)
	}
	for _, c := range before {
		i, found := find(c)
		if !found {
			continue
		}
		for _, other := range []contacts.Contact{{Email: c.Email}, {Phone: c.Phone}} {
			if _, known := find(other); known {
				continue
			}
			for _, key := range other.Keys() {
				added[key] = i
				events = append(events, Event{Kind: also, Number: i.Number, Contact: &other})
			}
		}
	}
	return events
}

func (r *Record) stopped(c contacts.Contact) bool {
	return slices.ContainsFunc(c.Keys(), func(key string) bool { return r.byKey[key] != nil && r.byKey[key].Stopped })
}

// Invite makes the events that invite contacts, each with a secret from a source of random bytes.
func (r *Record) Invite(list []contacts.Contact, b Batch, random io.Reader) ([]Event, error) {
	var events []Event
	drawn := map[invitation.Secret]bool{}
	for _, c := range list {
		secret, err := invitation.NewSecret(random)
		if err != nil {
			return nil, err
		}
		if r.secrets[secret] || drawn[secret] { // of 80 bits: the source is not random
			return nil, message.Errorf("two invitations would have the same secret: this machine has no source of random numbers")
		}
		drawn[secret] = true
		number := len(r.invitees) + len(events) + 1
		events = append(events, Event{Kind: invited, Number: number, Contact: &c, Secret: secret.Word(), Batch: b.Name, Period: b.Period, From: b.From, Until: b.Until})
	}
	return events, nil
}

// Invitation returns what the store of the answers is to hold: nothing that says who it is.
func (i *Invitee) Invitation(survey string) invitation.Invitation {
	return invitation.Invitation{
		Hash: i.Secret.Hash(), Survey: survey, Batch: i.Batch.Name, Period: i.Batch.Period, From: i.Batch.From, Until: i.Batch.Until,
		Language: i.Contact.Language, Channel: i.Contact.Channel, Values: maps.Clone(i.Contact.Values),
	}
}

// Message returns a message by its name. One that is not begun is [Made].
func (i *Invitee) Message(name string) Message {
	for _, m := range i.Messages {
		if m.Name == name {
			return m
		}
	}
	return Message{Name: name, State: Made}
}

// State returns how far the invitee has come: stopped, bounced if any message has come back, or else the state of the message
// that has come furthest.
func (i *Invitee) State() State {
	if i.Stopped {
		return Stopped
	}
	order := []State{Made, Sending, Sent, Bounced}
	state := Made
	for _, m := range i.Messages {
		if slices.Index(order, m.State) > slices.Index(order, state) {
			state = m.State
		}
	}
	return state
}

// Unstored yields the invitees whose invitations the store of the answers may not have.
func (r *Record) Unstored() iter.Seq[*Invitee] {
	return r.where(func(i *Invitee) bool { return !i.Stored && !i.Withdrawn })
}

// Due yields the invitees to whom a message is to be sent: whose invitation is in the store and not withdrawn, who have not opted
// out, of whom no message has come back, and who have not been sent this one. After a crash, those in [Record.Unknown] may have.
func (r *Record) Due(message string, out *OptOuts) iter.Seq[*Invitee] {
	return r.where(func(i *Invitee) bool {
		return i.Stored && !i.Withdrawn && i.Message(message).State == Made && i.State() != Stopped && i.State() != Bounced && !out.Has(i.Contact)
	})
}

// Unknown yields the invitees to whom a message may have been sent.
func (r *Record) Unknown(message string) iter.Seq[*Invitee] {
	return r.where(func(i *Invitee) bool { return i.Message(message).State == Sending })
}

func (r *Record) where(holds func(*Invitee) bool) iter.Seq[*Invitee] {
	return func(yield func(*Invitee) bool) {
		for _, i := range r.invitees {
			if i != nil && holds(i) && !yield(i) {
				return
			}
		}
	}
}
