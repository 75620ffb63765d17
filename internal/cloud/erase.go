package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/answer"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// What operators do with their own login. No function calls it, and no function's role allows it.

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
	was, err := t.get(ctx, textOf(own, partKey), textOf(own, sortKey))
	if err != nil || was == nil {
		return nil, err
	}
	at := textOf(was, arrived)
	found := &store.Stored{
		Shard: store.Shard{Survey: survey, Period: period, Number: shardOf(id)},
		Entry: store.Entry{Cursor: at, Settled: true, Arrived: arrivedAt(at)},
	}
	if err := json.Unmarshal(bytesOf(was, body), &found.Entry.Response); err != nil {
		return nil, t.wrap(fmt.Errorf("response %s: %w", id, err))
	}
	found.Replace = func(ctx context.Context, tombstone answer.Response, counted *tally.Tally, revision int) error {
		return t.replace(ctx, was, found.Shard, tombstone, counted, revision)
	}
	return found, nil
}

// replace puts a tombstone in the place of a response's item, with its arrival and its time to be deleted, and saves the
// tally of its shard.
func (t *Table) replace(ctx context.Context, was item, shard store.Shard, tombstone answer.Response, counted *tally.Tally, revision int) error {
	data, err := json.Marshal(tombstone)
	if err != nil {
		return t.wrap(err)
	}
	is := key(textOf(was, partKey), textOf(was, sortKey))
	is[arrived] = was[arrived]
	is[body] = &types.AttributeValueMemberB{Value: data}
	if until := was[Expires]; until != nil {
		is[Expires] = until
	}
	failed, err := t.transact(ctx, []types.TransactWriteItem{
		{Put: &types.Put{
			TableName: &t.name, Item: is, ConditionExpression: aws.String("#body = :body"),
			ExpressionAttributeNames: map[string]string{"#body": body}, ExpressionAttributeValues: item{":body": was[body]},
		}},
		{Put: t.tallyIf(shard, counted, revision)},
	})
	if err == nil && failed >= 0 {
		return store.ErrStale
	}
	return err
}

// Private returns the private answers of a response; none if it has none or there is no such response.
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

// History yields all releases of a period, oldest first, and stops at the first error.
func (t *Table) History(ctx context.Context, survey, period string) iter.Seq2[*release.Release, error] {
	return func(yield func(*release.Release, error) bool) {
		pages := t.query(ctx, &dynamodb.QueryInput{
			TableName: &t.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk"),
			ExpressionAttributeValues: item{":pk": text(releasesKey(survey, period))},
		})
		for page, err := range pages {
			if err != nil {
				yield(nil, t.wrap(err))
				return
			}
			for _, i := range page.Items {
				data, err := unpacked(i, body)
				r := &release.Release{}
				if err == nil {
					err = json.Unmarshal(data, r)
				}
				if err != nil {
					yield(nil, t.wrap(fmt.Errorf("release of %s %s: %w", survey, period, err)))
					return
				}
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}
