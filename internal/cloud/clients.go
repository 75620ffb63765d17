package cloud

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// A function's credentials and region come by its environment alone: reading profiles and asking instance metadata costs
// a start what it does not have. DYNAMODB_ENDPOINT and S3_ENDPOINT name other services than AWS's own.

// attempts bounds the retries of one call: with the client's backoff they end well within a function's time.
const attempts = 4

// perTry bounds one try of a call to the table. Connections that were left open while a function was frozen may be dead
// without anybody's knowing, and waiting for one until the function's time is up would cost a respondent's answer. Two tries
// and the pause between them fit into submit's time.
const perTry = 4 * time.Second

// DynamoDB makes a client from the environment.
func DynamoDB(getenv func(string) string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: getenv("AWS_REGION"), Credentials: fromEnvironment(getenv), BaseEndpoint: endpoint(getenv("DYNAMODB_ENDPOINT")),
		Retryer: retrying(), HTTPClient: awshttp.NewBuildableClient().WithTimeout(perTry),
	})
}

// S3 makes a client of a bucket from the environment.
func S3(getenv func(string) string, bucket string) *Bucket {
	return NewBucket(bucket, getenv("AWS_REGION"), getenv("S3_ENDPOINT"), fromEnvironment(getenv))
}

// calls are those of DynamoDB that a table makes. Held as functions: a client that becomes an interface's value, or part
// of one, is linked whole, all hundred operations, since html/template may call any method by its name.
type calls struct {
	GetItem            func(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem            func(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	Query              func(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	TransactWriteItems func(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

func callsOf(c *dynamodb.Client) calls {
	return calls{c.GetItem, c.PutItem, c.Query, c.TransactWriteItems}
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

func retrying() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = attempts })
}
