package cloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"glasspoll/internal/answer"
	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/store"
)

// tableAt returns a table whose database is a handler, and which tries calls by a policy.
func tableAt(t *testing.T, p policy, database http.HandlerFunc) *Table {
	t.Helper()
	server := httptest.NewServer(database)
	t.Cleanup(server.Close)
	env := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "DYNAMODB_ENDPOINT": server.URL}
	client := DynamoDB(func(name string) string { return env[name] })
	table := NewTable(client, "polls", Options{})
	table.client = newRetries(p).of(callsOf(client))
	return table
}

func refuse(w http.ResponseWriter, kind, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(http.StatusBadRequest)
	w.Write([]byte(`{"__type": "com.amazon.coral.validate#` + kind + `", "message": "` + message + `"}`))
}

// A client can ask for a survey or a version with a name as long as a request. There is none, which is not an error of the
// table.
func TestNamesThatNoKeyCanHave(t *testing.T) {
	table := tableAt(t, awaited, func(w http.ResponseWriter, r *http.Request) {
		refuse(w, "ValidationException", "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes")
	})
	long := strings.Repeat("x", 2000)
	for _, name := range [][2]string{{long, ""}, {long, "v"}, {"tea", long}} {
		if _, err := table.Definition(t.Context(), name[0], name[1]); !errors.Is(err, store.ErrUnknown) {
			t.Errorf("a survey of %d bytes, version of %d: %v", len(name[0]), len(name[1]), err)
		}
	}
}

// A response that does not fit into an item is refused without writing anything: it can never be stored, so trying again is
// useless. One that fits also fits into the log.
func TestTooLargeForAnItem(t *testing.T) {
	tea := parseSurvey(t, "tea", worldSurvey)
	for _, c := range []struct {
		open, private int
		fits          bool
	}{
		{390_000, 0, true}, {100_000, 390_000, true}, {408_300, 408_500, true}, // private answers are apart
		{409_000, 0, false}, {100_000, 409_000, false}, {1000, 500_000, false},
	} {
		w := newWorld(tea, cloudtest.Options{Now: october})
		p := w.process(cloudtest.Hooks{}, Options{})
		if err := p.PutDefinition(t.Context(), tea); err != nil {
			t.Fatal(err)
		}
		r := worldResponse(1, "2026-10")
		r.Answers[2][1] = strings.Repeat("茶", c.open/3)
		if c.private > 0 {
			r.Private = []answer.Answer{{"mail", strings.Repeat("茶", c.private/3)}}
		}
		before := w.server.Usage()
		err := p.put(t.Context(), r)
		if stored := err == nil; stored != c.fits || !c.fits && !errors.Is(err, store.ErrTooLarge) {
			t.Errorf("%d bytes and %d private: %v", c.open, c.private, err)
		}
		if used := w.server.Usage().Minus(before); !c.fits && used.Total().Writes > 0 {
			t.Errorf("%d bytes and %d private: %v", c.open, c.private, used)
		}
		w.verify(t)
	}
}

// What 30 answers of choices take in the table, once they are collected: all items, with the names of their attributes.
func TestSizeOfAnAnswer(t *testing.T) {
	s := choices(t)
	w := newWorld(s, cloudtest.Options{})
	p := w.process(cloudtest.Hooks{}, Options{Now: func() time.Time { return time.Date(2000, 1, 10, 0, 0, 0, 0, time.UTC) }, Retention: 24 * 365 * time.Hour})
	if err := p.PutDefinition(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	_, before := w.server.Size()
	const n = 500
	for i := range n {
		if _, err := p.Put(t.Context(), choiceResponse(s, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Collect(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	items, after := w.server.Size()
	t.Logf("%d items, %d bytes an answer", items, (after-before)/n)
	if each := (after - before) / n; each > 200 { // 400 were the aim
		t.Errorf("an answer takes %d bytes", each)
	}
}

// A connection may be dead after the function was frozen. That costs one try, not the answer.
func TestDeadConnectionCostsOneTry(t *testing.T) {
	var calls atomic.Int64
	over := make(chan struct{})
	quick := awaited
	quick.perTry = 200 * time.Millisecond
	table := tableAt(t, quick, func(w http.ResponseWriter, r *http.Request) {
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

// A transaction whose reply was lost is sent again with the same token and the same bytes: DynamoDB Local compares them, and the SDK
// writes a map in any order. One that was cancelled gets another token.
func TestTransactionsAreRepeatedExactly(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		reply  string
		same   bool
	}{
		"fault":     {http.StatusInternalServerError, `{"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"}`, true},
		"cancelled": {http.StatusBadRequest, `{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "CancellationReasons": [{"Code": "TransactionConflict"}]}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			var bodies []string
			table := tableAt(t, patient, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				if bodies = append(bodies, string(body)); len(bodies) < 3 {
					w.WriteHeader(c.status)
					io.WriteString(w, c.reply)
					return
				}
				io.WriteString(w, "{}")
			})
			many := item{}
			for i := range 40 {
				many[fmt.Sprint("a", i)] = &types.AttributeValueMemberS{Value: "x"}
			}
			if _, err := table.transact(t.Context(), []types.TransactWriteItem{table.putNew(many)}); err != nil {
				t.Fatal(err)
			}
			if len(bodies) != 3 {
				t.Fatalf("%d tries", len(bodies))
			}
			if same := bodies[1] == bodies[0] && bodies[2] == bodies[0]; same != c.same {
				t.Errorf("the same bytes: %t\n%s\n%s\n%s", same, bodies[0], bodies[1], bodies[2])
			}
		})
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
