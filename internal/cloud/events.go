package cloud

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"glasspoll/internal/cases"
)

// Events sends notifications of cases to EventBridge, on the account's default bus, over the SDK's signer: one call is all that is needed,
// and the SDK's own client would make the publisher's package larger than it may be. Its requests are those of the AWS
// JSON 1.1 protocol.
type Events struct {
	region, address string
	credentials     aws.CredentialsProvider
	client          *http.Client
	signer          *v4.Signer
	now             func() time.Time
}

// What events say of themselves, for the rules that pick them out.
const (
	EventSource = "glasspoll"
	EventType   = "Case opened"
)

// EventBridge makes a client from the environment.
func EventBridge(getenv func(string) string) *Events {
	return NewEvents(getenv("AWS_REGION"), getenv("EVENTBRIDGE_ENDPOINT"), fromEnvironment(getenv))
}

// NewEvents names a region's bus. Endpoint is "" for AWS's own.
func NewEvents(region, endpoint string, credentials aws.CredentialsProvider) *Events {
	if endpoint == "" {
		endpoint = "https://events." + region + ".amazonaws.com"
		if strings.HasPrefix(region, "cn-") {
			endpoint += ".cn"
		}
	}
	return &Events{
		region: region, address: strings.TrimSuffix(endpoint, "/") + "/", credentials: credentials, now: time.Now, signer: v4.NewSigner(),
		client: &http.Client{
			Timeout:       10 * time.Second,
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a signature holds for one address
		},
	}
}

// Send implements [notify.Sender]. The event's detail is the case's notice, whose id stays the same when it is sent again.
func (e *Events) Send(ctx context.Context, c *cases.Case) error {
	detail, err := json.Marshal(c.Notice())
	if err != nil {
		return err
	}
	type entry struct {
		Source     string
		DetailType string
		Detail     string
		Time       float64 // seconds since 1970
	}
	request, err := json.Marshal(struct{ Entries []entry }{[]entry{{EventSource, EventType, string(detail), float64(c.Opened.UnixMilli()) / 1000}}})
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		again, err := e.put(ctx, request)
		if err == nil || !again || try == attempts || ctx.Err() != nil {
			return err
		}
		wait := time.Duration(rand.Int64N(int64(100*time.Millisecond) << try))
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// put sends one event. Again says that trying again may help.
func (e *Events) put(ctx context.Context, request []byte) (again bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.address, bytes.NewReader(request))
	if err != nil {
		return false, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSEvents.PutEvents")
	credentials, err := e.credentials.Retrieve(ctx)
	if err != nil {
		return false, fmt.Errorf("credentials: %w", err)
	}
	sum := sha256.Sum256(request)
	if err := e.signer.SignHTTP(ctx, credentials, r, hex.EncodeToString(sum[:]), "events", e.region, e.now()); err != nil {
		return false, err
	}
	reply, err := e.client.Do(r)
	if err != nil {
		return true, err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(io.LimitReader(reply.Body, 64<<10))
	if err != nil {
		return true, err
	}
	var outcome struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Failed  int    `json:"FailedEntryCount"`
		Entries []struct{ EventID, ErrorCode, ErrorMessage string }
	}
	if err := json.Unmarshal(text, &outcome); err != nil && reply.StatusCode == http.StatusOK {
		return true, fmt.Errorf("EventBridge: an answer that is no JSON: %w", err)
	}
	if reply.StatusCode != http.StatusOK {
		again := reply.StatusCode >= 500 || strings.Contains(outcome.Type, "Throttling")
		return again, fmt.Errorf("EventBridge: status %d %s %s", reply.StatusCode, outcome.Type, outcome.Message)
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
