package e2e

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"glasspoll/e2e/aws"
	"glasspoll/internal/answer"
	"glasspoll/internal/cloud"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/soak"
	"glasspoll/internal/survey"
)

// newDynamoDBClient returns a client without the short timeouts of the functions: DynamoDB Local may be slow.
func newDynamoDBClient(getenv func(string) string) *dynamodb.Client {
	return dynamodb.New(cloud.DynamoDB(getenv).Options(), func(o *dynamodb.Options) { o.HTTPClient = awshttp.NewBuildableClient() })
}

// s3Client returns the SDK's client, with which tests prepare and inspect buckets.
func s3Client(endpoint string) *s3.Client {
	return s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

// deployment has the functions as they are deployed, the stores, and the proxies between them.
type deployment struct {
	t               *testing.T
	submit, publish *aws.Function
	invite          *aws.Function
	database, files *aws.Proxy
	client          *dynamodb.Client
	bucket          *s3.Client
	table           *cloud.Table
	survey          *survey.Survey
	built           string  // directory in which `glasspoll publish` builds the site
	surveys         string  // directory of the test's questionnaires
	log             *output // of both functions
}

const serviceSurvey = `
id: service
title: Service
languages: [en]
period: quarter
results: {min_group: 1}
sections:
  - questions:
      - {id: overall, type: rating, steps: 5, required: true, label: Overall}
      - {id: remark, type: short_text, label: Remark}
`

// deploy makes a deployment with its own table and bucket, and the definition of serviceSurvey.
func deploy(t *testing.T) *deployment {
	t.Helper()
	d := &deployment{t: t, built: t.TempDir(), log: &output{}, database: &aws.Proxy{Target: dynamoDB(t)}, files: &aws.Proxy{Target: s3Server(t)}}
	for _, n := range []*aws.Proxy{d.database, d.files} {
		stop, err := n.Listen()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
	}
	name := uniqueName()
	env := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		"TABLE": name, "BUCKET": name, "INVITATIONS": cloud.InvitationTable(name),
	}
	direct := maps.Clone(env)
	direct["DYNAMODB_ENDPOINT"], direct["S3_ENDPOINT"] = d.database.Target, d.files.Target
	getenv := func(key string) string { return direct[key] }
	d.client, d.bucket = newDynamoDBClient(getenv), s3Client(d.files.Target)
	ctx := t.Context()
	for _, schema := range []*dynamodb.CreateTableInput{cloud.Schema(name), cloud.InvitationSchema(cloud.InvitationTable(name))} {
		if _, err := d.client.CreateTable(ctx, schema); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.bucket.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	s, problems := questionnaire.Parse("service.yaml", []byte(serviceSurvey))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d.survey = s
	d.table = cloud.NewTable(d.client, name, cloud.Options{Invitations: cloud.InvitationTable(name)})
	if err := d.table.PutDefinition(ctx, s); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.table.MakeSecret(ctx), d.table.PutAssets(ctx, render.Assets{})); err != nil {
		t.Fatal(err)
	}
	env["DYNAMODB_ENDPOINT"], env["S3_ENDPOINT"], env["LIMITS"] = d.database.URL, d.files.URL, "off" // all answers come from here
	d.submit, d.invite, d.publish = d.function("submit", env), d.function("invite", env), d.function("publish", env)
	return d
}

// function prepares a function with its environment. Its first invocation starts it.
func (d *deployment) function(name string, env map[string]string) *aws.Function {
	d.t.Helper()
	binary, err := functionBinaries[name]()
	if err != nil {
		d.t.Fatal(err)
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

// waitForLog waits until the functions' log contains a text. The log comes through a pipe, and so possibly after the reply.
func (d *deployment) waitForLog(text string) {
	d.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(d.log.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.t.Fatalf("the log does not contain %s:\n%s", text, d.log)
		}
	}
}

// post sends a submission to serviceSurvey, as the HTTP API passes it on; encoded in base64 if encoded.
func (d *deployment) post(media, body string, encoded bool) (events.APIGatewayV2HTTPResponse, error) {
	return d.postTo("service", media, body, encoded)
}

func (d *deployment) postTo(survey, media, body string, encoded bool) (events.APIGatewayV2HTTPResponse, error) {
	e := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "POST /api/surveys/{id}/responses", RawPath: "/api/surveys/" + survey + "/responses",
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

// serviceSubmission is the JSON of the n-th submission to serviceSurvey.
func serviceSubmission(n int) string {
	return fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d","answers":{"overall":%d}}`, n, n%5+1)
}

// errNotPublished means that the publisher asks for records to be sent again.
var errNotPublished = errors.New("the publisher has returned records as failed")

// publishChanges invokes the publisher with records of answers of this period, and of others, as from the table's stream.
func (d *deployment) publishChanges(others ...string) error {
	event := events.DynamoDBEvent{}
	for i, period := range append(others, d.survey.PeriodAt(time.Now())) {
		for shard := range 16 {
			var record events.DynamoDBEventRecord
			record.EventSource, record.EventName = "aws:dynamodb", "INSERT"
			record.Change.SequenceNumber = fmt.Sprint(16*i + shard + 1)
			record.Change.Keys = map[string]events.DynamoDBAttributeValue{
				"PK": events.NewStringAttribute(fmt.Sprintf("Q#service#%s#%04d", period, shard)),
				"SK": events.NewStringAttribute("x"),
			}
			event.Records = append(event.Records, record)
		}
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
		return errNotPublished
	}
	return nil
}

// endTurns ends the turns of publishers that have been killed, which otherwise last for half a minute.
func (d *deployment) endTurns() {
	d.t.Helper()
	for _, key := range [][2]string{{"U", "service"}, {"U", "guests"}, {"U#service", "-"}} { // the last one is that of earlier versions
		_, err := d.client.DeleteItem(d.t.Context(), &dynamodb.DeleteItemInput{TableName: sdk.String(d.name()), Key: map[string]types.AttributeValue{
			"PK": &types.AttributeValueMemberS{Value: key[0]}, "SK": &types.AttributeValueMemberS{Value: key[1]},
		}})
		if err != nil {
			d.t.Fatal(err)
		}
	}
}

type figures struct {
	Respondents int
	Revision    int
}

// publicFigures reads the published figures from the bucket.
func (d *deployment) publicFigures() figures {
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

// name returns the name of the table and of the bucket.
func (d *deployment) name() string {
	for _, pair := range d.submit.Env {
		if name, ok := strings.CutPrefix(pair, "TABLE="); ok {
			return name
		}
	}
	return ""
}

// countStored counts the responses in the logs of all surveys, by id, after collecting.
func (d *deployment) countStored() map[string]int {
	d.t.Helper()
	ctx := d.t.Context()
	surveys, err := d.table.Surveys(ctx)
	if err != nil {
		d.t.Fatal(err)
	}
	count := map[string]int{}
	for _, survey := range surveys {
		if err := d.table.Collect(ctx, survey); err != nil {
			d.t.Fatal(err)
		}
		periods, err := d.table.Periods(ctx, survey)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, period := range periods {
			for entry, err := range d.table.After(ctx, survey, period, "") {
				if err != nil {
					d.t.Fatal(err)
				}
				count[entry.Response.ID]++
			}
		}
	}
	return count
}

func TestOnAWSAFormIsStoredAndPublished(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	if reply, err := d.post("application/x-www-form-urlencoded", url.Values{"overall": {"4"}}.Encode(), true); err != nil || reply.StatusCode != http.StatusSeeOther || !strings.HasPrefix(reply.Headers["Location"], "thanks/") {
		t.Fatalf("%+v, %v", reply, err)
	}
	reply, err := d.post("application/x-www-form-urlencoded", "overall=9", false)
	if err != nil || reply.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(reply.Body, "<form") {
		t.Fatalf("%d, %v", reply.StatusCode, err)
	}
	for _, step := range []struct {
		body   string
		status int
	}{{serviceSubmission(1), 201}, {serviceSubmission(1), 200}, {strings.Replace(serviceSubmission(1), `:2}`, `:5}`, 1), 409}, {serviceSubmission(2), 201}, {`{`, 422}} {
		if reply, err := d.post("application/json", step.body, false); err != nil || reply.StatusCode != step.status {
			t.Fatalf("%s: %d %s %v", step.body, reply.StatusCode, reply.Body, err)
		}
	}
	for range 3 { // a repeated event changes nothing
		if err := d.publishChanges(); err != nil {
			t.Fatal(err)
		}
		if f := d.publicFigures(); f.Respondents != 3 {
			t.Fatalf("%+v", f)
		}
	}
	// The schedule makes up for a lost event.
	if reply, err := d.post("application/json", serviceSubmission(3), false); err != nil || reply.StatusCode != 201 {
		t.Fatal(reply, err)
	}
	if _, err := d.publish.Invoke(t.Context(), map[string]string{"source": "aws.scheduler"}); err != nil {
		t.Fatal(err)
	}
	if f := d.publicFigures(); f.Respondents != 4 {
		t.Fatalf("%+v", f)
	}
}

// killAtEachCall kills a function at its calls to a store, with a fault: before the store has seen the call, or after. Each killed
// process is followed by a new one, which has nothing in its caches. Calls are concurrent, so their order differs from round
// to round: of each kind of call, the first is broken off; with GLASSPOLL_SOAK every one. There are up to 16 calls of a kind, one a
// queue, and it is chance which queue is the n-th. That a kill at any call does no harm to what is stored, TestKilledAtEveryCall and
// TestKilledInTurn of internal/cloud prove; here it is the functions as they are built, and the stores, that are tried. It returns
// the number of calls broken off, by kind.
func killAtEachCall(t *testing.T, f *aws.Function, network *aws.Proxy, fault aws.Fault, round func(breaking bool)) map[string]int {
	t.Helper()
	var kinds []string         // in the order of their first calls
	calls := map[string]int{}  // the most in one round, by kind
	broken := map[string]int{} // by kind
	runBreaking := func() {
		t.Helper()
		f.Kill()
		round(true)
		count := map[string]int{}
		for _, c := range network.Calls() {
			kind := kindOf(c)
			count[kind]++
			if calls[kind] == 0 {
				kinds = append(kinds, kind)
			}
			calls[kind] = max(calls[kind], count[kind])
		}
		network.Reset()
	}
	network.Reset()
	runBreaking()
	for i := 0; i < len(kinds); i++ {
		for nth := 1; nth <= min(calls[kinds[i]], soak.Cases(1, 64)); nth++ {
			var count atomic.Int64
			network.Inject(func(c aws.Call) aws.Fault {
				if kindOf(c) == kinds[i] && count.Add(1) == int64(nth) {
					return fault
				}
				return aws.None
			}, f.Kill)
			runBreaking()
			if count.Load() >= int64(nth) {
				broken[kinds[i]]++
				round(false)
			}
		}
	}
	return broken
}

var pkOf = regexp.MustCompile(`"(?:PK|:pk)":\s*\{"S":\s*"([A-Z])`)

// kindOf returns the operation of a call and the kind of its items: "PutItem T", "HEAD".
func kindOf(c aws.Call) string {
	name, _, _ := strings.Cut(c.Name, " ")
	if m := pkOf.FindSubmatch(c.Body); m != nil {
		name += " " + string(m[1])
	}
	return name
}

const surveyWithoutPeriod = `
id: steady
title: Steady
languages: [en]
period: none
results: {min_group: 1}
sections:
  - questions:
      - {id: overall, type: rating, steps: 5, required: true, label: Overall}
      - {id: remark, type: short_text, label: Remark}
`

// TestOnAWSSubmitKilledAtEachCall kills the form handler at its calls to the store: an acknowledged submission is stored once, and
// a retry finds it.
func TestOnAWSSubmitKilledAtEachCall(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	s, problems := questionnaire.Parse("steady.yaml", []byte(surveyWithoutPeriod))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := d.table.PutDefinition(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range []struct {
		name   string
		survey string
		media  string
		body   func() string // of the n-th submission
		first  string        // not "": another submission is stored under the same id before
		status []int
		kinds  []string // of calls that must have been broken off, at least
	}{
		{"with an id", "service", "application/json", func() string { return serviceSubmission(n) }, "", []int{201, 200}, []string{"GetItem D", "TransactWriteItems I"}},
		{"a plain form, of a survey without periods", "steady", "application/x-www-form-urlencoded", func() string { return fmt.Sprintf("overall=1&remark=%d", n) }, "", []int{303}, []string{"GetItem D", "GetItem X", "TransactWriteItems I"}},
		{"the same again", "service", "application/json", func() string { return serviceSubmission(n) }, serviceSubmission(0), []int{200}, []string{"GetItem D", "TransactWriteItems I"}},
		{"another answer under the same id", "steady", "application/json", func() string {
			return strings.Replace(serviceSubmission(n), `"answers":{`, `"answers":{"remark":"other",`, 1)
		}, serviceSubmission(0), []int{409}, []string{"TransactWriteItems I"}},
	} {
		acknowledged := 0
		round := func(breaking bool) {
			t.Helper()
			if breaking {
				n++
				if c.first != "" {
					d.database.Pause(true) // the earlier submission is not broken off
					if reply, err := d.postTo(c.survey, "application/json", serviceSubmission(n), false); err != nil || reply.StatusCode != 201 {
						t.Fatalf("%s: the earlier submission: %d %s %v", c.name, reply.StatusCode, reply.Body, err)
					}
					d.submit.Kill()
					d.database.Pause(false)
				}
			}
			reply, err := d.postTo(c.survey, c.media, c.body(), false)
			if errors.Is(err, aws.ErrKilled) && breaking {
				return
			}
			if err != nil || !slices.Contains(c.status, reply.StatusCode) {
				t.Fatalf("%s: %d %s %v", c.name, reply.StatusCode, reply.Body, err)
			}
			acknowledged++
		}
		broken := killAtEachCall(t, d.submit, d.database, aws.NotApplied, round)
		for kind, n := range killAtEachCall(t, d.submit, d.database, aws.Applied, round) {
			broken[kind] += n
		}
		stored := d.countStored()
		for id, times := range stored {
			if times != 1 {
				t.Errorf("%s: %s is stored %d times", c.name, id, times)
			}
		}
		if len(stored) != n {
			t.Errorf("%s: %d stored of %d", c.name, len(stored), n)
		}
		for _, kind := range c.kinds {
			if broken[kind] < 2 {
				t.Errorf("%s: %s was broken off %d times: %v", c.name, kind, broken[kind], broken)
			}
		}
		t.Logf("%s: broken off %v, acknowledged %d", c.name, broken, acknowledged)
	}
	if err := d.publishChanges(); err != nil {
		t.Fatal(err)
	}
}

// TestOnAWSPublishKilledAtEachCall kills the publisher at its calls to the stores: every response counts once, and the page catches
// up and never goes back.
func TestOnAWSPublishKilledAtEachCall(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	total := map[string]int{}
	t.Run("group", func(t *testing.T) { // ends when its subtests have ended
		for name, fault := range map[string]aws.Fault{"not applied": aws.NotApplied, "applied": aws.Applied} {
			for store, network := range map[string]func(*deployment) *aws.Proxy{
				"table":  func(d *deployment) *aws.Proxy { return d.database },
				"bucket": func(d *deployment) *aws.Proxy { return d.files },
			} {
				t.Run(store+", "+name, func(t *testing.T) {
					t.Parallel()
					d := deploy(t)
					broken := publishKilled(t, d, network(d), fault)
					mu.Lock()
					defer mu.Unlock()
					for kind, n := range broken {
						total[kind] += n
					}
				})
			}
		}
	})
	for _, kind := range []string{"GetItem D", "Query Q", "TransactWriteItems J", "BatchWriteItem Q", "Query L", "BatchGetItem J", "GetItem T", "PutItem T", "Query P", "TransactWriteItems P", "GetItem U", "PutItem U", "HEAD", "PUT"} {
		if total[kind] < 2 {
			t.Errorf("%s was broken off %d times", kind, total[kind])
		}
	}
	t.Logf("broken off: %v", total)
}

// publishKilled publishes a response after the other, and kills the publisher at its calls to one of the stores.
func publishKilled(t *testing.T, d *deployment, network *aws.Proxy, fault aws.Fault) (broken map[string]int) {
	t.Helper()
	n := 0
	seen := figures{}
	return killAtEachCall(t, d.publish, network, fault, func(breaking bool) {
		t.Helper()
		if breaking {
			n++
			r := answer.Response{
				ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), Survey: d.survey.ID, Version: d.survey.Version,
				Period: d.survey.PeriodAt(time.Now()), Language: "en", Answers: []answer.Answer{{"overall", fmt.Sprint(n%5 + 1)}},
			}
			if created, err := d.table.Put(t.Context(), r); err != nil || !created {
				t.Fatal(created, err)
			}
		}
		d.endTurns() // as after half a minute: the publisher before may have been killed in its turn
		err := d.publishChanges()
		now := d.publicFigures()
		if now.Revision < seen.Revision || now.Respondents < seen.Respondents || now.Respondents > n {
			t.Fatalf("the page went from %+v to %+v, of %d stored", seen, now, n)
		}
		seen = now
		if errors.Is(err, aws.ErrKilled) && breaking {
			return
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, d.log)
		}
		if seen.Respondents != n {
			t.Fatalf("the page has %d of %d", seen.Respondents, n)
		}
	})
}
