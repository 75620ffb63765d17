package publish

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// foldPeriod brings the tally of a period up to date and returns it. end is the cursor of the last entry of its log.
func (r *run) foldPeriod(ctx context.Context, period, end string) (*tally.Tally, error) {
	f := &periodFold{run: r, period: period, end: end}
	whole, err := f.fold(ctx)
	r.out.Folded += f.folded
	r.out.Opened += f.newCases.Load()
	return whole, err
}

// periodFold folds what is new in one log.
type periodFold struct {
	*run
	period   string
	end      string       // cursor of the last entry of the log, read before the tally
	folded   int64        // responses in saved tallies
	newCases atomic.Int64 // cases opened
}

// fold returns the period's tally with all responses of its log.
func (f *periodFold) fold(ctx context.Context) (*tally.Tally, error) {
	for range attempts {
		t, revision, err := f.tallies.Tally(ctx, f.survey.ID, f.period)
		if err != nil {
			return nil, err
		}
		if t == nil || t.Shape != f.survey.Shape {
			t = tally.Restart(f.survey, t)
		}
		if t.Cursor >= f.end {
			return t, nil
		}
		whole, err := f.catchUp(ctx, t, revision)
		if whole != nil || err != nil {
			return whole, err
		}
	}
	return nil, fmt.Errorf("tally of %s %s: %w %d times", f.survey.ID, f.period, store.ErrStale, attempts)
}

// catchUp folds the log into t, to its end, and saves t after each chunk, once the cases that the chunk opens are stored.
// It returns t; nil if another publisher has saved the tally meanwhile. A back end may have read a response long before it
// yields it: an erasure in between gives the tally another revision, so it is noticed.
func (f *periodFold) catchUp(ctx context.Context, t *tally.Tally, revision int) (*tally.Tally, error) {
	c := &chunk{periodFold: f, tally: t, revision: revision}
	c.begin()
	for entry, err := range f.log.After(ctx, f.survey.ID, f.period, t.Cursor) {
		if err != nil {
			return nil, err
		}
		c.add(entry)
		if c.n < f.chunk {
			continue
		}
		if saved, err := c.save(ctx); !saved || err != nil {
			return nil, err
		}
		c.begin()
	}
	if c.n > 0 {
		if saved, err := c.save(ctx); !saved || err != nil {
			return nil, err
		}
	}
	return t, nil
}

// chunk is a part of a log, and the tally that it is folded into.
type chunk struct {
	*periodFold
	tally    *tally.Tally
	revision int
	n        int64  // responses folded since the tally was saved
	from     string // the tally's cursor before them
	changes  *caseChanges
}

func (c *chunk) begin() {
	c.n, c.from, c.changes = 0, c.tally.Cursor, c.newCaseChanges()
}

func (c *chunk) add(e store.Entry) {
	c.changes.add(e, e.Cursor > c.tally.Alerted)
	c.tally.Fold(c.survey, e.Response)
	c.tally.Advance(e.Cursor)
	c.n++
}

// save stores the cases of the chunk, then the tally. It reports false if another publisher has saved the tally meanwhile.
func (c *chunk) save(ctx context.Context) (saved bool, err error) {
	if err := c.changes.apply(ctx); err != nil {
		return false, err
	}
	switch err := c.tallies.SaveTally(ctx, c.survey.ID, c.period, c.tally, c.revision); {
	case errors.Is(err, store.ErrStale):
		return false, c.changes.applyMissed(ctx, c.from)
	case err != nil:
		return false, err
	}
	c.folded += c.n
	c.revision++
	return true, nil
}

// upToDate is what a release of a period depends on, besides its tally. When nothing of it has changed since no release was
// due, none is due, and the tally need not be read.
type upToDate struct {
	version string // of the questionnaire
	day     string // in its time zone
	closed  bool
	last    int    // number of the last release
	end     string // cursor of the last entry of the log
}

// isUpToDate reports whether no release of a period was due when this publisher last looked, in the same state.
func (p *Publisher) isUpToDate(s *survey.Survey, period string, now upToDate) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	was, known := p.done[s.ID][period]
	return known && was == now
}

func (p *Publisher) setUpToDate(s *survey.Survey, period string, now upToDate) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done[s.ID] == nil {
		p.done[s.ID] = map[string]upToDate{}
	}
	p.done[s.ID][period] = now
}
