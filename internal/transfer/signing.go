package transfer

import (
	"context"

	"glasspoll/internal/blind"
	"glasspoll/internal/store"
)

// signing is a source that may have signing keys. One of an earlier form has none.
type signing interface {
	SigningKeysOf(ctx context.Context, survey string) ([]blind.Private, error)
}

var _ signing = store.KeyRing(nil)

// signingKeys carries the private keys that the target lacks. Without them those who are still to answer could not do so
// anonymously: a key is never replaced.
func (o *one) signingKeys(ctx context.Context) error {
	from, ok := o.from.(signing)
	if !ok {
		return nil
	}
	keys, err := from.SigningKeysOf(ctx, o.survey.ID)
	if err != nil || len(keys) == 0 {
		return err
	}
	if o.write {
		return o.to.PutSigningKeys(ctx, o.survey.ID, keys)
	}
	there, err := o.to.SigningKeysOf(ctx, o.survey.ID)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, key := range there {
		known[key.ID()] = true
	}
	missing := 0
	for _, key := range keys {
		if !known[key.ID()] {
			missing++
		}
	}
	if missing > 0 {
		o.differs("%s: %d signing keys are missing", o.survey.ID, missing)
	}
	return nil
}
