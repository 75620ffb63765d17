package intake

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/seal"
	"glasspoll/internal/store"
)

// sealAnswers seals what came unsealed of a response that has its id. What keys the digest is stored nowhere: the key that the id follows
// from, or the nonce of a token.
func (s *submission) sealAnswers(r *answer.Response) error {
	var key []byte
	if posted, ok := s.postedKey(); ok {
		key = posted[:]
	}
	if s.spent != nil {
		key = s.spent.token.Nonce
	}
	err := r.Seal(s.answered, rand.Reader, key)
	if errors.Is(err, seal.ErrTooLong) {
		return store.ErrTooLarge
	}
	return err
}

// idSecret returns what keys the ids of a slot; nil if there is nothing, or if every click is to count. Without it every click is a
// submission, which is better than to lose one, or to give it an id that others can compute. Where answers are sealed it is gone two
// days later, because an id that follows from answers would let whoever has its key try guesses on them.
func (s *submission) idSecret(ctx context.Context, slot int64) []byte {
	if s.answered.Sealing == nil {
		return s.secret(ctx)
	}
	if s.current.KeepDuplicates || s.DaySecrets == nil {
		return nil
	}
	secret, err := s.DaySecrets.DaySecret(ctx, time.Unix(0, slot*int64(slotLength)))
	if err != nil {
		s.Log.Warn("secret of the day not read, so a second click is not recognized", "survey", s.current.ID, "error", err)
		return nil
	}
	return secret
}

// isStored looks for the same submission under other ids, where what is sealed differs each time. If it is stored under one, the response
// gets that id.
func (s *submission) isStored(ctx context.Context, r *answer.Response, also []string) (bool, error) {
	for _, id := range also {
		taken, err := s.IDs.Taken(ctx, r.Survey, id)
		if err != nil {
			return false, err
		}
		if taken {
			r.ID = id
			return true, nil
		}
	}
	return false, nil
}
