package cloudtest

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func (s *Server) getItem(in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
	p, err := keyOf(in.Key)
	if err != nil {
		return nil, err
	}
	p = s.in(in.TableName, p)
	kept, used, err := projectionOf(in.ProjectionExpression, in.ExpressionAttributeNames)
	if err == nil {
		err = checkPlaceholders(in.ExpressionAttributeNames, nil, used...)
	}
	if err != nil {
		return nil, err
	}
	if s.refuses(p.key(), false) {
		return nil, throttled()
	}
	r := s.at(p)
	found := 0
	if r.item != nil {
		found = 1
	}
	s.spendRead(p.key(), aws.ToBool(in.ConsistentRead), r.size, found)
	return &dynamodb.GetItemOutput{Item: project(clone(r.item), kept)}, nil
}

// project removes the attributes that are not kept; nil keeps all.
func project(item Item, kept []string) Item {
	if kept == nil || item == nil {
		return item
	}
	for name := range item {
		if !slices.Contains(kept, name) {
			delete(item, name)
		}
	}
	return item
}

// A change is one write: a put, a deletion, an update, or the check of a condition.
type change struct {
	at        place
	condition *string
	names     map[string]string
	values    Item
	item      Item    // put
	deletion  bool    // nothing stays
	update    *string // of what is there
	table     *string // of a transaction
	check     bool    // nothing changes
	old       types.ReturnValuesOnConditionCheckFailure

	parsed *parsed
	steps  *update
}

// checked parses the expressions of a change, and checks what can be checked before the item is read.
func (c *change) checked() (err error) {
	var used []string
	if c.condition != nil {
		if c.parsed, err = conditionOf(*c.condition); err != nil {
			return err
		}
		used = append(used, c.parsed.uses...)
	}
	if c.update != nil {
		if c.steps, err = updateOf(*c.update); err != nil {
			return err
		}
		used = append(used, c.steps.uses...)
	}
	if err := checkPlaceholders(c.names, c.values, used...); err != nil {
		return err
	}
	if c.item != nil && SizeOf(c.item) > maxItem {
		return invalid("Item size has exceeded the maximum allowed size")
	}
	return nil
}

func (c *change) scope(item Item) *scope { return &scope{item, c.names, c.values} }

func (c *change) holds(item Item) bool { return c.parsed == nil || c.parsed.holds(c.scope(item)) }

// after returns what is at the place after the change.
func (c *change) after(before Item) (Item, error) {
	switch {
	case c.check:
		return before, nil
	case c.deletion:
		return nil, nil
	case c.item != nil:
		return clone(c.item), nil
	}
	item := clone(before)
	if item == nil {
		item = Item{partKey: &types.AttributeValueMemberS{Value: c.at.pk}, sortKey: &types.AttributeValueMemberS{Value: c.at.sk}}
	}
	for _, step := range c.steps.steps {
		if err := step(c.scope(before), item); err != nil {
			return nil, err
		}
	}
	if SizeOf(item) > maxItem {
		return nil, invalid("Item size to update has exceeded the maximum allowed size")
	}
	return item, nil
}

// write makes one change outside of a transaction.
func (s *Server) write(c *change) (after Item, err error) {
	if err := c.checked(); err != nil {
		return nil, err
	}
	if s.refuses(c.at.key(), true) {
		return nil, throttled()
	}
	before := s.at(c.at)
	if s.prepared[c.at] {
		s.spendWrite(c.at, 1, before.size)
		return nil, conflict()
	}
	if !c.holds(before.item) {
		s.spendWrite(c.at, 1, before.size)
		failed := &types.ConditionalCheckFailedException{Message: aws.String("The conditional request failed")}
		if c.old == types.ReturnValuesOnConditionCheckFailureAllOld {
			failed.Item = clone(before.item)
		}
		return nil, failed
	}
	after, err = c.after(before.item)
	if err != nil {
		return nil, err
	}
	s.spendWrite(c.at, 1, before.size, SizeOf(after))
	s.store(c.at, after)
	return after, nil
}

func (s *Server) putItem(in *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) {
	at, err := placeOf(in.Item)
	if err == nil {
		_, err = s.write(&change{
			at: s.in(in.TableName, at), item: in.Item, condition: in.ConditionExpression, names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
			old: in.ReturnValuesOnConditionCheckFailure,
		})
	}
	if err != nil {
		return nil, err
	}
	return &dynamodb.PutItemOutput{}, nil
}

func (s *Server) deleteItem(in *dynamodb.DeleteItemInput) (*dynamodb.DeleteItemOutput, error) {
	at, err := keyOf(in.Key)
	if err == nil {
		_, err = s.write(&change{
			at: s.in(in.TableName, at), deletion: true, condition: in.ConditionExpression, names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
			old: in.ReturnValuesOnConditionCheckFailure,
		})
	}
	if err != nil {
		return nil, err
	}
	return &dynamodb.DeleteItemOutput{}, nil
}

func (s *Server) updateItem(in *dynamodb.UpdateItemInput) (*dynamodb.UpdateItemOutput, error) {
	at, err := keyOf(in.Key)
	if err != nil {
		return nil, err
	}
	if in.UpdateExpression == nil {
		return nil, invalid("cloudtest wants an update expression")
	}
	after, err := s.write(&change{
		at: s.in(in.TableName, at), update: in.UpdateExpression, condition: in.ConditionExpression, names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
		old: in.ReturnValuesOnConditionCheckFailure,
	})
	if err != nil {
		return nil, err
	}
	out := &dynamodb.UpdateItemOutput{}
	switch in.ReturnValues {
	case "", types.ReturnValueNone:
	case types.ReturnValueAllNew:
		out.Attributes = clone(after)
	default:
		return nil, invalid("cloudtest does not return %s", in.ReturnValues)
	}
	return out, nil
}

// query reads one page. The condition on the key names one partition key, and may bound the sort key.
func (s *Server) query(in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	if in.KeyConditionExpression == nil || in.IndexName != nil || in.FilterExpression != nil {
		return nil, invalid("cloudtest wants a condition on the key, and knows no index and no filter")
	}
	condition, err := conditionOf(*in.KeyConditionExpression)
	if err != nil {
		return nil, err
	}
	kept, used, err := projectionOf(in.ProjectionExpression, in.ExpressionAttributeNames)
	if err == nil {
		err = checkPlaceholders(in.ExpressionAttributeNames, in.ExpressionAttributeValues, append(used, condition.uses...)...)
	}
	if err != nil {
		return nil, err
	}
	pk, from := s.partition(in, condition), ""
	if pk == "" {
		return &dynamodb.QueryOutput{}, invalid("cloudtest finds no partition key in %q", *in.KeyConditionExpression)
	}
	if in.ExclusiveStartKey != nil {
		start, err := keyOf(in.ExclusiveStartKey)
		if err != nil || start.pk != pk {
			return nil, invalid("The provided starting key is invalid")
		}
		from = start.sk
	}
	pk = s.in(in.TableName, place{pk: pk}).key()
	if s.refuses(pk, false) {
		return nil, throttled()
	}
	out := &dynamodb.QueryOutput{}
	size := 0
	for _, r := range s.collections[pk].behind(from, in.ScanIndexForward != nil && !*in.ScanIndexForward) {
		if !condition.holds(&scope{r.item, in.ExpressionAttributeNames, in.ExpressionAttributeValues}) {
			continue
		}
		if size += r.size; in.Select != types.SelectCount {
			out.Items = append(out.Items, project(clone(r.item), kept))
		}
		out.Count++
		if size >= maxPage || in.Limit != nil && out.Count == *in.Limit {
			out.LastEvaluatedKey = Item{partKey: r.item[partKey], sortKey: r.item[sortKey]}
			break
		}
	}
	out.ScannedCount = out.Count
	s.spendRead(pk, aws.ToBool(in.ConsistentRead), size, int(out.Count))
	return out, nil
}

// partition returns the partition key that a query names: the one of its values for which the condition on the partition key
// holds.
func (s *Server) partition(in *dynamodb.QueryInput, condition *parsed) string {
	text := *in.KeyConditionExpression
	tokens := tokensOf(text)
	for i := 0; i+2 < len(tokens); i++ {
		name := tokens[i]
		if name[0] == '#' {
			name = in.ExpressionAttributeNames[name]
		}
		if name == partKey && tokens[i+1] == "=" {
			if v, ok := in.ExpressionAttributeValues[tokens[i+2]].(*types.AttributeValueMemberS); ok {
				return v.Value
			}
		}
	}
	return ""
}
