package e2e

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"glasspoll/internal/cloud"
	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/soak"
)

// database is what both the table in memory and DynamoDB Local are.
type database interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// TestTableInMemory makes the same random calls to the table in memory and to DynamoDB Local, and compares what they return.
func TestTableInMemory(t *testing.T) {
	t.Parallel()
	env := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "DYNAMODB_ENDPOINT": dynamoDB(t)}
	client := newDynamoDBClient(func(name string) string { return env[name] })
	for seed := range soak.Cases(10, 1000) {
		name := uniqueName()
		if _, err := client.CreateTable(t.Context(), cloud.Schema(name)); err != nil {
			t.Fatal(err)
		}
		c := &randomCalls{r: rand.New(rand.NewPCG(uint64(seed), 1)), table: name}
		memory := cloudtest.New(cloudtest.Options{}).Client(cloudtest.Hooks{})
		for i := range 120 {
			call, text := c.next()
			want, got := call(client), call(memory)
			if want != got {
				t.Errorf("seed %d, call %d: %s\nDynamoDB Local: %s\nin memory:      %s", seed, i, text, want, got)
				break
			}
		}
		client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
	}
}

// randomCalls makes calls that often meet each other.
type randomCalls struct {
	r     *rand.Rand
	table string
}

type attributes = map[string]types.AttributeValue

func text(s string) types.AttributeValue        { return &types.AttributeValueMemberS{Value: s} }
func binaryValue(b []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: b} }
func whole(n int) types.AttributeValue          { return &types.AttributeValueMemberN{Value: fmt.Sprint(n)} }

func (c *randomCalls) key() attributes {
	return attributes{"PK": text(fmt.Sprintf("Q#tea#%d", c.r.IntN(2))), "SK": text(fmt.Sprintf("%02d", c.r.IntN(12)))}
}

func (c *randomCalls) item() attributes {
	i := c.key()
	if c.r.IntN(3) > 0 {
		i["rev"] = whole(c.r.IntN(3))
	}
	if c.r.IntN(3) > 0 {
		i["hash"] = binaryValue([]byte{byte(c.r.IntN(3))})
	}
	if c.r.IntN(3) > 0 {
		i["name"] = text(strings.Repeat("茶", 1+c.r.IntN(4)))
	}
	switch c.r.IntN(12) {
	case 0:
		i["body"] = binaryValue(make([]byte, 300_000)) // four of them fill a page
	case 1:
		i["body"] = binaryValue(make([]byte, 409_600-100+c.r.IntN(200))) // about what an item can hold
	case 2:
		i["body"] = binaryValue(make([]byte, c.r.IntN(9000)))
	}
	return i
}

// A randomCondition is a condition with what its placeholders stand for.
type randomCondition struct {
	text   *string
	names  map[string]string
	values attributes
}

func (c *randomCalls) condition() (o randomCondition) {
	one := func() string {
		switch c.r.IntN(8) {
		case 0:
			return "attribute_not_exists(PK)"
		case 1:
			return "attribute_exists(PK)"
		case 2:
			o.use("#hash", "hash", ":hash", binaryValue([]byte{byte(c.r.IntN(3))}))
			return "#hash = :hash"
		case 3:
			o.use("", "", ":rev", whole(c.r.IntN(3)))
			return "rev " + []string{"=", "<", ">", "<=", ">=", "<>"}[c.r.IntN(6)] + " :rev"
		case 4:
			o.use("#name", "name", ":name", text("茶"))
			return "begins_with(#name, :name)"
		case 5:
			return "NOT attribute_exists(withdrawn)"
		case 6:
			o.use("", "", ":low", whole(0))
			o.use("", "", ":high", whole(1))
			return "rev BETWEEN :low AND :high"
		}
		return "attribute_not_exists(rev)"
	}
	switch c.r.IntN(5) {
	case 0:
		return o
	case 1:
		o.text = sdk.String(one() + " AND " + one())
	case 2:
		o.text = sdk.String(one() + " OR " + one() + " AND " + one())
	case 3:
		o.text = sdk.String("(" + one() + " OR " + one() + ") AND NOT (" + one() + ")")
	default:
		o.text = sdk.String(one())
	}
	if c.r.IntN(30) == 0 {
		o.use("", "", ":unused", whole(1))
	}
	return o
}

func (o *randomCondition) use(name, attribute, placeholder string, value types.AttributeValue) {
	if name != "" {
		if o.names == nil {
			o.names = map[string]string{}
		}
		o.names[name] = attribute
	}
	if o.values == nil {
		o.values = attributes{}
	}
	o.values[placeholder] = value
}

// update returns an update expression; that of the fourth kind fails without the attribute rev. Its placeholders are added to those of a condition.
func (c *randomCalls) update(o *randomCondition, kinds int) *string {
	o.use("", "", ":one", whole(1))
	switch c.r.IntN(kinds) {
	case 0:
		return sdk.String("SET rev = if_not_exists(rev, :one) + :one")
	case 1:
		o.use("#body", "body", ":body", binaryValue([]byte("tea")))
		return sdk.String("SET rev = :one, #body = :body")
	case 2:
		return sdk.String("ADD rev :one REMOVE withdrawn")
	}
	o.use("#name", "name", ":body", text("tea"))
	return sdk.String("SET rev = rev + :one, body = :body REMOVE #name")
}

// outcome puts a reply into words: what both must agree on.
func outcome(err error, parts ...any) string {
	if err != nil {
		var cancelled *types.TransactionCanceledException
		var failed *types.ConditionalCheckFailedException
		var api smithy.APIError
		switch {
		case errors.As(err, &cancelled):
			var codes []string
			for _, r := range cancelled.CancellationReasons {
				codes = append(codes, sdk.ToString(r.Code)+inWords(r.Item))
			}
			return fmt.Sprint("cancelled ", codes)
		case errors.As(err, &failed):
			return "the condition failed" + inWords(failed.Item)
		case errors.As(err, &api):
			return api.ErrorCode()
		}
		return err.Error()
	}
	return fmt.Sprint(parts...)
}

func inWords(i attributes) string {
	var words []string
	for name, value := range i {
		switch v := value.(type) {
		case *types.AttributeValueMemberS:
			words = append(words, name+"="+v.Value)
		case *types.AttributeValueMemberN:
			words = append(words, name+"="+v.Value)
		case *types.AttributeValueMemberB:
			words = append(words, fmt.Sprintf("%s=%d bytes %.8x", name, len(v.Value), v.Value))
		default:
			words = append(words, fmt.Sprint(name, reflect.TypeOf(value)))
		}
	}
	slices.Sort(words)
	return fmt.Sprint(words)
}

func allInWords(items []attributes) (all []string) {
	for _, i := range items {
		all = append(all, inWords(i))
	}
	return all
}

func (c *randomCalls) next() (call func(d database) string, name string) {
	ctx := context.Background()
	o := c.condition()
	switch c.r.IntN(9) {
	case 0:
		in := &dynamodb.GetItemInput{TableName: &c.table, Key: c.key(), ConsistentRead: sdk.Bool(true)}
		if c.r.IntN(2) == 0 {
			in.ProjectionExpression, in.ExpressionAttributeNames = sdk.String("PK, rev, #hash"), map[string]string{"#hash": "hash"}
		}
		return func(d database) string {
			out, err := d.GetItem(ctx, in)
			if err != nil {
				return outcome(err)
			}
			return outcome(nil, inWords(out.Item))
		}, "GetItem"
	case 1, 2:
		in := &dynamodb.PutItemInput{
			TableName: &c.table, Item: c.item(), ConditionExpression: o.text, ExpressionAttributeNames: o.names, ExpressionAttributeValues: o.values,
		}
		return func(d database) string { _, err := d.PutItem(ctx, in); return outcome(err, "stored") }, "PutItem " + sdk.ToString(o.text)
	case 3:
		update := c.update(&o, 4)
		in := &dynamodb.UpdateItemInput{
			TableName: &c.table, Key: c.key(), ConditionExpression: o.text, ExpressionAttributeNames: o.names, ExpressionAttributeValues: o.values,
			UpdateExpression: update, ReturnValues: types.ReturnValueAllNew,
		}
		return func(d database) string {
			out, err := d.UpdateItem(ctx, in)
			if err != nil {
				return outcome(err)
			}
			return outcome(nil, inWords(out.Attributes))
		}, "UpdateItem " + *update + " if " + sdk.ToString(o.text)
	case 4:
		in := &dynamodb.DeleteItemInput{
			TableName: &c.table, Key: c.key(), ConditionExpression: o.text, ExpressionAttributeNames: o.names, ExpressionAttributeValues: o.values,
		}
		return func(d database) string { _, err := d.DeleteItem(ctx, in); return outcome(err, "deleted") }, "DeleteItem " + sdk.ToString(o.text)
	case 5:
		return c.query()
	case 6:
		keys := c.keys(1+c.r.IntN(6), 100)
		return func(d database) string {
			out, err := d.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{c.table: {Keys: keys, ConsistentRead: sdk.Bool(true)}}})
			if err != nil {
				return outcome(err)
			}
			found := allInWords(out.Responses[c.table])
			slices.Sort(found)
			return outcome(nil, found, len(out.UnprocessedKeys[c.table].Keys))
		}, fmt.Sprint("BatchGetItem ", allInWords(keys))
	case 7:
		var writes []types.WriteRequest
		for _, key := range c.keys(1+c.r.IntN(4), 100) {
			if c.r.IntN(2) == 0 {
				writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key}})
				continue
			}
			i := c.item()
			i["PK"], i["SK"] = key["PK"], key["SK"]
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: i}})
		}
		return func(d database) string {
			out, err := d.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{c.table: writes}})
			if err != nil {
				return outcome(err)
			}
			return outcome(nil, len(out.UnprocessedItems[c.table]))
		}, "BatchWriteItem"
	}
	return c.transaction()
}

// keys returns n keys; now and then, once in so many, one of them is there twice.
func (c *randomCalls) keys(n, twice int) (all []attributes) {
	seen := map[string]bool{}
	for len(all) < n {
		k := c.key()
		if w := inWords(k); !seen[w] || c.r.IntN(twice) == 0 {
			seen[w] = true
			all = append(all, k)
		}
	}
	return all
}

func (c *randomCalls) query() (call func(d database) string, name string) {
	in := &dynamodb.QueryInput{
		TableName: &c.table, ConsistentRead: sdk.Bool(true), ScanIndexForward: sdk.Bool(c.r.IntN(3) > 0),
		KeyConditionExpression: sdk.String("PK = :pk"), ExpressionAttributeValues: attributes{":pk": c.key()["PK"]},
	}
	switch c.r.IntN(5) {
	case 0:
		in.KeyConditionExpression = sdk.String("PK = :pk AND SK > :sk")
		in.ExpressionAttributeValues[":sk"] = c.key()["SK"]
	case 1:
		in.KeyConditionExpression = sdk.String("PK = :pk AND begins_with(SK, :sk)")
		in.ExpressionAttributeValues[":sk"] = text("1")
	case 2:
		in.KeyConditionExpression = sdk.String("PK = :pk AND SK BETWEEN :low AND :high")
		in.ExpressionAttributeValues[":low"], in.ExpressionAttributeValues[":high"] = text("03"), text("08")
	}
	if c.r.IntN(3) == 0 {
		in.Limit = sdk.Int32(int32(1 + c.r.IntN(5)))
	}
	if c.r.IntN(3) == 0 {
		in.ProjectionExpression, in.ExpressionAttributeNames = sdk.String("SK, #hash"), map[string]string{"#hash": "hash"}
	}
	return func(d database) string {
		var pages []any
		own := *in
		for {
			out, err := d.Query(context.Background(), &own)
			if err != nil {
				return outcome(err)
			}
			if out.Count > 0 { // the last page may be empty: whether there is more behind a full page, DynamoDB need not know
				pages = append(pages, allInWords(out.Items), out.Count, "; ")
			}
			if own.ExclusiveStartKey = out.LastEvaluatedKey; own.ExclusiveStartKey == nil {
				return outcome(nil, pages...)
			}
		}
	}, "Query " + *in.KeyConditionExpression
}

func (c *randomCalls) transaction() (call func(d database) string, name string) {
	old := types.ReturnValuesOnConditionCheckFailure([]string{"NONE", "ALL_OLD"}[c.r.IntN(2)])
	var writes []types.TransactWriteItem
	text := "TransactWriteItems"
	for _, key := range c.keys(1+c.r.IntN(4), math.MaxInt) {
		o := c.condition()
		kind := c.r.IntN(4)
		if kind == 3 && o.text == nil {
			kind = 2 // a check has a condition
		}
		text += fmt.Sprint("; ", []string{"put", "update", "delete", "check"}[kind], inWords(key), " if ", sdk.ToString(o.text))
		switch kind {
		case 0:
			i := c.item()
			i["PK"], i["SK"] = key["PK"], key["SK"]
			writes = append(writes, types.TransactWriteItem{Put: &types.Put{TableName: &c.table, Item: i, ConditionExpression: o.text,
				ExpressionAttributeNames: o.names, ExpressionAttributeValues: o.values, ReturnValuesOnConditionCheckFailure: old}})
		case 1:
			update := c.update(&o, 3) // DynamoDB Local tells of a missing attribute in another way than DynamoDB
			writes = append(writes, types.TransactWriteItem{Update: &types.Update{TableName: &c.table, Key: key, UpdateExpression: update, ConditionExpression: o.text,
				ExpressionAttributeNames: o.names, ExpressionAttributeValues: o.values, ReturnValuesOnConditionCheckFailure: old}})
		case 2:
			writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{TableName: &c.table, Key: key, ConditionExpression: o.text,
				ExpressionAttributeNames: o.names, ExpressionAttributeValues: o.values, ReturnValuesOnConditionCheckFailure: old}})
		case 3:
			writes = append(writes, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &c.table, Key: key, ConditionExpression: o.text,
				ExpressionAttributeNames: o.names, ExpressionAttributeValues: o.values, ReturnValuesOnConditionCheckFailure: old}})
		}
	}
	return func(d database) string {
		_, err := d.TransactWriteItems(context.Background(), &dynamodb.TransactWriteItemsInput{TransactItems: writes})
		return outcome(err, "committed")
	}, text
}
