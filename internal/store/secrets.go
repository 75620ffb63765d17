package store

import (
	"context"
	"crypto/rand"

	"glasspoll/internal/message"
)

// SecretSize is the length of a deployment's secret in bytes.
const SecretSize = 32

// ErrNoSecret says that a deployment has no secret yet.
var ErrNoSecret error = message.Key("no secret has been made yet")

// Secrets returns the secret of a deployment, with which ids are keyed that the server makes. It is of one store: it is in no
// page, log, export or archive, and does not move with the responses.
type Secrets interface {
	// Secret returns it; ErrNoSecret if none has been made. It never changes, and is the caller's own.
	Secret(ctx context.Context) ([]byte, error)
}

// SecretMaker makes the secret of a deployment.
type SecretMaker interface {
	// MakeSecret makes the secret, durably, unless there is one. However many processes make it at the same time, one secret
	// is the deployment's from then on.
	MakeSecret(ctx context.Context) error
}

// IDs tells which ids are taken.
type IDs interface {
	// Taken reports whether an id is taken in a survey, also by a tombstone. The read is strongly consistent.
	Taken(ctx context.Context, survey, id string) (bool, error)
}

// NewSecret returns random bytes for a secret.
func NewSecret() []byte {
	secret := make([]byte, SecretSize)
	rand.Read(secret) // never fails
	return secret
}

// CheckSecret checks a secret that was read.
func CheckSecret(secret []byte) error {
	if len(secret) != SecretSize {
		return message.Errorf("the secret of this deployment has %d bytes, not %d: %w. Restore it from a copy", len(secret), SecretSize, ErrDamaged)
	}
	return nil
}
