package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/cloud"
)

// oldTable makes a table of the form of an earlier version, with the items that this version wrote.
func oldTable(t *testing.T, client *dynamodb.Client) (name string) {
	t.Helper()
	name = uniqueName()
	schema := cloud.Schema(name)
	schema.StreamSpecification = nil
	schema.AttributeDefinitions = append(schema.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String("arrived"), AttributeType: types.ScalarAttributeTypeS})
	schema.LocalSecondaryIndexes = []types.LocalSecondaryIndex{{
		IndexName: aws.String(cloud.OldIndex),
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("PK"), KeyType: types.KeyTypeHash}, {AttributeName: aws.String("arrived"), KeyType: types.KeyTypeRange},
		},
		Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"body"}},
	}}
	if _, err := client.CreateTable(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
	})
	packed, err := os.ReadFile("../internal/cloud/indexed/testdata/items.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var items []map[string]struct {
		S, N string
		B    []byte
	}
	if err := json.NewDecoder(io.LimitReader(r, 10<<20)).Decode(&items); err != nil {
		t.Fatal(err)
	}
	for some := range slices.Chunk(items, 25) {
		var writes []types.WriteRequest
		for _, one := range some {
			i := map[string]types.AttributeValue{}
			for attribute, v := range one {
				switch {
				case v.B != nil:
					i[attribute] = &types.AttributeValueMemberB{Value: v.B}
				case v.N != "":
					i[attribute] = &types.AttributeValueMemberN{Value: v.N}
				default:
					i[attribute] = &types.AttributeValueMemberS{Value: v.S}
				}
			}
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: i}})
		}
		out, err := client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{name: writes}})
		if err != nil || len(out.UnprocessedItems) > 0 {
			t.Fatal(out, err)
		}
	}
	return name
}

// TestOldTable reads a table of an earlier version with the commands, is refused to change it, and carries it over.
func TestOldTable(t *testing.T) {
	t.Parallel()
	endpoint := dynamoDB(t)
	env := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "DYNAMODB_ENDPOINT": endpoint}
	client := newDynamoDBClient(func(key string) string { return env[key] })
	old, name := oldTable(t, client), uniqueName()
	if _, err := client.CreateTable(t.Context(), cloud.Schema(name)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
	})
	run := func(code int, arguments ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), binary, arguments...)
		command.Env = append(os.Environ(), "AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent")
		for key, value := range env {
			command.Env = append(command.Env, key+"="+value)
		}
		printed, err := command.CombinedOutput()
		if command.ProcessState == nil || command.ProcessState.ExitCode() != code {
			t.Fatalf("glasspoll %s: %v, want the code %d\n%s", strings.Join(arguments, " "), err, code, printed)
		}
		return string(printed)
	}
	lines := func(table string) []string {
		t.Helper()
		file := t.TempDir() + "/answers.jsonl"
		run(0, "results", "export", "service_staff", "--format", "jsonl", "--private", "--table", table, "--out", file)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Sorted(slices.Values(strings.Split(string(data), "\n")))
	}
	before := lines(old)
	if len(before) < 80 {
		t.Fatalf("%d lines are exported", len(before))
	}
	if out := run(1, "results", "erase", "--table", old, "--yes", receiptIn(t, before)); !strings.Contains(out, "glasspoll results move table:"+old) {
		t.Errorf("erasing in it: %s", out)
	}
	if out := run(0, "results", "move", "table:"+old, "table:"+name); !strings.Contains(out, "has everything") {
		t.Errorf("move: %s", out)
	}
	if after := lines(name); !slices.Equal(before, after) {
		t.Errorf("%d lines before, %d after, or others", len(before), len(after))
	}
	// The other survey's erased responses kept no groups, in which they had been released.
	if out := run(0, "results", "verify", "core_three", "--table", name); !strings.Contains(out, "agree") {
		t.Errorf("verify: %s", out)
	}
	if out := run(1, "results", "move", "table:"+name, "table:"+old); !strings.Contains(out, "earlier version") {
		t.Errorf("moving back: %s", out)
	}
}

// receiptIn returns a receipt that exported lines have.
func receiptIn(t *testing.T, lines []string) string {
	t.Helper()
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatal(err)
	}
	receipt, ok := line["receipt"].(string)
	if !ok {
		t.Fatalf("no receipt among %v", slices.Collect(maps.Keys(line)))
	}
	return receipt
}
