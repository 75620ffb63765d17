package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/store"
)

func pages(t *testing.T, b Backend) {
	if b.Pages == nil {
		t.Skip("this back end keeps no pages")
	}
	const name = "service/en/results/index.html"
	if tag, revision, err := b.Pages.Page(ctx, name); tag != "" || revision != 0 || err != nil {
		t.Fatalf("a page that does not exist: %q, %d, %v", tag, revision, err)
	}
	if _, err := b.Pages.Replace(ctx, name, "something", 1, []byte("one")); !errors.Is(err, store.ErrStale) {
		t.Errorf("replaced what is not there: %v", err)
	}
	tag := ""
	for i, body := range []string{"one", "two", "two", "", "one"} {
		old := tag
		var err error
		if tag, err = b.Pages.Replace(ctx, name, old, i+1, []byte(body)); err != nil || tag == "" {
			t.Fatal(tag, err)
		}
		now, revision, err := b.Pages.Page(ctx, name)
		if err != nil || now != tag || revision != i+1 {
			t.Errorf("wrote revision %d as %q, found %d as %q: %v", i+1, tag, revision, now, err)
		}
		if old != tag {
			if _, err := b.Pages.Replace(ctx, name, old, 99, []byte("late")); !errors.Is(err, store.ErrStale) {
				t.Errorf("replaced by a writer that had read an older page: %v", err)
			}
		}
	}
	if b.Reopen != nil {
		b = b.Reopen(t)
	}
	if now, revision, err := b.Pages.Page(ctx, name); err != nil || now != tag || revision != 5 {
		t.Errorf("final page %q, %d, %v", now, revision, err)
	}

	var written atomic.Int64
	var group errgroup.Group
	for i := range 16 {
		group.Go(func() error {
			_, err := b.Pages.Replace(ctx, "x/results/results.json", "", 1, fmt.Appendf(nil, "{%d}", i))
			if err == nil {
				written.Add(1)
			} else if !errors.Is(err, store.ErrStale) {
				return err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil || written.Load() != 1 {
		t.Errorf("a new page was written %d times: %v", written.Load(), err)
	}
}
