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

	"github.com/aws/aws-lambda-go/events"
)

// TestTableNotInUse sends answers while the function has a table of an earlier form, or one to which no site has been
// published: they are to be sent again, and nothing is stored.
func TestTableNotInUse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ item, why string }{
		{`{"Item": {"PK": {"S": "D#_site"}, "SK": {"S": "current"}, "version": {"S": "0123"}}}`, "glasspoll results move table:polls"},
		{`{}`, "glasspoll publish"},
	} {
		var mu sync.Mutex
		var written []string
		table := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if call := r.Header.Get("X-Amz-Target"); !strings.HasSuffix(call, ".GetItem") {
				mu.Lock()
				written = append(written, call)
				mu.Unlock()
			}
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			io.WriteString(w, c.item)
		}))
		defer table.Close()
		env := map[string]string{
			"TABLE": "polls", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "DYNAMODB_ENDPOINT": table.URL,
		}
		var log bytes.Buffer
		f, err := newFunction(func(name string) string { return env[name] }, slog.New(slog.NewJSONHandler(&log, nil)), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		e := events.APIGatewayV2HTTPRequest{
			RawPath: "/api/surveys/tea/responses", Headers: map[string]string{"content-type": "application/json"},
			Body: `{"id": "00000000-0000-4000-8000-000000000001", "answers": {"taste": 5}}`,
		}
		e.RequestContext.HTTP.Method = http.MethodPost
		reply, err := f.Handle(t.Context(), e)
		if err != nil || reply.StatusCode != http.StatusServiceUnavailable || reply.Headers["Retry-After"] == "" {
			t.Errorf("%s: %d %v, %v", c.item, reply.StatusCode, reply.Headers, err)
		}
		if len(written) > 0 || !strings.Contains(log.String(), c.why) {
			t.Errorf("%s: the calls %v; the log is\n%s", c.item, written, &log)
		}
	}
}
