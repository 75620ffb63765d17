package main

import (
	"context"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/project"
	"glasspoll/internal/records"
	"glasspoll/internal/results"
)

type reportCommand struct {
	storeFlags
	Sources   project.Sources `kong:"-"`
	ID        string          `arg:"" name:"ID" help:"The survey."`
	Period    string          `placeholder:"PERIOD" help:"The period that the report is about, such as 2026-Q4. Default: the last."`
	Language  string          `kong:"-"` // of the report; "" is the survey's first
	Out       string          `placeholder:"FILE" type:"path" help:"The file to write. Default: the standard output."`
	Texts     bool            `help:"With an annex of what respondents wrote. Private answers are never in it."`
	Surveys   string          `placeholder:"DIR" default:"surveys" type:"path" help:"Where the questionnaire and its *.actions.yaml are. Default: surveys."`
	Templates string          `placeholder:"DIR" type:"path" help:"Templates to use in place of the built-in ones of the same name."`
}

func (reportCommand) Help() string {
	return `Writes the statistical analysis report of a period as one HTML file that needs nothing else: purpose, method, sample,
results with the derivation of the index, problems (lowest scores, low marks, open cases), and measures with their
status. Open it in a browser and print it, or save it as PDF.

It counts every answer, also those that are withheld from the public because too few people gave them, and says so at its
head. It is for management: do not put it on the site. The measures come from ID.actions.yaml beside the questionnaire.
--language is the language of the report; left out, it is the survey's first.

Examples:

  glasspoll results report service --out report.html
  glasspoll results report service --period 2026-Q3 --language en --texts --out report.html`
}

func (r reportCommand) Run(ctx context.Context, c *console.Console) error {
	sources, _, err := project.ReadSources(r.Surveys, r.Templates, r.ID)
	if err != nil {
		return err
	}
	r.Sources, r.Language = sources, c.Asked
	if r.Templates != "" {
		c.Print(c.Err, "The report itself is drawn with the built-in template; --templates gives it its stylesheet.")
	}
	return r.perform(ctx, c, "results report", &r)
}

func (r *reportCommand) writesTo() string { return r.Out }

func (r *reportCommand) do(ctx context.Context, env *environment) error {
	s, language, err := figures{ID: r.ID, Level: results.Management, Period: r.Period, Language: r.Language}.of(ctx, env)
	if err != nil {
		return err
	}
	page, err := records.Report(ctx, env.store, s, records.ReportOptions{
		Range: records.Range{Until: r.Period}, Language: language, Texts: r.Texts, Actions: r.Sources.Actions, Style: r.Sources.Style, Now: time.Now(),
	})
	if err != nil {
		return err
	}
	if r.Out == "" {
		_, err = env.Out.Write(page)
		return err
	}
	if err := env.writeFile(r.Out, true, page); err != nil {
		return err
	}
	env.Print(env.Err, "%s: confidential, and readable only by you", r.Out)
	return nil
}
