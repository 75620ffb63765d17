// Package notify sends notifications of cases to other programs. A notification holds no answer of a respondent. It is
// delivered at least once: its id stays the same when it is sent again.
package notify

import (
	"context"

	"glasspoll/internal/cases"
	"glasspoll/internal/message"
	"glasspoll/internal/store"
)

// Sender sends the notification that a case was opened. It may be asked to send the same one again.
type Sender interface {
	Send(ctx context.Context, c *cases.Case) error
}

// Deliver sends the pending notifications of a survey's cases and returns how many it has sent. It stops at the first
// failure: that notification and those after it stay pending. Withdrawn cases are taken out of the outbox unsent.
func Deliver(ctx context.Context, outbox store.Outbox, sender Sender, survey string) (sent int, err error) {
	pending, err := outbox.Pending(ctx, survey)
	if err != nil {
		return 0, err
	}
	for _, c := range pending {
		if !c.Withdrawn {
			if err := sender.Send(ctx, c); err != nil {
				return sent, message.Errorf("notification of case %s: %w", c.ID, err)
			}
			sent++
		}
		if err := outbox.MarkDelivered(ctx, survey, c.ID); err != nil {
			return sent, err
		}
	}
	return sent, nil
}
