package cloud

import (
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// latestRelease is the sort key of a period's latest release, and the attribute with the number of a release.
const (
	latestRelease = "sum"
	releaseNumber = "number"
)

// parallelReleases is how many releases are read at a time.
const parallelReleases = 16

func releasesKey(survey, period string) string { return "P#" + survey + "#" + period }

// Latest implements [store.Releases]. It reads the numbers of the releases, and those that have changed.
func (t *Table) Latest(ctx context.Context, survey string) ([]*release.Release, error) {
	var periods []string
	var numbers []int
	for i, err := range t.items(ctx, "P#"+survey) {
		if err != nil {
			return nil, err
		}
		n, _ := integerOf(i, releaseNumber)
		periods, numbers = append(periods, textOf(i, sortKey)), append(numbers, int(n))
	}
	latest := make([]*release.Release, len(periods))
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(parallelReleases)
	for i, period := range periods {
		group.Go(func() (err error) {
			latest[i], err = t.atLeast(within, survey, period, numbers[i])
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return latest, nil
}

// atLeast returns a period's latest release, whose number is the given one or higher. It may be one that was read before.
func (t *Table) atLeast(ctx context.Context, survey, period string, number int) (*release.Release, error) {
	t.mu.Lock()
	known := t.latest[periodKey{survey, period}]
	t.mu.Unlock()
	if known != nil && known.Number >= number {
		return known, nil
	}
	i, err := t.get(ctx, releasesKey(survey, period), latestRelease)
	if err != nil {
		return nil, err
	}
	data, err := decompressed(i, body)
	var r *release.Release
	if err == nil {
		r, err = release.Decode(data)
	}
	if err == nil && r.Number < number {
		err = message.Errorf("it is release %d, and there is release %d", r.Number, number)
	}
	if err != nil {
		return nil, t.wrap(message.Errorf("latest release of %s %s: %w", survey, period, err))
	}
	t.rememberRelease(r)
	return r, nil
}

func (t *Table) rememberRelease(r *release.Release) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := periodKey{r.Survey, r.Period}
	if known := t.latest[name]; known == nil || known.Number < r.Number {
		if len(t.latest) >= maxCached {
			clear(t.latest)
		}
		t.latest[name] = r
	}
}

// Append implements [store.Releases]. The release, what it adds, its number and the tally are stored in one transaction.
func (t *Table) Append(ctx context.Context, r *release.Release, counted *tally.Tally, revision int) error {
	i, err := t.get(ctx, "P#"+r.Survey, r.Period)
	if err != nil {
		return err
	}
	last, _ := integerOf(i, releaseNumber)
	switch taken, err := store.CheckNext(r, int(last)); {
	case err != nil:
		return t.wrap(err)
	case taken:
		return store.ErrStale
	}
	var before *release.Release
	if last > 0 {
		if before, err = t.atLeast(ctx, r.Survey, r.Period, int(last)); err != nil {
			return err
		}
		if before.Number != int(last) {
			return store.ErrStale
		}
	}
	own := releasesKey(r.Survey, r.Period)
	added := key(own, fmt.Sprintf("%010d", r.Number))
	added[body] = compressed(release.Added(before, r).Encode())
	small := &types.Put{TableName: &t.name, Item: key("P#"+r.Survey, r.Period), ConditionExpression: free()}
	small.Item[releaseNumber] = number(r.Number)
	if last > 0 {
		small.ConditionExpression = aws.String("#number = :last")
		small.ExpressionAttributeNames = map[string]string{"#number": releaseNumber}
		small.ExpressionAttributeValues = item{":last": number(last)}
	}
	whole := key(own, latestRelease)
	whole[body] = compressed(r.Encode())
	failed, err := t.transact(ctx, []types.TransactWriteItem{
		t.putNew(added), {Put: small}, {Put: &types.Put{TableName: &t.name, Item: whole}},
		{Put: t.tallyIf(r.Survey, r.Period, counted, revision)}})
	if err != nil {
		return err
	}
	if failed >= 0 {
		return store.ErrStale
	}
	t.rememberRelease(r)
	return nil
}

// History implements [store.History].
func (t *Table) History(ctx context.Context, survey, period string) iter.Seq2[*release.Release, error] {
	return func(yield func(*release.Release, error) bool) {
		found := t.query(ctx, &dynamodb.QueryInput{
			TableName: &t.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk AND SK < :sum"),
			ExpressionAttributeValues: item{":pk": text(releasesKey(survey, period)), ":sum": text(latestRelease)},
		})
		var r *release.Release
		for i, err := range found {
			if err == nil {
				r, err = t.next(r, i)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// next returns the release after another one (nil: the first one), from the item with what it adds.
func (t *Table) next(before *release.Release, i item) (*release.Release, error) {
	data, err := decompressed(i, body)
	var added *release.Addition
	if err == nil {
		added, err = release.DecodeAddition(data)
	}
	var r *release.Release
	if err == nil {
		r, err = before.Plus(added)
	}
	if err != nil {
		return nil, t.wrap(message.Errorf("release %s of %s: %w", textOf(i, sortKey), textOf(i, partKey), err))
	}
	return r, nil
}
