package mailing

import (
	"fmt"
	"strings"
	"time"

	"glasspoll/internal/invitees"
	"glasspoll/internal/survey"
)

// A Task is a message that is to be sent.
type Task struct {
	Invitee *invitees.Invitee
	Name    string // of the message
}

// A Reason is why somebody is not sent a message.
type Reason int

// The reasons, in the order in which they are told.
const (
	Before     Reason = iota // has been sent it
	Unknown                  // may have been sent it, when the sending was interrupted
	OtherWay                 // is invited by another channel than e-mail
	NoAddress                // has no e-mail address
	Unstored                 // the store of the answers does not have the invitation
	Withdrawn                // the invitation has been withdrawn
	LeftOut                  // wants no more mail
	Returned                 // mail to the address came back
	Over                     // the invitation cannot be used any more
	Answered                 // the invitation has been used
	NotInvited               // reminders: has not been sent the invitation
	TooEarly                 // reminders: the last message is not long ago
	Enough                   // reminders: has been sent as many as there may be
	Handed                   // has been given the link in a table or on a card, and was sent no e-mail
	Unwritable               // the server cannot write to such an address
	Reasons                  // how many there are
)

// A Choice says who is sent a message.
type Choice struct {
	Batch   string              // "": of all batches
	Channel string              // "": of the channel email, and of none
	Again   bool                // also those who may have been sent it, when the sending was interrupted
	Handed  bool                // also those who have been given the link in a table or on a card
	Today   survey.Date         // in the timezone of the survey
	OptOuts *invitees.OptOuts   // nil: none
	Skipped [Reasons]int        // how many are not, by reason; counted here
	Named   []*invitees.Invitee // those of Unknown
}

// mailChannel is the channel of those who are invited by e-mail.
const mailChannel = "email"

// A Reminding says who is reminded.
type Reminding struct {
	AtMost int           // reminders to one invitee
	After  time.Duration // since the message before
	Now    time.Time
}

// Invitations lists those who are to be sent the invitation.
func (c *Choice) Invitations(r *invitees.Record) []Task {
	var tasks []Task
	for i := range r.All() {
		if c.excludes(i) {
			continue
		}
		switch state := i.Message(Invitation).State; {
		case state == invitees.Sent:
			c.Skipped[Before]++
		case state == invitees.Sending && !c.Again:
			c.skipUnknown(i)
		default:
			tasks = append(tasks, Task{i, Invitation})
		}
	}
	return tasks
}

// Reminders lists those who are to be sent a reminder, as far as the record says; the store knows who has answered.
func (c *Choice) Reminders(r *invitees.Record, how Reminding) []Task {
	var tasks []Task
	for i := range r.All() {
		if c.excludes(i) {
			continue
		}
		name, last := next(i)
		switch {
		case i.Message(Invitation).State != invitees.Sent:
			c.Skipped[NotInvited]++
		case name == "" && !c.Again:
			c.skipUnknown(i)
		case name == "":
			tasks = append(tasks, Task{i, last.Name})
		case name == reminderName(how.AtMost+1):
			c.Skipped[Enough]++
		case how.Now.Sub(timeOf(last.At)) < how.After:
			c.Skipped[TooEarly]++
		default:
			tasks = append(tasks, Task{i, name})
		}
	}
	return tasks
}

func (c *Choice) skipUnknown(i *invitees.Invitee) {
	c.Skipped[Unknown]++
	c.Named = append(c.Named, i)
}

// excludes reports, and counts, whether an invitee is sent nothing at all. Those of other batches, and of other channels if one is
// named, are not counted.
func (c *Choice) excludes(i *invitees.Invitee) bool {
	if c.Batch != "" && i.Batch.Name != c.Batch || c.Channel != "" && i.Contact.Channel != c.Channel {
		return true
	}
	reason := Reasons
	switch {
	case c.hasElsewhere(i):
		reason = Handed
	case c.Channel == "" && i.Contact.Channel != "" && i.Contact.Channel != mailChannel:
		reason = OtherWay
	case i.Withdrawn:
		reason = Withdrawn
	case i.Stopped || c.OptOuts.Has(i.Contact):
		reason = LeftOut
	case i.State() == invitees.Bounced:
		reason = Returned
	case i.Contact.Email == "":
		reason = NoAddress
	case !i.Stored:
		reason = Unstored
	case c.isOver(i):
		reason = Over
	default:
		return false
	}
	c.Skipped[reason]++
	return true
}

// hasElsewhere reports whether an invitee has the link in another way than by e-mail, alone, and can still use it.
func (c *Choice) hasElsewhere(i *invitees.Invitee) bool {
	return !c.Handed && len(i.Handed) > 0 && !i.Mailed(Invitation) && i.Stored && !i.Withdrawn && !i.Stopped && !c.isOver(i) && !c.OptOuts.Has(i.Contact)
}

// isOver reports whether an invitation can be used no more.
func (c *Choice) isOver(i *invitees.Invitee) bool {
	return i.Batch.Until != "" && i.Batch.Until < c.Today
}

// reminderName returns the name of a reminder, from 1 on.
func reminderName(n int) string { return fmt.Sprintf("%s%d", reminder, n) }

// next returns the name of the reminder that comes next, "" if it is not known whether the last one was sent, and the last message
// that was sent or may have been.
func next(i *invitees.Invitee) (name string, last invitees.Message) {
	n := 0
	for _, m := range i.Messages {
		if m.State == invitees.Made {
			continue
		}
		if strings.HasPrefix(m.Name, reminder) {
			n++
		}
		if last.Name == "" || timeOf(m.At).After(timeOf(last.At)) || m.State == invitees.Sending {
			last = m
		}
	}
	if last.State == invitees.Sending {
		return "", last
	}
	return reminderName(n + 1), last
}

// timeOf reads the time of a message; one that cannot be read is long ago.
func timeOf(at string) time.Time {
	t, _ := time.Parse(time.RFC3339, at)
	return t
}
