package cloud_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"glasspoll/internal/answer"
	"glasspoll/internal/cloud"
	"glasspoll/internal/intake"
	"glasspoll/internal/storetest"
)

var tables atomic.Int64

// streamed remembers the periods of what is put, as the table's stream has it done.
type streamed struct{ *cloud.Table }

func (s streamed) Put(ctx context.Context, r answer.Response, also ...intake.Key) (bool, error) {
	created, err := s.Table.Put(ctx, r, also...)
	if err == nil && created {
		err = s.Remember(ctx, r.Survey, r.Period)
	}
	return created, err
}

func TestConformance(t *testing.T) {
	endpoint := os.Getenv("DYNAMODB_ENDPOINT")
	if endpoint == "" {
		t.Skip("DYNAMODB_ENDPOINT is not set")
	}
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	const settle = 2 * time.Second
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		name := fmt.Sprintf("glasspoll-%d-%d", time.Now().UnixNano(), tables.Add(1))
		if _, err := client.CreateTable(context.Background(), cloud.Schema(name)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: aws.String(name)})
		})
		table := streamed{cloud.NewTable(client, name, time.Now, settle)}
		return storetest.Backend{Definitions: table, Responses: table, Log: table, Tallies: table, Releases: table, Settle: settle + time.Second}
	})
}
