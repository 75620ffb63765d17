package server

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/publish"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

// updater brings results pages up to date in the background, so that no request waits for it.
type updater struct {
	log         *slog.Logger
	current     func() (*publish.Publisher, []*survey.Survey)
	surveys     func(context.Context) ([]string, error) // lists all that are stored
	casesOpened func()                                  // called when cases were opened, or have become overdue
	wake        chan struct{}                           // holds one

	updating sync.Mutex // one update at a time: two would only make each other retry

	mu    sync.Mutex
	dirty map[string]map[string]bool // surveys whose results are out of date, with the periods that are known to have changed
}

const (
	batchDelay = 200 * time.Millisecond // answers that come together are published together
	// fullInterval is how often all surveys are updated: periods end and windows close without any answer.
	fullInterval = 10 * time.Minute
	// firstRetry is the wait after a failure. It doubles with each further failure, up to lastRetry.
	firstRetry, lastRetry = time.Second, time.Minute
)

func newUpdater(log *slog.Logger, current func() (*publish.Publisher, []*survey.Survey), surveys func(context.Context) ([]string, error), casesOpened func()) *updater {
	return &updater{log: log, current: current, surveys: surveys, casesOpened: casesOpened, wake: make(chan struct{}, 1), dirty: map[string]map[string]bool{}}
}

// request schedules an update of a survey's results, of which some periods have changed. It does not block.
func (u *updater) request(id string, periods ...string) {
	u.markDirty(id, periods...)
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

func (u *updater) markDirty(id string, periods ...string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.dirty[id] == nil {
		u.dirty[id] = map[string]bool{}
	}
	for _, period := range periods {
		u.dirty[id][period] = true
	}
}

// updateAll updates the results of all surveys. A failure is logged, and the survey stays out of date.
func (u *updater) updateAll(ctx context.Context) {
	_, surveys := u.current()
	for _, s := range surveys {
		u.markDirty(s.ID)
	}
	u.update(ctx)
}

// update updates the results that are out of date, and reports whether it could.
func (u *updater) update(ctx context.Context) bool {
	u.updating.Lock()
	defer u.updating.Unlock()
	u.mu.Lock()
	dirty := u.dirty
	u.dirty = map[string]map[string]bool{}
	u.mu.Unlock()

	publisher, surveys := u.current()
	succeeded := true
	for _, s := range surveys {
		if dirty[s.ID] == nil {
			continue
		}
		periods := slices.Sorted(maps.Keys(dirty[s.ID]))
		if err := u.publish(ctx, publisher, s, periods); err != nil {
			succeeded = false
			u.markDirty(s.ID, periods...)
			if ctx.Err() == nil {
				u.log.Error("results not published, will be tried again", "survey", s.ID, "error", err)
			}
		}
	}
	return succeeded
}

// publishNow brings a period of a survey up to date at once, for a reader of what is stored.
func (u *updater) publishNow(ctx context.Context, s *survey.Survey, period string) error {
	u.updating.Lock()
	defer u.updating.Unlock()
	publisher, _ := u.current()
	return u.publish(ctx, publisher, s, []string{period})
}

func (u *updater) publish(ctx context.Context, publisher *publish.Publisher, s *survey.Survey, periods []string) error {
	out, err := publisher.Publish(ctx, s, periods...)
	for _, r := range out.Released {
		u.log.Info("results released", "survey", s.ID, "period", r.Period, "release", r.Number)
	}
	if out.Held > 0 {
		u.log.Warn("answers held back, until somebody reviews them", "survey", s.ID, "answers", out.Held)
	}
	if out.Opened > 0 {
		if !s.IsUntraceable() { // the time would say when a low score arrived
			u.log.Info("cases opened", "survey", s.ID, "cases", out.Opened)
		}
		u.casesOpened()
	}
	return err
}

// ageCases marks the cases that are overdue, and hands them up. Failures are logged; the next round tries again.
func (u *updater) ageCases(ctx context.Context) {
	publisher, _ := u.current()
	surveys, err := u.surveys(ctx)
	if err != nil {
		u.log.Error("overdue cases not handed up, will be tried again", "error", err)
		return
	}
	for _, id := range append(surveys, cases.NoSurvey) {
		aged, _, err := publisher.AgeCases(ctx, id)
		if err != nil && ctx.Err() == nil {
			u.log.Error("overdue cases not handed up, will be tried again", "survey", id, "error", err)
		}
		if aged == 0 {
			continue
		}
		u.log.Info("cases are overdue", "survey", id, "cases", aged)
		u.casesOpened()
	}
}

// run updates results until the context ends.
func (u *updater) run(ctx context.Context) {
	u.ageCases(ctx)
	tick := time.NewTicker(fullInterval)
	defer tick.Stop()
	retry := firstRetry
	var again <-chan time.Time
	var free time.Time // before it no update begins because of answers
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			began := time.Now()
			u.updateAll(ctx)
			free = pauseSince(began)
			u.ageCases(ctx)
			continue
		case <-again:
		case <-u.wake:
			select {
			case <-ctx.Done():
				return
			case <-time.After(max(batchDelay, time.Until(free))):
			}
		}
		again = nil
		began := time.Now()
		updated := u.update(ctx)
		free = pauseSince(began)
		if updated {
			retry = firstRetry
			continue
		}
		again = time.After(max(retry, time.Until(free)))
		retry = min(2*retry, lastRetry)
	}
}

// pauseSince returns the end of the pause after an update that ends now. All surveys share the pause: together they take no more of the
// machine than one.
func pauseSince(began time.Time) time.Time {
	now := time.Now()
	return now.Add(publish.Pause(now.Sub(began)))
}

// observedStore is a store of answers that reports each one that it stores or erases.
type observedStore struct {
	answerStore
	stored, erased func(survey string, periods ...string)
}

// answerStore is the part of a store that answers are put into.
type answerStore interface {
	store.Responses
	store.DayResponses
	store.Redeemer
	store.Withdrawer
}

func (o observedStore) Put(ctx context.Context, r answer.Response, also ...string) (bool, error) {
	created, err := o.answerStore.Put(ctx, r, also...)
	return o.report(r, created, err)
}

func (o observedStore) PutOn(ctx context.Context, day time.Time, r answer.Response, also ...string) (bool, error) {
	created, err := o.answerStore.PutOn(ctx, day, r, also...)
	return o.report(r, created, err)
}

func (o observedStore) Redeem(ctx context.Context, r store.Redemption) (bool, error) {
	created, err := o.answerStore.Redeem(ctx, r)
	return o.report(r.Response, created, err)
}

// Withdraw reports the period of a response that is erased, like an erasure by an operator.
func (o observedStore) Withdraw(ctx context.Context, survey, id string) (store.Withdrawal, error) {
	done, err := o.answerStore.Withdraw(ctx, survey, id)
	if done.Period != "" {
		o.erased(survey, done.Period)
	}
	return done, err
}

// report reports a response if it has been stored, and returns what the store has.
func (o observedStore) report(r answer.Response, created bool, err error) (bool, error) {
	if created && err == nil {
		o.stored(r.Survey, r.Period)
	}
	return created, err
}

// observedPages reports every page that was written.
type observedPages struct {
	store.Pages
	written func()
}

func (o observedPages) Replace(ctx context.Context, path, tag string, revision int, body []byte) (string, error) {
	newTag, err := o.Pages.Replace(ctx, path, tag, revision, body)
	if err == nil && newTag != tag {
		o.written()
	}
	return newTag, err
}
