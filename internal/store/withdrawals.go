package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/message"
	"glasspoll/internal/release"
	"glasspoll/internal/survey"
)

// ErrNoResponse says that a survey has no response with an id, and never had one that is still known.
var ErrNoResponse error = message.Key("there is no such response")

// A Withdrawal is what has become of an answer that somebody has taken back.
type Withdrawal struct {
	Erased bool   // it is erased; else the wish is stored, durably
	Period string // of the response, if this call has erased it
}

// Withdrawer takes back answers for those who have given them. It can read none.
type Withdrawer interface {
	// Withdraw takes back the response with an id: it erases the response as [Erasure] does, or stores the wish, durably, for
	// whoever may, see [CarryOut]. Doing it again is no error. It returns ErrNoResponse if there is no such response. After any
	// other error the outcome is unknown: call it again.
	Withdraw(ctx context.Context, survey, id string) (Withdrawal, error)
}

// Withdrawals lists the wishes that are stored.
type Withdrawals interface {
	// Withdrawals returns the ids of the responses of a survey that are to be erased, in order. The read is strongly consistent.
	Withdrawals(ctx context.Context, survey string) ([]string, error)

	// EndWithdrawal forgets a wish, after it was fulfilled. It is no error if there is none.
	EndWithdrawal(ctx context.Context, survey, id string) error
}

// WithdrawalStore is what carrying out withdrawals uses of a back end.
type WithdrawalStore interface {
	Withdrawals
	takenBack
}

// takenBack is what taking back one response uses.
type takenBack interface {
	Definitions
	Tallies
	Releases
	Cases
	Eraser
	Progress
	Reviews
}

// CarryOut erases the responses of a survey that are to be erased, and returns the periods of those that it has erased, also with
// an error: one that cannot be erased keeps none of the others. It may be interrupted anywhere, and several may do it at the same
// time: a wish is forgotten after its response is erased, and erasing a response again changes nothing.
func CarryOut(ctx context.Context, b WithdrawalStore, survey string, now time.Time) (periods []string, err error) {
	ids, err := b.Withdrawals(ctx, survey)
	if err != nil {
		return nil, err
	}
	var failed []error
	for _, id := range ids {
		done, err := TakeBack(ctx, b, survey, id, now)
		if done.Period != "" && !slices.Contains(periods, done.Period) {
			periods = append(periods, done.Period)
		}
		if err == nil || errors.Is(err, ErrNoResponse) { // it may have been deleted after a retention time
			err = b.EndWithdrawal(ctx, survey, id)
		}
		if ctx.Err() != nil {
			return periods, ctx.Err()
		}
		failed = append(failed, err)
	}
	return periods, errors.Join(failed...)
}

// TakeBack erases one response, whose respondent has taken it back. Where nothing may join a person and an answer, nothing that is
// stored says when within a day.
func TakeBack(ctx context.Context, b takenBack, survey, id string, now time.Time) (Withdrawal, error) {
	stored, err := b.Stored(ctx, survey, id)
	switch {
	case err != nil:
		return Withdrawal{}, err
	case stored == nil:
		return Withdrawal{}, ErrNoResponse
	case stored.Entry.Response.Withdrawn:
		return Withdrawal{Erased: true}, nil
	}
	r := stored.Entry.Response
	keep, at, err := keptOf(ctx, b, r, now)
	if err != nil {
		return Withdrawal{}, err
	}
	if _, err := Erase(ctx, b, survey, id, keep, at); err != nil {
		return Withdrawal{}, err
	}
	return Withdrawal{Erased: true, Period: r.Period}, nil
}

// keptOf returns which answers the tombstone of a response keeps, and the time at which it counts as erased.
func keptOf(ctx context.Context, b interface {
	Definitions
	Releases
}, r answer.Response, now time.Time) (keep []string, at time.Time, err error) {
	keep, err = SegmentFields(ctx, b, r)
	if err != nil {
		return nil, now, err
	}
	for _, version := range []string{r.Version, ""} {
		s, err := definitionIf(ctx, b, r.Survey, version)
		if err != nil {
			return nil, now, err
		}
		if s != nil && s.IsUntraceable() {
			return keep, s.BeginningOfDay(now), nil
		}
	}
	return keep, now, nil
}

// SegmentFields returns the fields by which a response is counted in groups: those of its own questionnaire, of today's,
// and of that of what an earlier version has released of its period. Its tombstone keeps them. A questionnaire that is not known
// counts nothing.
func SegmentFields(ctx context.Context, b interface {
	Definitions
	Releases
}, r answer.Response) ([]string, error) {
	var fields []string
	add := func(s *survey.Survey) {
		for _, f := range s.Segments() {
			if f.Counted() && !slices.Contains(fields, f.Name) {
				fields = append(fields, f.Name)
			}
		}
	}
	for _, version := range []string{r.Version, ""} {
		s, err := definitionIf(ctx, b, r.Survey, version)
		if err != nil {
			return nil, message.Errorf("the questionnaire of %s: %w", r.Survey, err)
		}
		if s != nil {
			add(s)
		}
	}
	latest, err := b.Latest(ctx, r.Survey)
	if err != nil {
		return nil, err
	}
	for _, form := range legacyForms(latest, r.Period) {
		add(form)
	}
	return fields, nil
}

// definitionIf returns a questionnaire; nil if it is not known.
func definitionIf(ctx context.Context, b Definitions, id, version string) (*survey.Survey, error) {
	s, err := b.Definition(ctx, id, version)
	if errors.Is(err, ErrUnknown) {
		return nil, nil
	}
	return s, err
}

// legacyForms returns the questionnaires of what an earlier version has released of a period.
func legacyForms(latest []*release.Release, period string) (forms []*survey.Survey) {
	for _, r := range latest {
		if form := r.LegacyForm(); r.Period == period && form != nil {
			forms = append(forms, form)
		}
	}
	return forms
}
