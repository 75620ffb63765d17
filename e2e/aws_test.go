package e2e

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"glasspoll/e2e/aws"
	"glasspoll/internal/cloud"
	"glasspoll/internal/render"
	"glasspoll/internal/survey"
)

// dynamoDB starts DynamoDB Local, or uses the one that DYNAMODB_ENDPOINT names.
func dynamoDB(t *testing.T) (endpoint string) {
	t.Helper()
	if endpoint := os.Getenv("DYNAMODB_ENDPOINT"); endpoint != "" {
		return endpoint
	}
	folder, err := filepath.Abs("../.cache/dynamodb/package/aws_dynamodb_local")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); err != nil {
		t.Fatal("DynamoDB Local is not there: run `make setup`")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	_, port, _ := net.SplitHostPort(address)
	command := exec.Command("java", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar", "-inMemory", "-sharedDb", "-port", port)
	command.Dir = folder
	if err := command.Start(); err != nil {
		t.Fatalf("DynamoDB Local needs Java 17 or newer: %v", err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
	})
	for range 100 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return "http://" + address
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("DynamoDB Local does not start")
	return ""
}

// s3Server starts an S3 server that honours If-Match, or uses the one that S3_ENDPOINT names.
func s3Server(t *testing.T) (endpoint string) {
	t.Helper()
	if endpoint := os.Getenv("S3_ENDPOINT"); endpoint != "" {
		return endpoint
	}
	server := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	t.Cleanup(server.Close)
	return server.URL
}

// s3Client is the SDK's own, for what tests look at and make.
func s3Client(endpoint string) *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

// deployment is the whole of it: both functions as they are deployed, between them and the stores a network that can
// break, and the stores.
type deployment struct {
	t               *testing.T
	submit, publish *aws.Function
	database, files *aws.Network
	client          *dynamodb.Client
	bucket          *s3.Client
	table           *cloud.Table
	survey          *survey.Survey
	built           string  // where publish builds the site
	log             *output // of both functions
}

const deployed = `
id: service
title: Service
languages: [en]
period: quarter
results: {min_group: 1}
sections:
  - questions:
      - {id: overall, type: rating, steps: 5, required: true, label: Overall}
`

func deploy(t *testing.T) *deployment {
	t.Helper()
	d := &deployment{t: t, built: t.TempDir(), log: &output{}, database: &aws.Network{Target: dynamoDB(t)}, files: &aws.Network{Target: s3Server(t)}}
	for _, n := range []*aws.Network{d.database, d.files} {
		stop, err := n.Listen()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
	}
	name := fmt.Sprintf("glasspoll-%d", time.Now().UnixNano())
	env := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		"TABLE": name, "BUCKET": name,
	}
	direct := maps.Clone(env)
	direct["DYNAMODB_ENDPOINT"], direct["S3_ENDPOINT"] = d.database.Target, d.files.Target
	getenv := func(key string) string { return direct[key] }
	d.client, d.bucket = cloud.DynamoDB(getenv), s3Client(d.files.Target)
	ctx := t.Context()
	if _, err := d.client.CreateTable(ctx, cloud.Schema(name)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.bucket.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	s, problems := survey.Parse("service.yaml", []byte(deployed))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d.survey = s
	d.table = cloud.NewTable(d.client, name, time.Now, cloud.Settle)
	if err := d.table.PutDefinition(ctx, s); err != nil {
		t.Fatal(err)
	}
	if err := d.table.PutAssets(ctx, render.Assets{}); err != nil {
		t.Fatal(err)
	}
	env["DYNAMODB_ENDPOINT"], env["S3_ENDPOINT"] = d.database.URL, d.files.URL
	d.submit, d.publish = d.function("submit", env), d.function("publish", env)
	return d
}

func (d *deployment) function(name string, env map[string]string) *aws.Function {
	d.t.Helper()
	binary := filepath.Join(d.t.TempDir(), name)
	build := exec.Command("go", "build", "-tags", "lambda.norpc,nethttpomithttp2", "-o", binary, "./functions/"+name)
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		d.t.Fatalf("%v\n%s", err, out)
	}
	f := &aws.Function{Binary: binary, Timeout: 30 * time.Second, Log: d.log}
	for key, value := range env {
		f.Env = append(f.Env, key+"="+value)
	}
	if err := f.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(f.Stop)
	return f
}

// post sends one submission as the HTTP API would pass it on.
func (d *deployment) post(media, body string, encoded bool) (events.APIGatewayV2HTTPResponse, error) {
	e := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "POST /api/surveys/{id}/responses", RawPath: "/api/surveys/service/responses",
		Headers: map[string]string{"content-type": media, "host": "polls.example", "accept": "text/html"}, Body: body,
	}
	if encoded {
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(body)), true
	}
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = "POST", "203.0.113.7"
	var reply events.APIGatewayV2HTTPResponse
	raw, err := d.submit.Invoke(d.t.Context(), e)
	if err == nil {
		err = json.Unmarshal(raw, &reply)
	}
	return reply, err
}

func awsAnswer(n int) string {
	return fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d","answers":{"overall":%d}}`, n, n%5+1)
}

// changed publishes, as the table's stream has it done after a submission.
func (d *deployment) changed() error {
	event := events.DynamoDBEvent{}
	for shard := range 16 {
		var record events.DynamoDBEventRecord
		record.EventSource = "aws:dynamodb"
		record.Change.SequenceNumber = fmt.Sprint(shard + 1)
		record.Change.Keys = map[string]events.DynamoDBAttributeValue{
			"PK": events.NewStringAttribute(fmt.Sprintf("R#service#%s#%02d", d.survey.PeriodAt(time.Now()), shard)),
			"SK": events.NewStringAttribute("x"),
		}
		event.Records = append(event.Records, record)
	}
	raw, err := d.publish.Invoke(d.t.Context(), event)
	if err != nil {
		return err
	}
	var reply events.DynamoDBEventResponse
	if err := json.Unmarshal(raw, &reply); err != nil {
		return err
	}
	if len(reply.BatchItemFailures) > 0 {
		return errors.New("records must come again")
	}
	return nil
}

type figures struct {
	Respondents int
	Revision    int
}

// page reads the public figures, as the CDN serves them.
func (d *deployment) page() figures {
	d.t.Helper()
	out, err := d.bucket.GetObject(d.t.Context(), &s3.GetObjectInput{Bucket: sdk.String(d.name()), Key: sdk.String("service/results/results.json")})
	if err != nil {
		return figures{}
	}
	defer out.Body.Close()
	var f figures
	if err := json.NewDecoder(out.Body).Decode(&f); err != nil {
		d.t.Fatal(err)
	}
	return f
}

func (d *deployment) name() string {
	for _, pair := range d.submit.Env {
		if name, ok := strings.CutPrefix(pair, "TABLE="); ok {
			return name
		}
	}
	return ""
}

// stored counts the responses in the table by id.
func (d *deployment) stored() map[string]int {
	d.t.Helper()
	count := map[string]int{}
	pages := dynamodb.NewScanPaginator(d.client, &dynamodb.ScanInput{TableName: sdk.String(d.name()), ConsistentRead: sdk.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(d.t.Context())
		if err != nil {
			d.t.Fatal(err)
		}
		for _, item := range page.Items {
			var key struct{ PK, SK struct{ Value string } }
			data, _ := json.Marshal(item)
			json.Unmarshal(data, &key)
			if strings.HasPrefix(key.PK.Value, "R#") {
				count[key.SK.Value]++
			}
		}
	}
	return count
}

func TestOnAWSAFormIsStoredAndPublished(t *testing.T) {
	d := deploy(t)
	if reply, err := d.post("application/x-www-form-urlencoded", url.Values{"overall": {"4"}}.Encode(), true); err != nil || reply.StatusCode != http.StatusSeeOther || !strings.HasPrefix(reply.Headers["Location"], "../../../service/thanks/#") {
		t.Fatalf("%+v, %v", reply, err)
	}
	reply, err := d.post("application/x-www-form-urlencoded", "overall=9", false)
	if err != nil || reply.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(reply.Body, "<form") {
		t.Fatalf("%d, %v", reply.StatusCode, err)
	}
	for _, step := range []struct {
		body   string
		status int
	}{{awsAnswer(1), 201}, {awsAnswer(1), 200}, {strings.Replace(awsAnswer(1), `:2}`, `:5}`, 1), 409}, {awsAnswer(2), 201}, {`{`, 422}} {
		if reply, err := d.post("application/json", step.body, false); err != nil || reply.StatusCode != step.status {
			t.Fatalf("%s: %d %s %v", step.body, reply.StatusCode, reply.Body, err)
		}
	}
	for range 3 { // once, again, and again: nothing changes
		if err := d.changed(); err != nil {
			t.Fatal(err)
		}
		if f := d.page(); f.Respondents != 3 {
			t.Fatalf("%+v", f)
		}
	}
	// The schedule mends what the stream has lost.
	if reply, err := d.post("application/json", awsAnswer(3), false); err != nil || reply.StatusCode != 201 {
		t.Fatal(reply, err)
	}
	if _, err := d.publish.Invoke(t.Context(), map[string]string{"source": "aws.scheduler"}); err != nil {
		t.Fatal(err)
	}
	if f := d.page(); f.Respondents != 4 {
		t.Fatalf("%+v", f)
	}
}

// A function may end at any call to a store, whether the store has heard of it or not: what was acknowledged is stored
// once, a retry finds it, and the page catches up and never goes back.
func TestOnAWSFunctionsMayEndAnywhere(t *testing.T) {
	d := deploy(t)
	acknowledged := map[string]bool{}
	n := 0
	send := func() bool { // once; the client tries again with the same id
		reply, err := d.post("application/json", awsAnswer(n), false)
		if err != nil {
			if !errors.Is(err, aws.ErrKilled) {
				t.Fatal(err)
			}
			return false
		}
		if reply.StatusCode != 201 && reply.StatusCode != 200 {
			t.Fatalf("%d %s", reply.StatusCode, reply.Body)
		}
		acknowledged[fmt.Sprintf("00000000-0000-4000-8000-%012d", n)] = true
		return true
	}
	for _, fault := range []aws.Fault{aws.NotApplied, aws.Applied} {
		for call := 1; ; call++ {
			n++
			hit := false
			d.submit.Kill() // a cold start reads the definition too
			d.database.Break(func(c int) aws.Fault {
				if c == call {
					hit = true
					return fault
				}
				return aws.None
			}, d.submit.Kill)
			done := send()
			d.database.Break(nil, nil)
			if !done && !send() {
				t.Fatal("a second try fails")
			}
			if !hit {
				break
			}
		}
	}
	for id, times := range d.stored() {
		if times != 1 {
			t.Errorf("%s is stored %d times", id, times)
		}
	}
	if got := len(d.stored()); got != len(acknowledged) || got != n {
		t.Fatalf("%d stored, %d acknowledged, %d sent", got, len(acknowledged), n)
	}

	seen := figures{}
	check := func() {
		t.Helper()
		now := d.page()
		if now.Revision < seen.Revision || now.Respondents < seen.Respondents || now.Respondents > n {
			t.Fatalf("the page went from %+v to %+v, of %d sent", seen, now, n)
		}
		seen = now
	}
	rounds := 0
	for _, network := range []*aws.Network{d.database, d.files} {
		for _, fault := range []aws.Fault{aws.NotApplied, aws.Applied} {
			for call := 1; ; call++ {
				n++
				if !send() {
					t.Fatal("not stored")
				}
				hit := false
				d.publish.Kill()
				network.Break(func(c int) aws.Fault {
					if c == call {
						hit = true
						return fault
					}
					return aws.None
				}, d.publish.Kill)
				err := d.changed()
				network.Break(nil, nil)
				check()
				if !hit {
					if err != nil {
						t.Fatal(err)
					}
					break
				}
				rounds++
				if call > 40 { // further calls repeat the same kinds for further shards
					break
				}
			}
			if err := d.changed(); err != nil {
				t.Fatal(err)
			}
			if check(); seen.Respondents != n {
				t.Fatalf("the page has %d of %d", seen.Respondents, n)
			}
		}
	}
	t.Logf("%d responses, %d rounds of publishing broken off", n, rounds)
}
