// Package publish brings answers to the public pages: it folds new responses into tallies, makes the releases that are due,
// and renders pages from releases alone.
//
// # One run
//
// [Publisher.Publish] makes these calls for a survey, in this order:
//
//  1. Collector.Collect, which gives every response that is stored by now its place in its log.
//  2. Pages.Page, for the files of the newest period: the tag of each and the revision it was written with. Of the other
//     files the publisher remembers what it last wrote. That is not enough where results are not public, because a file that
//     another publisher has written must not stay: then the tags of all files are read, as in 6.
//  3. Releases.Latest and Sidecars.Actions.
//  4. Log.Ends. Then for each period, unless nothing has changed on which a release depends: Tallies.Tally, and if it does
//     not reach the end of the log, Log.After, Cases.OpenCase and Tallies.SaveTally.
//  5. Releases.Append, for each period that has a release due.
//  6. Pages.Replace, for each file that is out of date, from one report of the releases that 3 has read and 5 has appended.
//
// When nothing else writes, the calls of 1 to 3 are made once each. Only a publisher that has not run for the survey before
// makes 2 and 3 twice, because it learns from the releases which files it has to ask for. The cost of a run follows the
// number of new answers and of counters, never the number of answers so far; a period to which nothing has come costs
// nothing but its share of Log.Ends, once its last release is known.
//
// # Why several may run at once
//
// Runs need no lock between them, in one process or in several, and may be interrupted anywhere: the next one completes
// what is missing. Where many processes are woken by the same answers, they take turns ([store.Turns]), so that the answers
// are read once and not by each: whoever is turned away leaves what it knows to the one that is at work, which runs once
// more. Nothing below rests on that.
//
//   - Each response is counted once. It has one place in its log, given when it is collected, and nothing ever gets a place
//     before one that was given (see [store.Log]): so a cursor has passed exactly the responses that are in its tally. A
//     tally moves its cursor past what it counts, and is saved only if it still has the revision that it was read with. If
//     it has another, folding continues from the tally that is there now. Clocks decide nothing: a response that was stored
//     late, or by a process whose clock is wrong, is collected late, and counted then.
//   - A response that is erased while it is folded is counted as erased: the erasure gives the tally another revision.
//   - A release holds every respondent of the one before: a period's last release (3) is read before its tally and log (4),
//     which therefore hold every respondent that it counts.
//   - Releases of a period follow each other: Append takes a number only if it is free. If it is not, another publisher has
//     made this release, which serves as well: the latest releases are read again after 5.
//   - A period whose tally is not read has no release due. What [release.Next] decides follows from the questionnaire, the
//     day, whether the period is closed, the last release and the tally. The tally follows from the log, whose end is read
//     in each run, and from erasures, which name the period to Publish. The publisher remembers in which of these states
//     there was nothing to release; with the day it forgets, so that even an erasure of which nobody told it is met.
//   - A file is never replaced by one made from older releases: a tag is read (2), or remembered from an earlier run, before
//     releases and sidecars (3), and a file is replaced only if it still has that tag. So what it says was made from
//     releases that 3 has read too, or from older ones. What 5 has appended follows what 3 has read, or Append would have
//     failed. If a tag has changed by then, or is not known, steps 2, 3 and 6 are repeated, in this order.
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
	Collector store.Collector
	Log       store.Log
	Tallies   store.Tallies
	Releases  store.Releases
	Pages     store.Pages
	Renderer  Renderer
	Now       func() time.Time

	Turns    store.Turns    // nil: runs do not wait for each other
	Sidecars store.Sidecars // nil: questionnaires have none
	Cases    store.Cases    // nil: alerts are not evaluated
	Notify   bool           // cases are put in the outbox when they are opened
}

// Publisher keeps results current. It may be used by several goroutines.
type Publisher struct {
	collector store.Collector
	log       store.Log
	tallies   store.Tallies
	releases  store.Releases
	pages     store.Pages
	turns     store.Turns
	sidecars  store.Sidecars
	cases     store.Cases
	notify    bool
	renderer  Renderer
	now       func() time.Time
	chunk     int64 // chunkSize

	mu       sync.Mutex
	memories map[string]*memory             // by survey
	done     map[string]map[string]upToDate // by survey and period
}

// New makes a publisher.
func New(o Options) *Publisher {
	return &Publisher{
		collector: o.Collector, log: o.Log, tallies: o.Tallies, releases: o.Releases, pages: o.Pages, turns: o.Turns,
		sidecars: o.Sidecars, cases: o.Cases, notify: o.Notify, renderer: o.Renderer, now: o.Now, chunk: chunkSize,
		memories: map[string]*memory{}, done: map[string]map[string]upToDate{},
	}
}

// Outcome is what one run of a publisher has done.
type Outcome struct {
	Folded   int64              // responses
	Released []*release.Release // by this run
	Replaced int                // files
	Opened   int64              // cases
	Report   *stats.Report      // that the pages are made from; nil if the run failed before

	TurnedAway bool // another publisher is at it, and does this one's work too
	More       bool // there is more to do: publish again
}

const (
	// chunkSize is the number of responses after which a tally is saved: what a crash costs, and what one run of a function
	// certainly completes.
	chunkSize = 20_000
	// attempts bounds the tries of a run when others write at the same time.
	attempts = 20
	// grace is how long after its end a period, or the window, still counts as open: answers sent in its last moment may
	// be on their way.
	grace = 15 * time.Minute
)

// Publish brings one survey's results up to date. Periods names those that are certain to have changed, by responses that
// are to be collected or by erasures; the others it finds itself.
func (p *Publisher) Publish(ctx context.Context, s *survey.Survey, periods ...string) (out Outcome, err error) {
	if p.turns == nil {
		out, err = p.runOnce(ctx, s, periods)
	} else {
		var turn *store.Turn
		if turn, err = p.turns.BeginTurn(ctx, s.ID, periods...); turn != nil && err == nil {
			out, err = p.publishInTurn(ctx, s, turn)
		}
		out.TurnedAway = turn == nil && err == nil
	}
	if err != nil {
		return out, fmt.Errorf("publish %s: %w", s.ID, err)
	}
	return out, nil
}

// runOnce makes one run.
func (p *Publisher) runOnce(ctx context.Context, s *survey.Survey, periods []string) (Outcome, error) {
	r := &run{Publisher: p, survey: s, named: periods, read: map[string]bool{}}
	err := r.publish(ctx)
	return r.out, err
}

// run is one run of a publisher over one survey. It goes by the steps in the package comment.
type run struct {
	*Publisher
	survey  *survey.Survey
	named   []string        // periods that have changed
	seen    *memory         // of the survey's files, with tags from before latest and actions were read
	read    map[string]bool // by path: the tag was read in this run
	latest  []*release.Release
	actions survey.Actions
	out     Outcome
}

func (r *run) publish(ctx context.Context) error {
	if err := r.collector.Collect(ctx, r.survey.ID, r.named...); err != nil {
		return err
	}
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
	ends, err := r.log.Ends(ctx, r.survey.ID)
	if err != nil {
		return err
	}
	overtaken := false
	for _, period := range slices.Sorted(maps.Keys(ends)) {
		next, err := r.nextRelease(ctx, period, ends[period], last[period])
		if err != nil {
			return err
		}
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

// nextRelease folds what is new in a period, up to the end of its log, and returns the release that is due; nil if none is.
func (r *run) nextRelease(ctx context.Context, period, end string, last *release.Release) (*release.Release, error) {
	now := r.now()
	state := upToDate{
		version: r.survey.Version, day: now.In(r.survey.Location()).Format(time.DateOnly), closed: closed(r.survey, period, now), end: end,
	}
	if last != nil {
		state.last = last.Number
	}
	if !slices.Contains(r.named, period) && r.isUpToDate(r.survey, period, state) {
		return nil, nil
	}
	whole, err := r.foldPeriod(ctx, period, end)
	if err != nil {
		return nil, err
	}
	next := release.Next(r.survey, period, state.day, last, whole, state.closed)
	if next == nil {
		r.setUpToDate(r.survey, period, state)
	}
	return next, nil
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
