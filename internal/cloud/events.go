package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"glasspoll/internal/news"
)

// Events sends events about cases to EventBridge, to the default bus of the account. Its requests are those of the AWS JSON
// 1.1 protocol.
type Events struct {
	address string
	client  *signedClient
}

// The source and the type of events, by which EventBridge rules select them.
const (
	EventSource = "glasspoll"
	EventType   = "Case opened"
)

// EventBridge makes a client from the environment.
func EventBridge(getenv func(string) string) *Events {
	return NewEvents(getenv("AWS_REGION"), getenv("EVENTBRIDGE_ENDPOINT"), fromEnvironment(getenv))
}

// NewEvents uses the bus of a region. Endpoint is "" for that of AWS.
func NewEvents(region, endpoint string, credentials aws.CredentialsProvider) *Events {
	return &Events{address: endpointOf("events", region, endpoint) + "/", client: newSignedClient("events", region, credentials, 10*time.Second, 0)}
}

// Send implements [notify.Sender], of news that a case was opened. The event's detail is the case's notice, whose id stays the
// same when it is sent again.
func (e *Events) Send(ctx context.Context, m news.Message) error {
	for _, i := range m.Items {
		if err := e.sendItem(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

func (e *Events) sendItem(ctx context.Context, i news.Item) error {
	detail, err := json.Marshal(i.Case)
	if err != nil {
		return err
	}
	type entry struct {
		Source     string
		DetailType string
		Detail     string
		Time       float64 // seconds since 1970
	}
	request, err := json.Marshal(struct{ Entries []entry }{[]entry{{EventSource, EventType, string(detail), float64(i.At.UnixMilli()) / 1000}}})
	if err != nil {
		return err
	}
	return retried(ctx, func() (retry bool, err error) { return e.put(ctx, request) })
}

// put sends one event. With an error, retry says that another try may succeed.
func (e *Events) put(ctx context.Context, request []byte) (retry bool, err error) {
	header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"AWSEvents.PutEvents"}}
	response, retry, err := e.client.send(ctx, http.MethodPost, e.address, header, request)
	if err != nil {
		return retry, err
	}
	var outcome struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Failed  int    `json:"FailedEntryCount"`
		Entries []struct{ EventID, ErrorCode, ErrorMessage string }
	}
	if err := json.Unmarshal(response.body, &outcome); err != nil && response.status == http.StatusOK {
		return true, fmt.Errorf("EventBridge: a response that is not JSON: %w", err)
	}
	if response.status != http.StatusOK {
		retry := response.status >= 500 || strings.Contains(outcome.Type, "Throttling")
		return retry, fmt.Errorf("EventBridge: status %d %s %s", response.status, outcome.Type, outcome.Message)
	}
	if outcome.Failed > 0 || len(outcome.Entries) != 1 {
		code, message := "no entry", ""
		if len(outcome.Entries) > 0 {
			code, message = outcome.Entries[0].ErrorCode, outcome.Entries[0].ErrorMessage
		}
		return code == "InternalFailure" || code == "ThrottlingException", fmt.Errorf("EventBridge did not take the event: %s %s", code, message)
	}
	return false, nil
}
