package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/chromedp/chromedp"

	"glasspoll/e2e/aws"
)

// stream reads the records of the table's stream that pass the template's filter.
type stream struct {
	t         *testing.T
	client    *dynamodbstreams.Client
	arn       string
	iterators map[string]*string // by shard; nil at its end
	filters   []filter
}

// filter is one of the template's filters; a record passes that passes one of them.
type filter struct {
	EventName []string `json:"eventName"`
	DynamoDB  struct {
		Keys struct {
			PK struct{ S []struct{ Prefix string } }
		}
	} `json:"dynamodb"`
}

func (f filter) passes(event, pk string) bool {
	for _, one := range f.DynamoDB.Keys.PK.S {
		if strings.HasPrefix(pk, one.Prefix) {
			return slices.Contains(f.EventName, event)
		}
	}
	return false
}

func followStream(t *testing.T, d *deployment) *stream {
	t.Helper()
	template, err := aws.ReadTemplate("../deploy/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var filters []filter
	for _, source := range template.Resources.Publish.Properties.Events.Answers.Properties.FilterCriteria.Filters {
		var f filter
		if err := json.Unmarshal([]byte(source.Pattern), &f); err != nil {
			t.Fatal(err)
		}
		filters = append(filters, f)
	}
	about, err := d.client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: sdk.String(d.name())})
	if err != nil {
		t.Fatal(err)
	}
	return &stream{
		t: t, arn: *about.Table.LatestStreamArn, iterators: map[string]*string{}, filters: filters,
		client: dynamodbstreams.New(dynamodbstreams.Options{
			Region: "us-east-1", BaseEndpoint: &d.database.Target, Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		}),
	}
}

// waitForRecords waits for at least want new records, and returns all that there are, in the order of each shard.
func (s *stream) waitForRecords(want int) []events.DynamoDBEventRecord {
	s.t.Helper()
	var all []events.DynamoDBEventRecord
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		if all = append(all, s.newRecords()...); len(all) >= want {
			return all
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the stream has %d records, want %d", len(all), want)
		}
	}
}

// newRecords returns the records since the last call that are about answers.
func (s *stream) newRecords() []events.DynamoDBEventRecord {
	s.t.Helper()
	about, err := s.client.DescribeStream(s.t.Context(), &dynamodbstreams.DescribeStreamInput{StreamArn: &s.arn})
	if err != nil {
		s.t.Fatal(err)
	}
	var all []events.DynamoDBEventRecord
	for _, shard := range about.StreamDescription.Shards {
		at, known := s.iterators[*shard.ShardId]
		if !known {
			out, err := s.client.GetShardIterator(s.t.Context(), &dynamodbstreams.GetShardIteratorInput{
				StreamArn: &s.arn, ShardId: shard.ShardId, ShardIteratorType: streams.ShardIteratorTypeTrimHorizon,
			})
			if err != nil {
				s.t.Fatal(err)
			}
			at = out.ShardIterator
		}
		for at != nil {
			out, err := s.client.GetRecords(s.t.Context(), &dynamodbstreams.GetRecordsInput{ShardIterator: at})
			if err != nil {
				s.t.Fatal(err)
			}
			at = out.NextShardIterator
			for _, r := range out.Records {
				pk, _ := r.Dynamodb.Keys["PK"].(*streams.AttributeValueMemberS)
				sk, _ := r.Dynamodb.Keys["SK"].(*streams.AttributeValueMemberS)
				if pk == nil || sk == nil || !strings.Contains("QIWE", pk.Value[:1]) || !slices.ContainsFunc(s.filters, func(f filter) bool { return f.passes(string(r.EventName), pk.Value) }) {
					continue
				}
				if len(r.Dynamodb.NewImage)+len(r.Dynamodb.OldImage) > 0 {
					s.t.Error("a record has more than keys")
				}
				record := events.DynamoDBEventRecord{EventName: string(r.EventName), EventSource: "aws:dynamodb"}
				record.Change.SequenceNumber = *r.Dynamodb.SequenceNumber
				record.Change.ApproximateCreationDateTime = events.SecondsEpochTime{Time: *r.Dynamodb.ApproximateCreationDateTime}
				record.Change.Keys = map[string]events.DynamoDBAttributeValue{"PK": events.NewStringAttribute(pk.Value), "SK": events.NewStringAttribute(sk.Value)}
				all = append(all, record)
			}
			if len(out.Records) == 0 {
				break
			}
		}
		s.iterators[*shard.ShardId] = at
	}
	return all
}

// deliver invokes the publisher with records, as the event source mapping does.
func (d *deployment) deliver(t *testing.T, records []events.DynamoDBEventRecord) {
	t.Helper()
	raw, err := d.publish.Invoke(t.Context(), events.DynamoDBEvent{Records: records})
	var reply events.DynamoDBEventResponse
	if err == nil {
		err = json.Unmarshal(raw, &reply)
	}
	if err != nil || len(reply.BatchItemFailures) > 0 {
		t.Fatalf("%+v, %v\n%s", reply, err, d.log)
	}
}

// TestOnAWSStreamIsOnlyATrigger delivers the batches of the table's stream once, twice, in reverse, and not at all.
func TestOnAWSStreamIsOnlyATrigger(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	s := followStream(t, d)
	n := 0
	send := func(more int) {
		t.Helper()
		for range more {
			n++
			if reply, err := d.post("application/json", serviceSubmission(n), false); err != nil || reply.StatusCode != 201 {
				t.Fatal(reply, err)
			}
		}
	}
	checkCount := func(want int) {
		t.Helper()
		if f := d.publicFigures(); f.Respondents != want {
			t.Fatalf("the page counts %d respondents, want %d", f.Respondents, want)
		}
	}
	send(10)
	first := s.waitForRecords(10)
	if len(first) != 10 {
		t.Fatalf("the stream has %d records of 10 answers", len(first))
	}
	d.deliver(t, first)
	checkCount(10)
	d.deliver(t, first) // repeated
	checkCount(10)
	send(10)
	second := s.waitForRecords(10)
	slices.Reverse(second)
	d.deliver(t, append(slices.Clone(second), first...)) // reordered, and old ones again
	checkCount(20)
	send(10)
	s.waitForRecords(10) // lost
	checkCount(20)
	send(1)
	d.deliver(t, s.waitForRecords(1))  // which names another part of the queue, or the same
	for _, lost := range []int{0, 5} { // the schedule makes up for them
		send(lost)
		s.waitForRecords(lost)
		if _, err := d.publish.Invoke(t.Context(), map[string]string{"source": "aws.events", "detail-type": "Scheduled Event"}); err != nil {
			t.Fatal(err)
		}
		checkCount(31 + lost)
	}
	for _, metric := range []string{"PublishAge", "Rounds"} {
		d.waitForLog(`"` + metric + `":`)
	}
}

// TestOnAWSInABrowser uses a whole deployment: the program publishes the site, a browser fills in the form through the CDN, with and
// without mistakes, and shows the results. Every call of the functions must be allowed by their roles.
func TestOnAWSInABrowser(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	template, err := aws.ReadTemplate("../deploy/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const secret = "0123456789abcdef0123456789abcdef"
	d.submit.Env = append(d.submit.Env, "ORIGIN_SECRETS="+secret+",older", "ADDRESS_HEADER=CloudFront-Viewer-Address", "RETENTION_DAYS=30")
	if out, err := d.runPublish(t, writeSurveys(t, map[string]string{"tea.yaml": teaSurvey})); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	site := startCDN(t, d, secret)
	s := followStream(t, d)
	for address, want := range map[string]int{"": 200, "tea": 301, "tea/en": 301, "tea/": 200, "tea/results/": 200, "nothing/": 404, "nothing.html": 404} {
		status, header, page := fetch(t, site+address)
		if status != want {
			t.Errorf("/%s: %d, want %d", address, status, want)
		}
		if want == 404 && !strings.Contains(page, `href="/assets/`) {
			t.Errorf("/%s is not the site's error page:\n%.300s", address, page)
		}
		if header.Get("Content-Security-Policy") == "" {
			t.Errorf("/%s has no security headers", address)
		}
	}

	// For an unknown survey the handler replies with JSON. The CDN replaces it by the site's error page, as it does every 404; the
	// status stays. See docs/operators-aws.md.
	unknown, err := http.Post(site+"api/surveys/nothing/responses", "application/json", strings.NewReader(`{"answers":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	missing, err := io.ReadAll(unknown.Body)
	unknown.Body.Close()
	if err != nil || unknown.StatusCode != http.StatusNotFound || !strings.Contains(string(missing), `href="/assets/`) {
		t.Errorf("an unknown survey: %d, %v\n%.300s", unknown.StatusCode, err, missing)
	}

	var submitted, published []aws.Call // the calls of the two functions
	collect := func(into *[]aws.Call) {
		*into = append(append(*into, d.database.Calls()...), d.files.Calls()...)
		d.database.Reset()
		d.files.Reset()
	}
	d.database.Reset()
	d.files.Reset()

	ctx := openPage(t, 360)
	load(t, ctx, chromedp.Navigate(site+"tea/en?c=email"))
	if location(t, ctx) != site+"tea/en/?c=email" {
		t.Errorf("redirected to %s", location(t, ctx))
	}
	do(t, ctx, click("taste", "5"), click("why", "warm"), chromedp.SendKeys(css(`[name=email]`), "li.secret@example.com"), chromedp.SendKeys(css(`[name=remark]`), "secret remark"))
	load(t, ctx, chromedp.Click(css("form button")))
	if thanks := location(t, ctx); !strings.HasPrefix(thanks, site+"tea/en/thanks/") || !strings.Contains(thanks, "#") { // with the receipt
		t.Fatalf("after sending: %s\n%s", location(t, ctx), d.log)
	}
	// Without a script, and with mistakes: the handler's page has the site's stylesheet.
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := func(fields string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequest("POST", site+"api/surveys/tea/responses", strings.NewReader(fields))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "text/html")
		r.Header.Set("CloudFront-Viewer-Address", "203.0.113.99:1") // forged
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var page strings.Builder
		buffer := make([]byte, 1<<20)
		for {
			n, err := response.Body.Read(buffer)
			page.Write(buffer[:n])
			if err != nil {
				return response, page.String()
			}
		}
	}
	status, header, page := fetch(t, site+"api/surveys/tea/form/en?c=%E8%8C%B6&store=1")
	if status != 200 || header.Get("Cache-Control") != "private, max-age=0" || !strings.Contains(page, `href="../../../../assets/style.`) || strings.Contains(page, `name="_id" value=""`) {
		t.Errorf("a form with an id: %d, %v\n%.500s", status, header, page)
	}
	if response, page := form("cups=9999"); response.StatusCode != 422 || !strings.Contains(page, `href="../../../assets/style.`) {
		t.Errorf("a form with mistakes: %d\n%.500s", response.StatusCode, page)
	}
	receipts := map[string]bool{}
	for click := range 3 { // a double click over one connection, and somebody else's with the same address and answers
		if click == 2 {
			client.Transport = &http.Transport{DisableKeepAlives: true}
		}
		response, page := form("taste=4&remark=secret+words")
		if response.StatusCode != 303 {
			t.Errorf("a plain form: %d %s", response.StatusCode, page)
		}
		_, receipt, _ := strings.Cut(response.Header.Get("Location"), "#")
		receipts[receipt] = true
	}
	if len(receipts) != 2 {
		t.Errorf("the receipts are %v", receipts)
	}
	collect(&submitted)

	d.deliver(t, s.waitForRecords(3))
	collect(&published)
	if _, err := d.publish.Invoke(t.Context(), map[string]string{"source": "aws.events"}); err != nil {
		t.Fatal(err)
	}
	collect(&published)
	load(t, ctx, chromedp.Navigate(site+"tea/en/results/"))
	if text := read(t, ctx, chromedp.Text(css("main"))); !strings.Contains(text, "3") || !isTrue(t, ctx, `document.styleSheets[0].cssRules.length > 0`) {
		t.Errorf("the results page says\n%s", text)
	}
	_, _, data := fetch(t, site+"tea/results/results.json")
	var r resultsFile
	if err := json.Unmarshal([]byte(data), &r); err != nil || r.Respondents != 3 {
		t.Errorf("%d respondents, want 3 (%v)", r.Respondents, err)
	}
	screenshot(t, ctx, "aws-results-en-360")

	for _, check := range []struct {
		role   string
		calls  []aws.Call
		denied func(aws.Call) string
		kinds  int
	}{{"SubmitRole", submitted, template.Submit().Denied, 2}, {"PublishRole", published, template.Publish().Denied, 4}} {
		kinds := map[string]bool{}
		for _, c := range check.calls {
			if c.Name == "GET" {
				continue
			}
			kind, _, _ := strings.Cut(c.Name, " ")
			kinds[kind] = true
			if strings.HasPrefix(c.Name, "GET /") { // by the CDN
				continue
			}
			if why := check.denied(c); why != "" {
				t.Errorf("%s does not allow %s: %s", check.role, c.Name, why)
			}
		}
		if len(kinds) < check.kinds {
			t.Errorf("only the calls %v were seen of %s", slices.Sorted(maps.Keys(kinds)), check.role)
		}
	}
	// Calls that must be denied, to test the check itself.
	private := aws.Call{Name: "GetItem", Body: []byte(`{"Key":{"PK":{"S":"I#tea#00000000-0000-4000-8000-000000000001"}},"ProjectionExpression":"private"}`)}
	read := aws.Call{Name: "GetItem", Body: []byte(`{"Key":{"PK":{"S":"I#tea#00000000-0000-4000-8000-000000000001"}}}`)}
	forge := aws.Call{Name: "PutItem", Body: []byte(`{"Item":{"PK":{"S":"D#tea"}}}`)}
	for _, c := range []aws.Call{private, read, forge} {
		if template.Submit().Denied(c) == "" || template.Publish().Denied(c) == "" {
			t.Errorf("a role allows %s", c.Body)
		}
	}

	// Neither answers nor addresses are logged, and requests that bypass the CDN are refused.
	d.submit.Kill() // the whole log has been read once the process has ended
	d.publish.Kill()
	for _, secret := range []string{"secret", "example.com", "198.51.100.23", "203.0.113", "192.0.2.1", "127.0.0.1:5"} {
		if strings.Contains(d.log.String(), secret) {
			t.Errorf("the logs contain %q:\n%s", secret, d.log)
		}
	}
	lines := 0
	for line := range strings.Lines(d.log.String()) {
		var any map[string]any
		if err := json.Unmarshal([]byte(line), &any); err != nil {
			t.Errorf("a line of the log is not JSON: %s", line)
		}
		if _, figures := any["_aws"]; figures {
			lines++
		}
	}
	if lines < 4 {
		t.Errorf("%d lines of metrics", lines)
	}
	if reply, err := d.post("application/json", serviceSubmission(1), false); err != nil || reply.StatusCode != http.StatusForbidden {
		t.Errorf("bypassing the CDN: %d, %v", reply.StatusCode, err)
	}
}

// TestOnAWSDeadlineAndShutdown stalls the stores: the functions reply before their deadline, so that the request or event is
// retried. A process that gets SIGTERM logs that it stops.
func TestOnAWSDeadlineAndShutdown(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	d.submit.Timeout = 4 * time.Second
	d.database.Inject(func(aws.Call) aws.Fault { return aws.Stalled }, nil)
	begin := time.Now()
	reply, err := d.post("application/json", serviceSubmission(1), false)
	if err != nil || reply.StatusCode != http.StatusServiceUnavailable || reply.Headers["Retry-After"] == "" {
		t.Fatalf("%+v, %v after %v", reply, err, time.Since(begin))
	}
	if reply.Headers["X-Request-Id"] == "" {
		t.Errorf("the reply lacks the request's id: %+v", reply)
	}
	d.waitForLog(fmt.Sprintf(`"request":%q`, reply.Headers["X-Request-Id"]))
	d.database.Reset()
	d.submit.Timeout = 30 * time.Second // a busy machine may need it
	if reply, err := d.post("application/json", serviceSubmission(1), false); err != nil || reply.StatusCode != 201 {
		t.Fatal(reply, err)
	}
	d.submit.Signal(syscall.SIGTERM)
	d.waitForLog(`"stopping"`)
	if reply, err := d.post("application/json", serviceSubmission(2), false); err != nil && !errors.Is(err, aws.ErrKilled) {
		t.Fatal(reply, err)
	}
	// The publisher returns its records as failed.
	d.publish.Timeout = 4 * time.Second
	d.files.Inject(func(aws.Call) aws.Fault { return aws.Stalled }, nil)
	if err := d.publishChanges(); err != errNotPublished {
		t.Errorf("got %v, want %v", err, errNotPublished)
	}
	d.files.Reset()
	d.publish.Timeout = 30 * time.Second // a busy machine may need it
	begin = time.Now()
	if err := d.publishChanges(); err != nil {
		t.Errorf("%v after %v\n%s", err, time.Since(begin), d.log)
	}
	t.Logf("caught up in %v", time.Since(begin))
}
