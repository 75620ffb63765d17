package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/cases"
	"glasspoll/internal/cloud"
	"glasspoll/internal/publish"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

const (
	// Surveys are looked at at the same time. Bringing one up to date may take 20 MB.
	parallelRuns, parallelSweeps = 8, 16

	// telling is the time kept for the news, which is told after all looks: a receiver may be slow.
	telling = 20 * time.Second

	// noting is how long it may take to note that a look has failed, after the time for looks has ended.
	noting = 3 * time.Second
)

// round is one round over all surveys: it looks at those that need it, and tells the news. It may be killed anywhere, and several may
// run at the same time: what is noted of a survey is noted after it was looked at.
type round struct {
	*function
	view

	mu        sync.Mutex
	noted     map[string]cloud.Look // that this round has saved
	counts    map[action]int
	elsewhere int // surveys that another process looks at, or that have changed meanwhile
	waiting   []string
	failed    []error
}

// runRound looks at the surveys that need it. regularly says that the schedule asks for it.
func (f *function) runRound(ctx context.Context, regularly bool) error {
	begin := time.Now()
	v, err := f.viewAll(ctx, regularly)
	if err != nil || len(v.surveys) == 0 {
		return err
	}
	if err := f.table.Ready(ctx); err != nil {
		return err
	}
	tasks, waiting := plan(v)
	r := &round{function: f, view: v, noted: map[string]cloud.Look{}, counts: map[action]int{}, waiting: waiting}
	left := r.lookAt(ctx, tasks)
	slices.Sort(r.waiting)
	r.waiting = slices.Compact(r.waiting)
	maps.Copy(v.looks, r.noted)
	r.failed = append(r.failed, f.tell(ctx, r.waiting...), f.noteTold(ctx, r.waiting, v.looks))
	r.failed = slices.DeleteFunc(r.failed, func(err error) bool { return err == nil })

	did := []any{"surveys", len(v.surveys), "published", r.counts[publishes], "swept", r.counts[sweeps], "aged", r.counts[agesCases],
		"elsewhere", r.elsewhere, "failed", len(r.failed), "left", left, "took_ms", time.Since(begin).Milliseconds()}
	if left > 0 {
		f.log.Error("a round did not come to its end", append(did, "request", requestID(ctx))...)
	} else {
		f.log.Info("round", did...)
	}
	figures := []cloud.Figure{{Name: "RoundLeft", Unit: "Count", Value: float64(left)}}
	if left == 0 && len(r.failed) == 0 {
		figures = append(figures, cloud.Figure{Name: "Rounds", Unit: "Count", Value: 1})
	}
	f.metrics.Write(nil, figures...)
	return errors.Join(r.failed...)
}

// viewAll reads what a round needs to know of all surveys: a few calls, however many there are.
func (f *function) viewAll(ctx context.Context, regularly bool) (v view, err error) {
	v = view{now: time.Now(), sweeps: regularly}
	if v.surveys, err = f.table.Surveys(ctx); err != nil || len(v.surveys) == 0 {
		return v, err
	}
	if v.edition, err = f.currentEdition(ctx); err != nil { // before what was published is looked at
		return v, err
	}
	if v.looks, err = f.table.Looks(ctx); err != nil {
		return v, err
	}
	v.inForce, err = f.table.InForce(ctx, v.surveys)
	return v, err
}

// currentEdition tells of which program and which publication of the site pages are that are rendered now.
func (f *function) currentEdition(ctx context.Context) (string, error) {
	published, err := f.table.Published(ctx)
	if err != nil {
		return "", err
	}
	assets, _, err := f.table.Assets(ctx)
	if err != nil {
		return "", err
	}
	loaded, err := json.Marshal(assets)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", program(), published, loaded))
	return hex.EncodeToString(sum[:8]), nil
}

// program is a digest of the running program: another one may render other pages.
var program = sync.OnceValue(func() string {
	sum := sha256.New()
	if name, err := os.Executable(); err == nil {
		if file, err := os.Open(name); err == nil {
			defer file.Close()
			io.Copy(sum, file) // what cannot be read makes no difference
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
})

// lookAt carries out tasks, and returns how many it did not come to, or that did not come to their end. A survey that takes long, or
// fails, keeps none of the others waiting.
func (r *round) lookAt(ctx context.Context, tasks []task) (left int) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-telling))
		defer cancel()
	}
	var runs, others errgroup.Group
	runs.SetLimit(parallelRuns)
	others.SetLimit(parallelSweeps)
	var both sync.WaitGroup
	begin := func(group *errgroup.Group, some []task) {
		for _, t := range some {
			group.Go(func() error {
				if ctx.Err() != nil || !r.look(ctx, t) {
					r.mu.Lock()
					defer r.mu.Unlock()
					left++
				}
				return nil
			})
		}
		group.Wait()
	}
	var published, swept []task
	for _, t := range tasks {
		if t.action == publishes {
			published = append(published, t)
		} else {
			swept = append(swept, t)
		}
	}
	both.Go(func() { begin(&runs, published) })
	both.Go(func() { begin(&others, swept) })
	both.Wait()
	return left
}

// look carries out one task. It returns false if the time did not suffice.
func (r *round) look(ctx context.Context, t task) (ended bool) {
	now := t.look
	now.Tried = time.Now()
	err := r.act(ctx, &t, &now)
	if err == nil {
		err = r.table.SaveLook(ctx, t.survey, &now, false)
	}
	if err != nil && !errors.Is(err, store.ErrStale) {
		r.noteFailure(ctx, t.survey, now)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case errors.Is(err, store.ErrStale):
		r.elsewhere++
		return true
	case err != nil && ctx.Err() != nil:
		return false
	case err != nil:
		r.failed = append(r.failed, err)
		return true
	}
	r.counts[t.action]++
	r.noted[t.survey] = now
	if reached(now.News, time.Now()) {
		r.waiting = append(r.waiting, t.survey)
	}
	return true
}

// noteFailure makes the next round look at a survey again, after those that were tried before. If that fails too, the next round
// begins with it.
func (r *round) noteFailure(ctx context.Context, id string, now cloud.Look) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noting)
	defer cancel()
	now.Pending = true
	if err := r.table.SaveLook(ctx, id, &now, now.Again); err != nil && !errors.Is(err, store.ErrStale) {
		r.log.Error("a failure was not noted", "request", requestID(ctx), "survey", id, "error", err)
	}
}

// act does what a survey needs, and notes in now what it finds. It returns a panic as an error.
func (r *round) act(ctx context.Context, t *task, now *cloud.Look) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = panicked(t.survey, value)
		}
		if err != nil && !errors.Is(err, store.ErrStale) {
			r.log.Error("not looked at", "request", requestID(ctx), "survey", t.survey, "error", err)
		}
	}()
	s, err := r.definition(ctx, t)
	if err != nil {
		return err
	}
	if t.action == sweeps {
		waits, err := r.table.Waits(ctx, s)
		if err != nil {
			return err
		}
		if waits {
			t.action = publishes
		}
	}
	if t.action == publishes {
		if err := r.bring(ctx, s, now); err != nil {
			return err
		}
	}
	if t.action >= sweeps || s == nil {
		now.Swept = now.Tried
	}
	if err := r.age(ctx, t.survey, now); err != nil {
		return err
	}
	return r.readOutbox(ctx, t.survey, s, now)
}

// definition returns the questionnaire in force of a survey; nil for cases of none.
func (r *round) definition(ctx context.Context, t *task) (*survey.Survey, error) {
	if t.survey == cases.NoSurvey {
		return nil, nil
	}
	s, err := r.table.Definition(ctx, t.survey, t.version)
	if err != nil {
		return nil, fmt.Errorf("survey %s: %w", t.survey, err)
	}
	return s, nil
}

// bring brings a survey up to date. It notes before that it has begun: if the process is killed over it, the next round begins with
// others.
func (r *round) bring(ctx context.Context, s *survey.Survey, now *cloud.Look) error {
	if err := r.beginLook(ctx, s.ID, now); err != nil {
		return err
	}
	out, err := r.publishSurvey(ctx, s, func(p *publish.Publisher, s *survey.Survey) (publish.Outcome, error) { return p.Publish(ctx, s) })
	if err != nil {
		return err
	}
	if _, announcer, err := r.news.current(ctx); err == nil && announcer != nil { // an error is one of telling
		if err := announcer.AnnounceSurveys(ctx, s.ID); err != nil {
			return err
		}
	}
	now.InForce, now.Edition = s.Version, r.edition
	now.Pending = out.More || out.Left || out.TurnedAway // there is something left to do
	if now.Again || out.Folded > 0 {
		now.Moved = now.Tried
	}
	now.Due, now.Window = publish.NextDue(s, now.Tried), time.Time{}
	if at, ok := s.NextPhase(now.Tried); ok {
		now.Window = at
	}
	return nil
}

// beginLook notes that a survey is being brought up to date. It returns ErrStale if another process has begun meanwhile.
func (r *round) beginLook(ctx context.Context, id string, now *cloud.Look) error {
	for {
		begun := *now
		begun.Pending = true // until it has ended
		err := r.table.SaveLook(ctx, id, &begun, true)
		if err == nil {
			*now = begun
		}
		if !errors.Is(err, store.ErrStale) {
			return err
		}
		latest, err := r.table.Look(ctx, id)
		if err != nil {
			return err
		}
		if latest.Tried.After(r.now) {
			return store.ErrStale
		}
		latest.Tried, *now = now.Tried, latest // something has changed since the round began
	}
}

// age ages the cases of a survey, or of none, and notes when the next one does.
func (r *round) age(ctx context.Context, id string, now *cloud.Look) error {
	publisher, err := r.current(ctx)
	if err != nil {
		return err
	}
	aged, next, err := publisher.AgeCases(ctx, id)
	if aged > 0 {
		r.log.Info("cases are overdue", "survey", id, "cases", aged)
	}
	now.Cases = next
	return err
}

// readOutbox notes when there is something to do for the news of a survey, s (nil: of none).
func (f *function) readOutbox(ctx context.Context, id string, s *survey.Survey, now *cloud.Look) error {
	items, err := f.table.News(ctx, id)
	if err != nil {
		return err
	}
	now.News = time.Time{}
	if len(items) == 0 {
		return nil
	}
	deliverer, _, err := f.news.current(ctx)
	if err != nil {
		now.News = now.Tried // telling fails too, and says so
		return nil
	}
	now.News = deliverer.Next(s, items)
	return nil
}

// noteTold notes what is left of the news of surveys after it was told. What else has changed of them stays to be looked at.
func (f *function) noteTold(ctx context.Context, ids []string, looks map[string]cloud.Look) error {
	var failed []error
	for _, id := range ids {
		now := looks[id]
		if now.Version == 0 {
			continue // it has not been looked at yet
		}
		before := now.News
		var s *survey.Survey
		var err error
		if id != cases.NoSurvey {
			s, err = f.table.Definition(ctx, id, "")
		}
		if err == nil {
			err = f.readOutbox(ctx, id, s, &now)
		}
		if err == nil && !now.News.Equal(before) {
			err = f.table.SaveLook(ctx, id, &now, now.Again)
		}
		if err != nil && !errors.Is(err, store.ErrStale) && !errors.Is(err, store.ErrUnknown) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// touched makes the next round look at surveys of which something has changed.
func (f *function) touched(ctx context.Context, ids ...string) error {
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(parallelSweeps)
	for _, id := range ids {
		group.Go(func() error { return f.table.LookAgain(within, id) })
	}
	return group.Wait()
}
