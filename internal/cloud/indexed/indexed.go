// Package indexed reads DynamoDB tables of the form that earlier versions of Glasspoll wrote, with a local index by arrival.
// It never writes one: what such a table holds is carried over to a table of today's form, see [cloud.OldFormError].
//
// The items:
//
//	PK                        SK                 what
//	D#survey                  version            compiled definition, compressed
//	D#survey                  current            version in force
//	R#survey#period#shard     submission id      response; in the index by arrival: nanoseconds#id
//	S                         survey             nothing: the survey exists
//	N#survey                  period             nothing: the period has responses
//	T#survey#period           shard              tally and its revision, compressed
//	P#survey#period           number             release, compressed
//	C#survey                  case id            case and its revision, compressed
//	O#survey                  case id            nothing: the case is in the outbox
//
// The arrivals of a table's responses differ, so the logs of a period's shards are read as one log, in the order of
// arrivals. A response that is stored late, or by a process whose clock is behind, appears in front of others that have been
// read: whoever carries a table that still takes answers over must read it from the start once more when it takes none.
package indexed

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"iter"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/cloud"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Client makes the calls of DynamoDB that reading needs.
type Client interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
}

// Table is a table of the older form. It implements [store.Reader]. Any number of goroutines may use it.
type Table struct {
	client      Client
	name        string
	definitions sync.Map // by definitionKey: *survey.Survey
}

// New reads a table that exists.
func New(client Client, name string) *Table { return &Table{client: client, name: name} }

// Records returns the table as a back end for operators' commands. It refuses to be changed with a [cloud.OldFormError].
func (t *Table) Records() store.Records { return store.ReadOnly(t, &cloud.OldFormError{Table: t.name}) }

// shards is the number of logs and tallies of each period.
const shards = 16

// The names of attributes, and of the index.
const (
	sortKey  = "SK"
	arrived  = "arrived"
	body     = "body"
	private  = "private"
	version  = "version"
	revision = "revision"
	byTime   = cloud.OldIndex
)

const current = "current"

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

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

func revisionOf(i item) (int, error) {
	n, ok := i[revision].(*types.AttributeValueMemberN)
	if !ok {
		return 0, message.Errorf("attribute %s is missing", revision)
	}
	return strconv.Atoi(n.Value)
}

// maxDecompressed bounds the content of a compressed body: twenty times the largest item.
const maxDecompressed = 8 << 20

// bodyOf returns the content of a compressed body.
func bodyOf(i item) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(bytesOf(i, body)))
	if err != nil {
		return nil, message.Errorf("attribute %s: %w", body, err)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxDecompressed))
	if err != nil {
		return nil, message.Errorf("attribute %s: %w", body, err)
	}
	return data, nil
}

// get reads one item; nil if there is none. All reads of this package are strongly consistent.
func (t *Table) get(ctx context.Context, pk, sk string) (item, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.name, Key: item{"PK": text(pk), sortKey: text(sk)}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, t.wrap(err)
	}
	return out.Item, nil
}

// query yields the items that a query finds, page after page, and stops at the first error.
func (t *Table) query(ctx context.Context, input *dynamodb.QueryInput) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		input := *input
		input.TableName, input.ConsistentRead = &t.name, aws.Bool(true)
		for {
			page, err := t.client.Query(ctx, &input)
			if err != nil {
				yield(nil, t.wrap(err))
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

// items yields the items of a partition, in the order of their sort keys.
func (t *Table) items(ctx context.Context, pk string) iter.Seq2[item, error] {
	return t.query(ctx, &dynamodb.QueryInput{KeyConditionExpression: aws.String("PK = :pk"), ExpressionAttributeValues: item{":pk": text(pk)}})
}

// sortKeys lists the sort keys of a partition, in order.
func (t *Table) sortKeys(ctx context.Context, pk string) (keys []string, err error) {
	for i, err := range t.items(ctx, pk) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, textOf(i, sortKey))
	}
	return keys, nil
}

func (t *Table) wrap(err error) error {
	if err != nil {
		return message.Errorf("table %s: %w", t.name, cloud.Explained(err))
	}
	return nil
}

type definitionKey struct{ id, version string }

// Surveys implements [store.Catalog].
func (t *Table) Surveys(ctx context.Context) ([]string, error) { return t.sortKeys(ctx, "S") }

// Versions implements [store.Catalog].
func (t *Table) Versions(ctx context.Context, id string) (versions []string, err error) {
	keys, err := t.sortKeys(ctx, "D#"+id)
	for _, k := range keys {
		if k != current {
			versions = append(versions, k)
		}
	}
	return versions, err
}

// Definition implements [store.Definitions].
func (t *Table) Definition(ctx context.Context, id, of string) (*survey.Survey, error) {
	if of == "" {
		i, err := t.get(ctx, "D#"+id, current)
		if err != nil {
			return nil, err
		}
		if of = textOf(i, version); of == "" {
			return nil, store.ErrUnknown
		}
	}
	key := definitionKey{id, of}
	if known, ok := t.definitions.Load(key); ok {
		return known.(*survey.Survey), nil
	}
	if of == current {
		return nil, store.ErrUnknown
	}
	i, err := t.get(ctx, "D#"+id, of)
	switch {
	case err != nil:
		return nil, err
	case i == nil:
		return nil, store.ErrUnknown
	}
	data, err := bodyOf(i)
	var def *survey.Survey
	if err == nil {
		def, err = survey.Decode(data)
	}
	if err != nil {
		return nil, t.wrap(message.Errorf("survey %s, version %s: %w", id, of, err))
	}
	known, _ := t.definitions.LoadOrStore(key, def)
	return known.(*survey.Survey), nil
}

// inForce returns the questionnaire in force; nil if there is none.
func (t *Table) inForce(ctx context.Context, id string) (*survey.Survey, error) {
	s, err := t.Definition(ctx, id, "")
	if errors.Is(err, store.ErrUnknown) {
		return nil, nil
	}
	return s, err
}
