package transfer

import (
	"context"
	"errors"

	"glasspoll/internal/store"
)

// wishing is a source in which answers may wait to be erased.
type wishing interface {
	Withdrawals(ctx context.Context, survey string) ([]string, error)
}

var _ wishing = store.Withdrawals(nil)

// withdrawals takes back in the target what respondents have taken back in the source and is not erased there yet.
func (o *one) withdrawals(ctx context.Context) error {
	from, may := o.from.(wishing)
	to, can := o.to.(store.Withdrawer)
	if !o.write || !may || !can {
		return nil
	}
	ids, err := from.Withdrawals(ctx, o.survey.ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		done, err := to.Withdraw(ctx, o.survey.ID, id)
		if err != nil && !errors.Is(err, store.ErrNoResponse) { // the source has deleted it after a retention time
			return err
		}
		if done.Period != "" {
			o.report.Erased++
		}
	}
	return nil
}
