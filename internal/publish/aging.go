package publish

import (
	"context"
	"errors"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/news"
	"glasspoll/internal/store"
)

// AgeCases brings the cases of a survey, or of none, up to date with the time: those that are overdue are marked so, and handed
// up to the next role. It returns how many have changed, and when the next one will; zero for never. A case that somebody else changes meanwhile is left to the next round,
// so nothing is done twice, however many processes do it at once. Cases of a survey that is not in force, because it is being
// moved, are left alone.
func (p *Publisher) AgeCases(ctx context.Context, survey string) (aged int, next time.Time, err error) {
	if p.cases == nil {
		return 0, next, nil
	}
	if survey != cases.NoSurvey {
		if _, err := p.definitions.Definition(ctx, survey, ""); errors.Is(err, store.ErrUnknown) {
			return 0, next, nil
		} else if err != nil {
			return 0, next, err
		}
	}
	all, err := p.cases.CasesOf(ctx, survey)
	if err != nil {
		return 0, next, err
	}
	now := p.now()
	for _, c := range all {
		if happened := c.Age(now); len(happened) > 0 {
			switch err := p.cases.SaveCase(ctx, c, p.newsOfAge(c, happened, now)...); {
			case errors.Is(err, store.ErrStale):
				next = now
			case err != nil:
				return aged, next, err
			default:
				aged++
			}
		}
		if at, ok := c.NextAge(now); ok && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return aged, next, nil
}

// newsOfAge returns the news of what has happened to a case; none if nobody is told.
func (p *Publisher) newsOfAge(c *cases.Case, happened []cases.Step, now time.Time) (items []news.Item) {
	if !p.notify {
		return nil
	}
	for _, step := range happened {
		switch step {
		case cases.WasOverdue:
			items = append(items, news.OfOverdue(c, now))
		case cases.WasEscalated:
			items = append(items, news.OfEscalated(c))
		}
	}
	return items
}
