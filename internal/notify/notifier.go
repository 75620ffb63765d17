package notify

import (
	"context"
	"log/slog"
	"time"

	"glasspoll/internal/store"
)

// Notifier delivers the notifications of all surveys in the background, so that a receiver that is slow, or away for days,
// delays nothing else.
type Notifier struct {
	log    *slog.Logger
	outbox Outbox
	sender Sender
	wake   chan struct{} // holds one
}

// Outbox is the outbox of all surveys.
type Outbox interface {
	Surveys(ctx context.Context) ([]string, error) // as in [store.Catalog]
	store.Outbox
}

// Options are the dependencies of a notifier. All are required.
type Options struct {
	Outbox Outbox
	Sender Sender
	Log    *slog.Logger
}

// New makes a notifier.
func New(o Options) *Notifier {
	return &Notifier{log: o.Log, outbox: o.Outbox, sender: o.Sender, wake: make(chan struct{}, 1)}
}

// Wake makes Run look for new notifications. It does not block.
func (n *Notifier) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// firstRetry is the wait after a failure. It doubles with each further failure, up to lastRetry.
const firstRetry, lastRetry = 10 * time.Second, 10 * time.Minute

// Run delivers notifications until the context ends, beginning with those that are pending.
func (n *Notifier) Run(ctx context.Context) {
	retry := firstRetry
	for {
		var again <-chan time.Time
		if n.deliver(ctx) {
			retry = firstRetry
		} else {
			again = time.After(retry)
			retry = min(2*retry, lastRetry)
		}
		select {
		case <-ctx.Done():
			return
		case <-again:
		case <-n.wake:
		}
	}
}

// deliver delivers what is pending, and reports whether it could.
func (n *Notifier) deliver(ctx context.Context) bool {
	surveys, err := n.outbox.Surveys(ctx)
	delivered := 0
	for _, id := range surveys {
		var some int
		some, err = Deliver(ctx, n.outbox, n.sender, id)
		delivered += some
		if err != nil {
			break // the other surveys have the same receiver
		}
	}
	if delivered > 0 {
		n.log.Info("cases notified", "cases", delivered)
	}
	if err != nil && ctx.Err() == nil {
		n.log.Error("cases not notified, will be tried again", "error", err)
	}
	return err == nil
}
