package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"glasspoll/internal/cloud"
	"glasspoll/internal/store"
)

func newBucket(t *testing.T, endpoint string) (name string) {
	t.Helper()
	name = fmt.Sprintf("glasspoll-%d", time.Now().UnixNano())
	if _, err := s3Client(endpoint).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	return name
}

func pagesOf(endpoint, bucket, key, secret string) *cloud.Pages {
	return cloud.NewPages(cloud.NewBucket(bucket, "us-east-1", endpoint, credentials.NewStaticCredentialsProvider(key, secret, "")))
}

// Whatever is in a name, it is signed as the server reads it, and is what any other client finds.
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
		out, err := other.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &name, Key: sdk.String(key)})
		if err != nil {
			t.Errorf("%s: another client: %v", key, err)
			continue
		}
		if got := readBody(t, out); got != string(content) || sdk.ToString(out.ContentType) != "text/html; charset=utf-8" || !strings.HasPrefix(sdk.ToString(out.CacheControl), "public, max-age=0") {
			t.Errorf("%s: another client finds %q, %s, %s", key, got, sdk.ToString(out.ContentType), sdk.ToString(out.CacheControl))
		}
		f := cloud.File{Name: "files/" + key, Body: content}
		if err := pages.Upload(t.Context(), f); err != nil {
			t.Errorf("%s: upload: %v", key, err)
		}
		if wanted, err := pages.NeedsUpload(t.Context(), f); err != nil || wanted {
			t.Errorf("%s: uploaded, and wanted again: %v", key, err)
		}
	}
}

// What is wrong with the credentials or the bucket is said, and is never taken for a page that others have changed.
func TestBucketSaysWhatIsWrong(t *testing.T) {
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
		what  string
		pages *cloud.Pages
		call  func(*cloud.Pages) error
		want  []string
	}{
		{"another secret", pagesOf(endpoint, name, "local", "wrong"), write, []string{"bucket " + name, "tea/results/index.html", "403", "SignatureDoesNotMatch"}},
		{"another secret, and no body to say it", pagesOf(endpoint, name, "local", "wrong"), read, []string{"bucket " + name, "403", "the credentials are wrong, or have no right to it"}},
		{"no such bucket", pagesOf(endpoint, "no-such-bucket", "local", "local"), write, []string{"bucket no-such-bucket", "404", "NoSuchBucket"}},
	} {
		begin := time.Now()
		err := c.call(c.pages)
		if err == nil || errors.Is(err, store.ErrStale) {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		for _, part := range c.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not say %q", c.what, err, part)
			}
		}
		t.Logf("%s, after %v: %v", c.what, time.Since(begin).Round(time.Millisecond), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := pagesOf(endpoint, name, "local", "local").Page(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
