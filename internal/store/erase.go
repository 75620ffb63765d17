package store

import (
	"context"
	"errors"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/tally"
)

// Stored is a response as a back end has read it for an erasure.
type Stored struct {
	Entry Entry

	// Replace puts a tombstone in the place of the response, without private answers and digest, removes what corrections say
	// of it, and saves the period's tally: all or nothing, durably. It returns ErrStale if the response has been erased since
	// it was read, or if the tally no longer has the given revision.
	Replace func(ctx context.Context, tombstone answer.Response, t *tally.Tally, revision int) error
}

// Eraser reads responses for [Find] and [Erase].
type Eraser interface {
	// Stored reads a response of a survey by its id; nil if there is none. It collects a response that is not in the log yet.
	// The read is strongly consistent.
	Stored(ctx context.Context, survey, id string) (*Stored, error)
}

// attempts bounds the tries of an operation whose save fails because of concurrent changes.
const attempts = 20

// Find implements [Erasure]. It costs one read for each survey.
func Find(ctx context.Context, b interface {
	Catalog
	Eraser
}, id string) ([]Entry, error) {
	surveys, err := b.Surveys(ctx)
	if err != nil {
		return nil, err
	}
	var found []Entry
	for _, survey := range surveys {
		stored, err := b.Stored(ctx, survey, id)
		if err != nil {
			return nil, err
		}
		if stored != nil {
			found = append(found, stored.Entry)
		}
	}
	return found, nil
}

// Erase implements [Erasure]. From the same instant on the period's tally counts the response as withdrawn and nothing else
// of it, see [exchange]. What has been released stays: it is a statement about at least k respondents. If the tally has
// counted the response, no publisher will read the tombstone, so Erase withdraws the cases of the response itself; it does so
// first, because while the response is there, a failed erasure can be repeated. All its cases are stored by then: a publisher
// saves a tally after the cases of the responses in it.
func Erase(ctx context.Context, b interface {
	Definitions
	Tallies
	Cases
	Eraser
	Progress
	Reviews
}, survey, id string, keep []string, now time.Time) (erased bool, err error) {
	for range attempts {
		stored, err := b.Stored(ctx, survey, id)
		if err != nil || stored == nil || stored.Entry.Response.Withdrawn {
			return false, err
		}
		counted, revision, err := b.Tally(ctx, survey, stored.Entry.Response.Period)
		if err != nil {
			return false, err
		}
		after, passed, tombstone, err := exchange(ctx, b, counted, stored.Entry, keep)
		if err == nil && passed {
			err = WithdrawCases(ctx, b, survey, map[string]bool{id: true}, now)
		}
		if err == nil {
			err = stored.Replace(ctx, tombstone, after, revision)
		}
		if !errors.Is(err, ErrStale) {
			return err == nil, err
		}
	}
	return false, message.Errorf("response %s or its tally: %w %d times: try again", id, ErrStale, attempts)
}

// exchange returns a period's tally (nil: there is none) after one of its responses has become a tombstone, whether its cursor
// has passed the tombstone, so that no publisher reads it, and the tombstone, which keeps some fields as they were corrected
// last. The response is taken out with the questionnaire that it was answered under, rather than the period folded again: of
// responses that were counted and have been deleted after the retention time, the tally is all that is left. Only where that
// is impossible, because the tally cannot have counted the response so, is the tally emptied. The result must be saved even if
// it counts the same, so that a publisher that has read the response finds another revision.
func exchange(ctx context.Context, b interface {
	Definitions
	Progress
	Reviews
}, counted *tally.Tally, e Entry, keep []string) (after *tally.Tally, passed bool, tombstone answer.Response, err error) {
	answered, err := NewAnswered(b, e.Response.Survey).Survey(ctx, e.Response.Version)
	if err != nil {
		return nil, false, tombstone, err
	}
	settled, err := SettledOf(ctx, b, e.Response.Survey, e.Response.Period)
	if err == nil {
		err = settled.ReadDecisions(ctx, b, e.Response.Survey, e.Response.Period)
	}
	if err != nil {
		return nil, false, tombstone, err
	}
	tombstone = settled.Corrected(answered, e.Response).Tombstone(keep)
	switch {
	case counted == nil:
		return tally.New(), false, tombstone, nil
	case counted.Cursor < e.Cursor:
		return counted, false, tombstone, nil
	case settled.Unfold(counted, answered, e):
		return counted, true, tombstone, nil
	}
	return tally.Restart(counted), false, tombstone, nil
}

// WithdrawCases closes the cases of responses of a survey that have been erased, and removes what
// identifies the respondents.
func WithdrawCases(ctx context.Context, all Cases, survey string, responses map[string]bool, now time.Time) error {
	if len(responses) == 0 {
		return nil
	}
	for range attempts {
		stored, err := all.CasesOf(ctx, survey)
		if err != nil {
			return err
		}
		stale := false
		for _, c := range stored {
			if !responses[c.Response] {
				continue
			}
			c.Withdraw(now)
			switch err := all.SaveCase(ctx, c); {
			case errors.Is(err, ErrStale):
				stale = true
			case err != nil:
				return err
			}
		}
		if !stale {
			return nil
		}
	}
	return message.Errorf("cases of %s: %w %d times", survey, ErrStale, attempts)
}
