package cloud

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A function's credentials and region come by its environment alone: reading profiles and asking instance metadata costs
// a start what it does not have. DYNAMODB_ENDPOINT and S3_ENDPOINT name other services than AWS's own.

// attempts bounds the retries of one call: with the client's backoff they end well within a function's time.
const attempts = 4

// DynamoDB makes a client from the environment.
func DynamoDB(getenv func(string) string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: getenv("AWS_REGION"), Credentials: fromEnvironment(getenv), BaseEndpoint: endpoint(getenv("DYNAMODB_ENDPOINT")),
		Retryer: retrying(),
	})
}

// S3 makes a client from the environment.
func S3(getenv func(string) string) *s3.Client {
	at := endpoint(getenv("S3_ENDPOINT"))
	return s3.New(s3.Options{
		Region: getenv("AWS_REGION"), Credentials: fromEnvironment(getenv), BaseEndpoint: at, UsePathStyle: at != nil,
		Retryer: retrying(),
	})
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
