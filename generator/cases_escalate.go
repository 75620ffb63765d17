package main

import (
	"context"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/news"
	"glasspoll/internal/records"
)

type escalateCaseCommand struct {
	storeFlags
	Case   string `arg:"" name:"CASE" help:"The case's id, or enough of its beginning."`
	Reason string `required:"" placeholder:"TEXT" help:"Why. No names: it is kept as long as the case."`
	By     string `placeholder:"ROLE" help:"The role that hands it up. Default: its owner."`
}

func (escalateCaseCommand) Help() string {
	return `Hands a case up to the next role of its alert's 'escalate_to', which becomes its owner. Cases that are overdue are handed up
by themselves, once to each role.`
}

func (e escalateCaseCommand) Run(ctx context.Context, c *console.Console) error {
	return e.perform(ctx, c, "cases escalate", &e)
}

func (e *escalateCaseCommand) do(ctx context.Context, env *environment) error {
	c, err := records.ChangeCase(ctx, env.store, e.Case, func(c *cases.Case) error { return c.Escalate(e.Reason, e.By, time.Now()) }, env.about(news.OfEscalated))
	if err != nil {
		return err
	}
	env.Print(env.Out, "case %s is handed up to %s, due %s", c.ID, c.Owner, orElse(c.Deadline(), "at no date"))
	return nil
}
