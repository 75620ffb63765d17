package cloud

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Bucket asks S3 for the two things that pages need, over the SDK's signer. The SDK's own client is not used: it cannot
// be linked in part, and would make the publisher's package half as large again.
type Bucket struct {
	name, region, address string
	credentials           aws.CredentialsProvider
	client                *http.Client
	signer                *v4.Signer
}

// NewBucket names a bucket. Endpoint is "" for AWS's own.
func NewBucket(name, region, endpoint string, credentials aws.CredentialsProvider) *Bucket {
	suffix := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		suffix += ".cn"
	}
	address := "https://" + name + ".s3." + region + "." + suffix
	if strings.Contains(name, ".") { // no certificate has such a name
		address = "https://s3." + region + "." + suffix + "/" + name
	}
	if endpoint != "" {
		address = strings.TrimSuffix(endpoint, "/") + "/" + name
	}
	return &Bucket{
		name: name, region: region, address: address, credentials: credentials,
		client: &http.Client{
			Timeout:       time.Minute,
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 32, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a signature holds for one address
		},
		signer: v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }), // S3 signs the path as it is
	}
}

// A bucketError is an answer that is not 2xx. An answer to HEAD has no code and no text.
type bucketError struct {
	status     int
	code, text string
}

func (e *bucketError) Error() string {
	switch {
	case e.code != "":
		return fmt.Sprintf("status %d %s: %s", e.status, e.code, e.text)
	case e.status == http.StatusForbidden:
		return "status 403: the credentials are wrong, or have no right to it"
	default:
		return strings.TrimSpace(fmt.Sprintf("status %d %s", e.status, http.StatusText(e.status)))
	}
}

// What S3 says of a failure is two elements of XML. A parser would be a hundredth of the whole function.
var (
	errorCode = regexp.MustCompile(`<Code>([^<]*)</Code>`)
	errorText = regexp.MustCompile(`<Message>([^<]*)</Message>`)
)

func newBucketError(status int, body []byte) *bucketError {
	said := func(element *regexp.Regexp) string {
		if found := element.FindSubmatch(body); found != nil {
			return string(found[1])
		}
		return ""
	}
	return &bucketError{status, said(errorCode), said(errorText)}
}

// do sends a request, up to four times where it may help, and returns the headers of the answer.
func (b *Bucket) do(ctx context.Context, method, key string, header http.Header, body []byte) (http.Header, error) {
	for try := 1; ; try++ {
		answer, again, err := b.once(ctx, method, key, header, body)
		if err == nil || !again || try == attempts || ctx.Err() != nil {
			return answer, err
		}
		wait := time.Duration(rand.Int64N(int64(100*time.Millisecond) << try))
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(wait):
		}
	}
}

func (b *Bucket) once(ctx context.Context, method, key string, header http.Header, body []byte) (answer http.Header, again bool, err error) {
	r, err := http.NewRequestWithContext(ctx, method, b.address+"/"+escaped(key), bytes.NewReader(body))
	if err != nil {
		return nil, false, err
	}
	for name, values := range header {
		r.Header[name] = values
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", hash)
	credentials, err := b.credentials.Retrieve(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("credentials: %w", err)
	}
	if err := b.signer.SignHTTP(ctx, credentials, r, hash, "s3", b.region, time.Now()); err != nil {
		return nil, false, err
	}
	reply, err := b.client.Do(r)
	if err != nil {
		return nil, true, err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(io.LimitReader(reply.Body, 64<<10))
	if err != nil {
		return nil, true, err
	}
	if reply.StatusCode/100 == 2 {
		return reply.Header, false, nil
	}
	fault := newBucketError(reply.StatusCode, text)
	again = reply.StatusCode >= 500 || reply.StatusCode == http.StatusTooManyRequests || fault.code == "RequestTimeout" ||
		fault.code == "ConditionalRequestConflict" // another is writing the same name: only trying again tells what is there then
	return nil, again, fault
}

// escaped writes a key as S3 signs it: everything but unreserved characters and the slash is encoded, once.
func escaped(key string) string {
	parts := strings.Split(key, "/")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(url.QueryEscape(part), "+", "%20")
	}
	return strings.Join(parts, "/")
}
