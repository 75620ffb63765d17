package notify

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/news"
	"glasspoll/internal/survey"
)

// secret holds the 32 bytes 0 to 31.
const secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

func sample() *cases.Case {
	return &cases.Case{
		ID: "7K3M9QXA2B4CD5E6", Survey: "service", Period: "2026-Q4", Timezone: "Asia/Shanghai", Response: "0d9f2c3e-0000-4000-8000-000000000001", Alert: "complaint",
		Questions: []string{"overall"}, Type: "complaint", Severity: survey.Major, Priority: survey.HighPriority, Owner: "客服部 <desk>",
		Opened: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), Due: "2026-11-27", Status: cases.Open,
	}
}

// receiver answers with the given statuses, one after the other, and then always with the last one.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	statuses []int
	header   http.Header // of its answers
	got      []*http.Request
	bodies   []string
}

func newReceiver(t *testing.T, statuses ...int) *receiver {
	r := &receiver{statuses: statuses, header: http.Header{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got, r.bodies = append(r.got, q), append(r.bodies, string(body))
		for name, values := range r.header {
			w.Header()[name] = values
		}
		w.WriteHeader(r.statuses[0])
		if len(r.statuses) > 1 {
			r.statuses = r.statuses[1:]
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// newWebhook makes a webhook that does not wait between attempts, but records for how long it would have.
func newWebhook(t *testing.T, address string) (*Webhook, *[]time.Duration) {
	t.Helper()
	s, err := NewWebhook(address, secret)
	if err != nil {
		t.Fatal(err)
	}
	waits := &[]time.Duration{}
	s.wait = func(ctx context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return ctx.Err()
	}
	s.now = func() time.Time { return time.Unix(1_795_338_000, 999_999_999) }
	return s, waits
}

func TestSend(t *testing.T) {
	r := newReceiver(t, http.StatusNoContent)
	s, _ := newWebhook(t, r.URL+"/hooks?a=b")
	if err := s.Send(t.Context(), news.Message{Items: []news.Item{news.OfOpened(sample())}}); err != nil {
		t.Fatal(err)
	}
	q, body := r.got[0], r.bodies[0]
	if q.Method != http.MethodPost || q.URL.String() != "/hooks?a=b" || q.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s %v", q.Method, q.URL, q.Header)
	}
	if id, at := q.Header.Get("webhook-id"), q.Header.Get("webhook-timestamp"); id != "case_7K3M9QXA2B4CD5E6" || at != "1795338000" {
		t.Errorf("id %s, timestamp %s", id, at)
	}
	var got, want any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(`{"type": "case.opened", "timestamp": "2026-11-22T09:00:00Z", "data": {"id": "7K3M9QXA2B4CD5E6", "survey": "service",
		"period": "2026-Q4", "alert": "complaint", "type": "complaint", "severity": "major", "priority": "high", "owner": "客服部 <desk>",
		"opened": "2026-11-22T09:00:00Z", "due": "2026-11-27", "questions": ["overall"]}}`), &want); err != nil {
		t.Fatal(err)
	}
	if a, b := asText(got), asText(want); a != b {
		t.Errorf("body %s\nwant %s", a, b)
	}
	if strings.Contains(body, "0d9f2c3e") {
		t.Error("the response's id, with which it can be erased, is sent")
	}
}

func asText(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// TestSignature compares the signature with openssl's, and with a fixed one.
func TestSignature(t *testing.T) {
	r := newReceiver(t, http.StatusOK)
	s, _ := newWebhook(t, r.URL)
	if err := s.Send(t.Context(), news.Message{Items: []news.Item{news.OfOpened(sample())}}); err != nil {
		t.Fatal(err)
	}
	got := r.got[0].Header.Get("webhook-signature")
	t.Run("openssl", func(t *testing.T) {
		if _, err := exec.LookPath("openssl"); err != nil {
			t.Skip("openssl is not installed")
		}
		file := t.TempDir() + "/signed"
		if err := os.WriteFile(file, []byte("case_7K3M9QXA2B4CD5E6.1795338000."+r.bodies[0]), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("sh", "-c", "openssl dgst -sha256 -mac HMAC -macopt hexkey:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f -binary "+file+" | openssl base64 -A").Output()
		if want := "v1," + string(out); err != nil || got != want {
			t.Errorf("signature %s, by openssl %s, %v", got, want, err)
		}
	})
	// The example of the specification's own reference libraries.
	key, err := ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	example := &Webhook{key: key}
	if got := "v1," + base64Of(example.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("the example's signature is %s", got)
	}
}

func TestRetries(t *testing.T) {
	for name, c := range map[string]struct {
		statuses []int
		header   http.Header
		calls    int
		fails    bool
		waits    []time.Duration
	}{
		"comes back":     {[]int{500, 503, 200}, nil, 3, false, []time.Duration{time.Second, 2 * time.Second}},
		"stays down":     {[]int{502}, nil, 4, true, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}},
		"busy":           {[]int{429, 204}, http.Header{"Retry-After": {"7"}}, 2, false, []time.Duration{7 * time.Second}},
		"busy for a day": {[]int{429, 204}, http.Header{"Retry-After": {"86400"}}, 2, false, []time.Duration{maxWait}},
		"refuses":        {[]int{401, 200}, nil, 1, true, nil},
		"redirects":      {[]int{307, 200}, http.Header{"Location": {"http://127.0.0.1:1/"}}, 1, true, nil},
		"rejects it":     {[]int{422}, nil, 1, true, nil},
	} {
		r := newReceiver(t, c.statuses...)
		if c.header != nil {
			r.header = c.header
		}
		s, waits := newWebhook(t, r.URL)
		if err := s.Send(t.Context(), news.Message{Items: []news.Item{news.OfOpened(sample())}}); (err != nil) != c.fails {
			t.Errorf("%s: %v", name, err)
		}
		if len(r.got) != c.calls || !slices.Equal(*waits, c.waits) {
			t.Errorf("%s: %d calls with the waits %v between, want %d with %v", name, len(r.got), *waits, c.calls, c.waits)
		}
		for i := range r.got {
			if r.got[i].Header.Get("webhook-id") != r.got[0].Header.Get("webhook-id") || r.bodies[i] != r.bodies[0] {
				t.Errorf("%s: attempt %d sends another message", name, i+1)
			}
		}
	}
}

func TestReceiverDown(t *testing.T) {
	r := newReceiver(t, 200)
	r.Close()
	s, waits := newWebhook(t, r.URL+"/token-that-is-secret")
	err := s.Send(t.Context(), news.Message{Items: []news.Item{news.OfOpened(sample())}})
	if err == nil || strings.Contains(err.Error(), "token-that-is-secret") || len(*waits) != attempts-1 {
		t.Errorf("waits %v, then %v", *waits, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	*waits = nil
	if err := s.Send(ctx, news.Message{Items: []news.Item{news.OfOpened(sample())}}); err == nil || len(*waits) != 0 {
		t.Errorf("after the context ended, waits %v, then %v", *waits, err)
	}
}

// TestUnknownHost has an address whose host is what is secret of it.
func TestUnknownHost(t *testing.T) {
	s, _ := newWebhook(t, "https://token-that-is-secret.example.com/")
	s.client.Transport = &http.Transport{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(address)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
	}}
	err := s.Send(t.Context(), news.Message{Items: []news.Item{news.OfOpened(sample())}})
	if err == nil || strings.Contains(err.Error(), "token") || !strings.Contains(err.Error(), "no address of the name …") {
		t.Error(err)
	}
}

func TestNewWebhook(t *testing.T) {
	for address, valid := range map[string]bool{
		"https://example.com/x": true, "http://localhost:9000/": true, "http://127.0.0.1/": true, "http://127.8.9.1/": true, "http://[::1]:80/": true,
		"http://example.com/": false, "http://localhost.example.com/": false, "http://127.0.0.1.example.com/": false, "http://10.0.0.1/": false, "ftp://example.com/": false,
		"https://me:secret@example.com/": false, "example.com": false, "": false, "https://": false, "http://[::2]/": false,
	} {
		if _, err := NewWebhook(address, secret); (err == nil) != valid {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, bad := range []string{"", "whsec_", "password", secret[6:], "whsec_c2hvcnQ=", "whsec_" + strings.Repeat("AAAA", 22), "whsec_!!!!"} {
		if _, err := NewWebhook("https://example.com/", bad); err == nil {
			t.Errorf("the secret %q is accepted", bad)
		} else if bad != "" && bad != "whsec_" && strings.Contains(err.Error(), bad) {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
