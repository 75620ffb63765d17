package intake

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/blind"
	"glasspoll/internal/invitation"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Signer is what signing for the invitees of anonymous surveys takes: POST …/api/surveys/ID/token. The zero value signs nothing.
//
// A device makes two requests. The first names the invitation, and has a blinded value signed; the second has the answers and the
// signature, and nothing of the invitation. What joins the two is the time at which they come, and no more: the device waits between
// them, and neither is logged.
type Signer struct {
	Keys   store.SigningKeys
	Marker store.Marker

	ring blind.Ring
}

// maxTokenBody bounds a request for a signature, in bytes.
const maxTokenBody = 2 << 10

// tokenRequest is a request for a signature.
type tokenRequest struct {
	Invitation string `json:"invitation"`
	Key        string `json:"key"`
	Blinded    string `json:"blinded"` // base64url without padding
}

// serveKeys replies with the public keys of a version of a survey: the same to everybody. They never change.
func (s *submission) serveKeys(id, version string) {
	of, err := s.Definitions.Definition(s.r.Context(), id, version)
	if err == nil && (of.Keys == nil || of.Version != version) {
		err = store.ErrUnknown
	}
	if err != nil {
		s.refuseSurvey(id, err)
		return
	}
	s.header(http.StatusOK, jsonMedia, "Cache-Control", "public, max-age=31536000, immutable")
	s.w.Write(of.Keys.Encode())
}

// sign takes a request for a signature, marks the invitation as used for the blinded value, and replies with the signature. The
// same value has the same signature, so a device whose reply was lost asks again.
func (s *submission) sign(id string) {
	_, body, ok := s.read(jsonMedia)
	if !ok {
		return
	}
	var posted tokenRequest
	blinded, malformed := []byte(nil), len(body) > maxTokenBody || json.Unmarshal(body, &posted) != nil
	if !malformed {
		var err error
		blinded, err = base64.RawURLEncoding.DecodeString(posted.Blinded)
		malformed = err != nil || len(blinded) != survey.KeySize
	}
	if malformed {
		s.notice(s.w, s.r, http.StatusBadRequest, answer.Problem{Code: answer.BadBody})
		return
	}
	s.sends = true
	ctx := s.r.Context()
	if !s.findSurvey(ctx, id) {
		return
	}
	if s.current.Keys == nil || s.Signer == nil {
		s.refuse(http.StatusForbidden, answer.Problem{Code: answer.NotAnonymous})
		return
	}
	if _, takes := s.current.TakesAt(s.now); !takes {
		s.refuseClosed()
		return
	}
	i, err := s.inviteeOf(ctx, posted.Invitation)
	switch {
	case errors.Is(err, store.ErrNotInvited):
		s.refuse(http.StatusForbidden, answer.Problem{Code: answer.InvitationUnknown})
		return
	case err != nil:
		s.refuseUnstored("invitation not found", err)
		return
	}
	if !i.invitation.Redeemed { // of one that is, the same value has the same signature
		if p, refused := s.refuses(i.invitation); refused {
			s.refuseInvitation(p)
			return
		}
	}
	key, ok := s.current.Keys.Of(i.invitation.Period, i.invitation.Values)
	switch {
	case !ok:
		s.refuse(http.StatusForbidden, answer.Problem{Code: answer.NotAnonymous})
	case key.ID != posted.Key:
		s.refuse(http.StatusConflict, answer.Problem{Code: answer.TokenUnknown})
	case blind.CheckBlinded(key, blinded) != nil:
		s.notice(s.w, s.r, http.StatusBadRequest, answer.Problem{Code: answer.BadBody})
	default:
		s.markAndSign(ctx, i, key, blinded)
	}
}

// markAndSign marks an invitation as used, and replies with the signature of a blinded value.
func (s *submission) markAndSign(ctx context.Context, i *invitee, key survey.Key, blinded []byte) {
	private, err := s.Signer.ring.Get(key.ID, func() (blind.Private, error) {
		return s.Signer.Keys.SigningKey(ctx, s.current.ID, key.ID)
	})
	if errors.Is(err, store.ErrNoKey) {
		err = store.Permanent(err)
	}
	if err == nil {
		err = s.Signer.Marker.RedeemBlinded(ctx, s.current.ID, i.secret.Hash(), blind.DigestOf(blinded))
	}
	var signature []byte
	if err == nil {
		signature, err = private.Sign(blinded)
	}
	if err != nil {
		s.refusePut(err)
		return
	}
	s.invited = i
	s.forgetInvitation()
	s.count(ctx, i, invitation.Started)
	s.writeJSON(s.w, http.StatusOK, map[string]string{"signature": base64.RawURLEncoding.EncodeToString(signature)})
}

// keyOf returns the id of the key by which an invitee can answer anonymously; "" if there is none.
func (s *submission) keyOf(i *invitee) string {
	key, _ := s.answered.Keys.Of(i.invitation.Period, i.invitation.Values)
	return key.ID
}

// spent is a token that answers are given by, and its key, which says what is known of who answers.
type spent struct {
	token blind.Token
	key   survey.Key
}

// findToken verifies the token that answers are given by. If it does not hold, it replies and returns false.
func (s *submission) findToken() bool {
	token, err := blind.ParseToken(s.posted.Token.Reveal())
	var key survey.Key
	found := false
	for _, of := range []*survey.Survey{s.current, s.answered} { // a page that is open may be of a version that had other promises
		if err == nil && !found {
			key, found = of.Keys.Find(token.Key)
		}
	}
	if !found || token.Verify(key) != nil {
		s.refuse(http.StatusForbidden, answer.Problem{Code: answer.TokenUnknown})
		return false
	}
	if !s.takesPeriod(key.Period) {
		s.refuse(http.StatusForbidden, answer.Problem{Code: answer.TokenLate})
		return false
	}
	s.spent = &spent{token, key}
	s.posted.ID, s.posted.Channel = "", "" // a channel may be that of few
	s.posted.SetHidden(s.answered, key.Values)
	return true
}

// tokenGrace is how long after the end of its period a token can be spent: a device may have been switched off while it waited.
const tokenGrace = 24 * time.Hour

// takesPeriod reports whether answers that count in the period of a key are taken now.
func (s *submission) takesPeriod(period string) bool {
	return period == "" || period == s.current.PeriodAt(s.now) || period == s.current.PeriodAt(s.now.Add(-tokenGrace)) || period > s.current.PeriodAt(s.now)
}

// spend stores a response under the id that follows from its token. So a token is spent once: the same answers again are the same
// response, and others are refused.
func (s *submission) spend(ctx context.Context, r *answer.Response) (created bool, err error) {
	r.ID = s.spent.token.ID(r.Survey)
	if err := s.sealAnswers(r); err != nil {
		return false, err
	}
	return s.Days.PutOn(ctx, s.current.BeginningOfDay(s.now), *r)
}

// choosesConfidential reports whether an invitee of an anonymous survey has chosen to answer confidentially. Nobody is taken to have
// chosen it: if not, it replies.
func (s *submission) choosesConfidential() bool {
	if s.current.Anonymity != survey.Anonymous || s.posted.Confidential {
		return true
	}
	s.refuse(http.StatusForbidden, answer.Problem{Code: answer.NotAnonymous})
	return false
}
