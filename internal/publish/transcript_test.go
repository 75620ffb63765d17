package publish_test

import (
	"cmp"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"glasspoll/internal/local"
	"glasspoll/internal/publish/publishtest"
	"glasspoll/internal/soak"
	"glasspoll/internal/store/storetest"
)

// openAny opens the real store for a few worlds, and one in memory for the others.
func openAny(seed uint64) func(t testing.TB) publishtest.BackEnd {
	return func(t testing.TB) publishtest.BackEnd {
		if seed%40 > 0 {
			return storetest.NewMemory()
		}
		opened, err := local.Open(filepath.Join(t.TempDir(), "glasspoll.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { opened.Close() })
		return opened
	}
}

// TestNothingPublicTells checks the promise in random worlds: the same ones each time, and in a soak others.
func TestNothingPublicTells(t *testing.T) {
	const shards = 4
	n := soak.Cases(400, 20_000)
	first := uint64(0)
	if n > 400 {
		first = uint64(time.Now().UnixNano())
		t.Logf("from world %d on", first)
	}
	var mu sync.Mutex
	seen := map[string]int{}
	t.Run("worlds", func(t *testing.T) {
		for shard := range shards {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				for i := shard; i < n && !t.Failed(); i += shards {
					found := publishtest.Check(t, first+uint64(i), i%2 == 0, openAny(first+uint64(i)))
					mu.Lock()
					seen["publishtest"]++
					for what, count := range found {
						seen[what] += cmp.Compare(count, 0)
						seen["all "+what] += count
					}
					mu.Unlock()
				}
			})
		}
	})
	t.Log(seen)
	if n < 400 {
		return
	}
	for _, what := range []string{"releases", "pools", "coded", "bases", "steps", "edits", "withdrawn", "withdrawn while waiting", "waiting at the end", "hidden", "parts of other versions",
		"strict", "weighting", "cross-tabs", "means of units", "overall", "daily", "changed while waiting", "changed and not published", "accepted", "accepted and in blocks", "rejected", "invited", "exchanges of bundles", "exchanges of rows"} {
		if seen[what] < 5 {
			t.Errorf("%d worlds have %s", seen[what], what)
		}
	}
}
