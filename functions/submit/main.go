// Command submit is the AWS Lambda function behind the HTTP API: it takes one submission, and replies with 303, 201 or
// problems. It may only write responses.
package main

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // surveys name timezones, and the runtime's image has none

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"glasspoll/internal/cloud"
	"glasspoll/internal/intake"
	"glasspoll/internal/survey"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	f, err := newFunction(os.Getenv, log, os.Stdout)
	if err != nil {
		log.Error("cannot start", "error", err)
		os.Exit(1)
	}
	lambda.StartWithOptions(f.handle, lambda.WithEnableSIGTERM(func() { log.Info("stopping") }))
}

// function serves the submission of each event.
type function struct {
	handler func(context.Context) http.Handler
	secrets []string
	log     *slog.Logger
	metrics *cloud.Metrics
}

// secretHeader carries a secret of the CDN, without which its other headers cannot be trusted.
const secretHeader = "X-Origin-Secret"

// newFunction reads the settings. TABLE is the name of the table. ORIGIN_SECRETS are secrets separated by commas, one of which
// every request must have; ADDRESS_HEADER is the header in which the CDN gives the respondent's address and port. These two must
// be set together, because without a secret any client could claim any address. RETENTION_DAYS is the number of days after
// which a response is deleted; 0 or empty means never. LIMITS is off for trials, in which many answers come from few addresses.
func newFunction(getenv func(string) string, log *slog.Logger, metrics io.Writer) (*function, error) {
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
	retention, err := retentionTime(getenv("RETENTION_DAYS"))
	if err != nil {
		return nil, err
	}
	table := cloud.NewTable(cloud.DynamoDB(getenv), name, cloud.Options{Retention: retention})
	pages := &pages{readAssets: table.Assets, log: log}
	handler := intake.Handler{
		Definitions: definitions{table}, Responses: table, IDs: table, Secrets: &tableSecret{table: table, log: log}, Now: time.Now,
		Client: func(r *http.Request) string { return connection(r, header) },
		Host:   func(*http.Request) []string { return nil }, // the CDN does not hand it on
	}
	switch limits := getenv("LIMITS"); limits {
	case "", "on":
		handler.Limits = intake.NewLimits(table, table)
		handler.Limits.Rates = table
	case "off":
	default:
		return nil, fmt.Errorf("LIMITS is %q: it must be on or off", limits)
	}
	return &function{
		handler: func(ctx context.Context) http.Handler {
			h := handler
			h.Renderer = renderer{ctx, pages}
			h.Log = log.With("request", requestID(ctx))
			return &h
		},
		secrets: secrets, log: log, metrics: cloud.NewMetrics(metrics, name, time.Now),
	}, nil
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

// retentionTime parses RETENTION_DAYS.
func retentionTime(setting string) (time.Duration, error) {
	if setting == "" {
		return 0, nil
	}
	days, err := strconv.Atoi(setting)
	if err != nil || days < 0 {
		return 0, fmt.Errorf("RETENTION_DAYS is %q: it must be a number of days", setting)
	}
	return time.Duration(days) * 24 * time.Hour, nil
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

// handle answers one event. It never returns an error: a panic becomes a 500, and a line in the log with the request's id.
func (f *function) handle(ctx context.Context, e events.APIGatewayV2HTTPRequest) (reply events.APIGatewayV2HTTPResponse, err error) {
	begin := time.Now()
	defer func() {
		if value := recover(); value != nil {
			f.log.Error("panicked", "request", requestID(ctx), "fault", fmt.Sprint(value), "stack", string(debug.Stack()))
			reply, err = refusal(http.StatusInternalServerError, requestID(ctx)), nil
		}
		if reply.StatusCode >= http.StatusInternalServerError {
			f.log.Error("not served", "request", requestID(ctx), "status", reply.StatusCode)
			reply.Headers["X-Request-Id"] = requestID(ctx)
		}
		f.metrics.Write(map[string]string{"Status": fmt.Sprintf("%dxx", reply.StatusCode/100)},
			cloud.Figure{Name: counted(e.RequestContext.HTTP.Method), Unit: "Count", Value: 1},
			cloud.Figure{Name: "Took", Unit: "Milliseconds", Value: float64(time.Since(begin).Microseconds()) / 1000})
	}()
	if deadline, ok := ctx.Deadline(); ok { // reply before the function is stopped
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
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

// counted returns the metric that a request is counted in.
func counted(method string) string {
	if method == http.MethodPost {
		return "Submissions"
	}
	return "Forms"
}

// fromCDN reports whether a request carries a secret of the CDN, if there is one. It compares in constant time.
func (f *function) fromCDN(r *http.Request) bool {
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
