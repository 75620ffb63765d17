package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/sleep"
)

// Webhook posts notifications to one address, signed, in the form of Standard Webhooks
// (github.com/standard-webhooks/standard-webhooks, 1.0.0). It may be used by several goroutines.
type Webhook struct {
	address string
	key     []byte
	client  *http.Client
	now     func() time.Time
	wait    func(ctx context.Context, d time.Duration) error
}

const (
	// attempts bounds the tries of Send. The waits between them add up to 7 seconds, unless the receiver asks for more.
	attempts  = 4
	firstWait = time.Second // before the second attempt; doubled each time
	maxWait   = 30 * time.Second
	timeout   = 15 * time.Second // of one attempt, as the specification recommends
)

// NewWebhook checks an address and a secret.
func NewWebhook(address, secret string) (*Webhook, error) {
	if err := news.CheckAddress(address); err != nil {
		return nil, message.Errorf("the webhook's address: %w", err)
	}
	key, err := ParseSecret(secret)
	if err != nil {
		return nil, err
	}
	return &Webhook{address: address, key: key, now: time.Now, wait: sleep.For, client: newClient()}, nil
}

// Bounds of a key in bytes, from the specification.
const minKey, maxKey = 24, 64

// ParseSecret reads a secret as Standard Webhooks writes it: whsec_ and 24 to 64 bytes in base64.
func ParseSecret(secret string) ([]byte, error) {
	encoded, marked := strings.CutPrefix(strings.TrimSpace(secret), "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !marked || err != nil || len(key) < minKey || len(key) > maxKey {
		return nil, message.Errorf("the webhook's secret must be whsec_ and %d to %d random bytes in base64: make one with  echo \"whsec_$(openssl rand -base64 32)\"", minKey, maxKey)
	}
	return key, nil
}

// event is the body. Its timestamp is that of the item, so that a message sent again is the same.
type event struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      any       `json:"data"`
}

// Send implements [Sender], with a message for each item.
func (w *Webhook) Send(ctx context.Context, m news.Message) error {
	for _, i := range m.Items {
		if err := w.sendItem(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

func (w *Webhook) sendItem(ctx context.Context, i news.Item) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(event{i.Kind.Event(), i.At, i.Payload()}); err != nil {
		return err
	}
	wait := firstWait
	for try := 1; ; try++ {
		named, retry, err := w.post(ctx, i.MessageID(), body.Bytes())
		if err != nil && named > 0 {
			err = &Refusal{err, named}
		}
		if err == nil || !retry || try == attempts {
			return err
		}
		pause := min(max(wait, named), maxWait)
		if end, ends := ctx.Deadline(); ends && time.Until(end) < pause {
			return err
		}
		if waitErr := w.wait(ctx, pause); waitErr != nil {
			return errors.Join(err, waitErr)
		}
		wait *= 2
	}
}

// post sends a message once. retry says that another attempt may help, after at least the wait that the receiver names.
func (w *Webhook) post(ctx context.Context, id string, body []byte) (wait time.Duration, retry bool, err error) {
	timestamp := strconv.FormatInt(w.now().Unix(), 10)
	header := http.Header{"Content-Type": {"application/json"}}
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", timestamp)
	header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(w.sign(id, timestamp, body)))
	got, err := post(ctx, w.client, w.address, header, body)
	switch {
	case got.status/100 == 2:
		return 0, false, nil
	case err != nil:
		return 0, ctx.Err() == nil, message.Errorf("webhook: %w", err)
	}
	retry = got.status >= 500 || got.status == http.StatusTooManyRequests || got.status == http.StatusRequestTimeout || got.status == http.StatusTooEarly
	return got.after, retry, message.Errorf("webhook: the receiver replied %s", strconv.Itoa(got.status)+" "+http.StatusText(got.status))
}

// sign returns the HMAC-SHA256 of id, timestamp and body, joined by dots.
func (w *Webhook) sign(id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, w.key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
