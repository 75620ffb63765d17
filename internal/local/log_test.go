package local

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

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
	var ids []string
	var entries []store.Entry
	for i := range n {
		ids = append(ids, fmt.Sprint(i))
		entries = append(entries, store.Entry{Arrived: time.Now(), Response: answer.Response{ID: ids[i]}})
	}
	if imported, err := s.Import(context.Background(), "tea", "all", entries); imported != n || err != nil {
		t.Fatal(imported, err)
	}
	var cursors []string
	for entry, err := range s.After(context.Background(), "tea", "all", "") {
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
		for _, err := range s.After(context.Background(), "tea", "all", cursors[last]) {
			if read++; err != nil {
				t.Fatal(err)
			}
		}
		if read != n-1-last {
			t.Errorf("after entry %d come %d, want %d", last, read, n-1-last)
		}
	}
}
