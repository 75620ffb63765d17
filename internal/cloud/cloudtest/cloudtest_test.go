package cloudtest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

var table = aws.String("polls")

func key(pk, sk string) Item {
	return Item{partKey: &types.AttributeValueMemberS{Value: pk}, sortKey: &types.AttributeValueMemberS{Value: sk}}
}

// sized returns an item of n bytes.
func sized(pk, sk string, n int) Item {
	i := key(pk, sk)
	i["b"] = &types.AttributeValueMemberB{Value: make([]byte, n-SizeOf(i)-1)}
	return i
}

// The prices that DynamoDB documents.
func TestUnits(t *testing.T) {
	ctx := t.Context()
	s := New(Options{})
	c := s.Client(Hooks{})
	put := func(i Item, condition *string) error {
		_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: i, ConditionExpression: condition})
		return err
	}
	get := func(pk, sk string, consistent bool) {
		c.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key(pk, sk), ConsistentRead: &consistent})
	}
	transact := func(writes ...types.TransactWriteItem) error {
		_, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
		return err
	}
	free := aws.String("attribute_not_exists(PK)")
	for i := range 50 {
		put(sized("full", fmt.Sprint(i), 1000), nil)
	}
	put(sized("there", "x", 5000), nil)
	for _, step := range []struct {
		what          string
		do            func()
		writes, reads float64
	}{
		{"a put of 1 KB", func() { put(sized("a", "x", 1024), nil) }, 1, 0},
		{"a put of 1 KB and a byte", func() { put(sized("a", "y", 1025), nil) }, 2, 0},
		{"a smaller item in the place of one of 5,000 bytes", func() { put(sized("there", "x", 100), nil); put(sized("there", "x", 5000), nil) }, 10, 0},
		{"a condition that fails where nothing is", func() { put(sized("none", "x", 5000), aws.String("attribute_exists(PK)")) }, 1, 0},
		{"a condition that fails where 5,000 bytes are", func() { put(sized("there", "x", 100), free) }, 5, 0},
		{"a deletion of nothing", func() { c.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: key("none", "x")}) }, 1, 0},
		{"a read of nothing", func() { get("none", "x", true) }, 0, 1},
		{"a read of 5,000 bytes", func() { get("there", "x", true) }, 0, 2},
		{"the same, eventually consistent", func() { get("there", "x", false) }, 0, 1},
		{"a query of 50 items of 1,000 bytes", func() {
			c.Query(ctx, &dynamodb.QueryInput{TableName: table, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk"), ExpressionAttributeValues: Item{":pk": &types.AttributeValueMemberS{Value: "full"}}})
		}, 0, 13},
		{"a batch of reads", func() {
			c.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"polls": {ConsistentRead: aws.Bool(true), Keys: []Item{key("there", "x"), key("full", "1"), key("none", "x")}}}})
		}, 0, 4},
		{"a transaction of two puts and a check", func() {
			transact(types.TransactWriteItem{Put: &types.Put{TableName: table, Item: sized("t", "1", 900)}}, types.TransactWriteItem{Put: &types.Put{TableName: table, Item: sized("t", "2", 1900)}},
				types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: table, Key: key("none", "x"), ConditionExpression: free}})
		}, 2 + 4 + 2, 0},
		{"a transaction that is cancelled", func() {
			transact(types.TransactWriteItem{Put: &types.Put{TableName: table, Item: sized("t", "3", 1900)}},
				types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: table, Key: key("there", "x"), ConditionExpression: free}})
		}, 2 + 10, 0},
	} {
		before := s.Usage()
		step.do()
		if used := s.Usage().Minus(before).Total(); used != (Units{step.writes, step.reads}) {
			t.Errorf("%s: %+v, want %v write and %v read units", step.what, used, step.writes, step.reads)
		}
	}
	if items, bytes := s.Size(); items != 55 || bytes != 50*1000+5000+1024+1025+900+1900 {
		t.Errorf("%d items of %d bytes", items, bytes)
	}
}

// While a transaction is under way, its items refuse other writes, the check of a condition included, and show no change.
func TestTransactionsConflict(t *testing.T) {
	ctx := t.Context()
	s := New(Options{})
	other := s.Client(Hooks{})
	check := &types.ConditionCheck{TableName: table, Key: key("b", "x"), ConditionExpression: aws.String("attribute_not_exists(PK)")}
	ran := false
	c := s.Client(Hooks{Prepared: func(context.Context, Call) error {
		ran = true
		_, err := other.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: table, Item: sized("c", "x", 100)}}, {ConditionCheck: check},
		}})
		var cancelled *types.TransactionCanceledException
		if !errors.As(err, &cancelled) || aws.ToString(cancelled.CancellationReasons[0].Code) != "None" || aws.ToString(cancelled.CancellationReasons[1].Code) != "TransactionConflict" {
			t.Errorf("another transaction: %v", err)
		}
		_, err = other.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: sized("a", "x", 100)})
		var conflict *types.TransactionConflictException
		if !errors.As(err, &conflict) {
			t.Errorf("another put: %v", err)
		}
		if out, err := other.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key("a", "x")}); err != nil || out.Item != nil {
			t.Errorf("a read: %v, %v", out, err)
		}
		return nil
	}})
	if _, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: table, Item: sized("a", "x", 100)}}, {ConditionCheck: check},
	}}); err != nil || !ran {
		t.Fatal(ran, err)
	}
	if out, err := other.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key("a", "x")}); err != nil || out.Item == nil {
		t.Errorf("afterwards: %v, %v", out, err)
	}
	if items, _ := s.Size(); items != 1 {
		t.Errorf("%d items", items)
	}
}

// A partition gives 1,000 write units a second.
func TestThrottling(t *testing.T) {
	var second int64
	s := New(Options{Partitions: 1, Throttle: true, Now: func() time.Time { return time.Unix(second, 0) }})
	c := s.Client(Hooks{})
	put := func(c *Client) error {
		_, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: sized("a", "x", 100_000)}) // 98 units
		return err
	}
	made := 0
	for put(c) == nil {
		made++
	}
	if made != 11 { // the last one is let through while there is a unit left
		t.Errorf("%d puts in a second", made)
	}
	for range 2 { // the second that was refused, and the next one
		if err := put(c); (err == nil) != (second == 1) {
			t.Error(err)
		}
		second++
	}
	u := s.Usage()
	if u.Throttled["a"] != 2 || u.Hottest["a"].Writes != 11*98 || u.Busiest.Writes != 11*98 {
		t.Error(u)
	}
}

// What is not done is returned.
func TestBatchesInPart(t *testing.T) {
	ctx := t.Context()
	s := New(Options{BatchWrites: 2})
	c := s.Client(Hooks{})
	var writes []types.WriteRequest
	var keys []Item
	for i := range 60 {
		k := key("a", fmt.Sprint(i))
		keys = append(keys, k)
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: sized("a", fmt.Sprint(i), 400_000)}})
	}
	left := 0
	for i := range 60 {
		out, err := c.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"polls": writes[i : i+1]}})
		if err != nil {
			t.Fatal(err)
		}
		left += len(out.UnprocessedItems)
	}
	out, err := c.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"polls": writes[:5]}})
	if err != nil || left != 0 || !reflect.DeepEqual(out.UnprocessedItems["polls"], writes[2:5]) {
		t.Error(left, len(out.UnprocessedItems["polls"]), err)
	}
	got, err := c.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"polls": {Keys: keys}}})
	if err != nil || len(got.Responses["polls"]) != 41 || len(got.UnprocessedKeys["polls"].Keys) != 19 { // 16 MB
		t.Error(len(got.Responses["polls"]), err)
	}
	page, err := c.Query(ctx, &dynamodb.QueryInput{TableName: table, KeyConditionExpression: aws.String("PK = :pk"), ExpressionAttributeValues: Item{":pk": &types.AttributeValueMemberS{Value: "a"}}})
	if err != nil || len(page.Items) != 3 || page.LastEvaluatedKey == nil { // 1 MB
		t.Error(len(page.Items), err)
	}
}
