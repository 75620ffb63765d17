// Command publish is the AWS Lambda function that runs on the table's stream and on a schedule. It folds new responses, makes the
// releases that are due, replaces results pages, and sends the notifications of cases.
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
	"strconv"
	"sync"
	"time"
	_ "time/tzdata" // surveys name timezones, and the runtime's image has none

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"glasspoll"
	"glasspoll/internal/cloud"
	"glasspoll/internal/probe"
	"glasspoll/internal/publish"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	f, err := newFunction(os.Getenv, log, os.Stdout)
	if err != nil {
		log.Error("cannot start", "error", err)
		os.Exit(1)
	}
	lambda.StartWithOptions(f.invoke, lambda.WithEnableSIGTERM(func() { log.Info("stopping") }))
}

// files are the files of the site. *cloud.Pages implements it.
type files interface {
	store.Pages
	placer
	TagOf(body []byte) string
}

// function publishes the surveys that an event names, or all of them.
type function struct {
	table   *cloud.Table
	pages   files
	news    *newsroom
	log     *slog.Logger
	metrics *cloud.Metrics
	apart   time.Duration // between the beginnings of a survey's turns
	prober  *cloud.Prober // of the function's role

	mu        sync.Mutex
	publisher *publish.Publisher // renders pages with the assets below
	renderer  *render.Renderer
	assets    render.Assets
}

// maxApart bounds SECONDS_APART: an invocation waits for so long, and works afterwards.
const maxApart = 60

// newFunction reads the function's settings, TABLE and BUCKET, INVITATIONS if there are any, SECONDS_APART, how many seconds lie
// between the beginnings of a survey's runs that answers bring about (none: 0), and those of its clients.
func newFunction(getenv func(string) string, log *slog.Logger, metrics io.Writer) (*function, error) {
	name, bucket := getenv("TABLE"), getenv("BUCKET")
	if name == "" || bucket == "" {
		return nil, errors.New("the environment lacks TABLE or BUCKET")
	}
	f := &function{
		table: cloud.NewTable(cloud.DynamoDB(getenv), name, cloud.Options{Invitations: getenv("INVITATIONS")}),
		pages: cloud.NewPages(cloud.S3(getenv, bucket)),
		log:   log, metrics: cloud.NewMetrics(metrics, name, time.Now),
		prober: cloud.NewProber(getenv, name, getenv("INVITATIONS"), cloud.S3(getenv, bucket)),
	}
	if apart := getenv("SECONDS_APART"); apart != "" {
		n, err := strconv.ParseUint(apart, 10, 8)
		if err != nil || n > maxApart {
			return nil, fmt.Errorf("SECONDS_APART is %q: it must be a number up to %d", apart, maxApart)
		}
		f.apart = time.Duration(n) * time.Second
	}
	f.news = newNewsroom(getenv, f.table, log, f.metrics)
	return f, nil
}

// current returns a publisher that renders pages with the current assets of the site. It returns an error if there are none, as
// before the first `glasspoll publish`: it must not replace a page by one without style.
func (f *function) current(ctx context.Context) (*publish.Publisher, error) {
	assets, known, err := f.table.Assets(ctx)
	if err == nil && !known {
		err = errors.New("the site's assets are not known yet: run `glasspoll publish`")
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
			Collector: f.table, Turns: f.table, Apart: f.apart, Progress: f.table, Reviews: f.table, Log: f.table, Definitions: f.table, Tallies: f.table, Releases: f.table, Pages: f.pages, TagOf: f.pages.TagOf, Renderer: results.New(f.renderer.With(assets)), Now: time.Now,
			Withdrawals: f.table, Sidecars: f.table, Counts: f.table, Cases: f.table, Notify: true,
		})
		f.assets = assets
	}
	return f.publisher, nil
}

// invoke answers an event of Lambda: the one that asks for probes of the function's role, or any other.
func (f *function) invoke(ctx context.Context, event json.RawMessage) (any, error) {
	if probe.Asked(event) {
		return cloud.InTime(ctx, f.prober.Publish), nil
	}
	return f.handle(ctx, event)
}

// reserve is the time kept before the deadline for reporting failed records.
const reserve = 2 * time.Second

// handle publishes the surveys of a batch of stream records, or verifies or puts forms in place if the event says so, or
// makes a round over all surveys on any other event. It returns the first record of each survey that failed, to be sent again. The stream
// is only a trigger: records may be repeated, late or lost.
func (f *function) handle(ctx context.Context, raw json.RawMessage) (reply events.DynamoDBEventResponse, err error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-reserve))
		defer cancel()
	}
	var asked request
	switch err := json.Unmarshal(raw, &asked); {
	case err == nil && asked.Verify:
		return reply, f.verify(ctx)
	case err == nil && asked.Windows:
		return reply, f.placeForms(ctx)
	case err == nil && asked.Finish:
		return reply, f.finish(ctx)
	case err == nil && asked.News:
		return reply, f.newsRound(ctx)
	}
	var stream events.DynamoDBEvent
	if err := json.Unmarshal(raw, &stream); err != nil || len(stream.Records) == 0 {
		return reply, f.runRound(ctx, true)
	}
	reply = f.changed(ctx, stream.Records)
	if err := f.wake(ctx, wakesOf(stream.Records)); err != nil {
		f.log.Error("changes were not noted, will be tried again", "request", requestID(ctx), "error", err)
		reply.BatchItemFailures = append(reply.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: stream.Records[0].Change.SequenceNumber})
	}
	return reply, nil
}

// tell delivers the news of surveys, including those that earlier runs failed to deliver.
func (f *function) tell(ctx context.Context, surveys ...string) error {
	if len(surveys) == 0 {
		return nil
	}
	err := f.news.tell(ctx, surveys...)
	if err != nil {
		f.log.Error("news not delivered, will be tried again", "request", requestID(ctx), "error", err)
	}
	return err
}

// withPublisher lets a publisher do something with one survey. It returns a panic as an error, so that the other surveys are
// published.
func (f *function) withPublisher(ctx context.Context, id string, do publishing) (out publish.Outcome, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = panicked(id, value)
		}
		if err != nil {
			f.log.Error("not published", "request", requestID(ctx), "survey", id, "error", err)
		}
	}()
	s, err := f.table.Definition(ctx, id, "")
	if errors.Is(err, store.ErrUnknown) {
		return out, nil // it is being moved to this table, and is not in force yet; from then on, the schedule publishes it
	}
	if err != nil {
		return out, err
	}
	if err := f.table.Ready(ctx); err != nil {
		return out, err
	}
	return f.publishSurvey(ctx, s, do)
}

// publishing is what a publisher does with a survey.
type publishing func(p *publish.Publisher, s *survey.Survey) (publish.Outcome, error)

// panicked returns a panic over a survey as an error, so that the other surveys are published.
func panicked(id string, value any) error {
	return fmt.Errorf("survey %s: panicked: %v\n%s", id, value, debug.Stack())
}

// publishSurvey is withPublisher of a questionnaire in force.
func (f *function) publishSurvey(ctx context.Context, s *survey.Survey, do publishing) (out publish.Outcome, err error) {
	begin := time.Now()
	publisher, err := f.current(ctx)
	if err != nil {
		return out, err
	}
	if out, err = do(publisher, s); err != nil || out.TurnedAway {
		return out, err
	}
	did := []any{"survey", s.ID, "folded", out.Folded, "released", len(out.Released), "replaced", out.Replaced, "took_ms", time.Since(begin).Milliseconds()}
	if !s.IsUntraceable() { // the time would say when a low score arrived
		did = append(did, "cases", out.Opened)
	}
	f.log.Info("published", did...)
	if out.Age > 0 {
		f.metrics.Write(nil, cloud.Figure{Name: "PublishAge", Unit: "Seconds", Value: out.Age.Seconds()})
	}
	return out, nil
}

// requestID identifies the invocation in Lambda's own log lines; "" outside of Lambda.
func requestID(ctx context.Context) string {
	if c, ok := lambdacontext.FromContext(ctx); ok {
		return c.AwsRequestID
	}
	return ""
}
