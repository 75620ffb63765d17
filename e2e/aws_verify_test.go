package e2e

import (
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestOnAWSVerification damages a table in three places. The publisher's daily event finds what it may read, once; `results
// verify` finds all, and `results repair` mends it.
func TestOnAWSVerification(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	for n := range 12 {
		if reply, err := d.post("application/json", serviceSubmission(n), false); err != nil || reply.StatusCode != 201 {
			t.Fatal(reply, err)
		}
	}
	if err := d.publishChanges(); err != nil {
		t.Fatal(err)
	}
	period := d.survey.PeriodAt(time.Now())
	verify := func(want string) {
		t.Helper()
		before := strings.Count(d.log.String(), `"msg":"verified"`)
		if _, err := d.publish.Invoke(t.Context(), map[string]bool{"verify": true}); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(patience); strings.Count(d.log.String(), `"msg":"verified"`) == before; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("nothing was verified:\n%s", d.log)
			}
		}
		lines := strings.Split(strings.TrimSpace(d.log.String()), "\n")
		if last := lines[len(lines)-1]; !strings.Contains(last, want) {
			t.Errorf("the log ends with %s, want %s", last, want)
		}
	}
	differs := func() int { return strings.Count(d.log.String(), "what is stored differs: run results verify") }

	verify(`"complete":true,"differ":0`)
	tally, revision, err := d.table.Tally(t.Context(), "service", period)
	if err != nil {
		t.Fatal(err)
	}
	tally.Withdrawn++
	if err := d.table.SaveTally(t.Context(), "service", period, tally, revision); err != nil {
		t.Fatal(err)
	}
	key := func(pk, sk string) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: pk}, "SK": &types.AttributeValueMemberS{Value: sk}}
	}
	for _, k := range []map[string]types.AttributeValue{
		key("I#service#00000000-0000-4000-8000-000000000003", "-"), key("P#service#"+period, "sum"),
	} {
		if _, err := d.client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: sdk.String(d.name()), Key: k}); err != nil {
			t.Fatal(err)
		}
	}
	verify(`"complete":true,"differ":1`)
	verify(`"complete":true,"differ":1`)
	if n := differs(); n != 1 {
		t.Errorf("it is logged %d times that something differs", n)
	}
	if !strings.Contains(d.log.String(), `"Differences":1`) || !strings.Contains(d.log.String(), `"Differences":0`) {
		t.Errorf("the log lacks the metric:\n%s", d.log)
	}

	stdout, _ := d.runVerb(t, 1, "results", "verify", "service", "--json")
	for _, code := range []string{"tally_received", "id_missing", "release_whole"} {
		if strings.Count(stdout, `"code": "`+code+`"`) != 1 {
			t.Errorf("%s is not found once:\n%s", code, stdout)
		}
	}
	stdout, _ = d.runVerb(t, 1, "results", "repair")
	if strings.Count(stdout, "planned: ") != 3 {
		t.Errorf("planned:\n%s", stdout)
	}
	stdout, _ = d.runVerb(t, 0, "results", "repair", "--yes")
	if strings.Count(stdout, "done: ") != 3 {
		t.Errorf("done:\n%s", stdout)
	}
	d.runVerb(t, 0, "results", "verify")
	verify(`"complete":true,"differ":0`)
	if !strings.Contains(d.log.String(), "what differed agrees again") {
		t.Errorf("the log does not say that it agrees again:\n%s", d.log)
	}
	stdout, _ = d.runVerb(t, 0, "results", "show", "service")
	if !strings.Contains(stdout, "log: 12 responses") || !strings.Contains(stdout, "release 1 of") {
		t.Errorf("shown:\n%s", stdout)
	}
	d.checkLogs(t)
}
