package invitees

import (
	"slices"

	"glasspoll/internal/contacts"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// A Handing says that somebody was given the link in another way than by e-mail.
type Handing struct {
	Way string // one of the ways
	On  survey.Date
}

// The ways in which links are handed out in files.
const (
	ByTable = "table"
	ByCard  = "card"
)

// HandedEvent is the event that the link was handed out on a day. It is not written twice.
func (i *Invitee) HandedEvent(way string, on survey.Date) (e Event, news bool) {
	return Event{Kind: handed, Number: i.Number, Note: way, At: string(on)}, !slices.Contains(i.Handed, Handing{way, on})
}

func (i *Invitee) hand(h Handing) error {
	if i.Withdrawn || !i.Stored {
		return message.Errorf("invitee %d is handed no link: the invitation is withdrawn or not in the store", i.Number)
	}
	i.Handed = append(i.Handed, h)
	return nil
}

// Mailed reports whether a message was sent by e-mail, or may have been.
func (i *Invitee) Mailed(name string) bool {
	state := i.Message(name).State
	return state == Sent || state == Sending
}

// DelayedEvent is the event that a message has not arrived yet, and may still. It is news once for a message that is on its way.
func (i *Invitee) DelayedEvent(name, at, note string) (e Event, news bool) {
	m := i.Message(name)
	return Event{Kind: delayed, Number: i.Number, Message: name, At: at, Note: note}, m.State == Sent && m.Delayed == ""
}

func (i *Invitee) delay(e Event) {
	for at := range i.Messages {
		if m := &i.Messages[at]; m.Name == e.Message && m.State == Sent {
			m.Delayed = e.At
		}
	}
}

// IsDelayed reports whether a message is on its way of which a mail server has said that it is delayed.
func (i *Invitee) IsDelayed() bool {
	return slices.ContainsFunc(i.Messages, func(m Message) bool { return m.Delayed != "" })
}

// ReachedEvent is the event that messages that have come back may be sent anew, to another address if one is given.
func (i *Invitee) ReachedEvent(address, at string) Event {
	e := Event{Kind: reached, Number: i.Number, At: at}
	if address != "" {
		e.Contact = &contacts.Contact{Email: address}
	}
	return e
}

// reach makes messages that have come back unsent, and sets another address that nobody else has.
func (r *Record) reach(i *Invitee, to *contacts.Contact, at string) error {
	if to != nil {
		if was, known := r.Find(*to); known && was != i {
			return message.Errorf("invitee %d has this address already", was.Number)
		}
		for _, key := range to.Keys() {
			r.know(key, i)
		}
		if i.Contact.Email != "" {
			i.Former = append(i.Former, i.Contact.Email)
		}
		i.Contact.Email = to.Email
	}
	i.ReachedAt = at
	i.Messages = slices.DeleteFunc(i.Messages, func(m Message) bool { return m.State == Bounced })
	return nil
}

// Corrections makes the events that correct the addresses of people of a list from whom e-mail has come back: those whom it names
// with an address that they have not had before.
func (r *Record) Corrections(list []contacts.Contact, at string) []Event {
	var events []Event
	done := map[*Invitee]bool{}
	given := map[string]bool{}
	for _, c := range list {
		i, known := r.Find(c)
		address := contacts.Contact{Email: c.Email}
		if !known || c.Email == "" || done[i] || !i.HasBounced() || given[address.Keys()[0]] || i.had(address) {
			continue
		}
		if other, taken := r.Find(address); taken && other != i {
			continue
		}
		done[i], given[address.Keys()[0]] = true, true
		events = append(events, i.ReachedEvent(c.Email, at))
	}
	return events
}

// HasBounced reports whether a message has come back from somebody who is still to be reached.
func (i *Invitee) HasBounced() bool {
	return !i.Stopped && !i.Withdrawn && slices.ContainsFunc(i.Messages, func(m Message) bool { return m.State == Bounced })
}

// had reports whether an address is the invitee's, or was.
func (i *Invitee) had(address contacts.Contact) bool {
	return slices.ContainsFunc(append(slices.Clone(i.Former), i.Contact.Email), func(one string) bool {
		return slices.Equal(contacts.Contact{Email: one}.Keys(), address.Keys())
	})
}

// Addresses returns all addresses by which an invitee is known, or was, each as a contact.
func (i *Invitee) Addresses() []contacts.Contact {
	all := []contacts.Contact{{Email: i.Contact.Email, Phone: i.Contact.Phone}}
	for _, address := range i.Former {
		all = append(all, contacts.Contact{Email: address})
	}
	return append(all, i.others...)
}
