package main

import (
	"context"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/records"
)

type assignCaseCommand struct {
	storeFlags
	Case  string `arg:"" name:"CASE" help:"The case's id, or enough of its beginning."`
	Owner string `required:"" placeholder:"ROLE" help:"The role that follows it up from now on: not a person's name."`
	By    string `placeholder:"ROLE" help:"The role that assigns it. Default: the owner until now."`
}

func (a assignCaseCommand) Run(ctx context.Context, c *console.Console) error {
	return a.perform(ctx, c, "cases assign", &a)
}

func (a *assignCaseCommand) do(ctx context.Context, env *environment) error {
	c, err := records.ChangeCase(ctx, env.store, a.Case, func(c *cases.Case) error { return c.Assign(a.Owner, a.By, time.Now()) }, nil)
	if err != nil {
		return err
	}
	env.Print(env.Out, "case %s is assigned to %s, due %s", c.ID, c.Owner, orElse(c.Deadline(), "at no date"))
	return nil
}
