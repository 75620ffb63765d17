// Package publish brings answers to the public pages: it folds new responses into tallies, makes the releases that are due,
// and renders pages from releases alone.
//
// # One run
//
// [Publisher.Publish] makes these calls for a survey, in this order:
//
//  1. Pages.Page, for the files of the newest period: the tag of each and the revision it was written with. Of the other
//     files the publisher remembers what it last wrote. That is not enough where results are not public, because a file that
//     another publisher has written must not stay: then the tags of all files are read, as in 5.
//  2. Releases.Latest and Sidecars.Actions.
//  3. Log.Periods. Then in each shard of each period: Tallies.Tally, Log.After, Cases.OpenCase and Tallies.SaveTally.
//  4. Releases.Append, for each period that has a release due.
//  5. Pages.Replace, for each file that is out of date, from one report of the releases that 2 has read and 4 has appended.
//
// When nothing else writes, the calls of 1 and 2 are made once each. Only a publisher that has not run for the survey before
// makes them twice, because it learns from the releases which files it has to ask for. The cost of a run follows the number
// of new answers and of counters, never the number of answers so far.
//
// # Why several may run at once
//
// Runs need no lock between them, in one process or in several, and may be interrupted anywhere: the next one completes
// what is missing.
//
//   - Each response is counted once: a tally moves its cursor past the responses in it, and is saved only if it still has the
//     revision that it was read with. If it has another, folding continues from the tally that is there now.
//   - A release holds every respondent of the one before: a period's last release (2) is read before its tallies and logs (3),
//     which therefore hold every respondent that it counts.
//   - Releases of a period follow each other: Append takes a number only if it is free. If it is not, another publisher has
//     made this release, which serves as well: the latest releases are read again after 4.
//   - A file is never replaced by one made from older releases: a tag is read (1), or remembered from an earlier run, before releases
//     and sidecars (2), and a file is replaced only if it still has that tag. So what it says was made from releases that 2
//     has read too, or from older ones. What 4 has appended follows what 2 has read, or Append would have failed. If a tag
//     has changed by then, or is not known, steps 1, 2 and 5 are repeated, in this order.
//   - A file with a higher revision than the run's is left alone. It exists only if releases have been lost, as in a table
//     that was restored from an older copy.
package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"glasspoll/internal/release"
	"glasspoll/internal/stats"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// Options are the dependencies of a publisher.
type Options struct {
	Log      store.Log
	Tallies  store.Tallies
	Releases store.Releases
	Pages    store.Pages
	Renderer Renderer
	Now      func() time.Time

	Sidecars store.Sidecars // nil: questionnaires have none
	Cases    store.Cases    // nil: alerts are not evaluated
	Notify   bool           // cases are put in the outbox when they are opened
}

// Publisher keeps results current. It may be used by several goroutines.
type Publisher struct {
	log      store.Log
	tallies  store.Tallies
	releases store.Releases
	pages    store.Pages
	sidecars store.Sidecars
	cases    store.Cases
	notify   bool
	renderer Renderer
	now      func() time.Time

	mu       sync.Mutex
	memories map[string]*memory // by survey
	opened   map[string]bool    // ids of cases that are stored
}

// New makes a publisher.
func New(o Options) *Publisher {
	return &Publisher{
		log: o.Log, tallies: o.Tallies, releases: o.Releases, pages: o.Pages, sidecars: o.Sidecars, cases: o.Cases, notify: o.Notify,
		renderer: o.Renderer, now: o.Now, memories: map[string]*memory{}, opened: map[string]bool{},
	}
}

// Outcome is what one run of a publisher has done.
type Outcome struct {
	Folded   int64              // responses
	Released []*release.Release // by this run
	Replaced int                // files
	Opened   int64              // cases
	Report   *stats.Report      // that the pages are made from
}

const (
	// chunk is the number of responses after which a tally is saved: what a crash costs, and what one run of a function
	// certainly completes.
	chunk = 20_000
	// attempts bounds the tries of a run when others write at the same time.
	attempts = 20
	// grace is how long after its end a period, or the window, still counts as open: answers sent in its last moment may
	// be on their way.
	grace = 15 * time.Minute
)

// Publish brings one survey's results up to date.
func (p *Publisher) Publish(ctx context.Context, s *survey.Survey) (Outcome, error) {
	r := &run{Publisher: p, survey: s, read: map[string]bool{}}
	if err := r.publish(ctx); err != nil {
		return r.out, fmt.Errorf("publish %s: %w", s.ID, err)
	}
	return r.out, nil
}

// run is one run of a publisher over one survey. It goes by the steps in the package comment.
type run struct {
	*Publisher
	survey  *survey.Survey
	seen    *memory         // of the survey's files, with tags from before latest and actions were read
	read    map[string]bool // by path: the tag was read in this run
	latest  []*release.Release
	actions survey.Actions
	out     Outcome
}

func (r *run) publish(ctx context.Context) error {
	r.seen = r.remembered(r.survey.ID)
	if err := r.readTags(ctx, newestPaths(r.survey)); err != nil {
		return err
	}
	if err := r.readInputs(ctx); err != nil {
		return err
	}
	if err := r.makeReleases(ctx); err != nil {
		return err
	}
	return r.writeFiles(ctx)
}

// readInputs reads what the files are made from.
func (r *run) readInputs(ctx context.Context) (err error) {
	if r.latest, err = r.releases.Latest(ctx, r.survey.ID); err != nil || r.sidecars == nil {
		return err
	}
	r.actions, err = r.sidecars.Actions(ctx, r.survey.ID)
	return err
}

// makeReleases folds what is new and makes the releases that are due, period by period.
func (r *run) makeReleases(ctx context.Context) error {
	last := map[string]*release.Release{}
	for _, one := range r.latest {
		last[one.Period] = one
	}
	periods, err := r.log.Periods(ctx, r.survey.ID)
	if err != nil {
		return err
	}
	overtaken := false
	for _, period := range periods {
		whole, err := r.foldPeriod(ctx, period)
		if err != nil {
			return err
		}
		now := r.now()
		today := now.In(r.survey.Location()).Format(time.DateOnly)
		next := release.Next(r.survey, period, today, last[period], whole, closed(r.survey, period, now))
		if next == nil {
			continue
		}
		switch err := r.releases.Append(ctx, next); {
		case err == nil:
			last[period] = next
			r.out.Released = append(r.out.Released, next)
		case errors.Is(err, store.ErrStale):
			overtaken = true
		default:
			return err
		}
	}
	if overtaken {
		r.latest, err = r.releases.Latest(ctx, r.survey.ID)
		return err
	}
	r.latest = slices.SortedFunc(maps.Values(last), func(a, b *release.Release) int { return cmp.Compare(a.Period, b.Period) })
	return nil
}

// closed reports whether no more responses are expected in a period.
func closed(s *survey.Survey, period string, now time.Time) bool {
	before := now.Add(-grace)
	if period != s.PeriodAt(now) && period != s.PeriodAt(before) {
		return true
	}
	open, early := s.OpenAt(before)
	return !open && !early
}
