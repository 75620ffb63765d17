package cloudtest

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A transaction that is prepared: its conditions hold, and no other write can change its items until it is committed.
type transaction struct {
	server  *Server
	changes []*change
}

// prepare checks a transaction and all its conditions. A transaction that conflicts with another one is cancelled.
func (s *Server) prepare(in *dynamodb.TransactWriteItemsInput) (*transaction, error) {
	t := &transaction{server: s}
	if len(in.TransactItems) == 0 || len(in.TransactItems) > maxTransactions {
		return nil, invalid("Member must have length less than or equal to 100, and at least 1: %d", len(in.TransactItems))
	}
	places := map[place]bool{}
	total := 0
	for _, i := range in.TransactItems {
		c, err := transactedChange(i)
		if err == nil {
			err = c.checked()
		}
		if err != nil {
			return nil, err
		}
		c.at = s.in(c.table, c.at)
		if places[c.at] {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		places[c.at] = true
		if total += SizeOf(c.item); total > maxTransaction {
			return nil, invalid("Transaction request size exceeds 4 MB")
		}
		t.changes = append(t.changes, c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meter.at(s.options.Now().Unix())
	s.meter.usage.Calls["TransactWriteItems"]++
	reasons := make([]types.CancellationReason, len(t.changes))
	cancelled := false
	for i, c := range t.changes {
		if reasons[i] = s.reason(c); aws.ToString(reasons[i].Code) != "None" {
			cancelled = true
		}
	}
	if cancelled {
		return nil, t.cancelled(reasons)
	}
	for _, c := range t.changes {
		s.prepared[c.at] = true
	}
	return t, nil
}

// reason says why a change cannot be made; None if it can.
func (s *Server) reason(c *change) types.CancellationReason {
	before := s.at(c.at)
	switch {
	case s.refuses(c.at.key(), true):
		return types.CancellationReason{Code: aws.String("ThrottlingError"), Message: aws.String("Throughput exceeds the current capacity of your table or index")}
	case s.prepared[c.at]:
		return types.CancellationReason{Code: aws.String("TransactionConflict"), Message: aws.String("Transaction is ongoing for the item")}
	case !c.holds(before.item):
		failed := types.CancellationReason{Code: aws.String("ConditionalCheckFailed"), Message: aws.String("The conditional request failed")}
		if c.old == types.ReturnValuesOnConditionCheckFailureAllOld {
			failed.Item = clone(before.item)
		}
		return failed
	}
	if _, err := c.after(before.item); err != nil {
		return types.CancellationReason{Code: aws.String("ValidationError"), Message: aws.String(err.Error())}
	}
	return types.CancellationReason{Code: aws.String("None")}
}

// cancelled counts what a cancelled transaction costs, as much as it would have cost without changing anything, and returns
// its error.
func (t *transaction) cancelled(reasons []types.CancellationReason) error {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		if codes[i] = aws.ToString(r.Code); codes[i] != "ThrottlingError" {
			t.server.spendWrite(t.changes[i].at, 2, t.server.at(t.changes[i].at).size)
		}
	}
	return &types.TransactionCanceledException{
		CancellationReasons: reasons,
		Message:             aws.String(fmt.Sprintf("Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))),
	}
}

// commit makes all changes.
func (t *transaction) commit() {
	s := t.server
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meter.at(s.options.Now().Unix())
	for _, c := range t.changes {
		before := s.at(c.at)
		after, _ := c.after(before.item) // was tried by prepare
		s.spendWrite(c.at, 2, before.size, SizeOf(after))
		if !c.check {
			s.store(c.at, after)
		}
		delete(s.prepared, c.at)
	}
}

// release gives up a prepared transaction: its outcome is that it was never made.
func (t *transaction) release() {
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	for _, c := range t.changes {
		delete(t.server.prepared, c.at)
	}
}

func transactedChange(i types.TransactWriteItem) (c *change, err error) {
	switch {
	case i.Put != nil:
		c = &change{
			item: i.Put.Item, condition: i.Put.ConditionExpression, names: i.Put.ExpressionAttributeNames, values: i.Put.ExpressionAttributeValues,
			table: i.Put.TableName, old: i.Put.ReturnValuesOnConditionCheckFailure,
		}
		c.at, err = placeOf(i.Put.Item)
	case i.Delete != nil:
		c = &change{
			deletion: true, condition: i.Delete.ConditionExpression, names: i.Delete.ExpressionAttributeNames, values: i.Delete.ExpressionAttributeValues,
			table: i.Delete.TableName, old: i.Delete.ReturnValuesOnConditionCheckFailure,
		}
		c.at, err = keyOf(i.Delete.Key)
	case i.Update != nil:
		c = &change{
			update: i.Update.UpdateExpression, condition: i.Update.ConditionExpression, names: i.Update.ExpressionAttributeNames, values: i.Update.ExpressionAttributeValues,
			table: i.Update.TableName, old: i.Update.ReturnValuesOnConditionCheckFailure,
		}
		c.at, err = keyOf(i.Update.Key)
	case i.ConditionCheck != nil:
		c = &change{
			check: true, condition: i.ConditionCheck.ConditionExpression, names: i.ConditionCheck.ExpressionAttributeNames, values: i.ConditionCheck.ExpressionAttributeValues,
			table: i.ConditionCheck.TableName, old: i.ConditionCheck.ReturnValuesOnConditionCheckFailure,
		}
		c.at, err = keyOf(i.ConditionCheck.Key)
	default:
		return nil, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
	}
	return c, err
}
