package local

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/store"
)

// TestLogIsReadInPages reads a log that is longer than what one transaction reads, from its beginning and from cursors around
// the ends of pages.
func TestLogIsReadInPages(t *testing.T) {
	t.Parallel()
	s, err := Open(filepath.Join(t.TempDir(), "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const n = 2*pageSize + 500
	shard := store.Shard{Survey: "tea", Period: "all", Number: 3}
	var ids []string
	err = s.db.Update(func(tx *bbolt.Tx) error {
		for i := 0; len(ids) < n; i++ {
			r := answer.Response{ID: fmt.Sprint(i), Survey: shard.Survey, Period: shard.Period}
			rec, err := newRecord(r)
			if err != nil {
				return err
			}
			if rec.shard != shard.Number {
				continue
			}
			if _, _, err := s.put(tx, rec, nil); err != nil {
				return err
			}
			ids = append(ids, r.ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var cursors []string
	for entry, err := range s.After(context.Background(), shard, "") {
		if err != nil {
			t.Fatal(err)
		}
		if want := ids[len(cursors)]; entry.Response.ID != want {
			t.Fatalf("entry %d is %s, want %s", len(cursors), entry.Response.ID, want)
		}
		cursors = append(cursors, entry.Cursor)
	}
	if len(cursors) != n {
		t.Fatalf("read %d of %d", len(cursors), n)
	}
	for _, last := range []int{0, pageSize - 2, pageSize - 1, pageSize, n - pageSize - 1, n - 2, n - 1} {
		read := 0
		for _, err := range s.After(context.Background(), shard, cursors[last]) {
			if read++; err != nil {
				t.Fatal(err)
			}
		}
		if read != n-1-last {
			t.Errorf("after entry %d come %d, want %d", last, read, n-1-last)
		}
	}
}
