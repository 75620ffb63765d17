package local

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
	"glasspoll/internal/store/storetest"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// randomResponse returns a response to a survey of 30 ratings.
func randomResponse(s *survey.Survey) answer.Response {
	r := answer.Response{ID: uuid.NewString(), Survey: s.ID, Version: s.Version, Period: "all", Language: "en", Channel: "web"}
	for i := range 30 {
		r.Answers = append(r.Answers, answer.Answer{fmt.Sprintf("question_%02d", i), string(rune('1' + rand.IntN(5)))})
	}
	return r
}

func openBench(b *testing.B) *Store {
	b.Helper()
	s, err := Open(filepath.Join(b.TempDir(), "glasspoll.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

func fileSize(t testing.TB, s *Store) int64 {
	t.Helper()
	info, err := os.Stat(s.path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

const clients = 256

// atOnce makes b.N calls from a number of goroutines, and reports how many there are a second and the time of the slowest
// hundredth.
func atOnce(b *testing.B, clients int, call func(i int) error) {
	b.Helper()
	b.ResetTimer()
	took, _ := storetest.Concurrently(b, clients, b.N, call)
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "puts/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkPut stores responses of 30 answers from 256 goroutines. For comparison within one run, bare bbolt stores values of
// the same size in batches of 256: under the ids of the responses, which recognizing a duplicate needs, and under
// ascending keys, which is the most that bbolt can do.
func BenchmarkPut(b *testing.B) {
	s := storetest.RatingSurvey(b, 30)
	responses := make([]answer.Response, 20_000)
	for i := range responses {
		responses[i] = randomResponse(s)
	}
	response := func(i int) answer.Response {
		r := responses[i%len(responses)]
		if i >= len(responses) {
			r.ID = uuid.NewString()
		}
		return r
	}
	for name, key := range map[string]func(i int) []byte{
		"bbolt by id":    func(i int) []byte { return []byte(response(i).ID) },
		"bbolt by count": func(i int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(i)) },
	} {
		b.Run(name, func(b *testing.B) {
			db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			db.MaxBatchSize, db.MaxBatchDelay = clients, 2*time.Millisecond
			if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("bare")); return err }); err != nil {
				b.Fatal(err)
			}
			value := answer.Append(nil, responses[0], answer.NewVocabulary(s))
			atOnce(b, clients, func(i int) error {
				k := key(i)
				return db.Batch(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("bare")).Put(k, value) })
			})
		})
	}
	for _, clients := range []int{1, 64, clients} {
		b.Run(fmt.Sprintf("store, %d writers", clients), func(b *testing.B) {
			opened := openBench(b)
			if err := opened.PutDefinition(context.Background(), s); err != nil {
				b.Fatal(err)
			}
			before := fileSize(b, opened)
			atOnce(b, clients, func(i int) error {
				_, err := opened.Put(context.Background(), response(i))
				return err
			})
			b.ReportMetric(float64(fileSize(b, opened)-before)/float64(b.N), "file-B/response")
		})
	}
}

// BenchmarkCheckAndEncode checks the values of a form, 30 answers of which 3 are texts and 3 numbers, and encodes them as they
// are stored.
func BenchmarkCheckAndEncode(b *testing.B) {
	var source strings.Builder
	source.WriteString("title: Mixed\nlanguages: [en]\nsections:\n  - questions:\n")
	form := url.Values{"_id": {uuid.NewString()}}
	for i := range 30 {
		name := fmt.Sprintf("question_%02d", i)
		switch i % 10 {
		case 8:
			fmt.Fprintf(&source, "      - {id: %s, type: number, min: 0, max: 100, label: How many}\n", name)
			form.Set(name, "42.5")
		case 9:
			fmt.Fprintf(&source, "      - {id: %s, type: long_text, label: Why}\n", name)
			form.Set(name, "交货期再短一些就更好了，其他都很满意。")
		default:
			fmt.Fprintf(&source, "      - {id: %s, type: rating, steps: 5, required: true, label: How}\n", name)
			form.Set(name, "4")
		}
	}
	s, problems := questionnaire.Parse("mixed.yaml", []byte(source.String()))
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	posted, vocabulary := answer.FromForm(form), answer.NewVocabulary(s)
	b.ReportAllocs()
	for b.Loop() {
		r, _, problems := answer.Check(s, posted)
		if len(problems) > 0 {
			b.Fatal(problems)
		}
		r.Period = "all"
		answer.Append(nil, r, vocabulary)
	}
}

// BenchmarkRead reads and decodes logs, and folds what it reads.
func BenchmarkRead(b *testing.B) {
	s := storetest.RatingSurvey(b, 30)
	opened := openBench(b)
	if err := opened.PutDefinition(context.Background(), s); err != nil { // else answers are stored as texts
		b.Fatal(err)
	}
	populate(b, opened, s, 20_000)
	read := func(b *testing.B, use func(store.Entry)) {
		for n := 0; n < b.N; {
			for entry, err := range opened.After(context.Background(), s.ID, "all", "") {
				if err != nil {
					b.Fatal(err)
				}
				use(entry)
				n++
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "responses/s")
	}
	b.Run("decoded", func(b *testing.B) { read(b, func(store.Entry) {}) })
	b.Run("folded", func(b *testing.B) {
		t := tally.New()
		read(b, func(e store.Entry) { t.Fold(s, e.Cursor, e.Day(s), e.Response) })
	})
}

// populate stores n responses, up to 10,000 in one transaction.
func populate(b *testing.B, opened *Store, s *survey.Survey, n int) {
	b.Helper()
	for n > 0 {
		batch := min(n, 10_000)
		n -= batch
		entries := make([]store.Entry, batch)
		for i := range entries {
			entries[i] = store.Entry{Arrived: time.Now(), Response: randomResponse(s)}
		}
		// In the order of their ids, so that the index's pages are each written once a batch.
		slices.SortFunc(entries, func(x, y store.Entry) int { return strings.Compare(x.Response.ID, y.Response.ID) })
		if imported, err := opened.Import(context.Background(), s.ID, "all", entries); imported != batch || err != nil {
			b.Fatal(imported, err)
		}
	}
}

// BenchmarkPublish publishes after every ten new responses, on top of 100 and of 1,000,000 responses in turn, so that both
// run under the same conditions, and reports the ratio of the two medians.
func BenchmarkPublish(b *testing.B) {
	s := storetest.RatingSurvey(b, 30)
	open := func(n int) func() time.Duration {
		directory := b.TempDir()
		opened, err := Open(filepath.Join(directory, "glasspoll.db"))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { opened.Close() })
		pages, err := OpenPages(filepath.Join(directory, "public"))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { pages.Close() })
		populate(b, opened, s, n)
		publisher := publish.New(publish.Options{Collector: opened, Log: opened, Definitions: opened, Tallies: opened, Releases: opened, Pages: pages, Renderer: newRenderer(b), Now: time.Now})
		if _, err := publisher.Publish(context.Background(), s); err != nil {
			b.Fatal(err)
		}
		return func() time.Duration {
			populate(b, opened, s, 10)
			started := time.Now()
			out, err := publisher.Publish(context.Background(), s)
			if err != nil || out.Folded != 10 || len(out.Released) != 1 {
				b.Fatal(out, err)
			}
			return time.Since(started)
		}
	}
	few, many := open(100), open(1_000_000)
	var times [2][]time.Duration
	for b.Loop() {
		times[0] = append(times[0], few())
		times[1] = append(times[1], many())
	}
	slices.Sort(times[0])
	slices.Sort(times[1])
	after100, after1M := times[0][len(times[0])/2], times[1][len(times[1])/2]
	b.ReportMetric(float64(after100.Microseconds())/1000, "ms-after-100")
	b.ReportMetric(float64(after1M.Microseconds())/1000, "ms-after-1000000")
	b.ReportMetric(float64(after1M)/float64(after100), "ratio")
}

func newRenderer(b *testing.B) publish.Renderer {
	b.Helper()
	r, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		b.Fatal(err)
	}
	return results.New(r)
}
