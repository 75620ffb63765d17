package cloud

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"glasspoll/internal/store"
)

// objects is a bucket as S3 answers for it, with files by path.
type objects struct {
	sync.Mutex
	files map[string]object
	puts  int
	lost  bool // copies are answered with 200 and not made
}

type object struct {
	body   string
	header http.Header
}

func (o *objects) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.Lock()
	defer o.Unlock()
	switch from := r.Header.Get("X-Amz-Copy-Source"); {
	case r.Method == http.MethodHead:
		found, ok := o.files[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		maps.Copy(w.Header(), found.header)
	case from != "":
		o.puts++
		if source := o.files[from]; r.Header.Get("X-Amz-Copy-Source-If-Match") != source.header.Get("ETag") {
			w.WriteHeader(http.StatusPreconditionFailed)
		} else if !o.lost {
			o.files[r.URL.Path] = source
		}
	default:
		body, _ := io.ReadAll(r.Body)
		header := http.Header{"Etag": {`"` + string(body) + `"`}}
		for _, name := range []string{"Cache-Control", "Content-Type", "X-Amz-Meta-Digest"} {
			header.Set(name, r.Header.Get(name))
		}
		o.files[r.URL.Path] = object{string(body), header}
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	o := &objects{files: map[string]object{}}
	server := httptest.NewServer(o)
	defer server.Close()
	keys := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
	})
	pages := NewPages(NewBucket("site", "eu-west-1", server.URL, keys))
	copied := func(want bool) {
		t.Helper()
		before := o.puts
		if changed, err := pages.Copy(t.Context(), "tea/closed.html", "tea/index.html"); err != nil || changed != want || o.puts-before != map[bool]int{true: 1}[want] {
			t.Errorf("changed: %v, %v, after %d requests", changed, err, o.puts-before)
		}
	}
	upload := func(name, body string) {
		t.Helper()
		if err := pages.Upload(t.Context(), File{Name: name, Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	copied(false) // neither is there
	upload("tea/index.html", "open")
	copied(false)
	upload("tea/closed.html", "closed")
	copied(true)
	if got := o.files["/site/tea/index.html"]; got.body != "closed" || !strings.Contains(got.header.Get("Cache-Control"), "max-age=60") {
		t.Errorf("in place: %+v", got)
	}
	copied(false)
	// The next upload finds the file as it would have put it.
	if needed, err := pages.NeedsUpload(t.Context(), File{Name: "tea/index.html", Body: []byte("closed")}); err != nil || needed {
		t.Errorf("needs an upload: %v, %v", needed, err)
	}
	upload("tea/index.html", "open")
	o.lost = true
	if changed, err := pages.Copy(t.Context(), "tea/closed.html", "tea/index.html"); changed || !errors.Is(err, store.ErrStale) {
		t.Errorf("a copy that was not made: %v, %v", changed, err)
	}
}
