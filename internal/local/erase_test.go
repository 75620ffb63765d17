package local_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/local"
)

// TestErasedIsNotInTheFile looks for erased answers in the bytes of the file, where bbolt leaves old copies of pages, while
// other goroutines read and write.
func TestErasedIsNotInTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "glasspoll.db")
	opened, err := local.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	ctx := context.Background()
	put := func(i int) {
		r := answer.Response{ID: fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(i)*2654435761, i), Survey: "service", Version: "v1", Period: "all", Language: "en",
			Answers: []answer.Answer{{"tier", "a"}, {"why", fmt.Sprintf("open words of number %d.", i)}},
			Private: []answer.Answer{{"email", fmt.Sprintf("private-%d-@example.org", i)}}}
		if _, err := opened.Put(ctx, r); err != nil {
			t.Error(err)
		}
	}
	for i := range 400 {
		put(i)
	}
	secrets := [][]byte{[]byte("open words of number 7."), []byte("private-7-@")}
	has := func() bool {
		t.Helper()
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(raw, secrets[0]) || bytes.Contains(raw, secrets[1])
	}
	if !has() {
		t.Fatal("the file never held the answers: the test is wrong")
	}
	stop := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() {
		for i := 400; ; i++ {
			select {
			case <-stop:
				return
			default:
				put(i)
			}
		}
	})
	others.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			for _, err := range opened.After(ctx, "service", "all", "") {
				if err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	erased, err := opened.Erase(ctx, "service", fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(7*2654435761&0xffffffff), 7), []string{"tier"})
	close(stop)
	others.Wait()
	if !erased || err != nil {
		t.Fatalf("Erase = %t, %v", erased, err)
	}
	if has() {
		t.Error("the erased answers are still in the file")
	}
	if err := opened.Close(); err != nil {
		t.Fatal(err)
	}
	if opened, err = local.Open(path); err != nil {
		t.Fatal(err)
	}
	all := 0
	for e, err := range opened.After(ctx, "service", "all", "") {
		if err != nil {
			t.Fatal(err)
		}
		if e.Response.Withdrawn == (len(e.Response.Answers) == 2) {
			t.Errorf("%+v", e.Response)
		}
		all++
	}
	if all < 400 {
		t.Errorf("%d responses are left", all)
	}
}
