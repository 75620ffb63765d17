package store

import (
	"context"
	"iter"
	"math"

	"glasspoll/internal/message"
	"glasspoll/internal/review"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// DecisionReader reads what persons have decided of responses.
type DecisionReader interface {
	// Decisions yields all decisions about a period, oldest first; of corrections, what they say without private answers. It stops
	// at the first error, which it yields. The read is strongly consistent.
	Decisions(ctx context.Context, survey, period string) iter.Seq2[review.Decisions, error]
}

// Reviews keeps what persons have decided of responses. What is stored is never changed or removed, but for what corrections say of
// a response that is erased: [Eraser] removes it together with the answers.
type Reviews interface {
	DecisionReader
	PrivateCorrections

	// Decide stores decisions, and in the same transaction replaces the period's tally by t, into which they have been folded:
	// both or neither, durably. It returns ErrStale, and changes nothing, if the number is taken, or if the tally's revision is
	// not the given one. The tally's new revision is one more. It is an error if the number does not follow the last one, and
	// ErrStale if a correction is of a response that is a tombstone or not stored.
	Decide(ctx context.Context, survey, period string, d review.Decisions, t *tally.Tally, revision int) error

	// ImportDecisions stores decisions that another store has, unless their number is taken, and reports whether it did. It is
	// an error if the number is taken by others. What a correction says is stored unless its response is a tombstone here, and
	// its private answers once the response is here, also if the number is taken by the same correction. What was erased before its
	// response came is removed.
	ImportDecisions(ctx context.Context, survey, period string, d review.Decisions) (stored bool, err error)
}

// CheckDecisions checks that decisions can be stored behind the last ones, whose number is 0 if there are none. Stale says that
// the number is taken.
func CheckDecisions(d review.Decisions, last int) (stale bool, err error) {
	switch err := d.Check(); {
	case err != nil:
		return false, err
	case d.Number <= last:
		return true, nil
	case d.Number != last+1:
		return false, message.Errorf("decisions %d do not follow decisions %d", d.Number, last)
	}
	return false, nil
}

// ErrOtherDecisions says that other decisions have the number.
var ErrOtherDecisions error = message.Key("this number has been used for other decisions")

// decisions are what has been decided of the responses of a period.
type decisions struct {
	of          map[string]*review.Decisions  // by id of the response, the last that accepted or rejected it, without their ids
	corrections map[string][]review.Decisions // by id of the response, oldest first
	last        int
}

// ReadDecisions reads what persons have decided of responses of the period, so that Fold and Unfold know of it. It must be
// called after the tally was read, from which they go on.
func (s *Settled) ReadDecisions(ctx context.Context, from DecisionReader, survey, period string) error {
	return s.ReadDecisionsUpTo(ctx, from, survey, period, math.MaxInt)
}

// ReadDecisionsUpTo is ReadDecisions without those behind a number.
func (s *Settled) ReadDecisionsUpTo(ctx context.Context, from DecisionReader, survey, period string, last int) error {
	s.decided = decisions{}
	for d, err := range from.Decisions(ctx, survey, period) {
		if err != nil {
			return err
		}
		if d.Number > last {
			return nil
		}
		s.Decide(d)
	}
	return nil
}

// Decide adds decisions to those that are known.
func (s *Settled) Decide(d review.Decisions) {
	if s.decided.of == nil {
		s.decided.of, s.decided.corrections = map[string]*review.Decisions{}, map[string][]review.Decisions{}
	}
	if d.Correction != nil {
		s.decided.last = d.Number
		s.decided.corrections[d.IDs[0]] = append(s.decided.corrections[d.IDs[0]], d)
		return
	}
	ids := d.IDs
	d.IDs, s.decided.last = nil, d.Number
	for _, id := range ids {
		s.decided.of[id] = &d
	}
}

// LastDecided returns the number of the last decisions that are known; 0 if there are none.
func (s Settled) LastDecided() int { return s.decided.last }

// Decided returns what accepted or rejected a response last; nil if nothing did.
func (s Settled) Decided(id string) *review.Decisions { return s.decided.of[id] }

// HasReviewed reports whether any response is known to be accepted or rejected.
func (s Settled) HasReviewed() bool { return len(s.decided.of) > 0 }

// Came says how an entry came to be folded, by all that is known to be decided of it. answered is the questionnaire that it
// answers; nil if that is not known.
func (s Settled) Came(answered *survey.Survey, e Entry) tally.Came {
	c := tally.Came{Cursor: e.Cursor, Day: e.Day(answered), Arrived: e.Arrived}
	if d := s.Decided(e.Response.ID); d != nil {
		c.Decision = DecisionOf(*d, answered)
	}
	return correctedBy(c, answered, e.Response, s.decided.corrections[e.Response.ID])
}

// DecisionOf returns what was decided of a response to a questionnaire (nil: it is not known).
func DecisionOf(d review.Decisions, answered *survey.Survey) tally.Decision {
	return tally.Decision{Number: d.Number, Reject: d.Reject, Day: Entry{Arrived: d.At}.Day(answered)}
}
