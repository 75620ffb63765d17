package storetest

import (
	"errors"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/news"
	"glasspoll/internal/store"
)

// newsItem returns an item of news about no case.
func newsItem(id string) news.Item {
	return news.Item{Format: 1, ID: id, Kind: news.ResultsReleased, Survey: surveyID, Period: "2026-Q4", At: time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC), Released: 12}
}

// storedNews adds, changes and removes items.
func storedNews(t *testing.T, b Backend) {
	if err := b.Definitions.PutDefinition(ctx, alertingSurvey(t)); err != nil {
		t.Fatal(err)
	}
	if all, err := b.Cases.News(ctx, surveyID); len(all) != 0 || err != nil {
		t.Fatalf("news of nothing: %v, %v", all, err)
	}
	item := newsItem("released_2026-Q4_2026-11-30")
	if err := b.Cases.SaveNews(ctx, item); !errors.Is(err, store.ErrStale) {
		t.Errorf("saved what was not added: %v", err)
	}
	for _, want := range []bool{true, false} {
		if added, err := b.Cases.AddNews(ctx, item); added != want || err != nil {
			t.Errorf("AddNews = %t, %v; want %t", added, err, want)
		}
	}
	read := func() news.Item {
		t.Helper()
		all, err := b.Cases.News(ctx, surveyID)
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0]
	}
	first := read()
	item.Revision = first.Revision
	if !reflect.DeepEqual(first, item) {
		t.Errorf("read %+v, want %+v", first, item)
	}
	changed := first
	changed.Deliveries = map[string]news.Delivery{"slack": {Attempts: 2, Error: "busy: 忙"}, "wecom": {Told: true}}
	changed.Done = true
	if err := b.Cases.SaveNews(ctx, changed); err != nil {
		t.Fatal(err)
	}
	if err := b.Cases.SaveNews(ctx, first); !errors.Is(err, store.ErrStale) {
		t.Errorf("an older item was saved over a newer one: %v", err)
	}
	b = b.reopen(t)
	last := read()
	if changed.Revision = last.Revision; !reflect.DeepEqual(last, changed) {
		t.Errorf("read %+v, want %+v", last, changed)
	}
	if added, err := b.Cases.AddNews(ctx, item); added || err != nil {
		t.Errorf("it was added again, %v", err)
	}
	for range 2 {
		if err := b.Cases.RemoveNews(ctx, surveyID, item.ID); err != nil {
			t.Fatal(err)
		}
	}
	wantNews(t, b, surveyID)
	if err := b.Cases.SaveNews(ctx, last); !errors.Is(err, store.ErrStale) {
		t.Errorf("saved what was removed: %v", err)
	}
	// Of no survey.
	item.Survey = news.NoSurvey
	if added, err := b.Cases.AddNews(ctx, item); !added || err != nil {
		t.Error(added, err)
	}
	wantNews(t, b, news.NoSurvey, item.ID)
	wantNews(t, b, surveyID)
	// The case of an item is withdrawn.
	c := caseOf(t, surveyID, 1)
	openCase(t, b, c, true, true)
	c.Withdraw(time.Now())
	if err := b.Cases.SaveCase(ctx, c); err != nil {
		t.Fatal(err)
	}
	if got := read(); !got.Withdrawn {
		t.Errorf("its case is withdrawn: %+v", got)
	}
}

// newsAtOnce adds the same items, and changes one, from many goroutines: each is added once, and no change is lost.
func newsAtOnce(t *testing.T, b Backend) {
	const writers = 6
	var added atomic.Int64
	var group errgroup.Group
	for range writers {
		group.Go(func() error {
			for _, id := range []string{"a", "b", "c"} {
				did, err := b.Cases.AddNews(ctx, newsItem(id))
				if err != nil {
					return err
				}
				if did {
					added.Add(1)
				}
			}
			for {
				all, err := b.Cases.News(ctx, surveyID)
				if err != nil {
					return err
				}
				i := all[0]
				d := i.Deliveries["slack"]
				d.Attempts++
				i.Deliveries = map[string]news.Delivery{"slack": d}
				if err := b.Cases.SaveNews(ctx, i); !errors.Is(err, store.ErrStale) {
					return err
				}
			}
		})
	}
	if err := group.Wait(); err != nil || added.Load() != 3 {
		t.Fatalf("three items were added %d times, %v", added.Load(), err)
	}
	all, err := b.Cases.News(ctx, surveyID)
	if err != nil || all[0].Deliveries["slack"].Attempts != writers {
		t.Errorf("%+v, %v", all, err)
	}
}
