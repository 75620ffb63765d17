package e2e

import (
	"context"
	"flag"
	"fmt"
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

// responses is how many responses the conformance suite's longest test stores; 0 is the suite's own number. DynamoDB Local
// takes six minutes of processor time for 100,000, too long for every commit: before a release, run
//
//	go test -count=1 -timeout 30m -run TestConformanceOnAWS/ManyResponses -responses 100000 .
var responses = flag.Int("responses", 0, "how many responses the conformance suite stores, such as 100000")

var tables atomic.Int64

// streamed remembers the periods of what is put, as the table's stream has it done.
type streamed struct {
	*cloud.Table
	known *sync.Map // survey and period
}

func (s streamed) Put(ctx context.Context, r answer.Response, also ...store.Key) (bool, error) {
	created, err := s.Table.Put(ctx, r, also...)
	period := [2]string{r.Survey, r.Period}
	if _, known := s.known.Load(period); err == nil && created && !known {
		if err = s.AddPeriod(ctx, r.Survey, r.Period); err == nil {
			s.known.Store(period, true)
		}
	}
	return created, err
}

// TestConformanceOnAWS holds DynamoDB and S3 to the suite that the embedded store passes.
func TestConformanceOnAWS(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		"DYNAMODB_ENDPOINT": dynamoDB(t), "S3_ENDPOINT": s3Server(t),
	}
	getenv := func(name string) string { return env[name] }
	client, bucket := patient(getenv), s3Client(env["S3_ENDPOINT"])
	// The clock of the tables goes on by what settling takes, so that nobody need wait for it, and no put can take as long.
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	storetest.RunWith(t, storetest.Options{Responses: *responses}, func(t *testing.T) storetest.Backend {
		name := fmt.Sprintf("glasspoll-%d-%d", time.Now().UnixNano(), tables.Add(1))
		if _, err := client.CreateTable(t.Context(), cloud.Schema(name)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
		})
		if _, err := bucket.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
		table := streamed{cloud.NewTable(client, name, cloud.Options{Now: now}), &sync.Map{}}
		return storetest.Backend{
			Definitions: table, Responses: table, Log: table, Tallies: table, Releases: table, Erasure: table,
			Pages: cloud.NewPages(cloud.S3(getenv, name)), Cases: table, Settle: func() { ahead.Add(int64(cloud.Settle + time.Second)) },
		}
	})
}
