package publish_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"glasspoll"
	"glasspoll/internal/answer"
	"glasspoll/internal/local"
	"glasspoll/internal/publish"
	"glasspoll/internal/questionnaire"
	"glasspoll/internal/release"
	"glasspoll/internal/render"
	"glasspoll/internal/results"
	"glasspoll/internal/store"
)

const monthly = `
title: {en: Monthly, zh: 每月}
languages: [zh, en]
timezone: UTC
period: month
sections:
  - id: all
    title: {en: All, zh: 全部}
    questions:
      - {id: rated, type: rating, steps: 5, label: {en: Rated, zh: 评分}}
results: {min_group: 5}
`

// counted counts the files that are rendered, by their periods.
type counted struct{ files map[string]int }

func (c counted) HTML(w io.Writer, p results.Page) error { return c.write(w, p) }
func (c counted) JSON(w io.Writer, p results.Page) error { return c.write(w, p) }
func (c counted) CSV(w io.Writer, p results.Page) error  { return c.write(w, p) }

func (c counted) write(w io.Writer, p results.Page) error {
	c.files[p.Period]++
	_, err := fmt.Fprintln(w, p.Language, p.Path(), len(p.Set.Report.Periods))
	return err
}

// decoded counts the releases of a store that have not been returned by it before, by their periods: those that it has
// decoded or been given since.
type decoded struct {
	*local.Store
	known map[*release.Release]bool
	added map[string]int
}

func (d decoded) Latest(ctx context.Context, survey string) ([]*release.Release, error) {
	latest, err := d.Store.Latest(ctx, survey)
	for _, r := range latest {
		if !d.known[r] {
			d.known[r] = true
			d.added[r.Period]++
		}
	}
	return latest, err
}

// openStore opens a data file in a directory, and the pages in its folder "public". They are closed at the end of the test.
func openStore(t testing.TB, dir string) (*local.Store, *local.Pages) {
	t.Helper()
	opened, err := local.Open(filepath.Join(dir, "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	pages, err := local.OpenPages(filepath.Join(dir, "public"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pages.Close() })
	return opened, pages
}

// TestClosedPeriodsAreLeftAlone publishes new answers of the newest of 40 periods: no release of another period is decoded
// again, and no file of another period is rendered or written.
func TestClosedPeriodsAreLeftAlone(t *testing.T) {
	t.Parallel()
	s, problems := questionnaire.Parse("monthly.yaml", []byte(monthly))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	ctx := context.Background()
	opened, pages := openStore(t, t.TempDir())
	if err := opened.PutDefinition(ctx, s); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 4, 20, 12, 0, 0, 0, time.UTC)
	ids := 0
	put := func(period string, n int) {
		t.Helper()
		var entries []store.Entry
		for range n {
			ids++
			entries = append(entries, store.Entry{Arrived: now, Response: answer.Response{
				ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", ids), Survey: s.ID, Version: s.Version, Period: period, Language: "en",
				Answers: []answer.Answer{{"rated", "4"}}}})
		}
		if _, err := opened.Import(ctx, s.ID, period, entries); err != nil {
			t.Fatal(err)
		}
	}
	var periods []string
	for i := range 40 {
		periods = append(periods, fmt.Sprintf("%d-%02d", 2023+i/12, 1+i%12))
		put(periods[i], 6)
	}
	newest := periods[39]
	releases := decoded{opened, map[*release.Release]bool{}, map[string]int{}}
	rendered := counted{map[string]int{}}
	p := publish.New(publish.Options{Collector: opened, Log: opened, Definitions: opened, Tallies: opened, Releases: releases, Pages: pages, Renderer: rendered,
		Now: func() time.Time { return now }})
	for range 2 { // makes the releases, then meets what it has made
		if _, err := p.Publish(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if len(releases.added) != 40 || len(rendered.files) != 24 { // so many periods have pages
		t.Fatalf("releases of %d periods and files of %d were made at first", len(releases.added), len(rendered.files))
	}
	for range 3 {
		clear(releases.added)
		clear(rendered.files)
		put(newest, 5)
		out, err := p.Publish(ctx, s)
		if err != nil || out.Folded != 5 || len(out.Released) != 1 {
			t.Fatalf("%+v, %v", out, err)
		}
		if len(releases.added) > 1 || len(releases.added) == 1 && releases.added[newest] != 1 {
			t.Errorf("releases of %v were decoded", slices.Sorted(maps.Keys(releases.added)))
		}
		for period, n := range rendered.files {
			if period != "" {
				t.Errorf("%d files of %s were rendered", n, period)
			}
		}
		// HTML and CSV in two languages, and one JSON; the address below the period's name leads there.
		if rendered.files[""] != 5 || out.Replaced > 5 {
			t.Errorf("%v were rendered, %d files replaced", rendered.files, out.Replaced)
		}
	}
}

// TestNewPublisherWritesTheSame publishes new answers of the newest period with a publisher that has run before. A publisher
// that has not finds all files as it would write them, so their bytes do not depend on who writes them.
func TestNewPublisherWritesTheSame(t *testing.T) {
	t.Parallel()
	s, problems := questionnaire.Parse("monthly.yaml", []byte(monthly))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	ctx := context.Background()
	opened, pages := openStore(t, t.TempDir())
	frame, err := render.New(glasspoll.Pages(), render.Assets{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	newPublisher := func() *publish.Publisher {
		return publish.New(publish.Options{Collector: opened, Log: opened, Definitions: opened, Tallies: opened, Releases: opened, Pages: pages,
			Renderer: results.New(frame), Now: func() time.Time { return now }})
	}
	number := 0
	put := func(period string) {
		t.Helper()
		for range 5 {
			number++
			r := answer.Response{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", number), Survey: s.ID, Version: s.Version, Period: period,
				Language: "en", Answers: []answer.Answer{{"rated", fmt.Sprint(1 + number%5)}}}
			if created, err := opened.Put(ctx, r); !created || err != nil {
				t.Fatal(created, err)
			}
		}
	}
	warm := newPublisher()
	for _, period := range []string{"2026-01", "2026-02", "2026-03", "2026-03"} {
		put(period)
		if _, err := warm.Publish(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := newPublisher().Publish(ctx, s); err != nil || out.Replaced != 0 {
		t.Errorf("%d files were replaced by the same, %v", out.Replaced, err)
	}

	// Another survey's look changes nothing; one of its own is on all its pages, without anything to release.
	for _, look := range []struct {
		of   string
		want int
	}{{"other", 0}, {s.ID, 6}} {
		frame = frame.With(render.Assets{Looks: map[string]render.Look{look.of: {Style: render.Asset{Path: "assets/look.css"}}}})
		if out, err := newPublisher().Publish(ctx, s); err != nil || out.Replaced != look.want || len(out.Released) != 0 {
			t.Errorf("a look of %s: %d files were replaced, want %d, %v", look.of, out.Replaced, look.want, err)
		}
	}
}
