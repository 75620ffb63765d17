package archive

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"glasspoll/internal/message"
	"glasspoll/internal/publish"
	"glasspoll/internal/records"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Shelf keeps archives under names such as "service-2026-Q4".
type Shelf interface {
	// State returns the state that is in the manifest of an archive; "" if there is none that is whole.
	State(ctx context.Context, name string) (string, error)

	// Put stores what write writes as an archive of a state, durably, in place of the one that is there: whole, or not at all.
	Put(ctx context.Context, name, state string, write func(io.Writer) error) error
}

// Closing archives periods by itself once they are over: each once, and again if what is stored of it has changed since, as
// when a respondent is erased, whose answers must not stay in an archive, or when answers are reviewed.
type Closing struct {
	Records store.Records
	Shelf   Shelf
	Publish func(ctx context.Context, s *survey.Survey, period string) error // brings a period up to date, so that its last release is in the archive
	Options func(ctx context.Context, s *survey.Survey) (Options, error)     // what the archives of a survey have that is not in the log; Period and State are filled in
	Now     func() time.Time
	Written func(s *survey.Survey, m *Manifest, checksum string, again bool) // is told of each archive; again: in place of another
}

// Survey archives the periods of a survey that are over. It goes on after an error, with the next period.
func (c *Closing) Survey(ctx context.Context, s *survey.Survey) error {
	periods, err := c.Records.Periods(ctx, s.ID)
	if err != nil {
		return err
	}
	now := c.Now()
	var failed []error
	for _, period := range periods {
		if !publish.Closed(s, period, now) {
			continue
		}
		if err := c.period(ctx, s, period); err != nil {
			failed = append(failed, message.Errorf("archive of %s %s: %w", s.ID, period, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

// Name returns the name of a period's archive: ids and periods have no other characters than letters, digits, _ and -.
func Name(survey, period string) string { return survey + "-" + period }

func (c *Closing) period(ctx context.Context, s *survey.Survey, period string) error {
	before, err := c.Shelf.State(ctx, Name(s.ID, period))
	if err != nil {
		return err
	}
	state, settled, err := StateOf(ctx, c.Records, s.ID, period)
	if err != nil || settled && state == before {
		return err
	}
	if err := c.Publish(ctx, s, period); err != nil {
		return err
	}
	if state, settled, err = StateOf(ctx, c.Records, s.ID, period); err != nil || !settled || state == before {
		return err // what is not settled is so after the next publishing
	}
	o, err := c.Options(ctx, s)
	if err != nil {
		return err
	}
	o.Period, o.State = period, state
	var written *Manifest
	checksum := ""
	err = c.Shelf.Put(ctx, Name(s.ID, period), state, func(w io.Writer) error {
		snapshot, err := records.TakeSnapshot(ctx, c.Records, s.ID, period, o.Private)
		if err != nil {
			return err
		}
		written, checksum, err = Write(ctx, w, c.Records, snapshot, o)
		return err
	})
	if err == nil {
		c.Written(s, written, checksum, before != "")
	}
	return err
}

// StateOf says what is stored of a period: how far its log goes, how many responses were withdrawn and decisions made, and the
// number of the last release. An archive that was begun in this state has at least this, and is followed by another if the state
// has changed meanwhile. settled says that all of the log is counted; only then is the state one.
func StateOf(ctx context.Context, from store.Records, survey, period string) (state string, settled bool, err error) {
	ends, err := from.Ends(ctx, survey)
	if err != nil {
		return "", false, err
	}
	t, _, err := from.Tally(ctx, survey, period)
	if errors.Is(err, store.ErrDamaged) {
		return "", false, nil // publishing makes it again
	}
	if err != nil || t == nil || t.Cursor != ends[period] {
		return "", false, err
	}
	latest, err := from.Latest(ctx, survey)
	if err != nil {
		return "", false, err
	}
	number := 0
	if last := release.ByPeriod(latest)[period]; last != nil {
		number = last.Number
	}
	withdrawn := t.Withdrawn
	if t.Held != nil {
		withdrawn += t.Held.Erased
	}
	return fmt.Sprintf("%s %d %d %d", t.Cursor, withdrawn, t.Decided, number), true, nil
}

// ReadManifest reads the manifest of an archive, without checking anything else.
func ReadManifest(name string) (*Manifest, error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	c := &checker{files: map[string]*zip.File{}}
	for _, f := range z.File {
		c.files[f.Name] = f
	}
	return c.manifest()
}
