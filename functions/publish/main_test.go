package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"glasspoll/internal/publish"
	"glasspoll/internal/survey"
)

// TestPanicIsAnError checks that a panic over one survey does not keep the others from being published.
func TestPanicIsAnError(t *testing.T) {
	var log bytes.Buffer
	f := &function{log: slog.New(slog.NewJSONHandler(&log, nil))} // it has no table, and panics at the first call
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "request-7"})
	_, err := f.publish(ctx, "tea")
	if err == nil || !strings.Contains(err.Error(), "survey tea: panicked") {
		t.Fatalf("%v", err)
	}
	var line struct{ Level, Request, Survey, Error string }
	if err := json.Unmarshal(log.Bytes(), &line); err != nil || line.Level != "ERROR" || line.Request != "request-7" || line.Survey != "tea" || !strings.Contains(line.Error, "panicked") {
		t.Errorf("%v: the log says %s", err, &log)
	}
}

// publish brings all of one survey up to date.
func (f *function) publish(ctx context.Context, id string) (publish.Outcome, error) {
	return f.withPublisher(ctx, id, func(p *publish.Publisher, s *survey.Survey) (publish.Outcome, error) { return p.Publish(ctx, s) })
}
