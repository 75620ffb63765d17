// Package intake takes submissions: it looks up the questionnaire and the invitation, checks the answers, stores them, and
// replies. Plain forms and JSON are handled alike; for browsers without a script, and for the invited, it also hands out forms
// that carry an id. Nothing is confirmed before it is durable, and a form that has problems is shown again with everything that
// was typed.
package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"glasspoll/internal/answer"
	"glasspoll/internal/headers"
	"glasspoll/internal/limit"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Handler serves POST …/api/surveys/ID/responses; POST …/withdraw, by which an answer is taken back; GET
// …/api/surveys/ID/form/LANGUAGE, also by POST with the secret of an invitation, and …/thanks/LANGUAGE; GET …/i/SECRET, the link
// of an invitation, GET and POST …/i/SECRET/stop, which ends messages, and POST …/i/opened, by which the form's script says that
// it was opened. All fields are required unless they say otherwise.
type Handler struct {
	Definitions store.Definitions
	Responses   store.Responses
	Withdrawer  store.Withdrawer
	Days        store.DayResponses // for surveys in which nothing may join a person and an answer
	Redeemer    store.Redeemer
	Signer      *Signer // nil: nobody can answer anonymously here
	Invitations store.Invitations
	Stopper     store.Stopper
	Steps       *Steps // nil: steps of invitations are not counted
	IDs         store.IDs
	Secrets     store.Secrets
	Renderer    Renderer
	Now         func() time.Time
	Client      func(*http.Request) string // by address, or what tells clients better apart; must not come from what a client can set
	Log         *slog.Logger
	DaySecrets  store.DaySecrets             // nil: a second click on a form without a script is not recognized where answers are sealed
	Limits      *Limits                      // nil: answers come as fast as they like, and nothing says how they came
	Host        func(*http.Request) []string // by which visitors may know the site; nil: as the request says
}

// MaxBody bounds a submission, in bytes: room for a dozen full long texts in Chinese, percent-encoded.
const MaxBody = 256 << 10

// ServeHTTP serves one request. An API stage or a folder may come before the path.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if fault := recover(); fault != nil {
			h.Log.Error("submission panicked", "fault", fmt.Sprint(fault), "stack", Trace())
			h.notice(w, r, http.StatusInternalServerError, answer.Problem{Code: answer.Internal})
		}
	}()
	s := &submission{Handler: h, w: w, r: r, now: h.Now()}
	if address, ok := parseLink(r.URL.Path); ok {
		s.serveLink(address)
		return
	}
	id, tail := parsePath(r.URL.Path)
	page, language, isPage := strings.Cut(tail, "/")
	switch {
	case tail == "token":
		if s.allows(http.MethodPost) {
			s.sign(id)
		}
	case tail == "withdraw":
		if s.allows(http.MethodPost) {
			s.withdraw(id)
		}
	case page == "keys" && isPage:
		if s.allows(http.MethodGet, http.MethodHead) {
			s.serveKeys(id, language)
		}
	case id == "" || tail != "responses" && (!isPage || page != "form" && page != "thanks"):
		h.notice(w, r, http.StatusNotFound, answer.Problem{Code: answer.NotFound})
	case !isPage:
		if s.allows(http.MethodPost) {
			s.accept(id)
		}
	case page == "form":
		if s.allows(http.MethodGet, http.MethodHead, http.MethodPost) {
			s.serveForm(id, language)
		}
	default:
		if s.allows(http.MethodGet, http.MethodHead) {
			s.serveThanks(id, language)
		}
	}
}

// parsePath returns the parts of …/api/surveys/ID/TAIL; "" if it is another path.
func parsePath(path string) (id, tail string) {
	const prefix = "/api/surveys/"
	i := strings.LastIndex(path, prefix)
	if i < 0 {
		return "", ""
	}
	id, tail, _ = strings.Cut(path[i+len(prefix):], "/")
	return id, strings.TrimSuffix(tail, "/")
}

// parseLink returns what follows …/i/ in the address of an invitation. Ok is false for every other address.
func parseLink(path string) (address string, ok bool) {
	i := linkIndex(path)
	if i < 0 {
		return "", false
	}
	return path[i+len(linkPrefix):], true
}

// linkPrefix begins the addresses of invitations, below the root of the site.
const linkPrefix = "/i/"

// linkIndex returns where linkPrefix is in the address of an invitation; -1 in every other.
func linkIndex(path string) int {
	if strings.Contains(path, "/api/surveys/") {
		return -1
	}
	return strings.LastIndex(path, linkPrefix)
}

// rootOf returns the path from an address of the handler to the root of the site.
func rootOf(path string) string {
	begin := linkIndex(path)
	if begin < 0 {
		begin = max(0, strings.LastIndex(path, "/api/"))
	}
	return strings.Repeat("../", max(0, strings.Count(path[begin:], "/")-1))
}

// submission is one request to store answers, or for the form to fill them in.
type submission struct {
	*Handler
	w      http.ResponseWriter
	r      *http.Request
	isForm bool // a plain form, not JSON
	sends  bool // answers have come, or what they need
	now    time.Time

	current  *survey.Survey // the questionnaire in force, whose window and periods count
	answered *survey.Survey // the version that the respondent saw
	posted   answer.Posted
	invited  *invitee // who answers; nil without an invitation
	spent    *spent   // by which somebody answers anonymously; nil without

	seal   limit.Seal // of the form that is the reply
	traced string     // range of addresses to keep for review
}

// allows reports whether the request's method is one of those given. If it is not, it replies.
func (s *submission) allows(methods ...string) bool {
	if slices.Contains(methods, s.r.Method) {
		return true
	}
	s.w.Header().Set("Allow", strings.Join(methods, ", "))
	s.notice(s.w, s.r, http.StatusMethodNotAllowed, answer.Problem{Code: answer.BadMethod})
	return false
}

// accept reads the submission, takes it and replies.
func (s *submission) accept(id string) {
	media, body, ok := s.read(formMedia, jsonMedia)
	if !ok {
		return
	}
	s.isForm, s.sends = media == formMedia, true
	s.serve(s.r.Context(), id, body)
}

// The media types of submissions.
const (
	formMedia = "application/x-www-form-urlencoded"
	jsonMedia = "application/json"
)

// read reads a body of one of some media types. If it cannot, it replies.
func (s *submission) read(media ...string) (sent string, body []byte, ok bool) {
	var err error
	var charset string
	sent = s.r.Header.Get("Content-Type")
	if !slices.Contains(media, sent) { // with parameters, or in capitals
		var parameters map[string]string
		sent, parameters, err = mime.ParseMediaType(sent)
		charset = parameters["charset"]
	}
	if err != nil || !slices.Contains(media, sent) || charset != "" && !strings.EqualFold(charset, "utf-8") {
		s.w.Header().Set("Accept", strings.Join(media, ", "))
		s.notice(s.w, s.r, http.StatusUnsupportedMediaType, answer.Problem{Code: answer.BadMediaType})
		return "", nil, false
	}
	body, err = s.readBody()
	if err != nil {
		status, code := http.StatusBadRequest, answer.BadBody
		if large := new(http.MaxBytesError); errors.As(err, &large) {
			status, code = http.StatusRequestEntityTooLarge, answer.TooMuch
		}
		s.notice(s.w, s.r, status, answer.Problem{Code: code})
		return "", nil, false
	}
	return sent, body, true
}

// readBody reads the body. Of one that is declared to be too large it reads nothing.
func (s *submission) readBody() ([]byte, error) {
	if s.r.ContentLength > MaxBody {
		return nil, &http.MaxBytesError{Limit: MaxBody}
	}
	body := bytes.NewBuffer(make([]byte, 0, min(max(s.r.ContentLength, 0), usualBody)+bytes.MinRead))
	_, err := body.ReadFrom(http.MaxBytesReader(s.w, s.r.Body, MaxBody))
	return body.Bytes(), err
}

// usualBody is up to what declared length memory for a body is set aside before it has come, in bytes.
const usualBody = 8 << 10

// serve takes the submission and replies.
func (s *submission) serve(ctx context.Context, id string, body []byte) {
	malformed := s.parse(body)
	if malformed != nil && !s.isForm {
		s.notice(s.w, s.r, http.StatusUnprocessableEntity, answer.Problem{Code: answer.BadBody})
		return
	}
	if !s.findSurvey(ctx, id) {
		return
	}
	if malformed != nil { // the form is shown with what could be parsed
		s.refuse(http.StatusUnprocessableEntity, answer.Problem{Code: answer.BadBody})
		return
	}
	period, takes := s.current.TakesAt(s.now)
	if !takes {
		s.refuseClosed()
		return
	}
	if !s.findInvitation(ctx) {
		return
	}
	response, thanks, problems := answer.Check(s.answered, s.posted)
	if len(problems) > 0 {
		s.countSent(ctx, false)
		s.reject(problems)
		return
	}
	response.Period = period
	if s.invited != nil && s.invited.invitation.Period != "" {
		response.Period = s.invited.invitation.Period
	}
	if s.spent != nil && s.spent.key.Period != "" {
		response.Period = s.spent.key.Period
	}
	if s.invited == nil && s.spent == nil && !s.passes(ctx, &response) {
		return
	}
	created, err := s.put(ctx, &response)
	if err != nil {
		s.refusePut(err)
		return
	}
	s.trace(ctx, response.ID)
	if created {
		s.countSent(ctx, true)
	}
	s.confirm(response, thanks, created)
}

// refusePut replies that the response is not stored.
func (s *submission) refusePut(err error) {
	switch {
	case errors.Is(err, store.ErrWithdrawn):
		s.refuse(http.StatusConflict, answer.Problem{Code: answer.Withdrawn})
	case errors.Is(err, store.ErrConflict):
		s.refuse(http.StatusConflict, answer.Problem{Code: answer.Conflict})
	case errors.Is(err, store.ErrTooLarge):
		s.refuse(http.StatusRequestEntityTooLarge, answer.Problem{Code: answer.TooMuch})
	case errors.Is(err, store.ErrRedeemed): // since it was looked up
		s.refuseInvitation(answer.Problem{Code: answer.InvitationUsed})
	case errors.Is(err, store.ErrInvitationWithdrawn):
		s.refuseInvitation(answer.Problem{Code: answer.InvitationWithdrawn})
	case errors.Is(err, store.ErrNotInvited):
		s.refuseInvitation(answer.Problem{Code: answer.InvitationUnknown})
	default:
		s.refuseUnstored("response not stored", err)
	}
}

// refuseUnstored replies that the store has failed, and logs how.
func (s *submission) refuseUnstored(what string, err error) {
	s.refuse(s.fault(what, err, answer.NotStored, answer.Unstorable))
}

// fault logs that the store has failed, and returns the status and what to reply: one of two codes, by whether trying again helps.
func (s *submission) fault(what string, err error, temporary, permanent answer.Code) (status int, p answer.Problem) {
	var contact *survey.Contact
	id, _ := parsePath(s.r.URL.Path)
	if s.current != nil {
		id, contact = s.current.ID, s.current.Contact
	}
	about := []any{"error", err}
	if id != "" {
		about = append(about, "survey", id)
	}
	if errors.Is(err, store.ErrPermanent) {
		s.Log.Error(what, append(about, "permanent", true)...)
		return http.StatusInternalServerError, answer.Problem{Code: permanent, Args: []any{"contact", contact}}
	}
	s.Log.Error(what, about...)
	s.w.Header().Set("Retry-After", "5")
	return http.StatusServiceUnavailable, answer.Problem{Code: temporary}
}

// refuseClosed replies that no answers are taken now, and when they are or were.
func (s *submission) refuseClosed() {
	s.refuse(http.StatusForbidden, render.ClosedProblem(s.current, s.current.PhaseAt(s.now)))
}

// parse parses the body. Of a malformed form, what comes before the fault is kept.
func (s *submission) parse(body []byte) error {
	if !s.isForm {
		var err error
		s.posted, err = answer.FromJSON(body)
		return err
	}
	values, err := url.ParseQuery(string(body))
	s.posted = answer.FromForm(values)
	return err
}

// findSurvey looks up the questionnaire in force and the one that was answered. If it cannot, it replies and returns false.
func (s *submission) findSurvey(ctx context.Context, id string) bool {
	var err error
	s.current, err = s.Definitions.Definition(ctx, id, "")
	s.answered = s.current
	if err == nil && s.posted.Version != "" && s.posted.Version != s.current.Version {
		s.answered, err = s.Definitions.Definition(ctx, id, s.posted.Version)
		if errors.Is(err, store.ErrUnknown) {
			s.answered, err = s.current, nil
			if !s.isForm {
				s.reject([]answer.Problem{{Field: "version", Code: answer.BadVersion}})
				return false
			}
		}
	}
	if err != nil {
		s.refuseSurvey(id, err)
		return false
	}
	if s.isForm {
		s.correctForm()
	}
	if !s.takesHidden() {
		s.posted.SetHidden(s.answered, nil)
	}
	return true
}

// refuseSurvey replies that there is no such survey, or that this cannot be found out.
func (s *submission) refuseSurvey(id string, err error) {
	if errors.Is(err, store.ErrUnknown) {
		s.notice(s.w, s.r, http.StatusNotFound, answer.Problem{Code: answer.NotFound})
		return
	}
	temporary, permanent := answer.Unavailable, answer.Internal
	if s.sends {
		temporary, permanent = answer.NotStored, answer.Unstorable
	}
	status, p := s.fault("questionnaire not found", err, temporary, permanent)
	s.notice(s.w, s.r, status, p)
}

// takesHidden reports whether hidden questions are answered by the link, which anybody may change. Where there are invitations,
// their values come from them alone.
func (s *submission) takesHidden() bool {
	return !s.current.HasInvitations() && !s.answered.HasInvitations()
}

// correctForm corrects what a respondent cannot: it takes the channel and hidden values that are missing from the link that
// led to the form, where they are without a script, and drops those that are invalid.
func (s *submission) correctForm() {
	p, link := &s.posted, s.link()
	if p.Channel == "" {
		p.Channel = link.Get("c")
	}
	for q := range s.answered.Questions() {
		if q.Type != survey.Hidden {
			continue
		}
		if len(p.Fields[q.ID]) == 0 || p.Fields[q.ID][0] == "" {
			p.Fields[q.ID] = link[q.ID]
		}
		if !answer.Readable(s.answered, q.ID, p.Fields[q.ID]) {
			delete(p.Fields, q.ID)
		}
	}
	if !slices.Contains(s.answered.Channels, p.Channel) {
		p.Channel = ""
	}
	if !s.answered.HasLanguage(p.Language) {
		p.Language = ""
	}
	if uuid.Validate(p.ID) != nil || len(p.ID) != 36 {
		p.ID = ""
	}
}

// confirm replies that the response is stored.
func (s *submission) confirm(r answer.Response, thanks int, created bool) {
	receipt := answer.Receipt(r.ID)
	language := r.Language
	if !s.current.HasLanguage(language) {
		language = s.current.DefaultLanguage()
	}
	if s.answered != s.current { // an edit may have moved or removed the text: the last one is always there
		thanks = len(s.current.Thanks) - 1
	}
	page := render.Address(s.current, language, "", s.current.ThanksPath(thanks))
	s.forgetInvitation()
	if s.isForm {
		address := s.thanksAddress(s.r.Context(), r.ID, language, thanks)
		if address == "" {
			address = rootOf(s.r.URL.Path) + page
		}
		s.header(http.StatusSeeOther, "", "Location", address+"#"+receipt)
		return
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	s.writeJSON(s.w, status, confirmation{r.ID, receipt, page})
}

// confirmation is the reply to answers that are stored.
type confirmation struct {
	ID      string `json:"id"`
	Receipt string `json:"receipt"`
	Thanks  string `json:"thanks"` // address of the thank-you page, from the site's root
}

// language returns the language to reply in.
func (s *submission) language() string {
	if s.answered.HasLanguage(s.posted.Language) {
		return s.posted.Language
	}
	return s.answered.DefaultLanguage()
}

// reject replies with the problems of single answers.
func (s *submission) reject(problems []answer.Problem) {
	if s.isForm {
		s.form(http.StatusUnprocessableEntity, render.SurveyPage{Problems: problems})
		return
	}
	s.writeProblems(s.w, http.StatusUnprocessableEntity, s.language(), problems)
}

// refuse replies with a problem of the submission as a whole.
func (s *submission) refuse(status int, fault answer.Problem) {
	if s.isForm {
		s.form(status, render.SurveyPage{Notice: []answer.Problem{fault}})
		return
	}
	s.writeProblems(s.w, status, s.language(), []answer.Problem{fault})
}

// form replies with the form and everything that was typed. The form carries an id, so that sending it twice stores it once.
func (s *submission) form(status int, p render.SurveyPage, more ...string) {
	s.posted.DropSealed(s.answered)
	p.Language, p.Root, p.Channel, p.Values, p.ID = s.language(), rootOf(s.r.URL.Path), s.posted.Channel, s.posted.Fields, s.posted.ID
	if p.ID == "" || status == http.StatusConflict {
		p.ID = randomKey().String()
	}
	p.Seal = s.sealOf(p.ID)
	if s.answered.HasInvitations() {
		p.Invitee, p.Confidential = s.shownInvitee(), s.posted.Confidential
	}
	var page bytes.Buffer
	if err := s.Renderer.Survey(&page, s.answered, p); err != nil {
		s.Log.Error("form not rendered", "survey", s.answered.ID, "error", err)
		s.writeProblems(s.w, http.StatusInternalServerError, p.Language, []answer.Problem{{Code: answer.Internal}})
		return
	}
	if p.Invitee != nil { // its address has a mark, which goes to no other page with the answers
		more = append(more, "Referrer-Policy", "no-referrer")
	}
	s.header(status, "text/html; charset=utf-8", more...)
	s.w.Write(page.Bytes())
}

// notice replies to a request for which there is no form.
func (h *Handler) notice(w http.ResponseWriter, r *http.Request, status int, fault answer.Problem) {
	id, _ := parsePath(r.URL.Path)
	h.writeNotice(w, r, status, render.NoticePage{
		Language: h.Renderer.Match(r.Header.Get("Accept-Language")), Root: rootOf(r.URL.Path), Code: fault.Code, Args: fault.Args, Survey: id,
	})
}

// writeNotice replies with a notice, or with its text as a problem in JSON if the client is no browser.
func (h *Handler) writeNotice(w http.ResponseWriter, r *http.Request, status int, p render.NoticePage) {
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		h.writeProblems(w, status, p.Language, []answer.Problem{{Code: p.Code, Args: p.Args}})
		return
	}
	var page bytes.Buffer
	if err := h.Renderer.Notice(&page, p); err != nil {
		h.Log.Error("notice not rendered", "error", err)
		h.writeProblems(w, http.StatusInternalServerError, p.Language, []answer.Problem{{Code: answer.Internal}})
		return
	}
	h.header(w, status, "text/html; charset=utf-8")
	w.Write(page.Bytes())
}

func (h *Handler) writeProblems(w http.ResponseWriter, status int, language string, problems []answer.Problem) {
	h.writeJSON(w, status, map[string]any{"problems": h.problemList(language, problems)})
}

// problem is one of those of a JSON reply.
type problem struct {
	Question string      `json:"question"`
	Field    string      `json:"field,omitempty"`
	Code     answer.Code `json:"code"`
	Message  string      `json:"message"`
}

func (h *Handler) problemList(language string, problems []answer.Problem) []problem {
	list := make([]problem, len(problems))
	for i, p := range problems {
		list[i] = problem{p.Question, p.Field, p.Code, h.Renderer.Message(language, p)}
	}
	return list
}

func (h *Handler) writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		h.Log.Error("reply not encoded", "error", err)
		status, body = http.StatusInternalServerError, []byte("{}")
	}
	h.header(w, status, "application/json")
	w.Write(append(body, '\n'))
}

func (s *submission) header(status int, media string, more ...string) {
	s.Handler.header(s.w, status, media, more...)
}

// header writes the status, the headers of every reply, and more: names and values in turn.
func (h *Handler) header(w http.ResponseWriter, status int, media string, more ...string) {
	all := w.Header()
	headers.SetSecurity(all)
	all.Set("Cache-Control", "no-store")
	if media != "" {
		all.Set("Content-Type", media)
	}
	for i := 0; i+1 < len(more); i += 2 {
		all.Set(more[i], more[i+1])
	}
	w.WriteHeader(status)
}
