package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"glasspoll/internal/cloud"
	"glasspoll/internal/news"
)

// parameters replies as Systems Manager does.
type parameters struct {
	*httptest.Server
	mu    sync.Mutex
	value string // "": none can be read
	asked int
}

func newParameters(t *testing.T) *parameters {
	p := &parameters{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked++
		if p.value == "" {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `{"__type": "ParameterNotFound"}`)
			return
		}
		io.WriteString(w, `{"Parameter": {"Value": "`+p.value+`"}}`)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *parameters) set(value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.value = value
}

// TestSettingsOfNews reads who is told from a parameter, keeps what was read while it cannot be read, and follows its changes.
func TestSettingsOfNews(t *testing.T) {
	t.Parallel()
	p := newParameters(t)
	env := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "SSM_ENDPOINT": p.URL, "NEWS_PARAMETER": "/glasspoll/news"}
	var metrics bytes.Buffer
	n := newNewsroom(func(name string) string { return env[name] }, nil, slog.New(slog.DiscardHandler), cloud.NewMetrics(&metrics, "polls", time.Now))
	names := func() string {
		t.Helper()
		deliverer, announcer, err := n.current(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range deliverer.Receivers {
			names = append(names, r.Name)
		}
		if (announcer == nil) != (len(names) == 1) {
			t.Errorf("%v are told, with an announcer: %t", names, announcer != nil)
		}
		return strings.Join(names, " ")
	}
	if _, _, err := n.current(t.Context()); err == nil || !strings.Contains(err.Error(), "ParameterNotFound") {
		t.Errorf("without its settings: %v", err)
	}
	if err := n.tell(t.Context(), "tea"); err == nil { // nothing is read or removed: there is no table
		t.Error("news is delivered without settings")
	}
	if !strings.Contains(metrics.String(), `"NewsFailed":1`) {
		t.Errorf("no metric says so: %s", &metrics)
	}
	for _, c := range []struct{ value, want string }{
		{`GLASSPOLL_NEWS_SLACK=https://hooks.slack.com/services/T/B/x\nGLASSPOLL_NEWS_EMAIL=li@example.com\nGLASSPOLL_NEWS_EMAIL_FROM=polls@example.com`, "email slack events"},
		{"", "email slack events"},
		{`GLASSPOLL_NEWS_SLACK=http://example.com/`, "email slack events"}, // a mistake
		{`# nobody`, "events"},
		{`GLASSPOLL_NEWS_WECOM=https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x`, "wecom events"},
	} {
		p.set(c.value)
		n.read = n.read.Add(-2 * settingsAge)
		if got := names(); got != c.want {
			t.Errorf("%q: %s are told, want %s", c.value, got, c.want)
		}
		asked := p.asked
		if names(); p.asked != asked {
			t.Error("the settings are read again at once")
		}
	}
	if r := n.events; !r.Wants(news.Item{Kind: news.CaseOpened}) || r.Wants(news.Item{Kind: news.CaseClosed}) {
		t.Error("the event bus is told of more than opened cases")
	}
}

// TestWithoutNews tells the event bus alone if no parameter is named.
func TestWithoutNews(t *testing.T) {
	t.Parallel()
	n := newNewsroom(func(string) string { return "" }, nil, slog.New(slog.DiscardHandler), nil)
	deliverer, announcer, err := n.current(t.Context())
	if err != nil || announcer != nil || len(deliverer.Receivers) != 1 {
		t.Errorf("%v %v %v", deliverer, announcer, err)
	}
}
