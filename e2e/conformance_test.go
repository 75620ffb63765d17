package e2e

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"glasspoll/internal/answer"
	"glasspoll/internal/cloud"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
)

// periodTable adds the periods of the responses that it stores, as the function on the table's stream does.
type periodTable struct {
	*cloud.Table
	known *sync.Map // of survey and period
}

func (s periodTable) Put(ctx context.Context, r answer.Response, also ...store.Key) (bool, error) {
	created, err := s.Table.Put(ctx, r, also...)
	period := [2]string{r.Survey, r.Period}
	if _, known := s.known.Load(period); err == nil && created && !known {
		if err = s.AddPeriod(ctx, r.Survey, r.Period); err == nil {
			s.known.Store(period, true)
		}
	}
	return created, err
}

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
		if _, err := client.CreateTable(t.Context(), cloud.Schema(name)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
		})
		if _, err := bucket.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
		// To settle, the table's clock jumps ahead: no put is under way then.
		var ahead atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		table := periodTable{cloud.NewTable(client, name, cloud.Options{Now: now}), &sync.Map{}}
		return storetest.Backend{
			Definitions: table, Responses: table, Log: table, Tallies: table, Releases: table, Erasure: table,
			Pages: cloud.NewPages(cloud.S3(getenv, name)), Cases: table, Settle: func() { ahead.Add(int64(cloud.Settle + time.Second)) },
		}
	})
}
