package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"glasspoll/e2e/aws"
	"glasspoll/internal/cloud"
	"glasspoll/internal/probe"
)

// denials says which calls a role does not allow.
type denials func(aws.Call) string

// rolesOf returns the policies of the functions' roles.
func rolesOf(t *testing.T) map[string]denials {
	t.Helper()
	template, err := aws.ReadTemplate("../deploy/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]denials{
		"submit": template.Submit().Denied, "invite": template.Invite().Denied, "publish": template.Publish().Denied, "archive": template.Archive().Denied,
	}
}

// TestOnAWSRolesAreTriedOut lets the functions, as they are deployed, try out their roles: every call that a statement of the template is
// for is allowed, and none that no role may make. Nothing is stored by it, in the tables or in the buckets.
func TestOnAWSRolesAreTriedOut(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	archives := d.name() + aws.OfArchives
	if _, err := d.bucket.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &archives}); err != nil {
		t.Fatal(err)
	}
	d.putObject(t, "index.html", "home")
	others := httptest.NewServer(aws.Nothing)
	defer others.Close()
	stored := func() [2]int {
		return [2]int{len(d.allItems(t, d.name())), len(d.allItems(t, cloud.InvitationTable(d.name())))}
	}
	before := stored()
	var replies []probe.Reply
	for name, denied := range rolesOf(t) {
		env := map[string]string{"AWS_LAMBDA_LOG_GROUP_NAME": strings.ToUpper(name[:1]) + name[1:] + "Log", "AWS_LAMBDA_LOG_STREAM_NAME": "stream", "ARCHIVES": archives}
		for _, pair := range d.submit.Env {
			key, value, _ := strings.Cut(pair, "=")
			env[key] = value
		}
		for key, target := range map[string]string{
			"DYNAMODB_ENDPOINT": d.database.Target, "S3_ENDPOINT": d.files.Target, "LOGS_ENDPOINT": others.URL, "SSM_ENDPOINT": others.URL, "EVENTBRIDGE_ENDPOINT": others.URL,
			"SES_ENDPOINT": others.URL,
		} {
			proxy := &aws.Proxy{Target: target, Denied: denied}
			stop, err := proxy.Listen()
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			env[key] = proxy.URL
		}
		payload, err := d.function(name, env).Invoke(t.Context(), json.RawMessage(probe.Event()))
		replies = append(replies, probe.ReplyOf(name, payload, err))
	}
	verdict := probe.Judge(replies)
	for _, r := range verdict.Rows {
		if r.Kind != probe.Fine {
			t.Errorf("%+v", r)
		}
	}
	if !verdict.Passed() || len(verdict.Rows) < 200 {
		t.Errorf("%d probes, %+v\n%s", len(verdict.Rows), verdict.Silent, d.log)
	}
	if after := stored(); after != before {
		t.Errorf("the tables have %v items, and had %v", after, before)
	}
	files := d.objects(t)
	if names := slices.Collect(maps.Keys(files)); len(names) != 1 || readBody(t, files["index.html"]) != "home" {
		t.Errorf("the bucket has %v", names)
	}
	if found, err := d.bucket.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: sdk.String(archives)}); err != nil || len(found.Contents) > 0 {
		t.Errorf("the bucket of archives has %d files, %v", len(found.Contents), err)
	}
}

// TestProbesFindWrongRoles changes each role in every way that its statements can be wrong, one at a time, and wants the probes to tell:
// one of the changed statement that is denied, or one that is allowed and must not be.
func TestProbesFindWrongRoles(t *testing.T) {
	t.Parallel()
	template, err := aws.ReadTemplate("../deploy/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	store := httptest.NewServer(aws.Nothing)
	defer store.Close()
	var mu sync.Mutex
	var calls []aws.Call
	var open []string // the names of calls that are allowed; of all others the denial says which one it was
	proxy := &aws.Proxy{Target: store.URL, Denied: func(c aws.Call) string {
		mu.Lock()
		defer mu.Unlock()
		if slices.Contains(open, c.Name) {
			return ""
		}
		calls = append(calls, c)
		return fmt.Sprintf("(call %d)", len(calls)-1)
	}}
	stop, err := proxy.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for role, c := range map[string]struct {
		right   denials
		mutants []aws.Mutant
		probes  func(*cloud.Prober, context.Context) []probe.Probe
	}{
		"submit":  {template.Submit().Denied, template.Submit().Mutants(), (*cloud.Prober).Submit},
		"invite":  {template.Invite().Denied, template.Invite().Mutants(), (*cloud.Prober).Invite},
		"publish": {template.Publish().Denied, template.Publish().Mutants(), (*cloud.Prober).Publish},
		"archive": {template.Archive().Denied, template.Archive().Mutants(), (*cloud.Prober).Archive},
	} {
		env := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_LAMBDA_LOG_GROUP_NAME": strings.ToUpper(role[:1]) + role[1:] + "Log"}
		for _, service := range []string{"DYNAMODB", "S3", "LOGS", "SSM", "EVENTBRIDGE", "SES"} {
			env[service+"_ENDPOINT"] = proxy.URL
		}
		getenv := func(name string) string { return env[name] }
		bucket := "polls"
		if role == "archive" {
			bucket += aws.OfArchives
		}
		prober := cloud.NewProber(getenv, "polls", cloud.InvitationTable("polls"), cloud.S3(getenv, bucket))
		// The call of each probe; those that need others before them come when these are allowed.
		call := map[string]aws.Call{}
		open = nil
		for _, next := range []string{"ListStreams", "DescribeStream", "GetShardIterator", ""} {
			for _, one := range c.probes(prober, t.Context()) {
				n := -1
				if one.Got == probe.Denied {
					_, said, _ := strings.Cut(one.Detail, "(call ")
					fmt.Sscan(said, &n)
				}
				if _, known := call[one.Name]; !known && n >= 0 {
					call[one.Name] = calls[n]
				}
			}
			open = append(open, next)
		}
		open = nil
		probes := c.probes(prober, t.Context())
		try := func(denied denials) []probe.Row {
			for i := range probes {
				made, ok := call[probes[i].Name]
				if !ok {
					t.Fatalf("%s, %s: no call is known", role, probes[i].Name)
				}
				if probes[i].Got = probe.Allowed; denied(made) != "" {
					probes[i].Got = probe.Denied
				}
			}
			return probe.Judge([]probe.Reply{{Probes: probes}}).Rows
		}
		for _, row := range try(c.right) {
			if row.Kind != probe.Fine {
				t.Errorf("%s: %+v", role, row)
			}
		}
		for _, m := range c.mutants {
			if m.Statement == "GiveUp" { // which Lambda itself tries out: see deploy/probes_test.go
				continue
			}
			if !slices.ContainsFunc(try(m.Denied), func(row probe.Row) bool {
				if m.Narrower {
					return row.Kind == probe.Wrong && row.Want == probe.Allowed && row.Statement == m.Statement
				}
				return row.Kind <= probe.Note && row.Want == probe.Denied && row.Got == probe.Allowed
			}) {
				t.Errorf("%s: no probe tells that %s", role, m.Name)
			}
		}
		t.Logf("%s: %d wrong roles", role, len(c.mutants))
	}
}
