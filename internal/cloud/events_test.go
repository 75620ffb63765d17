package cloud

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"glasspoll/internal/cases"
	"glasspoll/internal/news"
)

// bus replies as EventBridge does, with the given answers, one after another.
type bus struct {
	*httptest.Server
	answers []string // a status and a body each
	bodies  []string
	wrong   []string // what is wrong with requests
}

const taken = `200 {"FailedEntryCount": 0, "Entries": [{"EventId": "11710aed"}]}`

func newBus(t *testing.T, answers ...string) *bus {
	b := &bus{answers: answers}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		b.bodies = append(b.bodies, string(body))
		if r.Method != http.MethodPost || r.URL.Path != "/" || r.Header.Get("X-Amz-Target") != "AWSEvents.PutEvents" || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
			b.wrong = append(b.wrong, fmt.Sprint(r.Method, r.URL, r.Header))
		}
		if want := signature(r, body); r.Header.Get("Authorization") != want {
			b.wrong = append(b.wrong, r.Header.Get("Authorization")+", not "+want)
		}
		status, text, _ := strings.Cut(b.answers[0], " ")
		if len(b.answers) > 1 {
			b.answers = b.answers[1:]
		}
		code := 0
		fmt.Sscan(status, &code)
		w.WriteHeader(code)
		io.WriteString(w, text)
	}))
	t.Cleanup(b.Close)
	return b
}

// signature returns AWS's Signature Version 4 of a request, after its documentation.
func signature(r *http.Request, body []byte) string {
	hash := func(data []byte) string {
		sum := sha256.Sum256(data)
		return hex.EncodeToString(sum[:])
	}
	mac := func(key []byte, text string) []byte {
		m := hmac.New(sha256.New, key)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
	headers := map[string]string{
		"content-length": fmt.Sprint(len(body)), "content-type": r.Header.Get("Content-Type"), "host": r.Host,
		"x-amz-date": r.Header.Get("X-Amz-Date"), "x-amz-security-token": r.Header.Get("X-Amz-Security-Token"), "x-amz-target": r.Header.Get("X-Amz-Target"),
	}
	var names []string
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	canonical := "POST\n/\n\n"
	for _, name := range names {
		canonical += name + ":" + headers[name] + "\n"
	}
	signed := strings.Join(names, ";")
	canonical += "\n" + signed + "\n" + hash(body)
	scope := r.Header.Get("X-Amz-Date")[:8] + "/eu-central-1/events/aws4_request"
	text := "AWS4-HMAC-SHA256\n" + r.Header.Get("X-Amz-Date") + "\n" + scope + "\n" + hash([]byte(canonical))
	key := []byte("AWS4secret")
	for _, part := range strings.Split(scope, "/") {
		key = mac(key, part)
	}
	return "AWS4-HMAC-SHA256 Credential=key/" + scope + ", SignedHeaders=" + signed + ", Signature=" + hex.EncodeToString(mac(key, text))
}

func events(b *bus) *Events {
	return NewEvents("eu-central-1", b.URL, credentials.NewStaticCredentialsProvider("key", "secret", "token"))
}

func opened() *cases.Case {
	return &cases.Case{ID: "7K3M9QXA2B4CD5E6", Survey: "service", Response: "0d9f2c3e", Type: "complaint", Opened: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
}

func TestEventIsPut(t *testing.T) {
	b := newBus(t, taken)
	if err := events(b).Send(t.Context(), news.Message{Items: []news.Item{news.OfOpened(opened())}}); err != nil {
		t.Fatal(err)
	}
	var request struct{ Entries []map[string]any }
	if err := json.Unmarshal([]byte(b.bodies[0]), &request); err != nil || len(request.Entries) != 1 {
		t.Fatal(b.bodies, err)
	}
	e := request.Entries[0]
	if e["Source"] != EventSource || e["DetailType"] != EventType || e["Time"] != 1795338000.0 {
		t.Errorf("event %v", e)
	}
	var detail map[string]any
	if err := json.Unmarshal([]byte(e["Detail"].(string)), &detail); err != nil || detail["id"] != "7K3M9QXA2B4CD5E6" || detail["type"] != "complaint" {
		t.Errorf("detail %v, %v", e["Detail"], err)
	}
	if strings.Contains(b.bodies[0], "0d9f2c3e") {
		t.Error("the response's id, with which it can be erased, goes out")
	}
	if len(b.wrong) > 0 {
		t.Error(b.wrong)
	}
}

func TestEventIsRetried(t *testing.T) {
	for name, c := range map[string]struct {
		answers []string
		calls   int
		fails   bool
	}{
		"a fault":         {[]string{`500 {"__type": "InternalException"}`, "503 ", taken}, 3, false},
		"too many":        {[]string{`400 {"__type": "ThrottlingException", "message": "slow down"}`, taken}, 2, false},
		"not taken":       {[]string{`200 {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "m"}]}`, taken}, 2, false},
		"refused":         {[]string{`200 {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "MalformedDetail", "ErrorMessage": "m"}]}`}, 1, true},
		"no answer":       {[]string{`200 {}`}, 1, true},
		"no JSON":         {[]string{`200 <html>`}, patientTries, true},
		"no rights":       {[]string{`400 {"__type": "AccessDeniedException", "message": "not authorized"}`}, 1, true},
		"down throughout": {[]string{"503 "}, patientTries, true},
	} {
		b := newBus(t, c.answers...)
		if err := events(b).Send(t.Context(), news.Message{Items: []news.Item{news.OfOpened(opened())}}); (err != nil) != c.fails {
			t.Errorf("%s: %v", name, err)
		}
		if len(b.bodies) != c.calls || len(b.wrong) > 0 {
			t.Errorf("%s: %d calls, want %d; %v", name, len(b.bodies), c.calls, b.wrong)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := events(newBus(t, taken)).Send(ctx, news.Message{Items: []news.Item{news.OfOpened(opened())}}); err == nil {
		t.Error("sent after its context had ended")
	}
}

func TestEventsAddress(t *testing.T) {
	for region, want := range map[string]string{"eu-central-1": "https://events.eu-central-1.amazonaws.com/", "cn-north-1": "https://events.cn-north-1.amazonaws.com.cn/"} {
		if got := NewEvents(region, "", nil).address; got != want {
			t.Errorf("%s: %s", region, got)
		}
	}
}
