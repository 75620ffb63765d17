package main

import (
	"context"
	"crypto/rand"
	"errors"

	"glasspoll/internal/blind"
	"glasspoll/internal/console"
	"glasspoll/internal/invite"
	"glasspoll/internal/message"
	"glasspoll/internal/project"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// PutSigningKeys implements [invite.Keyring].
func (s storedInvitations) PutSigningKeys(ctx context.Context, survey string, keys []blind.Private) error {
	v := &putSigningKeys{Survey: survey}
	for _, key := range keys {
		v.Keys = append(v.Keys, key.Encode())
	}
	_, err := s.call(ctx, "invitations sign", v)
	return err
}

// wantSigningKeys returns an error if the store has not the private key of one of some ids.
func (s storedInvitations) wantSigningKeys(ctx context.Context, survey string, ids []string) error {
	_, err := s.call(ctx, "invitations sign", &putSigningKeys{Survey: survey, Wanted: ids})
	return err
}

// putSigningKeys stores private keys, each as its record, and checks that others are stored.
type putSigningKeys struct {
	Survey string
	Keys   [][]byte
	Wanted []string `json:",omitempty"` // ids
}

func (p *putSigningKeys) do(ctx context.Context, env *environment) error {
	ring, err := portOf[store.KeyRing](env.store)
	if err != nil {
		return err
	}
	keys := make([]blind.Private, len(p.Keys))
	for i, data := range p.Keys {
		if keys[i], err = blind.DecodePrivate(data); err != nil {
			return err
		}
	}
	for _, id := range p.Wanted {
		// Whoever may only invite, on AWS, may not read private keys.
		if _, err := ring.SigningKey(ctx, p.Survey, id); errors.Is(err, store.ErrNoKey) {
			return message.Errorf("the private key of %s, by which some of these people would answer, is not in this store: name the store that has it, or carry it over with `glasspoll results move`", id)
		}
	}
	return ring.PutSigningKeys(ctx, p.Survey, keys)
}

// group prepares what the new invitees of an anonymous survey need: keys of their groups, the private ones in the store, the public
// ones beside the questionnaire. It returns where their invitations are to be stored. Of other surveys that is the store.
func (m inviteMakeCommand) group(ctx context.Context, c *console.Console, work *inviting) (store.Inviter, error) {
	if work.survey.Anonymity != survey.Anonymous {
		return work.store, nil
	}
	g, err := invite.Group(ctx, work, work.survey, work.store, rand.Reader)
	if err != nil {
		return nil, err
	}
	if err := work.store.wantSigningKeys(ctx, m.ID, g.Joined()); err != nil {
		return nil, err
	}
	for period, n := range g.Few {
		where := message.New("the survey")
		if period != "" {
			where = message.New("%s", period)
		}
		c.Print(c.Err, "Warning: in %s, %d people answer anonymously so far: whoever reads an answer knows that it is of one of them. From %d on it tells little.", where, n, blind.MinGroup)
	}
	if g.Merged > 0 {
		c.Print(c.Err, "%d of them are in groups of fewer than %d: their answers are counted in no segment.", g.Merged, blind.MinGroup)
	}
	if len(g.Plan.Groups) > 0 {
		if err := g.StoreKeys(ctx, work.survey, work.store); err != nil {
			return nil, err
		}
		if err := project.WriteKeys(m.Surveys, m.ID, g.Keys); err != nil {
			return nil, err
		}
		c.Print(c.Err, "The public keys with which they answer are in %s. They belong to the questionnaire: keep the file with it, and publish it before you send a link.", project.KeysName(m.Surveys, m.ID))
	}
	return g.Into(work.store), nil
}
