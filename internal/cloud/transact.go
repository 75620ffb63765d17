package cloud

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// transactRetries bounds the retries of a transaction that was cancelled because of others.
const transactRetries = 8

// transact runs a transaction. It returns the index of the first write whose condition failed; -1 if all were made.
func (t *Table) transact(ctx context.Context, writes []types.TransactWriteItem) (failed int, err error) {
	for try := 0; ; try++ {
		_, err = t.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
		var cancelled *types.TransactionCanceledException
		if err == nil {
			return -1, nil
		}
		if !errors.As(err, &cancelled) {
			return -1, t.wrap(err)
		}
		retry := false
		for i, reason := range cancelled.CancellationReasons {
			switch aws.ToString(reason.Code) {
			case "ConditionalCheckFailed":
				return i, nil
			case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
				retry = true
			}
		}
		if !retry || try == transactRetries {
			return -1, t.wrap(err)
		}
		if err := pause(ctx, try); err != nil {
			return -1, t.wrap(err)
		}
	}
}

// throttled reports whether an error says that a call was refused for its rate.
func throttled(err error) bool {
	var exceeded *types.ProvisionedThroughputExceededException
	var throttling *types.ThrottlingException
	return errors.As(err, &exceeded) || errors.As(err, &throttling)
}

// pause waits before another try, for a random time that grows up to a third of a second.
func pause(ctx context.Context, try int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(rand.Int64N(int64(10*time.Millisecond) << min(try, 5)))):
		return nil
	}
}

// free is the condition that a key is free.
func free() *string { return aws.String("attribute_not_exists(" + partKey + ")") }

// putNew puts an item if its key is free.
func (t *Table) putNew(i item) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: i, ConditionExpression: free()}}
}
