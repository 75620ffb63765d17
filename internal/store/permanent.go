package store

import (
	"errors"

	"glasspoll/internal/message"
)

// ErrPermanent says that a store cannot do something before somebody has mended it: a right is missing, a table, or what is stored
// is damaged. Trying again does not help until then, and nothing was stored by the call.
var ErrPermanent = errors.New("permanent")

// Permanent makes an error an [ErrPermanent], with the same text.
func Permanent(err error) error {
	if err == nil || errors.Is(err, ErrPermanent) {
		return err
	}
	return permanent{err}
}

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

func (permanent) Is(target error) bool { return target == ErrPermanent }

// Message implements [message.Messenger].
func (p permanent) Message() message.Text { return message.Of(p.error) }
