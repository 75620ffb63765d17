package cloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// archiveBucket is a bucket in memory, whose requests fail as often as Fail says.
type archiveBucket struct {
	mu      sync.Mutex
	objects map[string]string
	states  map[string]string
	fail    int
	size    int64
}

func (b *archiveBucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Method == http.MethodHead {
		state, known := b.states[r.URL.Path]
		if !known {
			w.WriteHeader(http.StatusNotFound)
		}
		w.Header().Set("X-Amz-Meta-State", state)
		return
	}
	body, err := io.ReadAll(r.Body)
	if b.fail > 0 && strings.HasSuffix(r.URL.Path, ".zip") {
		b.fail--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if err != nil || r.Header.Get("X-Amz-Content-Sha256") != payloadHash(body) {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	b.objects[r.URL.Path], b.states[r.URL.Path], b.size = string(body), r.Header.Get("X-Amz-Meta-State"), r.ContentLength
}

// TestArchives: an archive is sent whole from a file, also at the second try, with its state and its checksum.
func TestArchives(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	b := &archiveBucket{objects: map[string]string{}, states: map[string]string{}, fail: 1}
	server := httptest.NewServer(b)
	defer server.Close()
	keys := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
	})
	archives := NewArchives(NewBucket("archives", "eu-west-1", server.URL, keys))
	wantState := func(want string) {
		t.Helper()
		if state, err := archives.State(t.Context(), "tea-2026-Q3"); err != nil || state != want {
			t.Errorf("%q, %v, want %q", state, err, want)
		}
	}
	wantState("")
	whole := strings.Repeat("archive ", 100_000)
	if err := archives.Put(t.Context(), "tea-2026-Q3", "7 é 1", func(w io.Writer) error {
		_, err := io.WriteString(w, whole)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	wantState("7 é 1")
	if got := b.objects["/archives/tea-2026-Q3.zip"]; got != whole || b.size != int64(len(whole)) {
		t.Errorf("%d bytes of %d, announced as %d", len(got), len(whole), b.size)
	}
	if got, want := b.objects["/archives/tea-2026-Q3.zip.sha256"], fmt.Sprintf("%s  tea-2026-Q3.zip\n", payloadHash([]byte(whole))); got != want {
		t.Errorf("%s, want %s", got, want)
	}

	// What cannot be written whole is not sent.
	broken := errors.New("broken")
	if err := archives.Put(t.Context(), "tea-2026-Q3", "8", func(w io.Writer) error {
		io.WriteString(w, "half")
		return broken
	}); !errors.Is(err, broken) {
		t.Error(err)
	}
	wantState("7 é 1")
	b.fail = patientTries
	if err := archives.Put(t.Context(), "tea-2026-Q3", "8", func(io.Writer) error { return nil }); err == nil || !strings.Contains(err.Error(), "bucket archives: tea-2026-Q3.zip: status 503") {
		t.Error(err)
	}
	wantState("7 é 1")
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}
