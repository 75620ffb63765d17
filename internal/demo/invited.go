package demo

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"

	"glasspoll/internal/contacts"
	"glasspoll/internal/invitation"
	"glasspoll/internal/simulate"
	"glasspoll/internal/survey"
)

// A Guest is a made-up customer who is invited to a survey, and what comes of it.
type Guest struct {
	Contact    contacts.Contact
	Submission simulate.Submission // what those send who answer; it lacks the invitation
	Last       invitation.Step     // Issued, Accepted, Bounced, Opened or Completed
	Sent, Came int                 // days ago: when the invitation was sent, and when the guest came
}

// sentAgo is how many days ago the invitations are sent.
const sentAgo = 13

// Guests makes up the customers who are invited to a survey, the same ones for the same seed: more of them are the same ones and
// others. Of those with the first option of the first segment the most answer, of those with the last the fewest.
func Guests(s *survey.Survey, o Options) ([]Guest, error) {
	h := fnv.New64a()
	h.Write([]byte(s.ID + " guests"))
	random := rand.New(rand.NewPCG(o.Seed, h.Sum64()))
	simulator := simulate.New(s, o.Seed)
	simulator.Follow(o.Actions)
	guests := make([]Guest, 0, o.Answers)
	for n := range o.Answers {
		submission, err := simulator.Next()
		if err != nil {
			return nil, err
		}
		g := Guest{Submission: submission, Sent: sentAgo}
		rank := g.fillContact(s, o.Seed, n+1, random)
		g.Last = lastStep(rank, g.Contact.Email != "", random)
		g.Came = sentAgo - min(sentAgo-1, int(random.ExpFloat64()*4)) // most come soon, and all before today
		guests = append(guests, g)
	}
	return guests, nil
}

// fillContact makes up who a guest is, and returns the rank in the first segment: from 0, for the first option, to 1.
func (g *Guest) fillContact(s *survey.Survey, seed uint64, n int, random *rand.Rand) (rank float64) {
	g.Contact = contacts.Contact{Language: g.Submission.Language, Channel: g.Submission.Channel, Values: map[string]string{}}
	if g.Contact.Channel == "sms" {
		g.Contact.Phone = fmt.Sprintf("+86138%02d%06d", seed%100, n)
	} else {
		g.Contact.Email = fmt.Sprintf("customer%d-%d@example.com", seed, n)
	}
	rank = 0.5
	for i, f := range invitation.SegmentsOf(s) {
		options := f.Options()
		at := random.IntN(len(options))
		if i == 0 {
			at = max(at, random.IntN(len(options))) // there are few of the best customers
			rank = float64(at) / float64(max(1, len(options)-1))
		}
		g.Contact.Values[f.Name] = options[at].ID
	}
	return rank
}

// lastStep makes up how far an invitation comes.
func lastStep(rank float64, byMail bool, random *rand.Rand) invitation.Step {
	luck, answers := random.Float64(), 0.9-0.3*rank
	if !byMail {
		answers -= 0.1
	}
	switch {
	case byMail && random.Float64() < 0.04:
		return invitation.Bounced
	case luck < answers:
		return invitation.Completed
	case luck < answers+0.12:
		return invitation.Opened
	case byMail:
		return invitation.Accepted
	}
	return invitation.Issued
}

// Knows reports whether the link of an invitation that has not been used leads to a form of the site.
func (c *Client) Knows(ctx context.Context, secret invitation.Secret) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, c.url+"i/"+secret.Word(), nil)
	if err != nil {
		return false, err
	}
	response, err := c.http.Transport.RoundTrip(request) // which follows no redirect
	if err != nil {
		return false, err
	}
	return response.StatusCode == http.StatusSeeOther, response.Body.Close()
}
