package intake

import (
	"errors"
	"net/http"
	"strings"

	"glasspoll/internal/answer"
	"glasspoll/internal/invitation"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
)

// serveStop serves the address at which the invited say that they want no more messages: a page with a button, and what it
// sends. Programs of mail send the same in one click (RFC 8058), without a page and without a cookie. Whoever has the secret may, also
// when the survey is gone.
func (s *submission) serveStop(word string) {
	i, err := s.linked(word)
	if err != nil && (i == nil || !errors.Is(err, store.ErrUnknown)) {
		s.refuseLink(err)
		return
	}
	if s.r.Method != http.MethodPost {
		s.noticeAbout(http.StatusOK, render.NoticePage{Code: answer.StopMessages, AsksStop: true})
		return
	}
	ctx := s.r.Context()
	first, err := s.Stopper.StopMessages(ctx, i.secret.Hash())
	switch {
	case errors.Is(err, store.ErrNotInvited):
		s.notice(s.w, s.r, http.StatusGone, answer.Problem{Code: answer.InvitationUnknown})
		return
	case err != nil:
		status, p := s.fault("stop not stored", err, answer.Unavailable, answer.Internal)
		s.noticeAbout(status, render.NoticePage{Code: p.Code, Args: p.Args})
		return
	}
	if first && s.current != nil {
		s.count(ctx, i, invitation.Stopped)
	}
	if !strings.Contains(s.r.Header.Get("Accept"), "text/html") {
		s.writeJSON(s.w, http.StatusOK, map[string]bool{"stopped": true})
		return
	}
	s.noticeAbout(http.StatusOK, render.NoticePage{Code: answer.MessagesStopped})
}
