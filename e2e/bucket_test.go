package e2e

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"glasspoll/internal/cloud"
	"glasspoll/internal/headers"
	"glasspoll/internal/store"
)

// newBucket creates a bucket.
func newBucket(t *testing.T, endpoint string) (name string) {
	t.Helper()
	name = uniqueName()
	if _, err := s3Client(endpoint).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	return name
}

// pagesOf returns the pages of a bucket, read and written with the given credentials.
func pagesOf(endpoint, bucket, key, secret string) *cloud.Pages {
	return cloud.NewPages(cloud.NewBucket(bucket, "us-east-1", endpoint, credentials.NewStaticCredentialsProvider(key, secret, "")))
}

// TestBucketSignsEveryName writes objects with unusual names: the server accepts the signatures, and the SDK's client finds them.
func TestBucketSignsEveryName(t *testing.T) {
	t.Parallel()
	endpoint := s3Server(t)
	name := newBucket(t, endpoint)
	pages, other := pagesOf(endpoint, name, "local", "local"), s3Client(endpoint)
	for _, key := range []string{
		"service/results/index.html", "a b/results/index.html", "a+b/c d+e.html", "服务/结果 (1)/index.html", "100%/50%25.html",
		"ü/é.html", "a~b'!()*$&,;=:@.html", "q?x=1#y.html", "[x]{y}|z^`.html", strings.Repeat("长", 60) + ".html",
	} {
		content := []byte("page " + key)
		tag, err := pages.Replace(t.Context(), key, "", 3, content)
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		if now, revision, err := pages.Page(t.Context(), key); err != nil || now != tag || revision != 3 {
			t.Errorf("%s: found %q of revision %d, wrote %q: %v", key, now, revision, tag, err)
		}
		if tag != pages.TagOf(content) {
			t.Errorf("%s: its tag is %s, and was said to be %s", key, tag, pages.TagOf(content))
		}
		out, err := other.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &name, Key: sdk.String(key)})
		if err != nil {
			t.Errorf("%s: the SDK's client: %v", key, err)
			continue
		}
		if got := readBody(t, out); got != string(content) || sdk.ToString(out.ContentType) != "text/html; charset=utf-8" || !strings.HasPrefix(sdk.ToString(out.CacheControl), "public, max-age=0") {
			t.Errorf("%s: the SDK's client finds %q, %s, %s", key, got, sdk.ToString(out.ContentType), sdk.ToString(out.CacheControl))
		}
		f := cloud.File{Name: "files/" + key, Body: content}
		if err := pages.Upload(t.Context(), f); err != nil {
			t.Errorf("%s: upload: %v", key, err)
		}
		if needed, err := pages.NeedsUpload(t.Context(), f); err != nil || needed {
			t.Errorf("%s: needs upload after its upload: %v", key, err)
		}
	}
}

// TestBucketSaysWhatMoved writes files that lead to others: the bucket keeps with them where to, which the CDN redirects by.
func TestBucketSaysWhatMoved(t *testing.T) {
	t.Parallel()
	endpoint := s3Server(t)
	name := newBucket(t, endpoint)
	pages, other := pagesOf(endpoint, name, "local", "local"), s3Client(endpoint)
	moved, content := headers.Moved("index.html", "../", "en", "Service"), []byte("figures")
	uploaded, replaced := "service/en/results/index.html", "service/results/2026-Q4/index.html"
	location := func(key string) string {
		t.Helper()
		out, err := other.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &name, Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		readBody(t, out)
		return out.Metadata["location"]
	}
	if err := pages.Upload(t.Context(), cloud.File{Name: uploaded, Body: moved}); err != nil || location(uploaded) != "../" {
		t.Errorf("uploaded, it leads to %q, %v", location(uploaded), err)
	}
	tag := ""
	for i, body := range [][]byte{moved, content, moved} {
		var err error
		if tag, err = pages.Replace(t.Context(), replaced, tag, i, body); err != nil {
			t.Fatal(err)
		}
		want, _ := headers.MovedTo(body)
		if got := location(replaced); got != want {
			t.Errorf("after write %d it leads to %q, want %q", i+1, got, want)
		}
	}
}

// TestBucketErrors checks that wrong credentials or a missing bucket are named as such, and not taken for a page that was changed
// meanwhile.
func TestBucketErrors(t *testing.T) {
	t.Parallel()
	endpoint := s3Server(t)
	name := newBucket(t, endpoint)
	write := func(p *cloud.Pages) error {
		_, err := p.Replace(t.Context(), "tea/results/index.html", "", 1, []byte("page"))
		return err
	}
	read := func(p *cloud.Pages) error {
		_, _, err := p.Page(t.Context(), "tea/results/index.html")
		return err
	}
	for _, c := range []struct {
		name  string
		pages *cloud.Pages
		call  func(*cloud.Pages) error
		want  []string
	}{
		{"another secret", pagesOf(endpoint, name, "local", "wrong"), write, []string{"bucket " + name, "tea/results/index.html", "does not accept these credentials", "SignatureDoesNotMatch"}},
		{"another secret, and a reply without a body", pagesOf(endpoint, name, "local", "wrong"), read, []string{"bucket " + name, "403", "the credentials are wrong, or have no right to it"}},
		{"no such bucket", pagesOf(endpoint, "no-such-bucket", "local", "local"), write, []string{"bucket no-such-bucket", "there is none in this account and region", "NoSuchBucket"}},
	} {
		begin := time.Now()
		err := c.call(c.pages)
		if err == nil || errors.Is(err, store.ErrStale) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, part := range c.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q lacks %q", c.name, err, part)
			}
		}
		t.Logf("%s, after %v: %v", c.name, time.Since(begin).Round(time.Millisecond), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := pagesOf(endpoint, name, "local", "local").Page(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
