package cloud

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// tableAt returns a table whose database is a handler. A try of a call to it ends after perTry.
func tableAt(t *testing.T, perTry time.Duration, database http.HandlerFunc) *Table {
	t.Helper()
	server := httptest.NewServer(database)
	t.Cleanup(server.Close)
	env := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "DYNAMODB_ENDPOINT": server.URL}
	return NewTable(newDynamoDB(func(name string) string { return env[name] }, perTry), "polls", Options{})
}

func refuse(w http.ResponseWriter, kind, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(http.StatusBadRequest)
	w.Write([]byte(`{"__type": "com.amazon.coral.validate#` + kind + `", "message": "` + message + `"}`))
}

// A client can ask for a survey or a version with a name as long as a request. There is none, which is not an error of the
// table.
func TestNamesThatNoKeyCanHave(t *testing.T) {
	table := tableAt(t, perTry, func(w http.ResponseWriter, r *http.Request) {
		refuse(w, "ValidationException", "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes")
	})
	long := strings.Repeat("x", 2000)
	for _, name := range [][2]string{{long, ""}, {long, "v"}, {"tea", long}} {
		if _, err := table.Definition(t.Context(), name[0], name[1]); !errors.Is(err, store.ErrUnknown) {
			t.Errorf("a survey of %d bytes, version of %d: %v", len(name[0]), len(name[1]), err)
		}
	}
}

// A response that does not fit into an item is refused before anything is written: it can never be stored, so trying again is
// useless. Private answers are in an item of their own.
func TestTooLargeForAnItem(t *testing.T) {
	var writes atomic.Int64
	table := tableAt(t, perTry, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".TransactWriteItems") {
			writes.Add(1)
		}
		w.Write([]byte("{}"))
	})
	response := func(open, private int) answer.Response {
		r := answer.Response{ID: "00000000-0000-4000-8000-000000000001", Survey: "tea", Period: "all", Version: "v", Language: "zh"}
		r.Answers = []answer.Answer{{"text", strings.Repeat("茶", open/3)}}
		if private > 0 {
			r.Private = []answer.Answer{{"note", strings.Repeat("茶", private/3)}}
		}
		return r
	}
	for _, c := range []struct {
		open, private int
		fits          bool
	}{
		{400_000, 0, true}, {400_000, 400_000, true}, {1000, 400_000, true},
		{410_000, 0, false}, {100_000, 410_000, false}, {410_000, 410_000, false},
	} {
		writes.Store(0)
		created, err := table.Put(t.Context(), response(c.open, c.private))
		if stored := created && err == nil; stored != c.fits || !c.fits && !errors.Is(err, store.ErrTooLarge) || !c.fits && writes.Load() > 0 {
			t.Errorf("%d bytes and %d private: %t, %v, after %d writes", c.open, c.private, created, err, writes.Load())
		}
	}
}

// A connection may be dead after the function was frozen. That costs one try, not the answer.
func TestDeadConnectionCostsOneTry(t *testing.T) {
	var calls atomic.Int64
	over := make(chan struct{})
	table := tableAt(t, 200*time.Millisecond, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			<-over
			return
		}
		w.Write([]byte("{}"))
	})
	t.Cleanup(func() { close(over) }) // runs before the cleanup of the server, which waits for its requests
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	created, err := table.Put(ctx, answer.Response{ID: "00000000-0000-4000-8000-000000000001", Survey: "tea", Period: "all"})
	if !created || err != nil || calls.Load() < 2 {
		t.Errorf("%t, %v, after %d calls", created, err, calls.Load())
	}
}

// S3 replies with 409 while another write of the same name is under way: the request must be repeated.
func TestConflictInBucketIsRetried(t *testing.T) {
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			w.WriteHeader(http.StatusConflict)
			w.Write([]byte("<Error><Code>ConditionalRequestConflict</Code><Message>The conditional request cannot succeed due to a conflicting operation against this resource.</Message></Error>"))
			return
		}
		w.Header().Set("ETag", `"1"`)
	}))
	t.Cleanup(server.Close)
	env := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "S3_ENDPOINT": server.URL}
	pages := NewPages(S3(func(name string) string { return env[name] }, "polls"))
	if err := pages.Upload(t.Context(), File{Name: "tea/results/index.html", Body: []byte("none yet")}); err != nil || calls.Load() != 2 {
		t.Errorf("%v, after %d calls", err, calls.Load())
	}
}
