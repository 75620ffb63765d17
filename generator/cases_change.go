package main

import (
	"context"
	"errors"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/records"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

type changeCaseCommand struct {
	storeFlags
	Case     string `arg:"" name:"CASE" help:"The case's id, or enough of its beginning."`
	Reason   string `required:"" placeholder:"TEXT" help:"Why. No names: it is kept as long as the case."`
	Type     string `placeholder:"TYPE" help:"The type that it is of, such as complaint."`
	Subtype  string `placeholder:"TYPE" help:"The finer type."`
	Severity string `placeholder:"SEVERITY" enum:"minor,major,critical," default:"" help:"How bad it is: minor, major or critical."`
	Priority string `placeholder:"PRIORITY" enum:"low,normal,high,urgent," default:"" help:"How urgent it is: low, normal, high or urgent."`
	Owner    string `placeholder:"ROLE" help:"The role that follows it up from now on: not a person's name."`
	Due      string `placeholder:"DATE" help:"By when it is to be closed: 2026-12-05, '2026-12-05 18:00', or none."`
	By       string `placeholder:"ROLE" help:"The role that decides so. Default: its owner."`
}

func (changeCaseCommand) Help() string {
	return `For what is known only once somebody has looked into a case. What it was before stays in its history, with the reason. If type
or severity change and --due is left out, the questionnaire's deadlines are applied again: a case that is graver than it
seemed is due sooner, and never later.`
}

func (k changeCaseCommand) Run(ctx context.Context, c *console.Console) error {
	return k.perform(ctx, c, "cases change", &k)
}

func (k *changeCaseCommand) do(ctx context.Context, env *environment) error {
	c, err := records.ChangeCase(ctx, env.store, k.Case, func(c *cases.Case) error {
		deadlines, err := deadlinesOf(ctx, env.store, c.Survey)
		if err != nil {
			return err
		}
		return c.Change(cases.Correction{
			Type: k.Type, Subtype: k.Subtype, Severity: survey.Severity(k.Severity), Priority: survey.Priority(k.Priority), Owner: k.Owner, Due: k.Due,
			Reason: k.Reason, By: k.By, Deadlines: deadlines,
		}, time.Now())
	}, nil)
	if err != nil {
		return err
	}
	env.Print(env.Out, "case %s: %s, %s, priority %s, due %s", c.ID, caseWord(c.Type), caseWord(c.Severity), caseWord(c.Priority), orElse(c.Deadline(), "at no date"))
	return nil
}

// deadlinesOf returns the deadlines of a survey; none if it is none, or not in force any more.
func deadlinesOf(ctx context.Context, from store.Definitions, id string) ([]survey.Deadline, error) {
	if id == cases.NoSurvey {
		return nil, nil
	}
	s, err := from.Definition(ctx, id, "")
	if errors.Is(err, store.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return s.Deadlines, nil
}
