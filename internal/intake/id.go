package intake

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// put stores a response under its id, or one that it gets, and sets the id to the one under which it is stored: of a second
// click, that of the first.
func (s *submission) put(ctx context.Context, r *answer.Response) (created bool, err error) {
	switch {
	case s.spent != nil:
		return s.spend(ctx, r)
	case s.invited != nil:
		return s.redeem(ctx, r)
	}
	also := s.assignID(ctx, r)
	if s.answered.Sealing != nil {
		if stored, err := s.isStored(ctx, r, also); stored || err != nil {
			return false, err
		}
		also = nil
	}
	if err := s.sealAnswers(r); err != nil {
		return false, err
	}
	if day := s.day(); day.IsZero() {
		created, err = s.Responses.Put(ctx, *r, also...)
	} else {
		created, err = s.Days.PutOn(ctx, day, *r, also...)
	}
	if created || err != nil {
		return created, err
	}
	_, err = s.isStored(ctx, r, also)
	return false, err
}

// redeem stores a response with the mark that its invitation has been used. An id that the client has not given is random: one
// that followed from the invitation would join the two.
func (s *submission) redeem(ctx context.Context, r *answer.Response) (created bool, err error) {
	if r.ID == "" {
		s.setKey(r, randomKey())
	}
	if err := s.sealAnswers(r); err != nil {
		return false, err
	}
	return s.Redeemer.Redeem(ctx, store.Redemption{Response: *r, Hash: s.invited.secret.Hash(), Identified: s.isIdentified(), Day: s.day()})
}

// postedKey returns the id that the client has given, if it is one.
func (s *submission) postedKey() (uuid.UUID, bool) {
	key, err := uuid.Parse(s.posted.ID)
	return key, err == nil && len(s.posted.ID) == 36 && key != uuid.Nil
}

// slotLength is the time within which equal answers from one address and browser, without an id, are one submission.
const slotLength = 10 * time.Second

// assignID sets the id and returns the other ids under which the same submission may be stored already: none if the client
// has given one, because an id is taken for good. A key that is derived from the time changes with the slot, so a second
// click may come under the next one. The form, if it is shown again, carries the key, so that it stays the same submission.
func (s *submission) assignID(ctx context.Context, r *answer.Response) (also []string) {
	if r.ID != "" {
		return nil
	}
	key := randomKey()
	slot := s.now.UnixNano() / int64(slotLength)
	secret := s.idSecret(ctx, slot)
	before := secret
	if s.answered.Sealing != nil { // it is that of a day
		before = s.idSecret(ctx, slot-1)
	}
	if secret != nil && before != nil {
		key = s.derivedKey(secret, r, slot)
		also = []string{answer.IDOf(r.Survey, s.derivedKey(before, r, slot-1))}
	}
	s.setKey(r, key)
	return also
}

// setKey gives a response the id of a key. The form, if it is shown again, carries the key.
func (s *submission) setKey(r *answer.Response, key uuid.UUID) {
	s.posted.ID, r.ID = key.String(), answer.IDOf(r.Survey, key)
}

// secret returns the secret of the deployment; nil if there is none, or if every click is to count. Without it every click is
// a submission, which is better than to lose one, or to give it an id that others can compute.
func (s *submission) secret(ctx context.Context) []byte {
	if s.current.KeepDuplicates {
		return nil
	}
	secret, err := s.Secrets.Secret(ctx)
	switch {
	case err == nil:
		return secret
	case !errors.Is(err, store.ErrNoSecret):
		s.Log.Warn("secret not read, so a second click is not recognized", "survey", s.current.ID, "error", err)
	}
	return nil
}

// derivedKey returns a key for a submission that has none, made of its survey, answers, address, browser and time, which
// others may know, and of a secret, without which nobody can repeat it.
func (s *submission) derivedKey(secret []byte, r *answer.Response, slot int64) uuid.UUID {
	digest := r.Digest()
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("glasspoll id 1\n")) // the secret may come to be used for something else
	mac.Write(digest[:])
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(slot)))
	fmt.Fprintf(mac, "%q %q", s.Client(s.r), s.r.UserAgent())
	return answer.Key([16]byte(mac.Sum(nil)))
}

// randomKey returns a key that nobody can guess.
func randomKey() uuid.UUID { return answer.Key(uuid.New()) }
