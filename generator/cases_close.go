package main

import (
	"context"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/records"
)

type closeCaseCommand struct {
	storeFlags
	Case           string `arg:"" name:"CASE" help:"The case's id, or enough of its beginning."`
	Result         string `required:"" placeholder:"TEXT" help:"The result. No names: it is kept as long as the case."`
	CustomerTold   string `required:"" placeholder:"yes|no" enum:"yes,no" help:"Whether the customer was told of the result: yes or no."`
	CustomerAgreed string `placeholder:"WORD" enum:"yes,no,not_asked," default:"" help:"Must be given: whether the customer agreed with the result: yes, no or not_asked."`
	By             string `placeholder:"ROLE" help:"The role that closes it. Default: its owner."`
}

func (k closeCaseCommand) Run(ctx context.Context, c *console.Console) error {
	if k.CustomerAgreed == "" {
		return console.Usagef("missing: --customer-agreed=WORD: whether the customer agreed with the result: yes, no or not_asked")
	}
	return k.perform(ctx, c, "cases close", &k)
}

func (k *closeCaseCommand) do(ctx context.Context, env *environment) error {
	closing := cases.Closing{Result: k.Result, Told: k.CustomerTold == "yes", Agreed: cases.Agreement(k.CustomerAgreed), By: k.By}
	c, err := records.ChangeCase(ctx, env.store, k.Case, func(c *cases.Case) error { return c.Close(closing, time.Now()) }, env.about(news.OfClosed))
	if err != nil {
		return err
	}
	when := message.New("in time")
	switch {
	case c.Due == "":
		when = message.New("after %s", message.Count(c.Days(), "day"))
	case !c.InTime():
		when = message.New("late: it was due on %s", c.Deadline())
	}
	env.Print(env.Out, "case %s is closed, %s", c.ID, when)
	return nil
}
