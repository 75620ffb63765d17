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

// Restored says what a table lacked, by kind of item, and how much of the other was there.
type Restored struct{ Responses, Releases, Cases, Others, There int }

// Missing is how much it lacked.
func (r Restored) Missing() int { return r.Responses + r.Releases + r.Cases + r.Others }

// kind is where items of a partition are counted, by what stands before its first #; nil for those that are not copied:
// tallies, which are counted again, and what is to be told of, which has been told of since.
func (r *Restored) kind(pk string) *int {
	prefix, _, _ := strings.Cut(pk, "#")
	return map[string]*int{
		"R": &r.Responses, "P": &r.Releases, "C": &r.Cases, "D": &r.Others, surveysKey: &r.Others, "N": &r.Others,
	}[prefix]
}

// restoreAttempts is how often a shard's last response is put while others change the shard's tally.
const restoreAttempts = 20

// restoring is how many items are on their way at a time.
const restoring = 32

// Restore copies into a table what it lacks of another, as point-in-time recovery makes one. Nothing that is there is
// replaced, so what was changed or erased since stays so, and what has expired is not brought back. A shard that gets
// responses is counted again: its last one goes in together with an empty tally, so that a restoration that is broken off
// only has to be run again. Unless it is to do so, it only says what it would do.
func Restore(ctx context.Context, client *dynamodb.Client, from, into string, do bool) (Restored, error) {
	r := &restoration{table: NewTable(client, into, time.Now, Settle), do: do, last: map[store.Shard]item{}}
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &from, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return r.found, fmt.Errorf("table %s: %w", from, err)
		}
		group, within := errgroup.WithContext(ctx)
		group.SetLimit(restoring)
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
	last  map[store.Shard]item // of each shard that lacks any, one response that goes in last
}

// take looks at one item.
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

// count counts one item of a kind, or, of nil, one that is there.
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

// finish puts a shard's last response, and has the shard counted again.
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
	return t.wrap(errors.New("the tally of a shard changes all the time: try again"))
}
