package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"glasspoll/e2e/aws"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/survey"
)

// TestOnAWSPanicIsA500 checks that a panic in the handler is answered with a 500 that has the request's id, is logged with that id,
// and does not end the process.
func TestOnAWSPanicIsA500(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	broken, problems := questionnaire.Parse("broken.yaml", []byte(strings.Replace(serviceSurvey, "id: service", "id: broken", 1)))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	// A step of 0, which the compiler never makes, stands for a bug that panics.
	question := &broken.Sections[0].Questions[0]
	question.Type, question.Options, question.Display, question.Step = survey.Number, nil, "", new(survey.Decimal)
	broken.Version = "broken"
	if err := d.table.PutDefinition(t.Context(), broken); err != nil {
		t.Fatal(err)
	}
	if reply, err := d.post("application/json", serviceSubmission(1), false); err != nil || reply.StatusCode != 201 {
		t.Fatal(reply, err)
	}
	processes := d.submit.Started()
	ids := map[string]bool{}
	for _, media := range []string{"application/json", "application/x-www-form-urlencoded"} {
		body := "overall=3&remark=marked-answer"
		if media == "application/json" {
			body = `{"id":"00000000-0000-4000-8000-000000000007","answers":{"overall":3,"remark":"marked-answer"}}`
		}
		reply, err := d.postTo("broken", media, body, false)
		if err != nil || reply.StatusCode != http.StatusInternalServerError {
			t.Fatalf("%+v, %v", reply, err)
		}
		id := reply.Headers["X-Request-Id"]
		if id == "" || ids[id] {
			t.Errorf("the request's id is %q", id)
		}
		ids[id] = true
		if strings.Contains(reply.Body, "goroutine") || strings.Contains(reply.Body, "divide by zero") {
			t.Errorf("the body is %s", reply.Body)
		}
	}
	if reply, err := d.post("application/json", serviceSubmission(2), false); err != nil || reply.StatusCode != 201 {
		t.Fatal(reply, err)
	}
	if now := d.submit.Started(); now != processes {
		t.Errorf("%d processes have been started, were %d", now, processes)
	}
	if stored := d.countStored(); len(stored) != 2 {
		t.Errorf("%d stored", len(stored))
	}
	d.checkLogs(t, "marked", "203.0.113.7")
	for id := range ids {
		found := false
		for line := range strings.Lines(d.log.String()) {
			found = found || strings.Contains(line, fmt.Sprintf(`"request":%q`, id)) && strings.Contains(line, `"level":"ERROR"`) &&
				strings.Contains(line, "divide by zero") && strings.Contains(line, "answer.checkNumber")
		}
		if !found {
			t.Errorf("no line of the log has the request %s with its panic and stack:\n%s", id, d.log)
		}
	}
}

// TestOnAWSLogsHoldNoAnswers checks that the functions never log an answer, an address or a secret, with every status of a reply.
func TestOnAWSLogsHoldNoAnswers(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	d.submit.Env = append(d.submit.Env, "ORIGIN_SECRETS=marked-secret-1,marked-secret-2", "ADDRESS_HEADER=CloudFront-Viewer-Address")
	statuses := map[int]bool{}
	send := func(survey, media, body string, headers map[string]string, encoded bool) {
		t.Helper()
		e := events.APIGatewayV2HTTPRequest{
			Version: "2.0", RawPath: "/api/surveys/" + survey + "/responses", RawQueryString: "marked=query", Cookies: []string{"marked=cookie"},
			Headers: map[string]string{
				"content-type": media, "accept": "text/html", "user-agent": "marked-agent", "referer": "https://polls.example/?marked",
				"cloudfront-viewer-address": "198.51.100.99:4711", "x-forwarded-for": "198.51.100.98", "x-origin-secret": "marked-secret-2",
			},
			Body: body, IsBase64Encoded: encoded,
		}
		for name, value := range headers {
			e.Headers[name] = value
		}
		e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = "POST", "198.51.100.97"
		raw, err := d.submit.Invoke(t.Context(), e)
		var reply events.APIGatewayV2HTTPResponse
		if err == nil {
			err = json.Unmarshal(raw, &reply)
		}
		if err != nil {
			t.Fatal(err)
		}
		statuses[reply.StatusCode] = true
	}
	const form, data = "application/x-www-form-urlencoded", "application/json"
	id := `"id":"00000000-0000-4000-8000-000000000001",`
	send("service", form, "overall=4&remark=marked-answer", nil, false)
	send("service", form, "overall=marked&remark=marked-answer&marked=field", nil, false)
	send("service", data, `{`+id+`"answers":{"overall":3,"remark":"marked-answer"}}`, nil, false)
	send("service", data, `{`+id+`"answers":{"overall":3,"remark":"marked-answer"}}`, nil, false)
	send("service", data, `{`+id+`"answers":{"overall":3,"remark":"marked-other"}}`, nil, false)
	send("service", data, `{"answers":{"overall":3,"remark":"marked`, nil, false)
	send("marked", form, "overall=4&remark=marked-answer", nil, false)
	send("service", "marked/marked", "overall=4&remark=marked-answer", nil, false)
	send("service", form, "overall=4&remark=marked-answer", map[string]string{"x-origin-secret": "marked"}, false)
	send("service", form, "marked, not base64", nil, true)
	d.submit.Timeout = 3 * time.Second
	d.database.Inject(func(aws.Call) aws.Fault { return aws.Stalled }, nil)
	send("service", form, "overall=5&remark=marked-answer", nil, false)
	d.database.Reset()
	for _, status := range []int{200, 201, 303, 400, 403, 404, 409, 415, 422, 503} {
		if !statuses[status] {
			t.Errorf("no reply had the status %d: %v", status, statuses)
		}
	}
	d.publish.Timeout = 4 * time.Second
	d.files.Inject(func(aws.Call) aws.Fault { return aws.Stalled }, nil)
	if err := d.publishChanges(); err == nil {
		t.Error("published without a bucket")
	}
	d.files.Reset()
	d.publish.Timeout = 30 * time.Second
	if err := d.publishChanges(); err != nil {
		t.Error(err)
	}
	d.checkLogs(t, "marked", "198.51.100", ":4711")
}

// checkLogs stops the functions and checks that they have logged lines of JSON, metrics among them, and none of the words.
func (d *deployment) checkLogs(t *testing.T, words ...string) {
	t.Helper()
	d.submit.Kill() // the whole log has been read once the process has ended
	d.publish.Kill()
	logged := d.log.String()
	for _, word := range words {
		if i := strings.Index(logged, word); i >= 0 {
			t.Errorf("the log contains %q: …%s…", word, logged[max(0, i-200):min(len(logged), i+100)])
		}
	}
	metrics := 0
	for line := range strings.Lines(logged) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("a line of the log is not JSON: %s", line)
		}
		if _, ok := fields["_aws"]; ok {
			metrics++
		}
	}
	if metrics == 0 {
		t.Errorf("no metrics among\n%s", logged)
	}
}
