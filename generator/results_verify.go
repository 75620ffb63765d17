package main

import (
	"context"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/records"
	"glasspoll/internal/survey"
	"glasspoll/internal/verify"
)

type verifyCommand struct {
	storeFlags
	ID     string `arg:"" optional:"" name:"ID" help:"The survey. Default: all."`
	Period string `placeholder:"PERIOD" help:"Only this period, such as 2026-Q4. Default: all."`
	JSON   bool   `name:"json" help:"Print one JSON document for programs."`
}

func (verifyCommand) Help() string {
	return `Counts all responses again, each by the questionnaire that it was given under, and compares. So an edit is no difference.

  tally     who waits to be released must be the same to the last answer
  releases  each must be the one before plus whole blocks by the rules: of at least k respondents, the pool and sensitive
            questions only when they were due, nothing public that must not be, nothing that falls
  blocks    what each release has added must be the answers of its members: of all who waited, and of nobody else. Who has
            withdrawn since is missing; then the others must be among what was added
  figures   what is published must follow from the answers; while 'glasspoll serve' runs, so must the files that it serves
  store     what it keeps twice must agree: each response with the index of ids, the latest release with the sum of what all
            have added

Differences are said, not by how much answers differ: that could be one respondent's. What an earlier version has released
is compared by the number of respondents. After 'results move' or 'results restore' it is not known who is in the blocks
that were made before, and these are checked by the rules alone.

'glasspoll results repair' mends what follows from something else. A release that differs has been public: find the cause
before you do anything else. Responses that were deleted after a retention time cannot be counted again: then figures may
be too large by as many.

Exits with 0 if everything agrees, with 1 if anything differs or cannot be read, with 2 after wrong usage.

Examples:

  glasspoll results verify
  glasspoll results verify service --period 2026-Q4
  glasspoll results verify --json | jq '.periods[] | select(.agree | not)'`
}

func (v verifyCommand) Run(ctx context.Context, c *console.Console) error {
	return v.perform(ctx, c, "results verify", &v)
}

// verified is what --json prints. Names stay.
type verified struct {
	Format  int              `json:"format"`
	Agree   bool             `json:"agree"`
	Periods []*verify.Result `json:"periods"`
}

func (v *verifyCommand) do(ctx context.Context, env *environment) error {
	started, responses := time.Now(), int64(0)
	all := verified{Format: 1, Agree: true, Periods: []*verify.Result{}}
	err := env.eachPeriod(ctx, v.ID, v.Period, func(s *survey.Survey, period string) error {
		result, err := verify.Period(ctx, env.store, s, period)
		if err != nil {
			return err
		}
		if env.published != nil {
			if err := result.ComparePages(ctx, env.store, *env.published); err != nil {
				return err
			}
		}
		if !v.JSON {
			printVerification(env, result)
		}
		responses += result.Responses
		all.Agree = all.Agree && result.Agree
		all.Periods = append(all.Periods, result)
		return nil
	})
	if err != nil {
		return err
	}
	if v.JSON {
		if err := console.JSON(env.Out, all); err != nil {
			return err
		}
	}
	env.Print(env.Err, "%s counted again in %s", message.Count(int(responses), "response"), time.Since(started).Round(10*time.Millisecond))
	if !all.Agree {
		return console.ErrProblems
	}
	return nil
}

// eachPeriod calls do for each period of a survey, or of all surveys if id is "", that has any response; only for the given
// period if that is not "".
func (e *environment) eachPeriod(ctx context.Context, id, period string, do func(s *survey.Survey, period string) error) error {
	ids := []string{id}
	if id == "" {
		if period != "" {
			return console.Usagef("--period %s: of which survey?", period)
		}
		var err error
		if ids, err = e.store.Surveys(ctx); err != nil {
			return err
		}
	}
	for _, id := range ids {
		s, err := records.Definition(ctx, e.store, id)
		if err != nil {
			return err
		}
		periods, err := records.CollectedPeriods(ctx, e.store, id, period)
		if err != nil {
			return err
		}
		for _, period := range periods {
			if err := do(s, period); err != nil {
				return err
			}
		}
	}
	return nil
}

func printVerification(env *environment, v *verify.Result) {
	responses := message.Count(int(v.Responses-v.Withdrawn), "response")
	if v.Withdrawn > 0 {
		responses = message.New("%s and %d withdrawn", responses, v.Withdrawn)
	}
	if v.Deleted > 0 {
		responses = message.New("%s (%d more were deleted after the retention time)", responses, v.Deleted)
	}
	counted, verdict := message.Key("not counted yet, or to be counted again"), message.Key("agree")
	if v.Tally {
		counted = message.Key("1 tally")
	}
	if !v.Agree {
		verdict = message.Key("DIFFER")
	}
	env.Print(env.Out, "%s %s: %s, %s, %s: %s", v.Survey, v.Period, responses, counted, message.Count(v.Releases, "release"), verdict)
	if v.Held > 0 || v.Rejected > 0 {
		env.Print(env.Out, "%s %s: held back by rules: %d, of which %d wait to be reviewed; rejected: %d", v.Survey, v.Period, v.Held, v.Waiting, v.Rejected)
	}
	remedies := map[message.Text]bool{}
	for _, finding := range v.Findings {
		env.Print(env.Out, "  %s", finding.Message)
		remedies[finding.Remedy()] = true
	}
	for _, finding := range v.Findings {
		if remedy := finding.Remedy(); remedies[remedy] {
			env.Print(env.Err, "%s %s: %s", v.Survey, v.Period, remedy)
			delete(remedies, remedy)
		}
	}
}
