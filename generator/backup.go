package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/local"
)

// backups takes copies of the answers while serve runs, beside the requests.
type backups struct {
	store *local.Store
	log   *slog.Logger
	dir   string
	every time.Duration
	keep  int
}

const (
	leastBetween = time.Minute      // two copies in one minute would serve nobody
	backupRetry  = 10 * time.Minute // after a failure, unless copies are more frequent
)

// backups prepares what the flags ask for; nil if they ask for none.
func (s serveCommand) backups(store *local.Store, log *slog.Logger) *backups {
	if s.Backup == "" {
		return nil
	}
	return &backups{store, log, s.Backup, s.BackupEvery, s.BackupKeep}
}

// checkBackups finds what would keep copies from being taken, while somebody is looking.
func (s serveCommand) checkBackups() error {
	switch {
	case s.Backup == "":
		return nil
	case s.BackupEvery < leastBetween:
		return console.Usagef("--backup-every %s: write %s or more, such as 24h", s.BackupEvery, leastBetween)
	case s.BackupKeep < 1:
		return console.Usagef("--backup-keep %d: write 1 or more", s.BackupKeep)
	}
	err := os.MkdirAll(s.Backup, 0o700)
	if err == nil {
		var trial *os.File
		if trial, err = os.CreateTemp(s.Backup, ".glasspoll-trial-*"); err == nil {
			err = errors.Join(trial.Close(), os.Remove(trial.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("--backup: the directory cannot be used: %w", err)
	}
	return nil
}

// run takes copies until the context ends.
func (b *backups) run(ctx context.Context) {
	for {
		wait, err := b.due(time.Now())
		if err == nil && wait <= 0 {
			if err = b.take(ctx); err == nil {
				wait = b.every
			}
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			wait = min(b.every, backupRetry)
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
	_, taken, err := local.Backups(b.dir)
	if err != nil {
		return 0, err
	}
	for i := len(taken) - 1; i >= 0; i-- {
		if !taken[i].After(now) {
			return taken[i].Add(b.every).Sub(now), nil
		}
	}
	return 0, nil
}

// take makes one copy, and then removes those that are too many.
func (b *backups) take(ctx context.Context) error {
	started := time.Now()
	path, size, err := b.store.Backup(ctx, b.dir)
	if err != nil {
		return err
	}
	b.log.Info("backup taken", "file", path, "bytes", size, "in", time.Since(started).Round(time.Millisecond))
	if _, err := local.Prune(b.dir, b.keep); err != nil {
		b.log.Error("an old backup could not be removed", "error", err)
	}
	return nil
}
