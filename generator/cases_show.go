package main

import (
	"context"
	"strings"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/records"
)

type showCaseCommand struct {
	storeFlags
	Case   string `arg:"" name:"CASE" help:"The case's id, or enough of its beginning."`
	Format string `placeholder:"FORMAT" enum:"text,json" default:"text" help:"text or json. Default: ${default}."`

	Contact bool     `json:"-" help:"Show the respondent's contact data: the private answers of this case alone. It is noted with the case who was shown them, and why."`
	By      string   `json:"-" placeholder:"ROLE" help:"With --contact: the role that is shown them."`
	Reason  string   `json:"-" placeholder:"TEXT" help:"With --contact: why. No names: it is kept as long as the case."`
	Key     []string `json:"-" name:"key" sep:"none" placeholder:"FILE" type:"path" help:"With --contact: open what is sealed with the private key in this file, or - for the standard input; may be repeated. It is only used by this command."`
}

func (showCaseCommand) Help() string {
	return `Shows one case and its history. A case holds no answer. --contact shows the private answers of the response that opened
it, and nothing else: to get in touch with this one customer. What is sealed is opened by the private key in a file, on this
machine. First it is noted with the case who is shown them, and why; a case whose answers were withdrawn has none.

Examples:

  glasspoll cases show 7K3M
  glasspoll cases show 7K3M --contact --by "Service desk" --reason "Call back about the leak"
  glasspoll cases show 7K3M --contact --by "Service desk" --reason "Call back" --key office.key`
}

func (s showCaseCommand) Run(ctx context.Context, c *console.Console) error {
	switch {
	case s.Contact && (s.By == "" || s.Reason == ""):
		return console.Usagef("--contact needs --by ROLE and --reason TEXT: they are noted with the case")
	case s.Contact:
		return s.showContact(ctx, c)
	case s.By != "" || s.Reason != "" || len(s.Key) > 0:
		return console.Usagef("--by, --reason and --key go with --contact")
	}
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
	due := orElse(c.Deadline(), "no date")
	if c.Overdue(now) {
		due = message.New("%s, OVERDUE", due)
	}
	parts := []casePart{
		{"case", message.Plain(c.ID)},
		{"type", message.New("%s, %s, priority %s", kindOf(c), caseWord(c.Severity), caseWord(c.Priority))},
		{"status", caseWord(c.Status)},
		{"owner", orElse(c.Owner, "nobody yet")},
		{"due", due},
	}
	parts = append(parts, whereFrom(c)...)
	if c.Status == cases.Closed && !c.Withdrawn {
		parts = append(parts, casePart{"result", message.Plain(c.Result)}, casePart{"told", toldOf(c)})
	}
	rows := make([][]string, len(parts))
	for i, p := range parts {
		rows[i] = []string{p.name.Text().In(env.Language), p.text.In(env.Language)}
	}
	if err := console.Table(env.Out, rows); err != nil {
		return err
	}
	printHistory(env, c)
	return nil
}

// whereFrom says what has opened a case.
func whereFrom(c *cases.Case) []casePart {
	var parts []casePart
	add := func(name message.Key, text message.Text) { parts = append(parts, casePart{name, text}) }
	if c.Survey != cases.NoSurvey {
		add("survey", message.Join(", ", orElse(c.Survey, "none"), orElse(c.Period, "no period")))
	}
	if c.Channel != "" {
		add("channel", caseWord(c.Channel))
	}
	for _, reason := range c.Reasons {
		add("about", message.New("%s (alert %s)", strings.Join(reason.Questions, ", "), reason.Alert))
	}
	switch {
	case c.Withdrawn:
		add("response", message.New("withdrawn"))
	case c.Response != "":
		add("response", message.New("%s (receipt %s)", c.Response, answer.Receipt(c.Response)))
	}
	if c.Ref != "" {
		add("number", message.Plain(c.Ref))
	}
	if c.Note != "" {
		add("note", message.Plain(c.Note))
	}
	return parts
}

// toldOf says what the customer knows of the result, and thinks of it.
func toldOf(c *cases.Case) message.Text {
	told := message.New("the customer was not told")
	if c.CustomerTold {
		told = message.New("the customer was told")
	}
	switch c.Agreed {
	case cases.Agreed:
		return message.New("%s, and agreed", told)
	case cases.Disagreed:
		return message.New("%s, and did not agree", told)
	case cases.NotAsked:
		return message.New("%s, and not asked whether they agree", told)
	}
	return told
}

// kindOf is the type of a case, and its subtype.
func kindOf(c *cases.Case) message.Text {
	if c.Subtype == "" {
		return caseWord(c.Type)
	}
	return message.New("%s: %s", caseWord(c.Type), caseWord(c.Subtype))
}

// casePart is a line about a case.
type casePart struct {
	name message.Key
	text message.Text
}

func printHistory(env *environment, c *cases.Case) {
	env.Print(env.Out, "history")
	location := c.Location()
	for _, change := range c.Changes {
		line := caseWord(change.What)
		switch change.What {
		case cases.WasAssigned, cases.WasEscalated:
			line = message.New("%s to %s", line, change.Note)
		case cases.WasOverdue:
			line = message.New("%s: it was due on %s", line, change.Note)
		}
		if change.By != "" {
			line = message.New("%s by %s", line, change.By)
		}
		if change.What == cases.WasClosed && change.Note != "" {
			line = message.New("%s: %s", line, change.Note)
		}
		if change.Reason != "" {
			line = message.New("%s: %s", line, change.Reason)
		}
		for _, v := range change.Values {
			line = message.New("%s; %s: %s → %s", line, caseWord(v.Name), valueWord(v.From), valueWord(v.To))
		}
		env.Print(env.Out, "  %s %s", change.At.In(location).Format("2006-01-02 15:04"), line)
	}
}

// valueWord is the word for a value of a case; "-" for none.
func valueWord(value string) message.Text {
	if value == "" {
		return message.Plain("-")
	}
	return caseWord(value)
}
