package cloud

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/store"
)

// newsKey is the key of an item in the outbox. That of earlier versions had nothing but the ids of opened cases, without a body.
func newsKey(survey, id string) item { return key("O#"+survey, id) }

func newsItem(n news.Item, revision int) (item, error) {
	data, err := n.Encode()
	if err != nil {
		return nil, err
	}
	i := newsKey(n.Survey, n.ID)
	i[body] = compressed(data)
	i[counter] = number(revision)
	return i, nil
}

func (t *Table) newsOf(i item) (news.Item, error) {
	revision, err := revisionOf(i)
	var data []byte
	if err == nil {
		data, err = decompressed(i, body)
	}
	var n news.Item
	if err == nil {
		n, err = news.Decode(data, revision)
	}
	if err != nil {
		return news.Item{}, t.wrap(message.Errorf("news %s: %w", textOf(i, sortKey), err))
	}
	return n, nil
}

// newsWrites are the writes that put items into the outbox.
func (t *Table) newsWrites(items []news.Item) (writes []types.TransactWriteItem, err error) {
	for _, n := range items {
		i, err := newsItem(n, 1)
		if err != nil {
			return nil, err
		}
		writes = append(writes, types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: i}})
	}
	return writes, nil
}

// caseWith returns a case of a survey; nil if there is none.
func (t *Table) caseWith(ctx context.Context, survey, id string) (*cases.Case, error) {
	own := caseKey(survey, id)
	i, err := t.get(ctx, textOf(own, partKey), textOf(own, sortKey))
	if err != nil || i == nil {
		return nil, err
	}
	return t.caseOf(i)
}

// News implements [store.Outbox].
func (t *Table) News(ctx context.Context, survey string) (all []news.Item, err error) {
	for i, err := range t.items(ctx, "O#"+survey) {
		if err != nil {
			return nil, err
		}
		var n news.Item
		about := textOf(i, sortKey)
		if old := i[body] == nil; !old {
			if n, err = t.newsOf(i); err != nil {
				return nil, err
			}
			about = n.CaseID()
		}
		if about != "" {
			c, err := t.caseWith(ctx, survey, about)
			switch {
			case err != nil:
				return nil, err
			case n.ID == "" && c == nil:
				continue
			case n.ID == "":
				n = news.OfOpened(c)
			}
			n.Withdrawn = c != nil && c.Withdrawn
		}
		all = append(all, n)
	}
	slices.SortFunc(all, news.Compare)
	return all, nil
}

// SaveNews implements [store.Outbox]. An item of the outbox of earlier versions, whose revision is 0, moves to that of now.
func (t *Table) SaveNews(ctx context.Context, n news.Item) error {
	i, err := newsItem(n, n.Revision+1)
	if err != nil {
		return t.wrap(err)
	}
	if n.Revision > 0 {
		return t.swapIn(ctx, t.putRevision(i, n.Revision))
	}
	if n.CaseID() == "" {
		return store.ErrStale
	}
	there := "attribute_exists(" + partKey + ")"
	failed, err := t.transact(ctx, []types.TransactWriteItem{
		t.putNew(i),
		{Delete: &types.Delete{TableName: &t.name, Key: newsKey(n.Survey, n.CaseID()), ConditionExpression: &there}},
	})
	if failed >= 0 {
		return store.ErrStale
	}
	return err
}

// RemoveNews implements [store.Outbox].
func (t *Table) RemoveNews(ctx context.Context, survey, id string) error {
	writes := []types.TransactWriteItem{{Delete: &types.Delete{TableName: &t.name, Key: newsKey(survey, id)}}}
	if c := news.OpenedCase(id); c != "" {
		writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: newsKey(survey, c)}})
	}
	_, err := t.transact(ctx, writes)
	return err
}

// AddNews implements [store.Announcer].
func (t *Table) AddNews(ctx context.Context, n news.Item) (added bool, err error) {
	i, err := newsItem(n, 1)
	if err != nil {
		return false, t.wrap(err)
	}
	return t.create(ctx, i)
}
