// Package publish brings answers to the public pages: it folds new responses into tallies, makes the releases that are due,
// and renders pages from releases alone.
//
// # One run
//
// [Publisher.Publish] makes these calls for a survey, in this order:
//
//  1. Collector.Collect, which gives every response that is stored by now its place in its log. Then Withdrawals.Withdrawals,
//     where respondents take answers back by a wish, and [store.CarryOut] for those that there are.
//  2. Pages.Page, for the files of the newest period: the tag of each and the revision it was written with. Of the other
//     files the publisher remembers what it last wrote; of those that lead to others (moved.go), for a day. That is not enough where results are not public, because a file that
//     another publisher has written must not stay: then the tags of all files are read, as in 6.
//  3. Releases.Latest and Sidecars.Actions.
//  4. Log.Ends. Then for each period, unless nothing has changed on which a release depends: Tallies.Tally, and if it does
//     not reach the end of the log, Log.After, Definitions.Definition, Cases.OpenCase and Tallies.SaveTally. Of a survey with
//     invitations, Counts.Counted, once in the first run of a day, and in runs in which a closed period has changed.
//  5. Releases.Append, for each period that has a release due, with the tally that is left of the one in 4.
//  6. Pages.Replace, for each file that is out of date, from one report of the releases that 3 has read and 5 has appended. Of
//     files that an earlier questionnaire had and today's has not, the tags are read first; they lose their figures. Then
//     SyncPages, where files are durable only after that.
//
// When nothing else writes, the calls of 1 to 3 are made once each. Only a publisher that has not run for the survey before
// makes 2 and 3 twice, because it learns from the releases which files it has to ask for. The cost of a run follows the
// number of new answers and of counters, never the number of answers so far; a period to which nothing has come costs
// nothing but its share of Log.Ends, once its last release of the day is known.
//
// # Why several may run at once
//
// Runs need no lock between them, in one process or in several, and may be interrupted anywhere: the next one completes
// what is missing. Where many processes are woken by the same answers, they take turns ([store.Turns]), so that the answers
// are read once and not by each: whoever is turned away leaves what it knows to the one that is at work, which runs once
// more. A turn that is not renewed is over, and turns begin some time apart ([Options.Apart]). Nothing below rests on that.
//
//   - Each response is folded once. It has one place in its log, given when it is collected, and nothing ever gets a place
//     before one that was given (see [store.Log]): so a cursor has passed exactly the responses that its tally has folded. A
//     tally moves its cursor past what it folds, and is saved only if it still has the revision that it was read with. If
//     it has another, folding continues from the tally that is there now. Clocks decide nothing but the day that a response
//     counts under: one that was stored late, or by a process whose clock is wrong, is collected late, and folded then.
//   - Each respondent is in one block at most. A tally holds those who are in none. Append stores a release together with
//     the tally without the respondents of its blocks, only if its number is free and the tally still has the revision that
//     the blocks were made from: so of two publishers that make blocks of the same respondents one fails, and begins again
//     from the tally and the release that are there now. For the same reason a block holds nobody who has been erased
//     before it was stored.
//   - A tally names the release that it was stored with. One that names another than the last release has been lost, restored
//     or moved: it is replaced by what the last release says of who is in blocks, and the log is folded again. If that
//     was a mistake, because the last release was read too early, the number it leads to is taken, and Append fails.
//   - A period whose tally is not read has no release due. What [release.Next] decides follows from the questionnaires, the
//     day, whether the period is closed, the last release and the tally. The tally follows from the log, whose end is read
//     in each run, and from erasures, which name the period to Publish. The publisher remembers in which of these states
//     there was nothing to release; with the day it forgets, because a whole day more has been received by then, and so that
//     even an erasure of which nobody told it is met.
//   - A file is never replaced by one made from older releases: a tag is read (2), or remembered from an earlier run, before
//     releases and sidecars (3), and a file is replaced only if it still has that tag. So what it says was made from
//     releases that 3 has read too, or from older ones. What 5 has appended follows what 3 has read, or Append would have
//     failed. If a tag has changed by then, or is not known, steps 2, 3 and 6 are repeated, in this order.
//   - The address of the newest period leads to the newest page, and an earlier period's has a page of its own. That page is
//     written before the newest one is that of the next period: so at no time an address leads to figures of another period. A
//     run that has read releases from before that would only write that the address leads to the newest page, with the
//     tag from before: like any other file, it is not replaced.
//   - Of a survey whose results are not public, a file is written only if its content changes, and no content follows from releases:
//     so the time of a write, which is public, tells of none.
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
	"glasspoll/internal/tally"
)

// Options are the dependencies of a publisher.
type Options struct {
	Collector   store.Collector
	Log         store.Log
	Definitions store.Definitions // also of versions that are not in force any more
	Tallies     store.Tallies
	Releases    store.Releases
	Pages       store.Pages
	Renderer    Renderer
	Now         func() time.Time

	Withdrawals store.WithdrawalStore // nil: what is taken back is erased at once, by another

	Turns    Turns          // nil: runs do not wait for each other
	Apart    time.Duration  // how far apart the turns of a survey begin at least, and further after long ones: see [Pause]
	Progress store.Progress // nil: all places in the logs are those that releases were made from, see [store.Settled]
	Reviews  store.Reviews  // nil: nobody has decided of any response
	Sidecars store.Sidecars // nil: questionnaires have none
	Counts   store.Counts   // nil: nothing is known of invitations
	Cases    store.Cases    // nil: alerts are not evaluated
	Notify   bool           // cases are put in the outbox when they are opened

	TagOf     func(body []byte) string    // the tag that a page with this content has; nil: not known before it is written
	SyncPages func(context.Context) error // makes pages durable that were replaced, once at the end of a run; nil: they are when replaced
}

// Publisher keeps results current. It may be used by several goroutines.
type Publisher struct {
	collector   store.Collector
	log         store.Log
	definitions store.Definitions
	tallies     store.Tallies
	releases    store.Releases
	pages       store.Pages
	withdrawals store.WithdrawalStore
	turns       Turns
	apart       time.Duration
	progress    store.Progress
	reviews     store.Reviews
	sidecars    store.Sidecars
	counts      store.Counts
	cases       store.Cases
	notify      bool
	tagOf       func(body []byte) string
	syncPages   func(context.Context) error
	renderer    Renderer
	now         func() time.Time
	chunk       int64 // chunkSize

	mu       sync.Mutex
	memories map[string]*memory             // by survey
	done     map[string]map[string]upToDate // by survey and period
	formers  map[string][]formerFile        // former files, by [run.asked]
}

// New makes a publisher.
func New(o Options) *Publisher {
	if o.TagOf == nil {
		o.TagOf = func([]byte) string { return "" }
	}
	if o.SyncPages == nil {
		o.SyncPages = func(context.Context) error { return nil }
	}
	return &Publisher{
		collector: o.Collector, log: o.Log, definitions: o.Definitions, tallies: o.Tallies, releases: o.Releases, pages: o.Pages, withdrawals: o.Withdrawals, turns: o.Turns, apart: o.Apart,
		progress: o.Progress, reviews: o.Reviews, sidecars: o.Sidecars, counts: o.Counts, cases: o.Cases, notify: o.Notify, tagOf: o.TagOf, syncPages: o.SyncPages, renderer: o.Renderer, now: o.Now, chunk: chunkSize,
		memories: map[string]*memory{}, done: map[string]map[string]upToDate{}, formers: map[string][]formerFile{},
	}
}

// Outcome is what one run of a publisher has done.
type Outcome struct {
	Folded   int64              // responses
	Released []*release.Release // by this run
	Replaced int                // files
	Opened   int64              // cases
	Held     int64              // of the folded, those that a rule holds back
	Report   *stats.Report      // that the pages are made from; nil if the run failed before

	Age time.Duration // of the oldest response when its run ended, as far as it is known

	TurnedAway bool          // the work is left to another publisher
	Early      time.Duration // if turned away: nobody is at the work, and for so long nobody begins. See Finish
	Left       bool          // others have left work meanwhile, which is stored
	More       bool          // the work is not done
}

const (
	// chunkSize is the number of responses after which a tally is saved: what a crash costs, and what one run of a function
	// certainly completes.
	chunkSize = 20_000
	// attempts bounds the tries of a run when others write at the same time.
	attempts = 20
	// grace is how long after the last moment in which answers are taken a period still counts as open: they may be on
	// their way.
	grace = 15 * time.Minute
)

// Publish brings one survey's results up to date. Names are those of periods that are certain to have changed, by responses that
// are to be collected or by erasures; the others it finds itself. If they are all of parts, see [store.PartName], it looks for
// responses there alone.
func (p *Publisher) Publish(ctx context.Context, s *survey.Survey, names ...string) (Outcome, error) {
	return p.PublishWork(ctx, s, store.Work{Names: names})
}

// PublishWork is Publish of work that has been waiting.
func (p *Publisher) PublishWork(ctx context.Context, s *survey.Survey, w store.Work) (out Outcome, err error) {
	if p.turns == nil {
		out, err = p.runOnce(ctx, s, w.Names)
		return out, named(s, err)
	}
	if len(w.Names) == 0 {
		w.Names = []string{store.Everything}
	}
	turn, early, err := p.turns.BeginTurn(ctx, s.ID, w)
	if turn == nil || err != nil {
		return Outcome{TurnedAway: err == nil, Early: early}, named(s, err)
	}
	out, err = p.publishInTurn(ctx, s, turn, 0)
	return out, named(s, err)
}

// Finish does the work that is left of a survey while nobody is at it, as of a publisher that was killed, or that came too early.
// It waits until it may begin; others are turned away meanwhile.
func (p *Publisher) Finish(ctx context.Context, s *survey.Survey) (Outcome, error) {
	turn, early, err := p.turns.ResumeTurn(ctx, s.ID)
	if turn == nil || err != nil {
		return Outcome{TurnedAway: err == nil}, named(s, err)
	}
	out, err := p.publishInTurn(ctx, s, turn, early)
	return out, named(s, err)
}

// named says which survey an error is of.
func named(s *survey.Survey, err error) error {
	if err != nil {
		return fmt.Errorf("publish %s: %w", s.ID, err)
	}
	return nil
}

// runOnce makes one run.
func (p *Publisher) runOnce(ctx context.Context, s *survey.Survey, names []string) (Outcome, error) {
	r := &run{Publisher: p, survey: s, answered: store.NewAnswered(p.definitions, s.ID, s), names: names, named: store.PeriodsOf(names), read: map[string]bool{}}
	err := r.publish(ctx)
	return r.out, err
}

// run is one run of a publisher over one survey. It goes by the steps in the package comment.
type run struct {
	*Publisher
	survey   *survey.Survey // in force
	answered *store.Answered
	names    []string           // of what has changed
	named    []string           // their periods
	seen     *memory            // of the survey's files, with tags from before latest and actions were read
	read     map[string]bool    // by path: the tag was read in this run
	removed  bool               // there is no newest page, so that others may have been removed too
	before   []*release.Release // the latest ones before this run
	latest   []*release.Release
	actions  survey.Actions
	counted  map[string]int64 // counters of invitations; nil: not read yet
	out      Outcome
}

func (r *run) publish(ctx context.Context) error {
	err := r.collector.Collect(ctx, r.survey.ID, r.names...)
	if r.out.More = errors.Is(err, store.ErrMore); err != nil && !r.out.More {
		return err
	}
	if err := r.carryOut(ctx); err != nil {
		return err
	}
	r.seen = r.remembered(r.survey.ID)
	if err := r.readFirstTags(ctx); err != nil {
		return err
	}
	if err := r.readInputs(ctx); err != nil {
		return err
	}
	r.before = r.latest
	if err := r.makeReleases(ctx); err != nil {
		return err
	}
	return errors.Join(r.writeFiles(ctx), r.syncPages(ctx))
}

// carryOut erases what respondents have taken back. Before that is done nothing is released, so that nobody is in a block who has
// taken an answer back before the run.
func (r *run) carryOut(ctx context.Context) error {
	if r.withdrawals == nil {
		return nil
	}
	periods, err := store.CarryOut(ctx, r.withdrawals, r.survey.ID, r.now())
	for _, period := range periods {
		if !slices.Contains(r.named, period) {
			r.named = append(slices.Clip(r.named), period)
		}
	}
	return err
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
	ends, err := r.log.Ends(ctx, r.survey.ID)
	if err != nil {
		return err
	}
	last := release.ByPeriod(r.latest)
	for _, period := range slices.Sorted(maps.Keys(ends)) {
		u := &update{run: r, period: period, end: ends[period], last: last[period]}
		if err := u.make(ctx); err != nil {
			return err
		}
		if u.last != nil {
			last[period] = u.last
		}
	}
	r.latest = slices.SortedFunc(maps.Values(last), func(a, b *release.Release) int { return cmp.Compare(a.Period, b.Period) })
	return nil
}

// update brings the tally and the releases of one period up to date.
type update struct {
	*run
	period string
	end    string           // cursor of the last entry of the log, read before the tally
	last   *release.Release // the last one, read before the tally; nil: none

	misfit fit // that was found, and read again
}

// make folds what is new, up to the end of the log, and appends the release that is due. Afterwards u.last is the last
// release.
func (u *update) make(ctx context.Context) error {
	state := u.state()
	if !slices.Contains(u.named, u.period) && u.isUpToDate(u.survey, u.period, state) {
		return nil
	}
	for range attempts {
		done, err := u.tryOnce(ctx, state)
		if done || err != nil {
			return err
		}
		latest, err := u.releases.Latest(ctx, u.survey.ID)
		if err != nil {
			return err
		}
		u.last = release.ByPeriod(latest)[u.period]
		state.last = release.NumberOf(u.last)
	}
	return fmt.Errorf("release of %s %s: %w %d times", u.survey.ID, u.period, store.ErrStale, attempts)
}

// tryOnce makes one try. It is not done if the tally or the releases have been changed meanwhile, or do not fit.
func (u *update) tryOnce(ctx context.Context, state upToDate) (done bool, err error) {
	whole, revision, err := u.foldPeriod(ctx)
	if whole == nil || err != nil {
		return false, err
	}
	forms, err := u.forms(ctx, whole)
	if err != nil {
		return false, err
	}
	counted, err := u.invited(ctx, state)
	if err != nil {
		return false, err
	}
	next, left := release.NextInvited(u.survey, forms, u.period, state.day, u.last, whole, state.closed, counted)
	if next == nil {
		u.setUpToDate(u.survey, u.period, state)
		return true, nil
	}
	switch err := u.releases.Append(ctx, next, left, revision); {
	case errors.Is(err, store.ErrStale):
		return false, nil
	case err != nil:
		return false, err
	}
	u.last = next
	u.out.Released = append(u.out.Released, next)
	return true, nil
}

// invited returns the counters of invitations if the release may say something of them: on the first run of a day, and when
// the period is closed. They are read once in a run, however many periods there are.
func (u *update) invited(ctx context.Context, state upToDate) (map[string]int64, error) {
	if u.counts == nil || !u.survey.HasInvitations() || !release.SaysFacts(u.last, state.day, state.closed) {
		return nil, nil
	}
	if u.counted == nil {
		counted, err := u.counts.Counted(ctx, u.survey.ID)
		if err != nil {
			return nil, err
		}
		u.run.counted = counted
	}
	return u.counted, nil
}

// state is what a release depends on now, besides the tally.
func (u *update) state() upToDate {
	now := u.now()
	return upToDate{
		version: u.survey.Version, day: string(u.survey.DateAt(now)), closed: Closed(u.survey, u.period, now),
		last: release.NumberOf(u.last), end: u.end,
	}
}

// forms returns the questionnaires of the parts of a tally and of the last release, by their shapes.
func (u *update) forms(ctx context.Context, t *tally.Tally) (map[string]*survey.Survey, error) {
	versions := map[string]string{}
	if u.last != nil {
		for shape, part := range u.last.Parts {
			versions[shape] = part.Version
		}
	}
	for shape, part := range t.Parts {
		versions[shape] = part.Version
	}
	forms, err := u.answered.Forms(ctx, versions)
	if err == nil && forms[u.survey.Shape] == nil {
		forms[u.survey.Shape] = u.survey
	}
	return forms, err
}

// Closed reports whether no more responses are expected in a period. One that has not begun is open, because invitations may be to it.
func Closed(s *survey.Survey, period string, now time.Time) bool {
	if s.Period != survey.NoPeriod && s.FirstDay(period) > s.DateAt(now) {
		return false
	}
	before := now.Add(-grace)
	for _, at := range []time.Time{now, before} {
		if takes, ok := s.TakesAt(at); ok && takes == period {
			return false
		}
		if s.PhaseAt(before) == survey.Early && s.PeriodAt(at) == period {
			return false
		}
	}
	return true
}

// NextDue returns an instant up to which, from another one on, the time alone makes no release due and changes no page, unless answers
// come: a day begins, or a period is closed.
func NextDue(s *survey.Survey, from time.Time) time.Time {
	today := s.BeginningOfDay(from)
	local := from.In(s.Location())
	tomorrow := s.BeginningOfDay(time.Date(local.Year(), local.Month(), local.Day()+1, 12, 0, 0, 0, s.Location()))
	next := tomorrow
	if s.PhaseAt(today) != s.PhaseAt(today.Add(-1)) || s.PeriodAt(today) != s.PeriodAt(today.Add(-1)) {
		for _, later := range []time.Duration{grace, survey.Grace, survey.Grace + grace} { // see [Closed]
			if at := today.Add(later); at.After(from) && at.Before(next) {
				next = at
			}
		}
	}
	return next
}
