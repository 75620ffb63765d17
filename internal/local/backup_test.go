package local_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/local"
)

func openStore(t *testing.T, path string) *local.Store {
	t.Helper()
	opened, err := local.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	return opened
}

func newResponse(text string) answer.Response {
	return answer.Response{ID: uuid.NewString(), Survey: "killed", Period: "all",
		Answers: []answer.Answer{{"rated", "4"}, {"why", text}}, Private: []answer.Answer{{"mail", "a@example.com"}}}
}

// storedIDs lists the ids in a store's logs.
func storedIDs(t *testing.T, opened *local.Store) map[string]bool {
	t.Helper()
	ids := map[string]bool{}
	for entry, err := range opened.After(context.Background(), "killed", "all", "") {
		if err != nil {
			t.Fatal(err)
		}
		if ids[entry.Response.ID] {
			t.Errorf("%s is there twice", entry.Response.ID)
		}
		ids[entry.Response.ID] = true
	}
	return ids
}

// TestBackupDuringWrites takes copies while responses are stored: each copy is sound, opens as a store, and holds every
// response that was acknowledged before, with its private answers.
func TestBackupDuringWrites(t *testing.T) {
	t.Parallel()
	opened := openStore(t, filepath.Join(t.TempDir(), "glasspoll.db"))
	var (
		mu           sync.Mutex
		acknowledged []string
		writers      sync.WaitGroup
	)
	ctx, stop := context.WithCancel(context.Background())
	defer writers.Wait()
	defer stop()
	for range 8 {
		writers.Go(func() {
			for ctx.Err() == nil {
				r := newResponse(strings.Repeat("好", 100))
				if created, err := opened.Put(context.Background(), r); err != nil || !created {
					t.Errorf("not stored: %v", err)
					return
				}
				mu.Lock()
				acknowledged = append(acknowledged, r.ID)
				mu.Unlock()
			}
		})
	}
	directory := filepath.Join(t.TempDir(), "deep", "backups")
	for round := range 5 {
		var before []string
		for len(before) < 200*(round+1) {
			time.Sleep(time.Millisecond)
			mu.Lock()
			before = append(before[:0], acknowledged...)
			mu.Unlock()
			if t.Failed() {
				return
			}
		}
		path, size, err := opened.Backup(context.Background(), directory)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Size() != size || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v of %d bytes, %v", info, size, err)
		}
		// Under another name, because two copies within a second have the same.
		kept := filepath.Join(t.TempDir(), "glasspoll.db")
		if err := os.Rename(path, kept); err != nil {
			t.Fatal(err)
		}
		checkFile(t, kept)
		restored := openStore(t, kept)
		ids := storedIDs(t, restored)
		for _, id := range before {
			if !ids[id] {
				t.Errorf("copy %d lacks %s, which was acknowledged before it", round, id)
			}
		}
		if private, err := restored.Private(context.Background(), "killed", "all", before[0]); err != nil || len(private) != 1 {
			t.Errorf("private answers: %v, %v", private, err)
		}
		if created, err := restored.Put(context.Background(), newResponse("after")); !created || err != nil {
			t.Errorf("a restored store takes no answer: %v", err)
		}
	}
	if entries, err := os.ReadDir(directory); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// checkFile checks a file for consistency, as bbolt does.
func checkFile(t *testing.T, path string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		for fault := range tx.Check() {
			t.Error(fault)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A valve blocks writes until it is opened.
type valve struct {
	reached chan struct{}
	opened  chan struct{}
	once    sync.Once
}

func (v *valve) Write(p []byte) (int, error) {
	v.once.Do(func() { close(v.reached) })
	<-v.opened
	return len(p), nil
}

// TestBackupBlocksNoWrite keeps a copy waiting while the file grows to many times its size.
func TestBackupBlocksNoWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "glasspoll.db")
	opened := openStore(t, path)
	slow := &valve{reached: make(chan struct{}), opened: make(chan struct{})}
	copied := make(chan error, 1)
	go func() {
		_, err := opened.WriteTo(context.Background(), slow)
		copied <- err
	}()
	<-slow.reached
	done := make(chan error, 1)
	go func() {
		for range 64 {
			if _, err := opened.Put(context.Background(), newResponse(strings.Repeat("x", 1<<20))); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Minute): // a slow machine takes less
		t.Error("writes wait for the copy")
	}
	if info, err := os.Stat(path); err != nil || info.Size() < 64<<20 || info.Size() > 512<<20 {
		t.Errorf("the file is %v, %v", info.Size(), err) // large enough for this test, and not as large as its mapping
	}
	close(slow.opened)
	if err := <-copied; err != nil {
		t.Error(err)
	}
}

func TestBackupEndsWithItsContext(t *testing.T) {
	t.Parallel()
	opened := openStore(t, filepath.Join(t.TempDir(), "glasspoll.db"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	directory := t.TempDir()
	if _, _, err := opened.Backup(ctx, directory); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), directory) {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(directory); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
	// The directory is a file.
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := opened.Backup(context.Background(), file); err == nil {
		t.Error("wrote a copy into a file")
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	opened := openStore(t, filepath.Join(t.TempDir(), "glasspoll.db"))
	names := []string{"glasspoll-20261122T020000Z.db", "glasspoll-20251231T235959Z.db", "glasspoll-20261121T020000Z.db", // copies
		"glasspoll-20261341T020000Z.db", "glasspoll-20260101T000000Z.db.txt", "glasspoll.db", "other-20260101T000000Z.db", ".glasspoll-backup-17", ".glasspoll-20260101T000000Z.db-X"}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(directory, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(directory, "glasspoll-20260101T000000Z.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	path, _, err := opened.Backup(context.Background(), directory)
	if err != nil {
		t.Fatal(err)
	}
	removed, err := local.Prune(directory, 2)
	if err != nil {
		t.Fatal(err)
	}
	paths, taken, err := local.Backups(directory)
	if err != nil {
		t.Fatal(err)
	}
	newest := filepath.Join(directory, names[0])
	if len(paths) != 2 || len(removed) != 2 || filepath.Base(removed[0]) != names[1] || filepath.Base(removed[1]) != names[2] {
		t.Fatalf("kept %v, removed %v", paths, removed)
	}
	for i, p := range paths {
		if p != path && p != newest {
			t.Errorf("kept %s", p)
		}
		if p == path && time.Since(taken[i]).Abs() > time.Hour {
			t.Errorf("%s was taken at %v", p, taken[i])
		}
	}
	// Other files stay, except those of a backup that was killed.
	entries, err := os.ReadDir(directory)
	if err != nil || len(entries) != 2+5 {
		t.Errorf("there is %v, %v", entries, err)
	}
	if removed, err := local.Prune(directory, 0); err != nil || len(removed) != 1 {
		t.Errorf("the last one is not kept: %v, %v", removed, err)
	}
	if paths, _, err := local.Backups(filepath.Join(directory, "none")); paths != nil || err != nil {
		t.Error(paths, err)
	}
}

// TestBackupToFullDisk makes a backup where it does not fit, in a process of its own.
func TestBackupToFullDisk(t *testing.T) {
	t.Parallel()
	runProcess(t, "GLASSPOLL_TEST_FULL_BACKUP")
}

func backUpToFullDisk(directory string) {
	signal.Ignore(syscall.SIGXFSZ)
	opened, err := local.Open(filepath.Join(directory, "data", "glasspoll.db"))
	if err != nil {
		die(err)
	}
	ctx := context.Background()
	for range 20 {
		if _, err := opened.Put(ctx, newResponse(strings.Repeat("x", 20_000))); err != nil {
			die(err)
		}
	}
	backups := filepath.Join(directory, "backups")
	good, size, err := opened.Backup(ctx, backups)
	if err != nil {
		die(err)
	}
	older := filepath.Join(backups, "glasspoll-20200101T000000Z.db")
	if err := os.Rename(good, older); err != nil {
		die(err)
	}
	for _, bytes := range []uint64{0, 4096, uint64(size) / 2, uint64(size) - 1} {
		limitFiles(bytes)
		path, _, err := opened.Backup(ctx, backups)
		limitFiles(math.MaxUint64)
		fmt.Println(bytes, path, err)
		if err == nil || path != "" || !strings.Contains(err.Error(), syscall.EFBIG.Error()) {
			die("a copy without room for it")
		}
		entries, err := os.ReadDir(backups)
		if err != nil || len(entries) != 1 || filepath.Join(backups, entries[0].Name()) != older {
			die("there is", entries, err)
		}
	}
	if created, err := opened.Put(ctx, newResponse("still")); !created || err != nil {
		die("the store takes no answers any more:", err)
	}
	if _, _, err := opened.Backup(ctx, backups); err != nil {
		die("there is room again, and still:", err)
	}
}
