package cloud

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/store"
)

// A collector that is killed before it has deleted what it collected leaves answers in the queue. Erasing them deletes them
// there too.
func TestErasureLeavesNothingInTheQueue(t *testing.T) {
	s := parseSurvey(t, "tea", worldSurvey)
	w := newWorld(s, cloudtest.Options{})
	ctx := t.Context()
	killed := errors.New("killed")
	dying := w.process(cloudtest.Hooks{Around: func(_ context.Context, c cloudtest.Call, do func() error) error {
		if c.Name == "BatchWriteItem" {
			return killed
		}
		return do()
	}}, Options{})
	for n := range 4 {
		if err := dying.put(ctx, worldResponse(n, "2026-10")); err != nil {
			t.Fatal(err)
		}
	}
	if err := dying.collectPeriod(ctx, "tea", "2026-10"); !errors.Is(err, killed) {
		t.Fatal(err)
	}
	if waiting, placed := len(w.server.Items("Q#")), len(w.server.Items("J#")); waiting != 4 || placed != 1 {
		t.Fatalf("%d responses wait, and there are %d segments", waiting, placed)
	}
	id := worldResponse(3, "2026-10").ID
	if erased, err := w.process(cloudtest.Hooks{}, Options{}).Erase(ctx, "tea", id, nil); !erased || err != nil {
		t.Fatal(erased, err)
	}
	if err := w.findTrace(id); err != nil {
		t.Error(err)
	}
	if err := w.findTrace(worldResponse(2, "2026-10").ID); err == nil {
		t.Error("the trace of answers that were not erased is not found")
	}
}

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

// A questionnaire whose periods are changed, from months to quarters, still has answers of a month that wait, of which the
// stream did not tell.
func TestCollectedAfterPeriodsAreChanged(t *testing.T) {
	s := parseSurvey(t, "tea", worldSurvey)
	w := newWorld(s, cloudtest.Options{})
	ctx := t.Context()
	p := w.process(cloudtest.Hooks{}, Options{})
	if err := p.PutDefinition(ctx, s); err != nil {
		t.Fatal(err)
	}
	month := s.PeriodAt(time.Now())
	if err := p.put(ctx, worldResponse(0, month)); err != nil {
		t.Fatal(err)
	}
	if err := p.Collect(ctx, "tea"); err != nil {
		t.Fatal(err)
	}
	if err := p.put(ctx, worldResponse(1, month)); err != nil {
		t.Fatal(err)
	}
	quarters := *s
	quarters.Period = "quarter"
	quarters.Seal()
	if err := p.PutDefinition(ctx, &quarters); err != nil {
		t.Fatal(err)
	}
	if err := p.Collect(ctx, "tea"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for entry, err := range p.After(ctx, "tea", month, "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, entry.Response.ID)
	}
	if want := []string{worldResponse(0, "").ID, worldResponse(1, "").ID}; !slices.Equal(got, want) {
		t.Errorf("the log has %q, want %q", got, want)
	}

	// A log that has not grown for days is not looked at any more.
	watching := cloudtest.Hooks{Around: func(_ context.Context, c cloudtest.Call, do func() error) error {
		if strings.Contains(c.Key(), "Q#tea#"+month) {
			t.Errorf("the call %s is made", c.Key())
		}
		return do()
	}}
	later := w.process(watching, Options{Now: func() time.Time { return time.Now().Add(3 * grace) }})
	if err := later.Collect(ctx, "tea"); err != nil {
		t.Fatal(err)
	}
	looked := false
	watching.Around = func(_ context.Context, c cloudtest.Call, do func() error) error {
		looked = looked || strings.Contains(c.Key(), "Q#tea#"+month)
		return do()
	}
	if err := w.process(watching, Options{}).Collect(ctx, "tea"); err != nil || !looked {
		t.Errorf("a log that has grown just now is not looked at: %v", err)
	}
}
