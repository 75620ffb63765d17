package store_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// logs is a reader that has no other way to find a response than to read its logs.
type logs struct {
	store.Reader
	of     map[string][]store.Entry // by survey
	broken string                   // a period whose logs end with an error
}

var errLog = errors.New("a log that cannot be read")

func (l logs) Surveys(context.Context) ([]string, error) { return []string{"coffee", "tea"}, nil }

func (l logs) Periods(_ context.Context, survey string) ([]string, error) {
	if len(l.of[survey]) == 0 {
		return nil, nil
	}
	return []string{"first", "second"}, nil
}

func (l logs) After(_ context.Context, survey, period, _ string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for _, e := range l.of[survey] {
			if e.Response.Period == period && !yield(e, nil) {
				return
			}
		}
		if period == l.broken {
			yield(store.Entry{}, errLog)
		}
	}
}

// finder is a reader with a faster way.
type finder struct{ logs }

func (finder) Find(context.Context, string) ([]store.Entry, error) {
	return []store.Entry{{Cursor: "index"}}, nil
}

func TestReadOnlyFinds(t *testing.T) {
	t.Parallel()
	entry := func(survey, period, id string) store.Entry {
		return store.Entry{Cursor: "1", Response: answer.Response{ID: id, Survey: survey, Period: period}}
	}
	r := logs{of: map[string][]store.Entry{
		"coffee": {entry("coffee", "first", "a"), entry("coffee", "second", "b")},
		"tea":    {entry("tea", "first", "b"), entry("tea", "second", "a")},
	}}
	refusal := errors.New("refused")
	where := func(b store.Records, id string) (places []string) {
		found, err := b.Find(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range found {
			places = append(places, e.Cursor+e.Response.Survey+e.Response.Period)
		}
		return places
	}
	b := store.ReadOnly(r, refusal)
	if got := where(b, "a"); !slices.Equal(got, []string{"1coffeefirst", "1teasecond"}) {
		t.Errorf("found %v", got)
	}
	if got := where(b, "c"); got != nil {
		t.Errorf("found %v", got)
	}
	if _, err := b.Erase(context.Background(), "tea", "a", nil); !errors.Is(err, refusal) {
		t.Errorf("erasing: %v", err)
	}
	r.broken = "second"
	if found, err := store.ReadOnly(r, refusal).Find(context.Background(), "a"); found != nil || !errors.Is(err, errLog) {
		t.Errorf("found %v, %v", found, err)
	}
	if got := where(store.ReadOnly(finder{r}, refusal), "a"); !slices.Equal(got, []string{"index"}) {
		t.Errorf("found %v", got)
	}
}
