package cloud

import (
	"context"
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/soak"
	"glasspoll/internal/transfer"
)

// moveTo carries everything from one table to another. Both processes have the same hooks.
func moveTo(ctx context.Context, from, to *world, h cloudtest.Hooks) error {
	report, err := transfer.Move(ctx, from.process(h, Options{}), to.process(h, Options{}), transfer.Options{Source: "a table", Now: from.now})
	if err == nil && len(report.Differences) > 0 {
		return errors.New(report.Differences[0].String())
	}
	return err
}

// copied returns a world with the same table and promises, from which they go apart.
func (w *world) copied() *world {
	c := newWorld(w.survey, cloudtest.Options{Now: october, BatchWrites: 3})
	if w.server != nil {
		c.server = w.server.Copy()
	}
	for id, f := range w.fate {
		one := *f
		c.fate[id] = &one
	}
	return c
}

// TestMoveKilledAtEveryCall carries a table to another one, is killed at each call to either, and begins again, after some
// answers have been erased and others have come.
func TestMoveKilledAtEveryCall(t *testing.T) { synctest.Test(t, moveKilledAtEveryCall) }

func moveKilledAtEveryCall(t *testing.T) {
	ctx, tea := t.Context(), parseSurvey(t, "tea", worldSurvey)
	before := storyWorld(tea)
	before.tell(t, story(), -1, &killer{}, false)
	count := &killer{}
	if err := moveTo(ctx, before.copied(), storyWorld(tea), cloudtest.Hooks{Around: count.around}); err != nil {
		t.Fatal(err)
	}
	every := max(1, count.calls/soak.Cases(20, 1_000)) // in a soak each call
	for at := 1; at <= count.calls; at += every {
		for _, after := range []bool{false, true} {
			from, to, k := before.copied(), storyWorld(tea), &killer{at: at, after: after}
			if err := moveTo(ctx, from, to, cloudtest.Hooks{Around: k.around}); err == nil && k.dead {
				t.Error("killed without an error")
			}
			p := from.process(cloudtest.Hooks{}, Options{})
			for _, id := range []string{worldResponse(3, "").ID, worldResponse(22, "").ID} {
				if err := p.erase(ctx, id); err != nil {
					t.Error(err)
				}
			}
			if err := p.put(ctx, worldResponse(30, "2026-10")); err != nil {
				t.Error(err)
			}
			for range 2 { // the second time there is nothing to do
				if err := moveTo(ctx, from, to, cloudtest.Hooks{}); err != nil {
					t.Error(err)
				}
			}
			maps.Copy(to.fate, from.fate)
			to.verify(t)
			if t.Failed() {
				t.Fatalf("killed at call %d of %d, %s; after it: %t", at, count.calls, k.last, after)
			}
		}
	}
}

// TestRetentionOfImports imports old answers to a table with a retention time: they stay long enough to be counted.
func TestRetentionOfImports(t *testing.T) {
	t.Parallel()
	w := storyWorld(parseSurvey(t, "tea", worldSurvey))
	const day = 24 * time.Hour
	p := w.process(cloudtest.Hooks{}, Options{Retention: 30 * day})
	if err := importSome(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := p.Collect(t.Context(), "tea", worldPeriods...); err != nil {
		t.Fatal(err)
	}
	if err := p.put(t.Context(), worldResponse(40, "2026-10")); err != nil {
		t.Fatal(err)
	}
	now := october()
	for prefix, want := range map[string]time.Time{"J#": now.Add(7 * day), "Q#": now.Add(30 * day)} {
		items := w.server.Items(prefix)
		if len(items) == 0 {
			t.Errorf("nothing under %s", prefix)
		}
		for _, i := range items {
			if until, ok := integerOf(i, Expires); !ok || until != want.Unix() {
				t.Errorf("%s expires at %v, want %v", textOf(i, partKey), time.Unix(until, 0).UTC(), want)
			}
		}
	}
}
