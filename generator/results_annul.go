package main

import (
	"context"
	"strings"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/records"
	"glasspoll/internal/survey"
)

type annulCommand struct {
	storeFlags
	ID      string  `arg:"" name:"SURVEY" help:"The survey."`
	Period  string  `arg:"" name:"PERIOD" help:"The period, such as 2026-Q4; 'all' of a survey without periods."`
	Release int     `required:"" placeholder:"N" help:"The release that the false answers were published with."`
	Group   *string `placeholder:"COHORT" help:"Only the block of this group, as 'results show' names it; '*' is the pool, '' respondents without a group. Default: all blocks of the release."`
	Reason  string  `required:"" placeholder:"TEXT" help:"Why. It is public, on the results page too."`
	Yes     bool    `help:"Annul. Without it, the blocks are only listed."`
}

func (annulCommand) Help() string {
	return `Takes whole blocks of answers out of what is published, for example because somebody has sent the same answers again and
again. A block is what one release has added to one group, at least min_group respondents. It cannot be divided: if one
answer were taken out alone, the difference would show it. So the block's honest members are taken out too, and are not
released again.

What the block has become part of goes with it: questions that only some of the group are asked, sensitive questions that
were published at the end of the period, and steps of at least 30 rows of the figures that are made of whole rows. The
answers stay stored; erase them with 'results erase'.

A new release says how many respondents were annulled, when and why; so does the results page. What was published before
cannot be called back. 'results show SURVEY release' lists releases, 'results show SURVEY release N --added' what one has
added.

Exits with 1 if there are no such blocks or --yes is missing.

Examples:

  glasspoll results annul service 2026-Q4 --release 12 --reason "Sent by a script"
  glasspoll results annul service 2026-Q4 --release 12 --group gold --reason "Sent by a script" --yes`
}

func (a annulCommand) Run(ctx context.Context, c *console.Console) error {
	a.Reason = strings.TrimSpace(a.Reason)
	switch {
	case a.Reason == "":
		return console.Usagef("--reason: say why the answers are taken out, it is public")
	case len(a.Reason) > maxReason || strings.ContainsFunc(a.Reason, func(r rune) bool { return r < ' ' }):
		return console.Usagef("--reason: one line of at most %d bytes", maxReason)
	case a.Release < 1:
		return console.Usagef("--release %d: releases have numbers from 1 on", a.Release)
	}
	return a.perform(ctx, c, "results annul", &a)
}

// maxReason bounds what is kept with each later release.
const maxReason = 300

func (a *annulCommand) do(ctx context.Context, env *environment) error {
	s, err := records.Definition(ctx, env.store, a.ID)
	if err != nil {
		return err
	}
	blocks := records.Blocks{Release: a.Release, Group: a.Group}
	found, err := records.FindBlocks(ctx, env.store, s, a.Period, blocks)
	if err != nil {
		return err
	}
	for _, f := range found {
		env.Print(env.Out, "%s %s: release %d, %s: %s", a.ID, a.Period, f.Release, groupName(f.Cohort), message.Count(int(f.Respondents), "respondent"))
	}
	if !a.Yes {
		env.Print(env.Err, "Nothing is annulled yet. To take them out for good, run the command again with --yes.")
		return console.ErrProblems
	}
	return a.annul(ctx, env, s, blocks)
}

func (a *annulCommand) annul(ctx context.Context, env *environment, s *survey.Survey, blocks records.Blocks) error {
	made, err := records.Annul(ctx, env.store, s, a.Period, blocks, a.Reason, time.Now())
	for _, r := range made {
		env.log.Info("blocks annulled", "survey", a.ID, "period", a.Period, "release", a.Release, "by", r.Number, "reason", a.Reason)
		env.Print(env.Out, "%s %s: annulled, with release %d", a.ID, a.Period, r.Number)
	}
	if len(made) > 0 && env.changed != nil {
		env.changed(a.ID, a.Period)
	}
	if err != nil {
		return err
	}
	if env.changed == nil {
		env.Print(env.Err, "The pages follow when results are published next: by 'glasspoll serve' when it starts, on AWS within ten minutes.")
	}
	return nil
}
