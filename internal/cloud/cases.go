package cloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/store"
)

func caseKey(survey, id string) item { return key("C#"+survey, id) }

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
func (t *Table) OpenCase(ctx context.Context, c *cases.Case, also ...news.Item) (opened bool, err error) {
	stored, err := caseItem(c, 1)
	if err != nil {
		return false, t.wrap(err)
	}
	if len(also) > 0 {
		writes, err := t.newsWrites(also)
		if err != nil {
			return false, t.wrap(err)
		}
		taken, err := t.transact(ctx, append([]types.TransactWriteItem{t.putNew(stored)}, writes...))
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
func (t *Table) SaveCase(ctx context.Context, c *cases.Case, also ...news.Item) error {
	stored, err := caseItem(c, c.Revision+1)
	if err != nil {
		return t.wrap(err)
	}
	put := t.putRevision(stored, c.Revision)
	if len(also) == 0 {
		err = t.swapIn(ctx, put)
	} else {
		var writes []types.TransactWriteItem
		if writes, err = t.newsWrites(also); err != nil {
			return t.wrap(err)
		}
		var failed int
		if failed, err = t.transact(ctx, append([]types.TransactWriteItem{{Put: put}}, writes...)); failed >= 0 {
			err = store.ErrStale
		}
	}
	if err == nil {
		c.Revision++
	}
	return err
}

// putRevision puts an item if the one that is stored has a revision.
func (t *Table) putRevision(i item, revision int) *types.Put {
	return &types.Put{
		TableName: &t.name, Item: i, ConditionExpression: aws.String("revision = :revision"),
		ExpressionAttributeValues: item{":revision": number(revision)},
	}
}

// swapIn makes one conditional put, and returns ErrStale if its condition fails.
func (t *Table) swapIn(ctx context.Context, put *types.Put) error {
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: put.TableName, Item: put.Item, ConditionExpression: put.ConditionExpression, ExpressionAttributeValues: put.ExpressionAttributeValues,
	})
	if stale(err) {
		return store.ErrStale
	}
	return t.wrap(err)
}
