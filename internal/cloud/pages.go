package cloud

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"

	"glasspoll/internal/headers"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// Pages is an S3 bucket. The tag of a page is its ETag.
type Pages struct{ bucket *Bucket }

// NewPages uses a bucket that exists.
func NewPages(bucket *Bucket) *Pages { return &Pages{bucket} }

// resultsCache lets a CDN keep a results page for a minute, and serve the old one for a day while it fetches the new one.
const resultsCache = "public, max-age=0, s-maxage=60, stale-while-revalidate=86400"

// movedCache lets a CDN keep a redirect for a minute, and never longer: where it leads to changes with the newest period.
const movedCache = "public, max-age=0, s-maxage=60"

// setMoved sets the headers of a file that leads to another one, for the CDN (deploy/edge.js).
func setMoved(header http.Header, body []byte) {
	if to, moved := headers.MovedTo(body); moved {
		header.Set("X-Amz-Meta-Location", to)
		header.Set("Cache-Control", movedCache)
	}
}

// Page implements [store.Pages].
func (p *Pages) Page(ctx context.Context, name string) (tag string, revision int, err error) {
	header, err := p.bucket.do(ctx, http.MethodHead, name, nil, nil)
	if statusOf(err) == http.StatusNotFound {
		return "", 0, nil
	}
	if err != nil {
		return "", 0, p.wrap(name, err)
	}
	revision, _ = strconv.Atoi(header.Get("X-Amz-Meta-Revision")) // a page without one was uploaded before any release
	return header.Get("ETag"), revision, nil
}

// Replace implements [store.Pages].
func (p *Pages) Replace(ctx context.Context, name, tag string, revision int, body []byte) (newTag string, err error) {
	header := http.Header{}
	header.Set("Content-Type", headers.MediaType(name))
	header.Set("Cache-Control", resultsCache)
	header.Set("X-Amz-Meta-Revision", strconv.Itoa(revision))
	setMoved(header, body)
	if tag == "" {
		header.Set("If-None-Match", "*")
	} else {
		header.Set("If-Match", tag)
	}
	written, err := p.bucket.do(ctx, http.MethodPut, name, header, body)
	status := statusOf(err)
	changed := status == http.StatusPreconditionFailed
	changing := status == http.StatusConflict
	gone := status == http.StatusNotFound && tag != ""
	switch {
	case changed || changing || gone:
		return "", store.ErrStale
	case err != nil:
		return "", p.wrap(name, err)
	}
	return written.Get("ETag"), nil
}

// TagOf returns the tag that a page with this content has. Only a bucket whose files are encrypted with a key of KMS gives other ones.
func (p *Pages) TagOf(body []byte) string {
	sum := md5.Sum(body)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// statusOf returns the status of the bucket's response that an error is about; 0 if there was no response.
func statusOf(err error) int {
	var failed *bucketError
	if errors.As(err, &failed) {
		return failed.status
	}
	return 0
}

func (p *Pages) wrap(name string, err error) error {
	return message.Errorf("bucket %s, %s: %w", p.bucket.name, name, err)
}
