package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"time"

	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/project"
	"glasspoll/internal/records"
	"glasspoll/internal/workbook"
)

type workbookCommand struct {
	storeFlags
	Colours  workbook.Colours `kong:"-"`
	ID       string           `arg:"" name:"ID" help:"The survey."`
	Out      string           `required:"" placeholder:"FILE" type:"path" help:"The file to write. It ends in .xlsx."`
	Level    string           `placeholder:"LEVEL" enum:"public,staff,management" default:"staff" help:"For whom: public, staff or management. Default: staff, the figures that are released."`
	Period   string           `placeholder:"PERIOD" help:"The period that the figures are about, such as 2026-Q4. Default: the last."`
	Language string           `kong:"-"` // of the workbook; "" is the survey's first
	Surveys  string           `placeholder:"DIR" default:"surveys" type:"path" help:"Where theme.yaml is, whose accent bars and lines have. Default: surveys."`
}

func (workbookCommand) Help() string {
	return `Writes the figures of the results as one Excel workbook with native charts, which can be edited and copied to slides: a
first sheet with what the figures say and links, and then a sheet with table and chart for the index over the periods, the
areas, the items, and each question. Matrices have their middles below each other; several choices are sorted by share.
Sensitive questions, rankings and constant sums have none. The answers themselves are in 'glasspoll results export'.

Figures for staff and the public are those that are released; those for management are all that is counted, also what is
withheld because too few people answered. Unless it is for the public, only you can read the file. --language is the
language of the workbook; left out, it is the survey's first.

Examples:

  glasspoll results workbook service --out results.xlsx
  glasspoll results workbook service --period 2026-Q3 --language en --out results.xlsx`
}

func (w workbookCommand) Run(ctx context.Context, c *console.Console) error {
	if !strings.EqualFold(filepath.Ext(w.Out), ".xlsx") {
		return console.Usagef("--out %s: the name of a workbook ends in .xlsx", w.Out)
	}
	sources, _, err := project.ReadSources(w.Surveys, "", w.ID)
	if err != nil {
		return err
	}
	w.Colours = workbook.Colours{Accent: sources.Accent, OnAccent: sources.OnAccent}
	w.Language = c.Asked
	return w.perform(ctx, c, "results workbook", &w)
}

func (w *workbookCommand) writesTo() string { return w.Out }

func (w *workbookCommand) do(ctx context.Context, env *environment) error {
	s, language, err := figures{ID: w.ID, Level: w.Level, Period: w.Period, Language: w.Language}.of(ctx, env)
	if err != nil {
		return err
	}
	var book bytes.Buffer
	options := records.ChartsOptions{Level: w.Level, Period: w.Period, Language: language, Now: time.Now()}
	charts, err := records.Workbook(ctx, &book, env.store, s, options, w.Colours)
	if err != nil {
		return err
	}
	if charts == 0 {
		return message.Errorf("%s has no figures to draw yet, so no workbook is written", w.ID)
	}
	if err := env.writeFile(w.Out, w.Level != "public", book.Bytes()); err != nil {
		return err
	}
	env.Print(env.Err, "%s in %s", message.Count(charts, "chart"), w.Out)
	return nil
}
