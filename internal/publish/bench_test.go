package publish_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"glasspoll"
	"glasspoll/internal/local"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/simulate"
	"glasspoll/internal/store"
)

// BenchmarkFortyPeriods publishes a survey of 40 periods: once more with a publisher that has run before, and with a new one.
func BenchmarkFortyPeriods(b *testing.B) {
	source, err := os.ReadFile("../../surveys/technology_quarterly.yaml")
	if err != nil {
		b.Fatal(err)
	}
	s, problems := questionnaire.Parse("technology_quarterly.yaml", source)
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	dir, ctx := b.TempDir(), context.Background()
	path := filepath.Join(dir, "glasspoll.db")
	st, err := local.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	pages, err := local.OpenPages(filepath.Join(dir, "public"))
	if err != nil {
		b.Fatal(err)
	}
	r, err := render.New(glasspoll.Templates(), render.Assets{})
	if err != nil {
		b.Fatal(err)
	}
	if err := st.PutDefinition(ctx, s); err != nil {
		b.Fatal(err)
	}
	m := simulate.New(s, 1)
	put := func(period string, n int) {
		var entries []store.Entry
		for range n {
			r, err := m.Response(period)
			if err != nil {
				b.Fatal(err)
			}
			entries = append(entries, store.Entry{Arrived: time.Now(), Response: r})
		}
		if _, err := st.Import(ctx, s.ID, period, entries); err != nil {
			b.Fatal(err)
		}
	}
	for i := range 40 {
		put(fmt.Sprintf("%d-Q%d", 2017+i/4, i%4+1), 200)
	}
	newPublisher := func() *publish.Publisher {
		return publish.New(publish.Options{Collector: st, Log: st, Definitions: st, Tallies: st, Releases: st, Pages: pages, Renderer: results.New(r), Now: time.Now})
	}
	p := newPublisher()
	began := time.Now()
	out, err := p.Publish(ctx, s)
	if err != nil {
		b.Fatal(err)
	}
	b.Log("first run", time.Since(began), out.Replaced, "files")
	b.Run("warm", func(b *testing.B) {
		for b.Loop() {
			put("2026-Q4", 10)
			out, err := p.Publish(ctx, s)
			if err != nil || out.Folded != 10 {
				b.Fatal(out, err)
			}
			b.ReportMetric(float64(out.Replaced), "files")
		}
	})
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			if err := st.Close(); err != nil {
				b.Fatal(err)
			}
			if st, err = local.Open(path); err != nil {
				b.Fatal(err)
			}
			put("2026-Q4", 10)
			out, err := newPublisher().Publish(ctx, s)
			if err != nil || out.Folded != 10 {
				b.Fatal(out, err)
			}
			b.ReportMetric(float64(out.Replaced), "files")
		}
	})
}
