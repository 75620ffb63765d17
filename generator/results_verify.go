package main

import (
	"context"
	"fmt"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/records"
)

type verifyCommand struct {
	storeFlags
	ID     string `arg:"" optional:"" name:"ID" help:"The survey. Default: all."`
	Period string `placeholder:"PERIOD" help:"Only this period, such as 2026-Q4. Default: all."`
}

func (verifyCommand) Help() string {
	return `Counts all responses again and compares. What was counted before must be the same to the last answer. Every release must
be the one before plus whole batches of at least min_group respondents, and the latest must have no respondent and no
answer that is not found. Differences are printed, and then it exits with 1.

A tally that differs can be deleted: it is made from the responses, and is counted again. A release that differs has been
public: find the cause before you do anything else.

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
	started, responses, differ := time.Now(), int64(0), false
	for _, id := range ids {
		s, err := records.Definition(ctx, env.store, id)
		if err != nil {
			return err
		}
		periods, err := records.Periods(ctx, env.store, id, v.Period)
		if err != nil {
			return err
		}
		for _, period := range periods {
			result, err := records.Verify(ctx, env.store, s, period)
			if err != nil {
				return err
			}
			printVerification(env, id+" "+period, result)
			responses += result.Responses
			differ = differ || len(result.Findings) > 0
		}
	}
	console.Line(env.Err, "%s counted again in %s", console.Count(int(responses), "response"), time.Since(started).Round(10*time.Millisecond))
	if differ {
		return console.ErrProblems
	}
	return nil
}

func printVerification(env *environment, name string, v *records.Verification) {
	responses := console.Count(int(v.Responses-v.Withdrawn), "response")
	if v.Withdrawn > 0 {
		responses += fmt.Sprintf(" and %d withdrawn", v.Withdrawn)
	}
	counted := "not counted yet"
	if v.Tally {
		counted = "1 tally"
	}
	verdict := "agree"
	if len(v.Findings) > 0 {
		verdict = "DIFFER"
	}
	console.Line(env.Out, "%s: %s, %s, %s: %s", name, responses, counted, console.Count(v.Releases, "release"), verdict)
	for _, finding := range v.Findings {
		console.Line(env.Out, "  %s", finding)
	}
}
