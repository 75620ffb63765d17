package cloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

func caseKey(survey, id string) item { return key("C#"+survey, id) }

func pendingKey(survey, id string) item { return key("O#"+survey, id) }

func caseItem(c *cases.Case, revision int) (item, error) {
	data, err := c.Encode()
	if err != nil {
		return nil, err
	}
	i := caseKey(c.Survey, c.ID)
	i[body] = compressed(data)
	i[counter] = number(revision)
	return i, nil
}

func (t *Table) caseOf(i item) (*cases.Case, error) {
	revision, err := revisionOf(i)
	var data []byte
	if err == nil {
		data, err = decompressed(i, body)
	}
	var c *cases.Case
	if err == nil {
		c, err = cases.Decode(data, revision)
	}
	if err != nil {
		return nil, t.wrap(message.Errorf("case %s: %w", textOf(i, sortKey), err))
	}
	return c, nil
}

// OpenCase implements [store.Cases].
func (t *Table) OpenCase(ctx context.Context, c *cases.Case, notify bool) (opened bool, err error) {
	stored, err := caseItem(c, 1)
	if err != nil {
		return false, t.wrap(err)
	}
	if notify {
		taken, err := t.transact(ctx, []types.TransactWriteItem{
			t.putNew(stored),
			{Put: &types.Put{TableName: &t.name, Item: pendingKey(c.Survey, c.ID)}},
		})
		if err != nil {
			return false, err
		}
		opened = taken < 0
	} else if opened, err = t.create(ctx, stored); err != nil {
		return false, err
	}
	if opened {
		c.Revision = 1
	}
	return opened, nil
}

// CasesOf implements [store.Cases].
func (t *Table) CasesOf(ctx context.Context, survey string) ([]*cases.Case, error) {
	var all []*cases.Case
	for i, err := range t.items(ctx, "C#"+survey) {
		if err != nil {
			return nil, err
		}
		c, err := t.caseOf(i)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// SaveCase implements [store.Cases].
func (t *Table) SaveCase(ctx context.Context, c *cases.Case) error {
	stored, err := caseItem(c, c.Revision+1)
	if err != nil {
		return t.wrap(err)
	}
	_, err = t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &t.name, Item: stored, ConditionExpression: aws.String("revision = :revision"),
		ExpressionAttributeValues: item{":revision": number(c.Revision)},
	})
	if stale(err) {
		return store.ErrStale
	}
	if err == nil {
		c.Revision++
	}
	return t.wrap(err)
}

// Pending implements [store.Outbox].
func (t *Table) Pending(ctx context.Context, survey string) ([]*cases.Case, error) {
	ids, err := t.sortKeys(ctx, "O#"+survey)
	if err != nil {
		return nil, err
	}
	var pending []*cases.Case
	for _, id := range ids {
		own := caseKey(survey, id)
		i, err := t.get(ctx, textOf(own, partKey), textOf(own, sortKey))
		if err != nil {
			return nil, err
		}
		c, err := t.caseOf(i)
		if err != nil {
			return nil, err
		}
		pending = append(pending, c)
	}
	return pending, nil
}

// MarkDelivered implements [store.Outbox].
func (t *Table) MarkDelivered(ctx context.Context, survey, id string) error {
	_, err := t.transact(ctx, []types.TransactWriteItem{{Delete: &types.Delete{TableName: &t.name, Key: pendingKey(survey, id)}}})
	return err
}
