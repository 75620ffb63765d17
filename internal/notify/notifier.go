package notify

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"glasspoll/internal/news"
)

// Notifier tells of news in the background, so that a receiver that is slow, or away for days, delays nothing else.
type Notifier struct {
	log       *slog.Logger
	surveys   func(ctx context.Context) ([]string, error)
	announcer *Announcer
	deliverer *Deliverer
	wake      chan struct{} // holds one
}

// NotifierOptions are the dependencies of a notifier.
type NotifierOptions struct {
	Surveys   func(ctx context.Context) ([]string, error) // as in [store.Catalog]
	Announcer *Announcer                                  // nil: all news is of cases
	Deliverer *Deliverer
	Log       *slog.Logger
}

// New makes a notifier.
func New(o NotifierOptions) *Notifier {
	return &Notifier{log: o.Log, surveys: o.Surveys, announcer: o.Announcer, deliverer: o.Deliverer, wake: make(chan struct{}, 1)}
}

// Wake makes Run look for news. It does not block.
func (n *Notifier) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// interval is how often Run looks for what no answer brings: windows that begin and end, cases that are overdue, digests.
const interval = time.Minute

// Run announces and delivers news until the context ends, beginning with those that are pending.
func (n *Notifier) Run(ctx context.Context) {
	for {
		wait := n.round(ctx)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-n.wake:
			timer.Stop()
		}
	}
}

// round announces and delivers once, and returns when to do it again.
func (n *Notifier) round(ctx context.Context) time.Duration {
	surveys, err := n.surveys(ctx)
	if err == nil && n.announcer != nil {
		err = n.announcer.Announce(ctx, surveys)
	}
	var out Outcome
	if err == nil {
		out, err = n.deliverer.Deliver(ctx, append(slices.Clone(surveys), news.NoSurvey)...)
	}
	out.Log(n.log)
	if err != nil && ctx.Err() == nil {
		n.log.Error("news not delivered, will be tried again", "error", err)
	}
	if out.Next.IsZero() {
		return interval
	}
	return min(interval, max(out.Next.Sub(n.deliverer.Now()), 0))
}

// Log says what a run has done.
func (o Outcome) Log(log *slog.Logger) {
	for _, name := range slices.Sorted(maps.Keys(o.Sent)) {
		log.Info("news delivered", "receiver", name, "items", o.Sent[name])
	}
	for _, name := range slices.Sorted(maps.Keys(o.Failed)) {
		log.Error("news not delivered, will be tried again", "receiver", name, "error", o.Failed[name])
	}
	for _, name := range slices.Sorted(maps.Keys(o.GivenUp)) {
		log.Error("news given up: see 'glasspoll news list'", "receiver", name)
	}
}
