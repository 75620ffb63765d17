package local_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"glasspoll/internal/answer"
	"glasspoll/internal/local"
	"glasspoll/internal/store"
)

// openError checks that Open fails with an error that contains the path and the given parts.
func openError(t *testing.T, path string, want ...string) {
	t.Helper()
	started := time.Now()
	opened, err := local.Open(path)
	if err == nil {
		opened.Close()
		t.Fatalf("opened %s", path)
	}
	for _, part := range append(want, path) {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	t.Log(err, time.Since(started))
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "er", "glasspoll.db")
	opened, err := local.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	openError(t, path, "another process", "glasspoll serve")
	if err := opened.Close(); err != nil {
		t.Fatal(err)
	}
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	change := func(name string, f func(tx *bbolt.Tx) error) string {
		changed := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(changed, sound, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := bbolt.Open(changed, 0o600, nil)
		if err == nil {
			err = errors.Join(db.Update(f), db.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		return changed
	}
	newer := change("newer.db", func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte("7")) })
	openError(t, newer, "format 7", "format 5 and earlier", "newer glasspoll")
	foreign := change("foreign.db", func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("accounts"))
		return errors.Join(err, tx.DeleteBucket([]byte("meta")))
	})
	openError(t, foreign, "not a Glasspoll store", "accounts")

	for name, content := range map[string][]byte{
		"text":    []byte("Dear all,\n"),
		"garbage": bytes.Repeat([]byte("garbage!"), 10_000),
		"zeros":   make([]byte, 40_000),
		"short":   sound[:5000],
		"cut":     sound[:2*os.Getpagesize()],
		"holes":   append(bytes.Clone(sound[:2*os.Getpagesize()]), make([]byte, len(sound)-2*os.Getpagesize())...),
		"noise":   append(bytes.Clone(sound[:2*os.Getpagesize()]), bytes.Repeat([]byte{0xff}, len(sound)-2*os.Getpagesize())...),
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		openError(t, path)
	}
	openError(t, t.TempDir())
}

// TestFullDisk writes until the disk is full, in a process of its own.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	runProcess(t, "GLASSPOLL_TEST_FULL")
}

// runProcess runs this program as another process. The variable selects what it does, see TestMain, and names an empty
// directory for it.
func runProcess(t *testing.T, variable string) {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), variable+"="+t.TempDir())
	output, err := command.CombinedOutput()
	t.Logf("%s", output)
	if err != nil {
		t.Fatal(err)
	}
}

// die ends such a process.
func die(a ...any) {
	fmt.Println(a...)
	os.Exit(1)
}

// limitFiles sets the size that no file of this process can exceed: to the process, the disk looks full.
func limitFiles(bytes uint64) {
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: math.MaxUint64}); err != nil {
		die(err)
	}
}

func fillDisk(directory string) {
	signal.Ignore(syscall.SIGXFSZ)
	limitFiles(8 << 10) // not even an empty file has room
	path := filepath.Join(directory, "glasspoll.db")
	if _, err := local.Open(path); err == nil || !strings.Contains(err.Error(), syscall.EFBIG.Error()) {
		die("opened on a full disk:", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		die("a part of a file is left:", err)
	}
	limitFiles(math.MaxUint64)
	opened, err := local.Open(filepath.Join(directory, "glasspoll.db"))
	if err != nil {
		die(err)
	}
	limitFiles(1 << 20)
	ctx := context.Background()
	response := func(n int) answer.Response {
		return answer.Response{ID: fmt.Sprint(n), Survey: "full", Period: "all", Answers: []answer.Answer{{"text", strings.Repeat("x", 20_000)}}}
	}
	n := 0
	for ; ; n++ {
		if n > 1000 {
			die("the disk is never full")
		}
		created, err := opened.Put(ctx, response(n))
		if err != nil {
			fmt.Println("after", n, "responses:", err)
			if created || !strings.Contains(err.Error(), syscall.EFBIG.Error()) { // bbolt wraps some errors as text
				die("not the disk's error, or created all the same")
			}
			break
		}
	}
	stored := n
	for i := range 10 { // some may still find room
		if created, err := opened.Put(ctx, response(n+1+i)); created && err == nil {
			stored++
		}
	}
	if stored == n+10 {
		die("the disk is not full")
	}
	limitFiles(math.MaxUint64) // there is room again
	if created, err := opened.Put(ctx, response(n)); !created || err != nil {
		die("the store takes no response any more:", created, err)
	}
	if err := opened.Close(); err != nil {
		die(err)
	}
	if opened, err = local.Open(filepath.Join(directory, "glasspoll.db")); err != nil {
		die(err)
	}
	count := 0
	for _, err := range opened.After(ctx, "full", "all", "") {
		if err != nil {
			die(err)
		}
		count++
	}
	if count != stored+1 {
		die("in the log:", count, "of", stored+1)
	}
}

func TestPagesStayInTheirDirectory(t *testing.T) {
	t.Parallel()
	outer := t.TempDir()
	directory := filepath.Join(outer, "public")
	pages, err := local.OpenPages(directory)
	if err != nil {
		t.Fatal(err)
	}
	defer pages.Close()
	if err := os.Symlink(outer, filepath.Join(directory, "link")); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, name := range []string{"", ".", "..", "../x.html", "a/../../x.html", "/etc/x.html", "a//b", "./x", `..\x`, "c:x", "link/x.html", ".revisions/x.html", "a/.hidden", "a/"} {
		if _, err := pages.Replace(ctx, name, "", 1, []byte("x")); err == nil {
			t.Errorf("wrote %q", name)
		}
		if name != "link/x.html" { // which does not exist
			if _, _, err := pages.Page(ctx, name); err == nil {
				t.Errorf("read %q", name)
			}
		}
	}
	if entries, _ := os.ReadDir(outer); len(entries) != 1 {
		t.Errorf("there is %v", entries)
	}
}

// A page that was edited by hand is another page, of revision 0.
func TestPageChangedByHand(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	pages, err := local.OpenPages(directory)
	if err != nil {
		t.Fatal(err)
	}
	defer pages.Close()
	ctx := context.Background()
	tag, err := pages.Replace(ctx, "a/b.html", "", 3, []byte("three"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(directory, "a/b.html"), []byte("hand"), 0o644); err != nil {
		t.Fatal(err)
	}
	now, revision, err := pages.Page(ctx, "a/b.html")
	if err != nil || now == tag || revision != 0 {
		t.Errorf("%q, %d, %v", now, revision, err)
	}
	if _, err := pages.Replace(ctx, "a/b.html", tag, 4, []byte("four")); !errors.Is(err, store.ErrStale) {
		t.Errorf("overwritten: %v", err)
	}
	if files, _ := filepath.Glob(filepath.Join(directory, "a", "*")); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
}
