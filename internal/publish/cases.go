package publish

import (
	"context"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/cases"
	"glasspoll/internal/news"
	"glasspoll/internal/store"
)

// A publisher opens a case for each response for which the survey's alerts hold: one, however many do. A case is stored before
// the cursor of its tally moves past the response, so none is lost; its id is made of the response's, so none is opened twice.
// A tally that is folded again keeps the cursor up to which alerts have been evaluated, so a new alert is for responses that
// arrive after it. A response that a rule holds back opens none: that is up to whoever accepts it.

// parallelCases bounds the cases that are opened at the same time.
const parallelCases = 16

// caseChanges collects what a chunk of a log changes in the survey's cases. A nil one collects nothing.
type caseChanges struct {
	*periodFold
	due    []*cases.Case
	erased map[string]bool // ids of responses
}

func (f *periodFold) newCaseChanges() *caseChanges {
	if f.cases == nil {
		return nil
	}
	return &caseChanges{periodFold: f, erased: map[string]bool{}}
}

// add adds what one entry changes. fresh says that its alerts have not been evaluated yet.
func (c *caseChanges) add(e store.Entry, fresh bool) {
	switch {
	case c == nil:
	case e.Response.Withdrawn:
		c.erased[e.Response.ID] = true
	case fresh && len(c.survey.Alerts) > 0:
		if opened := cases.OpenedBy(c.survey, e.Response, e.Arrived); opened != nil {
			c.due = append(c.due, opened)
		}
	}
}

// apply stores the cases that are due and withdraws those of erased responses.
func (c *caseChanges) apply(ctx context.Context) error {
	if c == nil {
		return nil
	}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(parallelCases)
	for _, due := range c.due {
		group.Go(func() error {
			var also []news.Item
			if c.notify {
				also = append(also, news.OfOpened(due))
			}
			opened, err := c.cases.OpenCase(within, due, also...)
			if opened {
				c.newCases.Add(1)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return c.withdraw(ctx)
}

// applyMissed is called when another publisher has folded the same entries, from a cursor on. The other publisher may have
// read a response's tombstone where this one still read the answers, and may have found no case to withdraw.
func (c *caseChanges) applyMissed(ctx context.Context, from string) error {
	if c == nil || len(c.due) == 0 {
		return nil
	}
	responses := map[string]bool{}
	for _, due := range c.due {
		responses[due.Response] = true
	}
	for e, err := range c.log.After(ctx, c.survey.ID, c.period, from) {
		if err != nil {
			return err
		}
		if e.Response.Withdrawn && responses[e.Response.ID] {
			c.erased[e.Response.ID] = true
		}
	}
	return c.withdraw(ctx)
}

// withdraw withdraws the cases of erased responses.
func (c *caseChanges) withdraw(ctx context.Context) error {
	return store.WithdrawCases(ctx, c.cases, c.survey.ID, c.erased, c.now())
}
