package intake

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/invitation"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// invitee is who answers by an invitation.
type invitee struct {
	secret     invitation.Secret
	invitation invitation.Invitation
}

// invitee looks up the invitation with a secret, as it was written or typed. The error is store.ErrNotInvited if there is none.
func (h *Handler) invitee(ctx context.Context, typed string) (*invitee, error) {
	secret, err := invitation.ParseSecret(typed)
	if err != nil {
		return nil, store.ErrNotInvited
	}
	i, err := h.Invitations.Invitation(ctx, secret.Hash())
	if err != nil {
		return nil, err
	}
	return &invitee{secret, i}, nil
}

// inviteeOf is invitee for the survey that the request is about. An invitation to another is none.
func (s *submission) inviteeOf(ctx context.Context, typed string) (*invitee, error) {
	i, err := s.invitee(ctx, typed)
	if err == nil && i.invitation.Survey != s.current.ID {
		return nil, store.ErrNotInvited
	}
	return i, err
}

// unusable says why an invitation cannot be used at an instant. The last result is false if it can.
func (s *submission) unusable(i invitation.Invitation, at time.Time) (status int, p answer.Problem, unusable bool) {
	switch i.StateOn(s.current.DateAt(at)) {
	case invitation.Redeemed:
		return http.StatusOK, answer.Problem{Code: answer.InvitationUsed}, true
	case invitation.Withdrawn:
		return http.StatusGone, answer.Problem{Code: answer.InvitationWithdrawn}, true
	case invitation.Expired:
		return http.StatusGone, answer.Problem{Code: answer.InvitationExpired, Args: []any{"date", i.Until}}, true
	case invitation.Early:
		return http.StatusOK, answer.Problem{Code: answer.InvitationEarly, Args: []any{"date", i.From}}, true
	}
	return 0, answer.Problem{}, false
}

// refuses says why nothing can be sent by an invitation now. Who has begun in time may send, as at the end of the survey.
func (s *submission) refuses(i invitation.Invitation) (p answer.Problem, refused bool) {
	_, p, refused = s.unusable(i, s.now.Add(-survey.Grace))
	if p.Code == answer.InvitationEarly {
		_, p, refused = s.unusable(i, s.now)
	}
	return p, refused
}

// invitedQuery is in the query of a form's address to which an invitation has led, with the mark of the cookie that says which. So
// a form is never that of somebody else who uses the browser, and it is known when the browser keeps no cookie.
const invitedQuery = render.InvitedQuery

// serveLink serves an address of invitations.
func (s *submission) serveLink(address string) {
	s.w.Header().Set("Referrer-Policy", "no-referrer")
	switch word, tail, _ := strings.Cut(strings.TrimSuffix(address, "/"), "/"); {
	case word == "opened" && tail == "":
		if s.allows(http.MethodPost) {
			s.serveOpened()
		}
	case tail == "":
		if s.allows(http.MethodGet, http.MethodHead) {
			s.follow(word)
		}
	case tail == "stop":
		if s.allows(http.MethodGet, http.MethodHead, http.MethodPost) {
			s.serveStop(word)
		}
	default:
		s.notice(s.w, s.r, http.StatusNotFound, answer.Problem{Code: answer.NotFound})
	}
}

// follow leads from the link of an invitation to the form. It changes nothing: programs that look through mail open links, too.
func (s *submission) follow(word string) {
	i, err := s.linked(word)
	if err != nil {
		s.refuseLink(err)
		return
	}
	if status, p, unusable := s.unusable(i.invitation, s.now); unusable {
		s.noticeAbout(status, render.NoticePage{Code: p.Code, Args: p.Args})
		return
	}
	mark, known := s.markOf(i.secret)
	if !known {
		mark = randomKey().String()[:8] // random, because addresses are kept in logs
	}
	s.setCookie(i.secret.Word()+cookieMark+mark, cookieLife)
	s.header(http.StatusSeeOther, "", "Location", rootOf(s.r.URL.Path)+"api/surveys/"+s.current.ID+"/form/"+s.posted.Language+"?"+invitedQuery+"="+mark)
}

// linked finds the invitation that a link names, its survey, and the language to reply in. If the error is store.ErrUnknown, there is
// an invitation, but its survey is gone.
func (s *submission) linked(word string) (*invitee, error) {
	ctx := s.r.Context()
	i, err := s.invitee(ctx, word)
	if err != nil {
		return nil, err
	}
	current, err := s.Definitions.Definition(ctx, i.invitation.Survey, "")
	if err != nil {
		return i, err
	}
	s.current, s.answered, s.posted.Language = current, current, i.invitation.Language
	if !s.current.HasLanguage(s.posted.Language) {
		s.posted.Language = s.Renderer.Match(s.r.Header.Get("Accept-Language"), s.current.Languages...)
	}
	return i, nil
}

// refuseLink replies that a link leads nowhere, or that this cannot be found out. The status is never 404, which a CDN may answer
// with a page of its own.
func (s *submission) refuseLink(err error) {
	if errors.Is(err, store.ErrNotInvited) || errors.Is(err, store.ErrUnknown) {
		s.notice(s.w, s.r, http.StatusGone, answer.Problem{Code: answer.InvitationUnknown})
		return
	}
	status, p := s.fault("invitation not found", err, answer.Unavailable, answer.Internal)
	s.notice(s.w, s.r, status, p)
}

// admit finds out by which invitation a form is asked for, if by any. It replies and returns false if there is no form to be
// shown.
func (s *submission) admit(ctx context.Context) bool {
	if !s.current.HasInvitations() {
		return true
	}
	typed := s.posted.Invitation.Reveal()
	if typed == "" {
		query := s.r.URL.Query()
		if !query.Has(invitedQuery) {
			return true
		}
		if secret, mark := s.cookie(); mark == query.Get(invitedQuery) {
			typed = secret
		}
	}
	i, err := s.inviteeOf(ctx, typed)
	switch {
	case errors.Is(err, store.ErrNotInvited):
		code := answer.InvitationUnknown
		if s.posted.Invitation == "" {
			code = answer.CookieNeeded
		}
		s.noticeAbout(http.StatusOK, render.NoticePage{Code: code, AsksInvitation: true})
		return false
	case err != nil:
		status, p := s.fault("invitation not found", err, answer.Unavailable, answer.Internal)
		s.noticeAbout(status, render.NoticePage{Code: p.Code, Args: p.Args})
		return false
	}
	if status, p, unusable := s.unusable(i.invitation, s.now); unusable {
		s.noticeAbout(status, render.NoticePage{Code: p.Code, Args: p.Args})
		return false
	}
	s.comesAs(i)
	return true
}

// comesAs takes what the invitation says of who answers.
func (s *submission) comesAs(i *invitee) {
	s.invited = i
	s.posted.SetHidden(s.answered, i.invitation.Values)
	s.posted.Channel = i.invitation.Channel
	if !slices.Contains(s.answered.Channels, s.posted.Channel) || s.current.Anonymity == survey.Anonymous { // a channel may be that of few
		s.posted.Channel = ""
	}
}

// shownInvitee returns whose form is shown; nil if no invitation is known. One that was not looked up, because the submission was
// malformed or the store has failed, stays in the form.
func (s *submission) shownInvitee() *render.Invitee {
	var shown render.Invitee
	var secret invitation.Secret
	if s.invited != nil {
		secret, shown.Key = s.invited.secret, s.keyOf(s.invited)
	} else {
		var err error
		if secret, err = invitation.ParseSecret(s.posted.Invitation.Reveal()); err != nil {
			return nil
		}
	}
	shown.Secret, shown.Draft = secret.Word(), secret.Draft()
	var ok bool
	if shown.Mark, ok = s.markOf(secret); !ok {
		shown.Mark = noMark
	}
	return &shown
}

// findInvitation finds the invitation that answers are given by, if they need one or name one. If it cannot be used, it replies
// and returns false: but answers that are stored already may be sent again.
func (s *submission) findInvitation(ctx context.Context) bool {
	if s.posted.Token != "" {
		return s.findToken()
	}
	if !s.current.HasInvitations() {
		return true
	}
	if s.posted.Invitation == "" {
		if s.current.IsOpenToAll() {
			return true
		}
		s.refuse(http.StatusForbidden, answer.Problem{Code: answer.InvitedOnly})
		return false
	}
	i, err := s.inviteeOf(ctx, s.posted.Invitation.Reveal())
	switch {
	case errors.Is(err, store.ErrNotInvited):
		s.posted.Invitation = ""
		s.refuse(http.StatusForbidden, answer.Problem{Code: answer.InvitationUnknown})
		return false
	case err != nil:
		s.refuseUnstored("invitation not found", err)
		return false
	}
	s.comesAs(i)
	p, refused := s.refuses(i.invitation)
	if !refused {
		return s.choosesConfidential()
	}
	taken, err := s.isTaken(ctx)
	switch {
	case err != nil:
		s.refuseUnstored("id not looked up", err)
	case !taken:
		s.refuseInvitation(p)
	}
	return err == nil && taken
}

// refuseInvitation replies that an invitation cannot be used for these answers.
func (s *submission) refuseInvitation(p answer.Problem) {
	status := http.StatusForbidden
	if p.Code == answer.InvitationUsed {
		status = http.StatusConflict
	}
	s.refuse(status, p)
}

// isTaken reports whether the id that the client gave is that of stored answers.
func (s *submission) isTaken(ctx context.Context) (bool, error) {
	key, ok := s.postedKey()
	if !ok {
		return false, nil
	}
	return s.IDs.Taken(ctx, s.current.ID, answer.IDOf(s.current.ID, key))
}

// isIdentified reports whether the answers are stored with the invitation: if their page said so, and that is still so.
func (s *submission) isIdentified() bool {
	return s.current.Anonymity == survey.Identified && s.answered.Anonymity == survey.Identified
}

// day returns the beginning of the day, which is the arrival of answers that nothing may join with a person. It is zero where
// the time is kept.
func (s *submission) day() time.Time {
	if !s.current.HasInvitations() || s.isIdentified() {
		return time.Time{}
	}
	return s.current.BeginningOfDay(s.now)
}

// The names of the cookie that leads from the link to the form. Browsers take the first only over TLS, from the site itself.
const (
	secureCookie = "__Host-glasspoll"
	plainCookie  = "glasspoll"
)

// cookieLife is how long the cookie keeps an invitation, at most.
const cookieLife = 12 * time.Hour

// setCookie sets the cookie; a life of 0 removes it.
func (s *submission) setCookie(value string, life time.Duration) {
	c := &http.Cookie{Name: plainCookie, Value: value, Path: "/", MaxAge: int(life / time.Second), HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if isOverTLS(s.r) {
		c.Name, c.Secure = secureCookie, true
	}
	if life == 0 {
		c.MaxAge = -1 // written as 0
	}
	http.SetCookie(s.w, c)
}

const (
	cookieMark = "." // between the secret and the mark in the cookie
	noMark     = "-" // of no cookie
)

// cookie returns the secret in the cookie and its mark; "" if there is none.
func (s *submission) cookie() (secret, mark string) {
	name := plainCookie
	if isOverTLS(s.r) {
		name = secureCookie
	}
	c, err := s.r.Cookie(name)
	if err != nil {
		return "", ""
	}
	secret, mark, _ = strings.Cut(c.Value, cookieMark)
	return secret, mark
}

// markOf returns the mark of the cookie if it has a secret.
func (s *submission) markOf(secret invitation.Secret) (mark string, ok bool) {
	word, mark := s.cookie()
	kept, err := invitation.ParseSecret(word)
	return mark, err == nil && kept == secret
}

// forgetInvitation removes the cookie if it has the invitation that was used, and not one that somebody else has opened since.
func (s *submission) forgetInvitation() {
	if s.invited == nil {
		return
	}
	if _, ok := s.markOf(s.invited.secret); ok {
		s.setCookie("", 0)
	}
}

// isOverTLS reports whether the browser has sent a request over TLS, to this program or to the proxy in front of it. A client
// that claims it is wrong about its own cookie alone.
func isOverTLS(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	if claimed, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ","); claimed != "" {
		return strings.EqualFold(strings.TrimSpace(claimed), "https")
	}
	// Browsers send this header over TLS, and to their own machine.
	return r.Header.Get("Sec-Fetch-Site") != "" && !isLoopback(r.Host)
}

// isLoopback reports whether a host is the machine of the browser itself.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost")
}

// noticeAbout replies with a notice about the survey, in the language of the request; if it is gone, with one about none.
func (s *submission) noticeAbout(status int, p render.NoticePage) {
	p.About, p.Root = s.current, rootOf(s.r.URL.Path)
	if s.current != nil {
		p.Language = s.language()
	} else {
		p.Language = s.Renderer.Match(s.r.Header.Get("Accept-Language"))
	}
	s.writeNotice(s.w, s.r, status, p)
}

// readInvitation reads the secret that is typed into a notice where the browser keeps no cookie.
func (s *submission) readInvitation() bool {
	_, body, ok := s.read(formMedia)
	if !ok {
		return false
	}
	values, _ := url.ParseQuery(string(body)) // what comes before a fault is kept
	s.posted.Invitation = answer.FromForm(url.Values{"_invitation": {values.Get("_invitation")}}).Invitation
	return true
}
