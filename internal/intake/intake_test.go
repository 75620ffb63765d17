package intake_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/headers"
	"glasspoll/internal/intake"
	"glasspoll/internal/invitation"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

const surveyYAML = `
id: service
title: {zh: 服务调查, en: Service survey}
languages: [zh, en]
window: {from: 2026-10-01, until: 2026-12-31}
timezone: Asia/Shanghai
period: quarter
channels: [web, email]
sections:
  - id: all
    questions:
      - {id: overall, type: rating, steps: 5, required: true, label: {zh: 总体满意度, en: Overall satisfaction}}
      - {id: advice, type: long_text, max_length: 50, label: {zh: 建议, en: Advice}}
      - {id: mail, type: email, label: {zh: 邮箱, en: E-mail}}
`

// memory is an in-memory back end, as strict as the comments of the ports.
type memory struct {
	mu          sync.Mutex
	definitions map[string]*survey.Survey  // by id and by id@version
	responses   map[string]answer.Response // by id
	fault       error                      // of Put, if not nil
	lost        bool                       // Put stores, and returns an error
	secret      []byte
	noSecret    error // of Secret, if not nil

	invitations map[invitation.Hash]invitation.Invitation
	counted     []string
	countFault  error                // of Count, if not nil
	days        map[string]time.Time // by id, the arrival of answers that have a day alone
}

func (s *memory) Definition(_ context.Context, id, version string) (*survey.Survey, error) {
	if version != "" {
		id += "@" + version
	}
	if d := s.definitions[id]; d != nil {
		return d, nil
	}
	return nil, store.ErrUnknown
}

func (s *memory) Secret(context.Context) ([]byte, error) { return s.secret, s.noSecret }

func (s *memory) Taken(_ context.Context, _, id string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, taken := s.responses[id]
	return taken, nil
}

func (s *memory) Put(_ context.Context, r answer.Response, also ...string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(r, func() error { return nil }, also...)
}

func (s *memory) PutOn(_ context.Context, day time.Time, r answer.Response, also ...string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(r, func() error { s.days[r.ID] = day; return nil }, also...)
}

func (s *memory) Invitation(_ context.Context, hash invitation.Hash) (invitation.Invitation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, found := s.invitations[hash]
	if !found {
		return i, store.ErrNotInvited
	}
	return i, s.fault
}

func (s *memory) Redeem(_ context.Context, r store.Redemption) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(r.Response, func() error {
		i, found := s.invitations[r.Hash]
		switch {
		case !found || i.Survey != r.Response.Survey:
			return store.ErrNotInvited
		case i.Redeemed:
			return store.ErrRedeemed
		case i.Withdrawn:
			return store.ErrInvitationWithdrawn
		}
		id := ""
		if r.Identified {
			id = r.Response.ID
		}
		s.invitations[r.Hash] = i.Redeem(id)
		if !r.Day.IsZero() {
			s.days[r.Response.ID] = r.Day
		}
		return nil
	})
}

// put stores a response if also may, which is called before.
func (s *memory) put(r answer.Response, may func() error, also ...string) (bool, error) {
	if s.fault != nil {
		return false, s.fault
	}
	for _, id := range append([]string{r.ID}, also...) {
		if there, ok := s.responses[id]; ok {
			if there.Digest() != r.Digest() {
				return false, store.ErrConflict
			}
			return false, nil
		}
	}
	if err := may(); err != nil {
		return false, err
	}
	s.responses[r.ID] = r
	if s.lost {
		return false, errors.New("the reply is lost")
	}
	return true, nil
}

var parsePages = sync.OnceValues(func() (*render.Renderer, error) { return render.New(glasspoll.Templates(), render.Assets{}) })

// pages returns what writes pages without assets: one for all tests, since parsing the templates is most of what a short test takes.
func pages(t testing.TB) *render.Renderer {
	t.Helper()
	r, err := parsePages()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fixture is a handler over a memory, with a clock that tests set.
type fixture struct {
	*memory
	handler *intake.Handler
	now     time.Time
	survey  *survey.Survey
}

func open(t testing.TB, yaml string) *fixture {
	t.Helper()
	s, problems := questionnaire.Parse("service.yaml", []byte(yaml))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d := &fixture{survey: s, now: time.Date(2026, 11, 22, 10, 0, 3, 0, s.Location())}
	d.memory = &memory{definitions: map[string]*survey.Survey{s.ID: s, s.ID + "@" + s.Version: s}, responses: map[string]answer.Response{}, invitations: map[invitation.Hash]invitation.Invitation{}, days: map[string]time.Time{}, secret: store.NewSecret()}
	d.handler = &intake.Handler{
		Definitions: d.memory, Responses: d.memory, Days: d.memory, Redeemer: d.memory, Invitations: d.memory, Stopper: d.memory, Steps: intake.NewSteps(d.memory), IDs: d.memory, Secrets: d.memory, Renderer: pages(t),
		Now:    func() time.Time { return d.now },
		Client: func(r *http.Request) string { return r.RemoteAddr },
		Log:    slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	return d
}

func (d *fixture) send(method, path, media, body string, more ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", media)
	for i := 0; i+1 < len(more); i += 2 {
		r.Header.Set(more[i], more[i+1])
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w
}

const (
	api       = "/api/surveys/service/responses"
	plainForm = "application/x-www-form-urlencoded"
	jsonMedia = "application/json; charset=utf-8"
	uuid1     = "6f1c3f0e-52f1-4d6b-9a52-0b4f3f1f7a11"
)

func (d *fixture) form(body string, more ...string) *httptest.ResponseRecorder {
	return d.send("POST", api, plainForm, body, more...)
}

func (d *fixture) json(body string) *httptest.ResponseRecorder {
	return d.send("POST", api, jsonMedia, body)
}

func TestJSONIsStoredOnce(t *testing.T) {
	d := open(t, surveyYAML)
	body := `{"id":"` + uuid1 + `","version":"` + d.survey.Version + `","language":"en","answers":{"overall":5}}`
	first := d.json(body)
	var reply struct{ ID, Receipt string }
	if err := json.Unmarshal(first.Body.Bytes(), &reply); err != nil || first.Code != 201 || reply.ID != uuid1 || reply.Receipt != answer.Receipt(uuid1) {
		t.Fatalf("%d %s", first.Code, first.Body)
	}
	if again := d.json(body); again.Code != 200 || again.Body.String() != first.Body.String() {
		t.Errorf("again: %d %s", again.Code, again.Body)
	}
	if other := d.json(strings.Replace(body, "5}", "4}", 1)); other.Code != 409 {
		t.Errorf("other answers: %d %s", other.Code, other.Body)
	}
	r := d.responses[uuid1]
	if len(d.responses) != 1 || r.Language != "en" || r.Version != d.survey.Version || r.Survey != "service" || r.Period != "2026-Q4" {
		t.Errorf("%+v", d.responses)
	}
}

// TestBegunInTime sends answers after the end of the window, from pages that were open before it. They count in the period that
// has ended, and the form that a mistake brings back can be sent too.
func TestBegunInTime(t *testing.T) {
	for name, send := range map[string]func(*fixture) (code, want int){
		"a form":        func(d *fixture) (int, int) { return d.form("overall=5&_id=" + uuid1).Code, 303 },
		"by the script": func(d *fixture) (int, int) { return d.json(`{"id":"` + uuid1 + `","answers":{"overall":5}}`).Code, 201 },
		"after mistakes": func(d *fixture) (int, int) {
			if w := d.form("overall=99&_id=" + uuid1); w.Code != 422 || !strings.Contains(w.Body.String(), "<button") {
				t.Errorf("%d, without a way to send again", w.Code)
			}
			return d.form("overall=5&_id=" + uuid1).Code, 303
		},
	} {
		d := open(t, surveyYAML)
		d.now = time.Date(2027, 1, 1, 0, 29, 59, 0, d.survey.Location())
		if code, want := send(d); code != want || d.responses[uuid1].Period != "2026-Q4" {
			t.Errorf("%s: %d, stored: %+v", name, code, d.responses)
		}
	}
}

func TestRetryAcrossThePeriodsEndIsStoredOnce(t *testing.T) {
	d := open(t, strings.Replace(surveyYAML, "until: 2026-12-31", "until: 2027-12-31", 1))
	body := `{"id":"` + uuid1 + `","answers":{"overall":5}}`
	d.now = time.Date(2026, 12, 31, 23, 59, 59, 0, d.survey.Location())
	if w := d.json(body); w.Code != 201 {
		t.Fatal(w.Code)
	}
	d.now = d.now.Add(5 * time.Second)
	if w := d.json(body); w.Code != 200 {
		t.Error(w.Code)
	}
	if w := d.json(strings.Replace(body, "5}", "4}", 1)); w.Code != 409 {
		t.Error(w.Code)
	}
	d.now = d.now.AddDate(0, 8, 0) // from a device that was off for two periods
	if w := d.json(body); w.Code != 200 || len(d.responses) != 1 || d.responses[uuid1].Period != "2026-Q4" {
		t.Error(w.Code, d.responses)
	}
	d.now = time.Date(2026, 12, 31, 23, 59, 59, 500, d.survey.Location())
	d.form("overall=3")
	d.now = d.now.Add(2 * time.Second)
	d.form("overall=3")
	if len(d.responses) != 2 {
		t.Errorf("%v", d.responses)
	}
}

func TestFormLeadsToThanks(t *testing.T) {
	d := open(t, surveyYAML)
	for form, want := range map[string]string{
		"overall=5&_id=" + uuid1:    "thanks/zh?",
		"overall=4&_language=en":    "thanks/en?",
		"overall=3&_language=zh":    "thanks/zh?",
		"overall=2&_language=xx":    "thanks/zh?",
		"overall=1&_version=000000": "thanks/zh?",
	} {
		w := d.form(form)
		if w.Code != 303 || !strings.HasPrefix(w.Header().Get("Location"), want) {
			t.Errorf("%s: %d %s", form, w.Code, w.Header().Get("Location"))
		}
	}
	if len(d.responses) != 5 {
		t.Errorf("%d stored", len(d.responses))
	}
}

func TestDoubleClickWithoutScriptCountsOnce(t *testing.T) {
	d := open(t, surveyYAML)
	for range 3 { // within one slot, and into the next
		if w := d.form("overall=5"); w.Code != 303 {
			t.Fatal(w.Code)
		}
		d.now = d.now.Add(4 * time.Second)
	}
	if len(d.responses) != 1 {
		t.Errorf("%d stored, want 1", len(d.responses))
	}
	d.form("overall=4")
	d.form("overall=5", "User-Agent", "another")
	d.now = d.now.Add(30 * time.Second)
	d.form("overall=5")
	if len(d.responses) != 4 {
		t.Errorf("%d stored, want 4: other answers, another browser, much later", len(d.responses))
	}
}

func TestInvalidFormKeepsWhatWasTyped(t *testing.T) {
	d := open(t, surveyYAML)
	long := strings.Repeat("好", 51)
	w := d.form(url.Values{"advice": {long}, "mail": {"<me>"}, "_language": {"en"}}.Encode())
	page := w.Body.String()
	if w.Code != 422 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatal(w.Code, w.Header())
	}
	for _, want := range []string{long, "&lt;me&gt;", `lang="en"`, `href="#q-overall"`, `href="#q-advice"`, `href="#q-mail"`, `name="_id"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	if strings.Contains(page, "<me>") {
		t.Error("not escaped")
	}
	if len(d.responses) != 0 {
		t.Error("stored")
	}
}

func TestRefusedFormKeepsWhatWasTyped(t *testing.T) {
	d := open(t, surveyYAML)
	typed := "overall=5&advice=keep+me&_language=en&_id=" + uuid1
	check := func(name string, w *httptest.ResponseRecorder, status int, says string) {
		t.Helper()
		if w.Code != status || !strings.Contains(w.Body.String(), "keep me") || !strings.Contains(w.Body.String(), says) {
			t.Errorf("%s: %d\n%s", name, w.Code, w.Body)
		}
	}
	d.fault = errors.New("disk full")
	w := d.form(typed)
	check("not stored", w, 503, uuid1)
	if strings.Contains(w.Body.String(), "disk full") || w.Header().Get("Retry-After") == "" {
		t.Error("503 shows the cause, or does not say when to retry")
	}
	d.fault = nil
	d.form(typed)
	check("conflict", d.form(strings.Replace(typed, "5", "4", 1)), 409, "keep me")
	d.now = time.Date(2027, 1, 1, 0, 30, 0, 0, d.survey.Location())
	check("closed", d.form(typed), 403, "2026")
	d.now = time.Date(2026, 9, 30, 23, 59, 59, 0, d.survey.Location())
	check("not open yet", d.form(typed), 403, "2026")
}

func TestReplies(t *testing.T) {
	d := open(t, surveyYAML)
	ok := `{"id":"` + uuid1 + `","answers":{"overall":5}}`
	for _, c := range []struct {
		name, method, path, media, body string
		status                          int
		says                            string
	}{
		{"get", "GET", api, "", "", 405, "bad_method"},
		{"unknown survey", "POST", "/api/surveys/nothing/responses", jsonMedia, ok, 404, "not_found"},
		{"unknown address", "POST", "/api/surveys/service/respond", jsonMedia, ok, 404, "not_found"},
		{"no media type", "POST", api, "", ok, 415, "bad_media_type"},
		{"text", "POST", api, "text/plain", ok, 415, "bad_media_type"},
		{"multipart", "POST", api, "multipart/form-data; boundary=x", ok, 415, "bad_media_type"},
		{"too large", "POST", api, jsonMedia, strings.Repeat(" ", intake.MaxBody+1), 413, "too_much"},
		{"no json", "POST", api, jsonMedia, `{"id":`, 422, "bad_body"},
		{"bad form", "POST", api, plainForm, "advice=kept&overall=%zz", 422, "kept</textarea>"},
		{"other charset", "POST", api, plainForm + "; charset=gbk", "overall=5", 415, "bad_media_type"},
		{"unknown field", "POST", api, jsonMedia, strings.Replace(ok, `5}`, `5,"x":1}`, 1), 422, `"question":"x","field":"x","code":"unknown_field"`},
		{"unknown version", "POST", api, jsonMedia, strings.Replace(ok, `{`, `{"version":"zz",`, 1), 422, "bad_version"},
		{"missing", "POST", api, jsonMedia, strings.Replace(ok, `"overall":5`, ``, 1), 422, `"question":"overall","field":"overall","code":"required"`},
		{"stage and folder", "POST", "/prod/polls" + api, jsonMedia, ok, 201, uuid1},
	} {
		w := d.send(c.method, c.path, c.media, c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
		for name := range headers.Security() {
			if w.Header().Get(name) == "" {
				t.Errorf("%s: no %s", c.name, name)
			}
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: may be cached", c.name)
		}
	}
	if w := d.send("GET", api, "", "", "Accept", "text/html"); w.Code != 405 || w.Header().Get("Allow") != "POST" || !strings.Contains(w.Body.String(), "<html") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	d.handler.Renderer = d.handler.Renderer.(*render.Renderer).With(render.Assets{Looks: map[string]render.Look{"service": {Style: render.Asset{Path: "assets/look.css"}}}})
	for address, want := range map[string]bool{api: true, "/api/surveys/other/responses": false} {
		if w := d.send("GET", address, "", "", "Accept", "text/html"); strings.Contains(w.Body.String(), "assets/look.css") != want {
			t.Errorf("%s: the survey's look: %v\n%s", address, !want, w.Body)
		}
	}
	d.now = time.Date(2027, 1, 1, 0, 30, 0, 0, d.survey.Location())
	if w := d.json(ok); w.Code != 403 || !strings.Contains(w.Body.String(), "closed") || !strings.Contains(w.Body.String(), "2026") {
		t.Errorf("closed: %d %s", w.Code, w.Body)
	}
}

// A page that was opened before an edit stays valid: its answers are checked against the version that it names.
func TestOldVersionsAreAccepted(t *testing.T) {
	d := open(t, surveyYAML)
	edited, problems := questionnaire.Parse("service.yaml", []byte(strings.ReplaceAll(surveyYAML, "id: advice", "id: remarks")))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d.definitions["service"], d.definitions["service@"+edited.Version] = edited, edited
	if w := d.form("overall=5&advice=old&_version=" + d.survey.Version); w.Code != 303 {
		t.Error("old:", w.Code)
	}
	if w := d.form("overall=5&remarks=new&_version=" + edited.Version); w.Code != 303 {
		t.Error("new:", w.Code)
	}
	if w := d.form("overall=5&advice=old&_version=" + edited.Version); w.Code != 422 {
		t.Error("mixed:", w.Code)
	}
}

func TestChannel(t *testing.T) {
	d := open(t, surveyYAML)
	for i, c := range []struct{ form, referer, want string }{
		{"overall=1&_channel=email", "", "email"},
		{"overall=2&_channel=owl", "", ""},
		{"overall=3", "https://example.com/service/?c=web", "web"},
		{"overall=4", "https://example.com/service/?c=owl", ""},
		{"overall=5", "::", ""},
		{"overall=1&advice=1", "https://example.org/service/?c=web", ""},
		{"overall=2&advice=1", "https://example.com/other/?c=web", ""},
	} {
		if w := d.form(c.form, "Referer", c.referer); w.Code != 303 || len(d.responses) != i+1 {
			t.Fatal(c.form, w.Code)
		}
		for _, r := range d.responses {
			if r.Answers[0][1] == c.form[8:9] && (len(r.Answers) > 1) == strings.Contains(c.form, "advice") && r.Channel != c.want {
				t.Errorf("%s from %s: %q", c.form, c.referer, r.Channel)
			}
		}
	}
}

func TestPanicIsA500(t *testing.T) {
	d := open(t, surveyYAML)
	d.handler.Responses = nil
	if w := d.json(`{"id":"` + uuid1 + `","answers":{"overall":5}}`); w.Code != 500 || !strings.Contains(w.Body.String(), "internal") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// A response that is too large to be stored is not to be sent again.
func TestTooLargeToStore(t *testing.T) {
	d := open(t, surveyYAML)
	d.fault = fmt.Errorf("table: %w", store.ErrTooLarge)
	w := d.form("overall=5&advice=larger+seats")
	if w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "larger seats") {
		t.Errorf("a form: %d, %s", w.Code, w.Body)
	}
	w = d.json(`{"id": "` + uuid1 + `", "answers": {"overall": 5}}`)
	if w.Code != http.StatusRequestEntityTooLarge || w.Header().Get("Retry-After") != "" || !strings.Contains(w.Body.String(), `"too_much"`) {
		t.Errorf("JSON: %d, %v, %s", w.Code, w.Header(), w.Body)
	}
}

// Every submission gets one of the documented replies, never a 5xx.
func FuzzSubmission(f *testing.F) {
	d := open(f, surveyYAML)
	f.Add(true, "overall=5&advice=%E5%A5%BD&mail=a%40b.cn")
	f.Add(true, "overall=5;x&=&&_id=&_version=x&_language=&overall.x=1")
	f.Add(false, `{"id":"`+uuid1+`","answers":{"overall":"5","advice":"x"}}`)
	f.Add(false, `{"id":1,"answers":[[]]}`)
	f.Add(false, `{"id":"`+uuid1+`","answers":{"overall":"5","over\u0061ll":"4"}} `)
	f.Fuzz(func(t *testing.T, plain bool, body string) {
		media := jsonMedia
		if plain {
			media = plainForm
		}
		w := d.send("POST", api, media, body)
		switch w.Code {
		case 200, 201, 303, 409, 413, 422:
		default:
			t.Fatalf("%d for %q", w.Code, body)
		}
	})
}
