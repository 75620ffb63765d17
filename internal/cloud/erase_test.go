package cloud

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/store"
)

// The id of erased answers stays taken when everything else has been deleted after the retention time.
func TestTombstoneOutlivesTheRetentionTime(t *testing.T) {
	s := parseSurvey(t, "tea", worldSurvey)
	w := newWorld(s, cloudtest.Options{})
	ctx := t.Context()
	p := w.process(cloudtest.Hooks{}, Options{Retention: time.Hour})
	mine, other := worldResponse(0, "2026-10"), worldResponse(1, "2026-10")
	imported := worldResponse(2, "2026-10").Tombstone(nil)
	if err := errors.Join(p.put(ctx, mine), p.put(ctx, other)); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Import(ctx, "tea", "2026-10", []store.Entry{{Arrived: time.Now(), Response: imported}}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if erased, err := p.Erase(ctx, "tea", mine.ID, nil); !erased || err != nil {
		t.Fatal(erased, err)
	}
	w.server.Delete(func(i cloudtest.Item) bool { return i[Expires] != nil })
	for _, id := range []string{mine.ID, imported.ID} {
		again := mine
		again.ID = id
		if created, err := p.Put(ctx, again); created || !errors.Is(err, store.ErrWithdrawn) {
			t.Errorf("%s was erased, and is stored again: %t, %v", id, created, err)
		}
		if erased, err := p.Erase(ctx, "tea", id, nil); erased || err != nil {
			t.Errorf("%s was erased, and is erased again: %t, %v", id, erased, err)
		}
	}
}

// A log that has grown lately is looked at whatever the questionnaire's periods are now, and no more after some days.
func TestLogsThatHaveGrown(t *testing.T) {
	w := newWorld(parseSurvey(t, "tea", worldSurvey), cloudtest.Options{})
	ctx := t.Context()
	p := w.process(cloudtest.Hooks{}, Options{})
	const old = "2020-01" // of which neither the questionnaire nor the stream tells
	if err := errors.Join(p.PutDefinition(ctx, w.survey), p.put(ctx, worldResponse(0, old)), p.Collect(ctx, "tea", old)); err != nil {
		t.Fatal(err)
	}
	for ahead, want := range map[time.Duration]bool{0: true, grace: true, 3 * grace: false, -3 * grace: false} {
		var looked atomic.Bool
		hooks := cloudtest.Hooks{Around: func(_ context.Context, c cloudtest.Call, do func() error) error {
			if strings.Contains(c.Key(), "Q#tea#"+old) {
				looked.Store(true)
			}
			return do()
		}}
		if err := w.process(hooks, Options{Now: func() time.Time { return time.Now().Add(ahead) }}).Collect(ctx, "tea"); err != nil {
			t.Fatal(err)
		}
		if looked.Load() != want {
			t.Errorf("%v later, the log is looked at: %t", ahead, !want)
		}
	}
}
