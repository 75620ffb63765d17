package server

import (
	"context"
	"log/slog"
	"time"

	"glasspoll/internal/local"
)

// Backups says where copies of the answers are taken to, how often, and how many are kept.
type Backups struct {
	Dir   string // "" if none are taken
	Every time.Duration
	Keep  int
}

// backupLoop takes copies of the answers in the background.
type backupLoop struct {
	Backups
	store *local.Store
	log   *slog.Logger
}

// backupRetry is the wait after a failure, unless copies are taken more often.
const backupRetry = 10 * time.Minute

// run takes copies until the context ends.
func (b *backupLoop) run(ctx context.Context) {
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

// due returns the time until the next copy. It counts from the last one, also across restarts; copies from the future, taken
// while the clock was wrong, do not count.
func (b *backupLoop) due(now time.Time) (time.Duration, error) {
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

// take takes one copy, and removes the oldest of those that are too many.
func (b *backupLoop) take(ctx context.Context) error {
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
