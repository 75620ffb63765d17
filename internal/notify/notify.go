// Package notify delivers news to people and programs. News hold no answer of a respondent. They are delivered at least once:
// the id of an item stays the same when it is sent again.
package notify

import (
	"context"

	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/store"
)

// Sender sends an item of news that is about an opened case. It may be asked to send the same one again.
type Sender interface {
	Send(ctx context.Context, i news.Item) error
}

// Deliver sends the news of a survey that say that a case was opened, and returns how many it has sent. It stops at the first
// failure: that item and those after it stay in the outbox. Those of withdrawn cases are taken out unsent.
func Deliver(ctx context.Context, outbox store.Outbox, sender Sender, survey string) (sent int, err error) {
	pending, err := outbox.News(ctx, survey)
	if err != nil {
		return 0, err
	}
	for _, i := range pending {
		if !i.Withdrawn && i.Kind == news.CaseOpened {
			if err := sender.Send(ctx, i); err != nil {
				return sent, message.Errorf("notification of case %s: %w", i.CaseID(), err)
			}
			sent++
		}
		if err := outbox.RemoveNews(ctx, survey, i.ID); err != nil {
			return sent, err
		}
	}
	return sent, nil
}
