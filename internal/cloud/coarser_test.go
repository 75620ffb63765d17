package cloud

import (
	"fmt"
	"testing"

	"glasspoll/internal/store"
)

// TestWorkOfManyPeriods leaves work of all parts of many periods, as after an import of ten years: the list stays small, and comprises it.
func TestWorkOfManyPeriods(t *testing.T) {
	t.Parallel()
	var left store.Work
	size := 0
	for year := range 10 {
		for week := range 52 {
			var w store.Work
			for shard := range minShards {
				w.Names = append(w.Names, store.PartName(fmt.Sprintf("20%d-w%02d", 10+year, week+1), fmt.Sprintf("%04d", shard)))
			}
			if left = coarser(left.And(w)); !covers(left, w) {
				t.Fatalf("%v is forgotten: %v", w.Names, left.Names)
			}
		}
	}
	for _, name := range left.Names {
		size += len(name)
	}
	if size > 10<<10 {
		t.Errorf("%d names of %d bytes", len(left.Names), size)
	}
}
