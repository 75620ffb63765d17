// Command archive is the AWS Lambda function that archives periods when they are over, on a schedule. It reads the table, without
// private answers, and writes to a bucket of its own.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"
	_ "time/tzdata" // surveys name timezones, and the runtime's image has none

	"github.com/aws/aws-lambda-go/lambda"

	"glasspoll"
	"glasspoll/internal/archive"
	"glasspoll/internal/cloud"
	"glasspoll/internal/probe"
	"glasspoll/internal/render"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	f, err := newFunction(os.Getenv, log)
	if err != nil {
		log.Error("cannot start", "error", err)
		os.Exit(1)
	}
	lambda.StartWithOptions(f.invoke, lambda.WithEnableSIGTERM(func() { log.Info("stopping") }))
}

// function archives the surveys of a table.
type function struct {
	name  string // of the table
	table *cloud.Table
	shelf archive.Shelf
	log   *slog.Logger
	now   func() time.Time

	style string // of reports; plans have the design's own

	prober *cloud.Prober // of the function's role
}

// newFunction reads the function's settings, TABLE and ARCHIVES, INVITATIONS if there are any, and those of its clients.
func newFunction(getenv func(string) string, log *slog.Logger) (*function, error) {
	name, bucket := getenv("TABLE"), getenv("ARCHIVES")
	if name == "" || bucket == "" {
		return nil, errors.New("the environment lacks TABLE or ARCHIVES")
	}
	f := &function{
		name: name, table: cloud.NewTable(cloud.DynamoDB(getenv), name, cloud.Options{Invitations: getenv("INVITATIONS")}),
		shelf: cloud.NewArchives(cloud.S3(getenv, bucket)), log: log, now: time.Now,
		prober: cloud.NewProber(getenv, name, getenv("INVITATIONS"), cloud.S3(getenv, bucket)),
	}
	var err error
	f.style, err = render.Stylesheet(glasspoll.Templates(), "tokens.css", "page.css", "results.css")
	return f, err
}

// collected is a table whose answers are collected by the function that publishes, which alone may do that.
type collected struct{ *cloud.Table }

// Collect implements [store.Collector].
func (collected) Collect(context.Context, string, ...string) error { return nil }

const (
	// reserve is the time kept before the deadline for reporting what failed.
	reserve = 5 * time.Second
	// settling is how long after its end a period is left to the function that publishes, which runs every ten minutes.
	settling = time.Hour
)

// invoke answers an event of Lambda: the one that asks for probes of the function's role, or that of the schedule.
func (f *function) invoke(ctx context.Context, event json.RawMessage) ([]probe.Probe, error) {
	if probe.Asked(event) {
		return cloud.InTime(ctx, f.prober.Archive), nil
	}
	return nil, f.handle(ctx)
}

// handle archives what is over and has no archive yet.
func (f *function) handle(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	if err := f.table.Ready(ctx); err != nil {
		if errors.Is(err, cloud.ErrNoSite) {
			return nil // nothing has been published to the table yet
		}
		return err
	}
	surveys, err := f.table.Surveys(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range surveys {
		if err := f.survey(ctx, id); err != nil {
			f.log.Error("not archived, will be tried again within the hour; or write it elsewhere", "survey", id, "error", err,
				"command", fmt.Sprintf("glasspoll results archive %s --period PERIOD --out FILE.zip --table %s", id, f.name))
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// survey archives one survey. It returns a panic as an error, so that the others are archived.
func (f *function) survey(ctx context.Context, id string) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("survey %s: panicked: %v\n%s", id, value, debug.Stack())
		}
	}()
	s, err := f.table.Definition(ctx, id, "")
	if errors.Is(err, store.ErrUnknown) {
		return nil // it is being moved to this table
	}
	if err != nil {
		return err
	}
	closing := &archive.Closing{
		Records: collected{f.table}, Shelf: f.shelf,
		Now:     func() time.Time { return f.now().Add(-settling) },
		Publish: func(context.Context, *survey.Survey, string) error { return nil }, // another function does, every ten minutes
		Options: func(ctx context.Context, s *survey.Survey) (archive.Options, error) {
			actions, err := f.table.Actions(ctx, s.ID)
			return archive.Options{Actions: actions, Style: f.style}, err
		},
		Written: func(s *survey.Survey, m *archive.Manifest, checksum string, again bool) {
			f.log.Info("archived", "survey", s.ID, "period", m.Period, "again", again, "responses", m.Responses, "checksum", checksum)
		},
	}
	return closing.Survey(ctx, s)
}
