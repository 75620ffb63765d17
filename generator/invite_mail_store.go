package main

import (
	"context"
	"encoding/json"
	"errors"

	"glasspoll/internal/cloud"
	"glasspoll/internal/console"
	"glasspoll/internal/invitation"
	"glasspoll/internal/local"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// mailStore is what the sending of messages needs of the store of the answers.
type mailStore interface {
	store.Invitations
	Count(ctx context.Context, survey, name string) error // of store.Counters
}

var (
	_ mailStore = (*local.Store)(nil)
	_ mailStore = (*cloud.Table)(nil)
	_ mailStore = storedInvitations{}
)

// openStore returns the store that the flags name. A table is opened once, because there are two calls a message.
func (f inviteFlags) openStore(ctx context.Context, c *console.Console) (mailStore, error) {
	if f.Table == "" {
		return storedInvitations{f.storeFlags, c}, nil
	}
	records, err := f.records(ctx, c, f.Table)
	if err != nil {
		return nil, err
	}
	return portOf[mailStore](records)
}

// Invitation implements [store.Invitations].
func (s storedInvitations) Invitation(ctx context.Context, hash invitation.Hash) (invitation.Invitation, error) {
	out, err := s.call(ctx, "invitations get", &getInvitation{hash})
	if err != nil {
		return invitation.Invitation{}, err
	}
	var found *invitation.Invitation
	if err := json.Unmarshal(out, &found); err != nil {
		return invitation.Invitation{}, err
	}
	if found == nil {
		return invitation.Invitation{}, store.ErrNotInvited
	}
	return *found, nil
}

// Count counts a step.
func (s storedInvitations) Count(ctx context.Context, survey, name string) error {
	_, err := s.call(ctx, "invitations count", &countStep{survey, name})
	return err
}

// inForce returns what the survey that is in force says about who may answer.
func (s storedInvitations) inForce(ctx context.Context, id string) (found promise, err error) {
	out, err := s.call(ctx, "invitations check", &checkInvitations{id})
	if err == nil {
		err = json.Unmarshal(out, &found)
	}
	return found, err
}

type (
	getInvitation struct{ Hash invitation.Hash }
	countStep     struct{ Survey, Name string }
)

func (g *getInvitation) do(ctx context.Context, env *environment) error {
	from, err := portOf[mailStore](env.store)
	if err != nil {
		return err
	}
	var found *invitation.Invitation
	switch i, err := from.Invitation(ctx, g.Hash); {
	case err == nil:
		found = &i
	case !errors.Is(err, store.ErrNotInvited):
		return err
	}
	return json.NewEncoder(env.Out).Encode(found)
}

func (k *countStep) do(ctx context.Context, env *environment) error {
	in, err := portOf[mailStore](env.store)
	if err != nil {
		return err
	}
	if _, known := invitation.ParseCounter(k.Name); !known {
		return message.Errorf("%s is no counter of invitations", message.Quoted(k.Name))
	}
	return in.Count(ctx, k.Survey, k.Name)
}
