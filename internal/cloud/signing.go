package cloud

import (
	"cmp"
	"context"
	"slices"

	"glasspoll/internal/blind"
	"glasspoll/internal/invitation"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// Private keys are in the table of invitations:
//
//	PK           SK      what
//	K#survey     id      private key of a group
//
// In this table, the kind is theirs alone, so that the role that signs, and no other, can be allowed to read them.
func signingKey(survey string) string { return "K#" + survey }

// blinded is the attribute of an invitation's item with the hash of the blinded value that it has been used for.
const blinded = "blinded"

// PutSigningKeys implements [store.KeyRing].
func (t *Table) PutSigningKeys(ctx context.Context, survey string, keys []blind.Private) error {
	if err := t.withInvitations(); err != nil {
		return err
	}
	_, err := countEach(ctx, keys, func(ctx context.Context, k blind.Private) (bool, error) {
		stored := key(signingKey(survey), k.ID())
		stored[body] = binaryOf(k.Encode())
		return t.createIn(ctx, t.invited, stored) // what is there is the same: an id follows from its key
	})
	return err
}

// SigningKey implements [store.SigningKeys].
func (t *Table) SigningKey(ctx context.Context, survey, id string) (k blind.Private, err error) {
	if t.invited == "" {
		return k, store.ErrNoKey
	}
	stored, err := t.getIn(ctx, t.invited, signingKey(survey), id)
	switch {
	case err != nil:
		return k, err
	case stored == nil:
		return k, store.ErrNoKey
	}
	k, err = blind.DecodePrivate(bytesOf(stored, body))
	return k, store.Permanent(t.wrapInvited(err))
}

// SigningKeysOf implements [store.KeyRing].
func (t *Table) SigningKeysOf(ctx context.Context, survey string) (keys []blind.Private, err error) {
	if err := t.withInvitations(); err != nil {
		return nil, t.unlessNever(ctx, survey, isAnonymous, err)
	}
	for stored, err := range t.itemsIn(ctx, t.invited, signingKey(survey)) {
		if err != nil {
			return nil, t.unlessNever(ctx, survey, isAnonymous, err)
		}
		k, err := blind.DecodePrivate(bytesOf(stored, body))
		if err != nil {
			return nil, t.wrapInvited(message.Errorf("%s, key %s: %w", survey, textOf(stored, sortKey), err))
		}
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b blind.Private) int { return cmp.Compare(a.ID(), b.ID()) })
	return keys, nil
}

// RedeemBlinded implements [store.Marker], in one conditional write.
func (t *Table) RedeemBlinded(ctx context.Context, survey string, hash invitation.Hash, value invitation.Digest) error {
	if t.invited == "" {
		return store.ErrNotInvited
	}
	done, err := t.updateInvitation(ctx, hash, "SET #used = :true, #blinded = :blinded",
		"#survey = :survey AND attribute_not_exists(#withdrawn) AND (attribute_not_exists(#used) OR #blinded = :blinded)",
		item{":blinded": binaryOf(value[:]), ":survey": text(survey)})
	if err != nil || done {
		return err
	}
	i, err := t.Invitation(ctx, hash)
	if err != nil {
		return err
	}
	if err := store.CheckBlinded(i, true, survey, value); err != nil {
		return err
	}
	return t.wrapInvited(message.Errorf("an invitation is being changed: try again")) // without its hash: see notInvited
}
