package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/cases"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

func caseKey(survey, id string) item { return key("C#"+survey, id) }

func untoldKey(survey, id string) item { return key("O#"+survey, id) }

func caseItem(c *cases.Case, revision int) (item, error) {
	if c.ID == "" || c.Survey == "" {
		return nil, errors.New("a case without id or survey")
	}
	data, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	i := caseKey(c.Survey, c.ID)
	i[body] = packed(data)
	i[counter] = &types.AttributeValueMemberN{Value: strconv.Itoa(revision)}
	return i, nil
}

func caseOf(i item) (*cases.Case, error) {
	data, err := unpacked(i, body)
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", textOf(i, sortKey), err)
	}
	c := &cases.Case{}
	if err := json.Unmarshal(data, c); err != nil {
		return nil, fmt.Errorf("case %s: %w", textOf(i, sortKey), err)
	}
	n, ok := i[counter].(*types.AttributeValueMemberN)
	if !ok {
		return nil, fmt.Errorf("case %s has no revision", c.ID)
	}
	c.Revision, err = strconv.Atoi(n.Value)
	return c, err
}

// OpenCase implements [store.Cases].
func (t *Table) OpenCase(ctx context.Context, c *cases.Case, notify bool) (opened bool, err error) {
	stored, err := caseItem(c, 1)
	if err != nil {
		return false, t.wrap(err)
	}
	if notify {
		taken, err := t.transact(ctx, []types.TransactWriteItem{
			{Put: &types.Put{TableName: &t.name, Item: stored, ConditionExpression: aws.String("attribute_not_exists(" + partKey + ")")}},
			{Put: &types.Put{TableName: &t.name, Item: untoldKey(c.Survey, c.ID)}},
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
	pages := t.query(ctx, &dynamodb.QueryInput{
		TableName: &t.name, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("PK = :pk"),
		ExpressionAttributeValues: item{":pk": text("C#" + survey)},
	})
	for page, err := range pages {
		if err != nil {
			return nil, t.wrap(err)
		}
		for _, i := range page.Items {
			c, err := caseOf(i)
			if err != nil {
				return nil, t.wrap(err)
			}
			all = append(all, c)
		}
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
		ExpressionAttributeValues: item{":revision": &types.AttributeValueMemberN{Value: strconv.Itoa(c.Revision)}},
	})
	if refused(err) {
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
	var untold []*cases.Case
	for _, id := range ids {
		own := caseKey(survey, id)
		i, err := t.get(ctx, textOf(own, partKey), textOf(own, sortKey))
		if err != nil {
			return nil, err
		}
		c, err := caseOf(i)
		if err != nil {
			return nil, t.wrap(err)
		}
		untold = append(untold, c)
	}
	return untold, nil
}

// MarkDelivered implements [store.Outbox].
func (t *Table) MarkDelivered(ctx context.Context, survey, id string) error {
	_, err := t.transact(ctx, []types.TransactWriteItem{{Delete: &types.Delete{TableName: &t.name, Key: untoldKey(survey, id)}}})
	return err
}

// besideKey is a definition's key that no survey can have, so that whoever may read definitions may read what stands
// beside them, and no form can name it as a version.
const besideKey = "D#_beside"

// PutActions keeps what stands beside a questionnaire, in the place of what stood there.
func (t *Table) PutActions(ctx context.Context, id string, a survey.Actions) error {
	data, err := json.Marshal(a)
	if err != nil {
		return t.wrap(err)
	}
	i := key(besideKey, id)
	i[body] = packed(data)
	return t.put(ctx, i)
}

// Actions implements [store.Sidecars].
func (t *Table) Actions(ctx context.Context, id string) (a survey.Actions, err error) {
	i, err := t.get(ctx, besideKey, id)
	if err != nil || i == nil {
		return survey.Actions{}, err
	}
	data, err := unpacked(i, body)
	if err == nil {
		err = json.Unmarshal(data, &a)
	}
	if err != nil {
		return survey.Actions{}, t.wrap(fmt.Errorf("beside %s: %w", id, err))
	}
	return a, nil
}
