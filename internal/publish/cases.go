package publish

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/cases"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// A publisher opens a case for each answer for which one of the survey's alerts holds. A case is stored before the cursor
// of its tally moves past the answer, so none is lost; its id is made of the response's and the alert's, so none is opened
// twice. A tally that is folded anew keeps the place up to which alerts have been looked at, so a new alert is for answers
// that come after it.

// opening is how many cases are opened at a time.
const opening = 16

// maxOpened bounds how many ids of stored cases a publisher remembers: those of answers that are not settled would be
// stored again with each run.
const maxOpened = 10_000

// lookout gathers what one walk of a log means for cases. A nil one gathers nothing.
type lookout struct {
	*Publisher
	survey    *survey.Survey
	due       []*cases.Case
	withdrawn map[string]bool // ids of responses
}

func (p *Publisher) newLookout(s *survey.Survey) *lookout {
	if p.Cases == nil {
		return nil
	}
	return &lookout{Publisher: p, survey: s, withdrawn: map[string]bool{}}
}

// at looks at one entry. fresh says that its alerts have not been looked at before, or only while it was not settled.
func (l *lookout) at(e store.Entry, fresh bool) {
	switch {
	case l == nil:
	case e.Response.Withdrawn:
		l.withdrawn[e.Response.ID] = true
	case fresh && len(l.survey.Alerts) > 0:
		l.due = append(l.due, cases.OpenedBy(l.survey, e.Response, e.Arrived)...)
	}
}

// act stores the cases that are due, and closes those whose answers were withdrawn.
func (l *lookout) act(ctx context.Context, opened *atomic.Int64) error {
	if l == nil {
		return nil
	}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(opening)
	for _, c := range l.due {
		if l.isOpened(c.ID) {
			continue
		}
		group.Go(func() error {
			created, err := l.Cases.OpenCase(within, c, l.Tells)
			if created {
				opened.Add(1)
			}
			if err == nil {
				l.rememberOpened(c.ID)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return l.withdraw(ctx)
}

// overtaken is called when somebody else has folded the same entries from a cursor on. He may have met the tombstone of a
// response where this walk has still met the answers, and have found no case to close.
func (l *lookout) overtaken(ctx context.Context, shard store.Shard, from string) error {
	if l == nil || len(l.due) == 0 {
		return nil
	}
	ours := map[string]bool{}
	for _, c := range l.due {
		ours[c.Response] = true
	}
	for e, err := range l.log.After(ctx, shard, from) {
		if err != nil {
			return err
		}
		if e.Response.Withdrawn && ours[e.Response.ID] {
			l.withdrawn[e.Response.ID] = true
		}
	}
	return l.withdraw(ctx)
}

// withdraw closes the cases of responses that were withdrawn.
func (l *lookout) withdraw(ctx context.Context) error {
	return store.WithdrawCases(ctx, l.Cases, l.survey.ID, l.withdrawn, l.now())
}

func (p *Publisher) isOpened(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened[id]
}

func (p *Publisher) rememberOpened(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.opened) >= maxOpened {
		clear(p.opened)
	}
	p.opened[id] = true
}
