package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"glasspoll/internal/cloud"
)

// changed publishes the surveys that a batch of the stream's records names. It returns the first record of each survey that
// failed, to be sent again.
func (f *function) changed(ctx context.Context, records []events.DynamoDBEventRecord) (reply events.DynamoDBEventResponse) {
	changes := changesOf(records)
	failed := map[*change]bool{}
	var published []string
	for _, c := range changes {
		more, err := f.publish(ctx, c.survey, c.periods...)
		if failed[c] = more || err != nil; err == nil {
			published = append(published, c.survey)
		}
	}
	told := f.tell(ctx, published...) == nil // after all results: a receiver may be slow
	for _, c := range changes {
		if failed[c] || !told {
			reply.BatchItemFailures = append(reply.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: c.first})
		} else if c.oldest.Unix() > 0 {
			f.metrics.Write(nil, cloud.Figure{Name: "PublishAge", Unit: "Seconds", Value: time.Since(c.oldest).Seconds()})
		}
	}
	return reply
}

// change summarizes the records of one survey in a batch.
type change struct {
	survey  string
	periods []string  // that have new responses
	first   string    // sequence number of the survey's first record
	oldest  time.Time // time of the oldest record, by the stream's clock
}

// changesOf summarizes the records of responses, sorted by survey. It ignores other records.
func changesOf(records []events.DynamoDBEventRecord) []*change {
	bySurvey := map[string]*change{}
	for _, record := range records {
		pk := record.Change.Keys["PK"]
		if pk.DataType() != events.DataTypeString {
			continue
		}
		survey, period, ok := cloud.ResponseKey(pk.String())
		if !ok {
			continue
		}
		at := record.Change.ApproximateCreationDateTime.Time
		c := bySurvey[survey]
		if c == nil {
			c = &change{survey: survey, first: record.Change.SequenceNumber}
			bySurvey[survey] = c
		}
		if c.oldest.IsZero() || at.Before(c.oldest) {
			c.oldest = at
		}
		if period != "" && !slices.Contains(c.periods, period) {
			c.periods = append(c.periods, period)
		}
	}
	return slices.SortedFunc(maps.Values(bySurvey), func(a, b *change) int { return cmp.Compare(a.survey, b.survey) })
}
