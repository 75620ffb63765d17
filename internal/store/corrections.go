package store

import (
	"context"
	"slices"

	"glasspoll/internal/answer"
	"glasspoll/internal/review"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// A correction is a decision about one response, with a number among the others of its period ([Reviews.Decide]). Its record is kept
// for ever; what it says is stored apart, and is erased with the response: the reason and the answers where publishers read them,
// the private answers where those of the response are.

// PrivateCorrections reads the private answers of corrections.
type PrivateCorrections interface {
	// PrivateCorrections returns the private answers that corrections of a response have, by number; none if there are none.
	PrivateCorrections(ctx context.Context, survey, id string) (review.PrivateCorrections, error)
}

// Corrections returns how a response was corrected, oldest first, without private answers.
func (s Settled) Corrections(id string) []review.Decisions { return s.decided.corrections[id] }

// Corrected returns a response as persons have corrected it, without the private answers of corrections. answered is the
// questionnaire that it answers; nil if that is not known.
func (s Settled) Corrected(answered *survey.Survey, r answer.Response) answer.Response {
	return review.Corrected(answered, r, s.decided.corrections[r.ID])
}

// Steps returns what was decided of an entry, which answers a questionnaire (nil: it is not known), oldest first; of what accepted or
// rejected it, the last alone.
func (s Settled) Steps(answered *survey.Survey, e Entry) (steps []tally.Step) {
	came := tally.Came{Cursor: e.Cursor, Day: e.Day(answered), Arrived: e.Arrived}
	add := func(number int, after tally.Came) {
		steps = append(steps, tally.Step{Number: number, Before: came, After: after})
		came = after
	}
	decided, corrections := s.Decided(e.Response.ID), s.Corrections(e.Response.ID)
	decide := func() {
		after := came
		after.Decision = DecisionOf(*decided, answered)
		add(decided.Number, after)
		decided = nil
	}
	for i, d := range corrections {
		if decided != nil && decided.Number < d.Number {
			decide()
		}
		add(d.Number, correctedBy(came, answered, e.Response, corrections[:i+1]))
	}
	if decided != nil {
		decide()
	}
	return steps
}

// Correct folds a correction of an entry, which answers a questionnaire, into a tally, and reports whether it counts there: if the
// response waits. Of a settled one it is not known whether it does, so nothing changes; but one that was moved to another cohort in
// the store that it comes from has waited there. The correction must not be known yet.
func (s Settled) Correct(t *tally.Tally, answered *survey.Survey, e Entry, d review.Decisions) bool {
	before := s.Came(answered, e)
	after := correctedBy(before, answered, e.Response, append(slices.Clone(s.Corrections(e.Response.ID)), d))
	switch settled := e.Cursor <= s.Through && !before.HasNumber(); {
	case !settled:
		return t.Correct(answered, before, after, e.Response)
	case after.HasNumber() && !e.Response.Withdrawn && e.Cursor <= t.Cursor:
		return t.Move(answered, before, after, e.Response)
	}
	return false
}

// AddPrivate adds the private answers of corrections of a response to them.
func AddPrivate(ctx context.Context, from PrivateCorrections, survey, id string, all []review.Decisions) ([]review.Decisions, error) {
	if len(all) == 0 {
		return nil, nil
	}
	private, err := from.PrivateCorrections(ctx, survey, id)
	if err != nil {
		return nil, err
	}
	added := make([]review.Decisions, len(all))
	for i, d := range all {
		c := *d.Correction
		c.Private, d.Correction = private[d.Number], &c
		added[i] = d
	}
	return added, nil
}

// correctedBy returns how a response comes that has been corrected.
func correctedBy(c tally.Came, answered *survey.Survey, r answer.Response, all []review.Decisions) tally.Came {
	if len(all) == 0 {
		return c
	}
	if !r.Withdrawn {
		corrected := review.Corrected(answered, r, all)
		c.Corrected = &corrected
	}
	for _, d := range all {
		if d.Correction.Moved {
			c.Moved = d.Number
		}
	}
	return c
}
