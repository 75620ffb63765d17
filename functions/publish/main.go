// Command publish is the AWS Lambda function on the table's stream and on a schedule: it folds what has arrived, makes
// the releases that are due, and replaces the results pages.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // surveys name timezones, and the runtime's image has none

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"glasspoll"
	"glasspoll/internal/cloud"
	"glasspoll/internal/notify"
	"glasspoll/internal/publish"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
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

// function publishes the surveys that an event names, or all of them.
type function struct {
	table   *cloud.Table
	pages   *cloud.Pages
	events  *cloud.Events
	log     *slog.Logger
	metrics *cloud.Metrics

	mu        sync.Mutex
	publisher *publish.Publisher // for the assets below
	renderer  *render.Renderer
	assets    render.Assets
}

// newFunction reads its settings: TABLE and BUCKET.
func newFunction(getenv func(string) string, log *slog.Logger, metrics io.Writer) (*function, error) {
	name, bucket := getenv("TABLE"), getenv("BUCKET")
	if name == "" || bucket == "" {
		return nil, errors.New("the environment lacks TABLE or BUCKET")
	}
	return &function{
		table: cloud.NewTable(cloud.DynamoDB(getenv), name, cloud.Options{}),
		pages: cloud.NewPages(cloud.S3(getenv, bucket)), events: cloud.EventBridge(getenv),
		log: log, metrics: cloud.NewMetrics(metrics, name, time.Now),
	}, nil
}

// current is the publisher for the assets that the site has now. Where none are known nothing has been published yet,
// and a page without them would be worse than the one that is there.
func (f *function) current(ctx context.Context) (*publish.Publisher, error) {
	assets, known, err := f.table.Assets(ctx)
	if err == nil && !known {
		err = errors.New("the site's assets are not known yet: `glasspoll publish` says them")
	}
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.renderer == nil {
		if f.renderer, err = render.New(glasspoll.Pages(), assets); err != nil {
			return nil, err
		}
	}
	if f.publisher == nil || !f.assets.Equal(assets) {
		f.publisher = publish.New(publish.Options{
			Log: f.table, Tallies: f.table, Releases: f.table, Pages: f.pages, Renderer: results.New(f.renderer.With(assets)), Now: time.Now,
			Sidecars: f.table, Cases: f.table, Notify: true,
		})
		f.assets = assets
	}
	return f.publisher, nil
}

// reserve is what is left of a function's time to say what it has not done.
const reserve = 2 * time.Second

// handle takes a batch of the table's stream, or any other event as "look at everything". Of a batch it returns the
// records that must come again: the stream is only a trigger, so one that comes twice, late or never changes nothing.
func (f *function) handle(ctx context.Context, raw json.RawMessage) (reply events.DynamoDBEventResponse, err error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	var stream events.DynamoDBEvent
	if err := json.Unmarshal(raw, &stream); err != nil || len(stream.Records) == 0 {
		return reply, f.everything(ctx)
	}
	first := map[string]string{} // the first record of each survey, by its sequence number
	oldest := map[string]time.Time{}
	remembered := map[[2]string]bool{} // a batch has many records of few periods
	var surveys []string
	for _, record := range stream.Records {
		pk := record.Change.Keys["PK"]
		if pk.DataType() != events.DataTypeString {
			continue
		}
		shard, ok := cloud.ShardOfKey(pk.String())
		if !ok {
			continue
		}
		if first[shard.Survey] == "" {
			first[shard.Survey] = record.Change.SequenceNumber
			surveys = append(surveys, shard.Survey)
		}
		if at := record.Change.ApproximateCreationDateTime.Time; oldest[shard.Survey].IsZero() || at.Before(oldest[shard.Survey]) {
			oldest[shard.Survey] = at
		}
		period := [2]string{shard.Survey, shard.Period}
		if remembered[period] {
			continue
		}
		if err := f.table.AddPeriod(ctx, shard.Survey, shard.Period); err != nil {
			return reply, err
		}
		remembered[period] = true
	}
	slices.Sort(surveys)
	for _, id := range surveys {
		if err := f.publish(ctx, id); err != nil {
			reply.BatchItemFailures = append(reply.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: first[id]})
			continue
		}
		if at := oldest[id]; at.Unix() > 0 {
			f.metrics.Write(nil, cloud.Figure{Name: "PublishAge", Unit: "Seconds", Value: time.Since(at).Seconds()})
		}
	}
	return reply, nil
}

// everything brings all surveys up to date.
func (f *function) everything(ctx context.Context) error {
	surveys, err := f.table.Surveys(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range surveys {
		failed = append(failed, f.publish(ctx, id))
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	f.metrics.Write(nil, cloud.Figure{Name: "Rounds", Unit: "Count", Value: 1})
	return nil
}

// publish brings one survey up to date. A panic is an error like others: the next survey must not wait for it.
func (f *function) publish(ctx context.Context, id string) (err error) {
	begin := time.Now()
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("survey %s: panicked: %v\n%s", id, fault, debug.Stack())
		}
		if err != nil {
			f.log.Error("not published", "request", requestID(ctx), "survey", id, "error", err)
		}
	}()
	s, err := f.table.Definition(ctx, id, "")
	if err != nil {
		return err
	}
	if s.Results.Audience != "public" {
		return nil
	}
	publisher, err := f.current(ctx)
	if err != nil {
		return err
	}
	out, err := publisher.Publish(ctx, s)
	sent, sendErr := notify.Deliver(ctx, f.table, f.events, id) // those that an earlier run could not send too
	if err := errors.Join(err, sendErr); err != nil {
		return err
	}
	f.log.Info("published", "survey", id, "folded", out.Folded, "released", len(out.Released), "replaced", out.Replaced, "cases", out.Opened, "told", sent, "took_ms", time.Since(begin).Milliseconds())
	return nil
}

func requestID(ctx context.Context) string {
	if c, ok := lambdacontext.FromContext(ctx); ok {
		return c.AwsRequestID
	}
	return ""
}
