package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

func (t *Table) put(ctx context.Context, i item) error {
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: i})
	return t.wrap(err)
}

func tallyKey(shard store.Shard) (pk, sk string) {
	return "T#" + shard.Survey + "#" + shard.Period, fmt.Sprintf("%02d", shard.Number)
}

// Tally implements [store.Tallies].
func (t *Table) Tally(ctx context.Context, shard store.Shard) (*tally.Tally, int, error) {
	pk, sk := tallyKey(shard)
	i, err := t.get(ctx, pk, sk)
	if err != nil || i == nil {
		return nil, 0, err
	}
	n, ok := i[counter].(*types.AttributeValueMemberN)
	if !ok {
		return nil, 0, t.wrap(fmt.Errorf("tally %s %s has no revision", pk, sk))
	}
	revision, err := strconv.Atoi(n.Value)
	if err != nil {
		return nil, 0, t.wrap(fmt.Errorf("tally %s %s: %w", pk, sk, err))
	}
	data, err := unpacked(i, body)
	if err != nil {
		return nil, 0, t.wrap(err)
	}
	decoded, err := tally.Decode(data)
	if err != nil {
		return nil, 0, t.wrap(fmt.Errorf("tally %s %s: %w", pk, sk, err))
	}
	return decoded, revision, nil
}

// SaveTally implements [store.Tallies].
func (t *Table) SaveTally(ctx context.Context, shard store.Shard, counted *tally.Tally, revision int) error {
	put := t.tallyIf(shard, counted, revision)
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: put.TableName, Item: put.Item, ConditionExpression: put.ConditionExpression, ExpressionAttributeValues: put.ExpressionAttributeValues,
	})
	if refused(err) {
		return store.ErrStale
	}
	return t.wrap(err)
}

// tallyIf puts a tally in the place of the one with a revision; 0 is none.
func (t *Table) tallyIf(shard store.Shard, counted *tally.Tally, revision int) *types.Put {
	pk, sk := tallyKey(shard)
	i := key(pk, sk)
	i[body] = packed(counted.Encode())
	i[counter] = &types.AttributeValueMemberN{Value: strconv.Itoa(revision + 1)}
	put := &types.Put{TableName: &t.name, Item: i, ConditionExpression: aws.String("attribute_not_exists(" + partKey + ")")}
	if revision > 0 {
		put.ConditionExpression = aws.String("revision = :revision")
		put.ExpressionAttributeValues = item{":revision": &types.AttributeValueMemberN{Value: strconv.Itoa(revision)}}
	}
	return put
}

func releasesKey(survey, period string) string { return "P#" + survey + "#" + period }

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
	data, err := unpacked(out.Items[0], body)
	if err != nil {
		return nil, t.wrap(err)
	}
	r := &release.Release{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, t.wrap(fmt.Errorf("release of %s %s: %w", survey, period, err))
	}
	return r, nil
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
	if r.Number < 1 {
		return t.wrap(errors.New("releases are numbered from 1"))
	}
	last, err := t.last(ctx, r.Survey, r.Period)
	if err != nil {
		return err
	}
	number := 0
	if last != nil {
		number = last.Number
	}
	switch {
	case r.Number <= number:
		return store.ErrStale
	case r.Number != number+1:
		return t.wrap(fmt.Errorf("release %d of %s %s does not follow release %d", r.Number, r.Survey, r.Period, number))
	}
	data, err := json.Marshal(r)
	if err != nil {
		return t.wrap(err)
	}
	if err := t.Remember(ctx, r.Survey, r.Period); err != nil {
		return err
	}
	i := key(releasesKey(r.Survey, r.Period), fmt.Sprintf("%010d", r.Number))
	i[body] = packed(data)
	created, err := t.create(ctx, i)
	if err == nil && !created {
		return store.ErrStale
	}
	return err
}
