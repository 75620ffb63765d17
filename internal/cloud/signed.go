package cloud

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"glasspoll/internal/message"
)

// A signedClient sends requests to one AWS service, signed by the SDK's signer. It stands in for the SDK's own clients of
// S3 and EventBridge: those cannot be linked in part, and would make the publisher's package half as large again.
type signedClient struct {
	service, region string
	credentials     aws.CredentialsProvider
	client          *http.Client
	signer          *v4.Signer
}

func newSignedClient(service, region string, credentials aws.CredentialsProvider, timeout time.Duration, connections int, options ...func(*v4.SignerOptions)) *signedClient {
	return &signedClient{
		service: service, region: region, credentials: credentials, signer: v4.NewSigner(options...),
		client: &http.Client{
			Timeout:       timeout,
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: connections, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a signature is for one address
		},
	}
}

// A reply is a service's response. Of the body, at most the first 64 KiB are kept.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// send sends one request. With an error, retry says that another try may succeed. Replies of every status are returned
// without an error.
func (c *signedClient) send(ctx context.Context, method, address string, header http.Header, body []byte) (response reply, retry bool, err error) {
	return c.sendFrom(ctx, method, address, header, bytes.NewReader(body), int64(len(body)), payloadHash(body))
}

// sendFrom is send of a body that is read while it is sent, with its size and hash.
func (c *signedClient) sendFrom(ctx context.Context, method, address string, header http.Header, body io.Reader, size int64, sum string) (response reply, retry bool, err error) {
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return reply{}, false, err
	}
	r.ContentLength = size
	for name, values := range header {
		r.Header[name] = values
	}
	credentials, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return reply{}, false, message.Errorf("credentials: %w", err)
	}
	if err := c.signer.SignHTTP(ctx, credentials, r, sum, c.service, c.region, time.Now()); err != nil {
		return reply{}, false, err
	}
	got, err := c.client.Do(r)
	if err != nil {
		return reply{}, true, err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(io.LimitReader(got.Body, 64<<10))
	if err != nil {
		return reply{}, true, err
	}
	return reply{got.StatusCode, got.Header, text}, false, nil
}

// payloadHash returns the hash of a body that a signature covers.
func payloadHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// retried calls f until it succeeds or says that trying again does not help, by the policy of calls that nobody waits for.
func retried(ctx context.Context, f func() (retry bool, err error)) error {
	for try := 1; ; try++ {
		retry, err := f()
		if err == nil || !retry || try == patient.tries || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(random(patient.base << (try - 1))):
		}
	}
}
