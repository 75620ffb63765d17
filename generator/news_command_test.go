package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"glasspoll/internal/server/servertest"
)

// channel is a channel of Slack, which refuses at first.
type channel struct {
	*httptest.Server
	mu      sync.Mutex
	refuses bool
	texts   []string
}

func newChannel(t *testing.T) *channel {
	c := &channel{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.refuses {
			http.Error(w, "channel_is_archived", http.StatusGone)
			return
		}
		var message struct{ Text string }
		body, _ := io.ReadAll(r.Body)
		json.Unmarshal(body, &message)
		c.texts = append(c.texts, message.Text)
		io.WriteString(w, "ok")
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *channel) refuse(refuses bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuses = refuses
}

func (c *channel) took() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.texts, "\n")
}

// newsFile writes a file of settings for a channel.
func newsFile(t *testing.T, c *channel) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "news")
	if err := os.WriteFile(file, []byte("# who is told\nGLASSPOLL_NEWS_SLACK="+c.URL+"/services/T/B/sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestNews has a channel archived, lists what has not reached it, and tries again, while the server runs.
func TestNews(t *testing.T) {
	t.Parallel()
	c := newChannel(t)
	c.refuse(true)
	file := newsFile(t, c)
	r := serveFiles(t, serveCommand{NoReload: true, NewsFile: file}, map[string]string{"surveys/tea.yaml": teaWithAlerts})
	data := filepath.Join(r.Dir, "data")
	if response, text := r.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": "application/json"}, `{"id": "00000001-0000-4000-8000-000000000001", "answers": {"taste": 1}}`); response.StatusCode != http.StatusCreated {
		t.Fatal(response.StatusCode, text)
	}
	var listed string
	servertest.Eventually(t, "a failure", func() bool {
		_, listed, _ = commandAt(t, data, "news", "list")
		return strings.Contains(listed, "failed ") && strings.Contains(listed, "Slack: the channel is archived (channel_is_archived)")
	})
	if !strings.Contains(listed, "case_") || !strings.Contains(listed, "slack") || strings.Contains(listed, "sesame") {
		t.Errorf("listed\n%s", listed)
	}
	if code, out, _ := commandAt(t, data, "news", "list", "--given-up", "--language", "zh"); code != 0 || strings.TrimSpace(out) != "没有等着送出的消息" {
		t.Errorf("%d %s", code, out)
	}
	_, out, _ := commandAt(t, data, "news", "list", "--format", "json")
	var document []struct {
		ID, Kind, Survey string
		Deliveries       map[string]struct{ Attempts int }
	}
	if err := json.Unmarshal([]byte(out), &document); err != nil || len(document) != 1 || document[0].Kind != "case_opened" || document[0].Deliveries["slack"].Attempts < 1 {
		t.Fatalf("%v\n%s", err, out)
	}
	if code, _, failures := commandAt(t, data, "news", "retry", "nothing"); code != 1 || !strings.Contains(failures, "no such news") {
		t.Errorf("%d %s", code, failures)
	}
	r.Stop()
	if code, out, failures := commandAt(t, data, "news", "retry", document[0].ID); code != 0 || !strings.Contains(out, "1 item is tried again") {
		t.Errorf("%d %s%s", code, out, failures)
	}
	if _, out, _ = commandAt(t, data, "news", "list"); !strings.Contains(out, "waits") {
		t.Errorf("after a retry\n%s", out)
	}
	if code, out, failures := commandAt(t, data, "news", "retry"); code != 0 || !strings.Contains(out, "0 items are tried again") {
		t.Errorf("%d %s%s", code, out, failures)
	}
}

// TestNewsArrive tells a channel and a program of a case.
func TestNewsArrive(t *testing.T) {
	t.Parallel()
	c, hook := newChannel(t), newReceiver(t, 0)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(webhookSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	r := serveFiles(t, serveCommand{NoReload: true, NewsFile: newsFile(t, c), Webhook: hook.URL, WebhookSecretFile: secret}, map[string]string{"surveys/tea.yaml": teaWithAlerts})
	if response, text := r.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": "application/json"}, `{"id": "00000001-0000-4000-8000-000000000001", "answers": {"taste": 1, "mail": "sesame@example.org"}}`); response.StatusCode != http.StatusCreated {
		t.Fatal(response.StatusCode, text)
	}
	servertest.Eventually(t, "news of a case", func() bool { return hook.notifications() == 1 && c.took() != "" })
	if took := c.took(); !strings.HasPrefix(took, "Glasspoll: a new case\nNew case ") || strings.Contains(took, "sesame") || strings.Contains(took, "0000-4000") {
		t.Errorf("took %q", took)
	}
	servertest.Eventually(t, "an empty outbox", func() bool { // what was delivered is taken out after that
		_, out, _ := commandAt(t, filepath.Join(r.Dir, "data"), "news", "list")
		return strings.TrimSpace(out) == "no news waits to be delivered"
	})
}

// TestNewsOfCommandsWait closes a case while no server runs: the next one tells it.
func TestNewsOfCommandsWait(t *testing.T) {
	t.Parallel()
	c := newChannel(t)
	r := serveFiles(t, serveCommand{NoReload: true, NewsFile: newsFile(t, c)}, map[string]string{"surveys/tea.yaml": teaWithAlerts})
	data := filepath.Join(r.Dir, "data")
	if response, text := r.Do(t, "POST", "/api/surveys/tea/responses", map[string]string{"Content-Type": "application/json"}, `{"id": "00000001-0000-4000-8000-000000000001", "answers": {"taste": 1}}`); response.StatusCode != http.StatusCreated {
		t.Fatal(response.StatusCode, text)
	}
	var listed string
	servertest.Eventually(t, "a case of which the channel was told", func() bool {
		_, listed, _ = commandAt(t, data, "cases", "list", "--format", "csv")
		_, waiting, _ := commandAt(t, data, "news", "list")
		return strings.Count(listed, "\n") == 2 && c.took() != "" && strings.Contains(waiting, "no news")
	})
	r.Stop()
	id, _, _ := strings.Cut(strings.Split(listed, "\n")[1], ",")
	if code, out, failures := commandAt(t, data, "cases", "close", id, "--result", "replaced", "--customer-told", "yes", "--customer-agreed", "yes"); code != 0 {
		t.Fatal(code, out, failures)
	}
	if _, out, _ := commandAt(t, data, "news", "list"); !strings.Contains(out, "case_"+id+"_closed") || !strings.Contains(out, "waits") {
		t.Errorf("waiting:\n%s", out)
	}
}

// TestNewsTest tries receivers out.
func TestNewsTest(t *testing.T) {
	t.Parallel()
	c := newChannel(t)
	file := newsFile(t, c)
	try := func(args ...string) (int, string) {
		t.Helper()
		var out strings.Builder
		code := run(t.Context(), append([]string{"news", "test", "--news-file", file}, args...), strings.NewReader(""), &out, &out)
		return code, out.String()
	}
	for _, step := range []struct {
		refuses bool
		args    []string
		code    int
		says    string
	}{
		{false, []string{"slack"}, 0, "slack: it has taken the message"},
		{false, []string{"all", "--language", "zh"}, 0, "slack：消息已收下"},
		{false, []string{"wecom"}, 2, "there are slack"},
		{true, []string{"slack"}, 1, "the channel is archived"},
	} {
		c.refuse(step.refuses)
		if code, out := try(step.args...); code != step.code || !strings.Contains(out, step.says) || strings.Contains(out, "sesame") {
			t.Errorf("%v: %d %s", step.args, code, out)
		}
	}
	if took := c.took(); took != "Glasspoll: a test\nIf you can read this, news arrives here.\nGlasspoll: a test\nIf you can read this, news arrives here." {
		t.Errorf("took %q", took)
	}
	for text, says := range map[string]string{"": "no receiver is set", "GLASSPOLL_NEWS_SLACK=sesame": "not a web address", "SLACK=sesame": "line 1"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out := try("slack"); code != 2 || !strings.Contains(out, says) || strings.Contains(out, "sesame") {
			t.Errorf("%q: %d %s", text, code, out)
		}
	}
	if code, out := printedBy(t, "serve", "--news-file", file+".none"); code != 1 || !strings.Contains(out, "--news-file") {
		t.Errorf("%d %s", code, out)
	}
}

// printedBy runs a command line and returns all that it prints.
func printedBy(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out strings.Builder
	code := run(t.Context(), args, strings.NewReader(""), &out, &out)
	return code, out.String()
}
