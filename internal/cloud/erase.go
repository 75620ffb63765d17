package cloud

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// What operators do with their own credentials: no function calls it, and no function's role allows it.

// Find implements [store.Erasure].
func (t *Table) Find(ctx context.Context, id string) ([]store.Entry, error) {
	return store.Find(ctx, t, id)
}

// Erase implements [store.Erasure].
func (t *Table) Erase(ctx context.Context, survey, period, id string, keep []string) (erased bool, err error) {
	return store.Erase(ctx, t, survey, period, id, keep, t.now())
}

// Stored implements [store.Eraser].
func (t *Table) Stored(ctx context.Context, survey, period, id string) (*store.Stored, error) {
	own := keyOfResponse(survey, period, id)
	old, err := t.get(ctx, textOf(own, partKey), textOf(own, sortKey))
	if err != nil || old == nil {
		return nil, err
	}
	entry, err := t.entryOf(old)
	if err != nil {
		return nil, err
	}
	entry.Settled = true
	found := &store.Stored{Shard: store.Shard{Survey: survey, Period: period, Number: shardOf(id)}, Entry: entry}
	found.Replace = func(ctx context.Context, tombstone answer.Response, counted *tally.Tally, revision int) error {
		return t.replace(ctx, old, found.Shard, tombstone, counted, revision)
	}
	return found, nil
}

// replace puts a tombstone in the place of a response's item, with its arrival and its time to be deleted, and saves the
// tally of its shard.
func (t *Table) replace(ctx context.Context, old item, shard store.Shard, tombstone answer.Response, counted *tally.Tally, revision int) error {
	data, err := json.Marshal(tombstone)
	if err != nil {
		return t.wrap(err)
	}
	replacement := key(textOf(old, partKey), textOf(old, sortKey))
	replacement[arrived] = old[arrived]
	replacement[body] = &types.AttributeValueMemberB{Value: data}
	if until := old[Expires]; until != nil {
		replacement[Expires] = until
	}
	failed, err := t.transact(ctx, []types.TransactWriteItem{
		{Put: &types.Put{
			TableName: &t.name, Item: replacement, ConditionExpression: aws.String("#body = :body"),
			ExpressionAttributeNames: map[string]string{"#body": body}, ExpressionAttributeValues: item{":body": old[body]},
		}},
		{Put: t.tallyIf(shard, counted, revision)},
	})
	if err == nil && failed >= 0 {
		return store.ErrStale
	}
	return err
}

// Private implements [store.PrivateAnswers].
func (t *Table) Private(ctx context.Context, survey, period, id string) (answers []answer.Answer, err error) {
	own := keyOfResponse(survey, period, id)
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: own, ConsistentRead: aws.Bool(true),
		ProjectionExpression: aws.String("#private"), ExpressionAttributeNames: map[string]string{"#private": private}})
	if err != nil {
		return nil, t.wrap(err)
	}
	data := bytesOf(out.Item, private)
	if data == nil {
		return nil, nil
	}
	if err := json.Unmarshal(data, &answers); err != nil {
		return nil, t.wrap(fmt.Errorf("private answers of %s: %w", id, err))
	}
	return answers, nil
}
