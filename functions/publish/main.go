// Command publish is the AWS Lambda function on the table's stream and on a schedule: it folds what has arrived, makes
// the releases that are due, and replaces the results pages.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"glasspoll"
	"glasspoll/internal/cloud"
	"glasspoll/internal/publish"
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

// function publishes the surveys that an event names, or all of them.
type function struct {
	table     *cloud.Table
	publisher *publish.Publisher
	log       *slog.Logger
}

// newFunction reads its settings: TABLE and BUCKET, and the site's assets as in the submit function.
func newFunction(getenv func(string) string, log *slog.Logger) (*function, error) {
	name, bucket := getenv("TABLE"), getenv("BUCKET")
	if name == "" || bucket == "" {
		return nil, errors.New("the environment lacks TABLE or BUCKET")
	}
	renderer, err := render.New(glasspoll.Templates(), render.Assets{
		Style:  render.Asset{Path: getenv("STYLE"), Integrity: getenv("STYLE_INTEGRITY")},
		Script: render.Asset{Path: getenv("SCRIPT"), Integrity: getenv("SCRIPT_INTEGRITY")},
	})
	if err != nil {
		return nil, err
	}
	table := cloud.NewTable(cloud.DynamoDB(getenv), name, time.Now, cloud.Settle)
	pages := cloud.NewPages(cloud.S3(getenv), bucket)
	return &function{table: table, publisher: publish.New(table, table, table, pages, renderer, time.Now), log: log}, nil
}

// handle takes a batch of the table's stream, or any other event as "look at everything". Of a batch it returns the
// records that must come again: the stream is only a trigger, so one that comes twice, late or never changes nothing.
func (f *function) handle(ctx context.Context, raw json.RawMessage) (reply events.DynamoDBEventResponse, err error) {
	var stream events.DynamoDBEvent
	if err := json.Unmarshal(raw, &stream); err != nil || len(stream.Records) == 0 {
		surveys, err := f.table.Surveys(ctx)
		if err != nil {
			return reply, err
		}
		var failed []error
		for _, id := range surveys {
			failed = append(failed, f.publish(ctx, id))
		}
		return reply, errors.Join(failed...)
	}
	first := map[string]string{} // the first record of each survey, by its sequence number
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
		if err := f.table.Remember(ctx, shard.Survey, shard.Period); err != nil {
			return reply, err
		}
	}
	slices.Sort(surveys)
	for _, id := range surveys {
		if err := f.publish(ctx, id); err != nil {
			reply.BatchItemFailures = append(reply.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: first[id]})
		}
	}
	return reply, nil
}

// publish brings one survey up to date. A panic is an error like others: the next survey must not wait for it.
func (f *function) publish(ctx context.Context, id string) (err error) {
	begin := time.Now()
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("survey %s: panicked: %v", id, fault)
		}
		if err != nil {
			f.log.Error("not published", "survey", id, "error", err)
		}
	}()
	s, err := f.table.Definition(ctx, id, "")
	if err != nil {
		return err
	}
	out, err := f.publisher.Publish(ctx, s)
	if err != nil {
		return err
	}
	f.log.Info("published", "survey", id, "folded", out.Folded, "released", len(out.Released), "replaced", out.Replaced, "took_ms", time.Since(begin).Milliseconds())
	return nil
}
