package cloudtest

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Client is one process's way to a server. Its methods have the signatures of the SDK's client.
type Client struct {
	server *Server
	hooks  Hooks
}

// Hooks let a test decide when a call happens, and whether it, or its reply, arrives. Each may be nil.
type Hooks struct {
	// Around makes a call by calling do, once, more often or never, and returns the error of the call: that of do, or another
	// one if the call or its reply is lost.
	Around func(ctx context.Context, c Call, do func() error) error

	// Prepared runs between the two halves of a transaction, while its items are taken. If it returns an error, the
	// transaction is given up.
	Prepared func(ctx context.Context, c Call) error
}

// Call is one call.
type Call struct {
	Name  string
	Input any
}

// Key returns a text that tells a call from others: its name and the keys it names.
func (c Call) Key() string {
	switch in := c.Input.(type) {
	case *dynamodb.GetItemInput:
		return fmt.Sprint(c.Name, keyText(in.Key))
	case *dynamodb.PutItemInput:
		return fmt.Sprint(c.Name, keyText(in.Item))
	case *dynamodb.UpdateItemInput:
		return fmt.Sprint(c.Name, keyText(in.Key))
	case *dynamodb.DeleteItemInput:
		return fmt.Sprint(c.Name, keyText(in.Key))
	case *dynamodb.QueryInput:
		return fmt.Sprint(c.Name, keyTexts(in.ExpressionAttributeValues), keyText(in.ExclusiveStartKey))
	case *dynamodb.TransactWriteItemsInput:
		text := c.Name
		for _, i := range in.TransactItems {
			if c, err := transactedChange(i); err == nil {
				text += " " + c.at.pk + "/" + c.at.sk
			}
		}
		return text
	case *dynamodb.BatchGetItemInput:
		text := c.Name
		for _, keys := range in.RequestItems {
			for _, key := range keys.Keys {
				text += keyText(key)
			}
		}
		return text
	case *dynamodb.BatchWriteItemInput:
		text := c.Name
		for _, writes := range in.RequestItems {
			for _, w := range writes {
				if c, err := changeOf(w); err == nil {
					text += " " + c.at.pk + "/" + c.at.sk
				}
			}
		}
		return text
	}
	return c.Name
}

// Client returns a client. With no hooks, calls are made at once.
func (s *Server) Client(h Hooks) *Client { return &Client{s, h} }

// call makes one call.
func call[I, O any](ctx context.Context, c *Client, name string, in I, run func(I) (O, error)) (out O, err error) {
	do := func() (err error) {
		out, err = run(in)
		return err
	}
	switch err = ctx.Err(); {
	case err != nil:
		return out, &aws.RequestCanceledError{Err: err}
	case c.hooks.Around == nil:
		err = do()
	default:
		err = c.hooks.Around(ctx, Call{name, in}, do)
	}
	if err != nil {
		var none O
		return none, err
	}
	return out, nil
}

// locked runs one call of the server, and counts it.
func locked[I, O any](s *Server, name string, run func(I) (O, error)) func(I) (O, error) {
	return func(in I) (O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.meter.at(s.options.Now().Unix())
		s.meter.usage.Calls[name]++
		return run(in)
	}
}

// GetItem implements DynamoDB's call.
func (c *Client) GetItem(ctx context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return call(ctx, c, "GetItem", in, locked(c.server, "GetItem", c.server.getItem))
}

// PutItem implements DynamoDB's call.
func (c *Client) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return call(ctx, c, "PutItem", in, locked(c.server, "PutItem", c.server.putItem))
}

// UpdateItem implements DynamoDB's call.
func (c *Client) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	return call(ctx, c, "UpdateItem", in, locked(c.server, "UpdateItem", c.server.updateItem))
}

// DeleteItem implements DynamoDB's call.
func (c *Client) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return call(ctx, c, "DeleteItem", in, locked(c.server, "DeleteItem", c.server.deleteItem))
}

// Query implements DynamoDB's call.
func (c *Client) Query(ctx context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return call(ctx, c, "Query", in, locked(c.server, "Query", c.server.query))
}

// BatchGetItem implements DynamoDB's call.
func (c *Client) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	return call(ctx, c, "BatchGetItem", in, locked(c.server, "BatchGetItem", c.server.batchGetItem))
}

// BatchWriteItem implements DynamoDB's call.
func (c *Client) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	return call(ctx, c, "BatchWriteItem", in, locked(c.server, "BatchWriteItem", c.server.batchWriteItem))
}

// TransactWriteItems implements DynamoDB's call.
func (c *Client) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	return call(ctx, c, "TransactWriteItems", in, func(in *dynamodb.TransactWriteItemsInput) (*dynamodb.TransactWriteItemsOutput, error) {
		t, err := c.server.prepare(in)
		if err != nil {
			return nil, err
		}
		if c.hooks.Prepared != nil {
			if err := c.hooks.Prepared(ctx, Call{"TransactWriteItems", in}); err != nil {
				t.release()
				return nil, err
			}
		}
		t.commit()
		return &dynamodb.TransactWriteItemsOutput{}, nil
	})
}
