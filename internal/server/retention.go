package server

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"glasspoll/internal/archive"
	"glasspoll/internal/local"
	"glasspoll/internal/retention"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// retentionLoop deletes in the background the answers that have been kept for as long as they may be.
type retentionLoop struct {
	round    *retention.Round
	store    *local.Store
	keep     survey.Span  // for how long the operator keeps answers; zero: as long as the notices say
	shelf    archiveShelf // of archives that have answers, too; its directory is "" if there are none
	archives func()       // is called when an archive has been removed, to be made again
	log      *slog.Logger
}

// The first round waits, so that whoever has started the server with a mistake can read what it says and stop it.
const (
	firstRetention    = 10 * time.Minute
	retentionInterval = 6 * time.Hour
	retentionRetry    = 10 * time.Minute
)

func (srv *Server) newRetentionLoop() *retentionLoop {
	l := &retentionLoop{store: srv.store, keep: srv.options.Keep, shelf: archiveShelf{srv.options.Archives}, archives: func() {}, log: srv.options.Log}
	if srv.archives != nil {
		l.archives = srv.archives.request
	}
	l.round = &retention.Round{Records: gentle{srv.store}, Operator: l.keep, Now: time.Now, Deleted: l.deleted, Waiting: l.waiting}
	return l
}

// announce says for how long the answers of surveys are kept.
func (l *retentionLoop) announce(surveys []*survey.Survey) {
	for _, s := range surveys {
		promised, now := retention.Promised(s), time.Now()
		switch {
		case promised.IsZero() && l.keep.IsZero():
		case promised.IsZero():
			l.log.Info("answers are deleted after a time", "survey", s.ID, "keep", l.keep, "by", "--keep-answers")
		case l.keep.IsZero() || l.keep.Before(now).Before(promised.Before(now)):
			l.log.Info("answers are deleted after a time", "survey", s.ID, "keep", promised, "by", "the privacy notice")
		case l.keep == promised:
			l.log.Info("answers are deleted after a time", "survey", s.ID, "keep", l.keep, "by", "the privacy notice and --keep-answers")
		default:
			l.log.Warn("answers are deleted sooner than the privacy notice says: make the two agree", "survey", s.ID, "keep", l.keep, "notice", promised)
		}
	}
}

func (l *retentionLoop) deleted(survey, period string, n int) {
	l.log.Info("answers deleted, which have been kept for as long as they may be", "survey", survey, "period", period, "responses", n)
}

func (l *retentionLoop) waiting(survey, period string, n int) {
	l.log.Error("answers have been kept for longer than they may be, and cannot be deleted before they are counted", "survey", survey, "period", period, "responses", n)
}

// run deletes until the context ends.
func (l *retentionLoop) run(ctx context.Context) {
	wait := firstRetention
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = retentionInterval
		if err := l.once(ctx); err != nil && ctx.Err() == nil {
			wait = retentionRetry
			l.log.Error("answers that have been kept for long enough are not all deleted, will be tried again", "in", wait, "error", err)
		}
	}
}

// once deletes what is due, overwrites it, and removes the archives that still have it.
func (l *retentionLoop) once(ctx context.Context) error {
	return errors.Join(l.round.Run(ctx), l.store.OverwriteExpired(ctx), l.removeArchives(ctx))
}

// removeArchives removes the archives that have answers which are no longer in the store. They are made again, without
// these.
func (l *retentionLoop) removeArchives(ctx context.Context) error {
	if l.shelf.dir == "" {
		return nil
	}
	surveys, err := l.store.Surveys(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range surveys {
		periods, err := l.store.Periods(ctx, id)
		failed = append(failed, err)
		for _, period := range periods {
			failed = append(failed, l.removeArchive(ctx, id, period))
		}
	}
	return errors.Join(failed...)
}

func (l *retentionLoop) removeArchive(ctx context.Context, id, period string) error {
	expired, err := l.store.Expired(ctx, id, period)
	if err != nil || expired == 0 {
		return err
	}
	carried, err := store.Carried(ctx, l.store, id, period)
	if err != nil {
		return err
	}
	name := archive.Name(id, period)
	m, err := archive.ReadManifest(l.shelf.path(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && m.Deleted >= expired+carried: // it was made afterwards
		return nil
	}
	// The checksum first: an archive without it is made again.
	for _, path := range []string{l.shelf.sumPath(name), l.shelf.path(name)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	l.log.Info("archive removed, because it has answers that were deleted", "survey", id, "period", period)
	l.archives()
	return nil
}
