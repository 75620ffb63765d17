package indexed

import (
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/release"
	"glasspoll/internal/tally"
)

// Tally returns an empty tally in the place of the one that the table holds of a period, as one for each shard, under rules
// that are no longer in force: it says only up to where alerts have been evaluated. That is the place of the last response in
// front of the first that they have not been evaluated for. Tally returns nil if the table holds none. The revision is the sum
// of those of the shards.
func (t *Table) Tally(ctx context.Context, survey, period string) (empty *tally.Tally, revision int, err error) {
	var alerted [shards]string
	for i, err := range t.items(ctx, "T#"+survey+"#"+period) {
		if err != nil {
			return nil, 0, err
		}
		shard, own, to, err := alertedOf(i)
		if err != nil {
			return nil, 0, t.wrap(message.Errorf("tally of %s %s, shard %s: %w", survey, period, textOf(i, sortKey), err))
		}
		alerted[shard] = to
		revision += own
	}
	if revision == 0 {
		return nil, 0, nil
	}
	empty = tally.New()
	first, err := t.edge(ctx, survey, period, bounds{after: func(shard int) string { return alerted[shard] }})
	if err == nil {
		empty.Alerted, err = t.edge(ctx, survey, period, bounds{before: first})
	}
	if err != nil {
		return nil, 0, err
	}
	return empty, revision, nil
}

// alertedOf returns the number of a shard, the revision of its tally, and up to where that says that alerts have been evaluated.
func alertedOf(i item) (shard, revision int, alerted string, err error) {
	if _, err = fmt.Sscanf(textOf(i, sortKey), "%02d", &shard); err != nil {
		return 0, 0, "", err
	}
	if shard < 0 || shard >= shards {
		return 0, 0, "", message.Errorf("there is no shard %d", shard)
	}
	if revision, err = revisionOf(i); err != nil {
		return 0, 0, "", err
	}
	data, err := bodyOf(i)
	if err != nil {
		return 0, 0, "", err
	}
	t, err := tally.Decode(data)
	if err != nil {
		return 0, 0, "", err
	}
	return shard, revision, tally.Restart(t).Alerted, nil
}

// Latest reads the latest release of each period, see [store.Releases].
func (t *Table) Latest(ctx context.Context, survey string) (latest []*release.Release, err error) {
	periods, err := t.Periods(ctx, survey)
	if err != nil {
		return nil, err
	}
	for _, period := range periods {
		for i, err := range t.query(ctx, &dynamodb.QueryInput{
			ScanIndexForward: aws.Bool(false), Limit: aws.Int32(1), KeyConditionExpression: aws.String("PK = :pk"),
			ExpressionAttributeValues: item{":pk": text("P#" + survey + "#" + period)},
		}) {
			if err != nil {
				return nil, err
			}
			r, err := t.releaseOf(i, survey, period)
			if err != nil {
				return nil, err
			}
			latest = append(latest, r)
			break
		}
	}
	return latest, nil
}

func (t *Table) releaseOf(i item, survey, period string) (*release.Release, error) {
	data, err := bodyOf(i)
	var r *release.Release
	if err == nil {
		r, err = release.Decode(data)
	}
	if err == nil && (r.Survey != survey || r.Period != period || fmt.Sprintf("%010d", r.Number) != textOf(i, sortKey)) {
		err = message.Errorf("it is release %d of %s %s", r.Number, r.Survey, r.Period)
	}
	if err != nil {
		return nil, t.wrap(message.Errorf("release %s of %s %s: %w", textOf(i, sortKey), survey, period, err))
	}
	return r, nil
}

// History implements [store.History].
func (t *Table) History(ctx context.Context, survey, period string) iter.Seq2[*release.Release, error] {
	return func(yield func(*release.Release, error) bool) {
		for i, err := range t.items(ctx, "P#"+survey+"#"+period) {
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

// CasesOf reads all cases of a survey, see [store.Cases].
func (t *Table) CasesOf(ctx context.Context, survey string) (all []*cases.Case, err error) {
	for i, err := range t.items(ctx, "C#"+survey) {
		if err != nil {
			return nil, err
		}
		c, err := t.caseOf(i)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (t *Table) caseOf(i item) (*cases.Case, error) {
	own, err := revisionOf(i)
	var data []byte
	if err == nil {
		data, err = bodyOf(i)
	}
	var c *cases.Case
	if err == nil {
		c, err = cases.Decode(data, own)
	}
	if err != nil {
		return nil, t.wrap(message.Errorf("case %s: %w", textOf(i, sortKey), err))
	}
	return c, nil
}

// Pending reads the cases in the outbox of a survey.
func (t *Table) Pending(ctx context.Context, survey string) (pending []*cases.Case, err error) {
	ids, err := t.sortKeys(ctx, "O#"+survey)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		i, err := t.get(ctx, "C#"+survey, id)
		if err != nil {
			return nil, err
		}
		if i == nil {
			continue
		}
		c, err := t.caseOf(i)
		if err != nil {
			return nil, err
		}
		pending = append(pending, c)
	}
	return pending, nil
}

// News reads what is in the outbox of a survey, see [store.Outbox].
func (t *Table) News(ctx context.Context, survey string) ([]news.Item, error) {
	pending, err := t.Pending(ctx, survey)
	return news.OfPending(pending), err
}
