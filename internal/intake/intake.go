// Package intake takes submissions: it looks up the questionnaire, checks the answers, stores them, and replies. Plain forms
// and JSON are handled alike; for browsers without a script it also hands out forms that carry an id. Nothing is confirmed
// before it is durable, and a form that has problems is shown again with everything that was typed.
package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
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

// Handler serves POST …/api/surveys/ID/responses, and GET …/api/surveys/ID/form/LANGUAGE and …/thanks/LANGUAGE. All fields
// are required unless they say otherwise.
type Handler struct {
	Definitions store.Definitions
	Responses   store.Responses
	IDs         store.IDs
	Secrets     store.Secrets
	Renderer    Renderer
	Now         func() time.Time
	Client      func(*http.Request) string // by address, or what tells clients better apart; must not come from what a client can set
	Log         *slog.Logger
	Limits      *Limits                      // nil: answers come as fast as they like, and nothing says how they came
	Host        func(*http.Request) []string // by which visitors may know the site; nil: as the request says
}

// MaxBody bounds a submission, in bytes: room for a dozen full long texts in Chinese, percent-encoded.
const MaxBody = 256 << 10

// ServeHTTP serves one request. An API stage or a folder may come before the path.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if fault := recover(); fault != nil {
			h.Log.Error("submission panicked", "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
			h.notice(w, r, http.StatusInternalServerError, answer.Problem{Code: answer.Internal})
		}
	}()
	id, tail := parsePath(r.URL.Path)
	page, language, isPage := strings.Cut(tail, "/")
	s := &submission{Handler: h, w: w, r: r, now: h.Now()}
	switch {
	case id == "" || tail != "responses" && (!isPage || page != "form" && page != "thanks"):
		h.notice(w, r, http.StatusNotFound, answer.Problem{Code: answer.NotFound})
	case !isPage:
		if s.allows(http.MethodPost) {
			s.accept(id)
		}
	case !s.allows(http.MethodGet, http.MethodHead):
	case page == "form":
		s.serveForm(id, language)
	default:
		s.serveThanks(id, language)
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

// rootOf returns the path from an address of the API to the root of the site.
func rootOf(path string) string {
	return strings.Repeat("../", max(0, strings.Count(path[max(0, strings.LastIndex(path, "/api/")):], "/")-1))
}

// submission is one request to store answers, or for the form to fill them in.
type submission struct {
	*Handler
	w      http.ResponseWriter
	r      *http.Request
	isForm bool // a plain form, not JSON
	now    time.Time

	current  *survey.Survey // the questionnaire in force, whose window and periods count
	answered *survey.Survey // the version that the respondent saw
	posted   answer.Posted

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
	media, parameters, err := mime.ParseMediaType(s.r.Header.Get("Content-Type"))
	charset := parameters["charset"]
	if err != nil || media != "application/json" && media != "application/x-www-form-urlencoded" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		s.w.Header().Set("Accept", "application/x-www-form-urlencoded, application/json")
		s.notice(s.w, s.r, http.StatusUnsupportedMediaType, answer.Problem{Code: answer.BadMediaType})
		return
	}
	body, err := s.readBody()
	if err != nil {
		status, code := http.StatusBadRequest, answer.BadBody
		if large := new(http.MaxBytesError); errors.As(err, &large) {
			status, code = http.StatusRequestEntityTooLarge, answer.TooMuch
		}
		s.notice(s.w, s.r, status, answer.Problem{Code: code})
		return
	}
	s.isForm = media != "application/json"
	s.serve(s.r.Context(), id, body)
}

// readBody reads the body. Of one that is declared to be too large it reads nothing.
func (s *submission) readBody() ([]byte, error) {
	if s.r.ContentLength > MaxBody {
		return nil, &http.MaxBytesError{Limit: MaxBody}
	}
	return io.ReadAll(http.MaxBytesReader(s.w, s.r.Body, MaxBody))
}

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
	if !s.current.IsOpenToAll() {
		s.refuse(http.StatusForbidden, answer.Problem{Code: answer.InvitedOnly})
		return
	}
	response, thanks, problems := answer.Check(s.answered, s.posted)
	if len(problems) > 0 {
		s.reject(problems)
		return
	}
	response.Period = period
	if !s.admit(ctx, &response) {
		return
	}
	created, err := s.put(ctx, &response)
	switch {
	case errors.Is(err, store.ErrWithdrawn):
		s.refuse(http.StatusConflict, answer.Problem{Code: answer.Withdrawn})
	case errors.Is(err, store.ErrConflict):
		s.refuse(http.StatusConflict, answer.Problem{Code: answer.Conflict})
	case errors.Is(err, store.ErrTooLarge):
		s.refuse(http.StatusRequestEntityTooLarge, answer.Problem{Code: answer.TooMuch})
	case err != nil:
		s.Log.Error("response not stored", "survey", id, "error", err)
		s.w.Header().Set("Retry-After", "5")
		s.refuse(http.StatusServiceUnavailable, answer.Problem{Code: answer.NotStored})
	default:
		s.trace(ctx, response.ID)
		s.confirm(response, thanks, created)
	}
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
	switch {
	case errors.Is(err, store.ErrUnknown):
		s.notice(s.w, s.r, http.StatusNotFound, answer.Problem{Code: answer.NotFound})
		return false
	case err != nil:
		s.Log.Error("questionnaire not found", "survey", id, "error", err)
		s.w.Header().Set("Retry-After", "5")
		s.notice(s.w, s.r, http.StatusServiceUnavailable, answer.Problem{Code: answer.NotStored})
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
	s.writeJSON(s.w, status, map[string]string{"id": r.ID, "receipt": receipt, "thanks": page})
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
	p.Language, p.Root, p.Channel, p.Values, p.ID = s.language(), rootOf(s.r.URL.Path), s.posted.Channel, s.posted.Fields, s.posted.ID
	if p.ID == "" || status == http.StatusConflict {
		p.ID = randomKey().String()
	}
	p.Seal = s.sealOf(p.ID)
	var page bytes.Buffer
	if err := s.Renderer.Survey(&page, s.answered, p); err != nil {
		s.Log.Error("form not rendered", "survey", s.answered.ID, "error", err)
		s.writeProblems(s.w, http.StatusInternalServerError, p.Language, []answer.Problem{{Code: answer.Internal}})
		return
	}
	s.header(status, "text/html; charset=utf-8", more...)
	s.w.Write(page.Bytes())
}

// notice replies to a request for which there is no form.
func (h *Handler) notice(w http.ResponseWriter, r *http.Request, status int, fault answer.Problem) {
	language := h.Renderer.Match(r.Header.Get("Accept-Language"))
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		h.writeProblems(w, status, language, []answer.Problem{fault})
		return
	}
	id, _ := parsePath(r.URL.Path)
	var page bytes.Buffer
	if err := h.Renderer.Notice(&page, render.NoticePage{Language: language, Root: rootOf(r.URL.Path), Code: fault.Code, Args: fault.Args, Survey: id}); err != nil {
		h.Log.Error("notice not rendered", "error", err)
		h.writeProblems(w, http.StatusInternalServerError, language, []answer.Problem{{Code: answer.Internal}})
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
	for name, value := range headers.Security() {
		all.Set(name, value)
	}
	all.Set("Cache-Control", "no-store")
	if media != "" {
		all.Set("Content-Type", media)
	}
	for i := 0; i+1 < len(more); i += 2 {
		all.Set(more[i], more[i+1])
	}
	w.WriteHeader(status)
}
