package records

import (
	"context"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/seal"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Contact is the contact data of one case's respondent: the private answers of one response, as persons have corrected them, and
// nothing else of it.
type Contact struct {
	Case     string
	Survey   *survey.Survey // the questionnaire that was answered
	Response answer.Response
}

// ContactOf returns the contact data of a case's respondent, once it is noted with the case that a role is shown them, and why. keys
// are the ids of the keys that the reader has; if all that there is is sealed to others, that is an error, and nothing is noted.
func ContactOf(ctx context.Context, records store.Records, id, by, reason string, keys []string) (*Contact, error) {
	c, err := FindCase(ctx, records, id)
	if err != nil {
		return nil, err
	}
	if err := c.ShowContact(by, reason, time.Now()); err != nil { // before anything is read
		return nil, message.Errorf("case %s: %w", c.ID, err)
	}
	entries, err := records.Find(ctx, c.Response)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(entries, func(e store.Entry) bool { return e.Response.Survey == c.Survey && !e.Response.Withdrawn })
	if at < 0 {
		return nil, message.Errorf("case %s: %w", c.ID, cases.ErrNoResponse)
	}
	r := entries[at].Response
	s, err := records.Definition(ctx, r.Survey, r.Version)
	if err != nil {
		return nil, message.Errorf("version %s of %s: %w", r.Version, r.Survey, err)
	}
	var known store.Settled
	if err := known.ReadDecisions(ctx, records, r.Survey, r.Period); err != nil {
		return nil, err
	}
	if r, err = CorrectedResponse(ctx, records, s, known, r); err != nil {
		return nil, err
	}
	private := r.Private
	if len(private) == 0 {
		return nil, message.Errorf("case %s: the respondent has given no contact data", c.ID)
	}
	if err := anyReadable(s, private, keys); err != nil {
		return nil, message.Errorf("case %s: %w", c.ID, err)
	}
	c, err = ChangeCase(ctx, records, c.ID, func(c *cases.Case) error { return c.ShowContact(by, reason, time.Now()) }, nil)
	if err != nil {
		return nil, err
	}
	shown := answer.Response{ID: r.ID, Survey: r.Survey, Version: r.Version, Language: r.Language, Private: private}
	return &Contact{c.ID, s, shown}, nil
}

// anyReadable returns an error if all of some answers are sealed, and none to a key with one of some ids.
func anyReadable(s *survey.Survey, answers []answer.Answer, keys []string) error {
	var needed []string
	for _, a := range answers {
		if _, isSealed := sealedField(s, a); !isSealed {
			return nil
		}
		box, err := seal.Parse(a[1])
		if err != nil {
			continue
		}
		for _, key := range box.Keys() {
			if slices.Contains(keys, key) {
				return nil
			}
			if !slices.Contains(needed, key) {
				needed = append(needed, key)
			}
		}
	}
	return message.Errorf("the contact data are sealed to the key %s: give its private key with --key FILE", strings.Join(needed, ", "))
}
