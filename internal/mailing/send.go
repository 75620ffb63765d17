// Package mailing sends invitations and reminders by e-mail: it makes the messages, hands them to a mail server, each once, and
// writes down what has become of each before it goes on.
//
// Before a message is handed over, the owner's file says that it is being sent; after the server's reply, that it was. So after a
// crash at any point a message was not handed over, or it is known that it may have been; that one is sent again only on purpose.
package mailing

import (
	"context"
	"errors"
	"slices"
	"time"

	"glasspoll/internal/invitation"
	"glasspoll/internal/invitees"
	"glasspoll/internal/message"
	"glasspoll/internal/sleep"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// A Sender sends the messages of a survey.
type Sender struct {
	Server   *Server
	Composer *Composer
	Today    func(now time.Time) survey.Date // in the timezone of the survey

	Write func(events ...invitees.Event) error // adds events to the record and to the owner's file, durably

	OptOuts     func() (*invitees.OptOuts, error) // as they are now
	Invitations store.Invitations
	Stopped     func(i *invitees.Invitee) error                  // puts somebody on the list of opt-outs
	Count       func(step invitation.Step, i *invitees.Invitee)  // counts Accepted and Bounced, approximately; nil: does not
	Tell        func(done Progress)                              // called after each message
	Complain    func(i *invitees.Invitee, text message.Text)     // tells of a message that was not accepted
	Pace        time.Duration                                    // between two messages
	Now         func() time.Time                                 // nil: time.Now
	Wait        func(ctx context.Context, d time.Duration) error // nil: waits
}

// Progress is how far the sending has come.
type Progress struct {
	Sent    int
	Bounced int          // refused for good, because of the address
	Refused int          // refused for good, because of something else
	Unclear int          // the connection was lost when they had been handed over
	Later   int          // refused for now, and given up in this run
	Skipped [Reasons]int // not sent, because of what has been found out since the beginning
	Left    int
}

// How long it goes on.
var (
	retryAfter = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute} // a message that was refused for now
	dialAfter  = []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute}
)

const (
	maxRefusals = 5  // in a row, because of something else than the address
	maxDoubts   = 20 // in a row, because of the address, by a server that has accepted none
	maxLater    = 30 // in a row
	slowest     = time.Minute
)

// A run is the sending of a list of messages.
type run struct {
	*Sender
	Progress
	fresh      []Task    // have not been tried
	again      []attempt // are tried again, in the order of due times
	connection *connection
	lastSent   time.Time
	refusals   int // in a row
	laters     int // in a row
}

// An attempt is a task, with how often it was tried.
type attempt struct {
	Task
	tries   int
	doubted bool // the server says that the address is wrong, and has accepted none yet
	due     time.Time
}

// Send sends messages until all are sent or the context ends; the one that is being handed over is finished. What is not sent can
// be sent later by another call.
func (s *Sender) Send(ctx context.Context, tasks []Task) (Progress, error) {
	r := &run{Sender: s, fresh: tasks}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Wait == nil {
		s.Wait = sleep.For
	}
	defer r.disconnect()
	var err error
	for r.left() > 0 && err == nil {
		err = r.step(ctx)
	}
	r.Left = r.left()
	return r.Progress, err
}

func (r *run) left() int { return len(r.fresh) + len(r.again) }

// next returns the message that is to be sent next: one that is due again, or else a fresh one.
func (r *run) next() (a attempt, again bool) {
	if len(r.again) > 0 && (len(r.fresh) == 0 || !r.again[0].due.After(r.Now())) {
		return r.again[0], true
	}
	return attempt{Task: r.fresh[0]}, false
}

// step takes one message, after waiting for it, and does what is to be done with it.
func (r *run) step(ctx context.Context) error {
	a, again := r.next()
	begin := a.due
	if slot := r.lastSent.Add(r.pace()); !r.lastSent.IsZero() && slot.After(begin) {
		begin = slot
	}
	if d := begin.Sub(r.Now()); d > 0 {
		if d > idle {
			r.disconnect()
		}
		if err := r.Wait(ctx, d); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	skip, err := r.reconsider(ctx, a)
	if err == nil && !skip {
		err = r.connect(ctx)
	}
	if err != nil {
		return err
	}
	if again {
		r.again = r.again[1:]
	} else {
		r.fresh = r.fresh[1:]
	}
	if !skip {
		err = r.send(a)
	}
	r.Left = r.left()
	if r.Tell != nil && err == nil {
		r.Tell(r.Progress)
	}
	return err
}

// idle is after how long a connection is closed rather than kept.
const idle = 20 * time.Second

// pace returns the time between two messages: longer while the server refuses them for now.
func (r *run) pace() time.Duration {
	d := r.Pace
	for range r.laters {
		if d = max(2*d, time.Second); d >= slowest {
			return max(slowest, r.Pace)
		}
	}
	return d
}

// reconsider finds out whether somebody still is to be sent a message.
func (r *run) reconsider(ctx context.Context, a attempt) (skip bool, err error) {
	i := a.Invitee
	out, err := r.OptOuts()
	if err != nil {
		return false, err
	}
	if out.Has(i.Contact) {
		r.Skipped[LeftOut]++
		return true, nil
	}
	if _, err := asciiDomain(i.Contact.Email); err != nil {
		r.Skipped[Unwritable]++
		r.complain(a, message.Of(err))
		return true, nil
	}
	stored, err := r.Invitations.Invitation(ctx, i.Secret.Hash())
	switch {
	case errors.Is(err, store.ErrNotInvited):
		r.Skipped[Unstored]++
		return true, nil
	case err != nil:
		return false, err
	case stored.Stopped:
		r.Skipped[LeftOut]++
		if err := r.Write(i.StoppedEvent()); err != nil {
			return true, err
		}
		return true, r.Stopped(i)
	}
	switch stored.StateOn(r.Today(r.Now())) {
	case invitation.Withdrawn:
		r.Skipped[Withdrawn]++
		return true, r.Write(i.WithdrawnEvent())
	case invitation.Redeemed:
		r.Skipped[Answered]++
		return true, nil
	case invitation.Expired:
		r.Skipped[Over]++
		return true, nil
	}
	return false, nil
}

// connect connects to the server, if there is no connection. It tries again for a while if there was one before.
func (r *run) connect(ctx context.Context) error {
	for try := 0; r.connection == nil; try++ {
		c, err := r.Server.dial(ctx)
		if err == nil {
			r.connection = c
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if r.lastSent.IsZero() || try >= len(dialAfter) {
			return err
		}
		if err := r.Wait(ctx, dialAfter[try]); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) disconnect() {
	if r.connection != nil {
		r.connection.close()
		r.connection = nil
	}
}

// send hands one message over, and writes down what has become of it.
func (r *run) send(a attempt) error {
	now := r.Now()
	m, err := r.Composer.Message(a.Invitee, a.Name, now)
	if err != nil {
		return message.Errorf("invitee %d: %w", a.Invitee.Number, err)
	}
	if err := r.record(a, invitees.Sending, ""); err != nil {
		return err
	}
	d := r.connection.deliver(m)
	r.lastSent = r.Now()
	if d.outcome == undeliver && !d.explicit && r.Sent == 0 { // it may refuse every address, such as those of others than its own
		d.outcome = doubtful
	}
	switch d.outcome {
	case accepted:
		return r.accept(a, d)
	case undeliver:
		r.Bounced++
		r.refusals, r.laters = 0, 0
		r.complain(a, message.New("refused for good: %s", d.note))
		r.count(invitation.Bounced, a.Invitee)
		return r.record(a, invitees.Bounced, d.note)
	case unclear:
		r.Unclear++
		r.disconnect()
		r.complain(a, message.New("the connection was lost at its end: it may have been sent (%s)", d.note))
		return nil
	case unfit:
		r.Skipped[Unwritable]++
		r.complain(a, message.New("this mail server cannot write to such an address"))
		return r.record(a, invitees.Made, "")
	case notTaken:
		r.disconnect()
		return r.tryAgain(a, d)
	case later:
		return r.tryAgain(a, d)
	case doubtful:
		if !a.doubted { // until others have been accepted
			a.doubted = true
			return r.postpone(a, retryAfter[0], d)
		}
	}
	return r.refuse(a, d)
}

// postpone puts a message back, because the server may be wrong about its address.
func (r *run) postpone(a attempt, d time.Duration, why delivery) error {
	if err := r.record(a, invitees.Made, ""); err != nil {
		return err
	}
	a.due = r.Now().Add(d)
	r.enqueue(a)
	if r.refusals++; r.refusals >= maxDoubts {
		return r.useless(why)
	}
	return nil
}

// useless is the error that ends a run whose messages are all refused.
func (r *run) useless(d delivery) error {
	return message.Errorf("the mail server refuses one message after the other; it says: %s. Ask who runs it; nobody is written down as unreachable for it", d.note)
}

func (r *run) accept(a attempt, d delivery) error {
	r.Sent++
	r.refusals, r.laters = 0, 0
	if err := r.record(a, invitees.Sent, d.note); err != nil {
		return message.Errorf("the message to invitee %d was sent, and this could not be written down: %w", a.Invitee.Number, err)
	}
	r.count(invitation.Accepted, a.Invitee)
	return nil
}

// refuse is for a refusal that is not because of the address. All others may meet with the same.
func (r *run) refuse(a attempt, d delivery) error {
	r.Refused++
	r.complain(a, message.New("refused for good: %s", d.note))
	if err := r.record(a, invitees.Made, ""); err != nil {
		return err
	}
	if r.refusals++; r.refusals >= maxRefusals {
		return r.useless(d)
	}
	return nil
}

// tryAgain puts a message back to be sent later, a few times.
func (r *run) tryAgain(a attempt, d delivery) error {
	if err := r.record(a, invitees.Made, ""); err != nil {
		return err
	}
	if d.outcome == notTaken && a.tries == 0 { // a connection that had been open for long: at once
		a.tries++
		a.due = r.Now()
		r.enqueue(a)
		return nil
	}
	r.laters++
	if r.laters >= maxLater {
		return message.Errorf("the mail server accepts no message for now; it says: %s. Go on later with the same command", d.note)
	}
	if a.tries >= len(retryAfter) {
		r.Later++
		r.complain(a, message.New("refused for now: %s", d.note))
		return nil
	}
	a.due = r.Now().Add(retryAfter[a.tries])
	a.tries++
	r.enqueue(a)
	return nil
}

// enqueue puts an attempt behind those that are due before.
func (r *run) enqueue(a attempt) {
	at := len(r.again)
	for at > 0 && r.again[at-1].due.After(a.due) {
		at--
	}
	r.again = slices.Insert(r.again, at, a)
}

func (r *run) record(a attempt, state invitees.State, note string) error {
	return r.Write(a.Invitee.MessageEvent(invitees.Message{Name: a.Name, State: state, At: r.Now().Format(time.RFC3339), Note: note}))
}

func (r *run) complain(a attempt, text message.Text) {
	if r.Complain != nil {
		r.Complain(a.Invitee, text)
	}
}

func (r *run) count(step invitation.Step, i *invitees.Invitee) {
	if r.Count != nil {
		r.Count(step, i)
	}
}
