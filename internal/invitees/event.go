package invitees

import (
	"slices"

	"glasspoll/internal/contacts"
	"glasspoll/internal/invitation"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
)

// An Event is something that has happened to an invitee. Its JSON is a line of the owner's file.
type Event struct {
	Kind   kind `json:"event"`
	Number int  `json:"n"`

	// Of invited; also has a part of the contact alone.
	Contact *contacts.Contact `json:"contact,omitempty"`
	Secret  string            `json:"secret,omitempty"`
	Batch   string            `json:"batch,omitempty"`
	Period  string            `json:"period,omitempty"`
	From    survey.Date       `json:"from,omitempty"`
	Until   survey.Date       `json:"until,omitempty"`

	// Of messaged; of handed and delayed in part.
	Message string `json:"message,omitempty"`
	State   State  `json:"state,omitempty"`
	At      string `json:"at,omitempty"`
	Note    string `json:"note,omitempty"`
}

type kind string

const (
	invited   kind = "invited"
	also      kind = "also" // the invitee has another address too
	stored    kind = "stored"
	messaged  kind = "message"
	stopped   kind = "stopped"
	withdrawn kind = "withdrawn"
	freed     kind = "freed"     // the contact of a withdrawn invitation may be invited anew
	delayed   kind = "delayed"   // a message has not arrived yet
	reached   kind = "reached"   // messages that have come back may be sent anew, also to another address
	handed    kind = "handed"    // the link was given in another way than by e-mail
	forgotten kind = "forgotten" // there was an invitee of whom nothing is known any more
)

// StoredEvent is the event that the store of the answers has the invitation.
func (i *Invitee) StoredEvent() Event { return Event{Kind: stored, Number: i.Number} }

// StoppedEvent is the event that the invitee wants no more mail.
func (i *Invitee) StoppedEvent() Event { return Event{Kind: stopped, Number: i.Number} }

// WithdrawnEvent is the event that the invitation has been withdrawn from the store.
func (i *Invitee) WithdrawnEvent() Event { return Event{Kind: withdrawn, Number: i.Number} }

// FreedEvent is the event that the contact may be invited anew. The invitation must have been withdrawn.
func (i *Invitee) FreedEvent() Event { return Event{Kind: freed, Number: i.Number} }

// MessageEvent is the event that a message has come to a state.
func (i *Invitee) MessageEvent(m Message) Event {
	return Event{Kind: messaged, Number: i.Number, Message: m.Name, State: m.State, At: m.At, Note: m.Note}
}

// Apply makes an event part of the record. After an error nothing has changed.
func (r *Record) Apply(e Event) error {
	switch e.Kind {
	case invited:
		return r.invite(e)
	case forgotten:
		return r.leaveOut(e)
	}
	i := r.Numbered(e.Number)
	if i == nil {
		return message.Errorf("there is no invitee %d", e.Number)
	}
	switch e.Kind {
	case also:
		if e.Contact == nil {
			return message.Errorf("invitee %d has neither an e-mail address nor a telephone number", e.Number)
		}
		for _, key := range e.Contact.Keys() {
			r.know(key, i)
		}
		i.others = append(i.others, *e.Contact)
	case stored:
		i.Stored = true
	case stopped:
		i.Stopped = true
	case withdrawn:
		i.Withdrawn = true
	case freed:
		if !i.Withdrawn {
			return message.Errorf("invitee %d has an invitation that is not withdrawn", e.Number)
		}
		for _, key := range i.keys {
			delete(r.byKey, key)
		}
		i.keys = nil
	case delayed:
		i.delay(e)
	case handed:
		return i.hand(Handing{Way: e.Note, On: survey.Date(e.At)})
	case reached:
		return r.reach(i, e.Contact, e.At)
	case messaged:
		return i.move(Message{Name: e.Message, State: e.State, At: e.At, Note: e.Note})
	default:
		return message.Errorf("there is no event %s", message.Quoted(string(e.Kind)))
	}
	return nil
}

// invite adds an invitee.
func (r *Record) invite(e Event) error {
	if e.Number != len(r.invitees)+1 {
		return message.Errorf("invitee %d comes after %d", e.Number, len(r.invitees))
	}
	if e.Contact == nil || len(e.Contact.Keys()) == 0 {
		return message.Errorf("invitee %d has neither an e-mail address nor a telephone number", e.Number)
	}
	secret, err := invitation.ParseSecret(e.Secret)
	if err != nil {
		return message.Errorf("invitee %d: %w", e.Number, err)
	}
	if was, known := r.Find(*e.Contact); known {
		return message.Errorf("invitee %d has been invited already, as %d", e.Number, was.Number)
	}
	if r.secrets[secret] {
		return message.Errorf("invitee %d has the secret of another one", e.Number)
	}
	i := &Invitee{Number: e.Number, Contact: *e.Contact, Secret: secret, Batch: Batch{e.Batch, e.Period, e.From, e.Until}}
	r.invitees = append(r.invitees, i)
	r.secrets[secret] = true
	for _, key := range i.Contact.Keys() {
		r.know(key, i)
	}
	return nil
}

// know makes an invitee known by a key that nobody has.
func (r *Record) know(key string, i *Invitee) {
	if r.byKey[key] == nil {
		r.byKey[key] = i
		i.keys = append(i.keys, key)
	}
}

// moves lists the states that a message may come to from each.
var moves = map[State][]State{
	Made:    {Sending, Sent},                // at once if it is handed over in another way, such as in a file
	Sending: {Sending, Sent, Made, Bounced}, // sent again on purpose; accepted; refused, so that it may be sent later; or come back after a crash
	Sent:    {Bounced},
}

// move brings a message to its next state.
func (i *Invitee) move(m Message) error {
	was := i.Message(m.Name)
	switch {
	case m.Name == "":
		return message.Errorf("invitee %d: the message has no name", i.Number)
	case !slices.Contains(moves[was.State], m.State):
		return message.Errorf("invitee %d: the message %s is %s, and cannot become %s", i.Number, message.Quoted(m.Name), message.Quoted(string(was.State)), message.Quoted(string(m.State)))
	case (m.State == Sending || was.State == Made) && (i.Stopped || i.Withdrawn || !i.Stored):
		return message.Errorf("invitee %d is sent no message: the invitation is withdrawn or not in the store, or no more mail is wanted", i.Number)
	}
	for at := range i.Messages {
		if i.Messages[at].Name == m.Name {
			i.Messages[at] = m
			return nil
		}
	}
	i.Messages = append(i.Messages, m)
	return nil
}
