package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll"
	"glasspoll/internal/console"
	"glasspoll/internal/contacts"
	"glasspoll/internal/control"
	"glasspoll/internal/demo"
	"glasspoll/internal/intake"
	"glasspoll/internal/invitation"
	"glasspoll/internal/invite"
	"glasspoll/internal/invitees"
	"glasspoll/internal/mailing"
	"glasspoll/internal/message"
	"glasspoll/internal/ownerfile"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// demoBatch is the name of the batch of made-up customers.
const demoBatch = "demo"

// fillInvited invites made-up customers to a survey that only the invited can answer, and lets most of them answer. Each is
// invited once, however often it is called.
func (d demoCommand) fillInvited(ctx context.Context, c *console.Console, client *demo.Client, site string, s *survey.Survey, o demo.Options) error {
	switch {
	case s.Anonymity == survey.Anonymous:
		c.Print(c.Out, "%s: is answered anonymously, by a browser: left out", s.ID)
		return nil
	case !control.Running(ctx, d.Data):
		c.Print(c.Out, "%s: is answered by invitation, and the site's data are not in %s: left out", s.ID, d.Data)
		return nil
	}
	guests, err := demo.Guests(s, o)
	if err != nil {
		return err
	}
	work, err := d.openGuests(c, s, guests)
	if err != nil {
		return err
	}
	defer work.Close()
	to := storedInvitations{storeFlags{Data: d.Data}, c}
	if _, err := invite.Store(ctx, work, s.ID, to, func(int, int) {}); err != nil {
		return err
	}
	visits, err := visitsOf(work, s, guests, time.Now())
	if err != nil {
		return err
	}
	if len(visits) > 0 {
		if known, err := client.Knows(ctx, visits[0].Secret); err != nil || !known {
			return cmp.Or(err, message.Errorf("%s has other data than %s: name its data directory with --data", site, d.Data))
		}
	}
	answered, left := 0, len(visits)
	for some := range slices.Chunk(visits, visitsAtOnce) {
		left -= len(some)
		n, err := to.number(ctx, "invitations visit", &visitInvited{s.ID, some, left > 0})
		if err != nil {
			return err
		}
		answered += n
		if err := work.Write(sentTo(some)...); err != nil {
			return err
		}
	}
	c.Print(c.Out, "%s: %s, %s: %s%s/results/", s.ID, message.Count(len(visits), "new invitation"), message.Count(answered, "new respondent"), site, s.ID)
	return nil
}

// openGuests opens the owner's file, with an invitation for each guest.
func (d demoCommand) openGuests(c *console.Console, s *survey.Survey, guests []demo.Guest) (*ownerfile.Invitees, error) {
	out, err := ownerfile.OpenOptOuts(ownerfile.OptOutsName(d.Data), waiting(c, 10*time.Second))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	work, err := ownerfile.OpenInvitees(ownerfile.InviteesName(d.Data, s.ID), s.ID, waiting(c, 10*time.Second))
	if err != nil {
		return nil, err
	}
	var list []contacts.Contact
	for _, g := range guests {
		list = append(list, g.Contact)
	}
	if _, err := work.Invite(list, invitees.Batch{Name: demoBatch}, out, time.Now().Format(time.DateOnly)); err != nil {
		return nil, errors.Join(err, work.Close())
	}
	return work, nil
}

// visitsOf returns what those guests do to whom nothing has been sent yet, in the order of the days.
func visitsOf(work *ownerfile.Invitees, s *survey.Survey, guests []demo.Guest, now time.Time) ([]visit, error) {
	var visits []visit
	for _, g := range guests {
		one, known := work.Find(g.Contact)
		if !known || one.State() != invitees.Made || one.Withdrawn {
			continue
		}
		g.Submission.Invitation = one.Secret.Word()
		body, err := json.Marshal(g.Submission)
		if err != nil {
			return nil, err
		}
		visits = append(visits, visit{one.Secret, g.Contact.Email != "", g.Last, pastDay(s, now, g.Sent), pastDay(s, now, g.Came), body, one})
	}
	slices.SortStableFunc(visits, func(a, b visit) int { return a.Came.Compare(b.Came) })
	return visits, nil
}

// sentTo returns the events that the invitations were sent, and that some of them came back.
func sentTo(visits []visit) (events []invitees.Event) {
	for _, v := range visits {
		m := invitees.Message{Name: mailing.Invitation, State: invitees.Sent, At: v.Sent.Format(time.RFC3339)}
		events = append(events, v.of.MessageEvent(m))
		if v.Last == invitation.Bounced {
			m.State = invitees.Bounced
			events = append(events, v.of.MessageEvent(m))
		}
	}
	return events
}

// pastDay returns an instant a number of days ago, or now if the survey took no answers then, or those of another period.
func pastDay(s *survey.Survey, now time.Time, days int) time.Time {
	if at := now.AddDate(0, 0, -days); s.PhaseAt(at) == survey.Open && s.PeriodAt(at) == s.PeriodAt(now) {
		return at
	}
	return now
}

// A visit is what a made-up customer does with an invitation.
type visit struct {
	Secret     invitation.Secret
	ByMail     bool
	Last       invitation.Step
	Sent, Came time.Time
	Body       json.RawMessage // the answers

	of *invitees.Invitee
}

// visitsAtOnce bounds the visits of one call to a server.
const visitsAtOnce = 100

// visitInvited is a verb that follows links with a clock of its own, so that some answers are of earlier days: a site would
// take all of them today.
type visitInvited struct {
	Survey string
	Visits []visit // in the order of the days
	More   bool    // others follow: results are published after the last, because response rates are counted once a day
}

// visitedStore is what answering by invitation needs of a store.
type visitedStore interface {
	store.Definitions
	store.Responses
	store.Withdrawer
	store.DayResponses
	store.Redeemer
	store.Invitations
	store.Stopper
	store.Counters
	store.IDs
	store.Secrets
}

func (v *visitInvited) do(ctx context.Context, env *environment) error {
	visited, err := portOf[visitedStore](env.store)
	if err != nil {
		return err
	}
	s, err := visited.Definition(ctx, v.Survey, "")
	if err != nil {
		return err
	}
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		return err
	}
	visitor := visitor{visited, s, intake.Handler{
		Definitions: visited, Responses: visited, Withdrawer: visited, Days: visited, Redeemer: visited, Invitations: visited, Stopper: visited, Steps: intake.NewSteps(visited),
		IDs: visited, Secrets: visited, Renderer: renderer, Client: func(r *http.Request) string { return r.RemoteAddr }, Log: env.log,
	}}
	answered := 0
	for _, v := range v.Visits {
		if v.Last == invitation.Completed {
			answered++
		}
	}
	for begin := 0; begin < len(v.Visits); { // a day after the other, because a log has them in this order
		end := begin + 1
		for end < len(v.Visits) && v.Visits[end].Came.Equal(v.Visits[begin].Came) {
			end++
		}
		var day errgroup.Group
		for _, one := range v.Visits[begin:end] {
			day.Go(func() error { return visitor.visit(ctx, one) })
		}
		if err := day.Wait(); err != nil {
			return err
		}
		begin = end
	}
	if env.changed != nil && !v.More {
		env.changed(s.ID)
	}
	return json.NewEncoder(env.Out).Encode(answered)
}

// visitor follows links.
type visitor struct {
	store   visitedStore
	survey  *survey.Survey
	handler intake.Handler
}

// visit takes all steps of one customer.
func (v *visitor) visit(ctx context.Context, one visit) error {
	i, err := v.store.Invitation(ctx, one.Secret.Hash())
	if err != nil {
		return err
	}
	count := func(step invitation.Step) error {
		day := v.survey.DateAt(one.Sent)
		return v.store.Count(ctx, v.survey.ID, invitation.CounterOf(v.survey, i, step, day, v.survey.PeriodAt(one.Sent)).Name())
	}
	if one.ByMail {
		if err := count(invitation.Accepted); err != nil {
			return err
		}
	}
	switch one.Last {
	case invitation.Bounced:
		return count(invitation.Bounced)
	case invitation.Opened, invitation.Completed:
		typed := url.Values{"_invitation": {one.Secret.Word()}}.Encode()
		if err := v.post(ctx, one.Came, "/i/opened", "application/x-www-form-urlencoded", []byte(typed), http.StatusNoContent); err != nil {
			return err
		}
	}
	if one.Last != invitation.Completed {
		return nil
	}
	return v.post(ctx, one.Came, "/api/surveys/"+v.survey.ID+"/responses", "application/json", one.Body, http.StatusCreated)
}

// post sends something on a day.
func (v *visitor) post(ctx context.Context, at time.Time, path, contentType string, body []byte, want int) error {
	handler := v.handler
	handler.Now = func() time.Time { return at }
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	reply := visitReply{header: http.Header{}}
	handler.ServeHTTP(&reply, request)
	if reply.status != want && reply.status != http.StatusOK { // OK: answered before
		return message.Errorf("%s: %s", http.StatusText(reply.status), strings.TrimSpace(reply.body.String()))
	}
	return nil
}

// visitReply keeps what a handler replies.
type visitReply struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *visitReply) Header() http.Header { return r.header }

func (r *visitReply) WriteHeader(status int) { r.status = cmp.Or(r.status, status) }

func (r *visitReply) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}
