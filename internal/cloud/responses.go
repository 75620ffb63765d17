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

// responsesKey returns the partition key of a shard.
func responsesKey(shard store.Shard) string {
	return fmt.Sprintf("R#%s#%s#%02d", shard.Survey, shard.Period, shard.Number)
}

// shardOf returns the shard of an id. It must never change: it says where a stored response is.
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
	maxItem  = 400 << 10
	overhead = 1000 // bytes of an item besides its body: keys, arrival, hash
)

// Put implements [store.Responses]. It needs the rights to put responses and to check conditions on them, and no right to
// read one: when an id is taken, a condition on the hash of what is there tells the same answers from others.
func (t *Table) Put(ctx context.Context, r answer.Response, also ...store.Key) (created bool, err error) {
	if err := store.CheckResponse(r); err != nil {
		return false, t.wrap(err)
	}
	stored, err := t.responseItem(r)
	if err != nil {
		return false, t.wrap(err)
	}
	free := aws.String("attribute_not_exists(" + partKey + ")")
	keys := []item{keyOfResponse(r.Survey, r.Period, r.ID)}
	writes := []types.TransactWriteItem{{Put: &types.Put{TableName: &t.name, Item: stored, ConditionExpression: free}}}
	for _, k := range also {
		other := keyOfResponse(r.Survey, k.Period, k.ID)
		if k.ID == "" || slices.ContainsFunc(keys, func(i item) bool { return equalKeys(i, other) }) {
			continue
		}
		keys = append(keys, other)
		writes = append(writes, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &t.name, Key: other, ConditionExpression: free}})
	}
	taken := 0
	if len(writes) == 1 {
		if created, err := t.create(ctx, stored); created || err != nil { // half the price of a transaction
			return created, err
		}
	} else if taken, err = t.transact(ctx, writes); taken < 0 || err != nil {
		return err == nil, err
	}
	return false, t.sameAt(ctx, keys[taken], stored[hash])
}

// responseItem returns the item of a response that arrives now.
func (t *Table) responseItem(r answer.Response) (item, error) {
	digest := r.Digest()
	public := r
	public.Private = nil
	data, err := json.Marshal(public)
	if err != nil {
		return nil, err
	}
	i := keyOfResponse(r.Survey, r.Period, r.ID)
	i[arrived] = text(cursor(t.now(), r.ID))
	i[body] = &types.AttributeValueMemberB{Value: data}
	i[hash] = &types.AttributeValueMemberB{Value: digest[:]}
	size := 2*len(data) + 2*overhead
	if len(r.Private) > 0 {
		data, err := json.Marshal(r.Private)
		if err != nil {
			return nil, err
		}
		i[private] = &types.AttributeValueMemberB{Value: data}
		size += len(data)
	}
	if t.retention > 0 {
		i[Expires] = &types.AttributeValueMemberN{Value: strconv.FormatInt(t.now().Add(t.retention).Unix(), 10)}
	}
	if size > maxItem {
		return nil, store.ErrTooLarge
	}
	return i, nil
}

func equalKeys(a, b item) bool {
	return textOf(a, partKey) == textOf(b, partKey) && textOf(a, sortKey) == textOf(b, sortKey)
}

// sameAt returns nil if the response at a key has the given hash, ErrConflict if it has another.
func (t *Table) sameAt(ctx context.Context, at item, digest types.AttributeValue) error {
	failed, err := t.transact(ctx, []types.TransactWriteItem{{ConditionCheck: &types.ConditionCheck{
		TableName: &t.name, Key: at, ConditionExpression: aws.String("#hash = :hash"),
		ExpressionAttributeNames:  map[string]string{"#hash": hash},
		ExpressionAttributeValues: item{":hash": digest},
	}}})
	if err == nil && failed >= 0 {
		return store.ErrConflict
	}
	return err
}

// transactRetries bounds the retries of a transaction that was cancelled because of others.
const transactRetries = 8

// transact runs a transaction. It returns the index of the first write whose condition failed; -1 if all were made.
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
		retry := false
		for i, reason := range cancelled.CancellationReasons {
			switch aws.ToString(reason.Code) {
			case "ConditionalCheckFailed":
				return i, nil
			case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
				retry = true
			}
		}
		if !retry || try == transactRetries {
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

// cursor returns the position of a response in the order of arrival. The time has 20 digits, so that cursors sort.
func cursor(at time.Time, id string) string { return fmt.Sprintf("%020d#%s", at.UnixNano(), id) }

// arrivedAt returns the time in a cursor.
func arrivedAt(cursor string) time.Time {
	digits, _, _ := strings.Cut(cursor, "#")
	nanoseconds, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return time.Time{} // not a cursor of this table
	}
	return time.Unix(0, nanoseconds)
}

// Periods implements [store.Log]. The function that puts responses may not write down their period. The table's stream leads
// to that, see [Table.AddPeriod]; until it has, Periods looks for responses of the current period and the one before.
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
		found, err := t.hasResponses(ctx, survey, period)
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		if err := t.AddPeriod(ctx, survey, period); err != nil {
			return nil, err
		}
		periods = append(periods, period)
	}
	slices.Sort(periods)
	return periods, nil
}

// AddPeriod notes that a period has responses.
func (t *Table) AddPeriod(ctx context.Context, survey, period string) error {
	_, err := t.create(ctx, key("N#"+survey, period))
	return err
}

// hasResponses reports whether a period has any response.
func (t *Table) hasResponses(ctx context.Context, survey, period string) (bool, error) {
	for number := range store.Shards {
		out, err := t.client.Query(ctx, &dynamodb.QueryInput{
			TableName: &t.name, IndexName: aws.String(Index), ConsistentRead: aws.Bool(true), Limit: aws.Int32(1),
			KeyConditionExpression:    aws.String("PK = :pk"),
			ProjectionExpression:      aws.String("SK"), // the role may read no more than what is counted
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

// After implements [store.Log]. An entry is settled once no response can appear before it any more.
func (t *Table) After(ctx context.Context, shard store.Shard, after string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		from := after
		if from == "" {
			from = "0"
		}
		settled := cursor(t.now().Add(-Settle), "")
		found := t.query(ctx, &dynamodb.QueryInput{
			TableName: &t.name, IndexName: aws.String(Index), ConsistentRead: aws.Bool(true),
			KeyConditionExpression:    aws.String("PK = :pk AND arrived > :from"),
			ProjectionExpression:      aws.String("SK, arrived, body"),
			ExpressionAttributeValues: item{":pk": text(responsesKey(shard)), ":from": text(from)},
		})
		for i, err := range found {
			var entry store.Entry
			if err == nil {
				entry, err = t.entryOf(i)
				entry.Settled = entry.Cursor < settled
			}
			if err != nil {
				yield(store.Entry{}, err)
				return
			}
			if !yield(entry, nil) {
				return
			}
		}
	}
}

// entryOf decodes the item of a response. The entry is not settled.
func (t *Table) entryOf(i item) (store.Entry, error) {
	at := textOf(i, arrived)
	entry := store.Entry{Cursor: at, Arrived: arrivedAt(at)}
	if err := json.Unmarshal(bytesOf(i, body), &entry.Response); err != nil {
		return store.Entry{}, t.wrap(fmt.Errorf("response %s: %w", textOf(i, sortKey), err))
	}
	return entry, nil
}

// ShardOfKey parses the partition key of a response, as the table's stream delivers it.
func ShardOfKey(pk string) (store.Shard, bool) {
	parts := strings.Split(pk, "#")
	if len(parts) != 4 || parts[0] != "R" {
		return store.Shard{}, false
	}
	shard := store.Shard{Survey: parts[1], Period: parts[2]}
	_, err := fmt.Sscanf(parts[3], "%02d", &shard.Number)
	return shard, err == nil && shard.Number >= 0 && shard.Number < store.Shards
}
