// Package intake takes submissions: it looks the questionnaire up, checks, stores, and answers. A plain form and JSON
// take the same way. Nothing is called received before it is durable, and nothing that was typed is lost on the way to
// a mended form.
package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
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
	"glasspoll/internal/render"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Handler answers POST …/api/surveys/ID/responses. All fields are required.
type Handler struct {
	Definitions   store.Definitions
	Responses     store.Responses
	Renderer      Renderer
	Now           func() time.Time
	ClientAddress func(*http.Request) string // from where no client can set it
	Log           *slog.Logger
}

// MaxBody bounds a submission: room for a dozen full long texts in Chinese, percent-encoded.
const MaxBody = 256 << 10

// root leads from the API's address to the site's root.
const root = "../../../"

// ServeHTTP takes one submission.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if fault := recover(); fault != nil {
			h.Log.Error("submission panicked", "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
			h.notice(w, r, http.StatusInternalServerError, answer.Problem{Code: answer.Internal})
		}
	}()
	id, ok := surveyOf(r.URL.Path)
	switch {
	case !ok:
		h.notice(w, r, http.StatusNotFound, answer.Problem{Code: answer.NotFound})
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		h.notice(w, r, http.StatusMethodNotAllowed, answer.Problem{Code: answer.BadMethod})
		return
	}
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := parameters["charset"]
	if err != nil || media != "application/json" && media != "application/x-www-form-urlencoded" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		w.Header().Set("Accept", "application/x-www-form-urlencoded, application/json")
		h.notice(w, r, http.StatusUnsupportedMediaType, answer.Problem{Code: answer.BadMediaType})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		status, code := http.StatusBadRequest, answer.BadBody
		if large := new(http.MaxBytesError); errors.As(err, &large) {
			status, code = http.StatusRequestEntityTooLarge, answer.TooMuch
		}
		h.notice(w, r, status, answer.Problem{Code: code})
		return
	}
	s := &submission{Handler: h, w: w, r: r, plain: media != "application/json", now: h.Now()}
	s.take(r.Context(), id, body)
}

// surveyOf finds ID in …/api/surveys/ID/responses: a stage or a folder may stand before it.
func surveyOf(path string) (id string, ok bool) {
	_, rest, ok := cutLast(path, "/api/surveys/")
	id, tail, _ := strings.Cut(rest, "/")
	return id, ok && id != "" && (tail == "responses" || tail == "responses/")
}

func cutLast(s, separator string) (before, after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(separator):], true
}

// submission is one request on its way.
type submission struct {
	*Handler
	w     http.ResponseWriter
	r     *http.Request
	plain bool // a plain form, not JSON
	now   time.Time

	current *survey.Survey // the questionnaire in force: its window and periods hold
	asked   *survey.Survey // the version that the respondent saw
	posted  answer.Posted
}

func (s *submission) take(ctx context.Context, id string, body []byte) {
	broken := s.read(body)
	if broken != nil && !s.plain {
		s.notice(s.w, s.r, http.StatusUnprocessableEntity, answer.Problem{Code: answer.BadBody})
		return
	}
	if !s.find(ctx, id) {
		return
	}
	if broken != nil { // what could be read of a form is kept
		s.refuse(http.StatusUnprocessableEntity, answer.Problem{Code: answer.BadBody})
		return
	}
	if open, early := s.current.OpenAt(s.now); !open {
		closed := answer.Problem{Code: answer.Closed, Args: []any{"date", s.current.Window.Until}}
		if early {
			closed = answer.Problem{Code: answer.NotOpenYet, Args: []any{"date", s.current.Window.From}}
		}
		s.refuse(http.StatusForbidden, closed)
		return
	}
	response, thanks, problems := answer.Check(s.asked, s.posted)
	if len(problems) > 0 {
		s.mend(problems)
		return
	}
	response.Period = s.current.PeriodAt(s.now)
	also := s.name(&response)
	created, err := s.Responses.Put(ctx, response, also...)
	switch {
	case errors.Is(err, store.ErrConflict):
		s.refuse(http.StatusConflict, answer.Problem{Code: answer.Conflict})
	case errors.Is(err, store.ErrTooLarge):
		s.refuse(http.StatusRequestEntityTooLarge, answer.Problem{Code: answer.TooMuch})
	case err != nil:
		s.Log.Error("response not stored", "survey", id, "error", err)
		s.w.Header().Set("Retry-After", "5")
		s.refuse(http.StatusServiceUnavailable, answer.Problem{Code: answer.NotStored})
	default:
		s.received(response, thanks, created)
	}
}

// read takes the body apart.
func (s *submission) read(body []byte) error {
	if !s.plain {
		var err error
		s.posted, err = answer.FromJSON(body)
		return err
	}
	values, err := url.ParseQuery(string(body))
	s.posted = answer.FromForm(values)
	return err
}

// find looks up the questionnaire in force and the one that was answered. It answers the request itself if it cannot.
func (s *submission) find(ctx context.Context, id string) bool {
	var err error
	s.current, err = s.Definitions.Definition(ctx, id, "")
	s.asked = s.current
	if err == nil && s.posted.Version != "" && s.posted.Version != s.current.Version {
		s.asked, err = s.Definitions.Definition(ctx, id, s.posted.Version)
		if errors.Is(err, store.ErrUnknown) {
			s.asked, err = s.current, nil
			if !s.plain {
				s.mend([]answer.Problem{{Field: "version", Code: answer.BadVersion}})
				return false
			}
		}
	}
	switch {
	case errors.Is(err, store.ErrUnknown):
		s.notice(s.w, s.r, http.StatusNotFound, answer.Problem{Code: answer.NotFound})
	case err != nil:
		s.Log.Error("questionnaire not found", "survey", id, "error", err)
		s.w.Header().Set("Retry-After", "5")
		s.notice(s.w, s.r, http.StatusServiceUnavailable, answer.Problem{Code: answer.NotStored})
	default:
		if s.plain {
			s.lenient()
		}
		return true
	}
	return false
}

// lenient mends what a respondent cannot: a channel or hidden value misspelt in the link, or, without script, said only
// in the link.
func (s *submission) lenient() {
	p := &s.posted
	var link url.Values
	if from, err := url.Parse(s.r.Referer()); err == nil {
		link = from.Query()
	}
	if p.Channel == "" {
		p.Channel = link.Get("c")
	}
	for q := range s.asked.Questions() {
		if q.Type != survey.Hidden {
			continue
		}
		if len(p.Fields[q.ID]) == 0 || p.Fields[q.ID][0] == "" {
			p.Fields[q.ID] = link[q.ID]
		}
		if !answer.Readable(s.asked, q.ID, p.Fields[q.ID]) {
			delete(p.Fields, q.ID)
		}
	}
	if !slices.Contains(s.asked.Channels, p.Channel) {
		p.Channel = ""
	}
	if !s.asked.Speaks(p.Language) {
		p.Language = ""
	}
	if uuid.Validate(p.ID) != nil {
		p.ID = ""
	}
}

// slot is within how long equal answers from one address and browser, without a script, are one submission.
const slot = 10 * time.Second

// name settles the response's id, and says under which other keys it may already be stored: a retry after the period's
// end, or a second click after the slot's.
func (s *submission) name(r *answer.Response) (also []store.Key) {
	if r.ID != "" {
		if before := s.current.PeriodBefore(s.now); before != "" {
			also = append(also, store.Key{Period: before, ID: r.ID})
		}
		return also
	}
	if s.current.KeepDuplicates {
		r.ID = uuid.NewString()
		return nil
	}
	number := s.now.UnixNano() / int64(slot)
	r.ID = s.derived(r, number)
	begin := time.Unix(0, number*int64(slot))
	if period := s.current.PeriodAt(begin); period != r.Period {
		also = append(also, store.Key{Period: period, ID: r.ID})
	}
	return append(also, store.Key{Period: s.current.PeriodAt(begin.Add(-slot)), ID: s.derived(r, number-1)})
}

// derived makes an id of what a submission without a script has of its own: survey, answers, address, browser, time.
func (s *submission) derived(r *answer.Response, slot int64) string {
	digest := r.Digest()
	hash := sha256.New()
	hash.Write(digest[:])
	hash.Write(binary.BigEndian.AppendUint64(nil, uint64(slot)))
	fmt.Fprintf(hash, "%q %q", s.ClientAddress(s.r), s.r.UserAgent())
	var id uuid.UUID
	copy(id[:], hash.Sum(nil))
	id[6] = id[6]&0x0f | 0x80 // version 8: made by our own rule (RFC 9562, section 5.8)
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// received answers for a response that is stored.
func (s *submission) received(r answer.Response, thanks int, created bool) {
	receipt := answer.Receipt(r.ID)
	page := s.current.ID + "/"
	if r.Language != s.current.DefaultLanguage() && s.current.Speaks(r.Language) {
		page += r.Language + "/"
	}
	if s.asked != s.current { // the page of a text that an edit has moved or removed may be another, or gone
		thanks = len(s.current.Thanks) - 1
	}
	page += s.current.ThanksPath(thanks)
	if s.plain {
		s.head(http.StatusSeeOther, "", "Location", root+page+"#"+receipt)
		return
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	s.writeJSON(s.w, status, map[string]string{"id": r.ID, "receipt": receipt, "thanks": page})
}

// language is the one to answer in.
func (s *submission) language() string {
	if s.asked.Speaks(s.posted.Language) {
		return s.posted.Language
	}
	return s.asked.DefaultLanguage()
}

// mend answers with the problems of single answers.
func (s *submission) mend(problems []answer.Problem) {
	if s.plain {
		s.form(http.StatusUnprocessableEntity, render.SurveyPage{Problems: problems})
		return
	}
	s.writeProblems(s.w, http.StatusUnprocessableEntity, s.language(), problems)
}

// refuse answers with what is wrong with the submission as a whole.
func (s *submission) refuse(status int, fault answer.Problem) {
	if s.plain {
		s.form(status, render.SurveyPage{Notice: []answer.Problem{fault}})
		return
	}
	s.writeProblems(s.w, status, s.language(), []answer.Problem{fault})
}

// form shows the form again, with everything that was typed. From here on the submission has an id.
func (s *submission) form(status int, p render.SurveyPage) {
	p.Language, p.Root, p.Channel, p.Values, p.ID = s.language(), root, s.posted.Channel, s.posted.Fields, s.posted.ID
	if p.ID == "" || status == http.StatusConflict {
		p.ID = uuid.NewString()
	}
	var page bytes.Buffer
	if err := s.Renderer.Survey(&page, s.asked, p); err != nil {
		s.Log.Error("form not rendered", "survey", s.asked.ID, "error", err)
		s.writeProblems(s.w, http.StatusInternalServerError, p.Language, []answer.Problem{{Code: answer.Internal}})
		return
	}
	s.head(status, "text/html; charset=utf-8")
	s.w.Write(page.Bytes())
}

// notice answers a request that has not come as far as a questionnaire.
func (h *Handler) notice(w http.ResponseWriter, r *http.Request, status int, fault answer.Problem) {
	language := h.Renderer.Match(r.Header.Get("Accept-Language"))
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		h.writeProblems(w, status, language, []answer.Problem{fault})
		return
	}
	var page bytes.Buffer
	if err := h.Renderer.Notice(&page, render.NoticePage{Language: language, Root: root, Code: fault.Code, Args: fault.Args}); err != nil {
		h.Log.Error("notice not rendered", "error", err)
		h.writeProblems(w, http.StatusInternalServerError, language, []answer.Problem{{Code: answer.Internal}})
		return
	}
	h.head(w, status, "text/html; charset=utf-8")
	w.Write(page.Bytes())
}

func (h *Handler) writeProblems(w http.ResponseWriter, status int, language string, problems []answer.Problem) {
	type problem struct {
		Question string      `json:"question"`
		Field    string      `json:"field,omitempty"`
		Code     answer.Code `json:"code"`
		Message  string      `json:"message"`
	}
	said := make([]problem, len(problems))
	for i, p := range problems {
		said[i] = problem{p.Question, p.Field, p.Code, h.Renderer.Message(language, p)}
	}
	h.writeJSON(w, status, map[string]any{"problems": said})
}

func (h *Handler) writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		h.Log.Error("reply not encoded", "error", err)
		status, body = http.StatusInternalServerError, []byte("{}")
	}
	h.head(w, status, "application/json")
	w.Write(append(body, '\n'))
}

func (s *submission) head(status int, media string, more ...string) {
	s.Handler.head(s.w, status, media, more...)
}

// head writes the status and the headers that every reply has.
func (h *Handler) head(w http.ResponseWriter, status int, media string, more ...string) {
	header := w.Header()
	for name, value := range headers.Security() {
		header.Set(name, value)
	}
	header.Set("Cache-Control", "no-store")
	if media != "" {
		header.Set("Content-Type", media)
	}
	for i := 0; i+1 < len(more); i += 2 {
		header.Set(more[i], more[i+1])
	}
	w.WriteHeader(status)
}
