package cloud

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"glasspoll/internal/message"
)

// Bucket makes the two requests of S3 that pages need: HEAD and PUT of an object.
type Bucket struct {
	name, address string
	client        *signedClient
}

// NewBucket uses a bucket that exists. Endpoint is "" for that of AWS.
func NewBucket(name, region, endpoint string, credentials aws.CredentialsProvider) *Bucket {
	suffix := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		suffix += ".cn"
	}
	address := "https://" + name + ".s3." + region + "." + suffix
	if strings.Contains(name, ".") { // no certificate covers such a host
		address = "https://s3." + region + "." + suffix + "/" + name
	}
	if endpoint != "" {
		address = strings.TrimSuffix(endpoint, "/") + "/" + name
	}
	client := newSignedClient("s3", region, credentials, time.Minute, 32, func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping = true // S3 signs the path as sent
	})
	return &Bucket{name: name, address: address, client: client}
}

// A bucketError is a response that is not 2xx. A response to HEAD has no code and no text.
type bucketError struct {
	status     int
	code, text string
}

func (e *bucketError) Error() string { return e.Message().String() }

// Message returns the text of the error.
func (e *bucketError) Message() message.Text {
	if known := meaning(e.code, e.text); !known.IsZero() {
		return known
	}
	switch {
	case e.code != "":
		return message.New("status %d %s: %s", e.status, e.code, e.text)
	case e.status == http.StatusForbidden:
		return message.New("status 403: the credentials are wrong, or have no right to it")
	}
	return message.New("status %d %s", e.status, http.StatusText(e.status)).Map(strings.TrimSpace)
}

// S3 describes an error by two elements of XML. A parser would be a hundredth of the function's size.
var (
	errorCode = regexp.MustCompile(`<Code>([^<]*)</Code>`)
	errorText = regexp.MustCompile(`<Message>([^<]*)</Message>`)
)

func newBucketError(status int, body []byte) *bucketError {
	text := func(element *regexp.Regexp) string {
		if found := element.FindSubmatch(body); found != nil {
			return string(found[1])
		}
		return ""
	}
	return &bucketError{status, text(errorCode), text(errorText)}
}

// do sends a request, several times if that may help, and returns the headers of the response.
func (b *Bucket) do(ctx context.Context, method, key string, header http.Header, body []byte) (got http.Header, err error) {
	return b.request(ctx, method, b.address+"/"+escaped(key), header, body)
}

// ask sends a request to an address of the bucket, and tells whether it succeeded.
func (b *Bucket) ask(ctx context.Context, method, address string, header http.Header, body []byte) error {
	_, err := b.request(ctx, method, address, header, body)
	return err
}

// request is do at an address.
func (b *Bucket) request(ctx context.Context, method, address string, header http.Header, body []byte) (got http.Header, err error) {
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("X-Amz-Content-Sha256", payloadHash(body))
	err = retried(ctx, func() (retry bool, err error) {
		response, retry, err := b.client.send(ctx, method, address, header, body)
		if err != nil {
			return retry, err
		}
		if response.status/100 == 2 {
			got = response.header
			return false, nil
		}
		failed := newBucketError(response.status, response.body)
		return failed.retry(), failed
	})
	return got, err
}

// retry reports whether the same request may succeed later.
func (e *bucketError) retry() bool {
	return e.status >= 500 || e.status == http.StatusTooManyRequests || e.code == "RequestTimeout" ||
		e.code == "ConditionalRequestConflict" // another write of the same name is under way: its outcome is not known yet
}

// escaped returns a key as S3 signs it: all but unreserved characters and the slash is percent-encoded, once.
func escaped(key string) string {
	parts := strings.Split(key, "/")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(url.QueryEscape(part), "+", "%20")
	}
	return strings.Join(parts, "/")
}
