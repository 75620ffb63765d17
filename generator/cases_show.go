package main

import (
	"cmp"
	"context"
	"strings"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/records"
)

type showCaseCommand struct {
	storeFlags
	Case   string `arg:"" name:"CASE" help:"The case's id, or enough of its beginning."`
	Format string `placeholder:"FORMAT" enum:"text,json" default:"text" help:"text or json. Default: ${default}."`
}

func (s showCaseCommand) Run(ctx context.Context, c *console.Console) error {
	return s.perform(ctx, c, "cases show", &s)
}

func (s *showCaseCommand) do(ctx context.Context, env *environment) error {
	c, err := records.FindCase(ctx, env.store, s.Case)
	if err != nil {
		return err
	}
	now := time.Now()
	if s.Format == "json" {
		return console.JSON(env.Out, caseJSON{c, c.Overdue(now)})
	}
	due := cmp.Or(string(c.Due), "no date")
	if c.Overdue(now) {
		due += ", OVERDUE"
	}
	console.Line(env.Out, "case      %s", c.ID)
	console.Line(env.Out, "type      %s, %s, priority %s", c.Type, c.Severity, c.Priority)
	console.Line(env.Out, "status    %s", c.Status)
	console.Line(env.Out, "owner     %s", cmp.Or(c.Owner, "nobody yet"))
	console.Line(env.Out, "due       %s", due)
	console.Line(env.Out, "survey    %s, %s", c.Survey, c.Period)
	console.Line(env.Out, "about     %s (alert %s)", strings.Join(c.Questions, ", "), c.Alert)
	if c.Withdrawn {
		console.Line(env.Out, "response  withdrawn")
	} else {
		console.Line(env.Out, "response  %s (receipt %s)", c.Response, answer.Receipt(c.Response))
	}
	if c.Status == cases.Closed && !c.Withdrawn {
		console.Line(env.Out, "result    %s", c.Result)
		console.Line(env.Out, "told      the customer was %stold", map[bool]string{false: "not "}[c.CustomerTold])
	}
	printHistory(env, c)
	return nil
}

func printHistory(env *environment, c *cases.Case) {
	console.Line(env.Out, "history")
	location, err := time.LoadLocation(c.Timezone)
	if err != nil {
		location = time.UTC
	}
	for _, change := range c.Changes {
		line := "  " + change.At.In(location).Format("2006-01-02 15:04 ") + string(change.What)
		if change.What == cases.WasAssigned {
			line += " to " + change.Note
		}
		if change.By != "" {
			line += " by " + change.By
		}
		if change.What == cases.WasClosed && change.Note != "" {
			line += ": " + change.Note
		}
		console.Line(env.Out, "%s", line)
	}
}
