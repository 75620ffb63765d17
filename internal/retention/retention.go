// Package retention deletes answers that have been kept for as long as they may be: as the privacy notice says that respondents
// were shown, as the one in force says, and as the operator says; the shortest of them holds.
package retention

import (
	"context"
	"errors"
	"time"

	"glasspoll/internal/message"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Records is what a round uses of a back end.
type Records interface {
	store.Definitions
	store.Catalog
	store.Log
	store.Tallies
	store.Expirer
}

// Round deletes what is due, of every survey that is stored. Only what has been counted is deleted: so what was counted stays
// counted, and nothing that was released changes. It may end at any point; the next round goes on.
type Round struct {
	Records  Records
	Operator survey.Span // for how long the operator keeps answers; zero: as long as the notices say
	Now      func() time.Time
	Deleted  func(survey, period string, n int) // is told of each period of which some were deleted
	Waiting  func(survey, period string, n int) // is told of each period of which some are due that nobody has counted yet
}

// atOnce bounds what is deleted in one transaction, for which answers that arrive have to wait.
const atOnce = 100

// Run deletes what is due. It goes on after an error, with the next period.
func (r *Round) Run(ctx context.Context) error {
	surveys, err := r.Records.Surveys(ctx)
	if err != nil {
		return err
	}
	now := r.Now()
	var failed []error
	for _, id := range surveys {
		if err := r.survey(ctx, id, now); err != nil {
			failed = append(failed, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

func (r *Round) survey(ctx context.Context, id string, now time.Time) error {
	t, err := r.termsOf(ctx, id, now)
	if err != nil || t == nil {
		return err
	}
	periods, err := r.Records.Periods(ctx, id)
	if err != nil {
		return err
	}
	var failed []error
	for _, period := range periods {
		if err := r.period(ctx, t, period); err != nil {
			failed = append(failed, message.Errorf("%s %s: %w", id, period, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

// terms say until when answers to a survey must have come to be due.
type terms struct {
	survey  string
	general time.Time            // by the operator and the notice in force
	shown   map[string]time.Time // by the notice of a version
}

// termsOf returns the terms of a survey; nil if its answers are kept for ever.
func (r *Round) termsOf(ctx context.Context, id string, now time.Time) (*terms, error) {
	t := &terms{survey: id, shown: map[string]time.Time{}}
	if !r.Operator.IsZero() {
		t.general = r.Operator.Before(now)
	}
	inForce, err := r.Records.Definition(ctx, id, "")
	if err != nil {
		return nil, err
	}
	if keep := Promised(inForce); !keep.IsZero() {
		t.general = later(t.general, keep.Before(now))
	}
	versions, err := r.Records.Versions(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, version := range versions {
		shown, err := r.Records.Definition(ctx, id, version)
		if err != nil {
			return nil, err
		}
		if keep := Promised(shown); !keep.IsZero() {
			t.shown[version] = keep.Before(now)
		}
	}
	if t.general.IsZero() && len(t.shown) == 0 {
		return nil, nil
	}
	return t, nil
}

// Promised returns for how long the privacy notice of a questionnaire says that answers are kept; zero if it says nothing.
func Promised(s *survey.Survey) survey.Span {
	if s.Privacy == nil {
		return survey.Span{}
	}
	return s.Privacy.Keep
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (t *terms) isDue(e store.Entry) bool {
	return e.Arrived.Before(later(t.general, t.shown[e.Response.Version]))
}

// period deletes what is due of a period, and has been counted.
func (r *Round) period(ctx context.Context, t *terms, period string) error {
	deleted, waiting := 0, 0
	defer func() {
		if deleted > 0 {
			r.Deleted(t.survey, period, deleted)
		}
	}()
	for entries, err := range store.Batches(ctx, r.Records, t.survey, period, "", "") {
		if err != nil {
			return err
		}
		var due []store.Entry
		for _, e := range entries {
			if t.isDue(e) {
				due = append(due, e)
			}
		}
		for len(due) > 0 {
			some := due[:min(atOnce, len(due))]
			n, left, err := r.expire(ctx, t.survey, period, some)
			deleted += n
			waiting += left
			if err != nil {
				return err
			}
			due = due[len(some):]
		}
	}
	if waiting > 0 {
		r.Waiting(t.survey, period, waiting)
	}
	return nil
}

// attempts bounds the tries to delete while the tally changes.
const attempts = 20

// expire deletes those of some entries that have been counted. It returns how many it has deleted, and how many are left.
func (r *Round) expire(ctx context.Context, id, period string, some []store.Entry) (deleted, left int, err error) {
	for range attempts {
		counted, revision, err := r.Records.Tally(ctx, id, period)
		if err != nil {
			return 0, 0, err
		}
		n := 0
		for counted != nil && n < len(some) && some[n].Cursor <= counted.Cursor {
			n++
		}
		if n == 0 {
			return 0, len(some), nil
		}
		deleted, err = r.Records.Expire(ctx, id, period, some[:n], revision)
		if !errors.Is(err, store.ErrStale) {
			return deleted, len(some) - n, err
		}
	}
	return 0, 0, message.Errorf("the tally: %w %d times", store.ErrStale, attempts)
}
