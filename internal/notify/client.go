package notify

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/message"
)

// newClient makes a client that follows no redirect: the operator has named one address, not those it leads to.
func newClient() *http.Client {
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// withoutAddress takes the address, and its host, out of an error of a request: they may be secrets themselves, and errors are
// logged.
func withoutAddress(err error, address string) error {
	var with *url.Error
	if errors.As(err, &with) {
		err = with.Err
	}
	u, failed := url.Parse(address)
	if err == nil || failed != nil || u.Hostname() == "" || !strings.Contains(err.Error(), u.Hostname()) {
		return err
	}
	return message.Errorf("%s", message.Of(err).Map(func(text string) string { return strings.ReplaceAll(text, u.Hostname(), "…") }))
}

// reply is what a receiver replies. Of the body, at most the first 64 KiB are kept.
type reply struct {
	status int
	after  time.Duration // Retry-After; 0 if there is none
	body   []byte
}

// post posts a body once, with the given headers. If the reply breaks off, its status is returned with the error.
func post(ctx context.Context, client *http.Client, address string, header http.Header, body []byte) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return reply{}, message.Errorf("the address cannot be used")
	}
	r.Header = header
	r.Header.Set("User-Agent", "Glasspoll")
	got, err := client.Do(r)
	if err != nil {
		return reply{}, withoutAddress(err, address)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(io.LimitReader(got.Body, 64<<10))
	return reply{got.StatusCode, retryAfter(got.Header), text}, withoutAddress(err, address)
}

// longestRetryAfter bounds what a receiver may ask for.
const longestRetryAfter = 24 * time.Hour

// retryAfter reads the header, which is a number of seconds for the receivers that there are.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, int(longestRetryAfter/time.Second))) * time.Second
}

// maxReason bounds what is kept of a receiver's words, in characters.
const maxReason = 200

// reason returns a receiver's words in one line, bounded, and without what is secret.
func reason(text string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) >= 6 {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	text = strings.Join(strings.FieldsFunc(text, func(c rune) bool { return c <= ' ' || c == 0x7F }), " ")
	if runes := []rune(text); len(runes) > maxReason {
		text = string(runes[:maxReason]) + "…"
	}
	return text
}

// secretsOf returns the parts of an address by which others could write to the receiver.
func secretsOf(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return []string{address}
	}
	secrets := strings.Split(u.Path, "/")
	for _, values := range u.Query() {
		secrets = append(secrets, values...)
	}
	return append(secrets, address, u.RawQuery)
}
