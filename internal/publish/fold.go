package publish

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// foldPeriod brings the tally of the period up to date and returns it, and its revision; nil if it does not fit the last
// release, and both should be read again.
func (u *update) foldPeriod(ctx context.Context) (*tally.Tally, int, error) {
	f := &periodFold{update: u}
	whole, revision, err := f.fold(ctx)
	u.out.Folded += f.folded
	u.out.Held += f.held
	u.out.Opened += f.newCases.Load()
	return whole, revision, err
}

// periodFold folds what is new in one log.
type periodFold struct {
	*update
	settled  store.Settled // read after the tally
	folded   int64         // responses in saved tallies
	held     int64         // of these, those that a rule holds back
	newCases atomic.Int64  // cases opened
}

// settledOf reads which responses of the period are settled and, if the log is folded again, what persons have decided: of what
// is in no tally yet, nobody decides.
func (f *periodFold) settledOf(ctx context.Context, again bool) (s store.Settled, err error) {
	if f.progress != nil {
		if s, err = store.SettledOf(ctx, f.progress, f.survey.ID, f.period); err != nil {
			return s, err
		}
	}
	if f.reviews != nil && again {
		err = s.ReadDecisions(ctx, f.reviews, f.survey.ID, f.period)
	}
	return s, err
}

// fold returns the period's tally with all responses of its log, without those who are in blocks of the last release.
//
// A tally has the number of the release that was stored with it. If that is not the number of the last release, either
// another publisher has appended one between the two reads, or one of the two has been lost, restored from a copy, or is of
// an older format: if a second look finds the same, the log is folded again, and the last release says who is in blocks.
func (f *periodFold) fold(ctx context.Context) (*tally.Tally, int, error) {
	for range attempts {
		t, revision, err := f.tallies.Tally(ctx, f.survey.ID, f.period)
		if err != nil {
			return nil, 0, err
		}
		if t == nil {
			t = tally.New()
		}
		fits := fit{t.Release, release.NumberOf(f.last)}
		if fits.tally != fits.last && fits != f.misfit {
			f.misfit = fits
			return nil, 0, nil
		}
		if fits.tally == fits.last && t.Cursor >= f.end {
			return t, revision, nil
		}
		if f.settled, err = f.settledOf(ctx, t.Cursor == "" || t.Decided > 0 || fits.tally != fits.last); err != nil {
			return nil, 0, err
		}
		if fits.tally != fits.last {
			t = f.settled.Resume(f.last, t)
		}
		whole, revision, err := f.catchUp(ctx, t, revision)
		if whole != nil || err != nil {
			return whole, revision, err
		}
	}
	return nil, 0, fmt.Errorf("tally of %s %s: %w %d times", f.survey.ID, f.period, store.ErrStale, attempts)
}

// fit is two numbers of a release, which are equal if a tally and the last release fit.
type fit struct {
	tally int // that the tally was stored with; 0 if there was none
	last  int // of the last release; 0 if there is none
}

// catchUp folds the log into t, to its end, and saves t after each chunk, once the cases that the chunk opens are stored.
// It returns t and its revision; nil if the tally has been changed meanwhile. A back end may have read a response long before
// it yields it: an erasure in between gives the tally another revision, so it is noticed.
func (f *periodFold) catchUp(ctx context.Context, t *tally.Tally, revision int) (*tally.Tally, int, error) {
	c := &chunk{periodFold: f, tally: t, revision: revision}
	c.begin()
	for entry, err := range f.log.After(ctx, f.survey.ID, f.period, t.Cursor) {
		if err == nil {
			err = c.add(ctx, entry)
		}
		if err != nil {
			return nil, 0, err
		}
		if c.n < f.chunk {
			continue
		}
		if saved, err := c.save(ctx); !saved || err != nil {
			return nil, 0, err
		}
		c.begin()
	}
	if c.n > 0 {
		if saved, err := c.save(ctx); !saved || err != nil {
			return nil, 0, err
		}
	}
	return t, c.revision, nil
}

// chunk is a part of a log, and the tally that it is folded into.
type chunk struct {
	*periodFold
	tally    *tally.Tally
	revision int
	n, held  int64  // responses folded since the tally was saved, and those of them that a rule holds back
	from     string // the tally's cursor before them
	changes  *caseChanges
}

func (c *chunk) begin() {
	c.n, c.held, c.from, c.changes = 0, 0, c.tally.Cursor, c.newCaseChanges()
}

// add folds one response, by the questionnaire that it was answered under.
func (c *chunk) add(ctx context.Context, e store.Entry) error {
	fresh := e.Cursor > c.tally.Alerted
	answered, err := c.answered.Survey(ctx, e.Response.Version)
	if err != nil {
		return err
	}
	c.settled.Fold(c.tally, answered, e)
	held := c.tally.HeldBy(answered, e.Arrived, e.Response) != ""
	if held {
		c.held++
	}
	c.changes.add(e, fresh && !held)
	c.n++
	return nil
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
	c.periodFold.held += c.held
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
