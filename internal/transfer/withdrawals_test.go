package transfer_test

import (
	"slices"
	"testing"
)

// What was taken back in the source, and waits there to be erased, waits in the target too, also if it was carried before.
func TestWishesAreCarried(t *testing.T) {
	w := newWorld(t, 5)
	w.aPast()
	ctx, id := t.Context(), w.survey.ID
	var ids []string
	for n := range 2 {
		r := w.response(9000+n, "2026-10")
		ids = append(ids, r.ID)
		_, err := w.from.Put(ctx, r)
		w.must(err)
		_, err = w.from.Withdraw(ctx, id, r.ID)
		w.must(err)
		w.move()
		w.move()
		if got, err := w.to.Withdrawals(ctx, id); err != nil || !slices.Equal(got, slices.Sorted(slices.Values(ids))) {
			t.Errorf("in the target %v wait, %v; want %v", got, err, ids)
		}
	}
}
