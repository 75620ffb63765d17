package cloudtest

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// batchGetItem reads items in their order until there are 16 MB; the rest is unprocessed.
func (s *Server) batchGetItem(in *dynamodb.BatchGetItemInput) (*dynamodb.BatchGetItemOutput, error) {
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]Item{}, UnprocessedKeys: map[string]types.KeysAndAttributes{}}
	total, refused := 0, 0
	for table, wanted := range in.RequestItems {
		if total += len(wanted.Keys); total > maxGetKeys {
			return nil, invalid("Too many items requested for the BatchGetItem call")
		}
		kept, used, err := projectionOf(wanted.ProjectionExpression, wanted.ExpressionAttributeNames)
		if err == nil {
			err = checkPlaceholders(wanted.ExpressionAttributeNames, nil, used...)
		}
		if err != nil {
			return nil, err
		}
		places := map[place]bool{}
		for _, key := range wanted.Keys {
			p, err := keyOf(key)
			if err != nil {
				return nil, err
			}
			p = s.in(&table, p)
			if places[p] {
				return nil, invalid("Provided list of item keys contains duplicates")
			}
			places[p] = true
		}
		left := wanted
		left.Keys = nil
		size := 0
		for _, key := range wanted.Keys {
			p, _ := keyOf(key)
			p = s.in(&table, p)
			r := s.at(p)
			if size+r.size > maxGet || s.refuses(p.key(), false) {
				left.Keys = append(left.Keys, clone(key))
				refused++
				continue
			}
			size += r.size
			found := 0
			if r.item != nil {
				found = 1
				out.Responses[table] = append(out.Responses[table], project(clone(r.item), kept))
			}
			s.spendRead(p.key(), aws.ToBool(wanted.ConsistentRead), r.size, found)
		}
		if len(left.Keys) > 0 {
			out.UnprocessedKeys[table] = left
		}
	}
	if total == 0 {
		return nil, invalid("The requestItems parameter must not be empty")
	}
	if refused == total {
		return nil, throttled()
	}
	return out, nil
}

// batchWriteItem makes up to 25 writes, each for itself. Those that cannot be made now are unprocessed.
func (s *Server) batchWriteItem(in *dynamodb.BatchWriteItemInput) (*dynamodb.BatchWriteItemOutput, error) {
	var changes []*change
	var requests []types.WriteRequest
	var tables []string
	places := map[place]bool{}
	for table, writes := range in.RequestItems {
		for _, w := range writes {
			c, err := changeOf(w)
			if err == nil {
				err = c.checked()
			}
			if err != nil {
				return nil, err
			}
			c.at = s.in(&table, c.at)
			if places[c.at] {
				return nil, invalid("Provided list of item keys contains duplicates")
			}
			places[c.at] = true
			changes, requests, tables = append(changes, c), append(requests, w), append(tables, table)
		}
	}
	if len(changes) == 0 || len(changes) > maxBatchWrites {
		return nil, invalid("Too many items requested for the BatchWriteItem call, or none: %d", len(changes))
	}
	out := &dynamodb.BatchWriteItemOutput{UnprocessedItems: map[string][]types.WriteRequest{}}
	made, exhausted := 0, 0
	for i, c := range changes {
		rate := s.refuses(c.at.key(), true)
		if rate {
			exhausted++
		}
		if rate || s.prepared[c.at] || s.options.BatchWrites > 0 && made == s.options.BatchWrites {
			out.UnprocessedItems[tables[i]] = append(out.UnprocessedItems[tables[i]], requests[i])
			continue
		}
		made++
		before := s.at(c.at)
		after, _ := c.after(before.item) // a put or a deletion never fails
		s.spendWrite(c.at, 1, before.size, SizeOf(after))
		s.store(c.at, after)
	}
	if exhausted == len(changes) {
		return nil, throttled()
	}
	return out, nil
}

func changeOf(w types.WriteRequest) (c *change, err error) {
	switch {
	case w.PutRequest != nil && w.DeleteRequest == nil:
		c = &change{item: w.PutRequest.Item}
		c.at, err = placeOf(w.PutRequest.Item)
	case w.DeleteRequest != nil && w.PutRequest == nil:
		c = &change{deletion: true}
		c.at, err = keyOf(w.DeleteRequest.Key)
	default:
		err = invalid("a request of a batch must be a put or a deletion")
	}
	return c, err
}
