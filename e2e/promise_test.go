package e2e

import (
	"testing"
	"time"

	"glasspoll/internal/cloud"
	"glasspoll/internal/publish/publishtest"
	"glasspoll/internal/soak"
)

// TestNothingPublicTellsOnAWS checks the promise of package release over DynamoDB Local, for one world. TestNothingPublicTells of
// internal/cloud checks it for many, over a table in memory that TestTableInMemory compares with DynamoDB Local.
func TestNothingPublicTellsOnAWS(t *testing.T) {
	t.Parallel()
	env := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "DYNAMODB_ENDPOINT": dynamoDB(t)}
	client := newDynamoDBClient(func(name string) string { return env[name] })
	open := func(t testing.TB) publishtest.BackEnd {
		name := uniqueName()
		createTables(t, client, name)
		return cloud.NewTable(client, name, cloud.Options{Invitations: cloud.InvitationTable(name)})
	}
	n, first := soak.Cases(1, 60), uint64(9_000)
	if n > 1 {
		first = uint64(time.Now().UnixNano())
		t.Logf("from world %d on", first)
	}
	blocks := 0
	for i := range n {
		blocks += publishtest.Check(t, first+uint64(i), true, open)["blocks"]
	}
	if blocks == 0 {
		t.Error("nothing was published")
	}
}
