package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/sleep"
)

// textResponse returns a response with a text of a number of bytes.
func textResponse(n, size int) answer.Response {
	r := invitedResponse(n)
	r.Answers = []answer.Answer{{"text", strings.Repeat("x", size)}}
	return r
}

func put(t *testing.T, s *Store, r answer.Response) {
	t.Helper()
	if created, err := s.Put(context.Background(), r); !created || err != nil {
		t.Fatal(created, err)
	}
}

// TestBackupRests stores answers while a copy leaves the disk to them, once for each part of it: the copy has those that were there
// when it began. One with invitations is written in another way.
func TestBackupRests(t *testing.T) {
	t.Parallel()
	for _, invited := range []bool{false, true} {
		s := openFile(t, filepath.Join(t.TempDir(), "glasspoll.db"))
		s.db.NoSync = true
		if invited {
			invitePeople(t, s, 1)
		}
		for n := range 5 {
			put(t, s, textResponse(n, pacedAtOnce))
		}
		before, rests := contentOf(t, s), 0
		s.rest = func(_ context.Context, d time.Duration) error {
			if d < 0 || d > maxRest {
				t.Errorf("a rest of %v", d)
			}
			rests++
			put(t, s, textResponse(1000+rests, 100))
			return nil
		}
		path, _, err := s.Backup(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if rests < 4 {
			t.Errorf("invited %t: %d rests in five parts", invited, rests)
		}
		if after := contentOf(t, openFile(t, path)); strings.Join(after, "\n") != strings.Join(before, "\n") {
			t.Errorf("invited %t: the copy has %d values, or others, of %d", invited, len(after), len(before))
		}
	}
}

// TestRestEnds ends a copy that rests with its context, and leaves nothing behind.
func TestRestEnds(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "glasspoll.db"))
	s.db.NoSync = true
	put(t, s, textResponse(0, 2*pacedAtOnce))
	ctx, cancel := context.WithCancel(t.Context())
	s.rest = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return sleep.For(ctx, time.Hour)
	}
	directory := t.TempDir()
	if _, _, err := s.Backup(ctx, directory); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if entries, err := os.ReadDir(directory); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestWriteBackFails says so if a file cannot be written back.
func TestWriteBackFails(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "closed"))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := writeBack(f); err == nil {
		t.Error("a closed file has been written back")
	}
}
