package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

func tallyOf(n int64) *tally.Tally {
	return &tally.Tally{Shape: "shape", Cursor: fmt.Sprint(n), Cohorts: map[string]*tally.Counters{
		"": {Respondents: n, Items: map[string]*tally.Item{"q": {N: n, Counts: tally.Counts{{Option: "a", N: n}}}}},
	}}
}

func tallies(t *testing.T, b Backend) {
	shard := store.Shard{Survey: surveyID, Period: period, Number: 3}
	if got, revision, err := b.Tallies.Tally(ctx, shard); got != nil || revision != 0 || err != nil {
		t.Fatalf("a tally of nothing: %v, %d, %v", got, revision, err)
	}
	if err := b.Tallies.SaveTally(ctx, shard, tallyOf(1), 1); !errors.Is(err, store.ErrStale) {
		t.Errorf("replaced what is not there: %v", err)
	}
	for n := range 3 {
		if err := b.Tallies.SaveTally(ctx, shard, tallyOf(int64(n)), n); err != nil {
			t.Fatal(err)
		}
		got, revision, err := b.Tallies.Tally(ctx, shard)
		if err != nil || revision != n+1 || !bytes.Equal(got.Encode(), tallyOf(int64(n)).Encode()) {
			t.Fatalf("saved %d, got %v, %d, %v", n, got, revision, err)
		}
		got.Cohorts[""].Respondents = -1 // the result is the caller's own
		if err := b.Tallies.SaveTally(ctx, shard, tallyOf(9), n); !errors.Is(err, store.ErrStale) {
			t.Errorf("saved over revision %d with revision %d: %v", n+1, n, err)
		}
	}
	if b.Reopen != nil {
		b = b.Reopen(t)
	}
	if got, revision, err := b.Tallies.Tally(ctx, shard); err != nil || revision != 3 || !bytes.Equal(got.Encode(), tallyOf(2).Encode()) {
		t.Errorf("final tally: %v, %d, %v", got, revision, err)
	}
	for _, other := range []store.Shard{{Survey: surveyID, Period: period, Number: 4}, {Survey: surveyID, Period: "2026-Q3", Number: 3}, {Survey: "other", Period: period, Number: 3}} {
		if got, _, err := b.Tallies.Tally(ctx, other); got != nil || err != nil {
			t.Errorf("%v has another shard's tally: %v, %v", other, got, err)
		}
	}
}

func talliesAtOnce(t *testing.T, b Backend) {
	shard := store.Shard{Survey: surveyID, Period: period}
	const each = 5
	var group errgroup.Group
	for range 16 {
		group.Go(func() error {
			for done := 0; done < each; {
				got, revision, err := b.Tallies.Tally(ctx, shard)
				if err != nil {
					return err
				}
				if got == nil {
					got = tallyOf(0)
				}
				got.Cohorts[""].Respondents++
				switch err := b.Tallies.SaveTally(ctx, shard, got, revision); {
				case err == nil:
					done++
				case !errors.Is(err, store.ErrStale):
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	got, _, err := b.Tallies.Tally(ctx, shard)
	if err != nil || got.Cohorts[""].Respondents != 16*each {
		t.Errorf("counted %d of %d: %v", got.Cohorts[""].Respondents, 16*each, err)
	}
}

func releaseOf(period string, number int) *release.Release {
	return &release.Release{Survey: surveyID, Period: period, Number: number, Date: "2026-11-22", Shape: "shape", Version: "v1",
		MinGroup: 5, Segments: []string{"tier=a,b"}, Cohorts: tallyOf(int64(number)).Cohorts}
}

func releases(t *testing.T, b Backend) {
	if latest, err := b.Releases.Latest(ctx, surveyID); len(latest) != 0 || err != nil {
		t.Fatalf("a release of nothing: %v, %v", latest, err)
	}
	for number := 1; number <= 12; number++ {
		for _, name := range []string{"2026-Q4", "2026-Q3"} {
			if err := b.Releases.Append(ctx, releaseOf(name, number)); err != nil {
				t.Fatal(err)
			}
			other := releaseOf(name, number)
			other.Date = "2027-01-01"
			if err := b.Releases.Append(ctx, other); !errors.Is(err, store.ErrStale) {
				t.Errorf("release %d was replaced: %v", number, err)
			}
			if number > 1 {
				if err := b.Releases.Append(ctx, releaseOf(name, number-1)); !errors.Is(err, store.ErrStale) {
					t.Errorf("release %d was replaced after %d: %v", number-1, number, err)
				}
			}
		}
	}
	if b.Reopen != nil {
		b = b.Reopen(t)
	}
	latest, err := b.Releases.Latest(ctx, surveyID)
	if want := []*release.Release{releaseOf("2026-Q3", 12), releaseOf("2026-Q4", 12)}; err != nil || !reflect.DeepEqual(latest, want) {
		t.Errorf("latest: %v, %v, want %v", latest, err, want)
	}
	if latest, err := b.Releases.Latest(ctx, "other"); len(latest) != 0 || err != nil {
		t.Errorf("another survey's releases: %v, %v", latest, err)
	}
}

func releasesAtOnce(t *testing.T, b Backend) {
	var created atomic.Int64
	var group errgroup.Group
	for range 16 {
		group.Go(func() error {
			err := b.Releases.Append(ctx, releaseOf(period, 1))
			if err == nil {
				created.Add(1)
			} else if !errors.Is(err, store.ErrStale) {
				return err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil || created.Load() != 1 {
		t.Errorf("one number was given %d times: %v", created.Load(), err)
	}
}
