// Package cloud implements the contract of storage on AWS: pages in an S3 bucket, invitations in a DynamoDB table of their own,
// everything else in another one.
package cloud

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
)

// Table is one DynamoDB table. Any number of goroutines and processes may use it. Its items:
//
//	PK                        SK          what
//	D#survey                  version     compiled definition, compressed
//	D#survey                  current     version in force
//	D#_site                   current     the site's assets, compressed, and the form of the table
//	D#_site                   homes       which files are the home pages, and from when on
//	D#_site                   published   when the site was published last
//	D#_beside                 survey      sidecars: measures and quotes, compressed
//	S                         survey      nothing: the survey exists
//	I#survey#id               -           the id is taken: digest, period, arrival, private answers, also of corrections
//	Q#survey#period#shard     id          a response that waits to be collected, and its arrival
//	J#survey#period#number    -           a segment of the log: responses in their order
//	L#survey                  period      the head of the log: its last segment
//	K#survey                  period      number of shards; none: 16
//	T#survey                  period      tally and its revision, compressed
//	P#survey                  period      number of the latest release
//	P#survey#period           sum         the latest release, compressed
//	P#survey#period           number      what this release adds to the one before, compressed
//	E#survey#period           number      decisions about responses, compressed
//	E#survey#period           number+     what a correction says, compressed; nothing if its response was erased
//	C#survey                  case id     case and its revision, compressed
//	O#survey                  news id     item of news in the outbox and its revision, compressed
//	O#survey                  case id     nothing: the case is in the outbox of earlier versions
//	W#survey                  id          nothing: the response is to be erased, because its respondent has taken it back
//	U                         survey      the survey's work list: who is at it, what has changed since
//	R                         survey      what the last look at the survey found, and which forms are in place
//	G                         name        how far a long task has come
//	X                         ids         32 random bytes that ids are keyed with
//	F#, B#, Y                             what limits need: see limits.go
//
// An item of a partition key of its own never has to share the 1,000 write units a second that a key has. Where there are
// many writes or long logs, keys are many: those of ids, of shards and of segments.
type Table struct {
	client    calls
	name      string
	invited   string // name of the table of invitations; "": there is none
	now       func() time.Time
	retention time.Duration // of responses; 0: for ever

	mu           sync.Mutex
	definitions  map[string]cached // by survey@version
	vocabularies map[string]*answer.Vocabulary
	counts       map[periodKey]shardCount
	latest       map[periodKey]*release.Release
	site         site
	ready        bool // a site has been published, in the current form

	secret knownSecret
	days   dayCache
}

// periodKey names a period of a survey.
type periodKey struct{ survey, period string }

// Expires is the attribute with the time at which DynamoDB may delete an item, in seconds since 1970.
const Expires = "expires"

// The names of attributes.
const (
	partKey   = "PK"
	sortKey   = "SK"
	arrived   = "at" // nanoseconds since 1970
	body      = "body"
	private   = "private"
	corrected = "corrected" // private answers of corrections
	corrects  = "corrects"  // how many corrections have changed the item
	hash      = "hash"
	withdrawn = "withdrawn" // of an id: its response has been erased
	ofPeriod  = "period"
	version   = "version"
	counter   = "revision"
)

// Options of a table. The zero value is for a deployment that keeps responses for ever.
type Options struct {
	Now func() time.Time // nil: time.Now

	// Retention is after how long DynamoDB deletes a response that is stored by this table; 0 is never. What was counted
	// stays counted as long as nothing has to be folded again.
	Retention time.Duration

	// Invitations is the name of the table of invitations, mostly that of [InvitationTable]; "" if the deployment has none, and
	// takes answers without one alone.
	Invitations string

	// Awaited says that a respondent waits for the calls: they fail fast.
	Awaited bool
}

// NewTable uses a table that exists.
func NewTable(client *dynamodb.Client, name string, o Options) *Table {
	return newTable(callsOf(client), name, o)
}

func newTable(client calls, name string, o Options) *Table {
	if o.Now == nil {
		o.Now = time.Now
	}
	tries := patient
	if o.Awaited {
		tries = awaited
	}
	return &Table{
		client: newRetries(tries).of(client), name: name, invited: o.Invitations, now: o.Now, retention: o.Retention,
		definitions: map[string]cached{}, vocabularies: map[string]*answer.Vocabulary{}, counts: map[periodKey]shardCount{},
		latest: map[periodKey]*release.Release{},
	}
}

// Schema returns the table as it must be created.
func Schema(name string) *dynamodb.CreateTableInput {
	schema := InvitationSchema(name)
	schema.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeKeysOnly}
	return schema
}

// InvitationSchema returns the table of invitations as it must be created: without a stream, which would say when each one is
// used. It must have no point-in-time recovery either.
func InvitationSchema(name string) *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{
		TableName:   &name,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(partKey), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String(sortKey), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String(partKey), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String(sortKey), KeyType: types.KeyTypeRange},
		},
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

func compressed(data []byte) types.AttributeValue {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data) // neither fails in memory
	w.Close()
	return &types.AttributeValueMemberB{Value: b.Bytes()}
}

// maxDecompressed bounds the content of a compressed attribute: twenty times the largest item.
const maxDecompressed = 8 << 20

func decompressed(i item, name string) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(bytesOf(i, name)))
	if err != nil {
		return nil, message.Errorf("attribute %s: %w", name, err)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxDecompressed))
	if err != nil {
		return nil, message.Errorf("attribute %s: %w", name, err)
	}
	return data, nil
}

// decodeJSON decodes the compressed document that is an item's body.
func decodeJSON(i item, into any) error {
	data, err := decompressed(i, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// get reads one item; nil if there is none. The read is strongly consistent.
func (t *Table) get(ctx context.Context, pk, sk string) (item, error) {
	return t.getIn(ctx, t.name, pk, sk)
}

// getIn is get in one of the tables.
func (t *Table) getIn(ctx context.Context, table, pk, sk string) (item, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: key(pk, sk), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, t.wrapIn(table, err)
	}
	return out.Item, nil
}

// sortKeys lists the sort keys of a partition, in order.
func (t *Table) sortKeys(ctx context.Context, pk string) ([]string, error) {
	var keys []string
	for i, err := range t.items(ctx, pk) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, textOf(i, sortKey))
	}
	return keys, nil
}

// items yields the items of a partition, in the order of their sort keys, and stops at the first error. The read is
// strongly consistent.
func (t *Table) items(ctx context.Context, pk string) iter.Seq2[item, error] {
	return t.itemsIn(ctx, t.name, pk)
}

// itemsIn is items of a partition of one of the tables.
func (t *Table) itemsIn(ctx context.Context, table, pk string) iter.Seq2[item, error] {
	return t.query(ctx, &dynamodb.QueryInput{
		TableName: &table, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk"),
		ExpressionAttributeValues: item{":pk": text(pk)},
	})
}

// query yields the items that a query finds, page after page, and stops at the first error.
func (t *Table) query(ctx context.Context, input *dynamodb.QueryInput) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for {
			page, err := t.client.Query(ctx, input)
			if err != nil {
				yield(nil, t.wrapIn(*input.TableName, err))
				return
			}
			for _, i := range page.Items {
				if !yield(i, nil) {
					return
				}
			}
			if len(page.LastEvaluatedKey) == 0 {
				return
			}
			input.ExclusiveStartKey = page.LastEvaluatedKey
		}
	}
}

// create puts an item if its key is free, and reports whether it was.
func (t *Table) create(ctx context.Context, i item) (bool, error) { return t.createIn(ctx, t.name, i) }

// createIn is create in one of the tables.
func (t *Table) createIn(ctx context.Context, table string, i item) (bool, error) {
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: i, ConditionExpression: free()})
	if refused(err) {
		return false, nil
	}
	return err == nil, t.wrapIn(table, err)
}

// put puts an item in the place of the one with its key, if there is one.
func (t *Table) put(ctx context.Context, i item) error {
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: i})
	return t.wrap(err)
}

// number returns an attribute that holds an integer.
func number[N int | int64](n N) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(n), 10)}
}

func binaryOf(data []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: data} }

// integerOf reads an integer attribute; false if there is none.
func integerOf(i item, name string) (int64, bool) {
	n, ok := i[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0, false
	}
	value, err := strconv.ParseInt(n.Value, 10, 64)
	return value, err == nil
}

// revisionOf reads the revision of an item.
func revisionOf(i item) (int, error) {
	n, ok := integerOf(i, counter)
	if !ok {
		return 0, message.Errorf("attribute %s is missing", counter)
	}
	return int(n), nil
}

// refused reports whether an error says that a condition does not hold.
func refused(err error) bool {
	var failed *types.ConditionalCheckFailedException
	return errors.As(err, &failed)
}

// stale reports whether an error says that an item is no longer as it was read, or is being changed by a transaction.
func stale(err error) bool {
	var conflict *types.TransactionConflictException
	return refused(err) || errors.As(err, &conflict)
}

func (t *Table) wrap(err error) error { return wrapOf(t.name, err) }

// wrapOf says which table an error is about.
func wrapOf(name string, err error) error {
	var missing *types.ResourceNotFoundException
	var wrapped error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &missing):
		wrapped = message.Errorf("there is no table %s in this account and region: is the name right, and AWS_REGION?", name)
	default:
		wrapped = message.Errorf("table %s: %w", name, Explained(err))
	}
	if missing != nil || isPermanent(err) {
		return store.Permanent(wrapped)
	}
	return wrapped
}
