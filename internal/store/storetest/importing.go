package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// imported returns entries as another store has them: a minute apart, with private answers, and every seventh a tombstone.
func imported(n int) []store.Entry {
	all := make([]store.Entry, n)
	for i := range all {
		r := tiered(i)
		if i%7 == 3 {
			r = r.Tombstone([]string{"tier"})
		}
		all[i] = store.Entry{Cursor: fmt.Sprint("of another store ", i), Arrived: time.Date(2026, 1, 2, 3, i, 5, 123456789, time.UTC), Response: r}
	}
	return all
}

// importAll imports entries, and checks how many of them were stored.
func importAll(t *testing.T, b Backend, entries []store.Entry, want int) {
	t.Helper()
	if n, err := b.Importer.Import(ctx, surveyID, "all", entries); err != nil || n != want {
		t.Fatalf("imported %d, %v; want %d", n, err, want)
	}
}

// wantImported checks the log, and what else is stored of the entries.
func wantImported(t *testing.T, b Backend, want []store.Entry) {
	t.Helper()
	got := entries(t, b, surveyID, "all")
	if len(got) != len(want) {
		t.Fatalf("%d entries, want %d", len(got), len(want))
	}
	for i, entry := range got {
		response := want[i].Response
		response.Private = nil
		if !entry.Arrived.Equal(want[i].Arrived) || !reflect.DeepEqual(entry.Response, response) {
			t.Errorf("entry %d is %+v\nwant %+v", i, entry, want[i])
		}
		if private, err := b.Erasure.Private(ctx, surveyID, "all", response.ID); err != nil || !reflect.DeepEqual(private, want[i].Response.Private) {
			t.Errorf("private answers of %d: %v, %v", i, private, err)
		}
	}
}

func importing(t *testing.T, b Backend) {
	const n = 30
	all := imported(n)
	importAll(t, b, nil, 0)
	importAll(t, b, all[:20], 20)
	importAll(t, b, all[:20], 0)
	collect(t, b, surveyID, "all")
	importAll(t, b, all, 10)
	importAll(t, b, all, 0)
	wantImported(t, b, all)
	b = b.reopen(t)
	importAll(t, b, all, 0)
	wantImported(t, b, all)

	// Ids are taken, of tombstones too.
	put(t, b, tiered(1), false)
	later := tiered(1)
	later.Period = "2027-Q1"
	put(t, b, later, false)
	other := tiered(1)
	other.Answers = nil
	putConflict(t, b, other)
	if n, err := b.Importer.Import(ctx, surveyID, "2027-Q1", []store.Entry{{Arrived: time.Unix(0, 0), Response: later}}); n != 0 || err != nil {
		t.Errorf("imported into another period: %d, %v", n, err)
	}
	importAll(t, b, []store.Entry{{Arrived: time.Unix(0, 0), Response: tiered(1).Tombstone(nil)}}, 0)
	wantImported(t, b, all)

	// What was imported can be erased, and is counted.
	s := tiers(t)
	if err := b.Definitions.PutDefinition(ctx, s); err != nil {
		t.Fatal(err)
	}
	checkRefused(t, b, tiered(3), answer.Answer{"tier", "a"})
	if erased, err := b.Erasure.Erase(ctx, surveyID, tiered(1).ID, []string{"tier"}); !erased || err != nil {
		t.Errorf("Erase = %t, %v", erased, err)
	}
	if out := publishAll(t, b, s); out.Folded != n {
		t.Errorf("folded %d of %d", out.Folded, n)
	}
	wantFigures(t, b, figures{n, 5, 0, n - 5})
}

// importInterrupted imports while others store the same responses themselves, is interrupted, and begins again.
func importInterrupted(t *testing.T, b Backend) {
	all := imported(10)
	taken := tiered(5)
	put(t, b, taken, true)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := b.Importer.Import(cancelled, surveyID, "all", all); err == nil {
		t.Error("imported though the context was cancelled")
	}
	if _, err := b.Importer.Import(ctx, surveyID, "all", all); err != nil {
		t.Fatal(err)
	}
	wantEachOnce(t, ids(t, b, surveyID, "all"), len(all))
	for _, entry := range entries(t, b, surveyID, "all") {
		if mine := entry.Response.ID == taken.ID; mine != (time.Since(entry.Arrived) < time.Hour) {
			t.Errorf("%s arrived at %v", entry.Response.ID, entry.Arrived)
		}
	}
}

// importAtOnce imports the same entries from several goroutines, in different orders.
func importAtOnce(t *testing.T, b Backend) {
	all := imported(40)
	var stored atomic.Int64
	var group errgroup.Group
	for from := range 4 {
		group.Go(func() error {
			for i := range 4 {
				part := (from + i) % 4 * 10
				n, err := b.Importer.Import(ctx, surveyID, "all", all[part:part+10])
				if err != nil {
					return err
				}
				stored.Add(int64(n))
				if err := b.Collector.Collect(ctx, surveyID, "all"); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil || stored.Load() != 40 {
		t.Errorf("stored %d of 40: %v", stored.Load(), err)
	}
	wantEachOnce(t, ids(t, b, surveyID, "all"), 40)
}

// progress saves how far tasks have come.
func progress(t *testing.T, b Backend) {
	want := func(name, value string) {
		t.Helper()
		if got, err := b.Progress.Progress(ctx, name); err != nil || got != value {
			t.Errorf("%s is %q, %v; want %q", name, got, err, value)
		}
	}
	save := func(name, value string) {
		t.Helper()
		if err := b.Progress.SaveProgress(ctx, name, value); err != nil {
			t.Fatal(err)
		}
	}
	const one, two = "move/from data#1/service/2026-Q4", "move/from data#1/service"
	want(one, "")
	save(one, "0000000001.00002")
	want(one, "0000000001.00002")
	want(two, "")
	save(two, "{\"a\": \"很\"}")
	save(one, "0000000003.00004")
	b = b.reopen(t)
	want(one, "0000000003.00004")
	want(two, "{\"a\": \"很\"}")
}

// versions lists surveys and the versions of each.
func versions(t *testing.T, b Backend) {
	want := func(id string, versions ...string) {
		t.Helper()
		slices.Sort(versions)
		if got, err := b.Catalog.Versions(ctx, id); err != nil || !slices.Equal(got, versions) {
			t.Errorf("versions of %s: %v, %v; want %v", id, got, err, versions)
		}
	}
	want(surveyID)
	if surveys, err := b.Catalog.Surveys(ctx); err != nil || len(surveys) != 0 {
		t.Errorf("surveys of nothing: %v, %v", surveys, err)
	}
	one, two, other := parse(t, "One"), parse(t, "Two"), *parse(t, "Other")
	other.ID = surveyID + "_two"
	for _, s := range []*survey.Survey{one, two, &other, one, two} {
		if err := b.Definitions.PutDefinition(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	unknown := response(1)
	unknown.Survey = "unknown"
	put(t, b, unknown, true)
	b = b.reopen(t)
	want(surveyID, one.Version, two.Version)
	want(other.ID, other.Version)
	want("unknown")
	if surveys, err := b.Catalog.Surveys(ctx); err != nil || !slices.Equal(surveys, []string{surveyID, other.ID}) {
		t.Errorf("surveys: %v, %v", surveys, err)
	}
}
