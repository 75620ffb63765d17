package publish

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/local"
	"glasspoll/internal/release"
	"glasspoll/internal/results"
	"glasspoll/internal/tally"
)

// unwritten takes pages and keeps nothing.
type unwritten struct{}

func (unwritten) Page(context.Context, string) (string, int, error) { return "", 0, nil }
func (unwritten) Replace(context.Context, string, string, int, []byte) (string, error) {
	return "1", nil
}
func (unwritten) HTML(io.Writer, results.Page) error { return nil }
func (unwritten) JSON(io.Writer, results.Page) error { return nil }
func (unwritten) CSV(io.Writer, results.Page) error  { return nil }

// version1 opens a data file that an earlier program has written: the answers of 23 respondents to two versions of a
// questionnaire, of which one has withdrawn and two wait; and two releases, with records of version 1.
func version1(t *testing.T) *local.Store {
	t.Helper()
	packed, err := os.Open("testdata/version1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "version1.db")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(file, unpacked); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := local.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func onVersion1(s *local.Store, day string) *Publisher {
	now, err := time.Parse(time.DateTime, day+" 12:00:00")
	if err != nil {
		panic(err)
	}
	return New(Options{
		Collector: s, Log: s, Definitions: s, Tallies: s, Releases: s, Pages: unwritten{}, Renderer: unwritten{}, Progress: s,
		Now: func() time.Time { return now },
	})
}

// TestVersion1: a data file of an earlier program goes on. What it has released stays, as a part of its own; who waited, and who
// comes, makes blocks by today's rules; nobody is released twice, not even when the tally is lost.
func TestVersion1(t *testing.T) {
	st := version1(t)
	s, err := st.Definition(ctx, "old", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := onVersion1(st, "2026-12-02").Publish(ctx, s); err != nil {
		t.Fatal(err)
	}
	last := latestOf(t, st)
	if old := last.Parts[release.Legacy]; last.Number != 3 || len(last.Parts) != 1 || old.Respondents() != 20 || old.Cohorts["gold"].Items["best"].Counts.Of("a") != 7 ||
		last.Facts.Received != 23 || last.Facts.Withdrawn != 0 || waitingIn(t, st) != 2 {
		t.Errorf("release %d has %+v and %+v; %d wait", last.Number, last.Facts, old, waitingIn(t, st))
	}

	for n := range 3 {
		r := answer.Response{ID: fmt.Sprintf("%08d-0000-4000-8000-000000000000", 90+n), Survey: "old", Period: "all", Version: s.Version, Language: "en", Answers: []answer.Answer{{"tier", "gold"}, {"best", "a"}}}
		if _, err := st.Put(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	if erased, err := st.Erase(ctx, "old", "00000000-0000-4000-8000-000000000000", nil); err != nil || !erased {
		t.Fatal(erased, err)
	}
	if _, err := onVersion1(st, "2026-12-03").Publish(ctx, s); err != nil {
		t.Fatal(err)
	}
	last = latestOf(t, st)
	if p := last.Parts[s.Shape]; last.Number != 4 || p == nil || p.Cohorts["gold"].Respondents != 5 || p.Cohorts["gold"].Items["best"].N != 5 ||
		last.Parts[release.Legacy].Respondents() != 20 || last.Respondents() != 25 || waitingIn(t, st) != 0 {
		t.Errorf("release %d has %+v; %d wait", last.Number, p, waitingIn(t, st))
	}

	before, revision, err := st.Tally(ctx, "old", "all")
	if err != nil || before.Withdrawn != 2 {
		t.Fatal(before, err)
	}
	if err := st.SaveTally(ctx, "old", "all", tally.New(), revision); err != nil { // as if it had been lost
		t.Fatal(err)
	}
	if _, err := onVersion1(st, "2026-12-03").Publish(ctx, s); err != nil {
		t.Fatal(err)
	}
	if again := latestOf(t, st); again.Number != 4 || waitingIn(t, st) != 0 {
		t.Errorf("with a lost tally: release %d, %d wait", again.Number, waitingIn(t, st))
	}

	number := 0
	for r, err := range st.History(ctx, "old", "all") {
		if err != nil {
			t.Fatal(err)
		}
		if number++; r.Number != number || number == 4 && string(r.Encode()) != string(last.Encode()) {
			t.Errorf("the history has %+v", r)
		}
	}
	if number != 4 {
		t.Errorf("the history has %d releases", number)
	}
}

func latestOf(t *testing.T, st *local.Store) *release.Release {
	t.Helper()
	latest, err := st.Latest(ctx, "old")
	if err != nil || len(latest) != 1 {
		t.Fatal(latest, err)
	}
	return latest[0]
}

func waitingIn(t *testing.T, st *local.Store) int64 {
	t.Helper()
	counted, _, err := st.Tally(ctx, "old", "all")
	if err != nil {
		t.Fatal(err)
	}
	return counted.Waiting()
}
