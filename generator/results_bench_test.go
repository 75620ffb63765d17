package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"glasspoll/internal/answer"
	"glasspoll/internal/console"
	"glasspoll/internal/local"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/server"
	"glasspoll/internal/survey"
)

// responseCount returns how many responses the benchmarks read: a million, or GLASSPOLL_RESPONSES.
func responseCount(b *testing.B) int {
	text := os.Getenv("GLASSPOLL_RESPONSES")
	if text == "" {
		return 1_000_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// fullStore returns a store with a million responses of 30 answers, in four cohorts.
func fullStore(b *testing.B) (*local.Store, *survey.Survey) {
	b.Helper()
	var source strings.Builder
	source.WriteString("title: Thirty\nlanguages: [en]\ntimezone: UTC\nscoring: {overall: question_00}\nsections:\n  - id: all\n    questions:\n")
	source.WriteString("      - {id: tier, type: single_choice, segment: true, label: Tier, options: [{id: a, label: A}, {id: b, label: B}, {id: c, label: C}]}\n")
	for i := range 29 {
		fmt.Fprintf(&source, "      - {id: question_%02d, type: rating, steps: 5, label: Question %d}\n", i, i)
	}
	s, problems := questionnaire.Parse("thirty.yaml", []byte(source.String()))
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	store, err := local.Open(filepath.Join(b.TempDir(), server.DataFile))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { store.Close() })
	if err := store.PutDefinition(context.Background(), s); err != nil {
		b.Fatal(err)
	}
	const writers = 512 // concurrent writes share a commit
	n := responseCount(b)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := w; i < n; i += writers {
				// In order, so that the index of ids grows at its end and filling takes less time.
				id := uuid.UUID{6: 0x40, 8: 0x80}
				binary.BigEndian.PutUint32(id[:4], uint32(i))
				r := answer.Response{ID: id.String(), Survey: s.ID, Version: s.Version, Period: "all", Language: "en", Channel: "web"}
				r.Answers = append(r.Answers, answer.Answer{"tier", string(rune('a' + rand.IntN(3)))})
				for q := range 29 {
					r.Answers = append(r.Answers, answer.Answer{fmt.Sprintf("question_%02d", q), string(rune('1' + rand.IntN(5)))})
				}
				if _, err := store.Put(context.Background(), r); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return store, s
}

func measure(b *testing.B, store *local.Store, v verb) {
	b.Helper()
	for b.Loop() {
		started, used := time.Now(), processorTime(b)
		err := do(context.Background(), &console.Console{Out: io.Discard, Err: io.Discard}, store, v, false)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(responseCount(b))/time.Since(started).Seconds(), "responses/s")
		b.ReportMetric((processorTime(b) - used).Seconds(), "cpu-s")
	}
}

// processorTime returns the time that this process has used on all cores. On a busy machine it is steadier than the clock.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkVerify counts a million responses again. There is no tally to compare with, which takes next to no time.
func BenchmarkVerify(b *testing.B) {
	store, s := fullStore(b)
	measure(b, store, &verifyCommand{ID: s.ID})
}

// BenchmarkExport writes a million rows.
func BenchmarkExport(b *testing.B) {
	store, s := fullStore(b)
	for _, format := range []string{"csv", "jsonl", "xlsx"} {
		b.Run(format, func(b *testing.B) {
			measure(b, store, &exportCommand{ID: s.ID, Format: format})
		})
	}
}
