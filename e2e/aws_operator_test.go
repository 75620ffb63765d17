package e2e

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/e2e/aws"
	"glasspoll/internal/cloud"
	"glasspoll/internal/publish"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
)

// run runs the program for a deployment, with the credentials of an operator.
func (d *deployment) run(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, binary, arguments...)
	command.Env = append(os.Environ(), "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		"AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent", "DYNAMODB_ENDPOINT="+d.database.URL, "S3_ENDPOINT="+d.files.URL)
	out, err := command.CombinedOutput()
	return string(out), err
}

// TestOnAWSErase follows the operators' guide on erasing a response, with the policy that it recommends.
func TestOnAWSErase(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	template, err := aws.ReadTemplate("../deploy/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	submission := func(n int) string {
		return strings.Replace(serviceSubmission(n), `"answers":{`, fmt.Sprintf(`"answers":{"remark":"words of %d",`, n), 1)
	}
	for n := range 5 {
		if reply, err := d.post("application/json", submission(n), false); err != nil || reply.StatusCode != 201 {
			t.Fatal(reply, err)
		}
	}
	if err := d.publishChanges(); err != nil {
		t.Fatal(err)
	}
	d.database.Reset()
	const id, words = "00000000-0000-4000-8000-000000000003", "words of 3"
	run := func(succeeds bool, arguments ...string) string {
		t.Helper()
		out, err := d.run(t.Context(), append(arguments, "--table", d.name())...)
		if (err == nil) != succeeds {
			t.Fatalf("glasspoll %s: %v\n%s", strings.Join(arguments, " "), err, out)
		}
		return out
	}
	run(true, "results", "verify")
	run(false, "results", "erase", id) // without --yes it only lists the response
	if len(d.itemsWith(t, words)) != 1 {
		t.Fatalf("erased without --yes: its words are in %q", d.itemsWith(t, words))
	}
	run(true, "results", "erase", id, "--yes")
	if left := d.itemsWith(t, words); len(left) > 0 {
		t.Errorf("its words are left in %q", left)
	}
	if found, err := d.table.Find(t.Context(), id); err != nil || len(found) != 1 || !found[0].Response.Withdrawn || len(found[0].Response.Answers) > 0 {
		t.Errorf("what is left is %+v, %v", found, err)
	}
	run(true, "results", "erase", id, "--yes") // erasing it again is no error
	run(true, "results", "verify")
	calls := d.database.Calls()
	if reply, err := d.post("application/json", submission(3), false); err != nil || reply.StatusCode != 409 || !strings.Contains(reply.Body, `"code":"withdrawn"`) {
		t.Errorf("an erased response can be submitted again, or is not said to be withdrawn: %d %s, %v", reply.StatusCode, reply.Body, err)
	}
	if err := d.publishChanges(); err != nil {
		t.Fatal(err)
	}
	run(true, "results", "verify")
	kinds := map[string]bool{}
	for _, c := range calls {
		kinds[kindOf(c)] = true
		if why := template.Operator().Denied(c); why != "" {
			t.Errorf("OperatorPolicy does not allow %s: %s", c.Name, why)
		}
	}
	for _, needed := range []string{"Query L", "GetItem I", "BatchGetItem J", "TransactWriteItems I"} {
		if !kinds[needed] {
			t.Errorf("no %s was seen: %v", needed, kinds)
		}
	}
}

// itemsWith lists the keys of the items of the table that have a text in any attribute.
func (d *deployment) itemsWith(t *testing.T, text string) []string {
	t.Helper()
	var found []string
	for key, item := range d.allItems(t, d.name()) {
		for _, value := range item {
			var content string
			switch v := value.(type) {
			case *types.AttributeValueMemberB:
				content = string(v.Value)
			case *types.AttributeValueMemberS:
				content = v.Value
			}
			if strings.Contains(content, text) {
				found = append(found, key[0]+" "+key[1])
				break
			}
		}
	}
	return found
}

// TestOnAWSEraseKeepsExpiredCount erases responses after others have expired: what was received of the expired ones stays, and
// so do the blocks.
func TestOnAWSEraseKeepsExpiredCount(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	counted := d.publishing(t)
	for n := range 40 {
		if reply, err := d.post("application/json", serviceSubmission(n), false); err != nil || reply.StatusCode != 201 {
			t.Fatal(reply, err)
		}
		if n == 29 {
			counted() // so that the first 30 are in a segment of their own
		}
	}
	if c := counted(); c != (standing{40, 0, 0, 40}) {
		t.Fatalf("counted %+v, want 40 in blocks", c)
	}
	id := func(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }
	for n := range 30 { // as DynamoDB deletes what has expired
		d.deleteItems(t, "I#service#"+id(n), "")
	}
	d.deleteItems(t, "J#service#"+d.survey.PeriodAt(time.Now())+"#0000000001", "")
	for n := 30; n < 40; n++ {
		if out, err := d.run(t.Context(), "results", "erase", id(n), "--yes", "--table", d.name()); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	if c := counted(); c != (standing{40, 10, 0, 40}) {
		t.Errorf("counted %+v, want 10 withdrawn of 40 that are in blocks", c)
	}
}

// standing is what is known of the one period: how many responses were received and withdrawn, who waits, and who is in a block.
type standing struct{ received, withdrawn, waiting, released int64 }

// publishing returns a function that publishes, and returns how things stand.
func (d *deployment) publishing(t *testing.T) func() standing {
	t.Helper()
	env := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "DYNAMODB_ENDPOINT": d.database.Target}
	table := cloud.NewTable(newDynamoDBClient(func(name string) string { return env[name] }), d.name(), cloud.Options{})
	publisher := publish.New(publish.Options{Collector: table, Log: table, Definitions: table, Tallies: table, Releases: table, Progress: table,
		Pages: noPages{}, Renderer: noPages{}, Now: time.Now})
	return func() standing {
		t.Helper()
		if _, err := publisher.Publish(t.Context(), d.survey); err != nil {
			t.Fatal(err)
		}
		latest, err := table.Latest(t.Context(), d.survey.ID)
		if err != nil || len(latest) != 1 {
			t.Fatal(latest, err)
		}
		counted, _, err := table.Tally(t.Context(), d.survey.ID, latest[0].Period)
		if err != nil || counted == nil || counted.Release != latest[0].Number {
			t.Fatal(counted, err)
		}
		return standing{counted.Received(), counted.Withdrawn, counted.Waiting(), latest[0].Respondents()}
	}
}

// allItems returns all items of a table, by key.
func (d *deployment) allItems(t *testing.T, table string) map[[2]string]map[string]types.AttributeValue {
	t.Helper()
	all := map[[2]string]map[string]types.AttributeValue{}
	pages := dynamodb.NewScanPaginator(d.client, &dynamodb.ScanInput{TableName: &table, ConsistentRead: sdk.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			all[[2]string{item["PK"].(*types.AttributeValueMemberS).Value, item["SK"].(*types.AttributeValueMemberS).Value}] = item
		}
	}
	return all
}

// deleteItems deletes items from the table, as if lost, by a prefix of the partition key and by the sort key, "" for any.
func (d *deployment) deleteItems(t *testing.T, pk, sk string) {
	t.Helper()
	lost := 0
	for key, item := range d.allItems(t, d.name()) {
		if !strings.HasPrefix(key[0], pk) || sk != "" && key[1] != sk {
			continue
		}
		if _, err := d.client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: sdk.String(d.name()), Key: map[string]types.AttributeValue{"PK": item["PK"], "SK": item["SK"]}}); err != nil {
			t.Fatal(err)
		}
		lost++
	}
	if lost == 0 {
		t.Fatalf("there is no %s %s", pk, sk)
	}
}

// TestOnAWSRestore follows the operators' guide on restoring: lost items are restored and counted, and nothing else changes.
func TestOnAWSRestore(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	const n = 20
	counted := d.publishing(t)
	for i := range n {
		if reply, err := d.post("application/json", serviceSubmission(i), false); err != nil || reply.StatusCode != 201 {
			t.Fatal(reply, err)
		}
		if i == 4 {
			counted() // so that the log has two segments
		}
	}
	if c := counted(); c != (standing{n, 0, 0, n}) {
		t.Fatalf("counted %+v, want %d in blocks", c, n)
	}
	id := func(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }
	find := func(i int) store.Entry {
		t.Helper()
		found, err := d.table.Find(t.Context(), id(i))
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		found[0].Cursor = "" // a response that was restored has another place
		return found[0]
	}
	var entries []store.Entry
	for i := range n {
		entries = append(entries, find(i))
	}
	for _, set := range [][2]string{{id(3), "overall=1"}, {id(5), "overall=4"}} {
		d.runVerb(t, 0, "results", "correct", set[0], "--set", set[1], "--reason", "Misread", "--by", "desk", "--yes", "--table", d.name())
	}
	restored := d.name() + "-restored"
	if _, err := d.client.CreateTable(t.Context(), cloud.Schema(restored)); err != nil {
		t.Fatal(err)
	}
	before := d.allItems(t, d.name())
	period := entries[0].Response.Period
	queue := "Q#service#" + period + "#0000"
	before[[2]string{queue, "expired"}] = map[string]types.AttributeValue{ // since the copy was made
		"PK": &types.AttributeValueMemberS{Value: queue}, "SK": &types.AttributeValueMemberS{Value: "expired"},
		"at": &types.AttributeValueMemberN{Value: "1"}, "expires": &types.AttributeValueMemberN{Value: "1"},
	}
	for _, item := range before {
		if _, err := d.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &restored, Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	d.runVerb(t, 0, "results", "erase", id(3), "--yes", "--table", d.name())
	d.deleteItems(t, "J#service#"+period+"#0000000002", "")
	for i := 5; i < n; i += 2 { // the others have kept their ids
		d.deleteItems(t, "I#service#"+id(i), "")
	}
	d.deleteItems(t, "P#service", "")
	d.deleteItems(t, "D#service", "current")
	for _, sk := range []string{"0000000002", "0000000002+"} { // the correction of the one that is not erased
		d.deleteItems(t, "E#service#"+period, sk)
	}
	left := d.allItems(t, d.name())

	arguments := []string{"results", "restore", "--table", d.name(), "--from", restored}
	out, messages := d.runVerb(t, 1, arguments...)
	if !strings.Contains(out, "missing: 15 responses, 2 releases, 0 cases, 3 other items;") || !strings.Contains(messages, "--yes") {
		t.Errorf("without --yes: %s%s", out, messages)
	}
	if now := d.allItems(t, d.name()); !reflect.DeepEqual(now, left) {
		t.Error("items have changed without --yes")
	}
	arguments = append(arguments, "--yes")
	if out, _ := d.runVerb(t, 0, arguments...); !strings.Contains(out, "copied: 15 responses, 2 releases, 0 cases, 3 other items;") {
		t.Errorf("with --yes: %s", out)
	}
	now := d.allItems(t, d.name())
	if now[[2]string{queue, "expired"}] != nil {
		t.Error("an expired item is restored")
	}
	for key, item := range before {
		kind, _, _ := strings.Cut(key[0], "#")
		if strings.Contains("DSPCO", kind) && !reflect.DeepEqual(now[key], item) {
			t.Errorf("%v is %v, want %v", key, now[key], item)
		}
	}
	if c := counted(); c != (standing{n, 1, 0, n}) {
		t.Errorf("counted %+v, want one withdrawn of %d, and nobody in a second block", c, n)
	}
	for i, want := range entries {
		if got := find(i); i == 3 && !got.Response.Withdrawn || i != 3 && !reflect.DeepEqual(got, want) {
			t.Errorf("response %d is %+v, and was %+v", i, got, want)
		}
	}
	d.runVerb(t, 0, "results", "verify", "--table", d.name())
	if out, _ := d.runVerb(t, 0, "results", "show", "service", "corrections", "--table", d.name()); !strings.Contains(out, "overall: 4") || strings.Contains(out, "overall: 1") || strings.Count(out, "erased with the response") != 1 {
		t.Errorf("corrections: %s", out)
	}
	if out, _ := d.runVerb(t, 0, arguments...); !strings.Contains(out, "copied: 0 responses, 0 releases, 0 cases, 0 other items;") {
		t.Errorf("once more: %s", out)
	}
	d.runVerb(t, 2, "results", "restore", "--table", d.name(), "--from", d.name())
}

// noPages discards pages.
type noPages struct{}

func (noPages) Page(context.Context, string) (string, int, error) { return "", 0, nil }

func (noPages) Replace(context.Context, string, string, int, []byte) (string, error) { return "1", nil }

func (noPages) HTML(io.Writer, results.Page) error { return nil }
func (noPages) JSON(io.Writer, results.Page) error { return nil }
func (noPages) CSV(io.Writer, results.Page) error  { return nil }
