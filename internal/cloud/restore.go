package cloud

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// Restored counts the items that a table lacked, by kind, and those that were there.
type Restored struct{ Responses, Releases, Cases, Others, There int }

// Missing returns the number of items that the table lacked.
func (r Restored) Missing() int { return r.Responses + r.Releases + r.Cases + r.Others }

// kind returns the counter for the items of a partition, by the prefix of its key; nil for items that are not copied:
// tallies, which are folded again, and the outbox, whose notifications have been delivered since.
func (r *Restored) kind(pk string) *int {
	prefix, _, _ := strings.Cut(pk, "#")
	return map[string]*int{
		"R": &r.Responses, "P": &r.Releases, "C": &r.Cases, "D": &r.Others, surveysKey: &r.Others, "N": &r.Others,
	}[prefix]
}

// restoreAttempts bounds the tries to put a shard's last response while others change the shard's tally.
const restoreAttempts = 20

// parallelCopies bounds the items that are copied at a time.
const parallelCopies = 32

// Restore copies into a table the items that it lacks of another one, such as point-in-time recovery makes. It replaces
// nothing, so what was changed or erased since stays so, and copies nothing that has expired. A shard that gets responses is
// folded again: its last response is put together with an empty tally, so that an interrupted restoration only has to be run
// again. Unless do is set, Restore only counts.
func Restore(ctx context.Context, client *dynamodb.Client, from, into string, do bool) (Restored, error) {
	r := &restoration{table: NewTable(client, into, Options{}), do: do, last: map[store.Shard]item{}}
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &from, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return r.found, fmt.Errorf("table %s: %w", from, err)
		}
		group, within := errgroup.WithContext(ctx)
		group.SetLimit(parallelCopies)
		for _, i := range page.Items {
			group.Go(func() error { return r.take(within, i) })
		}
		if err := group.Wait(); err != nil {
			return r.found, err
		}
	}
	for shard, i := range r.last {
		if err := r.finish(ctx, shard, i); err != nil {
			return r.found, err
		}
	}
	return r.found, nil
}

type restoration struct {
	table *Table
	do    bool

	mu    sync.Mutex
	found Restored
	last  map[store.Shard]item // of each shard that lacks responses, the one that is put last
}

// take copies one item if the table lacks it.
func (r *restoration) take(ctx context.Context, i item) error {
	pk, sk := textOf(i, partKey), textOf(i, sortKey)
	if r.found.kind(pk) == nil || expired(i, r.table.now()) {
		return nil
	}
	out, err := r.table.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &r.table.name, Key: key(pk, sk), ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String(partKey),
	})
	if err != nil {
		return r.table.wrap(err)
	}
	if len(out.Item) > 0 {
		r.count(nil)
		return nil
	}
	if shard, response := ShardOfKey(pk); response && r.do {
		r.mu.Lock()
		_, held := r.last[shard]
		if !held {
			r.last[shard] = i
		}
		r.mu.Unlock()
		if !held {
			return nil
		}
	}
	if r.do {
		if created, err := r.table.create(ctx, i); err != nil || !created {
			return err
		}
	}
	r.count(r.found.kind(pk))
	return nil
}

// count adds one to a counter; nil is the one of items that are there.
func (r *restoration) count(kind *int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if kind == nil {
		kind = &r.found.There
	}
	*kind++
}

func expired(i item, now time.Time) bool {
	n, ok := i[Expires].(*types.AttributeValueMemberN)
	if !ok {
		return false
	}
	at, err := strconv.ParseInt(n.Value, 10, 64)
	return err == nil && at <= now.Unix()
}

// finish puts the last response of a shard, and empties the shard's tally so that it is folded again.
func (r *restoration) finish(ctx context.Context, shard store.Shard, last item) error {
	t := r.table
	for range restoreAttempts {
		before, revision, err := t.Tally(ctx, shard)
		if err != nil {
			return err
		}
		failed, err := t.transact(ctx, []types.TransactWriteItem{
			{Put: &types.Put{TableName: &t.name, Item: last, ConditionExpression: aws.String("attribute_not_exists(" + partKey + ")")}},
			{Put: t.tallyIf(shard, tally.Empty(before), revision)},
		})
		if err != nil {
			return err
		}
		if failed < 0 {
			r.count(&r.found.Responses)
			return nil
		}
	}
	return t.wrap(errors.New("the tally of a shard keeps changing: try again"))
}
