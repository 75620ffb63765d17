package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"glasspoll/internal/cloud"
	"glasspoll/internal/store/storetest"
)

// TestConformanceOnAWS runs the conformance suite over DynamoDB Local and an S3 server. With GLASSPOLL_SOAK, DynamoDB Local
// takes six minutes of processor time for the 100,000 responses of one test: give it -timeout 30m.
func TestConformanceOnAWS(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		"DYNAMODB_ENDPOINT": dynamoDB(t), "S3_ENDPOINT": s3Server(t),
	}
	getenv := func(name string) string { return env[name] }
	client, bucket := newDynamoDBClient(getenv), s3Client(env["S3_ENDPOINT"])
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		name := uniqueName()
		createTables(t, client, name)
		if _, err := bucket.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
		pages := cloud.NewPages(cloud.S3(getenv, name))
		return onTable(client, name, pages, 0)
	})
}

// createTables creates a table and that of its invitations, for as long as the test runs.
func createTables(t testing.TB, client *dynamodb.Client, name string) {
	t.Helper()
	for _, schema := range []*dynamodb.CreateTableInput{cloud.Schema(name), cloud.InvitationSchema(cloud.InvitationTable(name))} {
		if _, err := client.CreateTable(t.Context(), schema); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: schema.TableName})
		})
	}
}

// onTable returns a back end over a table and a bucket, whose clock is ahead by an offset.
func onTable(client *dynamodb.Client, name string, pages *cloud.Pages, offset time.Duration) storetest.Backend {
	table := cloud.NewTable(client, name, cloud.Options{Now: func() time.Time { return time.Now().Add(offset) }, Invitations: cloud.InvitationTable(name)})
	return storetest.Backend{
		Definitions: table, Catalog: table, Responses: table, Collector: table, Log: table, Tallies: table, Releases: table, Erasure: table,
		Pages: pages, Cases: table, Importer: table, Progress: table,
		Turns: table, IDs: table, Secrets: table, Invitations: table, Reviews: table, Origins: table, DaySecrets: table, Rates: table, Withdrawer: table, Withdrawals: table,
		Reshard: func(t *testing.T, survey, period string, n int) {
			if err := table.RaiseShards(t.Context(), survey, period, n); err != nil {
				t.Fatal(err)
			}
		},
		At: func(offset time.Duration) storetest.Backend { return onTable(client, name, pages, offset) },
	}
}
