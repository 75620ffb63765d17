package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"glasspoll"
	"glasspoll/internal/cloud"
	"glasspoll/internal/intake"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
)

func countedHere(method string) string { return "By" + method }

func TestPanicIsA500(t *testing.T) {
	var log bytes.Buffer
	f := &Function{
		handler: func(context.Context) http.Handler {
			return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("test panic") })
		},
		log: slog.New(slog.NewJSONHandler(&log, nil)), metrics: cloud.NewMetrics(&log, "table", time.Now), counted: countedHere,
	}
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "request-7"})
	reply, err := f.Handle(ctx, events.APIGatewayV2HTTPRequest{RawPath: "/"})
	if err != nil || reply.StatusCode != http.StatusInternalServerError || reply.Headers["X-Request-Id"] != "request-7" {
		t.Errorf("%+v, %v", reply, err)
	}
	if !json.Valid([]byte(reply.Body)) || strings.Contains(reply.Body, "test panic") {
		t.Errorf("the body is %s", reply.Body)
	}
	for _, needed := range []string{`"request":"request-7"`, "test panic", `"Status":"5xx"`} {
		if !strings.Contains(log.String(), needed) {
			t.Errorf("the log lacks %s:\n%s", needed, &log)
		}
	}
}

// secretBytes is passed by value, as secrets and their hashes are: a stack with arguments would print it.
var secretBytes = [4]byte{0x41, 0x41, 0x41, 0x41}

//go:noinline
func panicWith(secret [4]byte, text string) {
	if secret[0] > 0 {
		panic(text)
	}
}

// A personal link is in no line of the log and in no metric, whatever happens.
func TestPersonalLinksAreNotLogged(t *testing.T) {
	for name, serve := range map[string]http.HandlerFunc{
		"served": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") },
		"failed": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"panics": func(_ http.ResponseWriter, r *http.Request) { panicWith(secretBytes, r.Method) },
	} {
		var log bytes.Buffer
		f := &Function{
			handler: func(context.Context) http.Handler { return serve },
			log:     slog.New(slog.NewJSONHandler(&log, nil)), metrics: cloud.NewMetrics(&log, "table", time.Now), counted: countedHere,
		}
		e := events.APIGatewayV2HTTPRequest{RawPath: "/i/7QXK2M9P4RTZ8VBN", RouteKey: "GET /i/{secret}", Cookies: []string{"__Host-glasspoll=7QXK2M9P4RTZ8VBN"}}
		e.RequestContext.HTTP.Method = http.MethodGet
		if _, err := f.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), `"ByGET":1`) || strings.Contains(log.String(), "7QXK") || strings.Contains(log.String(), "0x41") || strings.Contains(log.String(), "/i/") {
			t.Errorf("%s: the log is\n%s", name, &log)
		}
	}
}

// Answers under an id that others have are counted by themselves, and nothing else is.
func TestConflictsAreCounted(t *testing.T) {
	for status, want := range map[int]int{http.StatusConflict: 1, http.StatusCreated: 0, http.StatusUnprocessableEntity: 0, http.StatusServiceUnavailable: 0} {
		var log bytes.Buffer
		f := &Function{
			handler: func(context.Context) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
			},
			log: slog.New(slog.DiscardHandler), metrics: cloud.NewMetrics(&log, "table", time.Now), counted: countedHere,
		}
		if _, err := f.Handle(t.Context(), events.APIGatewayV2HTTPRequest{RawPath: "/"}); err != nil {
			t.Fatal(err)
		}
		if strings.Count(log.String(), `"Conflicts":1`) != want || strings.Count(log.String(), `{"Name":"Conflicts","Unit":"Count"}`) != want {
			t.Errorf("%d: the log is\n%s", status, &log)
		}
	}
}

func TestConnection(t *testing.T) {
	for header, want := range map[string]string{
		"198.51.100.7:46532": "198.51.100.7:46532", "2001:db8::7:46532": "2001:db8::7:46532", "": "192.0.2.1",
	} {
		r := &http.Request{Header: http.Header{}, RemoteAddr: "192.0.2.1"}
		if header != "" {
			r.Header.Set("CloudFront-Viewer-Address", header)
		}
		if got := connection(r, "CloudFront-Viewer-Address"); got != want {
			t.Errorf("%q is %q, want %q", header, got, want)
		}
	}
}

// A table without a secret is said once, however many forms need it.
func TestNoSecret(t *testing.T) {
	table := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		io.WriteString(w, `{}`)
	}))
	defer table.Close()
	env := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "DYNAMODB_ENDPOINT": table.URL}
	var log bytes.Buffer
	s := tableSecret{
		table: cloud.NewTable(cloud.DynamoDB(func(name string) string { return env[name] }), "polls", cloud.Options{}),
		log:   slog.New(slog.NewJSONHandler(&log, nil)),
	}
	for range 3 {
		if secret, err := s.Secret(t.Context()); secret != nil || !errors.Is(err, store.ErrNoSecret) {
			t.Errorf("%v, %v", secret, err)
		}
	}
	if strings.Count(log.String(), "glasspoll publish") != 1 {
		t.Errorf("the log is\n%s", &log)
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		env   map[string]string
		valid bool
	}{
		{map[string]string{"TABLE": "t"}, true},
		{map[string]string{"TABLE": "t", "ORIGIN_SECRETS": "a,", "ADDRESS_HEADER": "X"}, true},
		{map[string]string{}, false},
		{map[string]string{"TABLE": "t", "ADDRESS_HEADER": "X"}, false}, // any client could claim any address
		{map[string]string{"TABLE": "t", "ORIGIN_SECRETS": "a"}, false},
	} {
		f, err := New(func(name string) string { return c.env[name] }, slog.New(slog.DiscardHandler), io.Discard, Options{Counted: countedHere, Use: func(*intake.Handler, *cloud.Table) {}})
		if (err == nil) != c.valid {
			t.Errorf("%v: %v", c.env, err)
		}
		if c.env["ORIGIN_SECRETS"] == "a," && (len(f.secrets) != 1 || f.fromCDN(&http.Request{Header: http.Header{secretHeader: {""}}})) {
			t.Error("an empty secret is accepted")
		}
	}
}

// TestTemplates parses the templates as the function does for its first page, where it panics on an error.
func TestTemplates(t *testing.T) {
	if _, err := render.New(glasspoll.Pages(), render.Assets{}); err != nil {
		t.Fatal(err)
	}
}

// A request is counted by its method, without its address, and a reply to HEAD has no body.
func TestForms(t *testing.T) {
	var metrics bytes.Buffer
	f := &Function{
		handler: func(context.Context) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path+"?"+r.URL.RawQuery) })
		},
		log: slog.New(slog.DiscardHandler), metrics: cloud.NewMetrics(&metrics, "table", time.Now), counted: countedHere,
	}
	for method, body := range map[string]string{"GET": "/api/surveys/tea/form/en?c=web", "HEAD": ""} {
		e := events.APIGatewayV2HTTPRequest{RawPath: "/api/surveys/tea/form/en", RawQueryString: "c=web"}
		e.RequestContext.HTTP.Method = method
		if reply, err := f.Handle(t.Context(), e); err != nil || reply.StatusCode != 200 || reply.Body != body {
			t.Errorf("%s: %+v, %v", method, reply, err)
		}
	}
	if !strings.Contains(metrics.String(), `"ByGET":1`) || !strings.Contains(metrics.String(), `"ByHEAD":1`) || strings.Contains(metrics.String(), "tea") {
		t.Errorf("the metrics are\n%s", &metrics)
	}
}

func TestRequest(t *testing.T) {
	e := events.APIGatewayV2HTTPRequest{
		RawPath: "/prod/api/surveys/tea/responses", RawQueryString: "a=1&a=2", Body: "5rC05p6c", IsBase64Encoded: true,
		Headers: map[string]string{"content-type": "text/plain", "accept": "a,b"}, Cookies: []string{"a=1", "b=2"},
	}
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = "POST", "192.0.2.1"
	r, err := request(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(r.Body)
	if string(body) != "水果" || r.URL.Path != e.RawPath || len(r.URL.Query()["a"]) != 2 || r.Header.Get("Content-Type") != "text/plain" || len(r.Cookies()) != 2 || r.RemoteAddr != "192.0.2.1" {
		t.Errorf("%q %v %v", body, r.URL, r.Header)
	}
	e.Body = "not base64!"
	if _, err := request(t.Context(), e); err == nil {
		t.Error("a body that is not base64 is accepted")
	}
	for _, path := range []string{"//host/x", "/%zz", "", "/ü", "/a b"} { // none may cause a panic, or become another host
		e.RawPath, e.Body = path, ""
		if r, err := request(t.Context(), e); err == nil && r.URL.Host != "" {
			t.Errorf("%q has the host %s", path, r.URL.Host)
		}
	}
}

// A function whose settings are wrong says to respondents that trying again does not help, in their language, and counts that.
func TestWrongSettings(t *testing.T) {
	_, fault := New(func(string) string { return "" }, slog.New(slog.DiscardHandler), io.Discard, Options{})
	if fault == nil {
		t.Fatal("settings without a table are taken")
	}
	var log bytes.Buffer
	f := broken(fault, slog.New(slog.NewJSONHandler(&log, nil)), &log)
	for _, c := range []struct{ method, path, body, language, accept, says string }{
		{"POST", "/api/surveys/tea/responses", `{"answers": {}}`, "zh", "", "马上重新提交也没有用"},
		{"POST", "/api/surveys/tea/responses", `{"answers": {}}`, "ar", "", "unstorable"},
		{"POST", "/api/surveys/tea/withdraw", `{}`, "en", "", "Trying again right away will not help"},
		{"GET", "/api/surveys/tea/form/en", "", "en", "text/html", "Trying again right away will not help"},
		{"GET", "/i/7QXK2M9P4RTZ8VBN", "", "zh", "text/html", "马上重试没有用"},
	} {
		e := events.APIGatewayV2HTTPRequest{RawPath: c.path, Body: c.body, Headers: map[string]string{"content-type": "application/json", "accept": c.accept, "accept-language": c.language}}
		e.RequestContext.HTTP.Method = c.method
		reply, err := f.Handle(t.Context(), e)
		if err != nil || reply.StatusCode != http.StatusInternalServerError || reply.Headers["Retry-After"] != "" || !strings.Contains(reply.Body, c.says) {
			t.Errorf("%s %s: %+v, %v", c.method, c.path, reply, err)
		}
	}
	if !strings.Contains(log.String(), "TABLE, the name of the table, is not set") || !strings.Contains(log.String(), `"Status":"5xx"`) || strings.Contains(log.String(), "7QXK") {
		t.Errorf("the log is\n%s", &log)
	}
}

// What tables refuse for good is a 500 without Retry-After, what they refuse for a time a 503 with it: the metric counts both, and the log
// says why and what to do.
func TestFaultsOfTables(t *testing.T) {
	for name, c := range map[string]struct {
		kind, text string
		status     int
		says, log  string
	}{
		"no right":   {"AccessDeniedException", "not authorized", 500, `"code":"unstorable"`, "have the right added"},
		"no table":   {"ResourceNotFoundException", "not found", 500, `"code":"unstorable"`, "is the name right"},
		"wrong keys": {"ValidationException", "The provided key element does not match the schema", 500, `"code":"unstorable"`, "does not match the schema"},
		"throttled":  {"ProvisionedThroughputExceededException", "slow down", 503, `"code":"not_stored"`, "takes no more requests"},
	} {
		table := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-amz-json-1.0")
			w.WriteHeader(http.StatusBadRequest)
			json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws.dynamodb.v20120810#" + c.kind, "message": c.text})
		}))
		env := map[string]string{"TABLE": "polls", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "DYNAMODB_ENDPOINT": table.URL}
		var log bytes.Buffer
		f, err := New(func(name string) string { return env[name] }, slog.New(slog.NewJSONHandler(&log, nil)), &log, Options{Use: func(*intake.Handler, *cloud.Table) {}, Counted: countedHere})
		if err != nil {
			t.Fatal(err)
		}
		e := events.APIGatewayV2HTTPRequest{RawPath: "/api/surveys/tea/responses", Body: `{"answers": {}}`, Headers: map[string]string{"content-type": "application/json"}}
		e.RequestContext.HTTP.Method = http.MethodPost
		reply, err := f.Handle(t.Context(), e)
		if err != nil || reply.StatusCode != c.status || (reply.Headers["Retry-After"] != "") != (c.status == 503) || !strings.Contains(reply.Body, c.says) {
			t.Errorf("%s: %+v, %v", name, reply, err)
		}
		if !strings.Contains(log.String(), c.log) || !strings.Contains(log.String(), `"Status":"5xx"`) || strings.Contains(log.String(), `"permanent":true`) != (c.status == 500) {
			t.Errorf("%s: the log is\n%s", name, &log)
		}
		table.Close()
	}
}
