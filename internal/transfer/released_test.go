package transfer_test

import (
	"testing"

	"pgregory.net/rapid"

	"glasspoll/internal/store/storetest"
)

// TestRandomReleases makes answers, erasures, releases and moves in any order, of which some are killed, and releases in the
// target at the end: nobody is released twice, and verification agrees on both sides.
func TestRandomReleases(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, 3)
		const period = "2026-Q4"
		all, own, inForce := 0, 0, false
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				n := rapid.IntRange(1, 4).Draw(t, "more")
				w.put(w.from, period, all, all+n)
				all += n
			},
			"put into the target": func(t *rapid.T) {
				if inForce {
					n := rapid.IntRange(1, 9).Draw(t, "more")
					w.put(w.to, period, 1000+own, 1000+own+n)
					own += n
				}
			},
			"erase in the source": func(t *rapid.T) {
				if all > 0 {
					w.erase(w.from, rapid.IntRange(0, all-1).Draw(t, "which"))
				}
			},
			"publish the source": func(*rapid.T) {
				w.now = w.now.AddDate(0, 0, 1)
				w.publish(w.from)
			},
			"move": func(t *rapid.T) { inForce = w.moveKilled(t) },
		})
		w.move()
		if all == 0 {
			return
		}
		w.publish(w.from) // so that everybody is counted there, too
		before := w.known(w.from, period)
		w.put(w.to, period, all, all+7)
		w.publish(w.to)
		w.wantAgreement(period)
		if now := w.known(w.to, period); now > before+int64(own)+7 {
			t.Fatalf("%d are released or wait in the target, and there are %d", now, before+int64(own)+7)
		}
	})
}

// known counts who is released in a store, and who waits by its log.
func (w *world) known(in *storetest.Memory, period string) int64 {
	w.t.Helper()
	n := int64(0)
	counted, _, err := in.Tally(ctx, surveyID, period)
	w.must(err)
	if counted != nil {
		n = counted.Waiting()
	}
	latest, err := in.Latest(ctx, surveyID)
	w.must(err)
	for _, r := range latest {
		if r.Period == period {
			n += r.Respondents()
		}
	}
	return n
}
