package mailing

import (
	"slices"
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

// News reports whether the owner's file does not say so yet. A report of before the day on which what had come back was to be sent
// anew, or about an address that has been corrected, says nothing new.
func (r Return) News() bool { return r.Final && r.Message.State != invitees.Bounced && !r.isOld() }

// isOld reports whether a report is about an earlier try.
func (r Return) isOld() bool {
	if r.Invitee.ReachedAt == "" {
		return false
	}
	if !r.Date.IsZero() && r.Date.Before(timeOf(r.Invitee.ReachedAt)) {
		return true
	}
	names := func(address string) bool {
		return slices.ContainsFunc(r.To, func(to string) bool { return strings.EqualFold(to, address) })
	}
	return slices.ContainsFunc(r.Invitee.Former, names) && !names(r.Invitee.Contact.Email)
}

// Delay is the event that the message is delayed, unless the owner's file says so already.
func (r Return) Delay(at string) (e invitees.Event, news bool) {
	if r.Final || r.isOld() {
		return e, false
	}
	return r.Invitee.DelayedEvent(r.Message.Name, at, r.Note)
}

// Event is the event that the message has come back.
func (r Return) Event(at string) invitees.Event {
	return r.Invitee.MessageEvent(invitees.Message{Name: r.Message.Name, State: invitees.Bounced, At: at, Note: r.Note})
}

// Match finds the messages that reports are about, each once. A report that names no message, only an address, is about the last one
// sent there. Others are about nobody in the record, or about messages of which it does not say that they were sent.
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
