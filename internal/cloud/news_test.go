package cloud

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"glasspoll/internal/cases"
	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/news"
)

// TestOutboxOfBefore reads what earlier versions have written: the ids of opened cases alone.
func TestOutboxOfBefore(t *testing.T) {
	w := newWorld(parseSurvey(t, "tea", worldSurvey), cloudtest.Options{})
	table := w.process(cloudtest.Hooks{}, Options{}).Table
	for _, id := range []string{"7K3M9QXA2B4CD5E6", "8K3M9QXA2B4CD5E6"} {
		c := &cases.Case{ID: id, Survey: "tea", Type: "complaint", Opened: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
		if _, err := table.OpenCase(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"7K3M9QXA2B4CD5E6", "8K3M9QXA2B4CD5E6", "0000000000000000"} { // the last one has no case
		if _, err := w.server.Client(cloudtest.Hooks{}).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("polls"), Item: newsKey("tea", id)}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := table.News(t.Context(), "tea")
	if err != nil || len(all) != 2 || all[0].ID != "case_7K3M9QXA2B4CD5E6" || all[0].Kind != news.CaseOpened || all[0].Case.Type != "complaint" {
		t.Fatalf("%+v, %v", all, err)
	}
	all[0].Deliveries = map[string]news.Delivery{"slack": {Attempts: 1}}
	if err := table.SaveNews(t.Context(), all[0]); err != nil {
		t.Fatal(err)
	}
	if again, err := table.News(t.Context(), "tea"); err != nil || len(again) != 2 || again[0].Deliveries["slack"].Attempts != 1 || again[0].Revision != 1 {
		t.Fatalf("%+v, %v", again, err)
	}
	for _, i := range all {
		if err := table.RemoveNews(t.Context(), "tea", i.ID); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := table.News(t.Context(), "tea"); err != nil || len(left) != 0 {
		t.Errorf("%+v, %v", left, err)
	}
}

// service replies with the given answers, one after another, as a service of AWS, and keeps what it was asked.
type service struct {
	*httptest.Server
	requests []*http.Request
	bodies   []string
}

func newService(t *testing.T, answers ...string) *service {
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.requests, s.bodies = append(s.requests, r), append(s.bodies, string(body))
		status, text, _ := strings.Cut(answers[min(len(s.requests), len(answers))-1], " ")
		if status == "400" {
			w.Header().Set("X-Amzn-ErrorType", "MessageRejected:http://internal.amazon.com/")
		}
		w.WriteHeader(map[string]int{"200": 200, "400": 400, "500": 500}[status])
		io.WriteString(w, text)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestParameter(t *testing.T) {
	keys := credentials.NewStaticCredentialsProvider("key", "secret", "")
	s := newService(t, "500 {}", `200 {"Parameter": {"Name": "/glasspoll/news", "Type": "SecureString", "Value": "A=b\nC=d"}}`)
	value, err := NewParameters("eu-central-1", s.URL, keys).Parameter(t.Context(), "/glasspoll/news")
	if err != nil || value != "A=b\nC=d" || len(s.requests) != 2 {
		t.Fatalf("%q, %v, %d requests", value, err, len(s.requests))
	}
	r := s.requests[0]
	if r.Header.Get("X-Amz-Target") != "AmazonSSM.GetParameter" || !strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/ssm/aws4_request") || s.bodies[0] != `{"Name":"/glasspoll/news","WithDecryption":true}` {
		t.Errorf("%v %s", r.Header, s.bodies[0])
	}
	s = newService(t, `400 {"__type": "ParameterNotFound", "message": "no such parameter"}`)
	if _, err := NewParameters("eu-central-1", s.URL, keys).Parameter(t.Context(), "/glasspoll/news"); err == nil || !strings.Contains(err.Error(), "ParameterNotFound") || len(s.requests) != 1 {
		t.Errorf("%v after %d requests", err, len(s.requests))
	}
}

func TestMailIsSent(t *testing.T) {
	keys := credentials.NewStaticCredentialsProvider("key", "secret", "")
	m := news.Message{Title: "Glasspoll: 新事项", Lines: []string{"one", "two"}}
	s := newService(t, "500 {}", `200 {"MessageId": "x"}`)
	if err := NewMail("eu-central-1", s.URL, keys, "polls@example.com", "li@example.com").Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	r := s.requests[1]
	var got struct {
		FromEmailAddress string
		Destination      struct{ ToAddresses []string }
		Content          struct {
			Simple struct {
				Subject struct{ Data, Charset string }
				Body    struct {
					Text struct{ Data, Charset string }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(s.bodies[1]), &got); err != nil {
		t.Fatal(err)
	}
	if r.Method != http.MethodPost || r.URL.Path != "/v2/email/outbound-emails" || !strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/ses/aws4_request") {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	if simple := got.Content.Simple; got.FromEmailAddress != "polls@example.com" || len(got.Destination.ToAddresses) != 1 || got.Destination.ToAddresses[0] != "li@example.com" ||
		simple.Subject.Data != m.Title || simple.Subject.Charset != "UTF-8" || simple.Body.Text.Data != "Glasspoll: 新事项\none\ntwo" {
		t.Errorf("%s", s.bodies[1])
	}
	s = newService(t, `400 {"message": "Email address is not verified."}`)
	if err := NewMail("eu-central-1", s.URL, keys, "polls@example.com", "li@example.com").Send(t.Context(), m); err == nil || !strings.Contains(err.Error(), "MessageRejected Email address is not verified.") || len(s.requests) != 1 {
		t.Errorf("%v after %d requests", err, len(s.requests))
	}
}
