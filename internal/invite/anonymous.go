package invite

import (
	"context"
	"io"
	"slices"

	"glasspoll/internal/blind"
	stored "glasspoll/internal/invitation"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Keyring keeps invitations and the private keys of those who answer anonymously.
type Keyring interface {
	store.Inviter
	PutSigningKeys(ctx context.Context, survey string, keys []blind.Private) error
}

// Groups are the groups of an anonymous survey, with the new invitees in them.
type Groups struct {
	*blind.Plan
	Keys *survey.Keys // all public keys; they are to be in the questionnaire's folder before an invitation is stored

	added  []blind.Private
	values map[stored.Hash]stored.Invitation
}

// Group divides the invitees of an anonymous survey who are not in the store yet into groups, and makes the keys of those that have
// none. Nothing is stored.
func Group(ctx context.Context, owner Owner, s *survey.Survey, from store.Inviter, random io.Reader) (*Groups, error) {
	var before, batch []stored.Invitation
	for i, err := range from.InvitationsOf(ctx, s.ID) {
		if err != nil {
			return nil, err
		}
		before = append(before, i)
	}
	known := map[stored.Hash]bool{}
	for _, i := range before {
		known[i.Hash] = true
	}
	for i := range owner.Unstored() {
		if one := i.Invitation(s.ID); !known[one.Hash] { // by a run that was interrupted
			batch = append(batch, one)
		}
	}
	plan, err := blind.NewPlan(s.Keys, before, batch)
	if err != nil {
		return nil, err
	}
	g := &Groups{Plan: plan, Keys: &survey.Keys{Variant: survey.BlindVariant}, values: map[stored.Hash]stored.Invitation{}}
	if s.Keys != nil {
		g.Keys.Keys = slices.Clone(s.Keys.Keys)
	}
	for _, group := range plan.Groups {
		key, err := blind.NewPrivate(random)
		if err != nil {
			return nil, err
		}
		g.added = append(g.added, key)
		g.Keys.Keys = append(g.Keys.Keys, key.Public(group.Period, group.Values))
	}
	for _, i := range plan.Invitations {
		g.values[i.Hash] = i
	}
	return g, nil
}

// Joined returns the ids of the keys that new invitees answer by and that are not new.
func (g *Groups) Joined() (ids []string) {
	known := map[string]bool{}
	for _, key := range g.added {
		known[key.ID()] = true
	}
	for _, i := range g.Plan.Invitations {
		if key, _ := g.Keys.Of(i.Period, i.Values); !known[key.ID] {
			known[key.ID] = true
			ids = append(ids, key.ID)
		}
	}
	return ids
}

// StoreKeys stores the private keys of the new groups. It comes before their public keys are in the questionnaire's folder.
func (g *Groups) StoreKeys(ctx context.Context, s *survey.Survey, to Keyring) error {
	return to.PutSigningKeys(ctx, s.ID, g.added)
}

// Into returns a store to which invitations go with the values that their groups let them have.
func (g *Groups) Into(to store.Inviter) store.Inviter { return grouped{to, g.values} }

// grouped stores invitations as their groups let them be.
type grouped struct {
	store.Inviter
	as map[stored.Hash]stored.Invitation
}

// PutInvitations implements [store.Inviter].
func (g grouped) PutInvitations(ctx context.Context, all []stored.Invitation) (int, error) {
	all = slices.Clone(all)
	for n, i := range all {
		if as, found := g.as[i.Hash]; found {
			all[n] = as
		}
	}
	return g.Inviter.PutInvitations(ctx, all)
}
