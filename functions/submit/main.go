// Command submit is the AWS Lambda function behind the HTTP API: one submission in, 303, 201 or problems out. It may
// only write responses.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"glasspoll"
	"glasspoll/internal/cloud"
	"glasspoll/internal/intake"
	"glasspoll/internal/render"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	f, err := newFunction(os.Getenv, log)
	if err != nil {
		log.Error("cannot start", "error", err)
		os.Exit(1)
	}
	lambda.StartWithOptions(f.handle, lambda.WithEnableSIGTERM(func() { log.Info("stopping") }))
}

// function serves one submission an event.
type function struct {
	handler http.Handler
	log     *slog.Logger
	metrics *metrics
}

// newFunction reads its settings: TABLE, the table's name; ADDRESS_HEADER, the header in which the CDN says the
// respondent's address; STYLE, STYLE_INTEGRITY, SCRIPT and SCRIPT_INTEGRITY, the site's assets.
func newFunction(getenv func(string) string, log *slog.Logger) (*function, error) {
	name := getenv("TABLE")
	if name == "" {
		return nil, errors.New("the environment lacks TABLE, the table's name")
	}
	table := cloud.NewTable(cloud.DynamoDB(getenv), name, time.Now, cloud.Settle)
	renderer, err := render.New(glasspoll.Templates(), render.Assets{
		Style:  render.Asset{Path: getenv("STYLE"), Integrity: getenv("STYLE_INTEGRITY")},
		Script: render.Asset{Path: getenv("SCRIPT"), Integrity: getenv("SCRIPT_INTEGRITY")},
	})
	if err != nil {
		return nil, err
	}
	header := getenv("ADDRESS_HEADER")
	return &function{
		handler: &intake.Handler{
			Definitions: table, Responses: table, Renderer: renderer, Now: time.Now, Log: log,
			ClientAddress: func(r *http.Request) string {
				if address := r.Header.Get(header); header != "" && address != "" {
					return address
				}
				return r.RemoteAddr
			},
		},
		log: log, metrics: newMetrics(os.Stdout),
	}, nil
}

// handle answers one event. It never fails: a fault of ours is a 500, and a line in the log that has the request's id.
func (f *function) handle(ctx context.Context, e events.APIGatewayV2HTTPRequest) (reply events.APIGatewayV2HTTPResponse, err error) {
	begin := time.Now()
	defer func() {
		if fault := recover(); fault != nil {
			f.log.Error("panicked", "request", requestID(ctx), "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
			reply, err = broken(ctx), nil
		}
		f.metrics.submission(reply.StatusCode, time.Since(begin))
	}()
	if deadline, ok := ctx.Deadline(); ok { // answer before the function is cut off
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	r, err := request(ctx, e)
	if err != nil {
		return events.APIGatewayV2HTTPResponse{StatusCode: http.StatusBadRequest, Body: "{}\n"}, nil
	}
	w := newResponse()
	f.handler.ServeHTTP(w, r)
	if w.status >= http.StatusInternalServerError {
		f.log.Error("not served", "request", requestID(ctx), "status", w.status)
	}
	return w.event(), nil
}

// reserve is what is left of a function's time for its answer.
const reserve = 500 * time.Millisecond

func broken(ctx context.Context) events.APIGatewayV2HTTPResponse {
	return events.APIGatewayV2HTTPResponse{
		StatusCode: http.StatusInternalServerError,
		Headers:    map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store"},
		Body:       fmt.Sprintf(`{"problems":[{"question":"","code":"internal","message":"%s"}]}`+"\n", requestID(ctx)),
	}
}

func requestID(ctx context.Context) string {
	if c, ok := lambdacontext.FromContext(ctx); ok {
		return c.AwsRequestID
	}
	return ""
}
