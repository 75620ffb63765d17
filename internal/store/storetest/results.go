package storetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/answer"
	"glasspoll/internal/publish"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

func tallyOf(n int64) *tally.Tally {
	t := tally.New()
	t.Cursor, t.Release, t.Days["2026-11-22"] = fmt.Sprint(n), int(n), n
	t.Parts["shape"] = &tally.Part{Version: "v1", Cohorts: cohortsOf(n), Out: map[string]string{"": fmt.Sprint(n)}}
	return t
}

// cohortsOf returns one cohort of n respondents.
func cohortsOf(n int64) map[string]*tally.Counters {
	return map[string]*tally.Counters{"": {Respondents: n, Items: map[string]*tally.Item{"q": {N: n, Counts: tally.Counts{{Option: "a", N: n}}}}}}
}

func tallies(t *testing.T, b Backend) {
	if got, revision, err := b.Tallies.Tally(ctx, surveyID, period); got != nil || revision != 0 || err != nil {
		t.Fatalf("a tally of nothing: %v, %d, %v", got, revision, err)
	}
	if err := b.Tallies.SaveTally(ctx, surveyID, period, tallyOf(1), 1); !errors.Is(err, store.ErrStale) {
		t.Errorf("replaced what is not there: %v", err)
	}
	for n := range 3 {
		if err := b.Tallies.SaveTally(ctx, surveyID, period, tallyOf(int64(n+1)), n); err != nil {
			t.Fatal(err)
		}
		got, revision, err := b.Tallies.Tally(ctx, surveyID, period)
		if err != nil || revision != n+1 || !bytes.Equal(got.Encode(), tallyOf(int64(n+1)).Encode()) {
			t.Fatalf("saved %d, got %v, %d, %v", n, got, revision, err)
		}
		got.Parts["shape"].Cohorts[""].Respondents = -1 // the result is the caller's own
		if err := b.Tallies.SaveTally(ctx, surveyID, period, tallyOf(9), n); !errors.Is(err, store.ErrStale) {
			t.Errorf("saved over revision %d with revision %d: %v", n+1, n, err)
		}
	}
	b = b.reopen(t)
	if got, revision, err := b.Tallies.Tally(ctx, surveyID, period); err != nil || revision != 3 || !bytes.Equal(got.Encode(), tallyOf(3).Encode()) {
		t.Errorf("final tally: %v, %d, %v", got, revision, err)
	}
	for _, other := range [][2]string{{surveyID, "2026-Q3"}, {"other", period}} {
		if got, _, err := b.Tallies.Tally(ctx, other[0], other[1]); got != nil || err != nil {
			t.Errorf("%v has another period's tally: %v, %v", other, got, err)
		}
	}
}

func talliesAtOnce(t *testing.T, b Backend) {
	const each = 5
	var group errgroup.Group
	for range 16 {
		group.Go(func() error {
			for done := 0; done < each; {
				got, revision, err := b.Tallies.Tally(ctx, surveyID, period)
				if err != nil {
					return err
				}
				if got == nil {
					got = tallyOf(0)
				}
				got.Withdrawn++
				switch err := b.Tallies.SaveTally(ctx, surveyID, period, got, revision); {
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
	got, _, err := b.Tallies.Tally(ctx, surveyID, period)
	if err != nil || got.Withdrawn != 16*each {
		t.Errorf("counted %d of %d: %v", got.Withdrawn, 16*each, err)
	}
}

func releaseOf(period string, number int) *release.Release {
	n := int64(5 * number)
	return &release.Release{Survey: surveyID, Period: period, Number: number, Date: "2026-11-22", Version: "v1", K: 5, Hidden: []string{"why"},
		Facts: release.Facts{Received: n + 2, Through: "2026-11-21"},
		Parts: map[string]*release.Part{"shape": {Number: 1, Version: "v1", Since: "2026-11-20", K: 5, Cohorts: cohortsOf(n)}},
		Held:  &release.Held{Out: map[string]map[string]release.Mark{"shape": {"": {Cursor: fmt.Sprint(number), Release: number}}}}}
}

// sameRelease compares the stored forms, which make no difference between none and empty.
func sameRelease(a, b *release.Release) bool { return bytes.Equal(a.Encode(), b.Encode()) }

func releases(t *testing.T, b Backend) {
	if latest, err := b.Releases.Latest(ctx, surveyID); len(latest) != 0 || err != nil {
		t.Fatalf("a release of nothing: %v, %v", latest, err)
	}
	for number := 1; number <= 12; number++ {
		for _, name := range []string{"2026-Q4", "2026-Q3"} {
			if err := appendNext(b, releaseOf(name, number)); err != nil {
				t.Fatal(err)
			}
			other := releaseOf(name, number)
			other.Date = "2027-01-01"
			if err := appendNext(b, other); !errors.Is(err, store.ErrStale) {
				t.Errorf("release %d was replaced: %v", number, err)
			}
			if number > 1 {
				if err := appendNext(b, releaseOf(name, number-1)); !errors.Is(err, store.ErrStale) {
					t.Errorf("release %d was replaced after %d: %v", number-1, number, err)
				}
			}
		}
	}
	b = b.reopen(t)
	latest, err := b.Releases.Latest(ctx, surveyID)
	if want := []*release.Release{releaseOf("2026-Q3", 12), releaseOf("2026-Q4", 12)}; err != nil || !slices.EqualFunc(latest, want, sameRelease) {
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
			err := b.Releases.Append(ctx, releaseOf(period, 1), tallyOf(1), 0)
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

// appendNext appends a release in the place of a period's next one, with a tally, whatever the revision of the one before is.
func appendNext(b Backend, r *release.Release) error {
	_, revision, err := b.Tallies.Tally(ctx, r.Survey, r.Period)
	if err != nil {
		return err
	}
	return b.Releases.Append(ctx, r, tallyOf(int64(r.Number)), revision)
}

// encoded writes a release as text, to compare it.
func encoded(t *testing.T, r *release.Release) string {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// releasesAgree publishes several times, with segments, a pool, withdrawals and another questionnaire in between. The latest
// release, the last one of the history and the one that was appended agree, before and after opening again, and a release
// that was read stays as it is.
func releasesAgree(t *testing.T, b Backend) {
	h := &releaseHistory{T: t, b: b, read: map[*release.Release]string{}, day: time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)}
	s := tiers(t)
	pooling := changedTiers(t, "min_group: 5", "min_group: 5, pool_after: 1")
	rescored := changedTiers(t, "score: 2", "score: 3")
	h.publish(s, 7, 2)
	h.publish(s, 1, 4)
	h.publish(s, 0, 0)
	h.publish(pooling, 2, 3)
	h.publish(rescored, 11, 3)
	h.publish(s, 6, 6)
	h.publish(s, 5, 0)
	if len(h.appended) < 5 {
		t.Errorf("only %d releases", len(h.appended))
	}
	for r, before := range h.read {
		if now := encoded(t, r); now != before {
			t.Errorf("release %d was\n%s\nand is now\n%s", r.Number, before, now)
		}
	}
	h.check()
	h.b = b.reopen(t)
	h.check()
	h.checkShared()
}

// releaseHistory is what has been released of a survey.
type releaseHistory struct {
	*testing.T
	b        Backend
	n        int // responses
	day      time.Time
	appended []string                    // the releases, by number
	read     map[*release.Release]string // as they were when they were read
}

// publish stores responses of the two tiers, erases one, and publishes on the next day.
func (h *releaseHistory) publish(s *survey.Survey, a, b int) {
	h.Helper()
	if err := h.b.Definitions.PutDefinition(ctx, s); err != nil {
		h.Fatal(err)
	}
	h.day = h.day.AddDate(0, 0, 1)
	for i := range a + b {
		r := tiered(h.n)
		r.Version = s.Version
		r.Answers = []answer.Answer{{"tier", "a"}, {"choice", []string{"good", "bad"}[h.n%2]}}
		if i >= a {
			r.Answers[0] = answer.Answer{"tier", "b"}
		}
		put(h.T, h.b, r, true)
		h.n++
	}
	if h.n > 14 {
		if _, err := h.b.Erasure.Erase(ctx, surveyID, tiered(h.n-10).ID, []string{"tier"}); err != nil {
			h.Fatal(err)
		}
	}
	o := publisherOptions(h.b)
	o.Now = func() time.Time { return h.day }
	out, err := publish.New(o).Publish(ctx, s, "all")
	if err != nil {
		h.Fatal(err)
	}
	for _, r := range out.Released {
		h.appended = append(h.appended, encoded(h.T, r))
	}
	latest, err := h.b.Releases.Latest(ctx, surveyID)
	if err != nil {
		h.Fatal(err)
	}
	for _, r := range latest {
		h.read[r] = encoded(h.T, r)
	}
}

// check compares the latest release and the history with what was appended.
func (h *releaseHistory) check() {
	h.Helper()
	latest, err := h.b.Releases.Latest(ctx, surveyID)
	if err != nil || len(latest) != 1 || encoded(h.T, latest[0]) != h.appended[len(h.appended)-1] {
		h.Errorf("the latest release is not the one that was appended: %v, %v", latest, err)
	}
	var all []string
	for r, err := range h.b.Erasure.History(ctx, surveyID, "all") {
		if err != nil {
			h.Fatal(err)
		}
		all = append(all, encoded(h.T, r))
	}
	if !slices.Equal(all, h.appended) {
		h.Errorf("the history is\n%s\nwant\n%s", strings.Join(all, "\n"), strings.Join(h.appended, "\n"))
	}
}

// checkShared checks that a release that has not changed is not read again.
func (h *releaseHistory) checkShared() {
	h.Helper()
	latest := func(append int) []*release.Release {
		h.Helper()
		if err := appendNext(h.b, releaseOf("2026-Q3", append)); err != nil {
			h.Fatal(err)
		}
		all, err := h.b.Releases.Latest(ctx, surveyID)
		if err != nil || len(all) != 2 {
			h.Fatal(all, err)
		}
		return all
	}
	first, second := latest(1), latest(2)
	if second[1] != first[1] || second[0].Number != 2 || first[0].Number != 1 {
		h.Errorf("the releases are %v, and were %v", second, first)
	}
}
