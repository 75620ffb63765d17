package server

import (
	"context"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"time"

	"glasspoll/internal/local"
	"glasspoll/internal/store"
	"glasspoll/internal/verify"
)

// verifyLoop verifies everything in the background, once in a while. A difference is logged as an error, once; if it goes away,
// that is logged, too.
type verifyLoop struct {
	every time.Duration
	store *local.Store
	log   *slog.Logger
}

// firstVerification is the wait before the first verification of a file, and verifyRetry the one after a failure. Both are
// shorter if the loop verifies more often.
const (
	firstVerification = 10 * time.Minute
	verifyRetry       = 10 * time.Minute
)

// run verifies until the context ends.
func (l *verifyLoop) run(ctx context.Context) {
	schedule := &verify.Schedule{Records: gentle{l.store}, Progress: l.store, Now: time.Now, Changed: l.changed, Skipped: func(string, string) {}}
	wait := l.firstWait(ctx, schedule)
	for {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		wait = l.every
		begun := time.Now()
		at, complete, err := schedule.Run(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			wait = min(l.every, verifyRetry)
			l.log.Error("not verified, will be tried again", "in", wait, "error", err)
		case complete:
			for _, period := range slices.Sorted(maps.Keys(at.Failed)) {
				l.log.Error("not verified", "period", period, "error", at.Failed[period])
			}
			l.log.Info("store verified", "differ", len(at.Differ), "in", time.Since(begun).Round(time.Millisecond))
		}
	}
}

// firstWait counts from the last round, also across restarts; an interrupted one goes on soon.
func (l *verifyLoop) firstWait(ctx context.Context, schedule *verify.Schedule) time.Duration {
	soon := min(l.every, firstVerification)
	at, err := schedule.Standing(ctx)
	if err != nil || at.Finished.IsZero() || at.After != "" {
		return soon
	}
	return min(max(time.Until(at.Finished.Add(l.every)), soon), l.every)
}

func (l *verifyLoop) changed(v *verify.Result) {
	if v.Agree {
		l.log.Info("what differed agrees again", "survey", v.Survey, "period", v.Period)
		return
	}
	l.log.Error("what is stored differs: run results verify", "survey", v.Survey, "period", v.Period, "findings", len(v.Findings), "first", v.Findings[0].String(), "remedy", v.Findings[0].Remedy().String())
}

// gentle is a store whose logs are read slowly, so that answers have the machine to themselves most of the time.
type gentle struct{ *local.Store }

// After implements [store.Log]. It rests three times as long as the entries have taken.
func (g gentle) After(ctx context.Context, survey, period, cursor string) iter.Seq2[store.Entry, error] {
	const atOnce = 2000
	return func(yield func(store.Entry, error) bool) {
		n, begun := 0, time.Now()
		for entry, err := range g.Store.After(ctx, survey, period, cursor) {
			if !yield(entry, err) {
				return
			}
			if n++; n%atOnce != 0 {
				continue
			}
			select {
			case <-time.After(3 * time.Since(begun)):
			case <-ctx.Done():
				yield(store.Entry{}, ctx.Err())
				return
			}
			begun = time.Now()
		}
	}
}

var _ store.Checker = gentle{}
