package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"glasspoll/internal/audit"
	"glasspoll/internal/console"
	"glasspoll/internal/release"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
	"glasspoll/internal/tally"
)

type verifyCommand struct {
	storeFlags
	ID     string `arg:"" optional:"" name:"ID" help:"The survey. Default: all."`
	Period string `placeholder:"PERIOD" help:"Only this period, such as 2026-Q4. Default: all."`
}

func (verifyCommand) Help() string {
	return `Counts all responses again and compares. What was counted before must be the same to the last answer. Every release must
be the one before and whole batches of at least min_group respondents, and the latest must hold nobody and no answer that
is not found. What differs is printed; then it exits with 1.

A tally that differs is no loss: it is made from the responses, and can be dropped and counted anew. A release that
differs has been public: find out why before anything else is done.

Examples:

  glasspoll results verify
  glasspoll results verify service --period 2026-Q4`
}

func (v verifyCommand) Run(ctx context.Context, c *console.Console) error {
	return v.perform(ctx, c, "results verify", &v)
}

func (v *verifyCommand) do(ctx context.Context, env *environment) error {
	ids := []string{v.ID}
	if v.ID == "" {
		if v.Period != "" {
			return console.Usagef("--period %s: of which survey?", v.Period)
		}
		var err error
		if ids, err = env.store.Surveys(ctx); err != nil {
			return err
		}
	}
	started, all, wrong := time.Now(), int64(0), false
	for _, id := range ids {
		s, err := definition(ctx, env.store, id)
		if err != nil {
			return err
		}
		periods, err := periodsOf(ctx, env.store, id, v.Period)
		if err != nil {
			return err
		}
		for _, period := range periods {
			a, err := auditPeriod(ctx, env.store, s, period)
			if err != nil {
				return err
			}
			verdict := "agree"
			if len(a.findings) > 0 {
				verdict, wrong = "DIFFER", true
			}
			console.Line(env.Out, "%s %s: %s: %s", id, period, a.summary(), verdict)
			for _, finding := range a.findings {
				console.Line(env.Out, "  %s", finding)
			}
			all += a.responses
		}
	}
	console.Line(env.Err, "%s counted again in %s", console.Count(int(all), "response"), time.Since(started).Round(10*time.Millisecond))
	if wrong {
		return console.ErrProblems
	}
	return nil
}

// audited is what came of counting a period again.
type audited struct {
	responses int64 // withdrawn ones included
	withdrawn int64
	whole     *tally.Tally // the recount
	counted   int          // shards whose tally could be compared
	releases  audit.Releases
	findings  []string
}

func (a *audited) summary() string {
	text := console.Count(int(a.responses-a.withdrawn), "response")
	if a.withdrawn > 0 {
		text += fmt.Sprintf(" and %d withdrawn", a.withdrawn)
	}
	return fmt.Sprintf("%s, %s, %s", text, console.Count(a.counted, "shard"), console.Count(a.releases.Count(), "release"))
}

// auditPeriod counts a period again.
func auditPeriod(ctx context.Context, records resultsStore, s *survey.Survey, period string) (*audited, error) {
	a := &audited{}
	// Releases first: what they hold has been counted by then.
	forms := map[string]*survey.Survey{}
	for r, err := range records.History(ctx, s.ID, period) {
		if err != nil {
			return nil, err
		}
		if forms[r.Shape] == nil {
			forms[r.Shape] = formOf(s, r)
		}
		a.findings = append(a.findings, a.releases.Add(r, forms[r.Shape])...)
	}
	form := formOf(s, a.releases.Last())
	shards := make([]recount, store.Shards)
	workers, within := errgroup.WithContext(ctx)
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i := range shards {
		workers.Go(func() (err error) {
			shards[i], err = countShard(within, records, s, form, store.Shard{Survey: s.ID, Period: period, Number: i})
			return err
		})
	}
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	var now, then []*tally.Tally
	for i, one := range shards {
		now, then = append(now, one.now), append(then, one.then)
		a.responses += one.n
		if one.compared {
			a.counted++
		}
		for _, finding := range one.findings {
			a.findings = append(a.findings, fmt.Sprintf("shard %d: %s", i, finding))
		}
	}
	a.whole = tally.Merge(now...)
	a.withdrawn = a.whole.Total().Withdrawn
	a.findings = append(a.findings, a.releases.Against(tally.Merge(then...))...)
	return a, nil
}

// formOf is the questionnaire that a release was made with, as far as figures go; today's where there is none.
func formOf(s *survey.Survey, r *release.Release) *survey.Survey {
	if r == nil || r.Form == nil || r.Shape == s.Shape {
		return s
	}
	form, err := survey.ParseForm(r.Form, s)
	if err != nil {
		return s // not what a release holds
	}
	return form
}

// recount is what counting one shard again has brought.
type recount struct {
	now, then *tally.Tally // by today's questionnaire, and by that of the latest release
	n         int64
	compared  bool // with a stored tally of today's shape
	findings  []string
}

// atRest is how often a shard is counted again because it changes meanwhile.
const atRest = 5

func countShard(ctx context.Context, records resultsStore, s, form *survey.Survey, shard store.Shard) (recount, error) {
	for try := 1; ; try++ {
		stored, revision, err := records.Tally(ctx, shard)
		if err != nil {
			return recount{}, err
		}
		r, err := compareShard(ctx, records, s, form, shard, stored)
		if err != nil || len(r.findings) == 0 || try == atRest {
			return r, err
		}
		// Somebody may have erased between the two readings.
		if _, now, err := records.Tally(ctx, shard); err != nil || now == revision {
			return r, err
		}
	}
}

func compareShard(ctx context.Context, records resultsStore, s, form *survey.Survey, shard store.Shard, stored *tally.Tally) (recount, error) {
	r := recount{now: tally.New(s)}
	if r.then = r.now; form != s {
		r.then = tally.New(form)
	}
	comparable := stored != nil && stored.Shape == s.Shape
	compare := func() {
		r.findings, r.compared, comparable = audit.Tally(stored, r.now), true, false
	}
	for entry, err := range records.After(ctx, shard, "") {
		if err != nil {
			return r, err
		}
		if comparable && entry.Cursor > stored.Cursor {
			compare()
		}
		r.n++
		r.now.Fold(s, entry.Response)
		if r.then != r.now {
			r.then.Fold(form, entry.Response)
		}
	}
	if comparable {
		compare()
	}
	return r, nil
}
