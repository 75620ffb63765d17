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
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"glasspoll"
	"glasspoll/internal/intake"
	"glasspoll/internal/local"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/survey"
)

const (
	clients = 256    // at once
	turn    = 10_000 // submissions before the other store has its turn, so that both run under the same conditions
)

// BenchmarkAccept sends submissions of 30 answers in JSON from 256 clients to the handler, with the real renderer and the
// embedded store, which syncs. For comparison, and in turns with it, bare bbolt stores values of the same size under random
// ids, from as many goroutines and in batches of as many.
func BenchmarkAccept(b *testing.B) {
	s := thirty(b)
	store, err := local.Open(filepath.Join(b.TempDir(), "glasspoll.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	if err := store.PutDefinition(b.Context(), s); err != nil {
		b.Fatal(err)
	}
	renderer, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		b.Fatal(err)
	}
	handler := &intake.Handler{
		Definitions: store, Responses: store, Renderer: renderer, Now: time.Now,
		ClientAddress: func(r *http.Request) string { return r.RemoteAddr },
		Log:           slog.New(slog.NewTextHandler(io.Discard, nil)),
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
	submit := func(i int) error {
		body := fmt.Appendf(make([]byte, 0, 1024), `{"id":%q,`, uuid.NewString())
		body = append(body, bodies[i%len(bodies)][1:]...)
		r := &http.Request{
			Method: "POST", URL: &url.URL{Path: "/api/surveys/thirty/responses"}, Body: io.NopCloser(bytes.NewReader(body)),
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
		inBare += atOnce(b, min(n, turn), put, &bare)
		b.StartTimer()
		inAccept += atOnce(b, min(n, turn), submit, &took)
	}
	b.StopTimer()
	slices.Sort(took)
	accepted, stored := float64(len(took))/inAccept.Seconds(), float64(len(bare))/inBare.Seconds()
	b.ReportMetric(accepted, "submissions/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(stored, "bare-bbolt/s")
	b.ReportMetric(accepted/stored, "ratio")
}

// atOnce makes n calls from all clients and appends the time of each.
func atOnce(b *testing.B, n int, call func(i int) error, took *[]time.Duration) time.Duration {
	b.Helper()
	times := make([]time.Duration, n)
	var wg sync.WaitGroup
	started := time.Now()
	for c := range clients {
		wg.Go(func() {
			for i := c; i < n; i += clients {
				from := time.Now()
				if err := call(i); err != nil {
					b.Error(err)
					return
				}
				times[i] = time.Since(from)
			}
		})
	}
	wg.Wait()
	all := time.Since(started)
	*took = append(*took, times...)
	return all
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

// thirty returns a survey of 30 questions.
func thirty(b *testing.B) *survey.Survey {
	b.Helper()
	var yaml strings.Builder
	yaml.WriteString("title: Thirty\nlanguages: [en]\nsections:\n  - questions:\n")
	for i := range 30 {
		fmt.Fprintf(&yaml, "      - {id: question_%02d, type: rating, steps: 5, required: true, label: Question %d}\n", i, i)
	}
	s, problems := questionnaire.Parse("thirty.yaml", []byte(yaml.String()))
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	return s
}
