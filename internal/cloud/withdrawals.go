package cloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/store"
)

// An item W#survey, id says that the response with the id is to be erased. It has no time.
func withdrawalKey(survey, id string) item { return key("W#"+survey, id) }

// Withdraw implements [store.Withdrawer]: it stores the wish, if there is such a response. It needs the rights to put the wish and to
// check conditions on ids, and no right to read a response.
func (t *Table) Withdraw(ctx context.Context, survey, id string) (store.Withdrawal, error) {
	failed, err := t.transact(ctx, []types.TransactWriteItem{
		{ConditionCheck: &types.ConditionCheck{
			TableName: &t.name, Key: idKey(survey, id), ConditionExpression: aws.String("attribute_exists(" + partKey + ") AND attribute_not_exists(#withdrawn)"),
			ExpressionAttributeNames: map[string]string{"#withdrawn": withdrawn},
		}},
		{Put: &types.Put{TableName: &t.name, Item: withdrawalKey(survey, id)}},
	})
	if err != nil || failed < 0 {
		return store.Withdrawal{}, err
	}
	gone, err := t.meets(ctx, idKey(survey, id), "attribute_exists(#withdrawn)", map[string]string{"#withdrawn": withdrawn}, nil)
	switch {
	case err != nil:
		return store.Withdrawal{}, err
	case gone:
		return store.Withdrawal{Erased: true}, nil
	default:
		return store.Withdrawal{}, store.ErrNoResponse
	}
}

// Withdrawals implements [store.Withdrawals].
func (t *Table) Withdrawals(ctx context.Context, survey string) ([]string, error) {
	return t.sortKeys(ctx, "W#"+survey)
}

// EndWithdrawal implements [store.Withdrawals].
func (t *Table) EndWithdrawal(ctx context.Context, survey, id string) error {
	_, err := t.transact(ctx, []types.TransactWriteItem{{Delete: &types.Delete{TableName: &t.name, Key: withdrawalKey(survey, id)}}})
	return err
}
