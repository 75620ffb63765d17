package local

import (
	"bytes"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"glasspoll/internal/release"
	"glasspoll/internal/tally"
)

// An Append that fails after it has written the tally writes nothing.
func TestAppendUndone(t *testing.T) {
	t.Parallel()
	s, err := Open(filepath.Join(t.TempDir(), "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := t.Context()
	before, after := tally.New(), tally.New()
	before.Days["2026-10-20"], after.Days["2026-10-20"], after.Release = 5, 5, 1
	if err := s.SaveTally(ctx, "tea", "a", before, 0); err != nil {
		t.Fatal(err)
	}
	first := &release.Release{Survey: "tea", Period: "a", Number: 1, Date: "2026-10-20", Version: "v", K: 5}
	place := func(damaged bool) { // the additions of the period are to be in a bucket
		s.damage(t, func(tx *bbolt.Tx) error {
			b, err := makeBucket(tx, addedBucket, []byte("tea"))
			if err != nil {
				return err
			}
			if damaged {
				return b.Put([]byte("a"), []byte("no bucket"))
			}
			return b.Delete([]byte("a"))
		})
	}
	want := func(name string, tally *tally.Tally, revision, releases int) {
		t.Helper()
		got, at, err := s.Tally(ctx, "tea", "a")
		if err != nil || at != revision || !bytes.Equal(got.Encode(), tally.Encode()) {
			t.Errorf("%s: the tally of revision %d is %+v, %v", name, at, got, err)
		}
		if latest, err := s.Latest(ctx, "tea"); err != nil || len(latest) != releases {
			t.Errorf("%s: the latest releases are %v, %v", name, latest, err)
		}
	}
	place(true)
	if err := s.Append(ctx, first, after, 1); err == nil {
		t.Error("appended where there is no place")
	}
	want("failed", before, 1, 0)
	place(false)
	if err := s.Append(ctx, first, after, 1); err != nil {
		t.Error(err)
	}
	want("appended", after, 2, 1)
}
