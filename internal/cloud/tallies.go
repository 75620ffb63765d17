package cloud

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/codec"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// Tally implements [store.Tallies].
func (t *Table) Tally(ctx context.Context, survey, period string) (*tally.Tally, int, error) {
	i, err := t.get(ctx, "T#"+survey, period)
	if err != nil || i == nil {
		return nil, 0, err
	}
	decoded, revision, err := tallyOf(i)
	if err != nil {
		return nil, revision, t.wrap(message.Errorf("tally of %s %s: %w", survey, period, err))
	}
	return decoded, revision, nil
}

func tallyOf(i item) (decoded *tally.Tally, revision int, err error) {
	if revision, err = revisionOf(i); err != nil {
		return nil, 0, err
	}
	data, err := decompressed(i, body)
	if err == nil {
		decoded, err = tally.Decode(data)
	}
	if errors.Is(err, codec.ErrNewer) {
		return nil, 0, err
	}
	if err != nil {
		return nil, revision, message.Errorf("%w: %w", store.ErrDamaged, err)
	}
	return decoded, revision, nil
}

// SaveTally implements [store.Tallies].
func (t *Table) SaveTally(ctx context.Context, survey, period string, counted *tally.Tally, revision int) error {
	put := t.tallyIf(survey, period, counted, revision)
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: put.TableName, Item: put.Item, ConditionExpression: put.ConditionExpression, ExpressionAttributeValues: put.ExpressionAttributeValues,
	})
	if stale(err) {
		return store.ErrStale
	}
	return t.wrap(err)
}

// tallyIf returns a put of a tally in the place of the one with the given revision; 0 is none.
func (t *Table) tallyIf(survey, period string, counted *tally.Tally, revision int) *types.Put {
	i := key("T#"+survey, period)
	i[body] = compressed(counted.Encode())
	i[counter] = number(revision + 1)
	put := &types.Put{TableName: &t.name, Item: i, ConditionExpression: free()}
	if revision > 0 {
		put.ConditionExpression = aws.String("revision = :revision")
		put.ExpressionAttributeValues = item{":revision": number(revision)}
	}
	return put
}
