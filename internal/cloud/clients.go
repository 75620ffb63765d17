package cloud

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// A function takes credentials and region from its environment alone: reading profiles or asking for instance metadata
// would slow down its start. DYNAMODB_ENDPOINT and S3_ENDPOINT name other services than those of AWS.

// DynamoDB makes a client from the environment. It makes each call once: a table tries again, see retry.go.
func DynamoDB(getenv func(string) string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: getenv("AWS_REGION"), Credentials: fromEnvironment(getenv), BaseEndpoint: endpoint(getenv("DYNAMODB_ENDPOINT")),
		Retryer: aws.NopRetryer{}, HTTPClient: awshttp.NewBuildableClient(),
	})
}

// S3 makes the client of a bucket from the environment.
func S3(getenv func(string) string, bucket string) *Bucket {
	return NewBucket(bucket, getenv("AWS_REGION"), getenv("S3_ENDPOINT"), fromEnvironment(getenv))
}

// calls are the calls of DynamoDB that a table makes. They are held as functions, because html/template can call any method
// by name: a client that becomes an interface's value, or part of one, is linked with all its hundred operations.
type calls struct {
	GetItem            func(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem            func(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	Query              func(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	UpdateItem         func(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	BatchGetItem       func(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	BatchWriteItem     func(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
	TransactWriteItems func(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

func callsOf(c *dynamodb.Client) calls {
	return calls{c.GetItem, c.PutItem, c.Query, c.UpdateItem, c.BatchGetItem, c.BatchWriteItem, c.TransactWriteItems}
}

func fromEnvironment(getenv func(string) string) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY"), getenv("AWS_SESSION_TOKEN"))
}

func endpoint(address string) *string {
	if address == "" {
		return nil
	}
	return &address
}
