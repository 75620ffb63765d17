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
	also := s.assignID(ctx, r)
	created, err = s.Responses.Put(ctx, *r, also...)
	if created || err != nil {
		return created, err
	}
	for _, id := range also {
		taken, err := s.IDs.Taken(ctx, r.Survey, id)
		if err != nil {
			return false, err
		}
		if taken {
			r.ID = id
		}
	}
	return false, nil
}

// slot is the time within which equal answers from one address and browser, without an id, are one submission.
const slot = 10 * time.Second

// assignID sets the id and returns the other ids under which the same submission may be stored already: none if the client
// has given one, because an id is taken for good. An id that is derived from the time changes with the slot, so a second
// click may come under the next one.
func (s *submission) assignID(ctx context.Context, r *answer.Response) (also []string) {
	if r.ID != "" {
		return nil
	}
	var secret []byte
	if !s.current.KeepDuplicates {
		secret = s.secret(ctx)
	}
	if secret == nil {
		r.ID = randomID()
		return nil
	}
	number := s.now.UnixNano() / int64(slot)
	r.ID = s.derivedID(secret, r, number)
	return []string{s.derivedID(secret, r, number-1)}
}

// secret returns the secret of the deployment; nil if there is none: then every click is a submission, which is better than
// to lose one, or to give it an id that others can compute.
func (s *submission) secret(ctx context.Context) []byte {
	secret, err := s.Secrets.Secret(ctx)
	switch {
	case err == nil:
		return secret
	case !errors.Is(err, store.ErrNoSecret):
		s.Log.Warn("secret not read, so a second click is not recognized", "survey", s.current.ID, "error", err)
	}
	return nil
}

// derivedID returns an id for a submission that has none, made of its survey, answers, address, browser and time, which
// others may know, and of a secret, without which nobody can repeat it.
func (s *submission) derivedID(secret []byte, r *answer.Response, slot int64) string {
	digest := r.Digest()
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("glasspoll id 1\n")) // the secret may come to be used for something else
	mac.Write(digest[:])
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(slot)))
	fmt.Fprintf(mac, "%q %q", s.ClientAddress(s.r), s.r.UserAgent())
	return answer.OwnID([16]byte(mac.Sum(nil)))
}

// randomID returns an id that nobody can guess.
func randomID() string { return answer.OwnID(uuid.New()) }
