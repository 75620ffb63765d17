package main

import (
	"context"
	"io"
	"strconv"
	"time"

	"glasspoll/internal/cases"
	"glasspoll/internal/console"
	"glasspoll/internal/records"
	"glasspoll/internal/spreadsheet"
	"glasspoll/internal/survey"
)

type summariseCasesCommand struct {
	storeFlags
	Month   string `xor:"span" required:"" placeholder:"2026-10" help:"The month."`
	Quarter string `xor:"span" required:"" placeholder:"2026-Q4" help:"Or the quarter."`
	Survey  string `placeholder:"ID" help:"Only cases of this survey."`
	Format  string `placeholder:"FORMAT" enum:"text,json,csv" default:"text" help:"text, json or csv. Default: ${default}."`
}

func (summariseCasesCommand) Help() string {
	return `Opened are the cases whose answers arrived in the span, and those added by hand that customers called or wrote about in it;
closed, in time, told and agreed are of those closed in it, whenever they were opened; open and overdue are as on its last
day, or now if it has not ended. Days are calendar days from opening to closing, in the survey's timezone. Cases of answers
that were taken back count as opened and withdrawn, and not as closed.`
}

func (s summariseCasesCommand) Run(ctx context.Context, c *console.Console) error {
	if _, err := s.span(); err != nil {
		return console.UsageError{Err: err}
	}
	return s.perform(ctx, c, "cases summary", &s)
}

func (s *summariseCasesCommand) span() (cases.Span, error) { return spanOf(s.Month, s.Quarter) }

func (s *summariseCasesCommand) do(ctx context.Context, env *environment) error {
	span, err := s.span()
	if err != nil {
		return err
	}
	all, err := records.Cases(ctx, env.store, s.Survey)
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
	return summaryText(env.Console, summary, s.Survey)
}

// figuresJSON is a line of a summary in JSON output.
type figuresJSON struct {
	By        string   `json:"by,omitempty"`
	Value     string   `json:"value,omitempty"`
	Opened    int      `json:"opened"`
	Closed    int      `json:"closed"`
	InTime    int      `json:"closed_in_time"`
	Told      int      `json:"customer_told"`
	Asked     int      `json:"customer_asked"`
	Agreed    int      `json:"customer_agreed"`
	Withdrawn int      `json:"withdrawn"`
	Open      int      `json:"open"`
	Overdue   int      `json:"overdue"`
	MeanDays  *float64 `json:"mean_days_to_close"` // null: none was closed
}

func toJSON(by, value string, f cases.Figures) figuresJSON {
	line := figuresJSON{By: by, Value: value, Opened: f.Opened, Closed: f.Closed, InTime: f.InTime, Told: f.CustomerTold, Asked: f.Asked, Agreed: f.Agreed, Withdrawn: f.Withdrawn, Open: f.Open, Overdue: f.Overdue}
	if mean, ok := f.MeanDays(); ok {
		line.MeanDays = &mean
	}
	return line
}

func summaryJSON(s cases.Summary, surveyID string) any {
	document := struct {
		Span    string        `json:"span"`
		From    survey.Date   `json:"from"`
		Until   survey.Date   `json:"until"`
		Running bool          `json:"running"` // the span has not ended
		Survey  string        `json:"survey,omitempty"`
		All     figuresJSON   `json:"all"`
		Groups  []figuresJSON `json:"groups"`
	}{s.Span.Name, s.Span.From, s.Span.Until, s.Running, surveyID, toJSON("", "", s.All), []figuresJSON{}}
	for _, g := range s.Groups {
		document.Groups = append(document.Groups, toJSON(g.By, g.Value, g.Figures))
	}
	return document
}

func summaryCSV(out io.Writer, s cases.Summary) error {
	table := spreadsheet.NewWriter(out)
	table.Write([]string{"by", "value", "opened", "closed", "closed_in_time", "customer_told", "withdrawn", "open", "overdue", "mean_days_to_close", "customer_asked", "customer_agreed"})
	for _, g := range append([]cases.Group{{By: "all", Figures: s.All}}, s.Groups...) {
		line := []string{g.By, g.Value}
		for _, n := range []int{g.Opened, g.Closed, g.InTime, g.CustomerTold, g.Withdrawn, g.Open, g.Overdue} {
			line = append(line, strconv.Itoa(n))
		}
		table.Write(append(line, meanDays(g.Figures, ""), strconv.Itoa(g.Asked), strconv.Itoa(g.Agreed)))
	}
	return table.Flush()
}

// meanDays returns the mean with one decimal, or otherwise if no case was closed.
func meanDays(f cases.Figures, otherwise string) string {
	mean, ok := f.MeanDays()
	if !ok {
		return otherwise
	}
	return strconv.FormatFloat(mean, 'f', 1, 64)
}
