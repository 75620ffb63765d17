package store

import (
	"context"

	"glasspoll/internal/blind"
	"glasspoll/internal/invitation"
	"glasspoll/internal/message"
)

// ErrNoKey says that there is no such signing key.
var ErrNoKey error = message.Key("no such signing key")

// SigningKeys reads the private keys of anonymous surveys. On AWS, only who signs and who carries everything to another store has
// the right to.
type SigningKeys interface {
	// SigningKey returns the private key of a survey that has an id; ErrNoKey if there is none.
	SigningKey(ctx context.Context, survey, id string) (blind.Private, error)
}

// KeyRing keeps the private keys of anonymous surveys. What is stored is never changed or removed.
type KeyRing interface {
	SigningKeys

	// PutSigningKeys stores private keys under their ids, durably. They may be put again.
	PutSigningKeys(ctx context.Context, survey string, keys []blind.Private) error

	// SigningKeysOf returns all private keys of a survey, in the order of their ids.
	SigningKeysOf(ctx context.Context, survey string) ([]blind.Private, error)
}

// Marker marks invitations as used for a blind signature.
type Marker interface {
	// RedeemBlinded marks an invitation to a survey as used for a blinded value, durably: if it can be used, or if it has been
	// used for this very value, so that a lost reply can be asked for again. Else the error is ErrNotInvited, ErrRedeemed or
	// ErrInvitationWithdrawn, and nothing changes. No time is stored. Of any number of values for one invitation at the same
	// time, one is marked. Whether it is an invitation of today is up to the caller.
	RedeemBlinded(ctx context.Context, survey string, hash invitation.Hash, value invitation.Digest) error
}

// CheckBlinded returns why an invitation, if it is found, cannot be marked as used for a blinded value; nil if it can or is.
func CheckBlinded(i invitation.Invitation, found bool, survey string, value invitation.Digest) error {
	switch {
	case !found || i.Survey != survey:
		return ErrNotInvited
	case i.Redeemed && i.Blinded == value:
		return nil
	case i.Redeemed:
		return ErrRedeemed
	case i.Withdrawn:
		return ErrInvitationWithdrawn
	}
	return nil
}
