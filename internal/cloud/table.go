// Package cloud keeps everything on AWS: definitions, responses, tallies and releases in one DynamoDB table, pages in an
// S3 bucket.
package cloud

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Table is one DynamoDB table. The items, after the design's key schema:
//
//	PK                        SK                 what
//	D#survey                  version            compiled definition, compressed
//	D#survey                  current            version in force
//	D#_site                   current            the site's assets, compressed
//	R#survey#period#shard     submission id      response; in the index by arrival: nanoseconds#id
//	S                         survey             that there is such a survey
//	N#survey                  period             that there are responses of this period
//	T#survey#period           shard              tally and its revision, compressed
//	P#survey#period           number             release, compressed
//	D#_beside                 survey             measures and quotes, compressed
//	C#survey                  case id            case and its revision, compressed
//	O#survey                  case id            that the case is to be told of
//
// It may be used by any number of goroutines and processes.
type Table struct {
	client calls
	name   string
	now    func() time.Time
	settle time.Duration
	keep   time.Duration // responses; 0: for ever

	mu          sync.Mutex
	definitions map[string]cached // by survey@version
	site        site
}

// KeepResponses has the table delete each response stored from now on after some days. 0 is never. What was counted
// stays counted, as long as it need not be counted again.
func (t *Table) KeepResponses(days int) { t.keep = time.Duration(days) * 24 * time.Hour }

// Index is the local secondary index by arrival.
const Index = "by_arrival"

// Expires is the attribute that says when an item may be deleted, in seconds since 1970.
const Expires = "expires"

// Names of attributes.
const (
	partKey = "PK"
	sortKey = "SK"
	arrived = "arrived"
	body    = "body"
	private = "private"
	hash    = "hash"
	version = "version"
	counter = "revision"
)

// Settle is how long after it was stamped a response may still become visible: a put that hangs on as long as its
// function, with the client's retries within, and a minute for clocks that differ.
const Settle = 90 * time.Second

// NewTable uses a table that exists. settle is Settle, but for tests.
func NewTable(client *dynamodb.Client, name string, now func() time.Time, settle time.Duration) *Table {
	return &Table{client: callsOf(client), name: name, now: now, settle: settle, definitions: map[string]cached{}}
}

// Schema is the table as it must be created.
func Schema(name string) *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{
		TableName:   &name,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(partKey), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(sortKey), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(arrived), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(partKey), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(sortKey), KeyType: types.KeyTypeRange},
		},
		LocalSecondaryIndexes: []types.LocalSecondaryIndex{{
			IndexName: aws.String(Index),
			KeySchema: []types.KeySchemaElement{
				{AttributeName: aws.String(partKey), KeyType: types.KeyTypeHash},
				{AttributeName: aws.String(arrived), KeyType: types.KeyTypeRange},
			},
			// Private answers stay out of what is read to be counted.
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{body}},
		}},
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeKeysOnly},
	}
}

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func key(pk, sk string) item { return item{partKey: text(pk), sortKey: text(sk)} }

func textOf(i item, name string) string {
	if s, ok := i[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func bytesOf(i item, name string) []byte {
	if b, ok := i[name].(*types.AttributeValueMemberB); ok {
		return b.Value
	}
	return nil
}

func packed(data []byte) types.AttributeValue {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data) // to memory: neither fails
	w.Close()
	return &types.AttributeValueMemberB{Value: b.Bytes()}
}

// maxUnpacked bounds what a compressed attribute may hold: twenty times the largest item.
const maxUnpacked = 8 << 20

func unpacked(i item, name string) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(bytesOf(i, name)))
	if err != nil {
		return nil, fmt.Errorf("attribute %s: %w", name, err)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxUnpacked))
	if err != nil {
		return nil, fmt.Errorf("attribute %s: %w", name, err)
	}
	return data, nil
}

// get reads one item, strongly consistent; nil if there is none.
func (t *Table) get(ctx context.Context, pk, sk string) (item, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: key(pk, sk), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, t.wrap(err)
	}
	return out.Item, nil
}

// sortKeys lists the sort keys of a partition, in order.
func (t *Table) sortKeys(ctx context.Context, pk string) ([]string, error) {
	var keys []string
	pages := t.query(ctx, &dynamodb.QueryInput{
		TableName: &t.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk"),
		ExpressionAttributeValues: item{":pk": text(pk)},
	})
	for page, err := range pages {
		if err != nil {
			return nil, t.wrap(err)
		}
		for _, i := range page.Items {
			keys = append(keys, textOf(i, sortKey))
		}
	}
	return keys, nil
}

// query yields the pages of a query, and stops at the first error.
func (t *Table) query(ctx context.Context, input *dynamodb.QueryInput) iter.Seq2[*dynamodb.QueryOutput, error] {
	return func(yield func(*dynamodb.QueryOutput, error) bool) {
		for {
			page, err := t.client.Query(ctx, input)
			if !yield(page, err) || err != nil || len(page.LastEvaluatedKey) == 0 {
				return
			}
			input.ExclusiveStartKey = page.LastEvaluatedKey
		}
	}
}

// create puts an item whose key must be free. It reports whether it was.
func (t *Table) create(ctx context.Context, i item) (bool, error) {
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: i, ConditionExpression: aws.String("attribute_not_exists(" + partKey + ")")})
	if refused(err) {
		return false, nil
	}
	return err == nil, t.wrap(err)
}

// refused reports whether an error is that of a condition that does not hold.
func refused(err error) bool {
	var failed *types.ConditionalCheckFailedException
	return errors.As(err, &failed)
}

func (t *Table) wrap(err error) error {
	var missing *types.ResourceNotFoundException
	switch {
	case err == nil:
		return nil
	case errors.As(err, &missing):
		return fmt.Errorf("there is no table %s in this account and region: is the name right, and AWS_REGION?", t.name)
	}
	return fmt.Errorf("table %s: %w", t.name, err)
}
