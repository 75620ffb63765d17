package indexed

import (
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"glasspoll/internal/cases"
	"glasspoll/internal/release"
	"glasspoll/internal/tally"
)

// counted is what a table holds of the tally of one shard.
type counted struct {
	tally   *tally.Tally // nil: none, or folded with another shape of the questionnaire than the one in force
	cursor  string       // up to which the tally counts its shard's log
	alerted string       // up to which alerts have been evaluated
}

// Tally returns the tally of a period, which the table holds as one for each shard. The shards' tallies may have come to
// different places of the log, and do not count what appeared in front of a place that they had passed: a response that was
// stored late, or by a process whose clock was behind. So Tally counts the log again, up to the last response in front of the
// first that is behind the tally of its shard, and late responses are in it. Only where the tallies count more than the log
// has, because responses have been deleted after a retention time, it returns the sum of the tallies, without what they count
// behind that place.
//
// A tally of another shape than that of the questionnaire in force counts as empty, as it does for a publisher. Tally returns
// nil if there is no tally, or no questionnaire in force. The revision is the sum of those of the shards.
func (t *Table) Tally(ctx context.Context, survey, period string) (sum *tally.Tally, revision int, err error) {
	s, err := t.inForce(ctx, survey)
	if err != nil || s == nil {
		return nil, 0, err
	}
	stored, revision, err := t.counted(ctx, survey, period, s.Shape)
	if err != nil || revision == 0 {
		return nil, 0, err
	}
	complete, err := t.passed(ctx, survey, period, func(shard int) string { return stored[shard].cursor })
	if err != nil {
		return nil, 0, err
	}
	alerted, err := t.passed(ctx, survey, period, func(shard int) string { return stored[shard].alerted })
	if err != nil {
		return nil, 0, err
	}
	recount, beyond := tally.New(s), tally.New(s) // up to complete, and behind it as far as the shards' tallies count
	for e, err := range t.entries(ctx, survey, period, "") {
		switch {
		case err != nil:
			return nil, 0, err
		case e.Cursor <= complete:
			recount.Fold(s, e.Response)
		case e.Cursor <= stored[e.shard].cursor:
			beyond.Fold(s, e.Response)
		}
	}
	tallies := make([]*tally.Tally, 0, shards)
	for _, c := range stored {
		tallies = append(tallies, c.tally)
	}
	sum = tally.Merge(tallies...)
	if received(sum) > received(recount)+received(beyond) {
		subtract(sum, beyond)
	} else {
		sum = recount
	}
	sum.Shape, sum.Cursor = s.Shape, complete
	if alerted > complete {
		sum.Alerted = alerted
	}
	return sum, revision, nil
}

// received counts the responses in a tally, those that were withdrawn included.
func received(t *tally.Tally) int64 {
	total := t.Total()
	return total.Respondents + total.Withdrawn
}

// subtract takes the counters of d out of t.
func subtract(t, d *tally.Tally) {
	for key, c := range d.Cohorts {
		if t.Cohorts[key] == nil {
			t.Cohorts[key] = (*tally.Counters)(nil).Clone()
		}
		t.Cohorts[key].Sub(c)
	}
}

// counted reads the tallies of a period's shards, and the sum of their revisions.
func (t *Table) counted(ctx context.Context, survey, period, shape string) (stored [shards]counted, revision int, err error) {
	for i, err := range t.items(ctx, "T#"+survey+"#"+period) {
		if err != nil {
			return stored, 0, err
		}
		var shard int
		_, err := fmt.Sscanf(textOf(i, sortKey), "%02d", &shard)
		if err == nil && (shard < 0 || shard >= shards) {
			err = fmt.Errorf("there is no shard %d", shard)
		}
		var own int
		if err == nil {
			own, err = revisionOf(i)
		}
		var data []byte
		if err == nil {
			data, err = bodyOf(i)
		}
		var one *tally.Tally
		if err == nil {
			one, err = tally.Decode(data)
		}
		if err != nil {
			return stored, 0, t.wrap(fmt.Errorf("tally of %s %s, shard %s: %w", survey, period, textOf(i, sortKey), err))
		}
		c := counted{alerted: max(one.Alerted, one.Cursor)}
		if one.Shape == shape {
			c.tally, c.cursor = one, one.Cursor
		}
		stored[shard] = c
		revision += own
	}
	return stored, revision, nil
}

// passed returns the place of the last response in front of the first that lies behind the place reached in its shard; "" for
// none.
func (t *Table) passed(ctx context.Context, survey, period string, reached func(shard int) string) (string, error) {
	first, err := t.edge(ctx, survey, period, bounds{after: reached})
	if err != nil {
		return "", err
	}
	return t.edge(ctx, survey, period, bounds{before: first})
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
		err = fmt.Errorf("it is release %d of %s %s", r.Number, r.Survey, r.Period)
	}
	if err != nil {
		return nil, t.wrap(fmt.Errorf("release %s of %s %s: %w", textOf(i, sortKey), survey, period, err))
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
		return nil, t.wrap(fmt.Errorf("case %s: %w", textOf(i, sortKey), err))
	}
	return c, nil
}

// Pending reads the cases in the outbox of a survey, see [store.Outbox].
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
