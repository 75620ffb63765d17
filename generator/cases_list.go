package main

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/records"
	"glasspoll/internal/spreadsheet"
)

type listCasesCommand struct {
	storeFlags
	Survey   string `placeholder:"ID" help:"Only those of this survey."`
	Status   string `placeholder:"STATUS" enum:"unfinished,open,assigned,closed,all" default:"unfinished" help:"unfinished (open or assigned), open, assigned, closed or all. Default: ${default}."`
	Overdue  bool   `help:"Only those that should have been closed by now."`
	Type     string `placeholder:"TYPE" help:"Only those of this type, such as complaint."`
	Subtype  string `placeholder:"TYPE" help:"Only those of this subtype."`
	Channel  string `placeholder:"CHANNEL" help:"Only those that came by this channel, such as phone."`
	Severity string `placeholder:"SEVERITY" enum:"minor,major,critical," default:"" help:"Only those of this severity: minor, major or critical."`
	Owner    string `placeholder:"ROLE" help:"Only those that this role has to follow up."`
	Format   string `placeholder:"FORMAT" enum:"text,json,csv" default:"text" help:"text, json or csv. Default: ${default}."`
}

func (l listCasesCommand) Run(ctx context.Context, c *console.Console) error {
	return l.perform(ctx, c, "cases list", &l)
}

func (l *listCasesCommand) do(ctx context.Context, env *environment) error {
	all, err := records.Cases(ctx, env.store, l.Survey)
	if err != nil {
		return err
	}
	now := time.Now()
	listed := slices.DeleteFunc(all, func(c *cases.Case) bool { return !l.includes(c, now) })
	cases.Sort(listed, now)
	switch l.Format {
	case "json":
		document := []caseJSON{}
		for _, c := range listed {
			document = append(document, caseJSON{c, c.Overdue(now)})
		}
		return console.JSON(env.Out, document)
	case "csv":
		return casesCSV(env.Out, listed, now)
	}
	return casesText(env.Console, listed, now)
}

// includes reports whether the flags include a case.
func (l *listCasesCommand) includes(c *cases.Case, now time.Time) bool {
	unfinished := c.Status != cases.Closed
	return (l.Status == "all" || l.Status == string(c.Status) || l.Status == "unfinished" && unfinished) &&
		(!l.Overdue || c.Overdue(now)) &&
		(l.Type == "" || l.Type == c.Type) &&
		(l.Subtype == "" || l.Subtype == c.Subtype) &&
		(l.Channel == "" || l.Channel == c.Channel) &&
		(l.Severity == "" || l.Severity == string(c.Severity)) &&
		(l.Owner == "" || l.Owner == c.Owner)
}

// caseJSON is a case in JSON output.
type caseJSON struct {
	*cases.Case
	Overdue bool `json:"overdue"`
}

func casesText(c *console.Console, listed []*cases.Case, now time.Time) error {
	if len(listed) == 0 {
		c.Print(c.Out, "no cases")
		return nil
	}
	in := func(text message.Text) string { return text.In(c.Language) }
	var header []string
	for _, name := range []message.Key{"CASE", "OPENED", "DUE", "", "STATUS", "SEVERITY", "PRIORITY", "TYPE", "SURVEY", "OWNER"} {
		header = append(header, in(name.Text()))
	}
	overdue := 0
	rows := [][]string{header}
	for _, k := range listed {
		var mark message.Text
		switch {
		case k.Overdue(now):
			mark = message.New("OVERDUE")
			overdue++
		case k.Withdrawn:
			mark = message.New("withdrawn")
		}
		rows = append(rows, []string{k.ID, string(k.Day(k.Opened)), cmp.Or(k.Deadline(), "-"), in(mark), in(caseWord(k.Status)), in(caseWord(k.Severity)),
			in(caseWord(k.Priority)), in(kindOf(k)), cmp.Or(strings.Trim(k.Survey, cases.NoSurvey), "-"), cmp.Or(k.Owner, "-")})
	}
	if err := console.Table(c.Out, rows); err != nil {
		return err
	}
	c.Print(c.Out, "%s, %d overdue", message.Count(len(listed), "case"), overdue)
	return nil
}

func casesCSV(out io.Writer, listed []*cases.Case, now time.Time) error {
	table := spreadsheet.NewWriter(out)
	table.Write([]string{"case", "survey", "period", "type", "severity", "priority", "owner", "status", "opened", "due", "overdue", "closed", "result", "customer_told", "withdrawn",
		"subtype", "channel", "customer_agreed", "ref", "note"})
	for _, c := range listed {
		closed := ""
		if c.Status == cases.Closed {
			closed = string(c.Day(c.Closed))
		}
		table.Write([]string{c.ID, c.Survey, c.Period, c.Type, string(c.Severity), string(c.Priority), c.Owner, string(c.Status), string(c.Day(c.Opened)), c.Deadline(),
			strconv.FormatBool(c.Overdue(now)), closed, c.Result, strconv.FormatBool(c.CustomerTold), strconv.FormatBool(c.Withdrawn),
			c.Subtype, c.Channel, string(c.Agreed), c.Ref, c.Note})
	}
	return table.Flush()
}
