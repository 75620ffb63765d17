package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"glasspoll/internal/answer"
	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/store"
	"glasspoll/internal/survey"
)

type casesCommand struct {
	List    listCasesCommand      `cmd:"" help:"List the cases that have to be followed up, the most pressing first."`
	Show    showCaseCommand       `cmd:"" help:"Show one case and its history."`
	Assign  assignCaseCommand     `cmd:"" help:"Make a role responsible for a case."`
	Close   closeCaseCommand      `cmd:"" help:"Close a case, with its result."`
	Summary summariseCasesCommand `cmd:"" help:"Count the cases of a month or a quarter."`
}

func (casesCommand) Help() string {
	return `A survey's 'alerts' open a case for each answer that somebody must follow up: a complaint, a praise, a call. These
commands follow them up until they are closed. A case holds no answer, only the id of the one that opened it.

All of it works while the server runs. With --table it is done on AWS instead.

Examples:

  glasspoll cases list
  glasspoll cases list --overdue --survey service
  glasspoll cases assign 7K3M --owner repairs
  glasspoll cases close 7K3M --result "Replaced free of charge" --customer-told yes
  glasspoll cases summary --quarter 2026-Q4 --language zh`
}

// caseStore is where the verbs find cases.
type caseStore interface {
	store.Cases
	store.Catalog
}

// allCases reads the cases of one survey, or of all.
func allCases(ctx context.Context, records caseStore, only string) ([]*cases.Case, error) {
	surveys := []string{only}
	if only == "" {
		var err error
		if surveys, err = records.Surveys(ctx); err != nil {
			return nil, err
		}
	}
	var all []*cases.Case
	for _, s := range surveys {
		of, err := records.CasesOf(ctx, s)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	return all, nil
}

type listCasesCommand struct {
	storeFlags
	Survey   string `placeholder:"ID" help:"Only those of this survey."`
	Status   string `placeholder:"STATUS" enum:"unfinished,open,assigned,closed,all" default:"unfinished" help:"unfinished (open or assigned), open, assigned, closed or all. Default: ${default}."`
	Overdue  bool   `help:"Only those that should have been closed before today."`
	Type     string `placeholder:"TYPE" help:"Only those of this type, such as complaint."`
	Severity string `placeholder:"SEVERITY" enum:"minor,major,critical," default:"" help:"Only those of this severity: minor, major or critical."`
	Owner    string `placeholder:"ROLE" help:"Only those that this role has to follow up."`
	Format   string `placeholder:"FORMAT" enum:"text,json,csv" default:"text" help:"text, json or csv. Default: ${default}."`
}

func (l listCasesCommand) Run(ctx context.Context, c *console.Console) error {
	return l.perform(ctx, c, "cases list", &l)
}

func (l *listCasesCommand) do(ctx context.Context, env *environment) error {
	all, err := allCases(ctx, env.store, l.Survey)
	if err != nil {
		return err
	}
	now := time.Now()
	wanted := slices.DeleteFunc(all, func(c *cases.Case) bool {
		unfinished := c.Status != cases.Closed
		return l.Status == "unfinished" && !unfinished ||
			l.Status != "unfinished" && l.Status != "all" && string(c.Status) != l.Status ||
			l.Overdue && !c.Overdue(now) ||
			l.Type != "" && c.Type != l.Type ||
			l.Severity != "" && string(c.Severity) != l.Severity ||
			l.Owner != "" && c.Owner != l.Owner
	})
	cases.Sort(wanted, now)
	switch l.Format {
	case "json":
		listed := []caseJSON{}
		for _, c := range wanted {
			listed = append(listed, caseJSON{c, c.Overdue(now)})
		}
		return console.JSON(env.Out, listed)
	case "csv":
		return casesCSV(env.Out, wanted, now)
	}
	return casesText(env.Out, wanted, now)
}

// caseJSON is a case as machines read it.
type caseJSON struct {
	*cases.Case
	Overdue bool `json:"overdue"`
}

func casesText(out io.Writer, listed []*cases.Case, now time.Time) error {
	if len(listed) == 0 {
		console.Line(out, "no cases")
		return nil
	}
	overdue := 0
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CASE\tOPENED\tDUE\t\tSTATUS\tSEVERITY\tPRIORITY\tTYPE\tSURVEY\tOWNER")
	for _, c := range listed {
		mark := ""
		switch {
		case c.Overdue(now):
			mark = "OVERDUE"
			overdue++
		case c.Withdrawn:
			mark = "withdrawn"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.ID, c.Day(c.Opened), cmp.Or(string(c.Due), "-"), mark, c.Status, c.Severity, c.Priority, c.Type, c.Survey, cmp.Or(c.Owner, "-"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	console.Line(out, "%s, %d overdue", console.Count(len(listed), "case"), overdue)
	return nil
}

func casesCSV(out io.Writer, listed []*cases.Case, now time.Time) error {
	table := csv.NewWriter(out)
	table.Write([]string{"case", "survey", "period", "type", "severity", "priority", "owner", "status", "opened", "due", "overdue", "closed", "result", "customer_told", "withdrawn"})
	for _, c := range listed {
		closed := ""
		if c.Status == cases.Closed {
			closed = string(c.Day(c.Closed))
		}
		table.Write([]string{c.ID, c.Survey, c.Period, c.Type, string(c.Severity), string(c.Priority), inert(c.Owner), string(c.Status), string(c.Day(c.Opened)), string(c.Due),
			strconv.FormatBool(c.Overdue(now)), closed, inert(c.Result), strconv.FormatBool(c.Told), strconv.FormatBool(c.Withdrawn)})
	}
	table.Flush()
	return table.Error()
}

// inert keeps a spreadsheet from taking what somebody has written for a formula.
func inert(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

type showCaseCommand struct {
	storeFlags
	Case   string `arg:"" name:"CASE" help:"The case's id, or enough of its beginning."`
	Format string `placeholder:"FORMAT" enum:"text,json" default:"text" help:"text or json. Default: ${default}."`
}

func (s showCaseCommand) Run(ctx context.Context, c *console.Console) error {
	return s.perform(ctx, c, "cases show", &s)
}

func (s *showCaseCommand) do(ctx context.Context, env *environment) error {
	c, err := findCase(ctx, env.store, s.Case)
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
		console.Line(env.Out, "told      the customer was %stold", map[bool]string{false: "not "}[c.Told])
	}
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
	return nil
}

// findCase finds a case of any survey.
func findCase(ctx context.Context, records caseStore, id string) (*cases.Case, error) {
	all, err := allCases(ctx, records, "")
	if err != nil {
		return nil, err
	}
	c, err := cases.Find(all, id)
	if several := new(cases.AmbiguousError); errors.As(err, &several) {
		return nil, fmt.Errorf("%s: %w (%s)", id, err, strings.Join(several.IDs, ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: `glasspoll cases list --status all` shows those that there are", id, err)
	}
	return c, nil
}

// saveTries is how often a change is made anew because somebody else has changed the case meanwhile.
const saveTries = 10

// change makes a change to a case, as it is then.
func change(ctx context.Context, records caseStore, id string, make func(c *cases.Case) error) (*cases.Case, error) {
	for range saveTries {
		c, err := findCase(ctx, records, id)
		if err != nil {
			return nil, err
		}
		if err := make(c); err != nil {
			return nil, fmt.Errorf("case %s: %w", c.ID, err)
		}
		if err := records.SaveCase(ctx, c); !errors.Is(err, store.ErrStale) {
			return c, err
		}
	}
	return nil, fmt.Errorf("case %s: %w %d times", id, store.ErrStale, saveTries)
}

type assignCaseCommand struct {
	storeFlags
	Case  string `arg:"" name:"CASE" help:"The case's id, or enough of its beginning."`
	Owner string `required:"" placeholder:"ROLE" help:"The role that follows it up from now on: not a person's name."`
	By    string `placeholder:"ROLE" help:"The role that decides so. Default: the owner until now."`
}

func (a assignCaseCommand) Run(ctx context.Context, c *console.Console) error {
	return a.perform(ctx, c, "cases assign", &a)
}

func (a *assignCaseCommand) do(ctx context.Context, env *environment) error {
	c, err := change(ctx, env.store, a.Case, func(c *cases.Case) error { return c.Assign(a.Owner, a.By, time.Now()) })
	if err != nil {
		return err
	}
	console.Line(env.Out, "case %s is assigned to %s, due %s", c.ID, c.Owner, cmp.Or(string(c.Due), "at no date"))
	return nil
}

type closeCaseCommand struct {
	storeFlags
	Case         string `arg:"" name:"CASE" help:"The case's id, or enough of its beginning."`
	Result       string `required:"" placeholder:"TEXT" help:"What has come of it. No names: it is kept as long as the case."`
	CustomerTold string `required:"" placeholder:"yes|no" enum:"yes,no" help:"Whether the customer was told of the result: yes or no."`
	By           string `placeholder:"ROLE" help:"The role that closes it. Default: its owner."`
}

func (k closeCaseCommand) Run(ctx context.Context, c *console.Console) error {
	return k.perform(ctx, c, "cases close", &k)
}

func (k *closeCaseCommand) do(ctx context.Context, env *environment) error {
	c, err := change(ctx, env.store, k.Case, func(c *cases.Case) error { return c.Close(k.Result, k.CustomerTold == "yes", k.By, time.Now()) })
	if err != nil {
		return err
	}
	when := "in time"
	switch {
	case c.Due == "":
		when = fmt.Sprintf("after %s", console.Count(c.Days(), "day"))
	case !c.InTime():
		when = fmt.Sprintf("late: it was due on %s", c.Due)
	}
	console.Line(env.Out, "case %s is closed, %s", c.ID, when)
	return nil
}

type summariseCasesCommand struct {
	storeFlags
	Month    string `xor:"span" required:"" placeholder:"2026-10" help:"The month."`
	Quarter  string `xor:"span" required:"" placeholder:"2026-Q4" help:"Or the quarter."`
	Survey   string `placeholder:"ID" help:"Only cases of this survey."`
	Language string `placeholder:"zh|en" enum:"zh,en" default:"en" help:"zh or en. Default: ${default}."`
	Format   string `placeholder:"FORMAT" enum:"text,json,csv" default:"text" help:"text, json or csv. Default: ${default}."`
}

func (summariseCasesCommand) Help() string {
	return `Opened are the cases whose answers arrived in the span; closed, in time and told are of those closed in it, whenever they
were opened; open and overdue are as on its last day, or today if it has not ended. Days are calendar days from opening to
closing, in the survey's timezone. Cases of answers that were taken back count as opened and withdrawn, and not as closed.`
}

func (s summariseCasesCommand) Run(ctx context.Context, c *console.Console) error {
	if _, err := s.span(); err != nil {
		return console.UsageError{Err: err}
	}
	return s.perform(ctx, c, "cases summary", &s)
}

func (s *summariseCasesCommand) span() (cases.Span, error) {
	span, err := cases.ParseSpan(cmp.Or(s.Month, s.Quarter))
	switch {
	case err != nil && s.Month != "":
		return span, fmt.Errorf("--month %s: write one such as 2026-10", s.Month)
	case err != nil:
		return span, fmt.Errorf("--quarter %s: write one such as 2026-Q4", s.Quarter)
	case (s.Month != "") == strings.Contains(span.Name, "Q"):
		return span, fmt.Errorf("%s is not what the flag says: write --month 2026-10 or --quarter 2026-Q4", span.Name)
	}
	return span, nil
}

func (s *summariseCasesCommand) do(ctx context.Context, env *environment) error {
	span, err := s.span()
	if err != nil {
		return err
	}
	all, err := allCases(ctx, env.store, s.Survey)
	if err != nil {
		return err
	}
	summary := cases.Summarise(all, span, time.Now())
	switch s.Format {
	case "json":
		return console.JSON(env.Out, summaryJSON(summary, s.Survey))
	case "csv":
		return summaryCSV(env.Out, summary)
	}
	return summaryText(env.Out, summary, s.Survey, s.Language)
}

// figuresJSON is a line of a summary as machines read it.
type figuresJSON struct {
	By        string   `json:"by,omitempty"`
	Value     string   `json:"value,omitempty"`
	Opened    int      `json:"opened"`
	Closed    int      `json:"closed"`
	InTime    int      `json:"closed_in_time"`
	Told      int      `json:"customer_told"`
	Withdrawn int      `json:"withdrawn"`
	Open      int      `json:"open"`
	Overdue   int      `json:"overdue"`
	MeanDays  *float64 `json:"mean_days_to_close"` // null: none was closed
}

func toJSON(by, value string, f cases.Figures) figuresJSON {
	line := figuresJSON{By: by, Value: value, Opened: f.Opened, Closed: f.Closed, InTime: f.InTime, Told: f.Told, Withdrawn: f.Withdrawn, Open: f.Open, Overdue: f.Overdue}
	if mean, ok := f.MeanDays(); ok {
		line.MeanDays = &mean
	}
	return line
}

func summaryJSON(s cases.Summary, of string) any {
	document := struct {
		Span    string        `json:"span"`
		From    survey.Date   `json:"from"`
		Until   survey.Date   `json:"until"`
		Running bool          `json:"running"` // it has not ended
		Survey  string        `json:"survey,omitempty"`
		All     figuresJSON   `json:"all"`
		Groups  []figuresJSON `json:"groups"`
	}{s.Span.Name, s.Span.From, s.Span.Until, s.Running, of, toJSON("", "", s.All), []figuresJSON{}}
	for _, g := range s.Groups {
		document.Groups = append(document.Groups, toJSON(g.By, g.Value, g.Figures))
	}
	return document
}

func summaryCSV(out io.Writer, s cases.Summary) error {
	table := csv.NewWriter(out)
	table.Write([]string{"by", "value", "opened", "closed", "closed_in_time", "customer_told", "withdrawn", "open", "overdue", "mean_days_to_close"})
	for _, g := range append([]cases.Group{{By: "all", Figures: s.All}}, s.Groups...) {
		line := []string{g.By, inert(g.Value)}
		for _, n := range []int{g.Opened, g.Closed, g.InTime, g.Told, g.Withdrawn, g.Open, g.Overdue} {
			line = append(line, strconv.Itoa(n))
		}
		table.Write(append(line, meanDays(g.Figures, "")))
	}
	table.Flush()
	return table.Error()
}

// meanDays has one decimal.
func meanDays(f cases.Figures, otherwise string) string {
	mean, ok := f.MeanDays()
	if !ok {
		return otherwise
	}
	return strconv.FormatFloat(mean, 'f', 1, 64)
}
