package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"glasspoll/internal/release"
	"glasspoll/internal/store"
)

func releasesKey(survey, period string) string { return "P#" + survey + "#" + period }

// releaseOf decodes the item of a release.
func (t *Table) releaseOf(i item, survey, period string) (*release.Release, error) {
	data, err := decompressed(i, body)
	r := &release.Release{}
	if err == nil {
		err = json.Unmarshal(data, r)
	}
	if err != nil {
		return nil, t.wrap(fmt.Errorf("release of %s %s: %w", survey, period, err))
	}
	return r, nil
}

// last reads a period's latest release; nil if there is none.
func (t *Table) last(ctx context.Context, survey, period string) (*release.Release, error) {
	out, err := t.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &t.name, ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(false), Limit: aws.Int32(1),
		KeyConditionExpression:    aws.String("PK = :pk"),
		ExpressionAttributeValues: item{":pk": text(releasesKey(survey, period))},
	})
	if err != nil || len(out.Items) == 0 {
		return nil, t.wrap(err)
	}
	return t.releaseOf(out.Items[0], survey, period)
}

// Latest implements [store.Releases].
func (t *Table) Latest(ctx context.Context, survey string) ([]*release.Release, error) {
	periods, err := t.Periods(ctx, survey)
	if err != nil {
		return nil, err
	}
	var latest []*release.Release
	for _, period := range periods {
		r, err := t.last(ctx, survey, period)
		if err != nil {
			return nil, err
		}
		if r != nil {
			latest = append(latest, r)
		}
	}
	return latest, nil
}

// Append implements [store.Releases].
func (t *Table) Append(ctx context.Context, r *release.Release) error {
	last, err := t.last(ctx, r.Survey, r.Period)
	if err != nil {
		return err
	}
	taken := 0
	if last != nil {
		taken = last.Number
	}
	switch stale, err := store.CheckNext(r, taken); {
	case err != nil:
		return t.wrap(err)
	case stale:
		return store.ErrStale
	}
	data, err := json.Marshal(r)
	if err != nil {
		return t.wrap(err)
	}
	if err := t.AddPeriod(ctx, r.Survey, r.Period); err != nil {
		return err
	}
	i := key(releasesKey(r.Survey, r.Period), fmt.Sprintf("%010d", r.Number))
	i[body] = compressed(data)
	created, err := t.create(ctx, i)
	if err == nil && !created {
		return store.ErrStale
	}
	return err
}

// History implements [store.History].
func (t *Table) History(ctx context.Context, survey, period string) iter.Seq2[*release.Release, error] {
	return func(yield func(*release.Release, error) bool) {
		for i, err := range t.items(ctx, releasesKey(survey, period)) {
			var r *release.Release
			if err == nil {
				r, err = t.releaseOf(i, survey, period)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}
