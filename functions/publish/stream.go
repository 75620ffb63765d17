package main

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"golang.org/x/sync/errgroup"

	"glasspoll/internal/cloud"
	"glasspoll/internal/publish"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// changed publishes the surveys that a batch of the stream's records names. It returns the first record of each survey that
// failed, to be sent again. What another publisher is at is left to it, and so is no failure; of what nobody may begin yet, this
// one does what nobody else has done by then.
func (f *function) changed(ctx context.Context, records []events.DynamoDBEventRecord) (reply events.DynamoDBEventResponse) {
	changes := changesOf(records)
	failed := map[*change]bool{}
	var published []string
	note := func(c *change, out publish.Outcome, err error) {
		if failed[c] = err != nil || out.More; err == nil && !out.TurnedAway {
			published = append(published, c.survey)
		}
	}
	var early []*change
	for _, c := range changes {
		out, err := f.withPublisher(ctx, c.survey, func(p *publish.Publisher, s *survey.Survey) (publish.Outcome, error) {
			return p.PublishWork(ctx, s, c.work)
		})
		if c.early = out.Early; c.early > 0 {
			early = append(early, c)
		}
		note(c, out, err)
	}
	slices.SortStableFunc(early, func(a, b *change) int { return cmp.Compare(a.early, b.early) })
	for _, c := range early {
		out, err := f.withPublisher(ctx, c.survey, func(p *publish.Publisher, s *survey.Survey) (publish.Outcome, error) {
			return p.Finish(ctx, s)
		})
		note(c, out, err)
	}
	told := f.tell(ctx, published...) == nil // after all results: a receiver may be slow
	for _, c := range changes {
		if failed[c] || !told && slices.Contains(published, c.survey) {
			reply.BatchItemFailures = append(reply.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: c.first})
		}
	}
	return reply
}

// finish does the work that is left while nobody is at it: of publishers that were killed, or came too early and had no time
// to wait. A survey that takes long, or fails, keeps none of the others waiting.
func (f *function) finish(ctx context.Context) error {
	surveys, err := f.table.Unfinished(ctx)
	if err != nil {
		return err
	}
	failed := make([]error, len(surveys))
	did := make([]bool, len(surveys))
	var group errgroup.Group
	group.SetLimit(parallelRuns)
	for n, id := range surveys {
		if id == turn {
			continue
		}
		group.Go(func() error {
			out, err := f.withPublisher(ctx, id, func(p *publish.Publisher, s *survey.Survey) (publish.Outcome, error) {
				return p.Finish(ctx, s)
			})
			failed[n], did[n] = err, err == nil && !out.TurnedAway && out.Report != nil
			return nil
		})
	}
	group.Wait()
	var published []string
	for n, id := range surveys {
		if did[n] {
			published = append(published, id)
		}
	}
	if len(published) > 0 || slices.Contains(surveys, turn) {
		failed = append(failed, f.news.tell(ctx, published...))
	}
	return errors.Join(failed...)
}

// change summarizes the records of one survey in a batch.
type change struct {
	survey string
	work   store.Work    // since the oldest record, by the stream's clock
	first  string        // sequence number of the survey's first record
	early  time.Duration // for how long nobody may begin
}

// changesOf summarizes the records of responses, sorted by survey. It ignores other records.
func changesOf(records []events.DynamoDBEventRecord) []*change {
	bySurvey, names := map[string]*change{}, map[string]map[string]bool{}
	for _, record := range records {
		pk := record.Change.Keys["PK"]
		if pk.DataType() != events.DataTypeString {
			continue
		}
		survey, name, ok := cloud.ResponseKey(pk.String())
		if !ok {
			continue
		}
		c := bySurvey[survey]
		if c == nil {
			c = &change{survey: survey, first: record.Change.SequenceNumber}
			bySurvey[survey], names[survey] = c, map[string]bool{}
		}
		names[survey][name] = true
		if at := record.Change.ApproximateCreationDateTime.Time; at.Unix() > 0 && (c.work.Oldest.IsZero() || at.Before(c.work.Oldest)) {
			c.work.Oldest = at
		}
	}
	for survey, c := range bySurvey {
		c.work.Names = slices.Sorted(maps.Keys(names[survey]))
	}
	return slices.SortedFunc(maps.Values(bySurvey), func(a, b *change) int { return cmp.Compare(a.survey, b.survey) })
}
