package main

import (
	"context"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/survey"
	"glasspoll/internal/verify"
)

type repairCommand struct {
	storeFlags
	ID     string `arg:"" optional:"" name:"ID" help:"The survey. Default: all."`
	Period string `placeholder:"PERIOD" help:"Only this period, such as 2026-Q4. Default: all."`
	Yes    bool   `help:"Change. Without it, what would be changed is only said."`
	JSON   bool   `name:"json" help:"Print one JSON document for programs."`
}

func (repairCommand) Help() string {
	return `Verifies as 'results verify' does, and mends what differs and follows from something else:

  tally    that differs from the log is counted again
  release  the latest one that is not the sum of what all have added is written again as that sum
  ids      that are missing or disagree with the log are entered from it

A release that differs from the log is not changed, because it has been public. A tally is not counted again if responses
have been deleted after the retention time: they are known from it alone. Answers may come in meanwhile, and a running
server need not be stopped.

Exits with 0 if there was nothing to mend or all is mended, with 1 if --yes is missing or something is left.

Examples:

  glasspoll results repair
  glasspoll results repair service --period 2026-Q4 --yes`
}

func (r repairCommand) Run(ctx context.Context, c *console.Console) error {
	return r.perform(ctx, c, "results repair", &r)
}

// repaired is what --json prints. Names stay.
type repaired struct {
	Format  int                `json:"format"`
	Applied bool               `json:"applied"`
	Periods []*verify.Repaired `json:"periods"`
}

func (r *repairCommand) do(ctx context.Context, env *environment) error {
	all := repaired{Format: 1, Applied: r.Yes, Periods: []*verify.Repaired{}}
	if err := r.repair(ctx, env, &all); err != nil {
		return err
	}
	planned, left := 0, false
	for _, result := range all.Periods {
		left = left || len(result.Left) > 0
		for _, change := range result.Changes {
			switch change.State {
			case verify.Planned:
				planned++
			case verify.Refused:
				left = true
			}
		}
		if !r.JSON {
			printRepair(env, result)
		}
	}
	if r.JSON {
		if err := console.JSON(env.Out, all); err != nil {
			return err
		}
	}
	if planned > 0 {
		env.Print(env.Err, "Nothing is changed yet. To change it, run the command again with --yes.")
	}
	if planned > 0 || left {
		return console.ErrProblems
	}
	return nil
}

// repair mends all periods. An id may have been said to be of another period than its response is, which has been mended after
// it: so what is left is looked at again once the ids of all periods are mended.
func (r *repairCommand) repair(ctx context.Context, env *environment, all *repaired) error {
	mended := false
	surveys := map[*verify.Repaired]*survey.Survey{}
	err := env.eachPeriod(ctx, r.ID, r.Period, func(s *survey.Survey, period string) error {
		result, err := verify.Repair(ctx, env.store, s, period, r.Yes)
		if err != nil {
			return err
		}
		all.Periods = append(all.Periods, result)
		surveys[result] = s
		for _, change := range result.Changes {
			if change.State != verify.Done {
				continue
			}
			mended = mended || change.What == verify.MendIDs
			env.log.Info("store repaired", "survey", s.ID, "period", period, "what", change.What)
			if env.changed != nil {
				env.changed(s.ID, period)
			}
		}
		return nil
	})
	if err != nil || !mended {
		return err
	}
	for _, result := range all.Periods {
		if len(result.Left) == 0 {
			continue
		}
		now, err := verify.Period(ctx, env.store, surveys[result], result.Period)
		if err != nil {
			return err
		}
		result.Left = now.Findings
	}
	return nil
}

// stateNames are the states of a change.
var stateNames = map[verify.State]message.Key{verify.Planned: "planned", verify.Done: "done", verify.Refused: "refused"}

func printRepair(env *environment, r *verify.Repaired) {
	if len(r.Changes) == 0 && len(r.Left) == 0 {
		env.Print(env.Out, "%s %s: nothing to mend", r.Survey, r.Period)
		return
	}
	env.Print(env.Out, "%s %s:", r.Survey, r.Period)
	for _, change := range r.Changes {
		env.Print(env.Out, "  %s: %s", stateNames[change.State], change.Message)
		for _, id := range change.Responses {
			env.Print(env.Out, "    %s", id)
		}
	}
	for _, finding := range r.Left {
		env.Print(env.Out, "  left: %s. %s", finding.Message, finding.Remedy())
	}
}
