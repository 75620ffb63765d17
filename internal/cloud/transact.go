package cloud

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/sleep"
)

// transactRetries bounds how often something is read and written again because others have changed it meanwhile.
const transactRetries = 8

// transact runs a transaction. It returns the index of the first write whose condition failed; -1 if all were made.
func (t *Table) transact(ctx context.Context, writes []types.TransactWriteItem) (failed int, err error) {
	_, err = t.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	var cancelled *types.TransactionCanceledException
	if errors.As(err, &cancelled) {
		for i, reason := range cancelled.CancellationReasons {
			if aws.ToString(reason.Code) == "ConditionalCheckFailed" {
				return i, nil
			}
		}
	}
	return -1, t.wrap(err)
}

// pause waits before another try of something that takes several calls, for a random time that grows up to a third of a second.
func pause(ctx context.Context, try int) error {
	return sleep.For(ctx, random(conflictBase<<min(try, 5)))
}

// free is the condition that a key is free.
func free() *string { return aws.String("attribute_not_exists(" + partKey + ")") }

// putNew puts an item if its key is free.
func (t *Table) putNew(i item) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: i, ConditionExpression: free()}}
}
