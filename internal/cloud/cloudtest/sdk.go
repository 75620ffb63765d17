package cloudtest

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"
)

// SDK returns a client of the SDK whose calls are made by c.
func (c *Client) SDK() *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", APIOptions: []func(*middleware.Stack) error{func(s *middleware.Stack) error {
		s.Initialize.Clear()
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("TableInMemory", func(
			ctx context.Context, in middleware.InitializeInput, _ middleware.InitializeHandler,
		) (out middleware.InitializeOutput, _ middleware.Metadata, err error) {
			switch in := in.Parameters.(type) {
			case *dynamodb.GetItemInput:
				out.Result, err = c.GetItem(ctx, in)
			case *dynamodb.PutItemInput:
				out.Result, err = c.PutItem(ctx, in)
			case *dynamodb.UpdateItemInput:
				out.Result, err = c.UpdateItem(ctx, in)
			case *dynamodb.DeleteItemInput:
				out.Result, err = c.DeleteItem(ctx, in)
			case *dynamodb.QueryInput:
				out.Result, err = c.Query(ctx, in)
			case *dynamodb.BatchGetItemInput:
				out.Result, err = c.BatchGetItem(ctx, in)
			case *dynamodb.BatchWriteItemInput:
				out.Result, err = c.BatchWriteItem(ctx, in)
			case *dynamodb.TransactWriteItemsInput:
				out.Result, err = c.TransactWriteItems(ctx, in)
			default:
				err = fmt.Errorf("cloudtest does not know %T", in)
			}
			return out, middleware.Metadata{}, err
		}), middleware.Before)
	}}})
}
