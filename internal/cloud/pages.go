package cloud

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"glasspoll/internal/publish"
)

// Pages is an S3 bucket. The tag of a page is its ETag.
type Pages struct {
	client objects
	bucket string
}

// NewPages uses a bucket that exists.
func NewPages(client *s3.Client, bucket string) *Pages {
	return &Pages{objects{client.HeadObject, client.PutObject}, bucket}
}

// resultsCache lets a CDN keep a results page for a minute, and show the old one for a day while it asks for the new.
const resultsCache = "public, max-age=0, s-maxage=60, stale-while-revalidate=86400"

// Page implements [publish.Pages].
func (p *Pages) Page(ctx context.Context, name string) (tag string, revision int, err error) {
	out, err := p.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &p.bucket, Key: &name})
	if err != nil {
		if missing(err) {
			return "", 0, nil
		}
		return "", 0, p.wrap(name, err)
	}
	revision, _ = strconv.Atoi(out.Metadata["revision"]) // a page that was uploaded without one is older than any release
	return aws.ToString(out.ETag), revision, nil
}

// Replace implements [publish.Pages].
func (p *Pages) Replace(ctx context.Context, name, tag string, revision int, body []byte) (newTag string, err error) {
	input := &s3.PutObjectInput{
		Bucket: &p.bucket, Key: &name, Body: bytes.NewReader(body), ContentLength: aws.Int64(int64(len(body))),
		ContentType: aws.String(MediaType(name)), CacheControl: aws.String(resultsCache),
		Metadata: map[string]string{"revision": strconv.Itoa(revision)},
	}
	if tag == "" {
		input.IfNoneMatch = aws.String("*")
	} else {
		input.IfMatch = &tag
	}
	out, err := p.client.PutObject(ctx, input)
	if err != nil {
		switch codeOf(err) {
		case "PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "NotFound":
			return "", publish.ErrStale
		}
		return "", p.wrap(name, err)
	}
	return aws.ToString(out.ETag), nil
}

// MediaType is what a file is, by its name, and the same on every machine.
func MediaType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".json":
		return "application/json"
	case ".csv":
		return "text/csv; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		return "application/octet-stream"
	}
}

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func (p *Pages) wrap(name string, err error) error {
	return fmt.Errorf("bucket %s, %s: %w", p.bucket, name, err)
}
