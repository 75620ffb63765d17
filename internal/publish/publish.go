// Package publish brings answers to the public page: it folds what has arrived into tallies, makes the releases that
// are due, and renders pages from the releases alone. It can be run at any time, by several at once, and stopped
// anywhere: running it again mends everything.
package publish

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/release"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// A Publisher keeps results current. It may be used by several goroutines.
type Publisher struct {
	log      store.Log
	tallies  store.Tallies
	releases store.Releases
	pages    store.Pages
	renderer Renderer
	now      func() time.Time

	Sidecars store.Sidecars // nil: questionnaires have none
	Cases    store.Cases    // what alerts open; nil: no alert is looked at
	Tells    bool           // somebody is told of the cases that are opened: see [Tell]

	mu      sync.Mutex
	written map[string]page // what this publisher has last written, by path
	opened  map[string]bool // ids of cases that are stored
}

// New makes a publisher.
func New(log store.Log, tallies store.Tallies, releases store.Releases, pages store.Pages, renderer Renderer, now func() time.Time) *Publisher {
	return &Publisher{
		log: log, tallies: tallies, releases: releases, pages: pages, renderer: renderer, now: now,
		written: map[string]page{}, opened: map[string]bool{},
	}
}

// Outcome is what one run of a publisher has done.
type Outcome struct {
	Folded   int64              // responses folded
	Released []*release.Release // by this run
	Replaced int                // pages
	Opened   int64              // cases
	Report   *stats.Report      // what the pages say
}

const (
	// chunk is after how many responses a tally is saved: what a crash costs, and what one run of an answer's function
	// surely manages.
	chunk = 20_000
	// attempts is how often a run tries again when others write at the same time.
	attempts = 20
	// grace is how long after its end a period, or the window, still counts as open: answers sent in its last moment
	// may be on their way.
	grace = 15 * time.Minute
)

// Publish brings one survey's results up to date.
func (p *Publisher) Publish(ctx context.Context, s *survey.Survey) (Outcome, error) {
	out, err := p.publish(ctx, s)
	if err != nil {
		return out, fmt.Errorf("publish %s: %w", s.ID, err)
	}
	return out, nil
}

func (p *Publisher) publish(ctx context.Context, s *survey.Survey) (Outcome, error) {
	var out Outcome
	// The order matters. A page's tag is read before the releases that it is made from, so that whoever replaces it
	// knows at least as much as it says. A period's last release is read before its tallies, so that these hold every
	// respondent whom it counts.
	seen, err := p.look(ctx, s)
	if err != nil {
		return out, err
	}
	latest, err := p.releases.Latest(ctx, s.ID)
	if err != nil {
		return out, err
	}
	last := map[string]*release.Release{}
	for _, r := range latest {
		last[r.Period] = r
	}
	periods, err := p.log.Periods(ctx, s.ID)
	if err != nil {
		return out, err
	}
	for _, period := range periods {
		t, folded, opened, err := p.fold(ctx, s, period)
		out.Folded += folded
		out.Opened += opened
		if err != nil {
			return out, err
		}
		now := p.now()
		today := now.In(s.Location()).Format(time.DateOnly)
		next := release.Next(s, period, today, last[period], t, closed(s, period, now))
		if next == nil {
			continue
		}
		switch err := p.releases.Append(ctx, next); {
		case err == nil:
			out.Released = append(out.Released, next)
		case !errors.Is(err, store.ErrStale): // if it is, somebody else has released: theirs is as good
			return out, err
		}
	}

	for range attempts {
		again, err := p.render(ctx, s, seen, &out)
		if err != nil || !again {
			return out, err
		}
		if seen, err = p.look(ctx, s); err != nil {
			return out, err
		}
	}
	return out, fmt.Errorf("pages: %w %d times", store.ErrStale, attempts)
}

// closed reports whether nothing more is to be expected in a period.
func closed(s *survey.Survey, period string, now time.Time) bool {
	before := now.Add(-grace)
	if period != s.PeriodAt(now) && period != s.PeriodAt(before) {
		return true
	}
	open, early := s.OpenAt(before)
	return !open && !early
}

// fold brings the tallies of a period up to date and merges them.
func (p *Publisher) fold(ctx context.Context, s *survey.Survey, period string) (whole *tally.Tally, folded, opened int64, err error) {
	var tallies [store.Shards]*tally.Tally
	var counts [store.Shards]int64
	var cases atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for i := range store.Shards {
		group.Go(func() error {
			var err error
			tallies[i], counts[i], err = p.foldShard(ctx, s, store.Shard{Survey: s.ID, Period: period, Number: i}, &cases)
			return err
		})
	}
	err = group.Wait()
	for _, n := range counts {
		folded += n
	}
	if err != nil {
		return nil, folded, cases.Load(), err
	}
	return tally.Merge(tallies[:]...), folded, cases.Load(), nil
}

// foldShard folds what is new in one log, to its end, and saves the tally after each chunk: when the cases are stored that
// it opens.
func (p *Publisher) foldShard(ctx context.Context, s *survey.Survey, shard store.Shard, opened *atomic.Int64) (t *tally.Tally, folded int64, err error) {
	stale := 0
	for {
		t, revision, err := p.tallies.Tally(ctx, shard)
		if err != nil {
			return nil, folded, err
		}
		if t == nil || t.Shape != s.Shape {
			t = tally.Restart(s, t)
		}
		for {
			n, from, cases := int64(0), t.Cursor, p.newLookout(s)
			var young *tally.Tally // who is counted each time anew, until the cursor may pass them
			for entry, err := range p.log.After(ctx, shard, t.Cursor) {
				if err != nil {
					return nil, folded, err
				}
				cases.at(entry, entry.Cursor > t.Alerted)
				if !entry.Settled {
					if young == nil {
						young = tally.New(s)
					}
					young.Fold(s, entry.Response)
					continue
				}
				t.Fold(s, entry.Response)
				t.Advance(entry.Cursor)
				if n++; n == chunk {
					break
				}
			}
			if err := cases.act(ctx, opened); err != nil {
				return nil, folded, err
			}
			if n == 0 {
				return withYoung(t, young), folded, nil
			}
			err := p.tallies.SaveTally(ctx, shard, t, revision)
			if errors.Is(err, store.ErrStale) {
				if err := cases.overtaken(ctx, shard, from); err != nil {
					return nil, folded, err
				}
				break // somebody else folds too: go on from where they are
			}
			if err != nil {
				return nil, folded, err
			}
			folded += n
			revision++
			if n < chunk {
				return withYoung(t, young), folded, nil
			}
		}
		if stale++; stale == attempts {
			return nil, folded, fmt.Errorf("tally of %s %s/%d: %w %d times", shard.Survey, shard.Period, shard.Number, store.ErrStale, attempts)
		}
	}
}

// withYoung adds those who have not settled to a tally that has been saved without them.
func withYoung(t, young *tally.Tally) *tally.Tally {
	if young == nil {
		return t
	}
	return tally.Merge(t, young)
}
