package load

import (
	"context"
	"errors"
	"time"

	"glasspoll/internal/message"
	"glasspoll/internal/sleep"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

// Store is what a test needs of a deployment's table.
type Store interface {
	store.DefinitionWriter
	store.Definitions
	Versions(ctx context.Context, survey string) ([]string, error)
	Records
	Remover
}

// Records is what is compared with what was acknowledged.
type Records interface {
	store.Log
	Tally(ctx context.Context, survey, period string) (t *tally.Tally, revision int, err error)
}

// Remover removes the survey of a test. Each method returns an error, and changes nothing, unless every version that is stored of the
// survey is that of a test: see [survey.Survey.IsTrial].
type Remover interface {
	// CloseTrial takes the survey out of force, and from the list of surveys. Processes may know it for half a minute more.
	CloseTrial(ctx context.Context, survey string) error

	// RemoveTrial removes everything of a survey that is not in force, but its versions. Responses are the ids that may be stored. It
	// returns how many items are left, by a count of its own: they have come meanwhile.
	RemoveTrial(ctx context.Context, survey string, responses func(yield func(string) bool)) (left int, err error)

	// ForgetTrial removes the versions of a survey of which nothing else is left.
	ForgetTrial(ctx context.Context, survey string) error
}

// Test is one load test.
type Test struct {
	Store Store
	Post  func(survey string) Post
	Plan  Plan

	// Patience is how long the test waits, at most, until the publisher has counted everything, looking each Pause.
	Patience, Pause time.Duration

	// Progress says what is being done.
	Progress func(message.Text)
}

// Result is what a test has found.
type Result struct {
	Survey string
	Figures
	Recount
	Waited time.Duration // for the publisher, after the last answer
}

// Passed reports whether what was acknowledged is what is stored and counted.
func (r Result) Passed() bool { return r.Counts[Conflict] == 0 && r.Recount.agrees() }

// Recount compares what was acknowledged with what is stored.
type Recount struct {
	Logged         int // responses in the log
	Counted        int // by the publisher
	Unacknowledged int // stored, and never acknowledged: their replies were lost
	Missing        int // acknowledged, and not stored
	Twice          int // stored more than once
	Foreign        int // stored, and never sent
	Different      int // stored with other answers
}

func (r Recount) agrees() bool {
	return r.Missing == 0 && r.Twice == 0 && r.Foreign == 0 && r.Different == 0 && r.Counted == r.Logged
}

// Run puts a survey in force, sends the answers, waits until they are counted, and compares. The survey stays: [Clean] must follow,
// whatever the error is. A test that the context ends returns the figures so far with the context's error.
func (t *Test) Run(ctx context.Context, id string) (Result, error) {
	result := Result{Survey: id}
	s, err := Survey(id, t.Plan.Answers())
	if err != nil {
		return result, err
	}
	versions, err := t.Store.Versions(ctx, id)
	if err != nil {
		return result, err
	}
	if len(versions) > 0 || !s.IsTrial() {
		return result, message.Errorf("there is a survey %s already", id)
	}
	if err := t.Store.PutDefinition(ctx, s); err != nil {
		return result, err
	}
	t.Progress(message.New("survey %s is in force", id))
	x := &sender{plan: t.Plan, post: t.Post(id)}
	tenth := max(1, t.Plan.Answers()/10)
	all, err := x.send(ctx, s, func(n int) {
		if (n+1)%tenth == 0 {
			t.Progress(message.New("%d of %s sent", n+1, message.Count(t.Plan.Answers(), "answer")))
		}
	})
	result.Figures = figuresOf(t.Plan, all, x.aborted)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return result, err
	}
	result.Recount, result.Waited, err = t.recount(ctx, s, all)
	return result, err
}

// recount waits until the publisher has counted what was acknowledged, and compares. It reads the log itself.
func (t *Test) recount(ctx context.Context, s *survey.Survey, all []sent) (Recount, time.Duration, error) {
	begin, period := time.Now(), survey.OnePeriod
	wanted := 0
	for _, a := range all {
		if a.outcome.acknowledged() {
			wanted++
		}
	}
	t.Progress(message.New("waiting until %s are counted", message.Count(wanted, "answer")))
	before := -1
	for {
		counted, err := t.counted(ctx, s.ID, period)
		if err != nil {
			return Recount{}, 0, err
		}
		// What was never acknowledged may come, too: so it must not have grown since the last look.
		if counted >= wanted && counted == before || time.Since(begin) > t.Patience {
			r, err := compare(ctx, t.Store, s.ID, period, all)
			r.Counted = counted
			return r, time.Since(begin), err
		}
		before = counted
		if sleep.For(ctx, t.Pause) != nil {
			return Recount{}, 0, ctx.Err()
		}
	}
}

// counted returns how many responses the publisher has counted.
func (t *Test) counted(ctx context.Context, survey, period string) (int, error) {
	counted, _, err := t.Store.Tally(ctx, survey, period)
	if err != nil || counted == nil {
		return 0, err
	}
	return int(counted.Received()), nil
}

func compare(ctx context.Context, log store.Log, survey, period string, all []sent) (r Recount, err error) {
	places := make(map[string]int, len(all))
	for n, a := range all {
		places[a.id] = n
	}
	seen := make([]int, len(all))
	for entry, err := range log.After(ctx, survey, period, "") {
		if err != nil {
			return r, err
		}
		r.Logged++
		n, known := places[entry.Response.ID]
		if !known || all[n].tries == 0 {
			r.Foreign++
			continue
		}
		if seen[n]++; seen[n] > 1 {
			r.Twice++
		}
		if entry.Response.Digest() != all[n].digest {
			r.Different++
		}
	}
	for n, a := range all {
		switch acknowledged := a.outcome.acknowledged(); {
		case acknowledged && seen[n] == 0:
			r.Missing++
		case !acknowledged && seen[n] > 0:
			r.Unacknowledged++
		}
	}
	return r, nil
}

// removals is how often what is left of a survey is removed, at most.
const removals = 5

// Clean removes the survey of a test and everything of it, and proves that nothing is left. It may be interrupted anywhere, and called
// again. settle is how long processes may go on that know the survey: those that have read which version is in force, and a publisher
// that is at it.
func Clean(ctx context.Context, r Store, id string, settle time.Duration, progress func(message.Text)) error {
	versions, err := r.Versions(ctx, id)
	if err != nil {
		return err
	}
	if len(versions) == 0 {
		return message.Errorf("there is no survey %s, or nothing is left of it", id)
	}
	s, err := r.Definition(ctx, id, versions[0])
	if err != nil {
		return err
	}
	if !s.IsTrial() {
		return message.Errorf("survey %s was not made by a load test: nothing of it is removed", id)
	}
	if err := r.CloseTrial(ctx, id); err != nil {
		return err
	}
	if settle > 0 {
		progress(message.New("survey %s is closed; waiting %s until every process knows it", id, message.Plain(settle.String())))
	}
	if sleep.For(ctx, settle) != nil {
		return ctx.Err()
	}
	progress(message.New("removing %s", id))
	left := 0
	for range removals {
		if left, err = r.RemoveTrial(ctx, id, ids(s)); err != nil {
			return err
		}
		if left == 0 {
			return r.ForgetTrial(ctx, id)
		}
	}
	return message.Errorf("%s: %s keep coming: run `glasspoll deploy load --clean %s` again in a few minutes", id, message.Count(left, "item"), id)
}
