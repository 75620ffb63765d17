package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/publish"
	"glasspoll/internal/store"
	"glasspoll/internal/webhook"
)

// telling tells of the cases that alerts open, beside the publishing and never in its way: a receiver may be slow, or away
// for days.
type telling struct {
	log    *slog.Logger
	store  tellingStore
	teller publish.Teller
	wake   chan struct{} // holds one
}

type tellingStore interface {
	store.Outbox
	store.Catalog
}

// What could not be told of is tried again, each time after twice as long.
const firstTelling, lastTelling = 10 * time.Second, 10 * time.Minute

const secretVariable = "GLASSPOLL_WEBHOOK_SECRET"

// teller is the webhook that the flags name; nil if they name none.
func (s serveCommand) teller(getenv func(string) string) (publish.Teller, error) {
	secret := getenv(secretVariable)
	if s.WebhookSecretFile != "" {
		content, err := os.ReadFile(s.WebhookSecretFile)
		if err != nil {
			return nil, fmt.Errorf("--webhook-secret-file: %w", err)
		}
		secret = string(content)
	}
	switch {
	case s.Webhook == "" && s.WebhookSecretFile != "":
		return nil, console.Usagef("--webhook-secret-file goes with --webhook URL")
	case s.Webhook == "":
		return nil, nil
	case secret == "":
		return nil, console.Usagef("--webhook needs the secret that messages are signed with: name its file with --webhook-secret-file FILE, or set %s", secretVariable)
	}
	sender, err := webhook.New(s.Webhook, secret)
	if err != nil {
		return nil, console.UsageError{Err: err}
	}
	return sender, nil
}

func newTelling(log *slog.Logger, store tellingStore, teller publish.Teller) *telling {
	if teller == nil {
		return nil
	}
	return &telling{log: log, store: store, teller: teller, wake: make(chan struct{}, 1)}
}

// Notice says that there are new cases. It never waits. A nil telling tells nobody.
func (t *telling) Notice() {
	if t == nil {
		return
	}
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// all tells of everything there is to tell of, and reports whether that worked.
func (t *telling) all(ctx context.Context) (fine bool) {
	surveys, err := t.store.Surveys(ctx)
	told := 0
	for _, id := range surveys {
		n, failed := publish.Tell(ctx, t.store, t.teller, id)
		told += n
		if err = failed; err != nil {
			break // the others have the same receiver
		}
	}
	if told > 0 {
		t.log.Info("told of cases", "cases", told)
	}
	if err != nil && ctx.Err() == nil {
		t.log.Error("not told of all cases, will be tried again", "error", err)
	}
	return err == nil
}

// Run tells until the context ends; at first of what was left.
func (t *telling) Run(ctx context.Context) {
	retry := firstTelling
	for {
		var again <-chan time.Time
		if t.all(ctx) {
			retry = firstTelling
		} else {
			again = time.After(retry)
			retry = min(2*retry, lastTelling)
		}
		select {
		case <-ctx.Done():
			return
		case <-again:
		case <-t.wake:
		}
	}
}
