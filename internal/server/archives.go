package server

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"glasspoll/internal/archive"
	"glasspoll/internal/durable"
	"glasspoll/internal/project"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// archiveShelf is a directory of archives. Beside each is its checksum, as `sha256sum -c` reads it.
type archiveShelf struct{ dir string }

func (a archiveShelf) path(name string) string { return filepath.Join(a.dir, name+".zip") }

// sumPath is written last, and removed before its archive is replaced: an archive without it may not be the last one.
func (a archiveShelf) sumPath(name string) string { return a.path(name) + ".sha256" }

// State implements [archive.Shelf].
func (a archiveShelf) State(_ context.Context, name string) (string, error) {
	_, err := os.Stat(a.sumPath(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	m, err := archive.ReadManifest(a.path(name))
	if err != nil {
		return "", nil // it is gone or damaged, and another takes its place
	}
	return m.State, nil
}

// Put implements [archive.Shelf].
func (a archiveShelf) Put(_ context.Context, name, _ string, write func(io.Writer) error) error {
	if err := durable.MkdirAll(a.dir, 0o700); err != nil {
		return err
	}
	file, err := durable.Create(a.path(name), 0o600) // for its owner only, as the store is
	if err != nil {
		return err
	}
	defer file.Discard()
	sum := sha256.New()
	if err := write(io.MultiWriter(file, sum)); err != nil {
		return err
	}
	if err := file.Sync(); err != nil { // here a full disk says so, and what was there stays
		return err
	}
	if err := os.Remove(a.sumPath(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := file.Commit(); err != nil {
		return err
	}
	line := fmt.Sprintf("%x  %s\n", sum.Sum(nil), filepath.Base(a.path(name)))
	return durable.WriteFile(a.sumPath(name), []byte(line), 0o600)
}

// tidy removes what a killed process has left of archives.
func (a archiveShelf) tidy() error {
	left, err := filepath.Glob(filepath.Join(a.dir, ".*.zip-*"))
	if err != nil {
		return err
	}
	sums, err := filepath.Glob(filepath.Join(a.dir, ".*.zip.sha256-*"))
	for _, name := range append(left, sums...) {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// archiveLoop archives in the background what is over.
type archiveLoop struct {
	closing *archive.Closing
	shelf   archiveShelf
	surveys func() []*survey.Survey // that have a questionnaire
	stored  store.Records
	wake    chan struct{} // holds one
	log     *slog.Logger
}

// archiveInterval is how often it is looked whether a period is over, and how long a failure waits.
const archiveInterval = 10 * time.Minute

// newArchiveLoop returns the loop of a server.
func (srv *Server) newArchiveLoop() *archiveLoop {
	l := &archiveLoop{stored: srv.store, shelf: archiveShelf{srv.options.Archives}, wake: make(chan struct{}, 1), log: srv.options.Log}
	l.surveys = func() []*survey.Survey {
		_, surveys := srv.publisher()
		return surveys
	}
	l.closing = &archive.Closing{
		Records: gentle{srv.store}, Shelf: l.shelf, Publish: srv.updater.publishNow, Now: time.Now, Written: l.written,
		Options: func(_ context.Context, s *survey.Survey) (archive.Options, error) {
			from, _, err := project.ReadSources(srv.options.Surveys, srv.options.Templates, s.ID)
			return archive.Options{Name: filepath.Base(from.File), Questionnaire: from.Questionnaire, Actions: from.Actions, Style: from.Style, PlanStyle: from.PlanStyle}, err
		},
	}
	return l
}

func (l *archiveLoop) written(s *survey.Survey, m *archive.Manifest, checksum string, again bool) {
	said := "archived"
	if again {
		said = "archived again, because what is stored has changed"
	}
	l.log.Info(said, "survey", s.ID, "period", m.Period, "file", l.shelf.path(archive.Name(s.ID, m.Period)), "responses", m.Responses, "checksum", checksum)
}

// request makes the loop look soon. It does not block.
func (l *archiveLoop) request() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run archives until the context ends.
func (l *archiveLoop) run(ctx context.Context) {
	if err := l.shelf.tidy(); err != nil {
		l.log.Error("what was left of an archive could not be removed", "error", err)
	}
	for {
		l.once(ctx)
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-time.After(archiveInterval):
		}
	}
}

// once archives what is over, of surveys without a questionnaire too: who is erased must not stay in their archives. Those are not
// published, so only what is counted already is archived.
func (l *archiveLoop) once(ctx context.Context) {
	failed := func(survey string, err error) {
		if err != nil && ctx.Err() == nil {
			l.log.Error("not archived, will be tried again", "in", archiveInterval, "survey", survey, "error", err)
		}
	}
	present := map[string]bool{}
	for _, s := range l.surveys() {
		present[s.ID] = true
		failed(s.ID, l.closing.Survey(ctx, s))
	}
	ids, err := l.stored.Surveys(ctx)
	failed("", err)
	absent := *l.closing
	absent.Publish = func(context.Context, *survey.Survey, string) error { return nil }
	for _, id := range ids {
		if present[id] || ctx.Err() != nil {
			continue
		}
		s, err := l.stored.Definition(ctx, id, "")
		if err == nil {
			err = absent.Survey(ctx, s)
		}
		if !errors.Is(err, store.ErrUnknown) { // else it is being moved to this store
			failed(id, err)
		}
	}
}
