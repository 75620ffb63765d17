package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/e2e/aws"
)

// command runs the program over a deployment, as somebody with a login of his own.
func (d *deployment) command(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, binary, arguments...)
	command.Env = append(os.Environ(), "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		"AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent", "DYNAMODB_ENDPOINT="+d.database.URL, "S3_ENDPOINT="+d.files.URL)
	out, err := command.CombinedOutput()
	return string(out), err
}

// What the operators' guide says of looking after answers, with the policy that it says to attach.
func TestOnAWSAnOperatorErases(t *testing.T) {
	d := deploy(t)
	template, err := aws.ReadTemplate("../deploy/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		if reply, err := d.post("application/json", awsAnswer(n), false); err != nil || reply.StatusCode != 201 {
			t.Fatal(reply, err)
		}
	}
	if err := d.changed(); err != nil {
		t.Fatal(err)
	}
	d.database.Break(nil, nil)
	const id = "00000000-0000-4000-8000-000000000003"
	run := func(fine bool, arguments ...string) string {
		t.Helper()
		out, err := d.command(t.Context(), append(arguments, "--table", d.name())...)
		if (err == nil) != fine {
			t.Fatalf("glasspoll %s: %v\n%s", strings.Join(arguments, " "), err, out)
		}
		return out
	}
	run(true, "results", "verify")
	run(false, "results", "erase", id) // only names what would be
	if !strings.Contains(d.attributes(t, id), `["overall","4"]`) {
		t.Fatalf("erased without --yes: %s", d.attributes(t, id))
	}
	run(true, "results", "erase", id, "--yes")
	if left := d.attributes(t, id); strings.Contains(left, "overall") || !strings.Contains(left, `"withdrawn":true`) {
		t.Errorf("what is left is %s", left)
	}
	run(true, "results", "erase", id, "--yes") // again is no error
	run(true, "results", "verify")
	calls := d.database.Calls()
	if reply, err := d.post("application/json", awsAnswer(3), false); err != nil || reply.StatusCode == 201 {
		t.Errorf("what was erased is stored again: %d, %v", reply.StatusCode, err)
	}
	if err := d.changed(); err != nil {
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
	for _, needed := range []string{"Query R", "GetItem R", "TransactWriteItems R"} {
		if !kinds[needed] {
			t.Errorf("no %s was seen: %v", needed, kinds)
		}
	}
}

// attributes is what the table keeps of a response, in one text.
func (d *deployment) attributes(t *testing.T, id string) string {
	t.Helper()
	var all strings.Builder
	pages := dynamodb.NewScanPaginator(d.client, &dynamodb.ScanInput{TableName: sdk.String(d.name()), ConsistentRead: sdk.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			if sk, ok := item["SK"].(*types.AttributeValueMemberS); !ok || sk.Value != id {
				continue
			}
			for name, value := range item {
				if b, ok := value.(*types.AttributeValueMemberB); ok {
					fmt.Fprintf(&all, "%s=%s ", name, b.Value)
				}
			}
		}
	}
	return all.String()
}
