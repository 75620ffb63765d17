// Package gateway serves the events of an API Gateway HTTP API, which stands behind the CDN, by intake.Handler. The functions
// that answer respondents on AWS Lambda are made of it; each serves the routes that deploy/template.yaml gives it, with a role of
// its own.
package gateway

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"glasspoll/internal/cloud"
	"glasspoll/internal/intake"
	"glasspoll/internal/invitation"
	"glasspoll/internal/probe"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Function serves the request of each event.
type Function struct {
	handler func(context.Context) http.Handler
	secrets []string
	log     *slog.Logger
	metrics *cloud.Metrics
	counted func(method string) string
	probes  func(context.Context) []probe.Probe
	fault   error // of its settings
}

// Options of a function.
type Options struct {
	Retention time.Duration // of responses that are stored; 0: for ever

	// Use completes a handler, which has what every function needs, with what this one uses of the table.
	Use func(h *intake.Handler, table *cloud.Table)

	// Counted returns the metric that a request is counted in, by its method. No address is in one.
	Counted func(method string) string

	// Probes tries out the function's role.
	Probes func(*cloud.Prober, context.Context) []probe.Probe
}

// secretHeader carries a secret of the CDN, without which its other headers cannot be trusted.
const secretHeader = "X-Origin-Secret"

// New makes a function. TABLE is the name of the table, INVITATIONS that of the table of invitations; without one, answers are
// taken without an invitation alone. ORIGIN_SECRETS are secrets separated by commas, one of which every request must have;
// ADDRESS_HEADER is the header in which the CDN gives the respondent's address and port. These two must be set together, because
// without a secret any client could claim any address.
func New(getenv func(string) string, log *slog.Logger, metrics io.Writer, o Options) (*Function, error) {
	name, header := getenv("TABLE"), getenv("ADDRESS_HEADER")
	if name == "" {
		return nil, errors.New("TABLE, the name of the table, is not set")
	}
	var secrets []string
	for secret := range strings.SplitSeq(getenv("ORIGIN_SECRETS"), ",") {
		if secret != "" {
			secrets = append(secrets, secret)
		}
	}
	if (len(secrets) == 0) != (header == "") {
		return nil, errors.New("ORIGIN_SECRETS and ADDRESS_HEADER must both be set, or neither")
	}
	table := cloud.NewTable(cloud.DynamoDB(getenv), name, cloud.Options{Retention: o.Retention, Invitations: getenv("INVITATIONS"), Awaited: true})
	pages := &pages{readAssets: table.Assets, log: log}
	handler := intake.Handler{
		Definitions: definitions{table}, Invitations: table, Steps: intake.NewSteps(table), Secrets: &tableSecret{table: table, log: log}, Now: time.Now,
		Client: func(r *http.Request) string { return connection(r, header) },
		Host:   func(*http.Request) []string { return nil }, // the CDN does not hand it on
	}
	o.Use(&handler, table)
	return &Function{
		handler: func(ctx context.Context) http.Handler {
			h := handler
			h.Renderer = renderer{ctx, pages}
			h.Log = log.With("request", requestID(ctx))
			return &h
		},
		secrets: secrets, log: log, metrics: cloud.NewMetrics(metrics, name, time.Now), counted: o.Counted,
		probes: func(ctx context.Context) []probe.Probe {
			return o.Probes(cloud.NewProber(getenv, name, getenv("INVITATIONS"), nil), ctx)
		},
	}, nil
}

// Run serves the events that Lambda sends until it stops the process. A function that cannot be made says so to every respondent: if it
// ended, the API would reply in words of its own, which no page can tell from a fault that passes.
func Run(made func(getenv func(string) string, log *slog.Logger, metrics io.Writer) (*Function, error)) {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	f, err := made(os.Getenv, log, os.Stdout)
	if err != nil {
		log.Error("cannot start", "error", err)
		f = broken(err, log, os.Stdout)
	}
	lambda.StartWithOptions(f.Invoke, lambda.WithEnableSIGTERM(func() { log.Info("stopping") }))
}

// broken makes the function in the place of one that cannot be made, because its settings are wrong.
func broken(fault error, log *slog.Logger, metrics io.Writer) *Function {
	fault = store.Permanent(fault)
	pages := &pages{readAssets: func(context.Context) (assets render.Assets, known bool, err error) { return assets, false, fault }, log: log}
	return &Function{
		handler: func(ctx context.Context) http.Handler {
			return &intake.Handler{
				Definitions: nothing{fault}, Invitations: nothing{fault}, Renderer: renderer{ctx, pages}, Now: time.Now, Log: log.With("request", requestID(ctx)),
				Client: func(*http.Request) string { return "" }, Host: func(*http.Request) []string { return nil },
			}
		},
		log: log, metrics: cloud.NewMetrics(metrics, "", time.Now), counted: func(string) string { return "Unserved" }, fault: fault,
	}
}

// nothing is a store without settings.
type nothing struct{ fault error }

// Definition implements [store.Definitions].
func (n nothing) Definition(context.Context, string, string) (*survey.Survey, error) {
	return nil, n.fault
}

// Invitation implements [store.Invitations].
func (n nothing) Invitation(context.Context, invitation.Hash) (i invitation.Invitation, err error) {
	return i, n.fault
}

// Invoke answers an event of Lambda: one of the API, or the one that asks for probes of the function's role. Nobody can send the latter
// but who may invoke the function itself: what the API sends has its version, route and request context.
func (f *Function) Invoke(ctx context.Context, event json.RawMessage) (any, error) {
	if probe.Asked(event) && f.fault != nil {
		return nil, f.fault
	}
	if probe.Asked(event) {
		return cloud.InTime(ctx, f.probes), nil
	}
	var e events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(event, &e); err != nil {
		return nil, err
	}
	return f.Handle(ctx, e)
}

// definitions are those of a table that is in use. A table of an earlier form, to which a deployment may give the function for a
// moment, takes no answers any more: nobody would find them.
type definitions struct{ table *cloud.Table }

// Definition implements [store.Definitions].
func (d definitions) Definition(ctx context.Context, id, version string) (*survey.Survey, error) {
	if err := d.table.Ready(ctx); err != nil {
		return nil, err
	}
	return d.table.Definition(ctx, id, version)
}

// connection returns the respondent's address and port, which CloudFront writes as 198.51.100.7:46532. To it, browsers send
// everything over one connection (HTTP/2 or 3), so a second click comes from the same port, and people who share an address,
// as in an office, are told apart.
func connection(r *http.Request, header string) string {
	if header == "" {
		return r.RemoteAddr
	}
	return cmp.Or(r.Header.Get(header), r.RemoteAddr)
}

// Handle answers one event. It never returns an error: a panic becomes a 500, and a line in the log with the request's id. No
// line has the address that was asked for: it may be a personal link.
func (f *Function) Handle(ctx context.Context, e events.APIGatewayV2HTTPRequest) (reply events.APIGatewayV2HTTPResponse, err error) {
	begin := time.Now()
	defer func() {
		if value := recover(); value != nil {
			f.log.Error("panicked", "request", requestID(ctx), "fault", fmt.Sprint(value), "stack", intake.Trace())
			reply, err = refusal(http.StatusInternalServerError, requestID(ctx)), nil
		}
		if reply.StatusCode >= http.StatusInternalServerError {
			f.log.Error("not served", "request", requestID(ctx), "status", reply.StatusCode)
			reply.Headers["X-Request-Id"] = requestID(ctx)
		}
		figures := []cloud.Figure{
			{Name: f.counted(e.RequestContext.HTTP.Method), Unit: "Count", Value: 1},
			{Name: "Took", Unit: "Milliseconds", Value: float64(time.Since(begin).Microseconds()) / 1000},
		}
		if reply.StatusCode == http.StatusConflict { // among all that are 4xx, an alarm could not see these
			figures = append(figures, cloud.Figure{Name: "Conflicts", Unit: "Count", Value: 1})
		}
		f.metrics.Write(map[string]string{"Status": fmt.Sprintf("%dxx", reply.StatusCode/100)}, figures...)
	}()
	if deadline, ok := ctx.Deadline(); ok { // reply before the function is stopped
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	ctx, done := cloud.Awaited(ctx)
	defer done()
	r, err := request(ctx, e)
	if err != nil {
		return refusal(http.StatusBadRequest, "the event is not a valid request"), nil
	}
	if !f.fromCDN(r) {
		return refusal(http.StatusForbidden, "requests must be sent to the address of the site"), nil
	}
	w := newResponse()
	f.handler(ctx).ServeHTTP(w, r)
	reply = w.event()
	if r.Method == http.MethodHead {
		reply.Body = ""
	}
	return reply, nil
}

// fromCDN reports whether a request carries a secret of the CDN, if there is one. It compares in constant time.
func (f *Function) fromCDN(r *http.Request) bool {
	given := []byte(r.Header.Get(secretHeader))
	match := len(f.secrets) == 0
	for _, secret := range f.secrets {
		match = subtle.ConstantTimeCompare(given, []byte(secret)) == 1 || match
	}
	return match
}

// reserve is the time kept before the deadline for the reply.
const reserve = 500 * time.Millisecond

// refusal returns the reply to an event that the handler does not answer.
func refusal(status int, message string) events.APIGatewayV2HTTPResponse {
	return events.APIGatewayV2HTTPResponse{
		StatusCode: status,
		Headers:    map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store"},
		Body:       fmt.Sprintf(`{"problems":[{"question":"","code":%q,"message":%q}]}`+"\n", codes[status], message),
	}
}

var codes = map[int]string{http.StatusBadRequest: "bad_body", http.StatusForbidden: "forbidden", http.StatusInternalServerError: "internal"}

func requestID(ctx context.Context) string {
	if c, ok := lambdacontext.FromContext(ctx); ok {
		return cmp.Or(c.AwsRequestID, "unknown")
	}
	return "unknown"
}
