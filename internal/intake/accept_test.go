package intake_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"glasspoll/internal/intake"
	"glasspoll/internal/local"
	"glasspoll/internal/store/storetest"
)

const (
	clients = 256    // at once
	turn    = 10_000 // submissions before the other store has its turn, so that both run under the same conditions
)

// BenchmarkAccept sends submissions of 30 answers in JSON from 256 clients to the handler, with the real renderer and the
// embedded store, which syncs. For comparison, and in turns with it, bare bbolt stores values of the same size under random
// ids, from as many goroutines, in batches of their number.
func BenchmarkAccept(b *testing.B) {
	s := storetest.RatingSurvey(b, 30)
	store, err := local.Open(filepath.Join(b.TempDir(), "glasspoll.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	if err := store.PutDefinition(b.Context(), s); err != nil {
		b.Fatal(err)
	}
	handler := &intake.Handler{
		Definitions: store, Responses: store, Days: store, Redeemer: store, Invitations: store, IDs: store, Secrets: store, Renderer: pages(b), Now: time.Now,
		Client: func(r *http.Request) string { return r.RemoteAddr },
		Log:    slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	bodies := make([][]byte, 1000)
	for i := range bodies {
		answers := map[string]any{}
		for q := range 30 {
			answers[fmt.Sprintf("question_%02d", q)] = 1 + rand.IntN(5)
		}
		bodies[i], err = json.Marshal(map[string]any{"version": s.Version, "language": "en", "answers": answers})
		if err != nil {
			b.Fatal(err)
		}
	}
	address := "/api/surveys/" + s.ID + "/responses"
	submit := func(i int) error {
		body := fmt.Appendf(make([]byte, 0, 1024), `{"id":%q,`, uuid.NewString())
		body = append(body, bodies[i%len(bodies)][1:]...)
		r := &http.Request{
			Method: "POST", URL: &url.URL{Path: address}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
			Header: http.Header{"Content-Type": {"application/json"}}, RemoteAddr: "192.0.2.1:" + strconv.Itoa(i),
		}
		w := reply{header: http.Header{}}
		handler.ServeHTTP(&w, r)
		if w.status != http.StatusCreated {
			return fmt.Errorf("%d %s", w.status, w.body)
		}
		return nil
	}

	db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.MaxBatchSize, db.MaxBatchDelay = clients, 2*time.Millisecond
	bucket := []byte("bare")
	if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket(bucket); return err }); err != nil {
		b.Fatal(err)
	}
	value := make([]byte, 500)
	put := func(int) error {
		key := []byte(uuid.NewString())
		return db.Batch(func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Put(key, value) })
	}

	var took, bare []time.Duration
	var inAccept, inBare time.Duration
	b.ResetTimer()
	for n := b.N; n > 0; n -= turn {
		b.StopTimer()
		each, all := storetest.Concurrently(b, clients, min(n, turn), put)
		bare, inBare = append(bare, each...), inBare+all
		b.StartTimer()
		each, all = storetest.Concurrently(b, clients, min(n, turn), submit)
		took, inAccept = append(took, each...), inAccept+all
	}
	b.StopTimer()
	slices.Sort(took)
	accepted, stored := float64(len(took))/inAccept.Seconds(), float64(len(bare))/inBare.Seconds()
	b.ReportMetric(accepted, "submissions/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(stored, "bare-bbolt/s")
	b.ReportMetric(accepted/stored, "ratio")
}

// reply is a minimal response writer.
type reply struct {
	header http.Header
	status int
	body   []byte
}

func (r *reply) Header() http.Header { return r.header }

func (r *reply) WriteHeader(status int) { r.status = status }

func (r *reply) Write(p []byte) (int, error) {
	r.body = append(r.body, p...)
	return len(p), nil
}
