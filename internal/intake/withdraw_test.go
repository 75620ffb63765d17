package intake_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/limit"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
)

const withdrawAPI = "/api/surveys/service/withdraw"

// withdrawForm sends a receipt as the page does.
func (d *fixture) withdrawForm(receipt, language string, more ...string) *httptest.ResponseRecorder {
	values := url.Values{"_receipt": {receipt}, "_language": {language}}
	for i := 0; i+1 < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	return d.send("POST", withdrawAPI, plainForm, values.Encode(), "Accept", asHTML)
}

func (d *fixture) withdrawJSON(receipt string) *httptest.ResponseRecorder {
	return d.send("POST", withdrawAPI, jsonMedia, `{"receipt":"`+receipt+`","language":"en"}`)
}

// Answers are taken back by their receipt, by a form or in JSON, however it is typed; nothing of them is left, and nothing is logged.
func TestTakenBack(t *testing.T) {
	t.Parallel()
	d, s := openStored(t, surveyYAML)
	d.handler.Withdrawer = s
	var log bytes.Buffer
	d.handler.Log = slog.New(slog.NewTextHandler(&log, nil))
	body := `{"id":"` + uuid1 + `","language":"en","answers":{"overall":5,"advice":"words of mine","mail":"mei@example.org"}}`
	for _, send := range []func(receipt string) (w *httptest.ResponseRecorder, says string){
		func(receipt string) (*httptest.ResponseRecorder, string) {
			return d.withdrawForm(" "+strings.ReplaceAll(strings.ToLower(receipt), "-", " "), "en"), "Your answers are deleted"
		},
		func(receipt string) (*httptest.ResponseRecorder, string) {
			return d.withdrawForm(receipt, "zh"), "您的答卷已删除"
		},
		func(receipt string) (*httptest.ResponseRecorder, string) {
			return d.withdrawJSON(receipt), `{"deleted":true}`
		},
	} {
		if w := d.json(body); w.Code != http.StatusCreated {
			t.Fatal(w.Code, w.Body)
		}
		if w, says := send(answer.Receipt(uuid1)); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), says) || w.Header().Get("Location") != "" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%d %v\n%s", w.Code, w.Header(), w.Body)
		}
		for e, err := range s.After(t.Context(), "service", "2026-Q4", "") {
			if err != nil || !e.Response.Withdrawn || len(e.Response.Answers) > 0 {
				t.Errorf("left: %+v, %v", e, err)
			}
		}
		if private, err := s.Private(t.Context(), "service", "2026-Q4", uuid1); err != nil || len(private) > 0 {
			t.Errorf("left: %v, %v", private, err)
		}
		if w := d.json(body); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), `"code":"withdrawn"`) {
			t.Errorf("sent again: %d %s", w.Code, w.Body)
		}
		if w := d.withdrawJSON(answer.Receipt(uuid1)); w.Code != http.StatusOK || w.Body.String() != `{"deleted":true}`+"\n" { // the reply may have been lost
			t.Errorf("taken back again: %d %s", w.Code, w.Body)
		}
		if log.Len() > 0 {
			t.Errorf("logged: %s", &log)
		}
		d, s = openStored(t, surveyYAML) // the next way has a store of its own
		d.handler.Withdrawer, d.handler.Log = s, slog.New(slog.NewTextHandler(&log, nil))
	}
}

// A receipt of nobody, of another survey, and what is none, are refused alike.
func TestUnknownReceipts(t *testing.T) {
	t.Parallel()
	d, s := openStored(t, surveyYAML)
	d.handler.Withdrawer = s
	if w := d.json(`{"id":"` + uuid1 + `","answers":{"overall":5}}`); w.Code != http.StatusCreated {
		t.Fatal(w.Code)
	}
	value := regexp.MustCompile(` value="[^"]*" autocomplete`)
	var pages []string
	for _, receipt := range []string{answer.Receipt(answerAnew), "", "0", "<b>", "x" + strings.Repeat("ÿ", 200), uuid1} {
		w := d.withdrawForm(receipt, "en")
		pages = append(pages, strconv.Itoa(w.Code)+value.ReplaceAllString(w.Body.String(), ""))
		if !strings.Contains(w.Body.String(), "No answer to this survey has this receipt number") || strings.Contains(w.Body.String(), "<b>") {
			t.Errorf("%q: %s", receipt, w.Body)
		}
		if pages[0] != pages[len(pages)-1] || w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%q is refused in another way: %d", receipt, w.Code)
		}
	}
	if w := d.withdrawJSON("0"); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `"code":"receipt_unknown"`) {
		t.Error(w.Code, w.Body)
	}
	if w := d.send("POST", "/api/surveys/none/withdraw", plainForm, "_receipt="+answer.Receipt(uuid1)); w.Code != http.StatusNotFound {
		t.Error(w.Code)
	}
	for e, err := range s.After(t.Context(), "service", "2026-Q4", "") {
		if err != nil || e.Response.Withdrawn {
			t.Errorf("%+v, %v", e, err)
		}
	}
}

// Where the handler may read no answer, the reply says within which time it is deleted.
func TestTakenBackLater(t *testing.T) {
	t.Parallel()
	d, m := open(t, surveyYAML), storetest.NewMemory()
	d.handler.Withdrawer, d.handler.Responses = m, m
	if w := d.json(`{"id":"` + uuid1 + `","answers":{"overall":5}}`); w.Code != http.StatusCreated {
		t.Fatal(w.Code)
	}
	for range 2 {
		w := d.withdrawForm(answer.Receipt(uuid1), "en")
		if w.Code != http.StatusAccepted || !strings.Contains(w.Body.String(), "will be deleted within 24 hours") || strings.Contains(w.Body.String(), "<form") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if w := d.withdrawJSON(answer.Receipt(uuid1)); w.Code != http.StatusAccepted || w.Body.String() != `{"deleted":false,"within_hours":24}`+"\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if ids, err := m.Withdrawals(t.Context(), "service"); err != nil || len(ids) != 1 || ids[0] != uuid1 {
		t.Errorf("%v, %v", ids, err)
	}
}

// noWithdrawals fails.
type noWithdrawals struct{ err error }

func (n noWithdrawals) Withdraw(context.Context, string, string) (store.Withdrawal, error) {
	return store.Withdrawal{}, n.err
}

// Requests that cannot be read, and a store that fails, are told from receipts that are unknown; what was typed stays.
func TestBadWithdrawals(t *testing.T) {
	t.Parallel()
	d := open(t, surveyYAML)
	d.handler.Withdrawer = noWithdrawals{errors.New("no disk")}
	for name, c := range map[string]struct {
		method, media, body string
		code                int
		says                string
	}{
		"get":        {"GET", "", "", 405, "bad_method"},
		"media":      {"POST", "text/plain", "x", 415, "bad_media_type"},
		"json":       {"POST", jsonMedia, "{", 400, "bad_body"},
		"form":       {"POST", plainForm, "_receipt=%", 400, "bad_body"},
		"large":      {"POST", plainForm, "_receipt=" + strings.Repeat("0", 3000), 400, "bad_body"},
		"store":      {"POST", jsonMedia, `{"receipt":"` + answer.Receipt(uuid1) + `"}`, 503, "not_taken_back"},
		"store form": {"POST", plainForm, "_language=en&_receipt=" + answer.Receipt(uuid1), 503, `value="` + answer.Receipt(uuid1)},
	} {
		w := d.send(c.method, withdrawAPI, c.media, c.body)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.says) || (c.code == 503) != (w.Header().Get("Retry-After") != "") {
			t.Errorf("%s: %d %v %s", name, w.Code, w.Header(), w.Body)
		}
	}
}

var sealField = regexp.MustCompile(`name="_seal" value="([^"]+)"`)

// Whoever tries more receipts than people have is asked to wait, for each; answers are not counted with them.
func TestManyReceipts(t *testing.T) {
	t.Parallel()
	d, _ := limited(t, surveyYAML)
	d.handler.Withdrawer = noWithdrawals{store.ErrNoResponse}
	receipt := func(n int) string { return answer.Receipt(key(n)) }
	for n := range limit.Usual.Burst {
		if w := d.withdrawForm(receipt(n), "en"); w.Code != http.StatusUnprocessableEntity {
			t.Fatal(n, w.Code)
		}
	}
	over := func(w *httptest.ResponseRecorder) string {
		t.Helper()
		found := sealField.FindStringSubmatch(w.Body.String())
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || found == nil || !strings.Contains(w.Body.String(), "Please try again in") {
			t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
		}
		return found[1]
	}
	seal := over(d.withdrawForm(receipt(100), "en"))
	seal = over(d.withdrawForm(receipt(100), "en", "_seal", seal)) // too early
	over(d.withdrawForm(receipt(101), "en", "_seal", seal))
	var reply struct {
		Problems []struct{ Code string }
		Seal     string
	}
	if w := d.withdrawJSON(receipt(102)); w.Code != http.StatusTooManyRequests || json.Unmarshal(w.Body.Bytes(), &reply) != nil || reply.Seal == "" || reply.Problems[0].Code != "busy_taking" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := d.json(`{"id":"` + uuid1 + `","answers":{"overall":5}}`); w.Code != http.StatusCreated || d.responses[uuid1].Quality.Flags&answer.Rate != 0 {
		t.Errorf("an answer: %d, %v", w.Code, d.responses[uuid1].Quality)
	}
	d.now = d.now.Add(46 * time.Second)
	for n := range 100 { // the range is over its rate again
		if d.withdrawForm(receipt(200+n), "en").Code == http.StatusTooManyRequests {
			break
		}
	}
	over(d.withdrawForm(receipt(101), "en", "_seal", seal)) // of another receipt
	if w := d.withdrawForm(receipt(100), "en", "_seal", seal); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("after the wait: %d", w.Code)
	}
	d.now = d.now.Add(2 * time.Hour)
	if w := d.withdrawForm(receipt(300), "en"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("hours later: %d", w.Code)
	}
}
