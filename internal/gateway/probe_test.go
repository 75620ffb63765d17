package gateway

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"glasspoll/internal/cloud"
	"glasspoll/internal/probe"
)

// Whoever invokes the function itself can have its role tried out, and no visitor can: whatever a request says, the API puts it into an
// event of its own.
func TestNoVisitorAsksForProbes(t *testing.T) {
	asked, served := 0, 0
	f := &Function{
		handler: func(context.Context) http.Handler {
			return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ })
		},
		probes: func(context.Context) []probe.Probe {
			asked++
			return []probe.Probe{{Name: "a", Want: probe.Allowed, Got: probe.Denied}}
		},
		log: slog.New(slog.DiscardHandler), metrics: cloud.NewMetrics(&bytes.Buffer{}, "table", time.Now), counted: countedHere,
	}
	reply, err := f.Invoke(t.Context(), probe.Event())
	if out, _ := json.Marshal(reply); err != nil || asked != 1 || string(out) != `[{"name":"a","action":"","key":"","want":"allowed","got":"denied"}]` {
		t.Fatalf("%s, %v, asked %d times", out, err, asked)
	}
	body := string(probe.Event())
	for name, e := range map[string]events.APIGatewayV2HTTPRequest{
		"a body":            {Version: "2.0", RouteKey: "POST /api/surveys/{id}/responses", Body: body},
		"a body in base64":  {Version: "2.0", Body: base64.StdEncoding.EncodeToString([]byte(body)), IsBase64Encoded: true},
		"a query":           {Version: "2.0", RawQueryString: "probe=true", QueryStringParameters: map[string]string{"probe": "true"}},
		"a header":          {Version: "2.0", Headers: map[string]string{"probe": "true"}},
		"a cookie":          {Version: "2.0", Cookies: []string{"probe=true"}},
		"a part of a path":  {Version: "2.0", PathParameters: map[string]string{"probe": "true"}, RawPath: "/probe/true"},
		"an empty request":  {},
		"a stage's setting": {StageVariables: map[string]string{"probe": "true"}},
	} {
		e.RequestContext.HTTP.Method = http.MethodPost
		event, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		before := served
		if reply, err := f.Invoke(t.Context(), event); err != nil || reply.(events.APIGatewayV2HTTPResponse).StatusCode != http.StatusOK || served != before+1 || asked != 1 {
			t.Errorf("%s: %+v, %v, asked %d times", name, reply, err, asked)
		}
	}
	if _, err := f.Invoke(t.Context(), []byte(`[]`)); err == nil {
		t.Error("what is no event is served")
	}
}
