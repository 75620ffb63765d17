package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/invitation"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// storedInvitations reaches the invitations in the store of the answers, through the server that has it open if there is one. It
// implements [store.Inviter].
type storedInvitations struct {
	flags   storeFlags
	console *console.Console
}

var _ store.Inviter = storedInvitations{}

// putAtOnce bounds the invitations of one call to a server.
const putAtOnce = 5000

// call does a verb, and returns what it prints.
func (s storedInvitations) call(ctx context.Context, name string, v verb) ([]byte, error) {
	return s.flags.printed(ctx, s.console, name, v)
}

// number does a verb that prints a number.
func (s storedInvitations) number(ctx context.Context, name string, v verb) (n int, err error) {
	out, err := s.call(ctx, name, v)
	if err == nil {
		err = json.Unmarshal(out, &n)
	}
	return n, err
}

// PutInvitations implements [store.Inviter].
func (s storedInvitations) PutInvitations(ctx context.Context, all []invitation.Invitation) (added int, err error) {
	return someAtOnce(all, func(some []invitation.Invitation) (int, error) {
		return s.number(ctx, "invitations put", &putInvitations{some})
	})
}

// WithdrawInvitations implements [store.Inviter].
func (s storedInvitations) WithdrawInvitations(ctx context.Context, hashes []invitation.Hash) (withdrawn int, err error) {
	return someAtOnce(hashes, func(some []invitation.Hash) (int, error) {
		return s.number(ctx, "invitations withdraw", &withdrawInvitations{some})
	})
}

// someAtOnce does as much as one call to a server may, until all is done, and adds up the numbers.
func someAtOnce[T any](all []T, do func(some []T) (int, error)) (sum int, err error) {
	for some := range slices.Chunk(all, putAtOnce) {
		n, err := do(some)
		if err != nil {
			return sum, err
		}
		sum += n
	}
	return sum, nil
}

// InvitationsOf implements [store.Inviter].
func (s storedInvitations) InvitationsOf(ctx context.Context, survey string) iter.Seq2[invitation.Invitation, error] {
	return func(yield func(invitation.Invitation, error) bool) {
		out, err := s.call(ctx, "invitations list", &listInvitations{survey})
		lines := json.NewDecoder(bytes.NewReader(out))
		for err == nil {
			var i invitation.Invitation
			if err = lines.Decode(&i); err == nil && !yield(i, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(invitation.Invitation{}, err)
		}
	}
}

// knows returns an error if the store cannot keep invitations. It warns if the survey that is in force in it makes another promise
// to the invited, or none.
func (s storedInvitations) knows(ctx context.Context, of *survey.Survey) error {
	out, err := s.call(ctx, "invitations check", &checkInvitations{of.ID})
	if err != nil {
		return err
	}
	var inForce promise
	if err := json.Unmarshal(out, &inForce); err != nil {
		return err
	}
	if inForce != (promise{true, of.Access, of.Anonymity}) {
		s.console.Print(s.console.Err, "Note: %s is not in force yet as its questionnaire says. Publish it before you send invitations: until then their links do not work, or promise something else.", of.ID)
	}
	return nil
}

// A promise is what a survey that is in force says about who may answer.
type promise struct {
	Known     bool
	Access    survey.Access
	Anonymity survey.Anonymity
}

// The verbs that work on the invitations of a store.
type (
	checkInvitations    struct{ Survey string }
	putInvitations      struct{ Invitations []invitation.Invitation }
	withdrawInvitations struct{ Hashes []invitation.Hash }
	listInvitations     struct{ Survey string }
)

// portOf returns a store as one of the ports that work with invitations needs it.
func portOf[T any](records store.Records) (port T, err error) {
	port, ok := records.(T)
	if !ok {
		err = message.Errorf("there can be no invitations here: the store is of an earlier version. `glasspoll results move` carries it over")
	}
	return port, err
}

func (k *checkInvitations) do(ctx context.Context, env *environment) error {
	if _, err := portOf[store.Inviter](env.store); err != nil {
		return err
	}
	var found promise
	switch s, err := env.store.Definition(ctx, k.Survey, ""); {
	case err == nil:
		found = promise{true, s.Access, s.Anonymity}
	case !errors.Is(err, store.ErrUnknown):
		return err
	}
	return json.NewEncoder(env.Out).Encode(found)
}

func (p *putInvitations) do(ctx context.Context, env *environment) error {
	inviter, err := portOf[store.Inviter](env.store)
	if err != nil {
		return err
	}
	n, err := inviter.PutInvitations(ctx, p.Invitations)
	if err != nil {
		return err
	}
	for _, id := range surveysOf(p.Invitations) {
		if err := env.raiseInvitations(ctx, id); err != nil {
			return err
		}
	}
	return json.NewEncoder(env.Out).Encode(n)
}

func (w *withdrawInvitations) do(ctx context.Context, env *environment) error {
	inviter, err := portOf[store.Inviter](env.store)
	if err != nil {
		return err
	}
	n, err := inviter.WithdrawInvitations(ctx, w.Hashes)
	if err != nil {
		return err
	}
	if err := env.raiseWithdrawn(ctx, w.Hashes); err != nil {
		return err
	}
	return json.NewEncoder(env.Out).Encode(n)
}

func (l *listInvitations) do(ctx context.Context, env *environment) error {
	inviter, err := portOf[store.Inviter](env.store)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(env.Out)
	for i, err := range inviter.InvitationsOf(ctx, l.Survey) {
		if err != nil {
			return err
		}
		if err := lines.Encode(i); err != nil {
			return err
		}
	}
	return nil
}

// surveysOf lists the surveys of invitations.
func surveysOf(all []invitation.Invitation) []string {
	ids := map[string]bool{}
	for _, i := range all {
		ids[i.Survey] = true
	}
	return slices.Sorted(maps.Keys(ids))
}

// raiseWithdrawn counts the invitations to the survey of some that have been withdrawn: all are to one.
func (e *environment) raiseWithdrawn(ctx context.Context, hashes []invitation.Hash) error {
	stored, ok := e.store.(store.Invitations)
	if !ok {
		return nil
	}
	for _, hash := range hashes {
		switch i, err := stored.Invitation(ctx, hash); {
		case err == nil:
			return e.raiseInvitations(ctx, i.Survey)
		case !errors.Is(err, store.ErrNotInvited):
			return err
		}
	}
	return nil
}

// raiseInvitations counts the invitations to a survey, so that its page can say how many there are without reading them.
func (e *environment) raiseInvitations(ctx context.Context, id string) error {
	counting, ok := e.store.(store.Tallying)
	if !ok {
		return nil
	}
	s, err := e.store.Definition(ctx, id, "")
	if errors.Is(err, store.ErrUnknown) {
		return nil // no page says anything of it
	}
	if err != nil {
		return err
	}
	return store.RaiseInvitations(ctx, counting, s, time.Now())
}
