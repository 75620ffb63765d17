package transfer_test

import (
	"bytes"
	"testing"

	"glasspoll/internal/answer"
	"glasspoll/internal/records"
	"glasspoll/internal/store"
)

// heldWorld is two stores, of which the source has responses that a rule holds back, published.
func heldWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, 5)
	for n := range 30 {
		r := w.response(n, "2026-11")
		if r.Quality.Flags = answer.Watched; n%3 == 0 {
			r.Quality.Flags |= answer.Rate
		}
		_, err := w.from.Put(ctx, r)
		w.must(err)
	}
	w.publish(w.from)
	return w
}

// decideOf accepts or rejects responses by their numbers, in the source.
func (w *world) decideOf(reject bool, numbers ...int) {
	w.t.Helper()
	ids := map[string]bool{}
	for _, n := range numbers {
		ids[w.response(n, "").ID] = true
	}
	done, err := records.Decide(ctx, w.from, w.survey, "2026-11", records.Verdict{Reject: reject, Reason: "looked at", By: "li", At: w.now},
		func(r records.Reviewed) bool { return ids[r.Response.ID] })
	w.must(err)
	if len(done.Changed) != len(numbers) {
		w.t.Fatalf("decided of %d, want %d: %+v", len(done.Changed), len(numbers), done.Refused)
	}
}

// sameHeld wants that both stores know the same of what is held and decided.
func (w *world) sameHeld(what string) {
	w.t.Helper()
	from, _, err := w.from.Tally(ctx, surveyID, "2026-11")
	w.must(err)
	to, _, err := w.to.Tally(ctx, surveyID, "2026-11")
	w.must(err)
	if from.Decided != to.Decided || from.Folded() != to.Folded() || from.Held.Waiting != to.Held.Waiting || from.Held.Rejected != to.Held.Rejected || from.Waiting() != to.Waiting() {
		w.t.Errorf("%s: the source has %+v, %d wait, decided %d; the target %+v, %d wait, decided %d", what, from.Held, from.Waiting(), from.Decided, to.Held, to.Waiting(), to.Decided)
	}
	var all [2][]byte
	for i, of := range []store.DecisionReader{w.from, w.to} {
		for d, err := range of.Decisions(ctx, surveyID, "2026-11") {
			w.must(err)
			all[i] = append(all[i], d.Encode()...)
		}
	}
	if !bytes.Equal(all[0], all[1]) {
		w.t.Errorf("%s: the decisions differ", what)
	}
}

// TestMoveHeld moves what rules hold back and what was decided of it, also after the first move, and the target goes on from there.
func TestMoveHeld(t *testing.T) {
	t.Parallel()
	w := heldWorld(t)
	w.decideOf(false, 0, 3)
	w.decideOf(true, 6)
	w.publish(w.from)
	w.move()
	w.sameHeld("moved")
	w.publish(w.to)
	w.sameHeld("moved, and published in the target")
	w.decideOf(true, 9)
	w.decideOf(false, 12)
	w.move()
	w.sameHeld("moved again after more was decided")
}
