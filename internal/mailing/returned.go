package mailing

import (
	"strings"

	"glasspoll/internal/bounce"
	"glasspoll/internal/contacts"
	"glasspoll/internal/invitees"
)

// A Return is a report about a message to an invitee.
type Return struct {
	bounce.Report
	Invitee *invitees.Invitee
	Message invitees.Message
}

// News reports whether the owner's file does not say so yet.
func (r Return) News() bool { return r.Final && r.Message.State != invitees.Bounced }

// Event is the event that the message has come back.
func (r Return) Event(at string) invitees.Event {
	return r.Invitee.MessageEvent(invitees.Message{Name: r.Message.Name, State: invitees.Bounced, At: at, Note: r.Note})
}

// Match finds the messages that reports are about, each once. A report that names no message, only an address, is about the last one
// sent there. Others are about nobody in the record, or messages that it does not
// say were sent.
func Match(record *invitees.Record, reports []bounce.Report) (found []Return, others []bounce.Report) {
	type sent struct {
		invitee *invitees.Invitee
		name    string
	}
	byTag := map[string]sent{}
	for i := range record.All() {
		for _, name := range namesOf(i) {
			byTag[tagOf(i.Secret, name)] = sent{i, name}
		}
	}
	seen := map[sent]int{} // places in found, from 1
	for _, report := range reports {
		var about sent
		for _, tag := range report.Tags {
			if known, ok := byTag[strings.ToLower(tag)]; ok && about.invitee == nil {
				about = known
			}
		}
		for _, address := range report.To {
			if about.invitee != nil {
				break
			}
			if i, known := record.Find(contacts.Contact{Email: address}); known {
				if _, last := next(i); last.Name != "" {
					about = sent{i, last.Name}
				}
			}
		}
		if about.invitee == nil {
			others = append(others, report)
			continue
		}
		one := Return{report, about.invitee, about.invitee.Message(about.name)}
		switch at := seen[about]; {
		case at == 0:
			found = append(found, one)
			seen[about] = len(found)
		case report.Final && !found[at-1].Final: // delayed at first
			found[at-1] = one
		}
	}
	return found, others
}
