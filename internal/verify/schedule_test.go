package verify

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"glasspoll/internal/store"
	"glasspoll/internal/tally"
)

// interrupted ends a context when the log of a period is read.
type interrupted struct {
	*kept
	period string
	cancel func()
	broken error // of reading 2026-09
}

func (i *interrupted) After(ctx context.Context, survey, period, cursor string) iter.Seq2[store.Entry, error] {
	if period == i.period {
		i.cancel()
	}
	if period == "2026-09" && i.broken != nil {
		return func(yield func(store.Entry, error) bool) { yield(store.Entry{}, i.broken) }
	}
	return i.kept.After(ctx, survey, period, cursor)
}

// A round is resumed with the period that comes next, one that needs more than a run is skipped, and what differs is told
// once, and once more when it agrees again.
func TestSchedule(t *testing.T) {
	k, s := counted(t)
	for i, period := range []string{"2026-08", "2026-09", "2026-11"} {
		put(t, k, s, period, 100+i)
	}
	if err := k.Collect(t.Context(), "tea"); err != nil {
		t.Fatal(err)
	}
	var told []string
	now := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	source := &interrupted{kept: k}
	schedule := &Schedule{Records: source, Progress: k, Now: func() time.Time { return now },
		Changed: func(v *Result) {
			told = append(told, v.Period+map[bool]string{true: " agrees", false: " differs"}[v.Agree])
		},
		Skipped: func(_, period string) { told = append(told, period+" skipped") },
	}
	run := func(until string, wantComplete bool, wantAfter string, want ...string) Standing {
		t.Helper()
		told = nil
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		source.period, source.cancel = until, cancel
		at, complete, err := schedule.Run(ctx)
		if err != nil || complete != wantComplete || at.After != wantAfter || !slices.Equal(told, want) {
			t.Fatalf("%+v, %t, %v, told %q; want %t, after %q, %q", at, complete, err, told, wantComplete, wantAfter, want)
		}
		return at
	}
	damage := func(by int64) {
		fold(t, k, s, func(stored *tally.Tally) { stored.Parts[s.Shape].Cohorts[""].Respondents += by })
	}
	run("2026-09", false, "tea 2026-08")
	run("2026-09", false, "tea 2026-09", "2026-09 skipped")
	damage(1)
	run("2026-11", false, "tea 2026-10", "2026-10 differs")
	if at := run("", true, ""); len(at.Differ) != 1 || !at.Finished.Equal(now) {
		t.Errorf("%+v", at)
	}
	broken := errors.New("broken")
	source.broken, source.period = broken, ""
	if at, complete, err := schedule.Run(t.Context()); err != nil || !complete || len(at.Failed) != 1 || !errors.Is(at.Failed["tea 2026-09"], broken) {
		t.Errorf("%+v, %t, %v", at, complete, err)
	}
	source.broken = nil
	damage(1) // another number of the same kind
	run("", true, "")
	damage(-2)
	if at := run("", true, "", "2026-10 agrees"); len(at.Differ) != 0 {
		t.Errorf("%+v", at)
	}
}
