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

// TestClockThatJumps stores responses while the clock is far ahead for a moment, then right again, and then before 1970. The
// log keeps the order in which they came, and each says when it arrived by the clock.
func TestClockThatJumps(t *testing.T) {
	t.Parallel()
	s, err := Open(filepath.Join(t.TempDir(), "glasspoll.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	day := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	times := []time.Time{
		day, day, // twice the same
		time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC), day.Add(time.Second), day.Add(time.Hour),
		time.Date(1969, 7, 20, 20, 17, 0, 0, time.UTC), day.AddDate(0, 0, 1),
	}
	ctx := context.Background()
	cursor := ""
	for i, now := range times {
		s.now = func() time.Time { return now }
		id := fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		if created, err := s.Put(ctx, answer.Response{ID: id, Survey: "tea", Period: "all"}); !created || err != nil {
			t.Fatal(created, err)
		}
		var read []store.Entry
		for e, err := range s.After(ctx, "tea", "all", cursor) {
			if err != nil {
				t.Fatal(err)
			}
			read = append(read, e)
		}
		if len(read) != 1 || read[0].Response.ID != id {
			t.Fatalf("response %d, stored at %v: after %q come %+v", i, now, cursor, read)
		}
		if e := read[0]; !e.Arrived.Equal(now) {
			t.Errorf("response %d arrived at %v, want %v", i, e.Arrived.UTC(), now)
		}
		cursor = read[0].Cursor
	}
}
