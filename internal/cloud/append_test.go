package cloud

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"glasspoll/internal/cloud/cloudtest"
	"glasspoll/internal/release"
	"glasspoll/internal/tally"
)

// TestAppendAtFaults makes each call of Append fail, before it is made, after it, and between the two halves of the
// transaction: a release and its tally are stored, or neither, and whoever tries again finds which.
func TestAppendAtFaults(t *testing.T) {
	lost := errors.New("lost")
	for _, c := range []struct {
		name     string
		hooks    func(nth int) cloudtest.Hooks
		appended bool // if it is the transaction that fails
	}{
		{"before", func(nth int) cloudtest.Hooks {
			return cloudtest.Hooks{Around: func(_ context.Context, _ cloudtest.Call, do func() error) error {
				if nth--; nth == 0 {
					return lost
				}
				return do()
			}}
		}, false},
		{"after", func(nth int) cloudtest.Hooks {
			return cloudtest.Hooks{Around: func(_ context.Context, _ cloudtest.Call, do func() error) error {
				err := do()
				if nth--; nth == 0 && err == nil {
					return lost
				}
				return err
			}}
		}, true},
		{"prepared", func(nth int) cloudtest.Hooks {
			return cloudtest.Hooks{Prepared: func(context.Context, cloudtest.Call) error {
				if nth--; nth == 0 {
					return lost
				}
				return nil
			}}
		}, false},
	} {
		for nth := 1; ; nth++ {
			w := newWorld(parseSurvey(t, "tea", worldSurvey), cloudtest.Options{Now: october})
			ctx := t.Context()
			sound := w.process(cloudtest.Hooks{}, Options{})
			before, after := tally.New(), tally.New()
			before.Days["2026-10-20"], after.Days["2026-10-20"], after.Release = 5, 5, 1
			if err := sound.SaveTally(ctx, "tea", "2026-10", before, 0); err != nil {
				t.Fatal(err)
			}
			first := &release.Release{Survey: "tea", Period: "2026-10", Number: 1, Date: "2026-10-20", Version: "v", K: 5}
			err := w.process(c.hooks(nth), Options{}).Append(ctx, first, after, 1)
			stored, revision, tallyErr := sound.Tally(ctx, "tea", "2026-10")
			latest, latestErr := w.process(cloudtest.Hooks{}, Options{}).Latest(ctx, "tea")
			if err := errors.Join(tallyErr, latestErr); err != nil {
				t.Fatal(err)
			}
			if err != nil && !errors.Is(err, lost) {
				t.Fatal(err)
			}
			appended := len(latest) == 1
			if saved := revision == 2 && bytes.Equal(stored.Encode(), after.Encode()); saved != appended || !saved && revision != 1 {
				t.Errorf("%s call %d: appended %t, and the tally of revision %d is %+v", c.name, nth, appended, revision, stored)
			}
			if err == nil {
				if !appended {
					t.Errorf("%s call %d: no error, and no release", c.name, nth)
				}
				if nth == 1 {
					t.Errorf("%s: nothing has failed", c.name)
				}
				break // there are no more calls
			}
			if last := nth > 1; last && appended != c.appended {
				t.Errorf("%s call %d: appended %t", c.name, nth, appended)
			}
		}
	}
}
