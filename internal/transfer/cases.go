package transfer

import (
	"context"
	"errors"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// attempts bounds the tries of what others may change meanwhile.
const attempts = 20

// cases carries the cases that the target lacks. A notification that the source has not delivered is in the target's outbox
// too. A case that is in the target stays as it is, unless the source's respondent has withdrawn.
func (o *one) cases(ctx context.Context) error {
	for range attempts {
		err := o.casesOnce(ctx)
		if !errors.Is(err, store.ErrStale) {
			return err
		}
	}
	return message.Errorf("cases: %w %d times", store.ErrStale, attempts)
}

func (o *one) casesOnce(ctx context.Context) error {
	// First the cases, then which of them are in the outbox: what is delivered in between is not sent again.
	all, err := o.from.CasesOf(ctx, o.survey.ID)
	if err != nil {
		return err
	}
	waiting, err := byID(o.from.Pending(ctx, o.survey.ID))
	if err != nil {
		return err
	}
	there, err := byID(o.to.CasesOf(ctx, o.survey.ID))
	if err != nil {
		return err
	}
	waitingThere, err := byID(o.to.Pending(ctx, o.survey.ID))
	if err != nil {
		return err
	}
	for _, c := range all {
		mine := there[c.ID]
		if !o.write {
			if mine == nil {
				o.differs("%s: case %s is missing", o.survey.ID, c.ID)
			}
			continue
		}
		if err := o.carryCase(ctx, c, mine, waiting[c.ID] != nil, waitingThere[c.ID] != nil); err != nil {
			return err
		}
	}
	return nil
}

func byID(all []*cases.Case, err error) (map[string]*cases.Case, error) {
	found := map[string]*cases.Case{}
	for _, c := range all {
		found[c.ID] = c
	}
	return found, err
}

// carryCase carries a case; mine is the target's (nil: none).
func (o *one) carryCase(ctx context.Context, c, mine *cases.Case, waiting, waitingThere bool) error {
	if mine == nil {
		opened, err := o.to.OpenCase(ctx, c, waiting)
		if opened {
			o.report.Cases++
		}
		return err
	}
	// While the survey is not in force, nobody delivers or opens anything there: the source has delivered it since.
	if waitingThere && !waiting && !o.inForce {
		if err := o.to.MarkDelivered(ctx, o.survey.ID, c.ID); err != nil {
			return err
		}
	}
	if !c.Withdrawn || mine.Withdrawn {
		return nil
	}
	mine.Withdraw(o.options.Now())
	return o.to.SaveCase(ctx, mine)
}
