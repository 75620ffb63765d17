package main

import (
	"context"
	"strings"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/news"
	"glasspoll/internal/records"
	"glasspoll/internal/survey"
)

type addCaseCommand struct {
	storeFlags
	Number   string `required:"" placeholder:"TEXT" help:"Its number in your register: entered again, it is the same case."`
	Channel  string `required:"" placeholder:"CHANNEL" help:"How it came: phone, letter, email, visit, web, or a channel of the survey."`
	Opened   string `placeholder:"DATE" help:"When the customer called, or the letter came: 2026-10-31 or '2026-10-31 14:30'. Default: now."`
	Type     string `placeholder:"TYPE" default:"complaint" help:"Its type. Default: ${default}."`
	Subtype  string `placeholder:"TYPE" help:"The finer type."`
	Severity string `placeholder:"SEVERITY" enum:"minor,major,critical" default:"minor" help:"How bad it is: minor, major or critical. Default: ${default}."`
	Priority string `placeholder:"PRIORITY" enum:"low,normal,high,urgent" default:"normal" help:"How urgent it is: low, normal, high or urgent. Default: ${default}."`
	Owner    string `placeholder:"ROLE" help:"The role that follows it up: not a person's name."`
	Due      string `placeholder:"DATE" help:"By when it is to be closed. Default: as the survey's deadlines say."`
	Note     string `placeholder:"TEXT" help:"What it is about, without names or contact data."`
	By       string `placeholder:"ROLE" help:"The role that enters it."`
	bookFlags
}

// bookFlags name what cases are added to.
type bookFlags struct {
	Survey   string `placeholder:"ID" help:"The survey that it belongs to. Default: none."`
	Timezone string `placeholder:"ZONE" help:"In which days are counted, such as Asia/Shanghai. Default: the survey's, or the one of all surveys."`
}

func (addCaseCommand) Help() string {
	return `Adds a complaint that came by telephone, by letter or in person, so that it is followed up like the others and the summary
counts it. A case holds no contact data: the number in your register leads to the customer.

Examples:

  glasspoll cases add --number T-118 --channel phone --subtype delivery --owner service_desk
  glasspoll cases add --number L-7 --channel letter --opened 2026-10-30 --survey service`
}

func (a addCaseCommand) Run(ctx context.Context, c *console.Console) error {
	return a.perform(ctx, c, "cases add", &a)
}

func (a *addCaseCommand) do(ctx context.Context, env *environment) error {
	book, err := records.BookOf(ctx, env.store, a.Survey, a.Timezone)
	if err != nil {
		return err
	}
	now := time.Now()
	opened := now.Truncate(time.Second)
	if a.Opened != "" {
		location, err := time.LoadLocation(book.Timezone)
		if err != nil {
			return err
		}
		if opened, err = cases.ParseInstant(strings.TrimSpace(a.Opened), location); err != nil {
			return message.Errorf("--opened %s: write a date such as 2026-10-31, or \"2026-10-31 14:30\"", a.Opened)
		}
	}
	c, err := book.Add(cases.Entry{
		Ref: a.Number, Channel: a.Channel, Type: a.Type, Subtype: a.Subtype, Severity: survey.Severity(a.Severity), Priority: survey.Priority(a.Priority), Owner: a.Owner,
		Opened: opened, Due: a.Due, Note: a.Note, By: a.By,
	}, now)
	if err != nil {
		return err
	}
	created, err := env.store.OpenCase(ctx, c, env.tell(news.OfOpened, c)...)
	switch {
	case err != nil:
		return err
	case !created:
		return message.Errorf("number %s is entered already: it is case %s", a.Number, c.ID)
	}
	env.Print(env.Out, "case %s is opened, due %s", c.ID, orElse(c.Deadline(), "at no date"))
	return nil
}
