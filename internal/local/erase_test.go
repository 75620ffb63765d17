package local_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

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

// endsAfter is a context that ends once its error has been asked for so many times.
type endsAfter struct {
	context.Context
	left atomic.Int64
}

func (c *endsAfter) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestErasedIsOverwrittenInTheEnd ends erasures at every step. What a respondent has taken back is overwritten although they have left
// the page; what was erased otherwise, after the file is opened again.
func TestErasedIsOverwrittenInTheEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "glasspoll.db")
	for name, erase := range map[string]func(*local.Store, context.Context, string) error{
		"withdrawn": func(s *local.Store, ctx context.Context, id string) error {
			_, err := s.Withdraw(ctx, "service", id)
			return err
		},
		"erased": func(s *local.Store, ctx context.Context, id string) error {
			_, err := s.Erase(ctx, "service", id, nil)
			return err
		},
	} {
		interrupted := 0
		for steps := range 40 {
			opened, err := local.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			words := fmt.Sprintf("words of %s %d.", name, steps)
			r := answer.Response{ID: uuid.NewString(), Survey: "service", Version: "v1", Period: "all", Language: "en", Answers: []answer.Answer{{"why", words}}}
			if _, err := opened.Put(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			ctx := &endsAfter{Context: t.Context()}
			ctx.left.Store(int64(steps))
			err = erase(opened, ctx, r.ID)
			reachedEnd := ctx.left.Load() >= 0 // more steps would be the same again
			stored, lookErr := opened.Stored(t.Context(), "service", r.ID)
			if lookErr != nil || stored == nil {
				t.Fatal(stored, lookErr)
			}
			if isErased := stored.Entry.Response.Withdrawn; isErased && name == "withdrawn" && err != nil {
				t.Errorf("%s, %d steps: %v", name, steps, err)
			} else if isErased {
				if err != nil {
					interrupted++
				}
				opened.Close()
				if opened, err = local.Open(path); err != nil {
					t.Fatal(err)
				}
				if name == "erased" {
					if err := opened.FinishErasing(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				raw, err := os.ReadFile(path)
				if err != nil || bytes.Contains(raw, []byte(words)) {
					t.Errorf("%s, %d steps: it is still in the file, %v", name, steps, err)
				}
			}
			opened.Close()
			if reachedEnd {
				break
			}
		}
		if name == "erased" && interrupted == 0 {
			t.Error("no erasure was interrupted after it was stored: the test is wrong")
		}
	}
}
