package server

import (
	"context"
	"log/slog"
	"time"

	"glasspoll/internal/local"
)

// Backups say where copies of the answers are taken to, how often, and how many are kept.
type Backups struct {
	Dir   string // "" if none are taken
	Every time.Duration
	Keep  int
}

// backups takes copies of the answers while serve runs, beside the requests.
type backups struct {
	Backups
	store *local.Store
	log   *slog.Logger
}

const backupRetry = 10 * time.Minute // after a failure, unless copies are more frequent

// run takes copies until the context ends.
func (b *backups) run(ctx context.Context) {
	for {
		wait, err := b.due(time.Now())
		if err == nil && wait <= 0 {
			if err = b.take(ctx); err == nil {
				wait = b.Every
			}
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			wait = min(b.Every, backupRetry)
			b.log.Error("no backup taken, will be tried again", "in", wait, "error", err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// due is how long it is until the next copy: a restart does not begin the interval anew. A copy from the future, taken
// while the clock was wrong, does not count.
func (b *backups) due(now time.Time) (time.Duration, error) {
	_, taken, err := local.Backups(b.Dir)
	if err != nil {
		return 0, err
	}
	for i := len(taken) - 1; i >= 0; i-- {
		if !taken[i].After(now) {
			return taken[i].Add(b.Every).Sub(now), nil
		}
	}
	return 0, nil
}

// take makes one copy, and then removes those that are too many.
func (b *backups) take(ctx context.Context) error {
	started := time.Now()
	path, size, err := b.store.Backup(ctx, b.Dir)
	if err != nil {
		return err
	}
	b.log.Info("backup taken", "file", path, "bytes", size, "in", time.Since(started).Round(time.Millisecond))
	if _, err := local.Prune(b.Dir, b.Keep); err != nil {
		b.log.Error("an old backup could not be removed", "error", err)
	}
	return nil
}
