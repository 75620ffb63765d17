package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// responsesKey is the partition of one shard.
func responsesKey(shard store.Shard) string {
	return fmt.Sprintf("R#%s#%s#%02d", shard.Survey, shard.Period, shard.Number)
}

// shardOf is the shard of an id. It must never change: it says where a stored response is.
func shardOf(id string) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % store.Shards)
}

func keyOfResponse(survey, period, id string) item {
	return key(responsesKey(store.Shard{Survey: survey, Period: period, Number: shardOf(id)}), id)
}

// DynamoDB takes an item of 400 KB, which is 409,600 bytes, and its copy in a local index is part of that.
const (
	maxItem     = 400 << 10
	roomForKeys = 1000 // what an item has beside its body: keys, arrival, hash
)

// Put implements [store.Responses] with rights to put responses and to check conditions on them, and without any to
// read one: when an id is taken, a lone condition on its hash tells "the same again" from other answers.
func (t *Table) Put(ctx context.Context, r answer.Response, also ...store.Key) (created bool, err error) {
	if r.ID == "" || r.Survey == "" || r.Period == "" {
		return false, t.wrap(errors.New("a response without id, survey or period"))
	}
	digest := r.Digest()
	open := r
	open.Private = nil
	data, err := json.Marshal(open)
	if err != nil {
		return false, t.wrap(err)
	}
	var closed []byte
	if len(r.Private) > 0 {
		if closed, err = json.Marshal(r.Private); err != nil {
			return false, t.wrap(err)
		}
	}
	stored := keyOfResponse(r.Survey, r.Period, r.ID)
	stored[arrived] = text(cursor(t.now(), r.ID))
	stored[body] = &types.AttributeValueMemberB{Value: data}
	stored[hash] = &types.AttributeValueMemberB{Value: digest[:]}
	if closed != nil {
		stored[private] = &types.AttributeValueMemberB{Value: closed}
	}
	if t.keep > 0 {
		stored[Expires] = &types.AttributeValueMemberN{Value: strconv.FormatInt(t.now().Add(t.keep).Unix(), 10)}
	}
	if size := 2*len(data) + len(closed) + 2*roomForKeys; size > maxItem {
		return false, t.wrap(store.ErrTooLarge)
	}
	free := aws.String("attribute_not_exists(" + partKey + ")")
	own := key(textOf(stored, partKey), textOf(stored, sortKey))
	keys := []item{own}
	writes := []types.TransactWriteItem{{Put: &types.Put{TableName: &t.name, Item: stored, ConditionExpression: free}}}
	for _, k := range also {
		other := keyOfResponse(r.Survey, k.Period, k.ID)
		if k.ID == "" || slices.ContainsFunc(keys, func(i item) bool { return equalKeys(i, other) }) {
			continue
		}
		keys = append(keys, other)
		writes = append(writes, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &t.name, Key: other, ConditionExpression: free}})
	}
	if len(writes) == 1 {
		created, err := t.create(ctx, stored)
		if created || err != nil {
			return created, err
		}
		return false, t.sameAt(ctx, own, digest[:])
	}
	taken, err := t.transact(ctx, writes)
	if err != nil {
		return false, err
	}
	if taken < 0 {
		return true, nil
	}
	return false, t.sameAt(ctx, keys[taken], digest[:])
}

func equalKeys(a, b item) bool {
	return textOf(a, partKey) == textOf(b, partKey) && textOf(a, sortKey) == textOf(b, sortKey)
}

// sameAt returns nil if the response at a key has the hash, ErrConflict if another.
func (t *Table) sameAt(ctx context.Context, at item, digest []byte) error {
	failed, err := t.transact(ctx, []types.TransactWriteItem{{ConditionCheck: &types.ConditionCheck{
		TableName: &t.name, Key: at, ConditionExpression: aws.String("#hash = :hash"),
		ExpressionAttributeNames:  map[string]string{"#hash": hash},
		ExpressionAttributeValues: item{":hash": &types.AttributeValueMemberB{Value: digest}},
	}}})
	if err == nil && failed >= 0 {
		return store.ErrConflict
	}
	return err
}

// contended is how often a transaction is tried that others were in the way of.
const contended = 8

// transact runs a transaction. It returns the place of the first condition that failed, or -1 if it went through.
func (t *Table) transact(ctx context.Context, writes []types.TransactWriteItem) (failed int, err error) {
	for try := 0; ; try++ {
		_, err = t.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
		var cancelled *types.TransactionCanceledException
		if err == nil {
			return -1, nil
		}
		if !errors.As(err, &cancelled) {
			return -1, t.wrap(err)
		}
		inTheWay := false
		for i, reason := range cancelled.CancellationReasons {
			switch aws.ToString(reason.Code) {
			case "ConditionalCheckFailed":
				return i, nil
			case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
				inTheWay = true
			}
		}
		if !inTheWay || try == contended {
			return -1, t.wrap(err)
		}
		wait := time.Duration(rand.Int64N(int64(10*time.Millisecond) << min(try, 5)))
		select {
		case <-ctx.Done():
			return -1, t.wrap(ctx.Err())
		case <-time.After(wait):
		}
	}
}

// cursor is a response's place in the order of arrival. Its width is fixed, so that it sorts.
func cursor(at time.Time, id string) string { return fmt.Sprintf("%020d#%s", at.UnixNano(), id) }

// arrivedAt is the time in a cursor.
func arrivedAt(cursor string) time.Time {
	digits, _, _ := strings.Cut(cursor, "#")
	nanoseconds, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return time.Time{} // no cursor of ours
	}
	return time.Unix(0, nanoseconds)
}

// Periods implements [store.Log]. The public function cannot say which periods it has put responses into, so the
// current one and the one before are looked at, and what is found is remembered.
func (t *Table) Periods(ctx context.Context, survey string) ([]string, error) {
	periods, err := t.sortKeys(ctx, "N#"+survey)
	if err != nil {
		return nil, err
	}
	s, err := t.Definition(ctx, survey, "")
	if err != nil && !errors.Is(err, store.ErrUnknown) {
		return nil, err
	}
	if s == nil {
		return periods, nil
	}
	now := t.now()
	for _, period := range []string{s.PeriodBefore(now), s.PeriodAt(now)} {
		if period == "" || slices.Contains(periods, period) {
			continue
		}
		any, err := t.any(ctx, survey, period)
		if err != nil {
			return nil, err
		}
		if !any {
			continue
		}
		if err := t.Remember(ctx, survey, period); err != nil {
			return nil, err
		}
		periods = append(periods, period)
	}
	slices.Sort(periods)
	return periods, nil
}

// Remember says that there are responses of a period, as the table's stream tells.
func (t *Table) Remember(ctx context.Context, survey, period string) error {
	_, err := t.create(ctx, key("N#"+survey, period))
	return err
}

// any reports whether a period has any response.
func (t *Table) any(ctx context.Context, survey, period string) (bool, error) {
	for number := range store.Shards {
		out, err := t.client.Query(ctx, &dynamodb.QueryInput{
			TableName: &t.name, IndexName: aws.String(Index), ConsistentRead: aws.Bool(true), Limit: aws.Int32(1),
			KeyConditionExpression:    aws.String("PK = :pk"),
			ProjectionExpression:      aws.String("SK"), // the role may not read more than is counted
			ExpressionAttributeValues: item{":pk": text(responsesKey(store.Shard{Survey: survey, Period: period, Number: number}))},
		})
		if err != nil {
			return false, t.wrap(err)
		}
		if out.Count > 0 {
			return true, nil
		}
	}
	return false, nil
}

// After implements [store.Log]. A response is settled once no other can come to stand before it any more.
func (t *Table) After(ctx context.Context, shard store.Shard, after string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		from := after
		if from == "" {
			from = "0"
		}
		settled := cursor(t.now().Add(-t.settle), "")
		pages := t.query(ctx, &dynamodb.QueryInput{
			TableName: &t.name, IndexName: aws.String(Index), ConsistentRead: aws.Bool(true),
			KeyConditionExpression:    aws.String("PK = :pk AND arrived > :from"),
			ProjectionExpression:      aws.String("SK, arrived, body"),
			ExpressionAttributeValues: item{":pk": text(responsesKey(shard)), ":from": text(from)},
		})
		for page, err := range pages {
			if err != nil {
				yield(store.Entry{}, t.wrap(err))
				return
			}
			for _, i := range page.Items {
				entry := store.Entry{Cursor: textOf(i, arrived), Settled: textOf(i, arrived) < settled, Arrived: arrivedAt(textOf(i, arrived))}
				if err := json.Unmarshal(bytesOf(i, body), &entry.Response); err != nil {
					yield(store.Entry{}, t.wrap(fmt.Errorf("response %s: %w", textOf(i, sortKey), err)))
					return
				}
				if !yield(entry, nil) {
					return
				}
			}
		}
	}
}

// ShardOfKey reads a response's partition key, as the stream delivers it.
func ShardOfKey(pk string) (store.Shard, bool) {
	parts := strings.Split(pk, "#")
	if len(parts) != 4 || parts[0] != "R" {
		return store.Shard{}, false
	}
	shard := store.Shard{Survey: parts[1], Period: parts[2]}
	_, err := fmt.Sscanf(parts[3], "%02d", &shard.Number)
	return shard, err == nil && shard.Number >= 0 && shard.Number < store.Shards
}
