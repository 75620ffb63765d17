package cloud

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/publish/publishtest"
	"glasspoll/internal/soak"
)

// TestNothingPublicTells checks the promise of package release over a table in memory: the same worlds each time, and in a
// soak others.
func TestNothingPublicTells(t *testing.T) {
	n, first := soak.Cases(40, 2_000), uint64(5_000)
	if n > 40 {
		first = uint64(time.Now().UnixNano())
		t.Logf("from world %d on", first)
	}
	open := func(testing.TB) publishtest.BackEnd {
		return newWorld(nil, cloudtest.Options{}).process(cloudtest.Hooks{}, Options{}).Table
	}
	const shards = 4
	var mu sync.Mutex
	released := 0
	t.Run("worlds", func(t *testing.T) {
		for shard := range shards {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				for i := shard; i < n && !t.Failed(); i += shards {
					seen := publishtest.Check(t, first+uint64(i), true, open)
					mu.Lock()
					released += seen["blocks"]
					mu.Unlock()
				}
			})
		}
	})
	if released < n {
		t.Errorf("%d worlds have %d blocks", n, released)
	}
}
